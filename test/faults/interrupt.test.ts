/** Ctrl-C in the middle of several sessions: what was begun is told truly, nothing more is sent. Needs a build. */
import { expect, test } from "vitest";

import { violations, type Call } from "../../lab/faults/invariants.ts";
import type { Moment } from "../../lab/faults/proxy.ts";
import { isStep, type Request } from "../../lab/faults/requests.ts";
import { atOnce, goOn, inArena } from "./program.ts";
import { formsOf } from "./served-gateway.ts";

const ROOMS = ["one", "two", "three"];
/** `FAULT_KILLS=all`: at every frame in both directions. */
const PLAYS_ALL = process.env["FAULT_KILLS"] === "all";

/** What a repair of all of them sends and gets, and at which of the frames its steps go out. */
async function frames(): Promise<{ readonly moments: readonly Moment[]; readonly steps: readonly number[] }> {
  const moments: Moment[] = [];
  return await inArena(
    async ({ run, proxy }) => {
      const { call } = await run();
      expect(call.report?.results.map(({ outcome }) => outcome)).toEqual(ROOMS.map(() => "restored"));
      // The HTTP head is piece 0.
      const steps = proxy.passed.flatMap((request, index) => (isStep(request) ? [index + 1] : []));
      return { moments, steps };
    },
    (moment) => void moments.push(moment),
    ROOMS,
  );
}

function isOf(room: string, { params }: Request): boolean {
  return formsOf(room).has(String(params["sessionKey"] ?? params["key"]));
}

/** A call as far as it is about one session. */
function about(room: string, call: Call): Call {
  const { report } = call;
  return {
    ...call,
    arrived: call.arrived.filter((it) => isOf(room, it)),
    ...(report && { report: { ...report, results: report.results.filter(({ id }) => id === room) } }),
  };
}

async function interruptAt(at: Moment): Promise<{ readonly call: Call; readonly problems: readonly string[] }> {
  let pid: number | undefined;
  return await inArena(
    async (arena) => {
      const { call, signal } = await arena.run({ started: (it) => (pid = it) });
      pid = undefined;
      if (signal !== null) return { call, problems: [`ended by ${signal}`] };
      // What never was under way has no report, and says nothing of any session.
      const calls = [call, ...(await goOn(arena))];
      const journal = arena.journal();
      const problems = ROOMS.flatMap((room) => {
        const history = { keys: formsOf(room), calls: calls.map((it) => about(room, it)), journal, cuts: 0 };
        return violations(history).map((it) => `${room}: ${it}`);
      });
      return { call, problems: [...problems, ...untold(call), ...stillHeld(calls)] };
    },
    (moment) => {
      if (pid !== undefined && JSON.stringify(moment) === JSON.stringify(at)) process.kill(pid, "SIGINT");
      return undefined;
    },
    ROOMS,
  );
}

/** What was sent, and nothing was said of it. */
function untold({ exitCode, arrived, report }: Call): string[] {
  const steps = arrived.filter(isStep);
  const results = report?.results ?? [];
  const said: string[] = [];
  if (exitCode !== 130 && !report?.ok) said.push(`exit ${exitCode}`);
  for (const room of ROOMS.filter((it) => steps.some((step) => isOf(it, step)))) {
    const outcome = results.find(({ id }) => id === room)?.outcome;
    if (outcome !== "restored" && outcome !== "unverified") said.push(`${room}, to which a step went, is ${outcome}`);
  }
  for (const { id, outcome, steps: told } of results) {
    // Nobody waits for what may take a while.
    if (outcome === "unverified" && told.at(-1)?.detail !== "interrupted") said.push(`${id} was waited for`);
  }
  if (report && results.length !== ROOMS.length) said.push("not all that were named are told of");
  return said;
}

function stillHeld(calls: readonly Call[]): string[] {
  return calls.at(-1)?.exitCode === 0 ? [] : [`not freed in the end: ${calls.at(-1)?.err}`];
}

test("of each session it is told what became of it, and the next call finishes the rest", async () => {
  const { moments, steps } = await frames();
  expect(steps).toHaveLength(ROOMS.length);
  const [first = 0, second = 0, third = 0] = steps;
  const chosen = moments.filter(({ direction, index, when }) => {
    if (PLAYS_ALL) return true;
    const isNear = steps.some((step) => Math.abs(step - index) <= 1);
    return direction === "to-gateway" && (when === "after" || index === second) && (isNear || index < 2);
  });
  expect(first < second && second < third).toBe(true);
  const endings = new Set<string>();
  const problems: string[] = [];
  await atOnce(chosen, async (moment) => {
    const { call, problems: found } = await interruptAt(moment);
    const told = call.report?.results.map(({ outcome }) => outcome).join(", ") ?? "nothing";
    endings.add(told);
    problems.push(...found.map((it) => `${JSON.stringify(moment)}: ${told}: ${it}`));
  });
  expect(problems).toEqual([]);
  // Before anything was sent there is nothing to tell; then one after the other.
  expect([...endings]).toEqual(
    expect.arrayContaining([
      "nothing",
      "unverified, declined, declined",
      "restored, unverified, declined",
      "restored, restored, unverified",
    ]),
  );
}, 300_000);
