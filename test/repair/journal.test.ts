import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test } from "vitest";

import { coolDownMs, isSameHolder, openRepair, parseEntry, type JournalEntry } from "../../src/repair/journal.ts";
import { repairStore } from "../../src/repair/journal-file.ts";
import type { Target } from "../../src/repair/model.ts";

const NOW = Date.parse("2026-01-28T09:00:00Z");

function entry(event: JournalEntry["event"], more: Partial<JournalEntry> = {}): JournalEntry {
  const time = new Date(NOW - 10_000).toISOString();
  return {
    v: 1,
    time,
    repair: "r1",
    event,
    who: "me@here",
    pid: 1,
    gateway: "ws://a",
    session: "agent:main:main",
    ...more,
  };
}

const open = (...entries: JournalEntry[]) => openRepair(entries, "ws://a", "agent:main:main", NOW);

test.each<[string, JournalEntry[], readonly string[] | undefined]>([
  ["nothing", [], undefined],
  [
    "a repair that ended",
    [entry("begin"), entry("send", { step: "stop-command" }), entry("end", { outcome: "restored" })],
    undefined,
  ],
  [
    "one that was cut after its step",
    [entry("begin"), entry("send", { step: "stop-command" }), entry("cut")],
    ["stop-command"],
  ],
  [
    "one that was cut before its step came back",
    [entry("begin"), entry("send", { step: "chat-abort" })],
    ["chat-abort"],
  ],
  [
    "one whose step did not leave",
    [entry("begin"), entry("send", { step: "chat-abort" }), entry("reply", { step: "chat-abort", result: "not-sent" })],
    [],
  ],
  [
    "one that nobody could verify",
    [entry("begin"), entry("send", { step: "stop-command" }), entry("end", { outcome: "unverified" })],
    ["stop-command"],
  ],
  ["another session's", [entry("begin", { session: "agent:main:room" })], undefined],
  ["another gateway's", [entry("begin", { gateway: "ws://b" })], undefined],
  ["one of long ago", [entry("send", { step: "stop-command", time: "2026-01-27T00:00:00Z" })], undefined],
])("%s", (_, entries, sent) => {
  expect(open(...entries)?.sent).toEqual(sent);
});

test("another run of the same session is another matter", () => {
  const repair = open(entry("begin", { runId: "run-1", sessionId: "s" }), entry("send", { step: "stop-command" }));
  const target = { runId: "run-2", sessionId: "s", lock: null } as Target;
  expect(repair && isSameHolder(repair, target)).toBe(false);
  expect(repair && isSameHolder(repair, { ...target, runId: "run-1" })).toBe(true);
  expect(repair && isSameHolder(repair, { ...target, runId: null })).toBe(true);
});

test("the pause after a repair grows with each of them", () => {
  const sends = (...repairs: string[]) => repairs.map((repair) => entry("send", { repair, step: "stop-command" }));
  const pause = (entries: JournalEntry[]) => coolDownMs(entries, "ws://a", "agent:main:main", NOW);
  expect(pause([entry("begin"), entry("end", { outcome: "already-free" })])).toBe(0);
  expect(pause(sends("a"))).toBe(50_000);
  expect(pause(sends("a", "b"))).toBe(110_000);
  expect(pause(sends("a", "b", "c", "d", "e", "f", "g", "h", "i"))).toBe(1_790_000);
});

test.each([
  "",
  "{",
  "null",
  "[]",
  '{"v":2}',
  '{"v":1,"time":"x"}',
  '{"v":1,"time":"soon","repair":"r","event":"begin","gateway":"g","session":"s"}',
])("%j is no entry", (line) => expect(parseEntry(line)).toBeUndefined());

test("the file is readable by its owner only, and outlives a line that was cut", () => {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), "sessions-journal-")), "deep", "er");
  const store = repairStore(folder, () => NOW);
  expect(store.read()).toEqual([]);
  store.append(entry("begin"));
  expect(statSync(store.path).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  writeFileSync(store.path, `${readFileSync(store.path, "utf8")}{"v":1,"time":"2026-`);
  store.append(entry("end", { outcome: "restored" }));
  expect(store.read().map(({ event }) => event)).toEqual(["begin", "end"]);
});

test("a lock is taken once, let go, and taken over from the dead", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sessions-lock-"));
  let now = NOW;
  const store = repairStore(folder, () => now);
  const first = store.lock("ws://a", "s");
  expect(first).toHaveProperty("release");
  expect(store.lock("ws://a", "s")).toEqual({ heldBy: `PID ${process.pid}` });
  expect(store.lock("ws://a", "other")).toHaveProperty("release");
  if ("release" in first) first.release();
  expect(store.lock("ws://a", "s")).toHaveProperty("release");
  // Left over by a process that lives under that number again.
  now += 2 * 3_600_000;
  expect(store.lock("ws://a", "s")).toHaveProperty("release");
});
