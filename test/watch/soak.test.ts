/** The small brother of bench/soak-watch.ts: counts, and no clock. */
import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test } from "vitest";

import { FileFollower } from "../../src/sources/follow/files.ts";
import { namedLogs } from "../../src/sources/follow/locate.ts";
import { nodeFs } from "../../src/sources/fs.ts";
import { Watcher } from "../../src/watch/watcher.ts";
import { BusyGateway } from "../helpers/busy-gateway.ts";
import { compare, type Told, toldOf } from "../helpers/changes.ts";

const LINES = 20_000;
const RESTARTS = 40;
/** What a session logs in the moment before lane `main`, which has room, lets it in. */
const BEFORE_LET_IN = /"1":"lane enqueue: lane=main queueSize=2".*"time":"(.*)"\}\n/;

test(
  "forty restarts, full lanes and many rotations: every line once, each change told once and in its order",
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
      const told: Told[] = [];
      let written = 0;
      let read = 0;
      let most = 0;
      const look = async (at: number): Promise<void> => {
        const { records } = await follower.poll();
        read += records.length;
        for (const record of records) watcher.push(record);
        told.push(...watcher.tick(at, follower.sources()).map(toldOf));
        most = Math.max(most, watcher.candidates().length);
      };
      let cuts = 0;
      for (let chunk = 1; gateway.restarts < RESTARTS || written < LINES; chunk++) {
        const part = gateway.next(60);
        written += part.lines;
        const cut = chunk % 5 === 0 ? BEFORE_LET_IN.exec(part.text) : null;
        const end = cut ? cut.index + cut[0].length : 0;
        if (cut) {
          // For twenty seconds no more of the log can be read.
          cuts++;
          await appendFile(file, part.text.slice(0, end));
          const last = Date.parse(cut[1] as string);
          await look(last);
          await look(last + 20_000);
        }
        await appendFile(file, part.text.slice(end));
        ({ now } = part);
        await look(now);
        if (chunk % 20 === 0) await rename(file, `${file}.1`);
      }
      await look((now += 11_000));
      expect(read).toBe(written);
      const { told: right, missing, extra } = compare(gateway.truth, told);
      expect({ missing, extra }).toEqual({ missing: [], extra: [] });
      expect(right).toBe(gateway.truth.length);
      const count = (words: RegExp): number => told.filter((it) => words.test(it.words)).length;
      expect(count(/^gateway-crashed/)).toBe(Math.floor(gateway.restarts / 10));
      expect(count(/^blocked .*waits for lane main/)).toBeGreaterThan(20);
      expect(cuts).toBeGreaterThan(10);
      // The four that hang in the main lane, and those that wait for it.
      expect(most).toBe(7);
      expect(follower.sources()).toHaveLength(1);
      expect(await follower.realPathsOf("gateway")).toHaveLength(1);
    } finally {
      await follower.close();
      await rm(folder, { recursive: true });
    }
  },
);

test.each([
  ["as it happened", ["a 1", "b 2", "c 9"], [], []],
  ["in another order within a moment", ["b 2", "a 3", "c 9"], [], []],
  ["in another order beyond it", ["a 1", "c 9", "b 9"], [], ["c: told before what came before it"]],
  ["too early", ["a 0", "b 2", "c 9"], [], ["a: told before it happened"]],
  ["not at all", ["a 1", "c 9"], ["b, at 1970-01-01T00:00:00.002Z"], []],
  ["twice", ["a 1", "b 2", "b 3", "c 9"], [], ["b: not true, or told before; at 1970-01-01T00:00:00.003Z"]],
])("what was told %s", (_, told, missing, extra) => {
  const truth = [
    { words: "a", at: 1, moment: 1 },
    { words: "b", at: 2, moment: 1 },
    { words: "c", at: 8, moment: 2 },
  ];
  const parsed = told.map((it) => ({ words: it.slice(0, 1), at: Number(it.slice(2)) }));
  expect(compare(truth, parsed)).toMatchObject({ missing, extra });
});
