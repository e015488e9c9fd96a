/** Runs the cases: first every answer is checked, then everybody takes turns. */
import { readFileSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Report } from "../src/model.ts";
import { type LogCase, ours, oursPiped, type Peer, START } from "./cases.ts";
import { wrongsOf } from "./check.ts";
import type { SpecialLog } from "./logs/special.ts";
import type { FormFile, MadeLog } from "./logs/write.ts";
import { type Command, type Ran, time, use, type Used } from "./measure.ts";
import type { CaseOutcome, GrowthRow, Row, RunsRow } from "./outcome.ts";
import { pairedRatios, spread } from "./stats.ts";
import type { Tools } from "./tools.ts";

/** An answer that is not the truth: no time of it is worth anything. */
export class WrongAnswer extends Error {}

export interface Bench {
  readonly tools: Tools;
  /** A folder for what the processes print; ours to delete. */
  readonly scratch: string;
  readonly say: (line: string) => void;
}

interface Contender {
  readonly name: string;
  readonly command: (watched: boolean) => Command;
  readonly exitCode: number;
  /** It only passes bytes on, and keeping them would measure the disk. */
  readonly isSink: boolean;
}

export async function runLogCase(
  bench: Bench,
  it: LogCase,
  log: MadeLog,
  rounds: number,
): Promise<CaseOutcome | undefined> {
  const file = log.forms[it.form];
  if (!file) return undefined;
  const peers = it.peers.filter((peer) => peer.needs.every((tool) => bench.tools.versions.has(tool)));
  bench.say(`${it.name}: checking ${peers.length + 1} answers`);
  const read = (words: readonly string[]) => (it.piped ? ["doctor", ...words, "-"] : ["doctor", ...words, file.path]);
  await warm(file.path);
  await checkOurs(bench, it, read(["--json"]), file, log);
  for (const peer of peers) await checkPeer(bench, peer, file, log);
  const contenders: Contender[] = [
    {
      name: "clawdbot-sessions",
      command: (watched) => (it.piped ? oursPiped(file.path, watched) : ours(read([]), watched)),
      exitCode: 1,
      isSink: false,
    },
    ...peers.map((peer) => ({
      name: peer.name,
      command: () => peer.command(file.path, bench.tools.duckdb ?? ""),
      exitCode: 0,
      isSink: peer.prints === undefined,
    })),
  ];
  const rows = await compete(bench, it.name, contenders, rounds);
  return { name: it.name, title: it.title, bytes: file.bytes, textBytes: textBytes(it, log), rounds, rows };
}

function textBytes(it: LogCase, log: MadeLog): number {
  return it.form === "gzip" || it.form === "zstd" ? log.forms.jsonl.bytes : (log.forms[it.form]?.bytes ?? 0);
}

export async function runStart(bench: Bench, rounds: number): Promise<CaseOutcome> {
  bench.say("start: checking the answer");
  const colours = { FORCE_COLOR: "1" };
  const output = join(bench.scratch, "start");
  await expectExit(ours(["doctor", START.log], false, colours), output, 1);
  const text = readFileSync(output, "utf8");
  if (!text.includes("BLOCKED") || !text.includes("\u001b[")) {
    throw new WrongAnswer(`start: no table in colours:\n${text}`);
  }
  const bytes = statSync(START.log).size;
  const contenders: Contender[] = [
    {
      name: "clawdbot-sessions",
      command: (watched) => ours(["doctor", START.log], watched, colours),
      exitCode: 1,
      isSink: false,
    },
    { name: START.peerName, command: () => START.peer, exitCode: 0, isSink: false },
  ];
  const rows = await compete(bench, "start", contenders, rounds);
  return { name: "start", title: START.title, bytes, textBytes: bytes, rounds, rows };
}

/** Us alone over logs of several sizes. */
export async function runGrowth(bench: Bench, logs: readonly MadeLog[], rounds: number): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = [];
  for (const log of logs) {
    const { path, bytes } = log.forms.jsonl;
    bench.say(`growth: ${Math.round(bytes / 1e5) / 10} MB`);
    await warm(path);
    await checkAnswer(bench, ours(["doctor", "--json", path], false), "growth", log);
    const ms: number[] = [];
    const output = join(bench.scratch, "growth");
    for (let round = 0; round < rounds; round++)
      ms.push((await expectExit(ours(["doctor", path], false), output, 1)).ms);
    const { peak } = await use(ours(["doctor", path], true), output, bench.scratch);
    rows.push({ bytes, ms: spread(ms), peak });
  }
  return rows;
}

/** Many runs, once. An answer that fails here is told in the results: today's build may not be up to it. */
export async function runRuns(bench: Bench, title: string, log: SpecialLog): Promise<RunsRow> {
  bench.say(`runs: ${title}`);
  await warm(log.file.path);
  const output = join(bench.scratch, "runs");
  const ran = await use(ours(["doctor", "--utc", log.file.path], true), output, bench.scratch);
  const wrong = wrongRuns(ran, readFileSync(output, "utf8"), log);
  if (wrong !== undefined) bench.say(`runs: WRONG: ${wrong}`);
  return { title, runs: log.runs, bytes: log.file.bytes, ms: ran.ms, peak: ran.peak, wrong };
}

/** A JSON report of so many open runs would be longer than a string can be, so the table's first line must do. */
function wrongRuns(ran: Ran, text: string, log: SpecialLog): string | undefined {
  if (ran.exitCode !== 0) return `ended with ${ran.signal ?? `exit code ${ran.exitCode}`}`;
  const numbers = (text.slice(0, 400).match(/\d[\d,]*/g) ?? []).map((it) => Number(it.replaceAll(",", "")));
  const expected = log.open > 0 ? [log.runs, log.runs, 0, log.open] : [log.runs, log.runs];
  if (text.startsWith("CLEAN") && expected.every((count, index) => numbers[index] === count)) return undefined;
  return `told: ${text.split("\n", 1)[0]}`;
}

async function checkOurs(
  bench: Bench,
  it: LogCase,
  words: readonly string[],
  file: FormFile,
  log: MadeLog,
): Promise<void> {
  const command = ours(words, false);
  await checkAnswer(bench, it.piped ? { pipe: [["cat", file.path], ...command.pipe] } : command, it.name, log);
}

async function checkAnswer(bench: Bench, command: Command, name: string, log: MadeLog): Promise<void> {
  const output = join(bench.scratch, "check");
  await expectExit(command, output, 1);
  const wrongs = wrongsOf(JSON.parse(readFileSync(output, "utf8")) as Report, log.truth);
  if (wrongs.length > 0) throw new WrongAnswer([`${name}: our answer is wrong`, ...wrongs.slice(0, 20)].join("\n  "));
}

async function checkPeer(bench: Bench, peer: Peer, file: FormFile, log: MadeLog): Promise<void> {
  const output = peer.prints === undefined ? "/dev/null" : join(bench.scratch, "check");
  await expectExit(peer.command(file.path, bench.tools.duckdb ?? ""), output, 0);
  if (peer.prints === undefined) return;
  const told = readFileSync(output, "utf8").trim();
  const expected = peer.prints(log.truth, file);
  if (told !== expected) throw new WrongAnswer(`${peer.name}: printed ${told.slice(0, 200)}, not ${expected}`);
}

async function expectExit(command: Command, output: string, exitCode: number): Promise<Ran> {
  const ran = await time(command, output);
  if (ran.exitCode !== exitCode) {
    const words = command.pipe.map((it) => it.join(" ")).join(" | ");
    throw new WrongAnswer(`exit ${ran.signal ?? ran.exitCode}, not ${exitCode}: ${words}`);
  }
  return ran;
}

async function compete(bench: Bench, name: string, contenders: readonly Contender[], rounds: number): Promise<Row[]> {
  const times = contenders.map((): number[] => []);
  const outputOf = (it: Contender): string => (it.isSink ? "/dev/null" : join(bench.scratch, "timed"));
  bench.say(`${name}: ${rounds} rounds`);
  for (let round = 0; round < rounds; round++) {
    for (const [index, it] of contenders.entries()) {
      times[index]?.push((await expectExit(it.command(false), outputOf(it), it.exitCode)).ms);
    }
  }
  const used: Used[] = [];
  for (const it of contenders) used.push(await use(it.command(true), outputOf(it), bench.scratch));
  const [mine] = times as [number[]];
  return contenders.map((it, index) => ({
    name: it.name,
    ms: spread(times[index] as number[]),
    ratio: index === 0 ? undefined : pairedRatios(mine, times[index] as number[]),
    peak: used[index]?.peak,
    cpu: used[index]?.cpu,
  }));
}

/** Reads a file once, so that everybody finds it in memory. */
async function warm(path: string): Promise<void> {
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(1024 * 1024);
    while ((await file.read(buffer)).bytesRead > 0);
  } finally {
    await file.close();
  }
}
