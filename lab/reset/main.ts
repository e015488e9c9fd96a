/**
 * Plays the repair on real gateways and writes docs/compatibility.md.
 *
 *   npx tsx lab/reset/main.ts [versions…] [--trial NAME]… [--keep] [--verbose]
 */
import { parseArgs } from "node:util";
import { findGateway, GATEWAY_VERSIONS, gatewayName, type GatewayVersion } from "../versions.ts";
import { Arena } from "./arena.ts";
import { TRIALS } from "./scenarios/index.ts";
import type { Trial } from "./trial.ts";
import { writeCompatibility, type PlayedTrial } from "./compatibility.ts";
import { runProgram, say } from "../program.ts";

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      trial: { type: "string", multiple: true },
      keep: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
    },
  });
  const versions = positionals.length === 0 ? GATEWAY_VERSIONS : positionals.map(known);
  const played: PlayedTrial[] = [];
  for (const version of versions) {
    for (const trial of TRIALS) {
      if (!trial.appliesTo(version) || (values.trial && !values.trial.includes(trial.name))) continue;
      played.push(await playOne(version, trial, values.keep, values.verbose));
    }
  }
  writeCompatibility(played);
  const failed = played.filter(({ problem }) => problem !== undefined).length;
  say(`${played.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function playOne(version: GatewayVersion, trial: Trial, keep: boolean, verbose: boolean): Promise<PlayedTrial> {
  const began = Date.now();
  const notes: string[] = [];
  const note = (line: string): void => void (verbose ? say(`    ${line}`) : notes.push(line));
  let arena: Arena | undefined;
  let problem: string | undefined;
  let row = { doctor: "", freedBy: "" };
  try {
    arena = await Arena.open(version, trial, note);
    row = await trial.play(arena, (fact, text) => {
      if (!fact) throw new Error(text);
    });
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
    for (const line of notes) say(`    ${line}`);
    if (error instanceof Error && verbose) say(error.stack ?? "");
  } finally {
    await arena?.close(keep && problem !== undefined);
  }
  const seconds = Math.round((Date.now() - began) / 1000);
  say(
    `${problem === undefined ? "ok    " : "FAILED"} ${gatewayName(version)} ${trial.name} (${seconds} s)${problem === undefined ? `  ${row.freedBy}` : `: ${problem}`}`,
  );
  return { version, trial, row, problem };
}

function known(word: string): GatewayVersion {
  const found = findGateway(word);
  if (!found) throw new Error(`"${word}" is not known here; there is: ${GATEWAY_VERSIONS.map(gatewayName).join(", ")}`);
  return found;
}

runProgram(run);
