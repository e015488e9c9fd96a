import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.ts";
import { Secret } from "../../src/gateway/secret.ts";
import { chooseTarget, type GatewayTarget, type TargetOptions, type TargetWorld } from "../../src/gateway/target.ts";
import type { GatewayConfig } from "../../src/sources/gateway-config.ts";

const PATH = "/home/user/.openclaw/openclaw.json";

interface World {
  readonly options?: Partial<Record<"url" | "token" | "password" | "tlsFingerprint", string>> & {
    allowInsecure?: boolean;
  };
  readonly env?: Record<string, string>;
  readonly config?: Record<string, unknown>;
  readonly profile?: string;
  readonly ownAddresses?: readonly string[];
}

function choose({ options = {}, env = {}, config, profile, ownAddresses = [] }: World): GatewayTarget {
  const secret = (text: string | undefined) => (text === undefined ? undefined : new Secret(text));
  const given: TargetOptions = {
    url: options.url,
    token: secret(options.token),
    password: secret(options.password),
    secretSource: "--token",
    tlsFingerprint: options.tlsFingerprint,
    allowInsecure: options.allowInsecure ?? false,
  };
  const found: GatewayConfig | undefined = config && {
    home: { product: "openclaw", profile, stateDir: "/home/user/.openclaw", configPaths: [PATH], isNamed: false },
    path: PATH,
    values: config,
    variables: env,
    problem: null,
  };
  const world: TargetWorld = { variables: env, config: found, ownAddresses, localFingerprint: "cd".repeat(32) };
  return chooseTarget(given, world);
}

/** `token/password` of each pair, in order. */
function secrets(target: GatewayTarget): string[] {
  return target.credentials.map(({ token, password }) => `${token?.reveal() ?? ""}/${password?.reveal() ?? ""}`);
}

const local = (gateway: object) => ({ config: { gateway } });
const remote = { mode: "remote", remote: { url: "wss://far.example", token: "far" }, auth: { token: "near" } };

describe("the address", () => {
  const rows: [string, World, string, string][] = [
    ["nothing is known", {}, "ws://127.0.0.1:18789", "the default port"],
    ["the config's port", local({ port: 19999 }), "ws://127.0.0.1:19999", `gateway.port in ${PATH}`],
    [
      "the environment's port before it",
      { ...local({ port: 19999 }), env: { OPENCLAW_GATEWAY_PORT: "20001" } },
      "ws://127.0.0.1:20001",
      "OPENCLAW_GATEWAY_PORT",
    ],
    [
      "a container's form of the port",
      { env: { OPENCLAW_GATEWAY_PORT: "127.0.0.1:20001" } },
      "ws://127.0.0.1:20001",
      "OPENCLAW_GATEWAY_PORT",
    ],
    [
      "a port that is none",
      { ...local({ port: 19999 }), env: { OPENCLAW_GATEWAY_PORT: "seven" } },
      "ws://127.0.0.1:19999",
      `gateway.port in ${PATH}`,
    ],
    ["the older name", { env: { CLAWDBOT_GATEWAY_PORT: "20001" } }, "ws://127.0.0.1:20001", "CLAWDBOT_GATEWAY_PORT"],
    [
      "today's name before it",
      { env: { CLAWDBOT_GATEWAY_PORT: "1", OPENCLAW_GATEWAY_PORT: "2" } },
      "ws://127.0.0.1:2",
      "OPENCLAW_GATEWAY_PORT",
    ],
    ["TLS", local({ tls: { enabled: true } }), "wss://127.0.0.1:18789", "the default port"],
    [
      "bound to the tailnet",
      { ...local({ bind: "tailnet" }), ownAddresses: ["192.168.1.2", "100.100.1.2"] },
      "ws://100.100.1.2:18789",
      "the default port",
    ],
    [
      "bound to a tailnet that is down",
      { ...local({ bind: "tailnet" }), ownAddresses: ["192.168.1.2"] },
      "ws://127.0.0.1:18789",
      "the default port",
    ],
    [
      "bound to one address",
      { ...local({ bind: "custom", customBindHost: "10.0.0.7" }), ownAddresses: ["10.0.0.7"] },
      "ws://10.0.0.7:18789",
      "the default port",
    ],
    ["bound to all", local({ bind: "lan" }), "ws://127.0.0.1:18789", "the default port"],
    [
      "profile dev of early versions",
      { ...local({}), profile: "dev" },
      "ws://127.0.0.1:19001",
      "the default port of profile dev",
    ],
    // Read in 2026.9.6: 20000 + FNV-1a("work") % 40000.
    [
      "a profile of 9.x",
      { config: { meta: { lastTouchedVersion: "2026.9.6" } }, profile: "work" },
      `ws://127.0.0.1:${fnvPort("work")}`,
      "the default port of profile work",
    ],
    ["remote mode", local(remote), "wss://far.example", `gateway.remote.url in ${PATH}`],
    [
      "OPENCLAW_GATEWAY_URL before it",
      { ...local(remote), env: { OPENCLAW_GATEWAY_URL: "wss://other.example/gw" } },
      "wss://other.example/gw",
      "OPENCLAW_GATEWAY_URL",
    ],
    [
      "--url before all",
      { ...local(remote), env: { OPENCLAW_GATEWAY_URL: "wss://other.example" }, options: { url: "ws://[::1]:7" } },
      "ws://[::1]:7",
      "--url",
    ],
    ["the address of its web page", { options: { url: "https://gw.example/" } }, "wss://gw.example", "--url"],
    [
      "a remote address from a variable",
      { config: { gateway: { mode: "remote", remote: { url: "wss://${HOST}" } } }, env: { HOST: "h.example" } },
      "wss://h.example",
      `gateway.remote.url in ${PATH}`,
    ],
  ];
  test.each(rows)("%s", (_, world, url, source) => {
    expect(choose(world)).toMatchObject({ url, urlSource: source });
  });

  const bad: [string, World, RegExp][] = [
    ["no address", { options: { url: "gateway" } }, /--url is no address/],
    ["another kind of address", { options: { url: "ftp://host" } }, /no address of a gateway/],
    ["a token in it", { options: { url: "ws://127.0.0.1:1/?token=hidden-one" } }, /holds more than an address/],
    ["a password in it", { options: { url: "ws://me:hidden-one@127.0.0.1:1" } }, /holds more than an address/],
    ["remote mode with no address", local({ mode: "remote" }), /not where/],
    [
      "remote mode with a variable that is not set",
      local({ mode: "remote", remote: { url: "wss://${NO_SUCH}" } }),
      /NO_SUCH/,
    ],
    ["no encryption to another machine", { options: { url: "ws://far.example:18789" } }, /not encrypted/],
    ["the same from the config", local({ mode: "remote", remote: { url: "ws://10.1.2.3:18789" } }), /not encrypted/],
    ["a fingerprint that is none", { options: { url: "wss://h", tlsFingerprint: "12:34" } }, /64 hexadecimal/],
  ];
  test.each(bad)("refused: %s", (_, world, message) => {
    const error = (() => {
      try {
        return choose(world);
      } catch (thrown) {
        return thrown as UserError;
      }
    })();
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(message);
    expect(`${(error as UserError).message} ${(error as UserError).help}`).not.toContain("hidden-one");
  });

  test.each([
    ["with --allow-insecure", { options: { url: "ws://far.example:1", allowInsecure: true } }, false],
    ["to an address of this machine", { options: { url: "ws://10.0.0.7:1" }, ownAddresses: ["10.0.0.7"] }, true],
    ["to a loopback name", { options: { url: "ws://localhost:1" } }, true],
    ["to another loopback address", { options: { url: "ws://127.9.9.9:1" } }, true],
  ])("not encrypted %s", (_, world: World, isLocal) => {
    expect(choose(world).isLocal).toBe(isLocal);
  });

  // Nor one that the system resolves to loopback today: who answers for the name decides that.
  test.each(["127.0.0.1.example", "localhost.example", "localtest.me", "0.0.0.0", "[::ffff:127.0.0.1]", "localhost."])(
    "%s is not loopback",
    (host) => {
      expect(() => choose({ options: { url: `ws://${host}:1` } })).toThrow(/not encrypted/);
    },
  );

  test.each([
    ["$(id).example", "'$(id).example'"],
    ["-oproxycommand=id", "-- '-oproxycommand=id'"],
  ])("the tunnel to %s that is suggested runs nothing of the name", (host, quoted) => {
    let help: string | undefined;
    try {
      choose({ options: { url: `ws://${host}:1` } });
    } catch (error) {
      help = (error as UserError).help;
    }
    expect(help).toContain(`\n  ssh -N -L 18789:127.0.0.1:1 ${quoted}\n`);
  });
});

describe("what opens it", () => {
  const auth = { auth: { token: "kept", password: "kept-word" } };
  const both = { OPENCLAW_GATEWAY_TOKEN: "env", OPENCLAW_GATEWAY_PASSWORD: "env-word" };
  const rows: [string, World, string[]][] = [
    ["nothing", {}, ["/"]],
    ["the config", local(auth), ["kept/kept-word"]],
    [
      "the environment before it, the config's if that is wrong",
      { ...local(auth), env: both },
      ["env/env-word", "kept/kept-word"],
    ],
    [
      "one of each",
      { ...local({ auth: { token: "kept" } }), env: { OPENCLAW_GATEWAY_PASSWORD: "env-word" } },
      ["kept/env-word", "kept/"],
    ],
    [
      "the same in both is tried once",
      { ...local({ auth: { token: "env" } }), env: { OPENCLAW_GATEWAY_TOKEN: "env" } },
      ["env/"],
    ],
    ["the older names", { env: { CLAWDBOT_GATEWAY_TOKEN: "old" } }, ["old/"]],
    ["today's before them", { env: { CLAWDBOT_GATEWAY_TOKEN: "old", OPENCLAW_GATEWAY_TOKEN: "new" } }, ["new/"]],
    ["an empty variable is none", { ...local(auth), env: { OPENCLAW_GATEWAY_TOKEN: " " } }, ["kept/kept-word"]],
    ["the option alone", { ...local(auth), env: both, options: { token: "given" } }, ["given/"]],
    ["a password alone", { ...local(auth), env: both, options: { password: "given" } }, ["/given"]],
    ["the remote's in local mode, if there is no other", local({ remote: { token: "far" } }), ["far/"]],
    ["remote mode: the remote's first", { ...local(remote), env: both }, ["far/env-word", "far/"]],
    [
      "remote mode: else the environment's",
      { ...local({ mode: "remote", remote: { url: "wss://far.example" } }), env: both },
      ["env/env-word"],
    ],
    ["another address: not the config's", { ...local(auth), options: { url: "ws://127.0.0.1:7" } }, ["/"]],
    [
      "another address: the environment's",
      { ...local(auth), env: both, options: { url: "ws://127.0.0.1:7" } },
      ["env/env-word"],
    ],
    [
      "another address by variable: not the config's",
      { ...local(auth), env: { OPENCLAW_GATEWAY_URL: "wss://h" } },
      ["/"],
    ],
    [
      "the config's own address, spelled out",
      { ...local(auth), options: { url: "ws://localhost:18789/" } },
      ["kept/kept-word"],
    ],
    ["a variable in the config", { config: { gateway: { auth: { token: "${T}" } } }, env: { T: "of-t" } }, ["of-t/"]],
    ["a variable that is not set", local({ auth: { token: "${NO_SUCH}" } }), ["/"]],
    [
      "a reference to a variable",
      { config: { gateway: { auth: { token: { source: "env", provider: "default", id: "T" } } } }, env: { T: "of-t" } },
      ["of-t/"],
    ],
    ["a reference to elsewhere", local({ auth: { token: { source: "exec", id: "vault" } } }), ["/"]],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(secrets(choose(world))).toEqual(expected);
  });

  test.each([
    ["another address", { ...local(auth), options: { url: "ws://127.0.0.1:7" } }, "names another address"],
    ["a variable that is not set", local({ auth: { token: "${NO_SUCH}" } }), "${NO_SUCH}"],
    [
      "a reference to elsewhere",
      local({ auth: { token: { source: "exec", id: "vault" } } }),
      "only the gateway can look up",
    ],
  ])("says why one was not used: %s", (_, world: World, note) => {
    expect(choose(world).notes.join()).toContain(note);
  });

  test("says where they come from", () => {
    const target = choose({ ...local(auth), env: { OPENCLAW_GATEWAY_TOKEN: "env" } });
    expect(target.credentials[0]?.source).toBe(`OPENCLAW_GATEWAY_TOKEN and gateway.auth.password in ${PATH}`);
  });
});

describe("the certificate", () => {
  const digits = "ab".repeat(32);
  const rows: [string, World, string | undefined][] = [
    ["the local gateway's own", local({ tls: { enabled: true } }), "cd".repeat(32)],
    ["none without TLS", local({}), undefined],
    ["an authority's elsewhere", { options: { url: "wss://far.example" } }, undefined],
    [
      "the remote's, if the config names it",
      local({ ...remote, remote: { ...remote.remote, tlsFingerprint: `SHA256:${digits}` } }),
      digits,
    ],
    [
      "the option before it",
      {
        ...local({ tls: { enabled: true } }),
        options: { tlsFingerprint: digits.toUpperCase().replace(/..(?=.)/g, "$&:") },
      },
      digits,
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(choose(world).tlsFingerprint).toBe(expected);
  });
});

test("the config is that of the target only", () => {
  expect(choose(local({ port: 5 })).config?.path).toBe(PATH);
  expect(choose({ ...local({ port: 5 }), options: { url: "ws://127.0.0.1:6" } }).config).toBeUndefined();
});

/** FNV-1a, 32 bits, with big numbers: not the way the code does it. */
function fnvPort(name: string): number {
  let hash = 2_166_136_261n;
  for (const byte of Buffer.from(name)) hash = ((hash ^ BigInt(byte)) * 16_777_619n) & 0xffff_ffffn;
  return 20_000 + Number(hash % 40_000n);
}
