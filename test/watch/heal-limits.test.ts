import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  MAX_EVIDENCE_AGE_MS,
  mayHeal,
  recentActs,
  type HealAct,
  type HealCandidate,
  type HealSettings,
} from "../../src/watch/heal-limits.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = 1_000 * HOUR;
const SETTINGS: HealSettings = { graceMs: MINUTE, coolDownMs: 30 * MINUTE, maxPerHour: 4 };

const sure: HealCandidate = {
  stream: "gateway",
  gateway: null,
  sessionKey: "main",
  aliases: [],
  runId: "r1",
  confidence: "high",
  blockedSince: NOW - 5 * MINUTE,
  evidenceAt: NOW - 5 * MINUTE,
};
const act = (minutesAgo: number, session = "agent:main:main", sent = true): HealAct => ({
  session,
  at: NOW - minutesAgo * MINUTE,
  sent,
});

describe("one decision", () => {
  const cases: readonly (readonly [string, Partial<HealCandidate>, readonly HealAct[], string | null])[] = [
    ["blocked beyond doubt, past the grace", {}, [], null],
    ["medium confidence", { confidence: "medium" }, [], "confidence is medium, not high"],
    ["low confidence", { confidence: "low" }, [], "confidence is low, not high"],
    ["no run of its own", { runId: null }, [], "no run of its own holds it"],
    ["no time in its evidence", { evidenceAt: undefined }, [], "its newest line is older than 15 min"],
    ["evidence of just 15 min", { evidenceAt: NOW - MAX_EVIDENCE_AGE_MS }, [], null],
    ["older evidence", { evidenceAt: NOW - MAX_EVIDENCE_AGE_MS - 1 }, [], "its newest line is older than 15 min"],
    ["within the grace", { blockedSince: NOW - MINUTE + 1 }, [], "within the grace time"],
    ["just past the grace", { blockedSince: NOW - MINUTE }, [], null],
    ["repaired 29 min ago", {}, [act(29)], "within the cool-down of this session"],
    ["repaired 30 min ago", {}, [act(30)], null],
    ["another session was repaired", {}, [act(1, "agent:main:room")], null],
    ["four within the hour", {}, [1, 2, 3, 59].map((it) => act(it, `s${it}`)), "4 repairs within the hour"],
    ["the fourth is an hour old", {}, [1, 2, 3, 60].map((it) => act(it, `s${it}`)), null],
    ["what sent nothing does not fill the hour", {}, [1, 2, 3, 4].map((it) => act(it, `s${it}`, false)), null],
    [
      "an attempt that sent nothing, half a minute ago",
      {},
      [act(0.5, undefined, false)],
      "within the cool-down of this session",
    ],
    ["… a minute ago", {}, [act(1, undefined, false)], null],
    [
      "… the second in a row, a minute ago",
      {},
      [act(3, undefined, false), act(1, undefined, false)],
      "within the cool-down of this session",
    ],
    ["… the second in a row, two minutes ago", {}, [act(3, undefined, false), act(2, undefined, false)], null],
  ];
  test.each(cases)("%s", (_, candidate, acts, why) => {
    const decision = mayHeal({ ...sure, ...candidate }, "agent:main:main", acts, SETTINGS, NOW);
    expect(decision.act ? null : decision.why).toBe(why);
  });
});

describe("a gateway that is wedged all the time", () => {
  const settings = fc.record({
    graceMs: fc.integer({ min: 0, max: 10 * MINUTE }),
    coolDownMs: fc.integer({ min: 1, max: 3 * HOUR }),
    maxPerHour: fc.integer({ min: 1, max: 6 }),
  });
  const steps = fc.array(
    fc.record({
      wait: fc.integer({ min: 1_000, max: 20 * MINUTE }),
      session: fc.constantFrom("a", "b", "c", "d", "e"),
      sends: fc.boolean(),
    }),
    { maxLength: 80 },
  );

  /** What happens when every session asks at every step. */
  function play(limits: HealSettings, all: { wait: number; session: string; sends: boolean }[]): HealAct[] {
    let now = NOW;
    let acts: readonly HealAct[] = [];
    const done: HealAct[] = [];
    for (const { wait, session, sends } of all) {
      now += wait;
      acts = recentActs(acts, limits, now);
      const candidate = { ...sure, sessionKey: session, blockedSince: NOW, evidenceAt: now };
      if (!mayHeal(candidate, session, acts, limits, now).act) continue;
      const one = { session, at: now, sent: sends };
      acts = [...acts, one];
      done.push(one);
    }
    return done;
  }

  test("is repaired at most so often in any hour", () => {
    fc.assert(
      fc.property(settings, steps, (limits, all) => {
        const sent = play(limits, all).filter((it) => it.sent);
        for (const { at } of sent) {
          const within = sent.filter((it) => it.at > at - HOUR && it.at <= at);
          expect(within.length).toBeLessThanOrEqual(limits.maxPerHour);
        }
      }),
    );
  });

  test("rests between two repairs of a session, and a minute after each attempt", () => {
    fc.assert(
      fc.property(settings, steps, (limits, all) => {
        const done = play(limits, all);
        for (const [index, one] of done.entries()) {
          const before = done.slice(0, index).filter((it) => it.session === one.session);
          const sent = before.findLast((it) => it.sent);
          if (sent) expect(one.at - sent.at).toBeGreaterThanOrEqual(limits.coolDownMs);
          const last = before.at(-1);
          if (last && !last.sent) expect(one.at - last.at).toBeGreaterThanOrEqual(MINUTE);
        }
      }),
    );
  });

  test("is never touched within the grace", () => {
    fc.assert(
      fc.property(settings, steps, (limits, all) => {
        for (const { at } of play(limits, all)) expect(at - NOW).toBeGreaterThanOrEqual(limits.graceMs);
      }),
    );
  });

  test("`until` tells when time alone will have changed the answer", () => {
    const acts = [10, 20, 30, 40].map((it) => act(it, `s${it}`));
    const decision = mayHeal(sure, "agent:main:main", acts, SETTINGS, NOW);
    if (decision.act || decision.until === null) throw new Error("expected to be told when");
    const later = { ...sure, evidenceAt: decision.until };
    expect(mayHeal(later, "agent:main:main", acts, SETTINGS, decision.until - 1).act).toBe(false);
    expect(mayHeal(later, "agent:main:main", acts, SETTINGS, decision.until).act).toBe(true);
  });

  test("`until` is of the act that frees the place, whatever the order in which the journal gives them", () => {
    const acts = [30, 10, 50, 20, 40].map((it) => act(it, `s${it}`));
    const decision = mayHeal(sure, "agent:main:main", acts, SETTINGS, NOW);
    expect(decision).toMatchObject({ act: false, until: NOW + 20 * MINUTE });
  });

  test("attempts that sent nothing are counted from the last one that did, in the order of time", () => {
    const mine = (minutesAgo: number, sent = false) => act(minutesAgo, undefined, sent);
    const may = (acts: readonly HealAct[]) =>
      mayHeal(sure, "agent:main:main", acts, { ...SETTINGS, coolDownMs: 10 * MINUTE }, NOW).act;
    // The second since: two minutes.
    expect(may([mine(2), mine(20, true), mine(4), mine(22), mine(23)])).toBe(true);
    expect(may([mine(1.9), mine(20, true), mine(4), mine(22), mine(23)])).toBe(false);
    // However many there were, no more than the cool-down.
    expect(may(Array.from({ length: 60 }, (_, index) => mine(10 + index)))).toBe(true);
    expect(may(Array.from({ length: 60 }, (_, index) => mine(9.9 + index)))).toBe(false);
  });

  test("what is remembered does not grow", () => {
    const acts = Array.from({ length: 1_000 }, (_, index) => act(index));
    expect(recentActs(acts, SETTINGS, NOW).length).toBe(60);
  });
});
