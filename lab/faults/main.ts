/**
 * Plays schedules of faults between the built program and a real gateway.
 *
 *   npm run lab:faults -- [version] [--schedules 20] [--seed 1] [--write] [--verbose]
 *
 * One start of the gateway serves them all: each has a session of its own, and
 * one restart in the same process wedges all of them. `--write` puts the figures
 * into docs/reliability.md.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import fc from "fast-check";

import { Arena } from "../reset/arena.ts";
import { findGateway, gatewayName, type GatewayVersion } from "../versions.ts";
import { schedules } from "./arbitrary.ts";
import { FaultProxy } from "./proxy.ts";
import { writeFigures } from "./figures.ts";
import { play, type Held, type Played } from "./trial.ts";
import { runProgram, say } from "../program.ts";

/** Pieces that a repair has in one direction on a real gateway, and the tool's `--timeout` twice. */
const MEASURES = { pieces: 14, longestDelayMs: 2_000 };

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      schedules: { type: "string", default: "20" },
      seed: { type: "string", default: "1" },
      write: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
    },
  });
  const version = findGateway(positionals[0] ?? "2026.1.24-3");
  if (!version) throw new Error(`"${positionals[0]}" is not known here`);
  const count = Number(values.schedules);
  const seed = Number(values.seed);
  const began = Date.now();
  const played = await playAll(version, count, seed, values.verbose ? say : () => {});
  const seconds = Math.round((Date.now() - began) / 1000);
  const failed = played.filter(({ problems }) => problems.length > 0);
  say(
    `${gatewayName(version)}, seed ${seed}: ${played.length - failed.length} of ${played.length} as they must be, ${seconds} s`,
  );
  if (values.write) writeFigures({ version, seed, seconds, played });
  return failed.length === 0 ? 0 : 1;
}

async function playAll(
  version: GatewayVersion,
  count: number,
  seed: number,
  note: (line: string) => void,
): Promise<Played[]> {
  const drawn = fc.sample(schedules(MEASURES), { seed, numRuns: count });
  const arena = await Arena.open(version, { agentDefaults: { maxConcurrent: count + 2 } }, note);
  const { port, auth } = configOf(arena);
  const proxy = await FaultProxy.start(port);
  try {
    const held = await holdAll(arena, count);
    // A run that no restart has cut may still live: there it takes --force.
    const words = version.abortsAtRestart ? ["--force"] : [];
    const played: Played[] = [];
    for (const [index, schedule] of drawn.entries()) {
      const one = held[index];
      if (!one) break;
      const result = await play({ arena, proxy, token: auth.token, words }, one, schedule);
      played.push(result);
      say(`${result.problems.length === 0 ? "ok    " : "FAILED"} ${result.outcomes.join(", ")}: ${result.schedule}`);
      for (const problem of result.problems) say(`       ${problem}`);
    }
    return played;
  } finally {
    await proxy.close();
    await arena.close();
  }
}

/** A session for each schedule, held by a run that hangs. */
async function holdAll(arena: Arena, count: number): Promise<Held[]> {
  const held: Held[] = [];
  for (let index = 0; index < count; index++) {
    const room = `room-${index}`;
    held.push({ room, message: await arena.stage.begin(room, "hang") });
  }
  if (!arena.version.abortsAtRestart) await arena.stage.restart();
  await arena.pause(500);
  return held;
}

function configOf(arena: Arena): { port: number; auth: { token: string } } {
  const text = readFileSync(join(arena.root, "config.json"), "utf8");
  return (JSON.parse(text) as { gateway: { port: number; auth: { token: string } } }).gateway;
}

runProgram(run);
