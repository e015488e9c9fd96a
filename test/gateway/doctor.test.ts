import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../../src/cli.ts";
import type { Report } from "../../src/model.ts";
import { gatewayLogGap } from "../../src/sources/gateway-log.ts";
import { fakeIo } from "../cli/fake-io.ts";
import { reportOf } from "../helpers/doctor.ts";
import { log, restartInProcess, starts, up, waits } from "../helpers/log-lines.ts";
import { type FakeGateway, fakeGateway } from "./fake-gateway.ts";

const TOKEN = "very-secret-token-1";
const FIXTURE = "fixtures/clawdbot-2026.1.24-3-a/gateway.jsonl";

let folder: string;
let server: FakeGateway | undefined;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "doctor-"));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly text: string;
  /** The file that the gateway names. */
  readonly file?: string;
  readonly version?: string;
  readonly sessions?: readonly object[];
  /** The gateway's clock; by default half a minute after the log's last line. */
  readonly now?: string;
  /** Fewer than real ones give. */
  readonly mostBytes?: number;
  readonly config?: object;
  readonly noList?: true | "garbage";
}

interface Told {
  readonly exitCode: number;
  readonly err: string;
  readonly report: Report;
}

/** What `doctor --gateway` says of a gateway with this log. */
async function ask(running: Running, words: readonly string[] = []): Promise<Told> {
  const { text, version = "dev", sessions = [], config = {} } = running;
  server = await fakeGateway({
    connect: () => ({ greeting: { server: { version }, auth: undefined, snapshot: {} } }),
    answer: ({ method, params }) => {
      if (method === "logs.tail") return { payload: tail(running, params) };
      if (running.noList === "garbage") return { payload: { sessions: "none" } };
      if (running.noList && params["limit"] !== 1)
        return { error: { code: "INVALID_REQUEST", message: "no such limit" } };
      return { payload: { ts: Date.parse(running.now ?? lastTime(text)), sessions } };
    },
  });
  const port = Number(new URL(server.url).port);
  writeFileSync(
    path.join(folder, "config.json"),
    JSON.stringify({ ...config, gateway: { port, auth: { token: TOKEN } } }),
  );
  const io = fakeIo({ cwd: folder, homedir: folder, env: { OPENCLAW_CONFIG_PATH: path.join(folder, "config.json") } });
  const exitCode = await main(["doctor", "--gateway", "--json", "--all-runs", ...words], io);
  expect(io.out() + io.err()).not.toContain(TOKEN);
  return { exitCode, err: io.err(), report: JSON.parse(io.out() || "null") as Report };
}

/** As 2026.1.24-3 answers it. */
function tail({ text, file, mostBytes = 1_000_000 }: Running, params: Record<string, unknown>): object {
  const bytes = Buffer.from(text.endsWith("\n") ? text : `${text}\n`);
  const start = Math.max(0, bytes.length - Math.min(Number(params["maxBytes"]), mostBytes));
  const lines = bytes
    .subarray(start)
    .toString()
    .split("\n")
    .slice(start > 0 ? 1 : 0, -1);
  const shown = text === "" ? [] : lines.slice(-Number(params["limit"]));
  return {
    file: file ?? "/far/away/clawdbot-2026-01-28.log",
    cursor: bytes.length,
    size: bytes.length,
    lines: shown,
    truncated: start > 0,
    reset: false,
  };
}

function lastTime(text: string): string {
  if (text === "") return "2026-01-28T09:00:00Z";
  const times = [...text.matchAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g)].map(([time]) => time);
  return new Date(Math.max(...times.map((it) => Date.parse(it))) + 30_000).toISOString();
}

const told = (report: Report) => report.sessions.map((it) => `${it.sessionKey} ${it.state}`);
const codes = (report: Report) => report.findings.map((it) => it.code);

const wedge = log(
  up("08:00:00"),
  ...starts("08:23:20", { key: "main", runId: "r1" }),
  ...restartInProcess("08:23:33"),
  waits("08:24:00", { key: "main", runId: "r1" }),
);

describe("the log over the wire", () => {
  test("tells what the file tells", async () => {
    const text = readFileSync(FIXTURE, "utf8");
    const { report } = await ask({ text, now: new Date(Date.parse(lastTime(text)) - 30_000).toISOString() });
    const { report: ofFile } = await reportOf([FIXTURE, "--no-state"]);
    expect(told(report)).toEqual(told(ofFile));
    expect(report.runs.map((it) => [it.runId, it.state])).toEqual(ofFile.runs.map((it) => [it.runId, it.state]));
    expect(report.sources.map((it) => it.path)).toEqual(["logs.tail"]);
  });

  test("names the wedged session", async () => {
    const { exitCode, report } = await ask({ text: wedge });
    expect(exitCode).toBe(1);
    expect(told(report)).toEqual(["main blocked"]);
    expect(codes(report)).not.toContain("log-gap");
  });

  test("goes by the gateway's clock, so silence after the last line counts", async () => {
    const { report } = await ask({ text: wedge, now: "2026-01-28T08:50:00Z" });
    expect(report.findings.find((it) => it.code === "session-blocked")?.confidence).toBe("high");
    const { report: before } = await ask({ text: wedge });
    expect(before.findings.find((it) => it.code === "session-blocked")?.confidence).toBe("medium");
  });

  test("and by the run timeout of the gateway's config", async () => {
    const config = { agents: { defaults: { timeoutSeconds: 45 } } };
    const { report } = await ask({ text: wedge, now: "2026-01-28T08:27:00Z", config });
    expect(report.findings.find((it) => it.code === "session-blocked")?.confidence).toBe("high");
  });

  test("says so where it sees only the end", async () => {
    const text = readFileSync(FIXTURE, "utf8");
    const { report } = await ask({ text, mostBytes: 5_000 });
    const gap = report.findings.find((it) => it.code === "log-gap");
    expect(gap).toMatchObject({ severity: "warning" });
    expect(gap?.message).toMatch(/no more than the last \d+ lines of its log, from 20/);
    expect(gap?.help).toContain("doctor /far/away/clawdbot-2026-01-28.log");
  });

  test("says so where it sees only this day", async () => {
    const { report } = await ask({ text: wedge.split("\n").slice(1).join("\n") });
    expect(report.findings.find((it) => it.code === "log-gap")?.message).toContain(
      "its log of this day, from 2026-01-28T08:23:20",
    );
  });

  test("an early version does not say that lines were left out, so the number of lines does", async () => {
    const filler = Array.from(
      { length: 5_100 },
      (_, index) => `2026-01-28T08:00:00.${String(index % 1000).padStart(3, "0")}Z [x] y`,
    );
    const { report } = await ask({ text: [...filler, wedge].join("\n") });
    expect(codes(report)).toContain("log-gap");
    expect(told(report)).toEqual(["main blocked"]);
  });

  test("an empty one is no good news", async () => {
    const { exitCode, err } = await ask({ text: "" });
    expect(exitCode).toBe(2);
    expect(err).toContain("has nothing in its log");
  });
});

describe("a log that lies on this machine", () => {
  test("is read whole where the gateway gives only its end", async () => {
    const text = readFileSync(FIXTURE, "utf8");
    const file = path.join(folder, "clawdbot-2026-01-28.log");
    writeFileSync(file, text);
    const { report } = await ask({ text, file, mostBytes: 20_000 });
    expect(report.sources.map((it) => it.path)).toEqual([file]);
    expect(codes(report)).not.toContain("log-gap");
  });

  test("is read with the day before, for a dated file begins at midnight", async () => {
    const text = readFileSync(FIXTURE, "utf8");
    const file = path.join(folder, "clawdbot-2026-01-28.log");
    const dayBefore = path.join(folder, "clawdbot-2026-01-27.log");
    writeFileSync(file, text);
    writeFileSync(dayBefore, text.replaceAll("2026-01-28", "2026-01-27"));
    writeFileSync(path.join(folder, "clawdbot-work-2026-01-28.log"), text);
    const { report } = await ask({ text, file });
    expect(report.sources.map((it) => it.path).toSorted()).toEqual([dayBefore, file]);
  });

  test("is another gateway's, behind a tunnel", async () => {
    const text = readFileSync(FIXTURE, "utf8");
    const file = path.join(folder, "clawdbot-2026-01-28.log");
    const others = readFileSync("fixtures/clawdbot-2026.1.24-3-c-lanes-exhausted/gateway.jsonl", "utf8");
    writeFileSync(file, others.repeat(Math.ceil(text.length / others.length) + 1));
    const { report } = await ask({ text, file, mostBytes: 20_000 });
    expect(report.sources.map((it) => it.path)).toEqual(["logs.tail"]);
    expect(codes(report)).toContain("log-gap");
  });
});

describe("the gateway's own list", () => {
  const calm = log(up("08:00:00"), ...starts("08:23:20", { key: "main", runId: "r1" }));
  const unseen = { key: "agent:main:room", sessionId: "s-room", hasActiveRun: true };

  test("has runs that the log does not show", async () => {
    const { report, err } = await ask({ text: calm, version: "2026.9.6", sessions: [unseen] });
    expect(told(report)).toEqual(["main busy", "agent:main:room busy"]);
    expect(err).toContain("runs that began before this part of the log: agent:main:room");
  });

  test.each(["dev", "2026.5.28"])("is not to be trusted on %s", async (version) => {
    const { report, err } = await ask({ text: calm, version, sessions: [unseen] });
    expect(told(report)).toEqual(["main busy"]);
    expect(err).toBe("");
  });

  test("knows of no run where the log has one blocked", async () => {
    const { report, err } = await ask({
      text: wedge,
      version: "2026.9.6",
      sessions: [{ key: "agent:main:main", sessionId: "id-main", hasActiveRun: false }],
      now: "2026-01-28T08:50:00Z",
    });
    expect(told(report)).toEqual(["main blocked"]);
    expect(err).toContain("the gateway lists no run of theirs");
  });

  test("agrees, and nothing is said", async () => {
    const sessions = [{ key: "agent:main:main", sessionId: "id-main", hasActiveRun: true }];
    const { report, err } = await ask({ text: calm, version: "2026.9.6", sessions });
    expect(told(report)).toEqual(["main busy"]);
    expect(err).toBe("");
  });

  test.each([true, "garbage"] as const)("cannot be had (%s): the log is still worth a report", async (noList) => {
    const { exitCode, report, err } = await ask({ text: wedge, noList });
    expect(exitCode).toBe(1);
    expect(told(report)).toEqual(["main blocked"]);
    expect(err).toContain("list of sessions could not be had");
  });
});

describe("what is asked", () => {
  test("two questions, neither of which changes anything", async () => {
    await ask({ text: wedge, version: "2026.9.6" });
    expect(new Set(server?.asked.map((it) => it.method))).toEqual(new Set(["sessions.list", "logs.tail"]));
  });

  test.each([
    [["--gateway", "some.log"], "logs and --gateway cannot both be"],
    [["--url", "ws://127.0.0.1:1"], "--url is about a running gateway"],
    [["--token-file", "x"], "--token-file is about a running gateway"],
    [["--gateway", "--url", "ws://far.example"], "not encrypted"],
  ])("%j is a usage error", async (words, message) => {
    const io = fakeIo({ cwd: folder, homedir: folder });
    expect(await main(["doctor", ...words], io)).toBe(2);
    expect(io.err()).toContain(message);
  });

  test("nobody answers: exit 2, with what to do", async () => {
    const { url, close } = await fakeGateway();
    await close();
    const io = fakeIo({ cwd: folder, homedir: folder });
    expect(await main(["doctor", "--gateway", "--url", url], io)).toBe(2);
    expect(io.err()).toContain(`cannot reach a gateway at ${url}`);
    expect(io.err()).toContain("gateway status");
  });
});

test("without --gateway, too, the run timeout of the gateway's config counts", async () => {
  const sessions = path.join(folder, "state", "agents", "main", "sessions");
  mkdirSync(sessions, { recursive: true });
  const lock = { pid: process.pid, createdAt: new Date().toISOString() };
  writeFileSync(path.join(sessions, "id-main.jsonl.lock"), JSON.stringify(lock));
  const exitCode = async () => {
    const io = { ...fakeIo({ cwd: folder, homedir: folder }), now: () => Date.now() + 120_000 };
    return await main(["doctor", "--state-dir", "state", "--json", "--allow-inconclusive"], io);
  };
  expect(await exitCode()).toBe(0);
  const config = { agents: { defaults: { timeoutSeconds: 30 } } };
  writeFileSync(path.join(folder, "state", "clawdbot.json"), JSON.stringify(config));
  expect(await exitCode()).toBe(1);
});

test("the file's name, which the gateway gives, runs nothing in the command that is suggested", () => {
  const log = { sources: [], file: "/tmp/$(id) x.log", isOnThisMachine: false, isCut: true, lines: 5_000, size: 1 };
  expect(gatewayLogGap(log, undefined, false)?.help).toMatch(/clawdbot-sessions doctor '\/tmp\/\$\(id\) x\.log'$/);
});
