/** What log, lock and list say of one session, as one target. */
import { describe, expect, test } from "vitest";

import { GatewayError } from "../../src/gateway/gateway.ts";
import { messageKeyFor } from "../../src/repair/message-key.ts";
import { parseSessionsList, type ListedSession } from "../../src/repair/sessions-list.ts";
import { atLeastOf, isSurelyBlocked, targetOf, type Known } from "../../src/repair/target.ts";
import type { Target } from "../../src/repair/model.ts";
import type { SessionLock, StateDir } from "../../src/state-evidence.ts";
import {
  at,
  dequeue,
  ends,
  enqueue,
  heartbeat,
  log,
  restartInProcess,
  starts,
  up,
  waits,
} from "../helpers/log-lines.ts";
import { diagnoseLog, RUN_TIMEOUT_MS, STALL_AFTER_MS } from "../helpers/track.ts";
import { clock } from "../helpers/verdicts.ts";
import { failing, FakeGateway } from "./fake-gateway.ts";

const A = { key: "a", runId: "ra" };
const SESSION = { key: "agent:main:a", canonical: "agent:main:a", sessionIds: ["id-a", "id-old"], runIds: [] };
const UP = up("08:00:00");
const RUNS = log(UP, starts("08:01:00", A));
const CUT = log(RUNS, restartInProcess("08:02:00"), waits("08:02:10", A));
const OTHER = log(UP, starts("08:00:10", { key: "b", runId: "rb" }), ends("08:00:20", { key: "b", runId: "rb" }));
const INFO = log(UP, heartbeat("08:00:10"));

const row = (more: Partial<ListedSession> = {}): ListedSession => ({
  key: "agent:main:a",
  canonical: "agent:main:a",
  sessionId: "id-a",
  hasActiveRun: null,
  activeRunIds: [],
  ...more,
});
const lock = (more: Partial<SessionLock> = {}): SessionLock => ({
  path: "/s/id-a.jsonl.lock",
  sessionId: "id-a",
  keys: ["a"],
  pid: 1,
  createdAt: clock("08:01:00"),
  processLives: true,
  transcript: { path: "/s/id-a.jsonl", end: "open", lastAt: undefined } as unknown as SessionLock["transcript"],
  ...more,
});
const dir = (locks: readonly SessionLock[], hasDatabase = false): StateDir => ({
  path: "/s",
  bytes: 0,
  locks,
  updatedAt: undefined,
  hasDatabase,
});

function target(text: string, now: string, more: Partial<Known> = {}): Target {
  const time = clock(now);
  return targetOf("typed", SESSION, {
    diagnosis: diagnoseLog(text, time),
    states: [],
    areTheGateways: false,
    listed: [row()],
    context: {
      now: time,
      isOwn: true,
      runTimeoutMs: RUN_TIMEOUT_MS,
      stallAfterMs: STALL_AFTER_MS,
      datesAreGuessed: false,
    },
    trustsActiveRun: false,
    ...more,
  });
}

const UNKNOWN = {
  id: "typed",
  key: "agent:main:a",
  canonical: "agent:main:a",
  messageKey: "agent:main:a",
  messageKeyIsSure: false,
  sessionId: "id-a",
  holderSessionId: null,
  holderIsInStore: null,
  runId: null,
  before: "unknown",
  confidence: "low",
  situation: "unknown",
  heldSince: null,
  silenceMs: null,
  waitingAtLeast: 0,
  waitsBehind: [],
  lock: null,
};

describe("by a log that shows runs", () => {
  test.each<[string, string, string, Partial<Target>]>([
    [
      "a run that a restart cut",
      CUT,
      "08:02:30",
      {
        before: "blocked",
        confidence: "medium",
        situation: "wedge",
        runId: "ra",
        heldSince: clock("08:01:00"),
        silenceMs: 90_000,
        waitingAtLeast: 1,
        messageKey: "a",
        messageKeyIsSure: true,
        holderSessionId: "id-a",
      },
    ],
    ["a run that went silent", RUNS, "08:20:00", { before: "blocked", situation: "hang", runId: "ra" }],
    ["a run at work", RUNS, "08:02:00", { before: "busy", situation: "hang", runId: "ra", confidence: "high" }],
    [
      "nothing",
      log(RUNS, ends("08:01:10", A)),
      "08:02:00",
      {
        before: "free",
        confidence: "high",
        situation: "unknown",
        runId: null,
        holderSessionId: null,
        heldSince: null,
        silenceMs: null,
      },
    ],
    [
      "what is hidden",
      log(OTHER, enqueue("08:01:00", "session:a"), dequeue("08:01:00", "session:a")),
      "08:02:00",
      { before: "busy", situation: "unknown", runId: null, messageKey: "a" },
    ],
  ])("%s holds it", (_, text, now, expected) => expect(target(text, now)).toMatchObject(expected));

  test("others hold its place", () => {
    const four = ["w", "x", "y", "z"].map((key, index) => ({ key, runId: `r${key}`, inMain: index + 1 }));
    const oneMore = [
      enqueue("08:02:10", "session:a"),
      dequeue("08:02:10", "session:a"),
      enqueue("08:02:10", "main", 5),
    ];
    const lives = log(UP, ...four.map((run) => starts("08:01:00", run)), oneMore);
    const dead = log(UP, ...four.map((run) => starts("08:01:00", run)), restartInProcess("08:02:00"), oneMore);
    const expected = { situation: "full-lane", runId: null, holderSessionId: null, waitsBehind: ["w", "x", "y", "z"] };
    expect(target(dead, "08:02:30")).toMatchObject({ before: "blocked", ...expected });
    expect(target(lives, "08:02:30")).toMatchObject({ before: "busy", ...expected });
  });

  test("it was seen under another id than the list has now", () => {
    const listed = [row({ sessionId: "id-new" })];
    expect(target(CUT, "08:02:30", { listed })).toMatchObject({
      sessionId: "id-new",
      holderSessionId: "id-a",
      runId: "ra",
    });
    expect(target(CUT, "08:02:30", { listed: [] })).toMatchObject({ sessionId: "id-a" });
    expect(target(OTHER, "08:02:30", { listed: [] }).sessionId).toBeNull();
  });

  test("that it is free is outdone by who sees it at work", () => {
    const free = log(RUNS, ends("08:01:10", A));
    expect(target(free, "08:02:00", { states: [dir([lock({ createdAt: clock("08:01:30") })])] })).toMatchObject({
      lock: { path: "/s/id-a.jsonl.lock" },
    });
    expect(target(free, "08:02:00", { states: [dir([lock({ createdAt: clock("08:01:30") })])] }).before).not.toBe(
      "free",
    );
    const active = { listed: [row({ hasActiveRun: true, activeRunIds: ["r9", "r8"] })] };
    expect(target(free, "08:02:00", { ...active, trustsActiveRun: true })).toMatchObject({
      before: "busy",
      situation: "hang",
      runId: "r9",
    });
    expect(target(free, "08:02:00", active)).toMatchObject({ before: "free" });
    expect(target(free, "08:02:00", { states: [dir([lock({ processLives: false })])] })).toMatchObject({
      before: "free",
      confidence: "high",
      lock: null,
    });
  });

  test("that never names it", () => {
    expect(target(OTHER, "08:02:00")).toEqual({ ...UNKNOWN, before: "free", confidence: "medium" });
  });
});

describe("by the list alone", () => {
  test.each<[string, Partial<ListedSession>, boolean, Partial<Target>]>([
    [
      "a run is going on",
      { hasActiveRun: true, activeRunIds: ["r9"] },
      true,
      { before: "busy", situation: "hang", runId: "r9" },
    ],
    ["… and it names none", { hasActiveRun: true }, true, { before: "busy", situation: "hang" }],
    ["no run is going on", { hasActiveRun: false }, true, { before: "free", confidence: "medium" }],
    ["it does not say", {}, true, {}],
    ["a version that is not to be trusted says yes", { hasActiveRun: true, activeRunIds: ["r9"] }, false, {}],
    ["… or no", { hasActiveRun: false }, false, {}],
  ])("%s", (_, more, trustsActiveRun, expected) => {
    expect(target(INFO, "08:02:00", { listed: [row(more)], trustsActiveRun })).toEqual({ ...UNKNOWN, ...expected });
  });

  test("a log that shows runs says no more than that where the list is to be trusted", () => {
    expect(target(OTHER, "08:02:00", { trustsActiveRun: true })).toEqual(UNKNOWN);
  });
});

describe("by the state dir", () => {
  const RESTARTED = log(UP, restartInProcess("08:02:00"));

  test("a lock from before a restart in the same process", () => {
    expect(target(RESTARTED, "08:05:00", { states: [dir([lock()])] })).toMatchObject({
      before: "blocked",
      situation: "wedge",
      heldSince: clock("08:01:00"),
      silenceMs: expect.any(Number),
      messageKey: "a",
      messageKeyIsSure: true,
      holderSessionId: "id-a",
      holderIsInStore: true,
      lock: { path: "/s/id-a.jsonl.lock", createdAt: clock("08:01:00") },
    });
  });

  test("a lock from after it", () => {
    const made = { states: [dir([lock({ createdAt: clock("08:03:00") })])] };
    expect(target(RESTARTED, "08:05:00", made)).toMatchObject({ situation: "unknown", heldSince: clock("08:03:00") });
    expect(target(RESTARTED, "08:05:00", made).before).not.toBe("blocked");
  });

  test("a lock from before another process began is from before no restart of its own", () => {
    const text = log(UP, up("08:02:00", 9999));
    expect(target(text, "08:05:00", { states: [dir([lock()])] }).situation).not.toBe("wedge");
  });

  test("a lock whose process is dead holds nothing", () => {
    expect(target(INFO, "08:05:00", { states: [dir([lock({ processLives: false })])] })).toMatchObject({
      before: "free",
      confidence: "high",
      lock: null,
      heldSince: null,
    });
  });

  test("no lock is no run, where the dir is surely the gateway's and it keeps locks", () => {
    const free = { ...UNKNOWN, before: "free", confidence: "medium" };
    expect(target(INFO, "08:05:00", { states: [dir([])], areTheGateways: true })).toEqual(free);
    expect(target(INFO, "08:05:00", { states: [dir([])] })).toEqual(UNKNOWN);
    expect(target(INFO, "08:05:00", { states: [dir([]), dir([], true)], areTheGateways: true })).toEqual(UNKNOWN);
  });

  test("the lock is that of the run that holds it, else of its sessionId, of its key, of a former sessionId", () => {
    const of = (text: string, ...locks: readonly SessionLock[]) =>
      target(text, "08:05:00", { states: [dir(locks)] }).lock?.path;
    const held = lock({ path: "held", keys: [] });
    const now = lock({ path: "now", sessionId: "id-now", keys: [] });
    const key = lock({ path: "key", sessionId: "id-k", keys: ["x", "agent:main:A"] });
    const old = lock({ path: "old", sessionId: "id-old", keys: [] });
    const other = lock({ path: "other", sessionId: "id-x", keys: ["b"] });
    const listed = [row({ sessionId: "id-now" })];
    const held2 = target(CUT, "08:02:30", { states: [dir([now, held])], listed });
    expect(held2.lock?.path).toBe("held");
    expect(target(INFO, "08:05:00", { states: [dir([old]), dir([key, now])], listed }).lock?.path).toBe("now");
    expect([of(INFO, old, key), of(INFO, other, old), of(INFO, other)]).toEqual(["key", "old", undefined]);
    expect(target(INFO, "08:05:00", { states: [dir([old])] })).toMatchObject({
      holderIsInStore: false,
      holderSessionId: "id-old",
    });
  });
});

test("only what is blocked beyond doubt is so", () => {
  const of = (before: Target["before"], confidence: Target["confidence"]) =>
    isSurelyBlocked({ ...UNKNOWN, before, confidence } as Target);
  expect([of("blocked", "high"), of("blocked", "medium"), of("busy", "high")]).toEqual([true, false, false]);
});

test("the version is the exact one where a line names it, else the least that wrote such lines", () => {
  const diagnosis = diagnoseLog(INFO);
  const of = (exact: string | null, atLeast: string | null) =>
    atLeastOf({ ...diagnosis, version: { ...diagnosis.version, exact, atLeast } });
  expect([of("2026.2.26", "2026.2.17"), of(null, "2026.2.17"), of(null, null)]).toEqual([
    "2026.2.26",
    "2026.2.17",
    null,
  ]);
});

describe("the key under which messages reach an early gateway's session", () => {
  const unsure = { ...UNKNOWN, messageKey: "agent:main:a" } as Target;
  const asked = async (answer: unknown, more: Partial<Target> = {}) => {
    const gateway = new FakeGateway();
    gateway.does.set("chat.history", typeof answer === "function" ? (answer as () => never) : () => answer);
    const { messageKey, messageKeyIsSure } = await messageKeyFor(gateway, { ...unsure, ...more }, 5_000);
    return [messageKey, messageKeyIsSure, gateway.asked.map(({ params }) => params)];
  };
  const question = [{ sessionKey: "agent:main:a", limit: 1 }];

  test.each<[string, unknown, string, boolean]>([
    ["its own, if the gateway finds the session there", { sessionId: "id-a" }, "agent:main:a", true],
    ["the short one, if it finds none there", {}, "a", true],
    ["… or says so", { sessionId: null }, "a", true],
    ["not known, if it finds another one there", { sessionId: "id-x" }, "agent:main:a", false],
    ["not known, if it answers something else", "no", "agent:main:a", false],
    ["not known, if it does not answer", failing("timeout", true), "agent:main:a", false],
  ])("%s", async (_, answer, key, isSure) => expect(await asked(answer)).toEqual([key, isSure, question]));

  test("is not asked for where it is known, or cannot be", async () => {
    expect(await asked({}, { messageKeyIsSure: true })).toEqual(["agent:main:a", true, []]);
    expect(await asked({}, { sessionId: null })).toEqual(["agent:main:a", false, []]);
    expect(await asked({}, { key: "a:agent:", messageKey: "x" })).toEqual(["x", false, []]);
    expect((await asked({}, { key: "agent:ops:agent:x:y" }))[0]).toBe("agent:x:y");
  });

  test("a bug is no answer of the gateway", async () => {
    const bug = () => {
      throw new TypeError("a bug");
    };
    await expect(asked(bug)).rejects.toThrow("a bug");
  });
});

describe("the gateway's list", () => {
  test("is read as far as it is one", () => {
    const sessions = [
      { key: "Room", sessionId: "id", hasActiveRun: true, activeRunIds: ["r1", 7, "r2"] },
      { key: "agent:ops:x", sessionId: 7, hasActiveRun: "yes", activeRunIds: "r1" },
      { key: "" },
      { key: 7 },
      "no row",
      null,
    ];
    expect(parseSessionsList({ sessions })).toEqual([
      { key: "Room", canonical: "agent:main:room", sessionId: "id", hasActiveRun: true, activeRunIds: ["r1", "r2"] },
      { key: "agent:ops:x", canonical: "agent:ops:x", sessionId: null, hasActiveRun: null, activeRunIds: [] },
    ]);
  });

  test.each([undefined, [], {}, { sessions: {} }])("%j is none", (payload) => {
    expect(() => parseSessionsList(payload)).toThrow(
      new GatewayError("garbage", "sessions.list answered something that is no list of sessions", true),
    );
  });
});

test("log lines of the one session are not the other's", () => {
  const two = log(
    CUT,
    at("08:02:20", "diagnostic", "session turn created: runId=x sessionId=id-c sessionKey=c agentId=main"),
  );
  expect(target(two, "08:02:30")).toMatchObject({ runId: "ra", before: "blocked" });
});
