import { X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.ts";
import { connectGateway } from "../../src/gateway/connect.ts";
import { type Gateway, GatewayError } from "../../src/gateway/gateway.ts";
import { resolveGatewayTarget } from "../../src/gateway/resolve-target.ts";
import { fakeIo } from "../cli/fake-io.ts";
import { answer, type Behaviour, event, type FakeGateway, fakeGateway, NONCE } from "./fake-gateway.ts";
import { selfSigned } from "./self-signed.ts";

const TOKEN = "very-secret-token-1";
const PASSWORD = "very-secret-password-1";
const QUICK = { connectTimeoutMs: 300, requestTimeoutMs: 300 };

let folder: string;
let server: FakeGateway | undefined;
let gateway: Gateway | undefined;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "reach-"));
});

afterEach(async () => {
  await gateway?.close();
  await server?.close();
  [gateway, server] = [undefined, undefined];
  rmSync(folder, { recursive: true, force: true });
});

/** The tool's world, with nothing of this machine's in it. */
function world(env: Record<string, string> = {}) {
  return fakeIo({
    homedir: folder,
    cwd: folder,
    env: { CLAWDBOT_SESSIONS_STATE_DIR: path.join(folder, "own"), ...env },
  });
}

async function connect(
  behaviour: Behaviour,
  env: Record<string, string> = { OPENCLAW_GATEWAY_TOKEN: TOKEN },
): Promise<Gateway> {
  server = await fakeGateway(behaviour);
  return await connectTo(server.url, env);
}

async function connectTo(
  url: string,
  env: Record<string, string> = { OPENCLAW_GATEWAY_TOKEN: TOKEN },
): Promise<Gateway> {
  const io = world(env);
  gateway = await connectGateway(await resolveGatewayTarget({ url }, io), io, QUICK);
  return gateway;
}

/** The error of a promise, which shows no secret however it is printed. */
async function errorOf(promise: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GatewayError);
  const shown = `${inspect(error, { depth: 9 })} ${JSON.stringify(error)} ${(error as GatewayError).help}`;
  expect(shown).not.toContain(TOKEN);
  expect(shown).not.toContain(PASSWORD);
  return error as GatewayError;
}

const forNobody = { greeting: { auth: { scopes: [] } } };
const silent = { greeting: { auth: undefined } };
const missing = { error: { code: "INVALID_REQUEST", message: "missing scope: operator.read" } };
const mode = (params: Record<string, unknown>) => (params["client"] as { mode: string }).mode;

describe("the handshake", () => {
  test("introduces us and reads the greeting", async () => {
    const reached = await connect({});
    expect(reached).toMatchObject({ version: "2026.9.6", stateDir: "/home/user/.openclaw", identity: "cli" });
    expect([...reached.methods]).toEqual(["sessions.list", "logs.tail"]);
    expect(server?.introductions).toMatchObject([
      {
        minProtocol: 3,
        maxProtocol: 4,
        client: { id: "cli", mode: "cli" },
        role: "operator",
        scopes: ["operator.admin", "operator.read", "operator.write"],
        auth: { token: TOKEN },
      },
    ]);
    expect(server?.introductions[0]).not.toHaveProperty("device");
  });

  test('takes "dev", as early versions call themselves, for no version', async () => {
    const reached = await connect({ connect: () => ({ greeting: { server: { version: "dev" } } }) });
    expect(reached.version).toBeNull();
  });

  test("asks nothing where the greeting says what we may do", async () => {
    await connect({});
    expect(server?.asked).toEqual([]);
  });

  test("tries with the list of sessions where it does not", async () => {
    await connect({ connect: () => silent });
    expect(server?.asked.map((it) => it.method)).toEqual(["sessions.list"]);
  });

  test("hears events, and stops", async () => {
    const reached = await connect({
      answer: (asked, socket) => {
        socket.send(event("chat", { number: asked.params["number"] }));
        return { payload: null };
      },
    });
    const heard: unknown[] = [];
    const stop = reached.onEvent((name, payload) => heard.push([name, payload]));
    await reached.request("x", { number: 1 });
    stop();
    await reached.request("x", { number: 2 });
    expect(heard).toEqual([["chat", { number: 1 }]]);
  });

  test.each<[string, (socket: Parameters<NonNullable<Behaviour["answer"]>>[1]) => void, string]>([
    ["a connection that is closed", (socket) => socket.close(1012, "service restart"), "service restart"],
    ["one that breaks", (socket) => socket.terminate(), "broke off"],
    ["one that sends garbage", (socket) => socket.send("what?"), "no JSON of a gateway"],
  ])("hears the end of %s, once, and also afterwards", async (_, end, why) => {
    const reached = await connect({
      answer: (_asked, socket) => {
        end(socket);
        return undefined;
      },
    });
    const heard: string[] = [];
    const deaf = reached.onEnd(() => heard.push("deaf"));
    deaf();
    const ended = new Promise((resolve) => reached.onEnd((said) => (heard.push(said), resolve(said))));
    reached.request("x", {}).catch(() => {});
    await ended;
    await reached.close();
    reached.onEnd((said) => heard.push(said));
    expect(heard).toEqual([expect.stringContaining(why), heard[0]]);
  });
});

describe("as whom", () => {
  test("tries the next identity where the rights were taken away", async () => {
    const reached = await connect({ connect: (params) => (mode(params) === "cli" ? forNobody : {}) });
    expect(reached.identity).toBe("backend");
  });

  test("signs with a key of its own where nothing else does, and keeps the key to itself", async () => {
    const reached = await connect({
      connect: () => silent,
      answer: () => (server?.introductions.at(-1)?.["device"] ? { payload: { sessions: [] } } : missing),
    });
    expect(reached.identity).toBe("device");
    const device = server?.introductions.at(-1)?.["device"] as Record<string, string>;
    expect(device["nonce"]).toBe(NONCE);
    expect(device["id"]).toMatch(/^[0-9a-f]{64}$/);
    const key = path.join(folder, "own", "device-key.pem");
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(key)).mode & 0o777).toBe(0o700);
    const before = readFileSync(key, "utf8");
    await reached.close();
    await connectTo(server?.url ?? "");
    expect(readFileSync(key, "utf8")).toBe(before);
    expect(server?.introductions.at(-1)).toMatchObject({ device: { id: device["id"] } });
  });

  test("makes a key that others could read private again", async () => {
    const refuseAll: Behaviour = { connect: (params) => (params["device"] ? {} : forNobody) };
    const reached = await connect(refuseAll);
    const key = path.join(folder, "own", "device-key.pem");
    chmodSync(key, 0o644);
    await reached.close();
    await connectTo(server?.url ?? "");
    expect(statSync(key).mode & 0o777).toBe(0o600);
  });

  test("a list that is not answered stops us, and nothing counts as sent", async () => {
    const error = await errorOf(connect({ connect: () => silent, answer: () => undefined }));
    expect(error).toMatchObject({ kind: "timeout", sent: false });
  });

  test("a list that is refused for another reason does not", async () => {
    const refused = { error: { code: "UNAVAILABLE", message: "later" } };
    expect((await connect({ connect: () => silent, answer: () => refused })).identity).toBe("cli");
  });

  test("says so where no identity keeps its rights", async () => {
    const error = await errorOf(connect({ connect: () => forNobody }));
    expect(error).toMatchObject({ kind: "missing-scope", sent: false });
    expect(error.help).toContain("devices list");
  });

  test("makes no key where none is needed", async () => {
    await connect({});
    expect(existsSync(path.join(folder, "own"))).toBe(false);
  });

  test("goes through the gateway's own CLI where its device is known and ours is not, with no secret in its argv", async () => {
    const cli = path.join(folder, "openclaw");
    const script = [
      "#!/bin/sh",
      `echo "$@" >> '${folder}/argv'`,
      `echo "$OPENCLAW_GATEWAY_TOKEN $OPENCLAW_GATEWAY_PORT" >> '${folder}/env'`,
      `echo '[plugins] loaded'`,
      `printf '{\\n  "sessions": [],\\n  "asked": "%s"\\n}\\n' "$3"`,
    ];
    writeFileSync(cli, script.join("\n"), { mode: 0o755 });
    const pairing = { error: { code: "NOT_PAIRED", message: "pairing required", details: { requestId: "r-1" } } };
    const reached = await connect(
      { connect: () => pairing },
      { OPENCLAW_GATEWAY_TOKEN: TOKEN, PATH: `${folder}:/usr/bin:/bin` },
    );
    expect(reached.identity).toBe("openclaw gateway call");
    expect(await reached.request("logs.tail", { limit: 1 })).toEqual({ sessions: [], asked: "logs.tail" });
    const argv = readFileSync(path.join(folder, "argv"), "utf8");
    expect(argv).toContain('gateway call logs.tail --params {"limit":1} --json');
    expect(argv).not.toContain(TOKEN);
    expect(readFileSync(path.join(folder, "env"), "utf8")).toContain(`${TOKEN} ${new URL(server?.url ?? "").port}`);
  });

  test("and tells of the CLI's failure without the secret it repeats", async () => {
    const cli = path.join(folder, "openclaw");
    const fails = `case "$3" in sessions.list) echo '{"sessions":[]}';; *) echo "Error: bad token $OPENCLAW_GATEWAY_TOKEN" >&2; exit 1;; esac`;
    writeFileSync(cli, `#!/bin/sh\n${fails}\n`, { mode: 0o755 });
    const reached = await connect(
      { connect: () => forNobody },
      { OPENCLAW_GATEWAY_TOKEN: TOKEN, PATH: `${folder}:/usr/bin:/bin` },
    );
    const error = await errorOf(reached.request("logs.tail", {}));
    expect(error).toMatchObject({ kind: "rejected", sent: true });
    expect(error.message).toContain("bad token [secret]");
  });
});

describe("which secret", () => {
  const mismatch = {
    error: {
      code: "INVALID_REQUEST",
      message: `unauthorized: gateway token mismatch, not ${TOKEN} (provide gateway auth token)`,
      details: { code: "AUTH_TOKEN_MISMATCH" },
    },
  };

  test("says whose token was wrong, and does not repeat it", async () => {
    const error = await errorOf(connect({ connect: () => mismatch }));
    expect(error).toMatchObject({ kind: "unauthorized", sent: false, code: "AUTH_TOKEN_MISMATCH" });
    expect(error.message).toContain("[secret]");
    expect(error.help).toContain("OPENCLAW_GATEWAY_TOKEN");
    // A wrong token is not tried again under another name.
    expect(server?.introductions).toHaveLength(1);
  });

  test("takes the config's where the environment's is stale", async () => {
    server = await fakeGateway({
      connect: (params) => ((params["auth"] as { token: string }).token === "stale-token" ? mismatch : {}),
    });
    const port = Number(new URL(server.url).port);
    const config = path.join(folder, "openclaw.json");
    writeFileSync(config, JSON.stringify({ gateway: { port, auth: { token: TOKEN } } }));
    const io = world({ OPENCLAW_CONFIG_PATH: config, OPENCLAW_GATEWAY_TOKEN: "stale-token" });
    gateway = await connectGateway(await resolveGatewayTarget({}, io), io, QUICK);
    expect(server.introductions.map((it) => (it["auth"] as { token: string }).token)).toEqual(["stale-token", TOKEN]);
  });

  test("asks for one where there is none", async () => {
    const asked = { error: { code: "INVALID_REQUEST", message: "unauthorized: gateway token missing" } };
    const error = await errorOf(connect({ connect: () => asked }, {}));
    expect(error.help).toContain("OPENCLAW_GATEWAY_TOKEN");
    expect(server?.introductions[0]).not.toHaveProperty("auth");
  });

  test("sends a password too", async () => {
    await connect({}, { OPENCLAW_GATEWAY_PASSWORD: PASSWORD });
    expect(server?.introductions[0]).toMatchObject({ auth: { password: PASSWORD } });
  });

  test("a target shows none of it", async () => {
    const target = await resolveGatewayTarget({ token: TOKEN, password: PASSWORD }, world());
    const shown = `${inspect(target, { depth: 9 })} ${JSON.stringify(target)} ${String(target.credentials[0]?.token)}`;
    expect(shown).not.toContain(TOKEN);
    expect(shown).not.toContain(PASSWORD);
  });
});

describe("a gateway that refuses", () => {
  const refusals: [string, object, string, RegExp][] = [
    [
      "another protocol",
      { message: "protocol mismatch", details: { expectedProtocol: 7 } },
      "protocol-mismatch",
      /protocol 7/,
    ],
    [
      "an unknown form",
      { message: "invalid connect params: at /client" },
      "protocol-mismatch",
      /does not understand us/,
    ],
    [
      "pairing",
      { code: "NOT_PAIRED", message: "pairing required", details: { requestId: "r-1" } },
      "pairing-required",
      /approved first/,
    ],
    ["a device", { code: "NOT_PAIRED", message: "device identity required" }, "pairing-required", /device identity/],
    [
      "too many attempts",
      { message: "unauthorized", details: { code: "AUTH_RATE_LIMITED" } },
      "unauthorized",
      /no more attempts/,
    ],
    ["a clock that is off", { message: "device signature expired" }, "unauthorized", /device signature expired/],
    ["a start that is not over", { code: "UNAVAILABLE", message: "gateway starting" }, "rejected", /gateway starting/],
  ];
  test.each(refusals)("for %s", async (_, error, kind, text) => {
    const refusal = await errorOf(connect({ connect: () => ({ error: { code: "INVALID_REQUEST", ...error } }) }));
    expect(refusal).toMatchObject({ kind, sent: false });
    expect(refusal.message).toMatch(text);
    expect(refusal.help).toBeTruthy();
  });

  const goodbyes: [string, number, string, string][] = [
    ["a reason", 1008, "unauthorized: gateway token missing", "unauthorized"],
    ["pairing", 1008, "pairing required", "pairing-required"],
    ["a restart", 1012, "service restart", "closed"],
    ["no word", 1006, "", "closed"],
  ];
  test.each(goodbyes)("with a good-bye and no answer: %s", async (_, code, reason, kind) => {
    const hangUp: Behaviour["connect"] = (_params, socket) => {
      if (code === 1006) socket.terminate();
      else socket.close(code, reason);
      return undefined;
    };
    expect(await errorOf(connect({ connect: hangUp }))).toMatchObject({ kind, sent: false });
  });

  test("names the request that is to be approved", async () => {
    const pairing = { error: { code: "NOT_PAIRED", message: "pairing required", details: { requestId: "r-1" } } };
    expect((await errorOf(connect({ connect: () => pairing }))).help).toContain("devices approve r-1");
  });

  test.each(["x; rm -rf ~", "--all"])(
    "takes no command and no option from an id that is none: %s",
    async (requestId) => {
      const pairing = { error: { code: "NOT_PAIRED", message: "pairing required", details: { requestId } } };
      expect((await errorOf(connect({ connect: () => pairing }))).help).toContain("devices approve REQUEST-ID");
    },
  );

  test("a request", async () => {
    const reached = await connect({
      answer: () => ({ error: { code: "UNAVAILABLE", message: "main is still active" } }),
    });
    const error = await errorOf(reached.request("sessions.reset", { key: "main" }));
    expect(error).toMatchObject({
      kind: "rejected",
      sent: true,
      code: "UNAVAILABLE",
      message: "sessions.reset: main is still active",
    });
  });

  test("a request for want of rights", async () => {
    const reached = await connect({ answer: () => missing });
    expect(await errorOf(reached.request("sessions.reset", { key: "main" }))).toMatchObject({
      kind: "missing-scope",
      sent: true,
    });
  });
});

describe("an address where no gateway answers", () => {
  test("nothing listens", async () => {
    const { url, close } = await fakeGateway();
    await close();
    const error = await errorOf(connectTo(url));
    expect(error).toMatchObject({ kind: "refused", sent: false });
    expect(error.message).toContain("nothing listens there");
    expect(error.help).toContain("--url");
  });

  test("a name that nobody has", async () => {
    const error = await errorOf(connectTo("wss://gateway.invalid"));
    expect(error).toMatchObject({ kind: "refused", sent: false });
  });

  test.each([
    [404, "garbage"],
    [401, "unauthorized"],
    [502, "refused"],
  ])("a web server that answers %i", async (status, kind) => {
    const text = `HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
    await withRawServer(
      (socket) => void socket.once("data", () => socket.end(text)),
      async (url) => {
        expect(await errorOf(connectTo(url))).toMatchObject({ kind, sent: false });
      },
    );
  });

  test.each([
    ["says something else", "SSH-2.0-OpenSSH_9.6\r\n", "garbage"],
    ["hangs up", "", "closed"],
  ])("a server that %s", async (_, text, kind) => {
    await withRawServer(
      (socket) => void socket.once("data", () => socket.end(text)),
      async (url) => {
        expect(await errorOf(connectTo(url))).toMatchObject({ kind, sent: false });
      },
    );
  });

  test("a half-open connection", async () => {
    await withRawServer(
      () => {},
      async (url) => {
        expect(await errorOf(connectTo(url))).toMatchObject({ kind: "timeout", sent: false });
      },
    );
  });

  test("a socket that never greets", async () => {
    expect(await errorOf(connect({ challenge: null }))).toMatchObject({ kind: "timeout", sent: false });
  });

  test("a socket that greets with something else", async () => {
    expect(await errorOf(connect({ challenge: "hello?" }))).toMatchObject({ kind: "garbage", sent: false });
  });

  test("TLS where there is none", async () => {
    server = await fakeGateway();
    expect(await errorOf(connectTo(server.url.replace("ws:", "wss:")))).toMatchObject({ sent: false, kind: "garbage" });
  });
});

describe("a request that goes wrong", () => {
  test("unanswered, it was sent once", async () => {
    const reached = await connect({ answer: () => undefined });
    const error = await errorOf(reached.request("chat.send", { sessionKey: "main" }, 100));
    expect(error).toMatchObject({ kind: "timeout", sent: true });
    expect(error.message).toContain("0.1 s");
    expect(server?.asked).toHaveLength(1);
  });

  test("an answer that comes too late is nobody's", async () => {
    const reached = await connect({
      answer: (asked, socket) => {
        const ms = asked.method === "slow" ? 150 : 0;
        setTimeout(() => socket.send(answer(asked, { payload: asked.method })), ms);
        return undefined;
      },
    });
    await errorOf(reached.request("slow", {}, 50));
    expect(await reached.request("quick", {})).toBe("quick");
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await reached.request("again", {})).toBe("again");
  });

  test("closed in the middle; what comes after is not sent", async () => {
    const reached = await connect({
      answer: (_, socket) => {
        socket.close(1012, "service restart");
        return undefined;
      },
    });
    const [first, second] = await Promise.all([errorOf(reached.request("a", {})), errorOf(reached.request("b", {}))]);
    expect(first).toMatchObject({ kind: "closed", sent: true });
    expect(second).toMatchObject({ kind: "closed", sent: true });
    expect(first.message).toContain("it restarts: service restart");
    const later = await errorOf(reached.request("c", {}));
    expect(later).toMatchObject({ kind: "closed", sent: false });
    expect(server?.asked.map((it) => it.method)).not.toContain("c");
  });

  test("cut off without a word", async () => {
    const reached = await connect({
      answer: (_, socket) => {
        socket.terminate();
        return undefined;
      },
    });
    expect(await errorOf(reached.request("a", {}))).toMatchObject({ kind: "closed", sent: true });
  });

  test.each([
    ["text", "<html>"],
    ["a list", "[1,2]"],
    ["bytes", Buffer.from([0, 1, 2])],
    ["an answer without its word", JSON.stringify({ type: "res", id: "1" })],
  ])("garbage: %s", async (_, garbage) => {
    const reached = await connect({
      answer: (_asked, socket) => {
        socket.send(garbage);
        return undefined;
      },
    });
    expect(await errorOf(reached.request("a", {}))).toMatchObject({ kind: "garbage", sent: true });
    expect(await errorOf(reached.request("b", {}))).toMatchObject({ kind: "closed", sent: false });
  });

  test("a frame of a later protocol disturbs nothing", async () => {
    const reached = await connect({
      answer: (_, socket) => {
        socket.send(JSON.stringify({ type: "hint", of: "tomorrow" }));
        return { payload: 1 };
      },
    });
    expect(await reached.request("a", {})).toBe(1);
  });

  test("a frame larger than any gateway sends", async () => {
    const reached = await connect({
      answer: (_, socket) => {
        socket.send(`"${"x".repeat(26 * 1024 * 1024)}"`);
        return undefined;
      },
    });
    expect(await errorOf(reached.request("a", {}, 5_000))).toMatchObject({ kind: "garbage", sent: true });
  });

  test("answers find their questions in any order", async () => {
    const waiting: Parameters<NonNullable<Behaviour["answer"]>>[] = [];
    const reached = await connect({
      answer: (asked, socket) => {
        waiting.push([asked, socket]);
        if (waiting.length === 2)
          for (const [one] of waiting.toReversed()) socket.send(answer(one, { payload: one.method }));
        return undefined;
      },
    });
    expect(await Promise.all([reached.request("a", {}), reached.request("b", {})])).toEqual(["a", "b"]);
  });
});

describe("certificates", () => {
  test("one that nobody vouches for, unless its fingerprint is named", async () => {
    const made = selfSigned();
    server = await fakeGateway({ tls: made });
    const error = await errorOf(connectTo(server.url));
    expect(error).toMatchObject({ kind: "certificate", sent: false });
    expect(error.message).toContain("self-signed");
    expect(error.help).toContain("--tls-fingerprint");
    expect(server.introductions).toHaveLength(0);

    const io = world({ OPENCLAW_GATEWAY_TOKEN: TOKEN });
    const { fingerprint256 } = new X509Certificate(made.cert);
    gateway = await connectGateway(
      await resolveGatewayTarget({ url: server.url, tlsFingerprint: fingerprint256 }, io),
      io,
      QUICK,
    );
    expect(gateway.identity).toBe("cli");
  });

  test("another than the one that is named: nothing secret is sent to it", async () => {
    server = await fakeGateway({ tls: selfSigned() });
    const io = world({ OPENCLAW_GATEWAY_TOKEN: TOKEN });
    const target = await resolveGatewayTarget({ url: server.url, tlsFingerprint: "ab".repeat(32) }, io);
    expect(await errorOf(connectGateway(target, io, QUICK))).toMatchObject({ kind: "certificate", sent: false });
    expect(server.introductions).toHaveLength(0);
  });

  test("the gateway's own is known by its config", async () => {
    const made = selfSigned();
    server = await fakeGateway({ tls: made });
    const config = path.join(folder, "openclaw.json");
    const tls = { enabled: true, certPath: path.join(folder, "cert.pem") };
    writeFileSync(tls.certPath, made.cert);
    writeFileSync(
      config,
      JSON.stringify({ gateway: { port: Number(new URL(server.url).port), tls, auth: { token: TOKEN } } }),
    );
    const io = world({ OPENCLAW_CONFIG_PATH: config });
    gateway = await connectGateway(await resolveGatewayTarget({}, io), io, QUICK);
    expect(gateway.url).toBe(server.url);
  });
});

test("a key that cannot be kept is the user's to mend", async () => {
  writeFileSync(path.join(folder, "own"), "a file where the folder should be");
  await expect(connect({ connect: () => forNobody })).rejects.toThrow(UserError);
});

async function withRawServer(serve: (socket: Socket) => void, use: (url: string) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const raw = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
  try {
    await use(`ws://127.0.0.1:${(raw.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => raw.close(resolve));
  }
}
