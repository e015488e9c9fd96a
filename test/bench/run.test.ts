/** The benchmark itself: no time of a wrong answer, and logs that are made once. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";

import { afterAll, expect, test, vi } from "vitest";

import { LOG_CASES, type LogCase, type Peer } from "../../bench/cases.ts";
import { endedRuns, openRuns } from "../../bench/logs/special.ts";
import { storyLog } from "../../bench/logs/write.ts";
import { command } from "../../bench/measure.ts";
import { type Bench, runLogCase, runRuns, runStart, WrongAnswer } from "../../bench/run.ts";

// Whole processes, many of them, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));
const cache = path.join(folder, "cache");
const scratch = path.join(folder, "scratch");
mkdirSync(scratch);

const said: string[] = [];
const bench: Bench = {
  tools: { versions: new Map([["node", process.version]]), missing: [], duckdb: undefined },
  scratch,
  say: (line) => void said.push(line),
};
const jsonl = LOG_CASES.find((it) => it.name === "jsonl") as LogCase;
const make = () => storyLog(cache, 7, 300_000, bench.say);

function nodePeer(prints: string): Peer {
  return {
    name: "peer",
    needs: ["node"],
    command: () => command(process.execPath, "-e", `console.log(${JSON.stringify(prints)})`),
    prints: () => "right",
  };
}

test("a log is made once, and gzip holds the same text", async () => {
  const first = await make();
  const notes = said.length;
  expect(await make()).toEqual(first);
  expect(said).toHaveLength(notes);
  const { gzip } = first.forms;
  expect(gunzipSync(readFileSync(gzip?.path ?? ""))).toEqual(readFileSync(first.forms.jsonl.path));
  const folders = readdirSync(path.dirname(path.dirname(first.forms.jsonl.path)));
  expect(folders.filter((it) => it.includes("draft"))).toEqual([]);
});

test("without zstd there is no zstd, and its case is left out", async () => {
  vi.stubEnv("PATH", scratch);
  const log = await storyLog(cache, 8, 300_000, bench.say).finally(() => vi.unstubAllEnvs());
  expect(log.forms.zstd).toBeUndefined();
  expect(log.forms.gzip).toBeDefined();
  expect(await runLogCase(bench, LOG_CASES.find((it) => it.name === "zstd") as LogCase, log, 1)).toBeUndefined();
});

test.each([
  ["jsonl", 2],
  ["piped", 1],
] as const)(
  "the case %s: right answers are timed, round by round, and peers that are missing left out",
  async (name, rows) => {
    const it = LOG_CASES.find((one) => one.name === name) as LogCase;
    const peers = name === "jsonl" ? [...it.peers, nodePeer("right")] : it.peers;
    const outcome = await runLogCase(bench, { ...it, peers }, await make(), 2);
    expect(outcome?.rows).toHaveLength(rows);
    const [ours, peer] = outcome?.rows ?? [];
    expect(ours).toMatchObject({ name: "clawdbot-sessions", ratio: undefined });
    expect(ours?.peak).toBeGreaterThan(10 * 1024 * 1024);
    if (peer) expect(peer.ratio?.median).toBeGreaterThan(0);
  },
);

test("a wrong answer of ours ends it before anything is timed", async () => {
  const log = await make();
  const truth = { ...log.truth, counts: { ...log.truth.counts, orphaned: 0 } };
  said.length = 0;
  await expect(runLogCase(bench, jsonl, { ...log, truth }, 2)).rejects.toThrow(WrongAnswer);
  expect(said.filter((line) => line.includes("rounds"))).toEqual([]);
});

test("a wrong answer of a peer ends it, with what it printed", async () => {
  const run = runLogCase(bench, { ...jsonl, peers: [nodePeer("12")] }, await make(), 2);
  await expect(run).rejects.toThrow("peer: printed 12, not right");
});

test("the start is measured with the table in colours", async () => {
  const { rows } = await runStart(bench, 1);
  expect(rows.map((row) => row.name)).toEqual(["clawdbot-sessions", "node -e 0"]);
});

test("many runs: the answer is read, and a wrong one is told", async () => {
  const open = await openRuns(cache, 1500);
  const ended = await endedRuns(cache, 1500);
  expect(await runRuns(bench, "open", open)).toMatchObject({ runs: 1500, wrong: undefined });
  expect(await runRuns(bench, "ended", ended)).toMatchObject({ runs: 1500, wrong: undefined });
  expect((await runRuns(bench, "ended", { ...ended, runs: 1501 })).wrong).toContain("1,500 runs");
});
