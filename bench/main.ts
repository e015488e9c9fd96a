/**
 * The benchmark: whole processes, ours and the peers', in turn, over logs whose
 * truth is known.
 *
 *   npm run bench                     1 GB, 7 rounds; writes bench/RESULTS.md (4 GB of disk, tens of minutes)
 *   npm run bench -- --quick          20 MB, 3 rounds, writes nothing
 *   npm run bench -- --only NAME      only that case; may be given more than once
 *   npm run bench -- --size MB        size of the JSONL log
 *   npm run bench -- --rounds N
 *   npm run bench -- --seed N         another log
 *   npm run bench -- --write          write bench/RESULTS.md all the same
 *   npm run bench -- --clean          delete the logs that were made, and do nothing else
 */
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cacheDir } from "../lab/install.ts";
import { LOG_CASES, OTHER_CASES } from "./cases.ts";
import { judge } from "./goals.ts";
import { endedRuns, openRuns } from "./logs/special.ts";
import { storyLog } from "./logs/write.ts";
import type { CaseOutcome, GrowthRow, RunsRow } from "./outcome.ts";
import { renderCase, renderGoals, renderGrowth, renderResults, renderRuns, renderTools } from "./render.ts";
import { type Bench, runGrowth, runLogCase, runRuns, runStart, WrongAnswer } from "./run.ts";
import { findTools, type ToolName } from "./tools.ts";

const RESULTS = fileURLToPath(new URL("./RESULTS.md", import.meta.url));
const NAMES: readonly string[] = [...LOG_CASES.map((it) => it.name), ...OTHER_CASES];
const FULL = { size: 1000, rounds: 7, runs: 1_000_000 };
const QUICK = { size: 20, rounds: 3, runs: 20_000 };
const SLOW = { bytes: 100e6, rounds: 3 };
const GOALS_FROM = 400e6;
/** All forms of a log, to the size of its JSONL form. */
const DISK_A_BYTE = 2.1;

interface Plan {
  readonly names: ReadonlySet<string>;
  readonly bytes: number;
  readonly rounds: number;
  readonly seed: number;
  readonly runs: number;
  readonly write: boolean;
  readonly command: string;
}

async function main(args: readonly string[]): Promise<number> {
  const cache = join(cacheDir(), "bench");
  const logs = join(cache, "logs");
  const plan = planOf(args);
  if (plan === "clean") {
    rmSync(cache, { recursive: true, force: true });
    say(`deleted ${cache}`);
    return 0;
  }
  assertRoom(plan, logs);
  const wanted = new Set<ToolName>(
    LOG_CASES.filter((it) => plan.names.has(it.name)).flatMap((it) => it.peers.flatMap((peer) => peer.needs)),
  );
  const scratch = mkdtempSync(join(tmpdir(), "sessions-bench-"));
  process.once("SIGINT", () => {
    rmSync(scratch, { recursive: true, force: true });
    process.exit(130);
  });
  try {
    const tools = await findTools(wanted, say);
    show(renderTools(tools));
    return await measure(plan, logs, { tools, scratch, say });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function measure(plan: Plan, logs: string, bench: Bench): Promise<number> {
  const cases: CaseOutcome[] = [];
  for (const it of LOG_CASES.filter(({ name }) => plan.names.has(name))) {
    const bytes = it.slow ? Math.min(plan.bytes, SLOW.bytes) : plan.bytes;
    const log = await storyLog(logs, plan.seed, bytes, say);
    const rounds = it.slow ? Math.min(plan.rounds, SLOW.rounds) : plan.rounds;
    const outcome = await runLogCase(bench, it, log, rounds);
    if (outcome === undefined) say(`${it.name}: left out, nothing here writes ${it.form}`);
    else show(renderCase(cases[cases.push(outcome) - 1] as CaseOutcome));
  }
  if (plan.names.has("start")) {
    // A tenth of a second each, so more of them.
    const outcome = await runStart(bench, plan.rounds * 3);
    cases.push(outcome);
    show(renderCase(outcome));
  }
  const growth: GrowthRow[] = [];
  if (plan.names.has("growth")) {
    const sizes = [plan.bytes / 100, plan.bytes / 10, plan.bytes];
    const made = [];
    for (const bytes of sizes) made.push(await storyLog(logs, plan.seed, bytes, say));
    growth.push(...(await runGrowth(bench, made, Math.min(plan.rounds, 3))));
    show(renderGrowth(growth));
  }
  const runs: RunsRow[] = [];
  if (plan.names.has("runs")) {
    const count = (it: number): string => it.toLocaleString("en-US");
    runs.push(await runRuns(bench, `${count(plan.runs / 2)} open runs`, await openRuns(logs, plan.runs / 2)));
    runs.push(await runRuns(bench, `${count(plan.runs)} runs`, await endedRuns(logs, plan.runs)));
    show(renderRuns(runs));
  }
  const measured = { cases, growth, runs };
  const goals = judge(measured);
  show(renderGoals(goals.filter((it) => it.measured !== "not measured")));
  if (plan.bytes < GOALS_FROM)
    say("The goals are for logs of 400 MB and more; in this one the start weighs more than the reading.");
  if (plan.write) {
    const setting = { ...plan, date: new Date().toISOString().slice(0, 10), machine: machine(), tools: bench.tools };
    writeFileSync(RESULTS, renderResults(setting, goals, measured));
    say(`wrote ${RESULTS}`);
  }
  return runs.some((it) => it.wrong !== undefined) ? 1 : 0;
}

function planOf(args: readonly string[]): Plan | "clean" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true },
      size: { type: "string" },
      rounds: { type: "string" },
      seed: { type: "string", default: "1" },
      write: { type: "boolean", default: false },
      clean: { type: "boolean", default: false },
    },
  });
  if (values.clean) return "clean";
  const base = values.quick ? QUICK : FULL;
  for (const name of values.only ?? []) {
    if (!NAMES.includes(name)) throw new Error(`no case ${name}; there is: ${NAMES.join(", ")}`);
  }
  const size = number("--size", values.size ?? String(base.size));
  return {
    names: new Set(values.only ?? NAMES),
    bytes: size * 1e6,
    rounds: number("--rounds", values.rounds ?? String(base.rounds)),
    seed: number("--seed", values.seed),
    runs: Math.min(base.runs, size * 1000),
    write: values.write || (!values.quick && values.only === undefined),
    command: ["npm run bench", ...(args.length > 0 ? ["--", ...args] : [])].join(" "),
  };
}

function number(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} ${text}: a whole number, 1 or more`);
  return value;
}

/** The logs of a full run take some GB: better to say so now than to fill the disk. */
function assertRoom(plan: Plan, logs: string): void {
  const bytes = (plan.bytes * 1.11 + Math.min(plan.bytes, SLOW.bytes)) * DISK_A_BYTE + plan.runs * 1300;
  mkdirSync(logs, { recursive: true });
  const { bavail, bsize } = statfsSync(logs);
  say(`needs up to ${(bytes / 1e9).toFixed(2)} GB in ${logs}; \`npm run bench -- --clean\` frees it`);
  if (bavail * bsize < bytes * 1.2) throw new Error(`only ${((bavail * bsize) / 1e9).toFixed(2)} GB are free there`);
}

function machine(): string {
  const [processor] = cpus();
  // A machine that others use as well gives wide spreads.
  return `${cpus().length} × ${processor?.model.trim() ?? "unknown processor"}, ${Math.round(totalmem() / 1e9)} GB, ${process.platform} ${process.arch}, load ${loadavg()[0]?.toFixed(1)} at the end`;
}

function say(line: string): void {
  console.error(line);
}

function show(text: string): void {
  console.log(`\n${text}\n`);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof WrongAnswer ? 1 : 2;
  },
);
