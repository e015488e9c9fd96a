/** The open runs of a process, found by session and by what befell them, against a plain list of them. */
import fc from "fast-check";
import { expect, test } from "vitest";

import { OpenRuns } from "../../src/tracker/open-runs.ts";
import type { Run } from "../../src/tracker/state.ts";

const CUT = { cause: "restart", time: 0, life: 1 } as const;
const runOf = (index: number, sessionId: string | undefined, attempts: number) =>
  ({ runId: `r${index}`, sessionId, attempts, cut: undefined }) as Run;

test("are what a list of them says, whatever is added, cut, revived and deleted", () => {
  const run = fc.record({ session: fc.constantFrom(undefined, "s", "t"), attempts: fc.nat(1) });
  const step = fc.tuple(fc.constantFrom("add", "delete", "cut", "revive"), fc.nat(4));
  const steps = fc.array(step, { maxLength: 40, size: "max" });
  fc.assert(
    fc.property(fc.array(run, { minLength: 5, maxLength: 5 }), steps, (made, played) => {
      const runs = made.map(({ session, attempts }, index) => runOf(index, session, attempts));
      const open = new OpenRuns();
      let list: Run[] = [];
      for (const [what, index] of played) {
        const it = runs[index];
        if (!it) continue;
        if (what === "cut") open.cutOff(it, CUT);
        else if (what === "revive") open.revive(it);
        else open[what](it);
        if (what === "add" && !list.includes(it)) list.push(it);
        if (what === "delete") list = list.filter((one) => one !== it);
        if (what === "cut" || what === "revive") expect(it.cut).toBe(what === "cut" ? CUT : undefined);

        const sorted = (some: Iterable<Run>) => [...some].map(({ runId }) => runId).toSorted();
        expect(open.size).toBe(list.length);
        expect(sorted(open.cut())).toEqual(sorted(list.filter(({ cut }) => cut)));
        expect(sorted(open.uncut())).toEqual(sorted(list.filter(({ cut }) => !cut)));
        // Those that were cut off stand first.
        expect([...open]).toEqual([...open.cut(), ...open.uncut()]);
        expect(sorted(open)).toEqual(sorted(list));
        for (const session of ["s", "t"]) {
          const own = list.filter(({ sessionId }) => sessionId === session);
          expect(open.allOfSession(session)).toEqual(own);
          expect(open.ofSession(session)).toBe(own.at(-1));
        }
        const startless = list.filter(({ attempts }) => attempts === 0);
        expect(open.onlyStartless).toBe(startless.length === 1 ? startless[0] : undefined);
        expect(open.only).toBe(list.length === 1 ? list[0] : undefined);
      }
    }),
    { numRuns: 300 },
  );
});

test("can be cut off, revived and deleted while one goes over them", () => {
  const open = new OpenRuns();
  const runs = [1, 2, 3].map((index) => runOf(index, "s", 1));
  for (const run of runs) open.add(run);
  for (const run of open.uncut()) open.cutOff(run, CUT);
  expect([...open.cut()]).toEqual(runs);
  for (const run of open.allOfSession("s")) open.delete(run);
  expect([open.size, open.ofSession("s")]).toEqual([0, undefined]);
});

test("are none once they are cleared", () => {
  const open = new OpenRuns();
  for (const [index, cut] of [true, false].entries()) open.add({ ...runOf(index, "s", 0), cut: cut ? CUT : undefined });
  expect(open.size).toBe(2);
  open.clear();
  expect([open.size, [...open], open.allOfSession("s"), open.ofSession("s"), open.onlyStartless, open.only]).toEqual([
    0,
    [],
    [],
    undefined,
    undefined,
    undefined,
  ]);
});
