/**
 * Does the memory of `watch` stay flat? Writes the log of a busy gateway to a
 * file, rotates it, follows it as `watch` does, and prints what it takes.
 *
 *   npm run soak:watch -- [--lines 10000000] [--restarts 100] [--max-growth-mb 64]
 *
 * Exits with 1 if, after the first fifth, the memory in use grew by more than that.
 */
import { appendFileSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { FileFollower } from "../src/sources/follow/files.ts";
import { namedLogs } from "../src/sources/follow/locate.ts";
import { nodeFs } from "../src/sources/fs.ts";
import { Watcher } from "../src/watch/watcher.ts";
import { BusyGateway } from "../test/helpers/busy-gateway.ts";

const CHUNK_LINES = 2_000;
const ROTATE_EVERY_CHUNKS = 250;
const REPORTS = 20;
const MB = 1024 * 1024;

async function soak(lines: number, restarts: number, maxGrowthMb: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sessions-soak-"));
  const file = join(folder, "gateway.log");
  const gateway = new BusyGateway({
    linesPerLife: Math.ceil(lines / (restarts + 0.5)),
    sessions: 50,
    hangTurns: 500,
    start: Date.parse("2026-01-01T00:00:00Z"),
  });
  let now = Date.parse("2026-01-01T00:00:00Z");
  const env = { fs: nodeFs, cwd: folder, home: folder, tmp: folder, variables: {} };
  const follower = new FileFollower(namedLogs([file], env), env, { now: () => now, mayTellTwice: false });
  const settings = { runTimeoutMs: 600_000, stallAfterMs: 660_000, afterMs: 10_000, minConfidence: "low" as const };
  const watcher = new Watcher(settings, false);
  await follower.open();
  for await (const batch of follower.history()) for (const record of batch) watcher.push(record);
  watcher.start(now, follower.sources());

  const told = new Map<string, number>();
  let written = 0;
  let read = 0;
  let baseline = 0;
  let nextReport = lines / REPORTS;
  try {
    for (let chunk = 1; written < lines; chunk++) {
      const part = gateway.next(CHUNK_LINES);
      appendFileSync(file, part.text);
      written += part.lines;
      ({ now } = part);
      for (let more = true; more;) {
        const polled = await follower.poll();
        ({ more } = polled);
        read += polled.records.length;
        for (const record of polled.records) watcher.push(record);
      }
      for (const { event } of watcher.tick(now, follower.sources())) told.set(event, (told.get(event) ?? 0) + 1);
      if (chunk % ROTATE_EVERY_CHUNKS === 0) renameSync(file, `${file}.1`);
      if (written < nextReport) continue;
      nextReport += lines / REPORTS;
      globalThis.gc?.();
      const { rss, heapUsed } = process.memoryUsage();
      if (baseline === 0 && written >= lines / 5) baseline = heapUsed;
      report(
        `${written.toLocaleString("en-US").padStart(12)} lines  ${String(gateway.restarts).padStart(4)} restarts  rss ${mb(rss)}  heap ${mb(heapUsed)}`,
      );
    }
  } finally {
    await follower.close();
    rmSync(folder, { recursive: true });
  }
  const grown = (process.memoryUsage().heapUsed - baseline) / MB;
  report(`told: ${[...told].map(([event, count]) => `${event} ${count}`).join(", ")}`);
  report(
    `${read === written ? "every line was read" : `READ ${read} OF ${written} LINES`}; heap grew by ${grown.toFixed(1)} MB since the first fifth`,
  );
  return read === written && grown <= maxGrowthMb ? 0 : 1;
}

function mb(bytes: number): string {
  return `${(bytes / MB).toFixed(0).padStart(5)} MB`;
}

function report(line: string): void {
  console.log(line);
}

const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "10000000" },
    restarts: { type: "string", default: "100" },
    "max-growth-mb": { type: "string", default: "64" },
  },
});
process.exitCode = await soak(Number(values.lines), Number(values.restarts), Number(values["max-growth-mb"]));
