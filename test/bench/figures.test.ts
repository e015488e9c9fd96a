/** The benchmark's own sums: what counts as met, and what a process took. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, expect, test, vi } from "vitest";

import { judge, type Measured } from "../../bench/goals.ts";
import { command, TELLS_PEAK, time, use } from "../../bench/measure.ts";
import { renderResults } from "../../bench/render.ts";
import { pairedRatios, spread } from "../../bench/stats.ts";

// Whole processes, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));
const output = path.join(folder, "output");

test.each([
  [[3], { median: 3, least: 3, most: 3 }],
  [[5, 1, 3], { median: 3, least: 1, most: 5 }],
  [[4, 1, 2, 10], { median: 3, least: 1, most: 10 }],
])("the spread of %j", (figures, expected) => {
  expect(spread(figures)).toEqual(expected);
});

test("ratios are of the same round, so what slows both down does not count", () => {
  expect(pairedRatios([10, 40, 20], [5, 20, 10])).toEqual({ median: 2, least: 2, most: 2 });
});

function measuredWith(ratios: readonly number[], peak: number | undefined): Measured {
  const ms = spread([1000]);
  return {
    cases: [
      {
        name: "jsonl",
        title: "the log file (JSONL)",
        bytes: 1e9,
        textBytes: 1e9,
        rounds: ratios.length,
        rows: [
          { name: "clawdbot-sessions", ms, ratio: undefined, peak, cpu: undefined },
          { name: "rg -c", ms, ratio: spread(ratios), peak: undefined, cpu: undefined },
        ],
      },
    ],
    growth: [10e6, 100e6, 1000e6].map((bytes) => ({ bytes, ms: spread([300 + bytes / 1e6]), peak })),
    runs: [{ title: "1,000 open runs", runs: 1000, bytes: 1e6, ms: 1, peak, wrong: "ended with SIGABRT" }],
  };
}

test.each([
  [[1.5, 1.9, 1.2], "met"],
  [[1.5, 2.4, 1.2], "met, but not in every round"],
  [[1.9, 2.4, 2.2], "not met"],
])("a ratio of %j against a goal of 2.0: %s", (ratios, met) => {
  const [goal] = judge(measuredWith(ratios, undefined));
  expect(goal?.met).toBe(met);
});

test.each([
  [undefined, "unknown"],
  [90 * 1024 * 1024, "met"],
  [101 * 1024 * 1024, "not met"],
])("a peak of %s bytes against a goal of 100 MiB: %s", (peak, met) => {
  const goals = judge(measuredWith([1], peak));
  expect(goals.find((it) => it.what === "peak memory, plain")?.met).toBe(met);
});

test.each([
  ["as many bytes, as much time", [310, 400, 1300], [50, 60, 61], "met", "met"],
  ["the more the slower", [310, 400, 3000], [50, 60, 61], "not met", "met"],
  ["the more the larger", [310, 400, 1300], [50, 60, 300], "met", "not met"],
  ["a machine that others use", [310, 300, 1300], [50, 60, 61], "unknown", "met"],
])("growth: %s", (_, times, peaks, inTime, inMemory) => {
  const growth = times.map((ms, index) => ({ bytes: 10e6 * 10 ** index, ms: spread([ms]), peak: peaks[index] }));
  const goals = judge({ ...measuredWith([1], 1), growth });
  expect(goals.find((it) => it.what === "growth in time")?.met).toBe(inTime);
  expect(goals.find((it) => it.what === "growth in memory")?.met).toBe(inMemory);
});

test("what was not measured is not met, and a wrong answer never is", () => {
  const goals = judge(measuredWith([1], 1));
  expect(goals.find((it) => it.what.includes("gzip"))?.met).toBe("unknown");
  expect(goals.find((it) => it.what === "1,000 open runs")?.met).toBe("not met");
  expect(goals.find((it) => it.what === "growth in time")?.met).toBe("met");
});

test("the results say every goal, every row and who was missing", () => {
  const measured = measuredWith([1.5, 2.4, 1.2], 90 * 1024 * 1024);
  const tools = {
    versions: new Map([["rg", "13.0.0"]] as const),
    missing: [{ name: "lnav", from: "Debian package lnav" }] as const,
    duckdb: undefined,
  };
  const setting = { date: "2026-01-28", machine: "2 × some", bytes: 1e9, seed: 1, command: "npm run bench", tools };
  const text = renderResults(setting, judge(measured), measured);
  expect(text).toContain("| the log file (JSONL) | ≤ 2.0 × `rg -c` | 1.50 (1.20–2.40) | met, but not in every round |");
  expect(text).toContain("| lnav | not installed (Debian package lnav) |");
  expect(text).toContain("ended with SIGABRT");
});

test("a process's output, exit code, memory and processor time", async () => {
  const script = "process.stdout.write('out'); process.exitCode = 3";
  const timed = await time(command(process.execPath, "-e", script), output);
  expect(timed).toMatchObject({ exitCode: 3, signal: null });
  expect(timed.ms).toBeGreaterThan(0);
  expect(readFileSync(output, "utf8")).toBe("out");

  const used = await use(command(process.execPath, ...TELLS_PEAK, "-e", script), output, folder);
  expect(used).toMatchObject({ exitCode: 3 });
  expect(used.peak).toBeGreaterThan(10 * 1024 * 1024);
  expect(used.cpu?.user).toBeGreaterThanOrEqual(0);
});

test("a pipe ends with its last program's exit code, and names with quotes stay whole", async () => {
  const pipe = {
    pipe: [
      ["echo", "it's $HOME"],
      [process.execPath, "-e", "process.stdin.pipe(process.stdout).on('close', () => {}); process.exitCode = 4"],
    ],
  } as const;
  expect(await time(pipe, output)).toMatchObject({ exitCode: 4 });
  expect(readFileSync(output, "utf8")).toBe("it's $HOME\n");
});

test("a program that is not there is an error, not a time", async () => {
  await expect(time(command("no-such-program-here"), output)).rejects.toThrow("ENOENT");
});
