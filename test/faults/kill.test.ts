/** SIGKILL at any point of a repair: the next call finishes it truly, and sends nothing twice. Needs a build. */
import { expect, test } from "vitest";

import { violations } from "../../lab/faults/invariants.ts";
import { killAndGoOn, points, type Death, type Points } from "./killed.ts";
import { atOnce } from "./program.ts";

/** `FAULT_KILLS=all`: at every frame in both directions, and before, within and after every change. */
const PLAYS_ALL = process.env["FAULT_KILLS"] === "all";

/** What differs for the journal and the gateway: the rest are the same states seen from the other side. */
function deathsOf({ moments, step, changes }: Points): Death[] {
  const hows = PLAYS_ALL ? (["before", "half", "after"] as const) : (["half"] as const);
  return [
    ...moments
      .filter(({ direction, index, when }) => {
        if (PLAYS_ALL) return true;
        return direction === "to-gateway" && index >= step - 1 && (when === "after" || index === step);
      })
      .map((moment): Death => ({ by: "moment", moment })),
    ...Array.from({ length: changes }, (_, index) =>
      hows.map((how): Death => ({ by: "change", at: index + 1, how })),
    ).flat(),
  ];
}

test("a repair that is killed at any point is finished by the next call", async () => {
  const all = await points();
  const deaths = deathsOf(all);
  expect(all.step).toBeGreaterThan(3);
  expect(all.changes).toBeGreaterThan(20);
  const problems: string[] = [];
  const endings = new Set<string>();
  await atOnce(deaths, async (death) => {
    const history = await killAndGoOn(death);
    const outcomes = history.calls.slice(1).map((it) => it.report?.results[0]?.outcome ?? it.err);
    endings.add(outcomes.join(", "));
    // In the end it is free, and somebody said so.
    if (history.calls.at(-1)?.exitCode !== 0) problems.push(`${JSON.stringify(death)}: ${outcomes.join(", ")}`);
    problems.push(...violations(history).map((it) => `${JSON.stringify(death)}: ${it}`));
  });
  expect(problems).toEqual([]);
  // Killed before the step, between its record and itself, after it, and after the record of its end.
  expect([...endings].toSorted()).toEqual(["already-free", "ineffective, restored", "restored"]);
}, 600_000);
