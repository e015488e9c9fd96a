/** A journal that cannot be written as it should: nothing is sent that is not written down. Needs a build. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { violations } from "../../lab/faults/invariants.ts";
import type { JournalEntry } from "../../src/repair/journal.ts";
import { atOnce, goOn, inArena, silenced } from "./program.ts";
import { KEYS } from "./served-gateway.ts";

describe("something else where the journal should be: nothing is sent, and it is said what to do", () => {
  test.each<[string, (file: string) => void]>([
    ["a named pipe", (file) => expect(spawnSync("mkfifo", [file]).status).toBe(0)],
    ["a folder", (file) => mkdirSync(file)],
    ["a link to a file", (file) => (writeFileSync(`${file}.other`, ""), symlinkSync(`${file}.other`, file))],
    ["a link to nowhere", (file) => symlinkSync(`${file}.nowhere`, file)],
    ["a link to a device that is full", (file) => symlinkSync("/dev/full", file)],
  ])("%s", async (_, put) => {
    await inArena(async (arena) => {
      const file = path.join(arena.own, "journal.ndjson");
      mkdirSync(arena.own, { mode: 0o700 });
      put(file);
      const { call } = await arena.run();
      expect(call).toMatchObject({ exitCode: 2, out: "", arrived: [] });
      expect(call.err).toContain(`the journal of repairs, ${file}: `);
      expect(call.err).toContain("XDG_STATE_HOME");
      rmSync(file, { recursive: true });
      const calls = [call, ...(await goOn(arena))];
      expect(calls.at(-1)?.exitCode).toBe(0);
      expect(violations({ keys: KEYS, calls, journal: arena.journal(), cuts: 0 })).toEqual([]);
    });
  });

  test("a file where its folder should be", async () => {
    await inArena(async (arena) => {
      writeFileSync(arena.own, "");
      const { call } = await arena.run();
      expect(call).toMatchObject({ exitCode: 2, out: "", arrived: [] });
      renameSync(arena.own, `${arena.own}.aside`);
      expect((await goOn(arena)).map(({ exitCode }) => exitCode)).toEqual([0]);
    });
  });
});

describe("a folder that this user may not write: nothing is sent", () => {
  test.each<[string, number]>([
    ["its own, without the right to write", 0o500],
    ["its own, without any right", 0o000],
  ])("%s", async (_, mode) => {
    await inArena(async (arena) => {
      mkdirSync(arena.own);
      if (process.getuid?.() === 0) chownSync(arena.own, NOBODY, NOBODY);
      chmodSync(arena.own, mode);
      const { call } = await arena.run({ preload: AS_NOBODY });
      expect(call).toMatchObject({ exitCode: 2, out: "", arrived: [] });
      expect(call.err).toContain("permission denied");
      chmodSync(arena.own, 0o700);
      expect((await goOn(arena)).map(({ exitCode }) => exitCode)).toEqual([0]);
    });
  });

  test("the system's", async () => {
    await inArena(async (arena) => {
      const { call } = await arena.run({
        preload: AS_NOBODY,
        env: { CLAWDBOT_SESSIONS_STATE_DIR: "/usr/none-of-ours" },
      });
      expect(call).toMatchObject({ exitCode: 2, out: "", arrived: [] });
      expect(call.err).toContain("XDG_STATE_HOME");
    });
  });
});

const NOBODY = 65_534;
/** Gives root's rights up as soon as the program has been loaded and wants to write: permissions bind only others. */
const AS_NOBODY = `
import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
const real = fs.mkdirSync;
fs.mkdirSync = (...args) => {
  if (process.geteuid() === 0) { process.setgroups([]); process.setegid(${NOBODY}); process.seteuid(${NOBODY}); }
  return real(...args);
};
syncBuiltinESMExports();
`;

/** `ulimit -f` counts in these (bytes). */
const BLOCK = 512;
const BLOCKS = 16;
/** An entry has about 350 bytes. */
const ROOMS = [0, 1, 200, 400, 600, 800, 1_000, 1_200, 1_400, 1_600, 1_800];

test("a disk that is full in the middle of any line: what was sent is told, and the next call finishes it", async () => {
  const endings = new Map<string, number>();
  const problems: string[] = [];
  await atOnce(ROOMS, async (room) => {
    await inArena(async (arena) => {
      mkdirSync(arena.own, { mode: 0o700 });
      writeFileSync(path.join(arena.own, "journal.ndjson"), filler(BLOCKS * BLOCK - room));
      const { call, signal } = await arena.run({ fileBlocks: BLOCKS });
      if (signal !== null) problems.push(`room for ${room}: ended by ${signal}`);
      const calls = [call, ...(await goOn(arena))];
      const outcomes = calls.map((it) => it.report?.results[0]?.outcome ?? `exit ${it.exitCode}`).join(", ");
      endings.set(outcomes, (endings.get(outcomes) ?? 0) + 1);
      if (calls.at(-1)?.exitCode !== 0) problems.push(`room for ${room}: ${outcomes}`);
      const found = violations({ keys: KEYS, calls, journal: arena.journal(), cuts: 1 });
      problems.push(...found.map((it) => `room for ${room}: ${outcomes}: ${it}`));
    });
  });
  expect(problems).toEqual([]);
  // Before anything was sent, and after.
  expect([...endings.keys()].toSorted()).toEqual(["exit 2, restored", "restored, already-free", "restored, restored"]);
}, 300_000);

/** A journal of just so many bytes, of another gateway's repairs. */
function filler(bytes: number): string {
  const entry: JournalEntry = {
    v: 1, time: "2026-01-28T08:00:00.000Z", repair: "earlier", event: "begin", who: "", pid: 1,
    gateway: "ws://192.0.2.1:1", session: "agent:main:main",
  }; // prettier-ignore
  const line = (who: string): string => `${JSON.stringify({ ...entry, who })}\n`;
  const each = line("").length;
  const count = Math.floor(bytes / each);
  return line("").repeat(count - 1) + line("x".repeat(bytes - count * each));
}

describe("a lock that a killed repair left", () => {
  const RESTORED = { exitCode: 0, outcome: "restored", steps: 1 };
  const REFUSED = { exitCode: 1, outcome: "refused", steps: 0 };
  test.each<[string, Record<string, unknown>, object]>([
    ["is taken over", {}, RESTORED],
    ["is respected where a process has its number", { pid: 1 }, REFUSED],
    ["is taken over an hour later, whoever has its number", { pid: 1, since: 0 }, RESTORED],
    ["is respected where it is another machine's", { host: "elsewhere" }, REFUSED],
    ["is taken over where it was half written", { pid: "1" }, RESTORED],
  ])("%s", async (_, owner, expected) => {
    await inArena(async (arena) => {
      const { call: killed, signal } = await arena.run({ preload: KILL_WITH_LOCK });
      expect(signal).toBe("SIGKILL");
      const lock = /LOCK (\S+)/.exec(killed.err)?.[1] ?? "";
      const left = JSON.parse(readFileSync(lock, "utf8")) as object;
      writeFileSync(lock, JSON.stringify({ ...left, ...owner }));
      const { call } = await arena.run();
      const outcome = call.report?.results[0]?.outcome;
      expect({ exitCode: call.exitCode, outcome, steps: call.arrived.length }).toEqual(expected);
      const calls = [silenced(killed), call];
      expect(violations({ keys: KEYS, calls, journal: arena.journal(), cuts: 0 })).toEqual([]);
      // One that was taken over was let go again.
      expect(existsSync(lock)).toBe(expected === REFUSED);
    });
  });

  test("is no lock where the next process has the same number, as in a container", async () => {
    await inArena(async (arena) => {
      const { call: killed } = await arena.run({ preload: KILL_WITH_LOCK });
      const lock = /LOCK (\S+)/.exec(killed.err)?.[1] ?? "";
      const { call } = await arena.run({ preload: SAME_NUMBER, env: { LOCK: lock } });
      expect({ exitCode: call.exitCode, outcome: call.report?.results[0]?.outcome }).toEqual({
        exitCode: 0,
        outcome: "restored",
      });
    });
  });
});

/** Dies as soon as the repair has its lock, and tells on stderr which. */
const KILL_WITH_LOCK = `
import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
const real = fs.linkSync;
fs.linkSync = (from, to) => { real(from, to); process._rawDebug("LOCK " + to); process.kill(process.pid, "SIGKILL"); };
syncBuiltinESMExports();
`;

/** Gives the lock that was left this process's own number. */
const SAME_NUMBER = `
import fs from "node:fs";
const left = JSON.parse(fs.readFileSync(process.env.LOCK, "utf8"));
fs.writeFileSync(process.env.LOCK, JSON.stringify({ ...left, pid: process.pid }));
`;
