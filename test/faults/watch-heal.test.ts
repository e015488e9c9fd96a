/** The repair that `watch --heal` begins by itself, whatever befalls its connections, and where a person ends it. */
import fc from "fast-check";
import { expect, test } from "vitest";

import { schedules } from "../../lab/faults/arbitrary.ts";
import { violations } from "../../lab/faults/invariants.ts";
import { isStep } from "../../lab/faults/requests.ts";
import { scheduleText } from "../../lab/faults/schedule.ts";
import { LONG_PATIENCE_MS, PATIENCE_MS } from "./play.ts";
import { playWatch } from "./play-watch.ts";
import { EARLY, type Nature } from "./served-gateway.ts";

/** `FAULT_SCHEDULES=2000 npx vitest run test/faults/watch-heal` plays as many. */
const RUNS = Number(process.env["FAULT_SCHEDULES"] ?? 80);
/** Most of a schedule is waiting. */
const AT_ONCE = 4;
/** A machine that is busy plays fewer (ms). */
const LONGEST_MS = 20_000 + RUNS * 100;

const natures: fc.Arbitrary<Nature> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(EARLY) },
  { weight: 1, arbitrary: fc.constantFrom(...["chat.abort", "sessions.reset", null].map((helps) => ({ version: "2026.9.6", debug: true, helps, denies: false }) as Nature)) }, // prettier-ignore
);

function outcomesOf({ calls }: Awaited<ReturnType<typeof playWatch>>): readonly string[] {
  return calls.map((it) => it.report?.results.map(({ outcome }) => outcome).join() ?? it.err);
}

test("without a fault it is healed by one step, and left alone by the next call", async () => {
  const played = await playWatch({ nature: EARLY, schedule: [], interruptAt: null, patienceMs: LONG_PATIENCE_MS });
  expect(violations(played)).toEqual([]);
  expect(outcomesOf(played)).toEqual(["restored", "already-free", "already-free"]);
  expect(played.calls.flatMap((it) => it.arrived.filter(isStep).map(({ method }) => method))).toEqual(["chat.send"]);
});

test(
  "every outcome is true, no step comes twice, and the journal is whole",
  async () => {
    const befallen = new Set<string>();
    const told = new Set<string>();
    const property = fc.asyncProperty(
      natures,
      // It connects once to follow, and once to repair.
      schedules({ pieces: 24, longestDelayMs: PATIENCE_MS * 2 }),
      fc.option(fc.nat(24), { freq: 3 }),
      async (nature, schedule, interruptAt) => {
        const played = await playWatch({ nature, schedule, interruptAt, patienceMs: PATIENCE_MS });
        for (const what of played.befallen) befallen.add(what);
        const said = outcomesOf(played);
        told.add(said[0] ?? "");
        const seen = { schedule: scheduleText(schedule), interruptAt, said, violations: violations(played) };
        expect(seen).toEqual({ ...seen, violations: [] });
      },
    );
    const each = { numRuns: Math.ceil(RUNS / AT_ONCE), endOnFailure: true, interruptAfterTimeLimit: LONGEST_MS };
    await Promise.all(Array.from({ length: AT_ONCE }, () => fc.assert(property, each)));
    // What never befell was not tested.
    expect(befallen.size).toBeGreaterThan(6);
    expect(told.size).toBeGreaterThan(1);
  },
  LONGEST_MS + 60_000,
);

test("Ctrl-C at any of its frames: what was sent is told, and nothing more is sent", async () => {
  const told: string[] = [];
  for (let interruptAt = 0; interruptAt < 24; interruptAt++) {
    const played = await playWatch({ nature: EARLY, schedule: [], interruptAt, patienceMs: LONG_PATIENCE_MS });
    const [watch] = played.calls;
    const said = outcomesOf(played);
    expect({ interruptAt, said, violations: violations(played) }).toEqual({ interruptAt, said, violations: [] });
    const steps = watch?.arrived.filter(isStep) ?? [];
    // A step that went out is never passed over in silence.
    if (steps.length > 0)
      expect({ interruptAt, said: said[0] }).toEqual({
        interruptAt,
        said: expect.stringMatching(/^(?:restored|unverified)$/),
      });
    told.push(said[0] ?? "");
  }
  expect(told).toEqual(expect.arrayContaining(["", "unverified", "restored"]));
});
