/** A repair that is killed at a chosen point. */
import type { History } from "../../lab/faults/invariants.ts";
import type { Moment } from "../../lab/faults/proxy.ts";
import { isStep } from "../../lab/faults/requests.ts";
import { goOn, inArena, silenced } from "./program.ts";
import { KEYS } from "./served-gateway.ts";

/**
 * Loaded before the program: ends it with SIGKILL at the nth call that changes
 * the file system, after `half` of it where it is a write. With the number 0 the
 * calls are counted and told on stderr.
 */
const KILLER = `
import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
const at = Number(process.env.KILL_AT), how = process.env.KILL_HOW;
let count = 0;
const changes = (name, flags) => name !== "openSync" || (typeof flags === "number" ? (flags & 3) !== 0 : flags !== "r");
for (const name of ["openSync", "writeSync", "writeFileSync", "fsyncSync", "linkSync", "renameSync", "rmSync", "mkdirSync"]) {
  const real = fs[name];
  fs[name] = function (...args) {
    if (!changes(name, args[1]) || ++count !== at) return real.apply(this, args);
    try {
      if (how === "half" && name === "writeSync") real.call(this, args[0], args[1].subarray(0, args[1].length >> 1));
      if (how === "after") real.apply(this, args);
    } finally {
      process.kill(process.pid, "SIGKILL");
    }
  };
}
syncBuiltinESMExports();
if (at === 0) process.on("exit", () => process._rawDebug("CHANGES " + count));
`;

/** Where the first call is killed. */
export type Death =
  | { readonly by: "moment"; readonly moment: Moment }
  | { readonly by: "change"; readonly at: number; readonly how: "before" | "half" | "after" };

export interface Points {
  readonly moments: readonly Moment[];
  /** The request that is the step. */
  readonly step: number;
  /** Calls that change the file system. */
  readonly changes: number;
}

/** All the points at which a repair without a fault can be killed. */
export async function points(): Promise<Points> {
  const moments: Moment[] = [];
  return await inArena(
    async ({ run, proxy }) => {
      const { call } = await run({ preload: KILLER, env: { KILL_AT: "0" } });
      // The HTTP head is piece 0.
      const step = 1 + proxy.passed.findIndex(isStep);
      return { moments, step, changes: Number(/CHANGES (\d+)/.exec(call.err)?.[1] ?? 0) };
    },
    (moment) => {
      moments.push(moment);
      return undefined;
    },
  );
}

/** Kills a call, and then calls again. */
export async function killAndGoOn(death: Death): Promise<History> {
  let pid: number | undefined;
  const onMoment = (moment: Moment): "drop" | undefined => {
    if (pid === undefined || death.by !== "moment" || !isSame(death.moment, moment)) return undefined;
    process.kill(pid, "SIGKILL");
    return moment.when === "before" ? "drop" : undefined;
  };
  return await inArena(async (arena) => {
    const change = death.by === "change" && { KILL_AT: String(death.at), KILL_HOW: death.how };
    const killing = change ? { preload: KILLER, env: change } : {};
    const { call, signal } = await arena.run({ ...killing, started: (it) => (pid = it) });
    pid = undefined;
    if (signal !== "SIGKILL") throw new Error(`it was not killed: exit ${call.exitCode} ${call.err}`);
    const calls = [silenced(call), ...(await goOn(arena))];
    return { keys: KEYS, calls, journal: arena.journal(), cuts: 1 };
  }, onMoment);
}

function isSame(a: Moment, b: Moment): boolean {
  return a.direction === b.direction && a.index === b.index && a.when === b.when;
}
