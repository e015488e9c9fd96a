import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { UserError } from "../../src/errors.ts";
import {
  coolDownMs,
  gatewayName,
  isSameHolder,
  openRepair,
  parseEntry,
  type JournalEntry,
} from "../../src/repair/journal.ts";
import { repairStore } from "../../src/repair/journal-file.ts";
import type { Target } from "../../src/repair/model.ts";
import { openOwn } from "../../src/repair/own-file.ts";

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

test("what was sent is told by the last repair's own entries, whatever stands around them", () => {
  const earlier = { repair: "r0", time: "2026-01-28T08:10:00Z" };
  const lock = { path: "/s/a.lock", createdAt: 7 };
  const found = open(
    entry("begin", { ...earlier, runId: "other", sessionId: "other" }),
    entry("send", { ...earlier, step: "sessions-abort" }),
    entry("begin", { runId: "run-1", sessionId: "s", lock }),
    entry("send"),
    entry("reply", { step: "stop-command", result: "not-sent" }),
    entry("send", { step: "chat-abort" }),
    entry("reply", { step: "chat-abort", result: "unknown" }),
    entry("verify", { step: "sessions-reset", result: "held" }),
    entry("cut"),
  );
  expect(found).toEqual({
    repair: "r1",
    sent: ["chat-abort"],
    isAnswered: false,
    sentAt: NOW - 10_000,
    runId: "run-1",
    sessionId: "s",
    lock,
  });
  // The beginning may be lost.
  expect(open(entry("send", { step: "chat-abort" }))).toMatchObject({ runId: null, sessionId: null, lock: null });
  expect(open(entry("begin"))).toMatchObject({ sent: [], sentAt: null });
});

test("a step that could not be sent, and then was: it counts as sent", () => {
  const notSent = [
    entry("send", { step: "stop-command" }),
    entry("reply", { step: "stop-command", result: "not-sent" }),
  ];
  const sent = entry("send", { step: "stop-command" });
  expect(open(entry("begin"), ...notSent)).toMatchObject({ sent: [] });
  expect(open(entry("begin"), ...notSent, sent)).toMatchObject({ sent: ["stop-command"], isAnswered: false });
  const claimed = entry("reply", { step: "stop-command", result: "claimed" });
  expect(open(entry("begin"), ...notSent, sent, claimed)).toMatchObject({ sent: ["stop-command"], isAnswered: true });
  expect(open(entry("begin"), sent, claimed, ...notSent)).toMatchObject({ sent: ["stop-command"], isAnswered: true });
  // What did not leave is no reason to wait.
  expect(coolDownMs(notSent, "ws://a", "agent:main:main", NOW)).toBe(0);
  expect(coolDownMs([...notSent, sent], "ws://a", "agent:main:main", NOW)).toBe(50_000);
});

test("a lock that cannot be read is another user's, and is left alone", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sessions-lock-"));
  const first = repairStore(folder, () => NOW).lock("ws://a", "s");
  expect(first).toHaveProperty("release");
  const [name] = readdirSync(path.join(folder, "locks"));
  const file = path.join(folder, "locks", String(name));
  // Root may read all, so the second one is nobody.
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot) chmodSync(file, 0);
  for (const it of [folder, path.join(folder, "locks")]) if (isRoot) chownSync(it, 65_534, 65_534);
  const module = fileURLToPath(new URL("../../src/repair/repair-lock.ts", import.meta.url));
  const words = ["--import", "tsx", "--input-type=module", "-e"];
  const call = `const { takeLock } = await import(${JSON.stringify(module)});
    if (${isRoot}) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
    console.log(JSON.stringify(takeLock(${JSON.stringify(path.join(folder, "locks"))}, process.argv[1], () => ${NOW})));`;
  const { stdout, stderr } = spawnSync(process.execPath, [...words, call, `${gatewayName("ws://a")}\ns`], {
    encoding: "utf8",
  });
  expect({ stdout, stderr }).toEqual({ stdout: '{"heldBy":"another user\'s process"}\n', stderr: "" });
  expect(readdirSync(path.join(folder, "locks"))).toEqual([name]);
});

test.each<[boolean, ...JournalEntry[]]>([
  [false],
  [false, entry("reply", { step: "stop-command", result: "claimed" })],
  [false, entry("reply", { step: "chat-abort", result: "unknown" })],
  [true, entry("reply", { step: "chat-abort", result: "claimed" })],
  [true, entry("reply", { step: "chat-abort", result: "denied" })],
])("a step is answered: %s", (isAnswered, ...replies) => {
  expect(open(entry("begin"), entry("send", { step: "chat-abort" }), ...replies)).toMatchObject({ isAnswered });
});

test("a repair is finished for an hour, and then it is another matter", () => {
  const ago = (ms: number) => open(entry("send", { step: "chat-abort", time: new Date(NOW - ms).toISOString() }));
  expect(ago(3_600_000)).toBeDefined();
  expect(ago(3_600_001)).toBeUndefined();
});

test("without a run's id the lock tells whether it is the same holder", () => {
  const lock = { path: "/s/a.lock", createdAt: 7 };
  const repair = open(entry("begin", { sessionId: "s", lock }), entry("send", { step: "chat-abort" }));
  const target = { runId: null, sessionId: "s", holderSessionId: null, lock } as Target;
  const same = (it: Target) => repair && isSameHolder(repair, it);
  expect(same(target)).toBe(true);
  expect(same({ ...target, lock: { ...lock, createdAt: 8 } })).toBe(false);
  expect(same({ ...target, lock: null, sessionId: "t" })).toBe(false);
  const unlocked = open(entry("begin", { sessionId: "s" }), entry("send", { step: "chat-abort" }));
  expect(unlocked && isSameHolder(unlocked, target)).toBe(true);
});

test("another run of the same session is another matter", () => {
  const repair = open(entry("begin", { runId: "run-1", sessionId: "s" }), entry("send", { step: "stop-command" }));
  const target = { runId: "run-2", sessionId: "s", lock: null } as Target;
  expect(repair && isSameHolder(repair, target)).toBe(false);
  expect(repair && isSameHolder(repair, { ...target, runId: "run-1" })).toBe(true);
  expect(repair && isSameHolder(repair, { ...target, runId: null })).toBe(true);
});

test("the session whose id our own reset changed is the same still", () => {
  const target = { runId: null, sessionId: "new", holderSessionId: null, lock: null } as Target;
  const reset = open(entry("begin", { sessionId: "s" }), entry("send", { step: "sessions-reset" }));
  expect(reset && isSameHolder(reset, target)).toBe(true);
  const abort = open(entry("begin", { sessionId: "s" }), entry("send", { step: "chat-abort" }));
  expect(abort && isSameHolder(abort, target)).toBe(false);
  expect(abort && isSameHolder(abort, { ...target, holderSessionId: "s" })).toBe(true);
});

test("the pause after a repair grows with each of them", () => {
  const sends = (...repairs: string[]) => repairs.map((repair) => entry("send", { repair, step: "stop-command" }));
  const pause = (entries: JournalEntry[]) => coolDownMs(entries, "ws://a", "agent:main:main", NOW);
  expect(pause([entry("begin"), entry("end", { outcome: "already-free" })])).toBe(0);
  expect(pause(sends("a"))).toBe(50_000);
  // From its last entry on, not from its first.
  const early = { repair: "a", time: new Date(NOW - 70_000).toISOString() };
  expect(pause([entry("send", { ...early, step: "stop-command" }), entry("end", { repair: "a" })])).toBe(50_000);
  expect(pause([entry("send", { ...early, step: "stop-command" }), entry("begin", { repair: "b" })])).toBe(0);
  expect(pause(sends("a", "b"))).toBe(110_000);
  expect(pause(sends("a", "b", "c", "d", "e", "f", "g", "h", "i"))).toBe(1_790_000);
});

test("a clock that was ahead does not stop repairs for ever", () => {
  const at = (ms: number) => [entry("send", { step: "stop-command", time: new Date(NOW + ms).toISOString() })];
  const pause = (ms: number) => coolDownMs(at(ms), "ws://a", "agent:main:main", NOW);
  expect([-1_000, 1_000, 600_000, 86_400_000].map(pause)).toEqual([59_000, 60_000, 60_000, 0]);
});

test.each([
  ["ws://127.0.0.1:18789", "ws://localhost:18789", true],
  ["ws://[::1]:18789/", "ws://127.0.0.2:18789", true],
  ["ws://localhost:18789", "ws://localhost:18790", false],
  ["ws://localhost:18789", "wss://localhost:18789", false],
  ["ws://host:18789/a", "ws://host:18789/b", false],
  ["ws://127.example:18789", "ws://localhost:18789", false],
  ["ws://1.127.0.0.1.example:18789", "ws://localhost:18789", false],
  ["ws://127.0.0.1.example:18789", "ws://localhost:18789", false],
  ["ws://127.0.0.100:18789", "ws://localhost:18789", true],
  ["wss://localhost:18789", "wss://127.0.0.1:18789", true],
  ["no URL", "no URL", true],
  ["no URL", "another", false],
])("%s and %s: one gateway: %s", (one, other, same) => {
  const sent = [entry("begin", { gateway: one }), entry("send", { gateway: one, step: "stop-command" })];
  expect(openRepair(sent, other, "agent:main:main", NOW) !== undefined).toBe(same);
  expect(coolDownMs(sent, other, "agent:main:main", NOW) > 0).toBe(same);
  const folder = mkdtempSync(path.join(tmpdir(), "sessions-lock-"));
  const store = repairStore(folder, () => NOW);
  store.lock(one, "s");
  expect("heldBy" in store.lock(other, "s")).toBe(same);
});

test.each([
  "",
  "{",
  "null",
  "[]",
  '{"v":2}',
  "1",
  '{"v":1,"time":"x"}',
  '{"v":2,"time":"2026-01-28T09:00:00Z","repair":"r","event":"begin","gateway":"g","session":"s"}',
  '{"v":1,"time":"2026-01-28T09:00:00Z","repair":1,"event":"begin","gateway":"g","session":"s"}',
  '{"v":1,"time":"2026-01-28T09:00:00Z","repair":"r","event":"begin","gateway":"g"}',
  '{"v":1,"time":"2026-01-28T09:00:00Z","repair":"r","event":"send","gateway":"g","session":"s","step":"what"}',
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

test("a lock that an earlier process of our own number left is no lock", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sessions-lock-"));
  const store = repairStore(folder, () => NOW);
  const first = store.lock("ws://a", "s");
  if ("release" in first) {
    const [name] = readdirSync(path.join(folder, "locks"));
    first.release();
    // As a container leaves it whose every start has the same name and number.
    const owner = { pid: process.pid, host: hostname(), since: NOW - 1000, id: "of-an-earlier-start" };
    writeFileSync(path.join(folder, "locks", String(name)), JSON.stringify(owner));
  }
  expect(store.lock("ws://a", "s")).toHaveProperty("release");
});

describe("what is no plain file of this user's is neither read nor written, and makes nobody wait", () => {
  const outside = mkdtempSync(path.join(tmpdir(), "sessions-outside-"));
  const theirs = path.join(outside, "theirs");
  const stands: readonly (readonly [string, string, (file: string) => void])[] = [
    ["a named pipe", "it is no plain file", (file) => execFileSync("mkfifo", [file])],
    ["a folder", "it is", (file) => mkdirSync(file)],
    [
      "a link to another file",
      "it is a symbolic link",
      (file) => {
        writeFileSync(theirs, "");
        symlinkSync(theirs, file);
      },
    ],
    ["a link to nothing", "it is a symbolic link", (file) => symlinkSync(path.join(outside, "nothing"), file)],
  ];

  test.each(stands)("%s as the journal", (_, why, put) => {
    const folder = mkdtempSync(path.join(tmpdir(), "sessions-journal-"));
    const store = repairStore(folder, () => NOW);
    put(store.path);
    expect(() => store.append(entry("send"))).toThrow(UserError);
    expect(() => store.append(entry("send"))).toThrow(why);
    expect(() => store.read()).toThrow(why);
    expect(readdirSync(outside).filter((it) => it !== "theirs")).toEqual([]);
    if (readdirSync(outside).length > 0) expect(readFileSync(theirs, "utf8")).toBe("");
  });

  test.each(stands)("%s as the key of the masks", (_, why, put) => {
    const folder = mkdtempSync(path.join(tmpdir(), "sessions-journal-"));
    put(path.join(folder, "mask.key"));
    const store = repairStore(folder, () => NOW);
    // Made up, and in two parts so that no scanner takes it for a real one.
    const name = ["sk-ant", "api03-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"].join("-");
    expect(() => store.nameOf(`agent:main:${name}`)).toThrow(why);
  });

  test("a key that was cut short hides nothing, so it is not used", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "sessions-journal-"));
    writeFileSync(path.join(folder, "mask.key"), "");
    const name = ["sk-ant", "api03-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"].join("-");
    expect(() => repairStore(folder, () => NOW).nameOf(name)).toThrow("it is cut short");
  });

  test("another user's file", () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), "sessions-journal-")), "journal.ndjson");
    writeFileSync(file, "");
    // What is root's own is trusted.
    if (process.geteuid?.() === 0) chownSync(file, 1234, 1234);
    const { uid } = statSync(file);
    expect(() => openOwn(file, constants.O_RDONLY, 4321)).toThrow(`it belongs to another user (UID ${uid})`);
    for (const me of [uid, 0]) closeSync(openOwn(file, constants.O_RDONLY, me));
  });
});

test("an entry that the disk takes in part was not written: nothing may be sent after it", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sessions-journal-"));
  const store = repairStore(folder, () => NOW);
  store.append(entry("begin", { reason: "x".repeat(400) }));
  const { size } = statSync(store.path);
  const module = fileURLToPath(new URL("../../src/repair/journal-file.ts", import.meta.url));
  const line = JSON.stringify(entry("send", { step: "stop-command", detail: "y".repeat(2000) }));
  // A file may have so many blocks of 512 bytes: the next line fits in part.
  const blocks = Math.ceil(size / 512) + 1;
  const script = `process.on("SIGXFSZ", () => {}); const { repairStore } = await import(${JSON.stringify(module)});
    try { repairStore(${JSON.stringify(folder)}, Date.now).append(${line}); console.log("written"); }
    catch (error) { console.log(error.name, error.message); }`;
  const words = ["--import", "tsx", "--input-type=module", "-e", script];
  const limited = spawnSync("sh", ["-c", `ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, ...words], {
    encoding: "utf8",
  });
  expect(limited.stdout).toMatch(/^UserError cannot write the journal of repairs.*could be written/);
  expect(store.read().map(({ event }) => event)).toEqual(["begin"]);
  // The next line stands on its own.
  store.append(entry("send", { step: "chat-abort" }));
  expect(store.read().map(({ step }) => step)).toEqual([undefined, "chat-abort"]);
});
