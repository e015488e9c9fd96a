/** Secrets in every field of a log, and not one of them in any output of any command. Also with whom it is about. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { main } from "../src/cli.ts";
import { UserError } from "../src/errors.ts";
import { GatewayError } from "../src/gateway/gateway.ts";
import { diagnose, render } from "../src/index.ts";
import { reporters } from "../src/reporters/index.ts";
import { watchFormats } from "../src/watch/formats/index.ts";
import { fakeIo } from "./cli/fake-io.ts";
import { everyForm } from "./helpers/forms.ts";
import { SECRETS } from "./helpers/secrets.ts";
import { FakeGateway, wedgedLog } from "./repair/fake-gateway.ts";
import { bench } from "./repair/run-reset.ts";
import { watchBench, type WatchBench } from "./watch/bench.ts";

/** One for each field, so that a leak tells where it came from. */
const planted = new Map<string, string>();
function plant(field: string): string {
  // Put together here, so that no scanner takes this file for a leak.
  const secret = `${["sk", "ant"].join("-")}-${field.replaceAll(/[^a-z]/gi, "")}0a1b2c3d4e5f6g7h8i9j`;
  planted.set(field, secret);
  return secret;
}

const key = `agent:main:wa:${plant("session key")}`;
const runId = plant("run id");
const sessionId = plant("session id");
const lane = `session:${key}`;
const LINES: readonly (readonly [time: string, subsystem: string, message: string])[] = [
  ["08:23:19", "gateway", "listening on ws://127.0.0.1:18789 (PID 4711)"],
  ["08:23:19.100", "gateway", `agent model: ${plant("agent model")} key ${plant("chat text")}`],
  ["08:23:20", "diagnostic", `lane enqueue: lane=${lane} queueSize=1`],
  ["08:23:20", "diagnostic", `lane dequeue: lane=${lane} waitMs=1 queueSize=0`],
  ["08:23:20", "diagnostic", "lane enqueue: lane=main queueSize=1"],
  ["08:23:20", "diagnostic", "lane dequeue: lane=main waitMs=1 queueSize=0"],
  ["08:23:20.500", "agent/embedded", `embedded run start: runId=${runId} sessionId=${sessionId} provider=${plant("provider")} model=${plant("model")} thinking=off messageChannel=${plant("channel")}`],
  ["08:23:20.600", "diagnostic", `session state: sessionId=${sessionId} sessionKey=${key} prev=idle new=processing reason="run_started" queueDepth=0`],
  ["08:23:20.700", "diagnostic", `run registered: sessionId=${sessionId} totalActive=1`],
  ["08:23:21", "agent/embedded", `embedded run tool start: runId=${runId} tool=${plant("tool")} toolCallId=${plant("tool call")}`],
  ["08:23:22", plant("subsystem"), `embedded run compaction start: runId=${runId} ${plant("tail")}`],
  ["08:23:23", "diagnostic", `lane task error: lane=${plant("lane")} durationMs=1 error="Error: ${plant("error text")}"`],
  ["08:23:24", "diagnostic", `lane enqueue: lane=${plant("unreadable line")} queueSize=`],
  ["08:23:24", "agent/embedded", `embedded run start: runId= ${plant("unreadable run")}`],
  ["08:23:25", "gateway", "signal SIGUSR1 received"],
  ["08:23:25", "gateway", "received SIGUSR1; restarting"],
  ["08:23:26", "gateway", "listening on ws://127.0.0.1:18789 (PID 4711)"],
  ["08:40:00", "diagnostic", `run active check: sessionId=${sessionId} active=true`],
]; // prettier-ignore
const SECRET_HOST = plant("hostname");
const SECRET_SOURCE = plant("source file name");
const SECRET_META = plant("meta");
const jsonl = LINES.map(([time, subsystem, message]) => {
  const at = `2026-01-28T${time.padEnd(12, time.includes(".") ? "0" : ".000")}Z`.replace(/(:\d\d)\.000\S*Z/, "$1.000Z");
  const name = JSON.stringify({ subsystem });
  const where = { fileName: SECRET_SOURCE, filePath: `/opt/${SECRET_SOURCE}` };
  const meta = { name, parentNames: ["clawdbot"], date: at, hostname: SECRET_HOST, logLevelName: "DEBUG", path: where };
  return `${JSON.stringify({ 0: name, 1: { extra: SECRET_META }, 2: message, _meta: meta, time: at })}\n`;
}).join("");
// The gateway puts fields between only where there are some.
const simple = jsonl.replaceAll(/"1":\{"extra":"[^"]*"\},"2"/g, '"1"');
const forms = everyForm(simple);

const LABEL = plant("label");
const FOLDER = plant("folder");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), `sessions-${FOLDER}-`));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectNoSecret(output: string): void {
  // No escaping of any target can hide it: letters, digits and hyphens stay as they are.
  const leaked = [...planted].filter(([, secret]) => output.includes(secret)).map(([field]) => field);
  expect(leaked).toEqual([]);
  expect(output).not.toMatch(/0a1b2c3d4e5f/);
}

async function run(words: readonly string[]): Promise<string> {
  const io = fakeIo({ cwd: folder, timeZone: "UTC", columns: 200 });
  const exitCode = await main(words, io);
  return [`exit ${exitCode}`, io.out(), io.err(), ...io.files.values()].join("\n");
}

const WAYS = ["doctor", "timeline"].flatMap((command) =>
  command === "timeline"
    ? [{ name: "timeline", words: ["timeline", "--verbose"] }]
    : reporters.map(({ name }) => ({
        name,
        words: ["doctor", "--format", name, "--all-runs", "--verbose", "--also", `${name}=other.txt`],
      })),
);

describe("doctor and timeline", () => {
  test.each(forms.map((form) => [form.name, form] as const))("%s", async (_, form) => {
    // The name of the file is a field, too.
    const file = path.join(folder, `${plant("file name")}-${form.fileName}`);
    writeFileSync(file, form.bytes);
    for (const { words } of WAYS) {
      for (const more of [[], ["--redact"]]) {
        const labels = words[0] === "doctor" ? ["--label", `host=${LABEL}`, "--label", "token=0a1b2c3d4e5f"] : [];
        const output = await run([...words, file, ...labels, ...more]);
        expect(output).toMatch(/^exit [0-3]\n/);
        expectNoSecret(output);
      }
    }
  });

  test("the plants are read: the form that tells most names the session, its run and what holds it", async () => {
    const file = path.join(folder, "gateway.log");
    writeFileSync(file, simple);
    const output = await run(["doctor", "--json", "--all-runs", "--verbose", file]);
    expect(output).toContain('"verdict": "blocked"');
    expect(output).toMatch(/"sessionKey": "agent:main:wa:\[secret-\d+\]"/);
    expect(output).toMatch(/"runId": "\[secret-\d+\]"/);
    expect(output).toMatch(/"model": "\[secret-\d+\]"/);
    expect(output).toMatch(/could not be read, the first at .*\[secret-\d+\]/);
    // Told apart, and the same everywhere.
    const report = JSON.parse(output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1)) as {
      runs: { runId: string; sessionKey: string }[];
      findings: { runId?: string; sessionKey?: string }[];
    };
    expect(report.runs[0]?.runId).not.toBe(report.runs[0]?.sessionKey);
    expect(report.findings[0]?.sessionKey).toBe(report.runs[0]?.sessionKey);
    expect(report.findings[0]?.runId).toBe(report.runs[0]?.runId);
  });

  test.each([
    ["a session that is not there", ["--session", "nobody"]],
    ["a run that is not there", ["--run", "nobody"]],
    ["a file that is not there", [plant("missing file")]],
    ["an option's value", ["--since", plant("since")]],
    ["an unknown option", [`--${plant("option")}`]],
    ["a state dir", ["--state-dir", plant("state dir")]],
  ])("errors: %s", async (_, words) => {
    const file = path.join(folder, "gateway.log");
    writeFileSync(file, simple);
    const output = await run(["doctor", file, "--verbose", ...words]);
    expect(output).toMatch(/^exit [12]\n/);
    expect(output).toMatch(/error: |warning: /);
    expectNoSecret(output);
  });
});

describe("every shape in every output", () => {
  /** What of a sample stands in a key: no blank and no quotation mark. */
  const inKeys = SECRETS.filter(({ text }) => !/[\s"'\\]/.test(text));
  const lines = SECRETS.flatMap(({ text }, index) => {
    const at = (ms: number) => new Date(Date.parse("2026-01-28T08:23:20Z") + index * 1000 + ms).toISOString();
    const line = (ms: number, subsystem: string, message: string) =>
      JSON.stringify({
        0: JSON.stringify({ subsystem }),
        1: message,
        _meta: { name: "x", parentNames: ["clawdbot"], date: at(ms), logLevelName: "DEBUG" },
        time: at(ms),
      });
    const name = inKeys.some((it) => it.text === text) ? text : `n${index}`;
    const wedged = `agent:main:wa:${name}`;
    return [
      line(0, "diagnostic", `lane enqueue: lane=session:${wedged} queueSize=1`),
      line(1, "diagnostic", `lane dequeue: lane=session:${wedged} waitMs=1 queueSize=0`),
      line(2, "agent/embedded", `embedded run start: runId=${name} sessionId=s${index} provider=x model=${name} thinking=off messageChannel=${name}`),
      line(3, "diagnostic", `session state: sessionId=s${index} sessionKey=${wedged} prev=idle new=processing reason="run_started" queueDepth=0`),
      line(4, "diagnostic", `run registered: sessionId=s${index} totalActive=1`),
      line(5, "agent/embedded", `embedded run tool start: runId=${name} tool=${name} toolCallId=x`),
      line(6, "diagnostic", `lane task error: lane=x${index} durationMs=1 error="Error: ${text}"`),
      line(7, "diagnostic", `lane enqueue: lane=${text} queueSize=`),
    ]; // prettier-ignore
  });
  const restart = [
    ["gateway", "signal SIGUSR1 received"],
    ["gateway", "received SIGUSR1; restarting"],
    ["gateway", "listening on ws://127.0.0.1:18789 (PID 4711)"],
  ].map(([subsystem, message]) => {
    const time = "2026-01-28T08:33:20.000Z";
    return JSON.stringify({ 0: JSON.stringify({ subsystem }), 1: message, _meta: { name: "x", parentNames: ["clawdbot"], date: time, logLevelName: "INFO" }, time }); // prettier-ignore
  });

  test.each(WAYS.flatMap((way) => [way, { name: `${way.name} --redact`, words: [...way.words, "--redact"] }]))(
    "$name",
    async ({ words }) => {
      const file = path.join(folder, "shapes.log");
      writeFileSync(file, [...lines, ...restart, ""].join("\n"));
      const output = (await run([...words, file])).toLowerCase();
      expect(output).toContain(words.includes("--redact") ? "session-1" : "[secret-1]");
      // Keys are compared in lower case, so they may be shown in it.
      const told = SECRETS.filter(({ secret }) => secret.length > 5 && output.includes(secret.toLowerCase()));
      expect(told.map(({ name }) => name)).toEqual([]);
    },
  );
});

describe("watch", () => {
  let it: WatchBench;
  beforeAll(() => (it = watchBench()));
  afterAll(() => it.end());

  test.each(watchFormats.map(({ name }) => name))("%s, and what --exec is given", async (format) => {
    writeFileSync(it.log, simple);
    it.now = Date.parse("2026-01-28T09:10:15Z");
    for (const more of ["", " --redact"]) {
      const end = `{"0":"{\\"subsystem\\":\\"diagnostic\\"}","1":"run cleared: sessionId=${sessionId} totalActive=0","_meta":{"parentNames":["clawdbot"],"logLevelName":"DEBUG","date":"2026-01-28T09:10:20.000Z"},"time":"2026-01-28T09:10:20.000Z"}\n`;
      const told = await it.watch(
        `${it.log} --format ${format} --exec x --after 0s --heal --dry-run --grace 0s${more}`,
        [() => (it.now += 5_000), () => writeFileSync(it.log, simple + end), () => (it.now += 120_000)],
      );
      expect(told.out).toMatch(/blocked/i);
      expect(it.executed.join("")).toContain('"event":"blocked"');
      expectNoSecret(told.out + told.err + it.executed.join(""));
    }
  });
});

describe("reset", () => {
  test.each(["", "--json", "--redact", "--redact --json"])("with %j, and the journal", async (more) => {
    const secretKey = `agent:main:wa:${plant("key in the store")}`;
    const gateway = new FakeGateway([{ key: secretKey, sessionId: "id-main" }]);
    wedgedLog(gateway, secretKey);
    gateway.does.set("chat.abort", () => {
      throw new GatewayError("rejected", `it said "${plant("gateway answer")}"`, true);
    });
    const it = bench(gateway);
    const { out, err } = await it.reset(`${secretKey} --yes --force ${more}`).catch((error: unknown) => ({
      out: "",
      err: error instanceof UserError ? "" : String(error),
    }));
    expect(out + err).not.toBe("");
    expect(it.journal().map(({ event }) => event)).toContain("send");
    expectNoSecret(out + err + readFile(it.store.path));
  });

  test("a session is known again by its name in the journal", async () => {
    const it = bench(new FakeGateway());
    const [one, other] = [`agent:main:${plant("one")}`, `agent:main:${plant("other")}`];
    expect(it.store.nameOf(one)).toBe(it.store.nameOf(one));
    expect(it.store.nameOf(one)).not.toBe(it.store.nameOf(other));
    expect(it.store.nameOf("agent:main:main")).toBe("agent:main:main");
    expect(it.store.nameOf(it.store.nameOf(one))).toBe(it.store.nameOf(one));
    const entry = { v: 1, time: "2026-01-28T09:10:15.000Z", repair: "r", event: "send", who: "w", pid: 1 } as const;
    it.store.append({ ...entry, gateway: "ws://x", session: one, reason: `because of ${plant("reason")}` });
    expect(it.journal()[0]?.session).toBe(it.store.nameOf(one));
    expectNoSecret(readFile(it.store.path));
  });
});

test("the library", async () => {
  const warnings: string[] = [];
  for (const redact of [false, true]) {
    const report = await diagnose(Buffer.from(simple), {
      name: plant("name"),
      labels: { host: LABEL },
      redact,
      onWarning: (message) => warnings.push(message),
    });
    expect(report.verdict).toBe("blocked");
    expectNoSecret(JSON.stringify(report) + warnings.join("\n"));
    expectNoSecret(await render(report, "html"));
  }
});

function readFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
