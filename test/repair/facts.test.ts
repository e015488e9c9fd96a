import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { GatewayEvent } from "../../src/events/index.ts";
import { factsOfLog, judge, NO_FACTS, type Facts } from "../../src/repair/facts.ts";
import type { Target } from "../../src/repair/model.ts";

const TARGET: Target = {
  id: "main",
  key: "agent:main:main",
  canonical: "agent:main:main",
  messageKey: "main",
  messageKeyIsSure: true,
  sessionId: "id-main",
  holderSessionId: "id-main",
  holderIsInStore: null,
  runId: "run-1",
  before: "blocked",
  confidence: "high",
  situation: "wedge",
  heldSince: 0,
  silenceMs: 0,
  waitingAtLeast: 0,
  waitsBehind: [],
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
});
