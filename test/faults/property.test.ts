/** Whatever befalls the connection, every outcome is true, and no step is sent twice. */
import fc from "fast-check";
import { expect, test } from "vitest";

import { schedules } from "../../lab/faults/arbitrary.ts";
import { violations } from "../../lab/faults/invariants.ts";
import { scheduleText } from "../../lab/faults/schedule.ts";
import { PATIENCE_MS, play } from "./play.ts";
import { EARLY, type Nature } from "./served-gateway.ts";

/** `FAULT_SCHEDULES=5000 npx vitest run test/faults/property` plays as many. */
const RUNS = Number(process.env["FAULT_SCHEDULES"] ?? 240);
/** Most of a schedule is waiting. */
const AT_ONCE = 8;
/** A machine that is busy plays fewer (ms). */
const LONGEST_MS = 20_000 + RUNS * 100;

const natures: fc.Arbitrary<Nature> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(EARLY) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        version: fc.constantFrom("2026.1.24-3", "2026.2.26", "2026.3.31", "2026.9.6", null),
        debug: fc.boolean(),
        helps: fc.constantFrom("chat.send", "chat.abort", "sessions.abort", "sessions.reset", null),
        denies: fc.boolean(),
      },
      { noNullPrototype: true },
    ),
  },
);
const words = fc.constantFrom("main", "main --new-session", "--all-blocked", "main --probe --probe-timeout 50ms");
/** Within the pause between two repairs of a session, and past it (ms). */
const pauses = fc.constantFrom(1_000, 120_000);

test("without a fault it is restored, by one step, and left alone by the next call", async () => {
  const played = await play({ nature: EARLY, words: "main", schedules: [], pauseMs: 1_000 });
  expect(violations(played)).toEqual([]);
  expect(played.calls.map((it) => it.report?.results.map(({ outcome }) => outcome))).toEqual([
    ["restored"],
    ["already-free"],
  ]);
  expect(played.calls.flatMap((it) => it.arrived.map(({ method }) => method))).toEqual(["chat.send"]);
});

test(
  "every outcome is true, no step comes twice, and the journal is whole",
  async () => {
    const befallen = new Map<string, number>();
    const property = fc.asyncProperty(
      natures,
      words,
      // Often the call that is to finish it meets faults too.
      fc.array(schedules({ pieces: 14, longestDelayMs: PATIENCE_MS * 2 }), { minLength: 1, maxLength: 2 }),
      pauses,
      async (nature, words, schedules, pauseMs) => {
        const played = await play({ nature, words, schedules, pauseMs });
        for (const what of played.befallen) befallen.set(what, (befallen.get(what) ?? 0) + 1);
        const said = played.calls.map((it) => it.report?.results.map(({ outcome }) => outcome).join() ?? it.err);
        const seen = { schedules: schedules.map(scheduleText), said, violations: violations(played) };
        expect(seen).toEqual({ ...seen, violations: [] });
      },
    );
    // Shrinking plays hundreds more, and they are short as they are.
    const each = { numRuns: Math.ceil(RUNS / AT_ONCE), endOnFailure: true, interruptAfterTimeLimit: LONGEST_MS };
    await Promise.all(Array.from({ length: AT_ONCE }, () => fc.assert(property, each)));
    // What never befell was not tested.
    expect([...befallen.keys()].length).toBeGreaterThan(8);
  },
  LONGEST_MS + 60_000,
);
