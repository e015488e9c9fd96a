/**
 * The lab: plays scenarios on real gateways and holds the doctor against what
 * happened outside their logs.
 *
 *   npm run lab                       all versions, all scenarios (about half an hour)
 *   npm run lab -- 2026.2.26 9.6      some versions
 *   npm run lab -- --quick            the oldest and the newest gateway, the scenarios that matter most
 *   npm run lab -- --keep FOLDER      keep the recordings there
 *   npm run lab -- --scenario NAME    only that one; may be given more than once
 *   npm run lab -- --workers N        gateways at once (2: each takes a core for its start)
 *   npm run lab -- --verbose          tell every message and event
 *   npm run lab -- --replay FOLDER    judge what --keep kept, without playing anything
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { differences } from "./compare.ts";
import { runDoctor } from "./doctor.ts";
import { installGateway } from "./install.ts";
import { record, recordingDir, type Recording } from "./record.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { tryShellWords } from "./shell-words.ts";
import type { Truth } from "./truth.ts";
import { findGateway, GATEWAY_VERSIONS, gatewayName, type GatewayVersion } from "./versions.ts";

interface Job {
  readonly version: GatewayVersion;
  readonly scenario: Scenario;
}

const QUICK_VERSIONS = ["2026.1.24-3", "2026.9.6"];
const QUICK_SCENARIOS = ["restart-mix", "crash", "lanes-exhausted", "restart-by-agent", "held-back", "info-level"];

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      workers: { type: "string", default: "2" },
      keep: { type: "string" },
      replay: { type: "string" },
      verbose: { type: "boolean", default: false },
      scenario: { type: "string", multiple: true },
    },
  });
  const words =
    positionals.length > 0 ? positionals : values.quick ? QUICK_VERSIONS : GATEWAY_VERSIONS.map(gatewayName);
  const jobs = jobsOf(words, values.scenario ?? (values.quick ? QUICK_SCENARIOS : SCENARIOS.map((one) => one.name)));
  if (values.replay !== undefined) return replay(jobs, values.replay);

  for (const version of new Set(jobs.map((job) => job.version))) await installGateway(version, say);
  const out = values.keep ?? mkdtempSync(join(tmpdir(), "sessions-lab-out-"));
  mkdirSync(out, { recursive: true });
  const verdicts: Verdict[] = [];
  await playAll(jobs, Number(values.workers), async (job) => {
    verdicts.push(
      await judge(job, () => record(job.version, job.scenario, out, values.verbose ? noteOf(job) : () => {})),
    );
  });
  if (values.scenario === undefined) verdicts.push(...(await shellWords(words)));
  const code = close(verdicts);
  if (values.keep === undefined && code === 0) rmSync(out, { recursive: true, force: true });
  else say(`recordings are in ${out}`);
  return code;
}

function jobsOf(words: readonly string[], names: readonly string[]): Job[] {
  const versions = words.map((word) => findGateway(word) ?? unknown(word, GATEWAY_VERSIONS.map(gatewayName)));
  const scenarios = names.map(
    (name) =>
      SCENARIOS.find((one) => one.name === name) ??
      unknown(
        name,
        SCENARIOS.map((one) => one.name),
      ),
  );
  return versions.flatMap((version) =>
    scenarios.filter((scenario) => scenario.appliesTo(version)).map((scenario) => ({ version, scenario })),
  );
}

/** A note with the seconds since the job began. */
function noteOf({ version, scenario }: Job): (line: string) => void {
  const began = Date.now();
  const name = `${gatewayName(version)} ${scenario.name}`;
  return (line) => say(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} ${name}: ${line}`);
}

type Verdict = "passed" | "failed";

/** `clawdbot sessions doctor` as typed: where the first version, whose command swallows it, is among the versions. */
async function shellWords(words: readonly string[]): Promise<Verdict[]> {
  const [first] = GATEWAY_VERSIONS;
  if (!first || !words.some((word) => findGateway(word) === first)) return [];
  const wrong = tryShellWords(await installGateway(first, say));
  say(`${wrong.length === 0 ? "ok    " : "FAILED"} ${gatewayName(first)} shell-words`);
  for (const line of wrong) say(`         ${line}`);
  return [wrong.length === 0 ? "passed" : "failed"];
}

async function replay(jobs: readonly Job[], folder: string): Promise<number> {
  const verdicts: Verdict[] = [];
  for (const job of jobs) {
    const dir = recordingDir(folder, job.version, job.scenario);
    if (!existsSync(dir)) continue;
    const truth = JSON.parse(readFileSync(join(dir, "truth.json"), "utf8")) as Truth;
    verdicts.push(await judge(job, async () => ({ dir, truth })));
  }
  return close(verdicts);
}

function close(verdicts: readonly Verdict[]): number {
  const failed = verdicts.filter((verdict) => verdict === "failed").length;
  say(`${verdicts.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** Holds the doctor against both logs of a recording, and says what it found. */
async function judge({ version, scenario }: Job, recording: () => Promise<Recording>): Promise<Verdict> {
  const began = Date.now();
  const wrong: string[] = [];
  let told = "";
  try {
    const { dir, truth } = await recording();
    told = `${Object.keys(truth.runs).length} messages, ${Object.keys(truth.sessions).length} sessions`;
    for (const log of logsThatTell({ version, scenario })) {
      const { exitCode, report } = await runDoctor([join(dir, log)]);
      wrong.push(...differences(truth, report, exitCode).map((line) => `${log}: ${line}`));
    }
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  }
  const seconds = Math.round((Date.now() - began) / 1000);
  const name = `${gatewayName(version)} ${scenario.name}`;
  say(`${wrong.length === 0 ? "ok    " : "FAILED"} ${name.padEnd(48)} ${told} (${seconds} s)`);
  for (const line of wrong) say(`         ${line}`);
  return wrong.length === 0 ? "passed" : "failed";
}

function logsThatTell({ version, scenario }: Job): string[] {
  return scenario.debug && version.fileHolds === "warnings" ? ["console.log"] : ["gateway.jsonl", "console.log"];
}

async function playAll(jobs: readonly Job[], workers: number, play: (job: Job) => Promise<void>): Promise<void> {
  const waiting = [...jobs];
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await play(job);
  };
  await Promise.all(Array.from({ length: workers }, work));
}

function unknown(word: string, known: readonly string[]): never {
  throw new Error(`"${word}" is not known here; there is: ${known.join(", ")}`);
}

function say(line: string): void {
  console.log(line);
}

main(process.argv.slice(2)).then(
  // Sockets and timers of the gateways would keep us here.
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
