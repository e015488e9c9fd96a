import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";

import { UserError } from "../src/errors.ts";
import { readLock } from "../src/repair/machine.ts";
import { findStateDirs, readStateDir } from "../src/sources/state-dir.ts";
import { judgeStateDir, type SessionLock, type StateContext, type StateDir } from "../src/state-evidence.ts";
import { at, log, restartInProcess, starts, up } from "./helpers/log-lines.ts";
import { diagnoseLog } from "./helpers/track.ts";

const temporary = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-state-"));
afterAll(() => rmSync(temporary, { recursive: true }));

const ID = "5cdc6cdf-3555-4295-acf4-8a4aa3452242";
const OTHER = "61aeb34c-4357-4dad-9846-b48744b5a7d6";
const SECRET = "the launch code is 0000";

/** A state dir with these files under agents/main/sessions/, or where a name says otherwise. */
function stateDir(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(path.join(temporary, "state-"));
  mkdirSync(path.join(folder, "agents/main/sessions"), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const file = name.includes("/") ? path.join(folder, name) : path.join(folder, "agents/main/sessions", name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

const read = (folder: string): Promise<StateDir> => readStateDir("shown", folder);

const iso = (ms: number): string => new Date(ms).toISOString();

const lockOf = (pid: number, createdAt = Date.parse("2026-01-28T08:23:20Z")) => ({ pid, createdAt: iso(createdAt) });

const message = (role: string, more: object = {}): object => ({
  type: "message",
  timestamp: "2026-01-28T08:23:21.000Z",
  message: { role, content: [{ type: "text", text: SECRET }], ...more },
});

const lines = (...entries: readonly object[]): string =>
  `${[{ type: "session", id: ID }, ...entries].map((it) => JSON.stringify(it)).join("\n")}\n`;

/** A PID that was given out and is free again. */
async function deadPid(): Promise<number> {
  const child = execa(process.execPath, ["-e", ""]);
  const { pid } = child;
  await child;
  if (pid === undefined) throw new Error("no process was started");
  return pid;
}

describe("a state dir that is none", () => {
  test.each([
    ["is missing", () => path.join(temporary, "nowhere")],
    ["has no folder agents/", () => mkdtempSync(path.join(temporary, "none-"))],
    ["is a file", () => path.join(stateDir({ "a.txt": "x" }), "agents/main/sessions/a.txt")],
  ])("%s: an error that says what a state dir is", async (_name, folder) => {
    const error = await read(folder()).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      message: expect.stringContaining("shown"),
      help: expect.stringContaining("agents/"),
    });
  });
});

describe("locks", () => {
  test.each<readonly [string, Readonly<Record<string, unknown>>]>([
    ["none at all", {}],
    ["a transcript without one", { [`${ID}.jsonl`]: lines(message("user")) }],
    ["half of one", { [`${ID}.jsonl.lock`]: '{"pid": 47' }],
    ["an empty one", { [`${ID}.jsonl.lock`]: "" }],
    ["one without a time", { [`${ID}.jsonl.lock`]: { pid: 1 } }],
    ["one with a time that is none", { [`${ID}.jsonl.lock`]: { pid: 1, createdAt: "soon" } }],
    ["one with no PID", { [`${ID}.jsonl.lock`]: { createdAt: "2026-01-28T08:23:20Z" } }],
    ["one that is a list", { [`${ID}.jsonl.lock`]: [] }],
  ])("%s: nobody holds anything", async (_name, files) => {
    expect(await read(stateDir(files))).toMatchObject({ path: "shown", locks: [], hasDatabase: false });
  });

  test("name the session by every key that the store has for it, of whichever agent", async () => {
    const folder = stateDir({
      "sessions.json": {
        main: { sessionId: ID, updatedAt: 1000 },
        "agent:main:main": { sessionId: ID, updatedAt: 3000 },
        other: { sessionId: OTHER, updatedAt: 2000 },
        broken: null,
        odd: { sessionId: 7 },
      },
      [`${ID}.jsonl.lock`]: lockOf(1),
      "agents/work/sessions/sessions.json": { room: { sessionId: OTHER } },
      [`agents/work/sessions/${OTHER}.jsonl.lock`]: lockOf(1),
    });
    const state = await read(folder);
    expect(state.locks.map((it) => [it.sessionId, it.keys])).toEqual([
      [ID, ["main", "agent:main:main"]],
      [OTHER, ["agent:work:room"]],
    ]);
    expect(state.updatedAt).toBe(3000);
  });

  test("without a store, or with half of one, have no key", async () => {
    const half = stateDir({ "sessions.json": '{"main": {"sess', [`${ID}.jsonl.lock`]: lockOf(1) });
    expect((await read(half)).locks).toMatchObject([{ sessionId: ID, keys: [] }]);
  });

  test("a database beside them is noticed (9.6)", async () => {
    const folder = stateDir({ "agents/main/agent/openclaw-agent.sqlite": "x" });
    expect(await read(folder)).toMatchObject({ hasDatabase: true, locks: [] });
  });

  describe("their process", () => {
    const livesWith = async (pid: number, createdAt: number): Promise<boolean | undefined> => {
      const state = await read(stateDir({ [`${ID}.jsonl.lock`]: lockOf(pid, createdAt) }));
      return state.locks[0]?.processLives;
    };

    test("is gone", async () => {
      expect(await livesWith(await deadPid(), Date.now())).toBe(false);
    });

    test("lives, and is older than the lock", async () => {
      expect(await livesWith(process.pid, Date.now())).toBe(true);
    });

    test.runIf(process.platform === "linux")(
      "lives, and is younger than the lock: its PID was given out again",
      async () => {
        expect(await livesWith(process.pid, Date.now() - process.uptime() * 1000 - 3_600_000)).toBe(false);
      },
    );
  });
});

describe("how a transcript ends", () => {
  const answered = message("assistant", { stopReason: "stop" });
  const called = message("assistant", { stopReason: "toolUse" });

  test.each<readonly [string, string | undefined, SessionLock["transcript"]["end"]]>([
    ["a user's turn", lines(answered, message("user")), "user"],
    ["a tool's result", lines(message("user"), called, message("toolResult")), "tool-result"],
    ["a tool call", lines(message("user"), called), "tool-call"],
    ["an answer", lines(message("user"), answered), "answered"],
    [
      "an answer, and entries that are no turns",
      lines(answered, { type: "model_change" }, { type: "custom" }),
      "answered",
    ],
    ["a half-written answer after a user's turn", `${lines(message("user"))}{"type":"message","mess`, "user"],
    ["no turn yet", lines(), "empty"],
    ["an empty file", "", "empty"],
    ["no file yet: the first turn of a session", undefined, "empty"],
    ["a line that is null", `null\n${lines(message("user"))}`, "unreadable"],
    ["garbage", "\u0000\u0001\n[]\n{}\n7\n", "empty"],
  ])("%s", async (_name, transcript, end) => {
    const files = {
      [`${ID}.jsonl.lock`]: lockOf(1),
      ...(transcript === undefined ? {} : { [`${ID}.jsonl`]: transcript }),
    };
    const [lock] = (await read(stateDir(files))).locks;
    const turns = end === "empty" || end === "unreadable" ? undefined : Date.parse("2026-01-28T08:23:21Z");
    expect(lock?.transcript).toMatchObject({ end, lastAt: turns });
  });

  test("the texts of the chats come in nowhere", async () => {
    const folder = stateDir({
      "sessions.json": { main: { sessionId: ID, lastTo: SECRET } },
      [`${ID}.jsonl.lock`]: lockOf(4711),
      [`${ID}.jsonl`]: lines(message("user"), called, message("toolResult", { toolName: SECRET })),
    });
    const state = await read(folder);
    const evidence = judgeStateDir(state, crossed(), { ...CONTEXT, now: NOW });
    expect(evidence.findings).toHaveLength(1);
    expect(JSON.stringify([state, evidence])).not.toContain(SECRET);
  });
});

const PID = 4711;
const NOW = Date.parse("2026-01-28T09:10:15Z");
const CONTEXT: StateContext = {
  now: NOW,
  isOwn: false,
  runTimeoutMs: 600_000,
  stallAfterMs: 660_000,
  datesAreGuessed: false,
};
const BOOT = at("08:00:00", "heartbeat", "started");

/** A log at the default level: a boot, and a restart in the same process at 08:23:33. */
const crossed = (pid = PID) => diagnoseLog(log(up("08:00:00", pid), BOOT, restartInProcess("08:23:33", pid)));
const uncrossed = (pid = PID) => diagnoseLog(log(up("08:00:00", pid), BOOT));
const stopped = () =>
  diagnoseLog(log(up("08:00:00", PID), at("08:50:00", "gateway", "received SIGTERM; shutting down")));
const restartedNew = () => diagnoseLog(log(up("08:00:00", PID), up("08:23:33", PID + 1)));

function lockAt(time: string, more: Partial<SessionLock> = {}): SessionLock {
  return {
    path: "state/agents/main/sessions/x.jsonl.lock",
    sessionId: ID,
    keys: ["main"],
    pid: PID,
    createdAt: Date.parse(`2026-01-28T${time}Z`),
    processLives: false,
    transcript: { path: "state/agents/main/sessions/x.jsonl", end: "user", lastAt: Date.parse(`2026-01-28T${time}Z`) },
    ...more,
  };
}

const stateOf = (...locks: readonly SessionLock[]): StateDir => ({
  path: "state",
  bytes: 1,
  locks,
  updatedAt: undefined,
  hasDatabase: false,
});

const ending = (end: SessionLock["transcript"]["end"]): Partial<SessionLock> => ({
  transcript: { path: "x.jsonl", end, lastAt: undefined },
});

const minutesAfterRestart = (minutes: number): Partial<StateContext> => ({
  now: Date.parse("2026-01-28T08:23:33Z") + minutes * 60_000,
});

describe("a lock and a log", () => {
  interface Case {
    readonly name: string;
    readonly lock: SessionLock;
    readonly log?: ReturnType<typeof crossed>;
    readonly context?: Partial<StateContext>;
    /** `blocked high` and the like; undefined: nothing is said. */
    readonly expect: string | undefined;
  }

  const cases: Case[] = [
    {
      name: "held since before a restart, past the run timeout",
      lock: lockAt("08:23:20"),
      log: crossed(),
      expect: "blocked high",
    },
    {
      name: "held since before a restart, in a log whose days are guessed",
      lock: lockAt("08:23:20", { createdAt: Date.parse("2026-01-25T08:23:20Z") }),
      log: crossed(),
      context: { datesAreGuessed: true },
      expect: "blocked low",
    },
    {
      name: "taken after the restart, in a log whose days are guessed",
      lock: lockAt("08:23:20", { createdAt: Date.parse("2026-01-25T08:24:20Z") }),
      log: crossed(),
      context: { datesAreGuessed: true, now: Date.parse("2026-01-25T08:25:00Z") },
      expect: "busy",
    },
    {
      name: "left by a dead process whose PID the gateway has now",
      lock: lockAt("07:50:00"),
      log: crossed(),
      expect: "blocked medium",
    },
    {
      name: "held since before a restart, and the run timeout is not over",
      lock: lockAt("08:23:20"),
      log: crossed(),
      context: minutesAfterRestart(5),
      expect: "blocked medium",
    },
    {
      name: "held since before a restart, and a longer timeout is not over",
      lock: lockAt("08:23:20"),
      log: crossed(),
      context: { runTimeoutMs: 7_200_000, stallAfterMs: 7_260_000 },
      expect: "blocked medium",
    },
    { name: "held since after the restart, lately", lock: lockAt("09:05:00"), log: crossed(), expect: "busy" },
    {
      name: "held since after the restart, for too long",
      lock: lockAt("08:30:00"),
      log: crossed(),
      expect: "blocked medium",
    },
    { name: "held with no restart, lately", lock: lockAt("09:05:00"), log: uncrossed(), expect: "busy" },
    {
      name: "held with no restart, for too long",
      lock: lockAt("08:23:20"),
      log: uncrossed(),
      expect: "blocked medium",
    },
    {
      name: "an answer is written: only the lock is late",
      lock: lockAt("08:23:20", ending("answered")),
      log: crossed(),
      expect: "busy",
    },
    {
      name: "a tool's result is the last",
      lock: lockAt("08:23:20", ending("tool-result")),
      log: crossed(),
      expect: "blocked high",
    },
    {
      name: "a tool call is the last",
      lock: lockAt("08:23:20", ending("tool-call")),
      log: crossed(),
      expect: "blocked high",
    },
    {
      name: "the first turn of a session",
      lock: lockAt("08:23:20", ending("empty")),
      log: crossed(),
      expect: "blocked high",
    },
    { name: "the log knows another process", lock: lockAt("08:23:20"), log: crossed(99), expect: undefined },
    { name: "the process was replaced", lock: lockAt("08:23:20"), log: restartedNew(), expect: undefined },
    { name: "the gateway was stopped", lock: lockAt("08:23:20"), log: stopped(), expect: undefined },
    {
      name: "own dir: the process is dead, whatever the log says",
      lock: lockAt("08:23:20"),
      log: crossed(),
      context: { isOwn: true },
      expect: undefined,
    },
    {
      name: "own dir: the process lives, and no log tells of it",
      lock: lockAt("08:23:20", { processLives: true }),
      context: { isOwn: true },
      expect: "blocked medium",
    },
    {
      name: "own dir: the process lives, and the lock is fresh",
      lock: lockAt("09:10:00", { processLives: true }),
      context: { isOwn: true },
      expect: "busy",
    },
    {
      name: "given dir, log without a PID: a process of this machine counts",
      lock: lockAt("08:23:20", { processLives: true }),
      log: diagnoseLog(BOOT),
      expect: "blocked medium",
    },
    {
      name: "given dir, log without a PID, and no such process",
      lock: lockAt("08:23:20"),
      log: diagnoseLog(BOOT),
      expect: undefined,
    },
  ];

  test.each(cases.map((it) => [it.name, it] as const))("%s", (_name, it) => {
    const { findings, sessions } = judgeStateDir(stateOf(it.lock), it.log, { ...CONTEXT, ...it.context });
    const told = sessions.map(({ state }) => {
      const finding = findings.find((one) => one.code === "session-blocked");
      return finding === undefined ? state : `${state} ${finding.confidence}`;
    });
    expect(told).toEqual(it.expect === undefined ? [] : [it.expect]);
  });

  test("the finding says who told it, names the lock, the restart and the transcript's end", () => {
    const { findings, sessions } = judgeStateDir(stateOf(lockAt("08:23:20")), crossed(), CONTEXT);
    expect(findings).toMatchObject([
      {
        code: "session-blocked",
        severity: "error",
        sessionKey: "main",
        sessionId: ID,
        message: expect.stringContaining("told by the state dir, held by PID 4711"),
        help: expect.stringContaining("Not just slow"),
        location: { path: "state/agents/main/sessions/x.jsonl.lock", line: 1 },
      },
    ]);
    expect(findings[0]?.help).toContain("a user's turn that nobody answered");
    expect(findings[0]?.timeline.map((it) => it.text)).toContain("gateway restarted in the same process");
    expect(sessions).toMatchObject([
      { sessionKey: "main", aliases: ["agent:main:main"], heldSince: "2026-01-28T08:23:20.000Z", silenceMs: 2_815_000 },
    ]);
  });

  test("what the log tells of a session is not told again", () => {
    const told = diagnoseLog(log(up("08:00:00", PID), starts("08:23:20", { key: "main", runId: "r1", sessionId: ID })));
    expect(judgeStateDir(stateOf(lockAt("08:23:20")), told, CONTEXT)).toEqual({ findings: [], sessions: [] });
  });

  test("a copy of the dir is at least as old as its store: a log that ends early makes nothing young", () => {
    const early = { ...CONTEXT, ...minutesAfterRestart(1) };
    const { findings } = judgeStateDir({ ...stateOf(lockAt("08:23:20")), updatedAt: NOW }, crossed(), early);
    expect(findings).toMatchObject([{ confidence: "high" }]);
  });
});

describe("a state dir without a log", () => {
  test.each([
    ["locks of processes that are not of this machine", stateOf(lockAt("08:23:20"), lockAt("08:24:20")), "2 locks"],
    ["a database", { ...stateOf(), hasDatabase: true }, "database"],
  ])("that holds %s cannot tell", (_name, state, text) => {
    const { findings } = judgeStateDir(state, undefined, CONTEXT);
    expect(findings).toMatchObject([{ code: "log-inconclusive", message: expect.stringContaining(text) }]);
  });

  test("that holds nothing says nothing", () => {
    expect(judgeStateDir(stateOf(), undefined, CONTEXT)).toEqual({ findings: [], sessions: [] });
  });
});

describe("this machine's state dirs", () => {
  test("are those of the products and their profiles, and where the environment says", async () => {
    const home = mkdtempSync(path.join(temporary, "home-"));
    for (const name of [".clawdbot", ".openclaw-work", "elsewhere", ".openclawish", ".moltbot"]) {
      mkdirSync(path.join(home, name, name === ".moltbot" ? "" : "agents"), { recursive: true });
    }
    const found = await findStateDirs(home, { OPENCLAW_STATE_DIR: "~/elsewhere" });
    expect(found.map((it) => path.relative(home, it)).toSorted()).toEqual([".clawdbot", ".openclaw-work", "elsewhere"]);
  });
});

test("reading leaves everything as it was", async () => {
  const folder = stateDir({ [`${ID}.jsonl.lock`]: lockOf(1), [`${ID}.jsonl`]: lines(message("user")) });
  const file = path.join(folder, "agents/main/sessions", `${ID}.jsonl.lock`);
  const before = readFileSync(file, "utf8");
  await read(folder);
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("a pipe in the place of any of its files is waited for nowhere, and tells nothing", async () => {
  const files = { "sessions.json": { "agent:main:main": { sessionId: ID, updatedAt: 1 } }, [`${ID}.jsonl.lock`]: lockOf(1), [`${ID}.jsonl`]: lines() }; // prettier-ignore
  for (const name of Object.keys(files)) {
    const folder = stateDir(files);
    const pipe = path.join(folder, "agents/main/sessions", name);
    rmSync(pipe);
    await execa("mkfifo", [pipe]);
    const { locks } = await read(folder);
    expect(locks.map(({ keys, transcript }) => [keys.length, transcript.end])).toEqual(
      { "sessions.json": [[0, "empty"]], [`${ID}.jsonl.lock`]: [], [`${ID}.jsonl`]: [[1, "unreadable"]] }[name],
    );
    if (name.endsWith(".lock")) await expect(readLock(pipe)).rejects.toThrow("no plain file");
  }
});
