import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";

import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";

import { main } from "../src/cli.ts";
import { FINDING_CODES, type Finding, type Report } from "../src/model.ts";
import { verdictOf } from "../src/report.ts";
import { fakeIo } from "./cli/fake-io.ts";
import { doctor, reportOf } from "./helpers/doctor.ts";
import { FIXTURES, REAL_LOGS, fixtureText, type Truth } from "./helpers/fixtures.ts";
import { zstdStored } from "./helpers/forms.ts";
import { at, ends, log, restartInProcess, starts, up, waits } from "./helpers/log-lines.ts";
import { wrongsOf } from "./helpers/truth.ts";

const temporary = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-doctor-"));
afterAll(() => rmSync(temporary, { recursive: true }));

const fixture = (...parts: readonly string[]): string => path.join(FIXTURES, ...parts);

/** A new folder with these files. */
function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(path.join(temporary, "case-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

function fileOf(content: string | Uint8Array, name = "gateway.log"): string {
  return path.join(folderOf({ [name]: content }), name);
}

const runStates = (report: Report): Record<string, string> =>
  Object.fromEntries(report.runs.map((it) => [it.runId, it.cause === null ? it.state : `${it.state}:${it.cause}`]));

const sessionStates = (report: Report): Record<string, string> =>
  Object.fromEntries(report.sessions.map((it) => [it.sessionKey, it.state]));

const codesOf = (report: Report): string[] => report.findings.map((it) => it.code);

const a = { key: "a", runId: "run-a" };
const b = { key: "b", runId: "run-b" };
const c = { key: "c", runId: "run-c" };

/** A session blocked for half an hour, one that works, and one that hangs. */
const BLOCKED = log(
  up("08:00:00"),
  starts("08:00:01", b),
  ends("08:00:05", b),
  starts("08:00:10", a),
  restartInProcess("08:00:20"),
  waits("08:00:30", a),
  starts("08:29:00", { ...c, inMain: 2 }),
  at("08:30:00", "heartbeat", "started"),
);

describe("the issue that started it", () => {
  test("its timeline, as it was pasted, gives one orphan that a restart cut", async () => {
    const { report, exitCode } = await reportOf([fixture("issue-3245-timeline.txt")]);
    expect(exitCode).toBe(1);
    expect(report.verdict).toBe("orphaned-runs");
    expect(report.runs).toMatchObject([
      { runId: "12cbe357", truncatedId: true, state: "orphaned", cause: "restart", confidence: "high" },
    ]);
    expect(report.findings).toMatchObject([{ code: "run-orphaned", severity: "error", confidence: "high" }]);
    expect(report.findings[0]?.timeline.map((it) => it.line)).toEqual([1, 3, 4, 5]);
  });

  test.each([[["console.log"]], [["gateway.jsonl"]], [["console.log", "gateway.jsonl"]]])(
    "its defect, played on a real gateway, is blocked with high confidence in %j",
    async (files) => {
      const { report, exitCode } = await reportOf(files.map((file) => fixture("issue-3245", file)));
      expect(exitCode).toBe(1);
      expect(report.verdict).toBe("blocked");
      expect(sessionStates(report)).toEqual({ main: "blocked", "family-group": "free" });
      const [blocked] = report.findings;
      expect(blocked).toMatchObject({ code: "session-blocked", severity: "error", confidence: "high" });
      expect(blocked?.help).toContain("Not just slow");
    },
  );

  test.each([[["console.log"]], [["gateway.jsonl"]], [["console.log", "gateway.jsonl"]]])(
    "the same start that ended by itself is clean in %j",
    async (files) => {
      const { report, exitCode } = await reportOf(files.map((file) => fixture("ended-by-itself", file)));
      expect(exitCode).toBe(0);
      expect(report).toMatchObject({ ok: true, verdict: "clean", findings: [] });
    },
  );
});

describe("a log at the default level", () => {
  const truth = JSON.parse(fixtureText("info-level", "truth-of-state.json")) as {
    sessions: Record<string, { expect: string }>;
  };
  const expected = (state: string): string[] =>
    Object.keys(truth.sessions).filter((key) => truth.sessions[key]?.expect === state);
  // The console's lines have no date, and a file's name can have it.
  const dated = fileOf(fixtureText("info-level", "console.log"), "console-2026-11-23.log");
  const sets: [string, string[]][] = [
    ["console.log", [dated]],
    ["gateway.jsonl", [fixture("info-level", "gateway.jsonl")]],
    ["both", [dated, fixture("info-level", "gateway.jsonl")]],
  ];

  test.each(sets)("cannot tell by itself: %s", async (_name, files) => {
    const { out, exitCode } = await doctor(files);
    expect(exitCode).toBe(3);
    expect(out).toMatch(/^CAN'T TELL/);
    expect(out).toContain('logging.level to "error"');
    expect(out).toContain("gateway starts: 2");
    expect(out).toContain("restarts and stops: 1");
    expect(out).toContain("lane task errors: 2");
    const { report } = await reportOf(files);
    expect(report).toMatchObject({ ok: false, verdict: "inconclusive" });
    expect(codesOf(report)).toEqual(["log-inconclusive"]);
  });

  test.each(sets)("names the blocked sessions with the state dir beside it: %s", async (_name, files) => {
    const words = [...files, "--state-dir", fixture("info-level", "state")];
    const { report, exitCode } = await reportOf(words);
    expect(exitCode).toBe(1);
    expect(report.verdict).toBe("blocked");
    const inState = (state: string) => report.sessions.filter((it) => it.state === state).map((it) => it.sessionKey);
    expect(inState("blocked").toSorted()).toEqual(expected("blocked"));
    // Held by a run that began after the restart: it may be alive.
    expect(inState("busy")).toEqual(expected("busy"));
    const blocked = report.findings.filter((it) => it.code === "session-blocked");
    expect(blocked.map((it) => it.sessionKey ?? "").toSorted()).toEqual(expected("blocked"));
    for (const it of blocked) expect(it.message).toContain("told by the state dir");
    expect(report.sources.map((it) => it.format)).toContain("state-dir");
  });

  test.each([
    ["clawdbot", at("08:00:00", "gateway", "listening on ws://127.0.0.1:1 (PID 1)"), 'set logging.level to "error"'],
    ["2026.5.28 and later", at("08:00:00", "gateway", "loading configuration…"), 'set logging.level to "debug"'],
  ])("names the setting of its version: %s", async (_version, text, setting) => {
    const { report } = await reportOf([fileOf(text)]);
    expect(report.findings).toMatchObject([{ code: "log-inconclusive", help: expect.stringContaining(setting) }]);
  });

  test("says nothing of a state dir that was not asked for", async () => {
    const { report } = await reportOf([fixture("info-level", "gateway.jsonl"), "--no-state"]);
    expect(report.sources).toHaveLength(1);
    const both = await doctor(["x", "--no-state", "--state-dir", "y"]);
    expect(both).toMatchObject({ exitCode: 2, out: "" });
  });

  test("is filled up by a console that says more (3.31 leaves its file at info)", async () => {
    const files = ["console.log", "gateway.jsonl"].map((it) => fixture("openclaw-2026.3.31-restart-mix", it));
    const truth331 = JSON.parse(fixtureText("openclaw-2026.3.31-restart-mix", "truth-of-console.json")) as Truth;
    const text = files.map((it) => readFileSync(it, "utf8")).join("\n");
    expect(wrongsOf((await reportOf(files)).report, truth331, text)).toEqual([]);
    expect(wrongsOf((await reportOf(files.slice(0, 1))).report, truth331, text)).toEqual([]);
    expect((await reportOf(files.slice(1))).exitCode).toBe(3);
  });
});

describe("what cannot be read", () => {
  test.each([
    ["a missing file", ["/nowhere/gateway.log"]],
    ["two missing files", ["/nowhere/one.log", "/nowhere/two.log"]],
    ["a glob that nothing matches", ["/nowhere/*.log"]],
    ["a state dir that is none", [fixture("issue-3245", "console.log"), "--state-dir", temporary]],
  ])("%s: exit 2, and nothing on stdout", async (_name, words) => {
    const { out, err, exitCode } = await doctor(words);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^error: /);
  });

  test("a missing file is told in one line", async () => {
    expect((await doctor(["/nowhere/gateway.log"])).err).toBe("error: no such file: /nowhere/gateway.log\n");
  });

  test("a missing file beside one that is there is a warning, and stands in the report", async () => {
    const file = fixture("issue-3245", "console.log");
    const { report, exitCode, err } = await reportOf(["/nowhere/gateway.log", file]);
    expect(err).toBe("warning: no such file: /nowhere/gateway.log\n");
    const alone = await reportOf([file]);
    expect(exitCode).toBe(alone.exitCode);
    expect(report.verdict).toBe(alone.report.verdict);
    expect(report.sources.slice(0, -1)).toEqual(alone.report.sources);
    expect(report.findings.filter((it) => it.code !== "log-gap")).toEqual(alone.report.findings);
    expect(report.findings.map((it) => it.message)).toContain("no such file: /nowhere/gateway.log");
  });

  test.each([
    ["an empty file", ""],
    ["a log with no gateway in it", '127.0.0.1 - - [28/Jan/2026:08:23:20 +0000] "GET / HTTP/1.1" 200 12\nfoo\nbar\n'],
    ["a log of another program", at("08:00:00", "postgres", "checkpoint complete")],
  ])("%s is no clean log", async (_name, text) => {
    const { report, exitCode } = await reportOf([fileOf(text)]);
    expect(exitCode).toBe(3);
    expect(codesOf(report)).toEqual(["log-inconclusive"]);
    expect(report).toMatchObject({ ok: false, runs: [], sessions: [] });
  });

  test("a folder is all logs in it, and one with none is an error", async () => {
    const whole = folderOf({ "gateway.log": BLOCKED, "notes.txt": "buy milk\n", "sub/old.md": "x" });
    expect((await reportOf([whole])).report.verdict).toBe("blocked");
    const none = await doctor([folderOf({ "notes.md": "buy milk\n" })]);
    expect(none).toMatchObject({ exitCode: 2, out: "" });
    expect(none.err).toContain("no gateway log in folder");
  });
});

/** A report without the places where its lines stood. */
function withoutPlaces(report: Report): object {
  return JSON.parse(
    JSON.stringify({ ...report, sources: [] }, (key, value: unknown) =>
      key === "location" || key === "path" || key === "line" ? undefined : value,
    ),
  ) as object;
}

describe("how the log comes", () => {
  const LOGS = [
    ["issue-3245", "console.log"],
    ["clawdbot-2026.1.24-3-a", "console.log"],
    ["openclaw-2026.9.6-held-back", "gateway.jsonl"],
  ] as const;

  test.each(LOGS)("%s/%s: cut in rotated files that overlap, in any order, is the same report", async (...parts) => {
    const lines = fixtureText(...parts)
      .trimEnd()
      .split("\n");
    const { report: whole } = await reportOf([fixture(...parts)]);
    const anyCuts = fc.uniqueArray(fc.integer({ min: 1, max: lines.length - 1 }), { minLength: 1, maxLength: 4 });
    // Files that begin in the same millisecond could stand in any order.
    const stampAt = (line: number) => /\d\d:\d\d:\d\d\.\d+/.exec((lines[line] ?? "").slice(-60) + lines[line])?.[0];
    const isOrdered = (cuts: readonly number[]) => new Set([0, ...cuts].map(stampAt)).size === cuts.length + 1;
    const anySplit = fc.record({
      cuts: anyCuts.map((cuts) => cuts.toSorted((x, y) => x - y)).filter(isOrdered),
      overlap: fc.nat(30),
      order: fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(anySplit, async ({ cuts, overlap, order }) => {
        const starts = [0, ...cuts];
        const pieces = starts.map((from, index) => {
          const to = Math.min(lines.length, (cuts[index] ?? lines.length) + overlap);
          return `${lines.slice(from, to).join("\n")}\n`;
        });
        // As logrotate names them: the newest has no number.
        const name = (index: number) =>
          index === pieces.length - 1 ? "gateway.log" : `gateway.log.${pieces.length - 1 - index}`;
        const folder = folderOf(Object.fromEntries(pieces.map((piece, index) => [name(index), piece])));
        const paths = pieces
          .map((_, index) => ({ file: path.join(folder, name(index)), rank: order[index] ?? 0 }))
          .toSorted((x, y) => x.rank - y.rank)
          .map((it) => it.file);
        const { report } = await reportOf(paths);
        expect(withoutPlaces(report)).toEqual(withoutPlaces(whole));
      }),
      { numRuns: 25 },
    );
  });

  test.each([
    ["issue-3245", "console.log"],
    ["issue-3245", "gateway.jsonl"],
    ["ended-by-itself", "console.log"],
  ])("%s/%s: in chunks of any size through a pipe is the same report", async (...parts) => {
    const bytes = readFileSync(fixture(...parts));
    const { report: whole } = await reportOf(["-"], [], bytes.toString());
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70_000 }), async (size) => {
        const io = fakeIo();
        const stdin = {
          isPiped: true,
          async *[Symbol.asyncIterator]() {
            for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
          },
        };
        await main(["doctor", "--json", "--all-runs"], { ...io, stdin });
        expect(JSON.parse(io.out())).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  test("named, piped, through `-`, and by a glob is the same report", async () => {
    const file = fileOf(BLOCKED);
    const { report } = await reportOf([file]);
    const others = [
      await reportOf(["-"], [], BLOCKED),
      await reportOf([], [], BLOCKED),
      await reportOf([path.join(path.dirname(file), "*.log")]),
      await reportOf([file, file]),
    ];
    for (const other of others) expect(withoutPlaces(other.report)).toEqual(withoutPlaces(report));
  });

  test.each([
    ["gateway.log.gz", gzipSync(BLOCKED)],
    ["gateway.log.zst", zstdStored(Buffer.from(BLOCKED))],
    ["gzip without its name.log", gzipSync(BLOCKED)],
    ["zstd without its name.log", zstdStored(Buffer.from(BLOCKED))],
  ])("%s is the same report", async (name, bytes) => {
    const { report: plain } = await reportOf([fileOf(BLOCKED)]);
    expect(withoutPlaces((await reportOf([fileOf(bytes, name)])).report)).toEqual(withoutPlaces(plain));
  });
});

describe("two gateways", () => {
  const compose = (name: string, text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => `${name}  | ${line}`);

  test("in one docker compose stream are told apart", async () => {
    const one = fixtureText("issue-3245", "console.log");
    const other = fixtureText("clawdbot-2026.1.24-3-lanes-mixed", "console.log");
    const [left, right] = [compose("one-gateway-1", one), compose("two-gateway-1", other)];
    const mixed = left.flatMap((line, index) => [line, ...(right[index] ? [right[index]] : [])]);
    const rest = right.slice(left.length);
    const { report } = await reportOf([fileOf([...mixed, ...rest].join("\n"))]);
    const alone = await Promise.all([one, other].map((text) => reportOf([fileOf(text)])));
    expect(runStates(report)).toEqual(Object.assign({}, ...alone.map((it) => runStates(it.report))));
    const sessions = (it: Report) => it.sessions.map(({ sessionKey, state }) => `${sessionKey} ${state}`);
    expect(sessions(report).toSorted()).toEqual(alone.flatMap((it) => sessions(it.report)).toSorted());
    expect(report.gateways).toHaveLength(alone.reduce((sum, it) => sum + it.report.gateways.length, 0));
  });

  // The same keys and lanes at the same time, in processes with the same PID, as containers have it.
  const uuid = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;
  const wedged = { key: "main", runId: uuid("1"), sessionId: uuid("2") };
  const healthy = { key: "main", runId: uuid("3"), sessionId: uuid("4") };
  const sick = log(
    up("08:00:00", 7),
    starts("08:00:10", wedged),
    restartInProcess("08:00:20", 7),
    waits("08:30:00", wedged),
  );
  const well = log(up("08:00:01", 7), starts("08:00:15", healthy), ends("08:29:59", healthy));

  test.each([
    ["in one stream", [fileOf([...compose("a-1", sick), ...compose("b-1", well)].join("\n"))]],
    ["as two files", [fileOf(sick, "one.log"), fileOf(well, "two.log")]],
  ])("with the same keys and the same PID are told apart: %s", async (_name, files) => {
    const { report, exitCode } = await reportOf(files);
    expect(exitCode).toBe(1);
    expect(runStates(report)).toEqual({ [wedged.runId]: "orphaned:restart", [healthy.runId]: "completed" });
    expect(report.sessions.map((it) => it.state).toSorted()).toEqual(["blocked", "free"]);
    expect(new Set(report.sessions.map((it) => it.gateway)).size).toBe(2);
  });
});

describe("what people and clients name things", () => {
  test("runs that the console hides (`probe-`) are read from the file", async () => {
    const { report } = await reportOf([fixture("clawdbot-2026.1.24-3-a", "gateway.jsonl")]);
    const text = fixtureText("clawdbot-2026.1.24-3-a", "gateway.jsonl").replaceAll("ping-", "probe-");
    const { report: probed } = await reportOf([fileOf(text, "gateway.jsonl")]);
    const renamed = Object.entries(runStates(report)).map(([id, state]) => [id.replace("ping-", "probe-"), state]);
    expect(renamed.some(([id]) => id?.startsWith("probe-"))).toBe(true);
    expect(runStates(probed)).toEqual(Object.fromEntries(renamed));
  });

  const NASTY = 'evil\u0007\u009b2J\u202etxt\u0000 a=b "q" %0A::error::x';
  const hostile = (): string => {
    const lines = log(
      up("08:00:00"),
      starts("08:00:01", { key: NASTY, runId: NASTY, sessionId: "id-1" }),
      restartInProcess("08:00:05"),
      waits("08:30:00", { key: NASTY, runId: NASTY, sessionId: "id-1" }),
    );
    // As the file has it, where a JSON string can hold any character.
    return lines
      .split("\n")
      .map((line) => {
        const [, time, subsystem, message] = /^(\S+) \[(.*?)\] ([^]*)$/.exec(line) ?? [];
        const name = JSON.stringify({ subsystem });
        return JSON.stringify({ "0": name, "1": message, _meta: { name, logLevelName: "DEBUG" }, time });
      })
      .join("\n");
  };
  // Everything that a terminal acts on but the newline.
  // eslint-disable-next-line no-control-regex
  const ACTS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

  test.each([["pretty"], ["github"], ["ndjson"], ["json"]])(
    "keys that would act on a terminal do not reach it raw (%s)",
    async (format) => {
      const file = fileOf(hostile(), "gateway.jsonl");
      const { out, err, exitCode } = await doctor([file, "--format", format, "--all-runs", "--verbose"]);
      expect(exitCode).toBe(1);
      expect(out).toContain("evil");
      if (format === "pretty" || format === "github") expect(out).not.toMatch(ACTS);
      expect(err).not.toMatch(ACTS);
      // No annotation of a stranger's making.
      if (format === "github") expect(out.split("\n").filter((line) => line.startsWith("::error::x"))).toEqual([]);
    },
  );

  test("a script gets such a key as it is", async () => {
    const { report } = await reportOf([fileOf(hostile(), "gateway.jsonl")]);
    expect(report.sessions.map((it) => it.sessionKey)).toEqual([expect.stringContaining("evil\u0007")]);
    expect(report.runs.map((it) => it.runId)).toEqual([NASTY]);
  });

  test("names of files are no better", async () => {
    const { err, exitCode } = await doctor(["/nowhere/\u001b[2J.log"]);
    expect(exitCode).toBe(2);
    expect(err).not.toMatch(ACTS);
  });
});

describe("options", () => {
  const file = fileOf(BLOCKED);
  const ids = async (...options: string[]) =>
    Object.keys(runStates((await reportOf([file], options)).report)).toSorted();

  test("without any, every run and session is told as it is", async () => {
    const { report, exitCode } = await reportOf([file]);
    expect(runStates(report)).toEqual({ "run-a": "orphaned:restart", "run-b": "completed", "run-c": "open" });
    expect(sessionStates(report)).toEqual({ a: "blocked", b: "free", c: "busy" });
    expect(exitCode).toBe(1);
  });

  test.each([
    // Over before, and held since before.
    ["--since 2026-01-28T08:00:06Z", ["run-a", "run-c"]],
    ["--since 2026-01-28T08:00:03Z", ["run-a", "run-b", "run-c"]],
    ["--until 2026-01-28T08:00:15Z", ["run-a", "run-b"]],
    ["--until 2026-01-28T08:00:03Z", ["run-b"]],
    ["--since 2026-01-28T08:00:06Z --until 2026-01-28T08:20:00Z", ["run-a"]],
    ["--session a", ["run-a"]],
    ["--session agent:main:a", ["run-a"]],
    ["--session id-a", ["run-a"]],
    ["--run run-b", ["run-b"]],
    ["--run run-", ["run-a", "run-b", "run-c"]],
  ])("%s filters the runs", async (words, expected) => {
    expect(await ids(...words.split(" "))).toEqual(expected);
  });

  test.each([
    ["--session nobody", "no session nobody in this log"],
    ["--run nobody", "no run nobody in this log"],
  ])("%s is a slip, and no good news: exit 2, and the known ones named", async (words, message) => {
    const { exitCode, out, err } = await doctor([file, ...words.split(" ")]);
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err).toContain(`error: ${message}`);
    expect(err).toMatch(/There is: .*(?:a|run-a)/);
  });

  test("--since keeps what is still held, however long the log has been silent", async () => {
    const { report, exitCode } = await reportOf([
      fixture("issue-3245", "console.log"),
      "--since",
      "2026-12-24T00:00:00Z",
    ]);
    expect([report.verdict, exitCode]).toEqual(["blocked", 1]);
  });

  test("--output onto one of the logs is refused, and the log stays", async () => {
    const log = path.join(folderOf({ "a.log": "x" }), "a.log");
    cpSync(fixture("issue-3245", "console.log"), log);
    const before = readFileSync(log, "utf8");
    expect((await doctor([log, "--output", log])).exitCode).toBe(2);
    expect(readFileSync(log, "utf8")).toBe(before);
  });

  test("--since and --until cut the report, not the log: what they cut through is still paired", async () => {
    const since = await reportOf([file, "--since", "2026-01-28T08:00:03Z"]);
    expect(runStates(since.report)).toMatchObject({ "run-a": "orphaned:restart", "run-b": "completed" });
    const until = await reportOf([file, "--until", "2026-01-28T08:00:03Z"]);
    expect(runStates(until.report)).toEqual({ "run-b": "completed" });
    expect(until).toMatchObject({ exitCode: 0, report: { verdict: "clean" } });
  });

  test.each([
    ["--session b", "clean", 0],
    ["--session a", "blocked", 1],
    ["--run run-c", "clean", 0],
    ["--only run-orphaned", "blocked", 1],
    ["--only run-lost", "blocked", 0],
    ["--only session-blocked,run-orphaned", "blocked", 1],
    ["--skip session-blocked", "blocked", 1],
    ["--skip session-blocked --skip run-orphaned", "blocked", 0],
    ["--fail-on never", "blocked", 0],
    ["--fail-on warning", "blocked", 1],
    ["--fail-on note", "blocked", 1],
    // A run that may yet be slow: the operator knows of longer ones, and of shorter ones.
    ["--run-timeout 2h", "blocked", 1],
    ["--stall-after 30s --only run-stalled", "blocked", 1],
  ] as const)("%s: %s, exit %d", async (words, verdict, code) => {
    const { report, exitCode } = await reportOf([file], words.split(" "));
    expect({ verdict: report.verdict, exitCode, ok: report.ok }).toEqual({ verdict, exitCode: code, ok: code === 0 });
  });

  test("--run-timeout says how sure an orphan is", async () => {
    const confidence = async (...options: string[]) =>
      (await reportOf([file], options)).report.runs.find((it) => it.runId === "run-a")?.confidence;
    expect(await confidence()).toBe("high");
    expect(await confidence("--run-timeout", "2h")).toBe("medium");
  });

  test("--fail-on warning and note see what error does not", async () => {
    const lost = log(
      up("08:00:00"),
      starts("08:00:01", a),
      up("08:10:00", 4712),
      at("08:30:00", "heartbeat", "started"),
    );
    const code = async (...options: string[]) => (await reportOf([fileOf(lost)], options)).exitCode;
    expect([await code(), await code("--fail-on", "warning"), await code("--fail-on", "note")]).toEqual([0, 1, 1]);
    const answered = log(
      lost,
      starts("08:31:00", b),
      ends("08:31:01", b),
      starts("08:32:00", { ...a, runId: "r2" }),
      ends("08:32:01", { ...a, runId: "r2" }),
    );
    const noted = async (...options: string[]) => (await reportOf([fileOf(answered)], options)).exitCode;
    expect([await noted(), await noted("--fail-on", "warning"), await noted("--fail-on", "note")]).toEqual([0, 0, 1]);
  });

  test("--allow-inconclusive makes 3 a 0, and nothing else", async () => {
    const blind = fixture("info-level", "gateway.jsonl");
    expect((await reportOf([blind])).exitCode).toBe(3);
    expect(await reportOf([blind, "--allow-inconclusive"])).toMatchObject({ exitCode: 0, report: { ok: true } });
    expect((await reportOf([file, "--allow-inconclusive"])).exitCode).toBe(1);
  });

  test.each(["--only", "--skip"])("%s with an unknown code lists the codes", async (option) => {
    const { out, err, exitCode } = await doctor([file, option, "run-orphand"]);
    expect({ out, exitCode }).toEqual({ out: "", exitCode: 2 });
    for (const code of FINDING_CODES) expect(err).toContain(code);
  });

  test.each([["pretty"], ["json"], ["ndjson"], ["github"]])(
    "--output writes what --format %s prints",
    async (format) => {
      const words = ["doctor", file, "--format", format];
      const [printing, writing] = [fakeIo(), fakeIo()];
      expect(await main(words, printing)).toBe(1);
      expect(await main([...words, "--output", "report.txt"], writing)).toBe(1);
      expect(writing.out()).toBe("");
      expect([...writing.files]).toEqual([["report.txt", printing.out()]]);
    },
  );

  test("--format: a person's text, one object, an object a finding, annotations", async () => {
    const text = async (...words: string[]) => (await doctor([file, ...words])).out;
    expect(await text("--format", "pretty")).toMatch(/^BLOCKED {2}1 of 3 sessions gets no answers: a/);
    expect(JSON.parse(await text("--format", "json"))).toMatchObject({ schemaVersion: 1, verdict: "blocked" });
    const lines = (await text("--format", "ndjson")).trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as Finding).code)).toEqual(["session-blocked", "run-orphaned"]);
    expect(await text("--format", "github")).toMatch(/^::error file=.*gateway\.log,line=\d+/);
  });

  test("--json is short for --format json, and lists every run only with --all-runs", async () => {
    const { out: short } = await doctor([file, "--json"]);
    expect(short).toBe((await doctor([file, "--format", "json"])).out);
    expect(Object.keys(runStates(JSON.parse(short) as Report))).toEqual(["run-a", "run-c"]);
    const { out: long } = await doctor([file, "--json", "--all-runs"]);
    expect(Object.keys(runStates(JSON.parse(long) as Report)).toSorted()).toEqual(["run-a", "run-b", "run-c"]);
  });

  test("--quiet says less and --verbose says more", async () => {
    const size = async (...words: string[]) => (await doctor([file, ...words])).out.length;
    expect(await size("--quiet")).toBeLessThan(await size());
    expect(await size("--verbose")).toBeGreaterThanOrEqual(await size());
  });

  test("--verbose shows the first line that looks like a run line and is none", async () => {
    const odd = fileOf(log(BLOCKED, at("08:31:00", "diagnostic", "lane enqueue: lane=main and then some")));
    const { err } = await doctor([odd]);
    expect(err).toMatch(/^warning: 1 lines? look.*:\d+\n$/);
    expect(err).not.toContain("and then some");
    expect((await doctor([odd, "--verbose"])).err).toContain("and then some");
  });
});

describe.each([
  ...REAL_LOGS.flatMap(({ name }) => [
    [`${name}/console.log`, [fixture(name, "console.log")]] as const,
    [`${name}/gateway.jsonl`, [fixture(name, "gateway.jsonl")]] as const,
  ]),
  ["issue-3245-timeline.txt", [fixture("issue-3245-timeline.txt")]] as const,
  ["info-level", [fixture("info-level", "gateway.jsonl")]] as const,
  [
    "info-level with its state",
    [fixture("info-level", "gateway.jsonl"), "--state-dir", fixture("info-level", "state")],
  ] as const,
  [
    "issue-3245 with its state",
    [fixture("issue-3245", "gateway.jsonl"), "--state-dir", fixture("issue-3245", "state")],
  ] as const,
  ["openclaw-2026.3.31-restart-mix", [fixture("openclaw-2026.3.31-restart-mix", "console.log")]] as const,
])("the report of %s", (_name, words) => {
  test("agrees with itself and with its exit code", async () => {
    const { report, exitCode } = await reportOf([...words]);
    const count = (state: string) => report.runs.filter((it) => it.state === state).length;
    expect(report.counts).toEqual({
      runs: report.runs.length,
      completed: count("completed"),
      aborted: count("aborted"),
      failed: count("failed"),
      timedOut: count("timed-out"),
      orphaned: count("orphaned"),
      open: count("open"),
    });
    expect(report.ok).toBe(exitCode === 0);
    expect(report.verdict).toBe(verdictOf(report.findings));
    const hasError = report.findings.some((it) => it.severity === "error");
    const isBlind = report.findings.some((it) => it.code === "log-inconclusive");
    expect(exitCode).toBe(hasError ? 1 : isBlind ? 3 : 0);
    for (const run of report.runs) {
      expect.soft(run.cause !== null, run.runId).toBe(run.state === "orphaned");
      expect.soft(report.gateways.map((it) => it.index)).toContain(run.gateway);
    }
    const byLog = report.sessions.filter((it) => it.heldByRunId !== null);
    for (const it of byLog) expect.soft(report.runs.map((run) => run.runId)).toContain(it.heldByRunId);
    const blocked = report.sessions.filter((it) => it.state === "blocked").map((it) => it.sessionKey);
    const told = report.findings.filter((it) => it.code === "session-blocked").map((it) => it.sessionKey ?? "");
    expect(told.toSorted()).toEqual(blocked.toSorted());
  });

  test("has evidence for every finding", async () => {
    const { report } = await reportOf([...words]);
    for (const finding of report.findings.filter((it) => it.code !== "log-inconclusive")) {
      const places = [...finding.timeline, ...(finding.location ? [finding.location] : [])];
      expect.soft(places.length, finding.message).toBeGreaterThan(0);
      for (const place of places) expect.soft(place.line, finding.message).toBeGreaterThan(0);
      expect.soft(finding.help, finding.message).not.toBe("");
      const times = finding.timeline.map((it) => it.time).filter((it) => it !== null);
      expect.soft(times.length, finding.message).toBe(finding.timeline.length);
    }
  });
});

test("a real state dir beside the log adds nothing to what the log tells", async () => {
  const alone = await reportOf([fixture("issue-3245", "gateway.jsonl")]);
  const both = await reportOf([fixture("issue-3245", "gateway.jsonl"), "--state-dir", fixture("issue-3245", "state")]);
  expect(both.report.findings).toEqual(alone.report.findings);
  expect(both.report.sessions).toEqual(alone.report.sessions);
});

test("a state dir alone, without a log, is a copy of which nobody knows whether its gateway lives", async () => {
  const folder = folderOf({});
  cpSync(fixture("info-level", "state"), folder, { recursive: true });
  const { report, exitCode } = await reportOf(["--state-dir", folder]);
  expect(exitCode).toBe(3);
  expect(codesOf(report)).toEqual(["log-inconclusive"]);
});

test("no argument, and no log on this machine: exit 2, and every place that was looked at", async () => {
  const { exitCode, out, err } = await doctor([]);
  expect([exitCode, out]).toEqual([2, ""]);
  expect(err).toMatch(/^error: no gateway log found on this machine\n/);
  for (const place of ["/nowhere/tmp/clawdbot", "/nowhere/tmp/openclaw", "/nowhere/home/.clawdbot/clawdbot.json"]) {
    expect(err).toContain(place);
  }
});
