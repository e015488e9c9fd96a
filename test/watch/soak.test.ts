/** The small brother of bench/soak-watch.ts: counts, and no clock. */
import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test } from "vitest";

import { FileFollower } from "../../src/sources/follow/files.ts";
import { namedLogs } from "../../src/sources/follow/locate.ts";
import { nodeFs } from "../../src/sources/fs.ts";
import type { WatchEvent } from "../../src/watch/events.ts";
import { Watcher } from "../../src/watch/watcher.ts";
import { BusyGateway } from "../helpers/busy-gateway.ts";

const LINES = 30_000;
const RESTARTS = 100;

test(
  "a hundred restarts and many rotations: every line once, every block told and freed",
  { timeout: 120_000 },
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "sessions-soak-"));
    const file = path.join(folder, "gateway.log");
    const start = Date.parse("2026-01-01T00:00:00Z");
    const gateway = new BusyGateway({ linesPerLife: LINES / (RESTARTS + 0.5), sessions: 20, hangTurns: 10, start });
    let now = start;
    const env = { fs: nodeFs, cwd: folder, home: folder, tmp: folder, variables: {} };
    const follower = new FileFollower(namedLogs([file], env), env, { now: () => now, mayTellTwice: false });
    const watcher = new Watcher(
      { runTimeoutMs: 600_000, stallAfterMs: 660_000, afterMs: 10_000, minConfidence: "low" },
      false,
    );
    try {
      await writeFile(file, "");
      await follower.open();
      for await (const batch of follower.history()) expect(batch).toEqual([]);
      watcher.start(now, follower.sources());
      const events: WatchEvent[] = [];
      let written = 0;
      let read = 0;
      let most = 0;
      for (let chunk = 1; gateway.restarts < RESTARTS || written < LINES; chunk++) {
        const part = gateway.next(60);
        await appendFile(file, part.text);
        written += part.lines;
        ({ now } = part);
        const { records } = await follower.poll();
        read += records.length;
        for (const record of records) watcher.push(record);
        events.push(...watcher.tick(now, follower.sources()));
        most = Math.max(most, watcher.candidates().length);
        if (chunk % 20 === 0) await rename(file, `${file}.1`);
      }
      expect(read).toBe(written);
      const count = (name: WatchEvent["event"]): number => events.filter(({ event }) => event === name).length;
      expect(count("gateway-restarted")).toBe(Math.floor(gateway.restarts * 0.9));
      expect(count("gateway-crashed")).toBe(Math.floor(gateway.restarts / 10));
      expect(count("blocked")).toBe(count("gateway-restarted"));
      expect(count("blocked") - count("free")).toBeLessThanOrEqual(1);
      expect(most).toBe(1);
      expect(follower.sources()).toHaveLength(1);
      expect(await follower.realPathsOf("gateway")).toHaveLength(1);
    } finally {
      await follower.close();
      await rm(folder, { recursive: true });
    }
  },
);
