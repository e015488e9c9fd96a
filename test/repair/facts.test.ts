import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { GatewayEvent } from "../../src/events/index.ts";
import { factsOfLog, judge, NO_FACTS, type Facts } from "../../src/repair/facts.ts";
import type { Target } from "../../src/repair/model.ts";
import { BLOCKED_MAIN } from "./blocked-main.ts";

const TARGET: Target = {
  ...BLOCKED_MAIN,
  heldSince: 0,
  silenceMs: 0,
  lock: { path: "/s/id-main.jsonl.lock", createdAt: 1 },
};
const HELD: Facts = { ...NO_FACTS, lock: "held", activeRun: true };
const END = { time: null, text: "run done", source: "log" };

test.each<[string, Facts, Partial<Facts>, "free" | "held" | "unknown"]>([
  ["nothing to go by", NO_FACTS, {}, "unknown"],
  ["an end in the log", NO_FACTS, { logEnd: END }, "free"],
  ["a log that would tell, and does not", NO_FACTS, { logWouldTell: true }, "held"],
  ["the lock is gone", HELD, { lock: "gone", activeRun: null }, "free"],
  ["the lock is another run's", HELD, { lock: "replaced", activeRun: null }, "free"],
  ["the lock was never seen held", NO_FACTS, { lock: "gone" }, "unknown"],
  ["the lock is still there", HELD, { lock: "held", activeRun: null }, "held"],
  ["hasActiveRun went", HELD, { lock: "unknown", activeRun: false }, "free"],
  ["hasActiveRun was never there", NO_FACTS, { activeRun: false }, "unknown"],
  [
    "the gateway is silent: its lock says nothing",
    HELD,
    { reachable: false, lock: "held", activeRun: null },
    "unknown",
  ],
  ["an answer", NO_FACTS, { probe: "answered" }, "free"],
  ["no answer", NO_FACTS, { probe: "silent" }, "held"],
  ["an end in the log, but no answer", NO_FACTS, { logEnd: END, probe: "silent" }, "unknown"],
])("%s", (_, before, now, state) => {
  expect(judge(before, { ...NO_FACTS, ...now }, TARGET, 0).state).toBe(state);
});

test("never free without evidence", () => {
  const facts = fc.record({
    logEnd: fc.constantFrom(null, END),
    logEndIsWhole: fc.boolean(),
    logLife: fc.constantFrom(null, "tool started"),
    logWouldTell: fc.boolean(),
    lock: fc.constantFrom("held", "gone", "replaced", "unknown"),
    activeRun: fc.constantFrom(true, false, null),
    reachable: fc.boolean(),
    probe: fc.constantFrom("answered", "silent", null),
  }) as fc.Arbitrary<Facts>;
  fc.assert(
    fc.property(facts, facts, (before, now) => {
      const { state, evidence } = judge(before, now, TARGET, 0);
      if (state === "free") expect(evidence.length).toBeGreaterThan(0);
      if (evidence.length === 0) expect(state).not.toBe("free");
    }),
  );
});

test.each<[string, Facts, Partial<Facts>, object]>([
  ["a lock that went", HELD, { lock: "gone" }, { text: "its run's lock is gone", source: "/s/id-main.jsonl.lock" }],
  [
    "a lock that another run has",
    HELD,
    { lock: "replaced" },
    { text: "its run's lock is gone; a new run has taken it", source: "/s/id-main.jsonl.lock" },
  ],
  ["hasActiveRun", HELD, { activeRun: false }, { text: "hasActiveRun=false, was true", source: "sessions.list" }],
  ["an answer", NO_FACTS, { probe: "answered" }, { text: "a real message was answered", source: "chat.send" }],
])("says what proves it, and where it was seen: %s", (_, before, now, evidence) => {
  expect(judge(before, { ...NO_FACTS, ...now }, TARGET, 0).evidence).toEqual([
    { time: "1970-01-01T00:00:00.000Z", ...evidence },
  ]);
});

test("hasActiveRun that is still true holds it, whatever else is not known", () => {
  expect(judge(NO_FACTS, { ...NO_FACTS, activeRun: true }, TARGET, 0).state).toBe("held");
});

describe("the log", () => {
  const at = { time: 0, level: "debug", location: { path: "x", line: 1 }, source: 0 } as const;
  const events = (...list: object[]) => list.map((it) => ({ ...it, ...at }) as GatewayEvent);

  test.each<[string, object, boolean]>([
    ["our run's end", { kind: "run-done", runId: "run-1", sessionId: "id-main", aborted: true }, true],
    ["another run's end", { kind: "run-done", runId: "run-2", sessionId: "id-main", aborted: true }, false],
    ["our lane", { kind: "lane-done", lane: "session:main" }, true],
    [
      "the lane of the other form of the key, which is another session on early versions",
      { kind: "lane-done", lane: "session:agent:main:main" },
      false,
    ],
    ["the main lane", { kind: "lane-done", lane: "main" }, false],
    ["another session's lane", { kind: "lane-done", lane: "session:room" }, false],
    ["an abort that is only announced", { kind: "aborting-run", sessionId: "id-main" }, false],
    [
      "a lane that failed, which shows at every level",
      { kind: "lane-error", lane: "session:main", error: "aborted", durationMs: 1, aborted: true },
      true,
    ],
  ])("%s: %o", (_, event, isEnd) => {
    expect(factsOfLog(events(event), TARGET, "log").end !== null).toBe(isEnd);
  });

  test.each<[object, boolean]>([
    [{ kind: "lane-done", lane: "session:main" }, false],
    [{ kind: "lane-error", lane: "session:main", error: "aborted", durationMs: 1, aborted: true }, false],
    [{ kind: "run-start", runId: "run-9", sessionId: "id-main" }, true],
    [{ kind: "run-start", runId: "run-9", sessionId: "id-room" }, false],
  ])("of a session that is held back: %o", (event, isEnd) => {
    const heldBack: Target = { ...TARGET, situation: "held-back", runId: null };
    expect(factsOfLog(events(event), heldBack, "log").end !== null).toBe(isEnd);
  });

  test("a line of our run that is no end is life", () => {
    expect(factsOfLog(events({ kind: "tool-start", runId: "run-1", tool: "exec" }), TARGET, "log").life).toBe(
      "tool exec started",
    );
    expect(factsOfLog(events({ kind: "tool-start", runId: "run-2", tool: "exec" }), TARGET, "log").life).toBeNull();
  });

  test.each<[string, Partial<Target>, object, boolean]>([
    ["a lane that was interrupted", {}, { kind: "lane-interrupted", lane: "session:main" }, true],
    ["a clean-up of our run", {}, { kind: "run-cleanup", runId: "run-1", aborted: true }, true],
    ["our run's end, as later versions log it", {}, { kind: "run-end", runId: "run-1" }, true],
    ["the start of another run", {}, { kind: "run-start", runId: "run-2", sessionId: "id-main" }, false],
    [
      "another form of the key, where ours is not sure",
      { messageKeyIsSure: false },
      { kind: "lane-done", lane: "session:agent:main:main" },
      true,
    ],
    [
      "another session's lane, where our key is not sure",
      { messageKeyIsSure: false },
      { kind: "lane-done", lane: "session:room" },
      false,
    ],
    [
      "an end in our session, where no run is known",
      { runId: null },
      { kind: "run-done", runId: "run-9", sessionId: "id-main" },
      true,
    ],
    [
      "an end in another session, where no run is known",
      { runId: null },
      { kind: "run-done", runId: "run-9", sessionId: "id-room" },
      false,
    ],
    [
      "an end of no session, where neither is known",
      { runId: null, sessionId: null },
      { kind: "run-done", runId: "run-9" },
      false,
    ],
    [
      "the start of a turn that waited for a full lane",
      { situation: "full-lane", runId: null },
      { kind: "run-start", runId: "run-9", sessionId: "id-main" },
      true,
    ],
    [
      "a tool of a session that waits for others",
      { situation: "full-lane", runId: null },
      { kind: "tool-start", runId: "run-9", sessionId: "id-main", tool: "x" },
      false,
    ],
    [
      "a lane let go in a session that waited for a full one",
      { situation: "full-lane", runId: null },
      { kind: "lane-done", lane: "session:main" },
      true,
    ],
  ])("is it an end: %s", (_, target, event, isEnd) => {
    expect(factsOfLog(events(event), { ...TARGET, ...target }, "log").end !== null).toBe(isEnd);
  });

  test("the end is whole with its lane, and tells both", () => {
    const done = { kind: "run-done", runId: "run-1", sessionId: "id-main", aborted: true };
    const lane = { kind: "lane-done", lane: "session:main" };
    const time = "1970-01-01T00:00:00.000Z";
    expect(factsOfLog(events(done), TARGET, "log")).toEqual({
      end: { time, text: "run run-1: run done, aborted=true", source: "log" },
      isWhole: false,
      life: null,
    });
    expect(factsOfLog(events(lane), TARGET, "log")).toEqual({
      end: { time, text: "lane session:main: task done", source: "log" },
      isWhole: true,
      life: null,
    });
    expect(factsOfLog(events(done, lane), TARGET, "log")).toEqual({
      end: { time, text: "run run-1: run done, aborted=true; lane session:main: task done", source: "log" },
      isWhole: true,
      life: null,
    });
    const unnamed = factsOfLog(events(done), { ...TARGET, runId: null }, "log");
    expect(unnamed.end?.text).toBe("its run: run done, aborted=true");
    expect(factsOfLog([], TARGET, "log")).toEqual({ end: null, isWhole: false, life: null });
  });

  test.each(["tool-start", "tool-end", "compaction", "agent-start", "prompt-start", "run-start"])(
    "%s of our run is life, of another or of none it is not",
    (kind) => {
      const life = (runId: string, target = TARGET) =>
        factsOfLog(events({ kind, runId, tool: "x", sessionId: "id-main" }), target, "log").life;
      expect(life("run-1")).not.toBeNull();
      expect(life("run-2")).toBeNull();
      expect(life("run-1", { ...TARGET, runId: null })).toBeNull();
    },
  );

  test.each(["run-cleared", "aborting-run", "heartbeat"])("%s is no life", (kind) => {
    expect(factsOfLog(events({ kind, runId: "run-1", sessionId: "id-main" }), TARGET, "log").life).toBeNull();
  });
});
