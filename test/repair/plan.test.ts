/** What is planned, refused and said, for each kind of target: the words decide what a person agrees to. */
import { describe, expect, test } from "vitest";

import { capabilitiesOf } from "../../src/repair/capabilities.ts";
import type { Plan, Target } from "../../src/repair/model.ts";
import { isPlan, lostText, planFor, planText, restartCost, targetText } from "../../src/repair/plan.ts";

const MINUTE = 60_000;
const TARGET: Target = {
  id: "room",
  key: "agent:main:room",
  canonical: "agent:main:room",
  messageKey: "room",
  messageKeyIsSure: true,
  sessionId: "id-room",
  holderSessionId: "id-room",
  holderIsInStore: null,
  runId: "12cbe357-0a5b-4f43-9a66-6d2a4b0c9f11",
  before: "blocked",
  confidence: "high",
  situation: "wedge",
  heldSince: 0,
  silenceMs: 5 * MINUTE,
  waitingAtLeast: 0,
  waitsBehind: [],
  lock: null,
};
const on = (version: string) => capabilitiesOf({ version, atLeast: null, methods: new Set() });
const plain = { force: false, newSession: false };

function planned(target: Partial<Target>, version: string, options = plain): Plan {
  const plan = planFor({ ...TARGET, ...target }, on(version), options, "clawdbot");
  if (!isPlan(plan)) throw new Error(plan.detail);
  return plan;
}

describe("nothing is sent", () => {
  test.each<[string, Partial<Target>, string, string, string | undefined]>([
    ["to a free session", { before: "free" }, "already-free", "nothing holds it; left alone", undefined],
    [
      "for a full lane",
      { situation: "full-lane", waitsBehind: ["a", "$(b)"] },
      "refused",
      "no run of its own holds it: it waits for a place in a full lane, and an abort would only lose its message",
      "clawdbot-sessions reset a '$(b)'",
    ],
    [
      "for a full lane of unknown runs",
      { situation: "full-lane" },
      "refused",
      "no run of its own holds it: it waits for a place in a full lane, and an abort would only lose its message",
      "clawdbot-sessions doctor --gateway",
    ],
    [
      "to a run that may live",
      { before: "busy" },
      "refused",
      "its run may be alive; its last line is 5 min old",
      "clawdbot-sessions reset room --force",
    ],
    [
      "to a run that may live, of which no line is known",
      { before: "busy", silenceMs: null },
      "refused",
      "its run may be alive",
      "clawdbot-sessions reset room --force",
    ],
    [
      "where a reset came before",
      { holderIsInStore: false, holderSessionId: "id-old" },
      "refused",
      "a reset came before: the store has lost the id by which its run could be aborted, so only a restart of the gateway's process helps",
      "clawdbot gateway restart",
    ],
    [
      "where no request helps",
      { situation: "held-back" },
      "refused",
      "no request is known to free it on this version; only a restart of the gateway's process does",
      "clawdbot gateway restart",
    ],
  ])("%s", (_, target, outcome, detail, next) => {
    const plan = planFor({ ...TARGET, ...target }, on("2026.1.24-3"), plain, "clawdbot");
    expect(isPlan(plan)).toBe(false);
    expect(plan).toMatchObject({ outcome, detail });
    expect("next" in plan ? plan.next : undefined).toBe(next);
  });

  test.each<[string, Partial<Target>]>([
    ["the store still has it", { holderIsInStore: true, holderSessionId: "id-old" }],
    ["nobody knows whether the store has it", { holderIsInStore: null, holderSessionId: "id-old" }],
    ["it is the session's own", { holderIsInStore: false }],
    ["the session's own is not known", { holderIsInStore: false, holderSessionId: "id-old", sessionId: null }],
  ])("but not because of a reset before: %s", (_, target) => {
    expect(planned(target, "2026.1.24-3").ladder).toEqual(["stop-command"]);
  });

  test("… nor on a version where a reset itself aborts", () => {
    const target = { holderIsInStore: false, holderSessionId: "id-old" };
    expect(planned(target, "2026.9.6").ladder).toContain("sessions-reset");
  });

  test("--force acts on a run that may live, and on nothing that is free or waits for others", () => {
    const force = { ...plain, force: true };
    expect(planned({ before: "busy" }, "2026.1.24-3", force).ladder).toEqual(["stop-command"]);
    for (const target of [{ before: "free" }, { situation: "full-lane" }] as const) {
      expect(isPlan(planFor({ ...TARGET, ...target }, on("2026.9.6"), force, "openclaw"))).toBe(false);
    }
  });
});

test("a reset is no rung where it may only follow a proved abort", () => {
  const early = { ...on("2026.1.24-3"), ladder: { ...on("2026.9.6").ladder } };
  const plan = planFor(TARGET, early, plain, "clawdbot");
  expect(isPlan(plan) && plan.ladder).toEqual(["chat-abort", "stop-command", "sessions-abort"]);
});

describe("what a person is told before", () => {
  test.each<[string, Partial<Target>, string, boolean, string, string]>([
    [
      "an abort that loses what waits",
      { waitingAtLeast: 1 },
      "2026.1.24-3",
      false,
      "abort its run; the conversation stays",
      "the run and 1+ waiting message: send them again",
    ],
    [
      "… of several messages",
      { waitingAtLeast: 2 },
      "2026.1.24-3",
      false,
      "abort its run; the conversation stays",
      "the run and 2+ waiting messages: send them again",
    ],
    [
      "an abort after which what waits is answered",
      { situation: "hang", waitingAtLeast: 2 },
      "2026.1.24-3",
      false,
      "abort its run; the conversation stays",
      "the run",
    ],
    [
      "an abort after which what waits is carried on, with a fallback",
      { situation: "hang", waitingAtLeast: 2 },
      "2026.5.28",
      false,
      "abort its run; the conversation stays; only if that fails, begin a new conversation",
      "the run",
    ],
    [
      "a new conversation that was asked for",
      { situation: "hang" },
      "2026.5.28",
      true,
      "abort its run; then begin a new conversation",
      "the run and the conversation so far (its transcript stays on the disk)",
    ],
    [
      "a reset, the only rung",
      {},
      "2026.2.26",
      false,
      "abort its run and begin a new conversation",
      "the run and the conversation so far (its transcript stays on the disk)",
    ],
    [
      "one that is held back: no run of its own is lost",
      { situation: "held-back", waitingAtLeast: 2 },
      "2026.5.28",
      false,
      "begin a new conversation, which lets its messages through",
      "the conversation so far (its transcript stays on the disk)",
    ],
  ])("%s", (_, target, version, newSession, does, loses) => {
    const plan = planned(target, version, { force: false, newSession });
    expect(planText(plan)).toBe(does);
    expect(lostText(plan)).toBe(loses);
  });

  test("a reset alone begins a new conversation anyway, so that none is begun after it", () => {
    expect(planned({}, "2026.2.26", { force: false, newSession: true }).newSession).toBe(false);
    expect(planned({}, "2026.9.6", { force: false, newSession: true }).newSession).toBe(true);
  });

  test("that nothing is lost, where nothing is", () => {
    const plan = planned({ situation: "hang" }, "2026.9.6");
    expect(lostText({ ...plan, lost: { runs: 0, messagesAtLeast: 0 } })).toBe("nothing that is known of");
  });

  test.each<[string, Partial<Target>, string]>([
    ["sure", {}, "agent:main:room, held by run 12cbe357 for 6 min, no sign of life"],
    [
      "less sure",
      { confidence: "medium" },
      "agent:main:room, held by run 12cbe357 for 6 min, no sign of life so far, but it may still be a slow model call (medium confidence)",
    ],
    ["alive", { before: "busy" }, "agent:main:room, held by run 12cbe357 for 6 min, and it may be alive"],
    [
      "held back",
      { situation: "held-back", runId: null, confidence: "medium" },
      "agent:main:room for 6 min, waiting behind turns that the gateway tries again",
    ],
    [
      "not known",
      { before: "unknown", runId: null, heldSince: null },
      "agent:main:room, not known to be blocked: the log does not show runs",
    ],
  ])("why it is thought to be blocked: %s", (_, target, text) => {
    expect(targetText({ ...TARGET, ...target }, 6 * MINUTE)).toBe(text);
  });

  test.each<[readonly string[], number, string]>([
    [[], 0, "no other run is known to be going on"],
    [["a"], 0, "it cuts 1 running turn (a)"],
    [["a", "b", "c", "d", "e", "f"], 1, "it cuts 6 running turns (a, b, c, d, e), and 1+ waiting message is lost"],
    [["$(id)"], 0, "it cuts 1 running turn ('$(id)')"],
    [[], 2, "no other run is known to be going on, and 2+ waiting messages are lost"],
  ])("whom a restart hurts: %j, %i waiting", (busy, waiting, text) => {
    expect(restartCost(busy, waiting)).toBe(text);
  });
});
