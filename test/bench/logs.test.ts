/** The benchmark's logs: are they what real gateways write, and does the doctor tell the truth of them in every form? */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { wrongsOf } from "../../bench/check.ts";
import { colouredLine, consoleLine, type Line, tslogLine } from "../../bench/logs/line.ts";
import { type MadeLog, writeStory } from "../../bench/logs/write.ts";
import { reportOf } from "../helpers/doctor.ts";
import { fixtureText } from "../helpers/fixtures.ts";
import { zstdStored } from "../helpers/forms.ts";

const BYTES = 300_000;
const folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
function story(seed: number): MadeLog {
  const into = path.join(folder, String(made++));
  mkdirSync(into);
  return writeStory(into, seed, BYTES);
}

describe.each([1, 2, 3, 4])("the log of seed %i", (seed) => {
  let log: MadeLog;
  beforeAll(() => {
    log = story(seed);
    const jsonl = readFileSync(log.forms.jsonl.path);
    writeFileSync(`${log.forms.jsonl.path}.gz`, gzipSync(jsonl));
    writeFileSync(`${log.forms.jsonl.path}.zst`, zstdStored(jsonl));
  });

  test.each([
    ["jsonl", ""],
    ["text", ""],
    ["coloured", ""],
    ["jsonl", ".gz"],
    ["jsonl", ".zst"],
  ] as const)("is told as it was: %s%s", async (form, packed) => {
    const { report, exitCode } = await reportOf([`${log.forms[form].path}${packed}`]);
    expect(wrongsOf(report, log.truth)).toEqual([]);
    expect(exitCode).toBe(1);
  });

  test("holds every fate of a run, and words that are none", () => {
    const fates = new Set(Object.values(log.truth.runs));
    expect([...fates].toSorted()).toEqual(["failed", "open", "orphaned:crash", "orphaned:restart", "orphaned:stop"]);
    expect(log.truth.counts.completed).toBeGreaterThan(0);
    expect(log.truth.counts.aborted).toBeGreaterThan(0);
    expect(Object.values(log.truth.blocked).every((waiting) => waiting > 0)).toBe(true);
    for (const { path: file, withWords } of [log.forms.jsonl, log.forms.text, log.forms.coloured]) {
      const lines = readFileSync(file, "utf8").split("\n");
      expect(lines.some((line) => line.includes("runId=trap-"))).toBe(true);
      expect(lines.filter((line) => line.includes("embedded run"))).toHaveLength(withWords);
    }
  });
});

test("the check finds what is wrong", async () => {
  const { truth, forms } = story(1);
  const { report } = await reportOf([forms.jsonl.path]);
  const [room] = Object.keys(truth.blocked) as [string];
  const [run] = Object.keys(truth.runs) as [string];
  expect(wrongsOf(report, { ...truth, blocked: {} })).toHaveLength(2);
  expect(wrongsOf(report, { ...truth, blocked: { ...truth.blocked, [room]: 9 } })).toHaveLength(1);
  expect(wrongsOf(report, { ...truth, runs: { ...truth.runs, [run]: "lost" } })).toHaveLength(1);
  expect(wrongsOf(report, { ...truth, counts: { ...truth.counts, completed: 0 } })).toHaveLength(1);
});

test("the same seed gives the same bytes, another one does not", () => {
  const sum = (seed: number): string => {
    const { forms, truth } = story(seed);
    const hash = createHash("sha256");
    for (const form of [forms.jsonl, forms.text, forms.coloured]) hash.update(readFileSync(form.path));
    return hash.update(JSON.stringify(truth)).digest("hex");
  };
  const first = sum(5);
  expect(sum(5)).toBe(first);
  expect(sum(6)).not.toBe(first);
});

describe("a made line is byte for byte what a real gateway writes", () => {
  const FIXTURE = "clawdbot-2026.1.24-3-d-failover";
  const real = fixtureText(FIXTURE, "gateway.jsonl").trim().split("\n");
  const lines = real.map(lineOf);

  test("in the log file", () => {
    for (const [index, line] of lines.entries()) {
      if (line === undefined) continue;
      // The logger's own date may be some milliseconds before the line's time.
      const expected = (real[index] as string).replace(/"date":"[^"]*"/, `"date":"${iso(line)}"`);
      expect(tslogLine(line)).toBe(expected);
    }
    expect(lines.filter((line) => line !== undefined).length).toBeGreaterThan(500);
  });

  test("on the console", () => {
    // The console's time of a line may be a millisecond after the file's.
    const untimed = (line: string): string => line.slice(24);
    const written = new Set(fixtureText(FIXTURE, "console.log").split("\n").map(untimed));
    const shown = lines
      .filter((line) => line !== undefined && !line.fileOnly)
      .map((line) => untimed(consoleLine(line as Line)));
    // The pings were renamed afterwards, and the console had hidden them.
    expect(shown.filter((line) => !written.has(line) && !line.includes("ping-"))).toEqual([]);
    expect(shown.length).toBeGreaterThan(500);
  });

  test("on a console in colours", () => {
    // eslint-disable-next-line no-control-regex -- colours are control characters
    const COLOURED = /^\u001b\[90m(\S+)\u001b\[39m \u001b\[\d+m\[([^\]]+)\]\u001b\[39m \u001b\[(\d+)m(.*)\u001b\[39m$/;
    const levels = { "90": "DEBUG", "36": "INFO", "33": "WARN", "31": "ERROR" } as const;
    const known = new Set(["gateway", "ws", "diagnostic", "agent/embedded", "heartbeat"]);
    let count = 0;
    for (const text of fixtureText("openclaw-2026.9.6", "console.log").split("\n")) {
      const [, time, subsystem, colour, message] = COLOURED.exec(text) ?? [];
      if (!time || !subsystem || !known.has(subsystem)) continue;
      const level = levels[colour as keyof typeof levels];
      const line = { time: Date.parse(time), level, subsystem, message: message ?? "" };
      expect(colouredLine(line)).toBe(text.replace(time, iso(line)));
      count++;
    }
    expect(count).toBeGreaterThan(300);
  });
});

/** All that the log tells of a run and its lane, in the order and the words of a real gateway. */
describe("a made run goes like a real one", () => {
  const real = messagesOf(fixtureText("clawdbot-2026.1.24-3-d-failover", "gateway.jsonl"));
  const log = story(2);
  const ours = messagesOf(readFileSync(log.forms.jsonl.path, "utf8"));
  const ended = (aborted: boolean): string | undefined =>
    ours
      .filter((it) => it.startsWith("embedded run done: ") && it.endsWith(` aborted=${aborted}`))
      .map((it) => /runId=(\S+)/.exec(it)?.[1] ?? "")
      .find((id) => !ours.some((it) => it.startsWith(`embedded run tool start: runId=${id} `)));

  test.each([
    ["completed", "ok-21-3", "room-21-10", ended(false)],
    ["aborted", "abort-21-6", "room-21-6", ended(true)],
    ["failed", "failed-21-2", "room-21-7", Object.keys(log.truth.runs).find((id) => log.truth.runs[id] === "failed")],
  ])("%s", (_, example, room, runId) => {
    // A made run's lane lines and its start come in one go.
    const start = ours.findIndex((it) => it.startsWith(`embedded run start: runId=${runId} `));
    const lane = /lane=session:(\S+)/.exec(ours[start - 4] ?? "")?.[1] ?? "";
    const expected = course(real, example, room);
    expect(expected.length).toBeGreaterThan(9);
    expect(course(ours, runId ?? "", lane)).toEqual(expected);
  });
});

function lineOf(raw: string): Line | undefined {
  const object = JSON.parse(raw) as Record<string, unknown> & {
    _meta: { logLevelName: Line["level"]; path: { fileName: string } };
    time: string;
  };
  const subsystem = /^\{"subsystem":"([^"]+)"\}$/.exec(String(object["0"]))?.[1];
  const { fileName } = object._meta.path;
  const time = Date.parse(object.time);
  const level = object._meta.logLevelName;
  if (subsystem === undefined) {
    // Other files of the gateway write lines too; the generator has none of theirs.
    if (!["logger.js", "console.js"].includes(fileName)) return undefined;
    return { time, level, message: String(object["0"]), ...(fileName === "logger.js" && { fileOnly: true as const }) };
  }
  const meta = typeof object["1"] === "object" ? (object["1"] as object) : undefined;
  return { time, level, subsystem, message: String(meta ? object["2"] : object["1"]), ...(meta && { meta }) };
}

function iso(line: { time: number }): string {
  return new Date(line.time).toISOString();
}

function messagesOf(jsonl: string): string[] {
  return jsonl
    .trim()
    .split("\n")
    .map((raw) => lineOf(raw))
    .filter((line) => line?.subsystem === "agent/embedded" || line?.subsystem === "diagnostic")
    .map((line) => line?.message ?? "");
}

/** From the message in the lane to the lane's end, with the names and numbers taken out. */
function course(messages: readonly string[], runId: string, room: string): string[] {
  const start = messages.findIndex((it) => it.startsWith(`embedded run start: runId=${runId} `));
  const sessionId = /sessionId=(\S+)/.exec(messages[start] ?? "")?.[1] ?? "";
  const lane = `lane=session:${room} `;
  const from = messages.findLastIndex((it, index) => index < start && it.startsWith(`lane enqueue: ${lane}`));
  const isOfRun = (it: string): boolean => `${it} `.includes(`runId=${runId} `);
  const last = messages.findLastIndex(isOfRun);
  const to = messages.findIndex(
    (it, index) => index > last && /^lane task (?:done|error): /.test(it) && it.includes(lane),
  );
  return messages
    .slice(from, to + 1)
    .filter((it) => isOfRun(it) || it.includes(sessionId) || it.includes(lane))
    .map((it) =>
      it
        .replaceAll(runId, "RUN")
        .replaceAll(sessionId, "SESSION")
        .replaceAll(lane, "lane=LANE ")
        .replaceAll(/(Ms|totalActive|active|queued)=\d+/g, "$1=N"),
    );
}
