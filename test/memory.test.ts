/** However long the log is, the memory stays: the built program over a stream that is made as it is read. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";

import { afterAll, expect, test } from "vitest";

import { consoleLine, tslogLine } from "../bench/logs/line.ts";
import { tellStory } from "../bench/logs/story.ts";
import { TELLS_PEAK } from "../bench/measure.ts";
import type { Report } from "../src/model.ts";

const BIN = fileURLToPath(new URL("../bin/clawdbot-sessions.js", import.meta.url));
const MIB = 1024 * 1024;
/** A tenth of it would not tell a log that is kept from one that is not. */
const BYTES = 150e6;

const folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-memory-"));
afterAll(() => rmSync(folder, { recursive: true }));

test(
  "what does not fit into the memory is said, and nobody reads a trace of Node's",
  { timeout: 120_000 },
  async () => {
    const words = ["--max-old-space-size=200", BIN, "doctor", "--json", "-"];
    const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "pipe"] });
    // It ends before it has read all.
    child.stdin.on("error", () => {});
    const told = { out: "", err: "" };
    child.stdout.on("data", (piece: Buffer) => (told.out += piece.toString()));
    child.stderr.on("data", (piece: Buffer) => (told.err += piece.toString()));
    const closed = once(child, "close") as Promise<[number | null]>;
    for (let run = 0; run < 200_000 && child.exitCode === null; run += 500) {
      const ids = Array.from({ length: 500 }, (_, index) => `${run + index}`);
      const lines = ids.map(
        (id) =>
          `2026-01-28T08:00:00.000Z [agent/embedded] embedded run start: runId=run-${id} sessionId=session-${id} provider=p model=m thinking=off messageChannel=webchat\n`,
      );
      if (!child.stdin.write(lines.join(""))) await Promise.race([once(child.stdin, "drain").catch(() => {}), closed]);
    }
    child.stdin.end();
    expect(await closed).toEqual([2, null]);
    expect(told.out).toBe("");
    expect(told.err).toMatch(
      /^error: what is to be told of this log does not fit .* MiB of memory that Node gives this program\nIt has/,
    );
  },
);

test.each([
  ["JSONL", tslogLine, false, 100],
  ["console text", consoleLine, false, 100],
  ["gzip", tslogLine, true, 150],
] as const)("%s of 150 MB through a pipe", { timeout: 180_000 }, async (name, write, packed, most) => {
  const peakFile = path.join(folder, name);
  const child = spawn(process.execPath, [...TELLS_PEAK, BIN, "doctor", "--json", "-"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, BENCH_PEAK_FILE: peakFile },
  });
  const into = packed ? createGzip({ level: 1 }) : child.stdin;
  if (packed) into.pipe(child.stdin);
  let out = "";
  child.stdout.on("data", (piece: Buffer) => (out += piece.toString()));
  const closed = once(child, "close") as Promise<[number | null]>;

  let written = 0;
  let waiting = "";
  const story = tellStory({ seed: 7, bytes: BYTES, written: () => written });
  for (let next = story.next(); next.done !== true; next = story.next()) {
    const line = `${write(next.value)}\n`;
    written += line.length;
    waiting += line;
    if (waiting.length < MIB) continue;
    if (!into.write(waiting)) await once(into, "drain");
    waiting = "";
  }
  into.end(waiting);
  const [status] = await closed;

  expect(status).toBe(1);
  const report = JSON.parse(out) as Report;
  expect(report.sources[0]?.bytes).toBeGreaterThan(BYTES * 0.9);
  expect(report.verdict).toBe("blocked");
  const [, peak] = readFileSync(peakFile, "utf8").split(" ").map(Number);
  expect((peak ?? Number.NaN) / MIB).toBeLessThan(most);
});
