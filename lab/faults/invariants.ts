/**
 * What must be true of a repair whatever befell its connection. Judged from
 * what the gateway got and did, never from what we said of it. Pure.
 */
import type { ResetReport, ResetResult } from "../../src/repair/model.ts";
import { STEPS, type StepName } from "../../src/repair/steps/index.ts";
import { isStep, mayChange, type Request } from "./requests.ts";

/** One call of the tool. */
export interface Call {
  /** What ended it; null: it did not end. */
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
  readonly report: ResetReport | undefined;
  /** What the gateway got during the call, or may have got where nobody can tell. */
  readonly arrived: readonly Request[];
  /** Sessions that were free on the gateway when the call was over, by the forms of their keys. */
  readonly free: ReadonlySet<string>;
  /** It was told `--force`: it may repeat a step. */
  readonly force: boolean;
}

/** All calls upon one hold of one session, in order. */
export interface History {
  /** The forms of the session's key that was named. */
  readonly keys: ReadonlySet<string>;
  readonly calls: readonly Call[];
  /** The journal's text after the last of them. */
  readonly journal: string;
  /** How many writes to it may have been cut, by a kill or a full disk. */
  readonly cuts: number;
}

/** @returns what was not as it must be, in words; none: all is well */
export function violations(history: History): string[] {
  const { calls } = history;
  return [
    ...calls.flatMap((call, index) => callViolations(call, history, calls.slice(0, index + 1))),
    ...repeated(calls),
    ...journalViolations(history),
  ];
}

function callViolations(call: Call, { keys }: History, soFar: readonly Call[]): string[] {
  const said: string[] = [];
  const { exitCode, report, arrived } = call;
  const steps = arrived.filter(isStep);
  if (exitCode === null) said.push("the call did not end");
  else if (![0, 1, 2, 130].includes(exitCode)) said.push(`exit ${exitCode}`);
  if (/^\s+at .*:\d+/m.test(call.err + call.out)) said.push(`a stack trace: ${call.err}`);
  if (exitCode === 2 && arrived.some(mayChange)) said.push("exit 2, which says that nothing was sent");
  for (const step of arrived.filter(mayChange)) {
    const key = step.params["sessionKey"] ?? step.params["key"];
    if (!keys.has(String(key))) said.push(`${step.method} for ${String(key)}, which nobody named`);
  }
  for (const result of report?.results ?? []) {
    const isFree = call.free.has(result.sessionKey ?? result.id);
    if (exitCode === 0 && !isFree) said.push(`exit 0, and ${result.id} is still held`);
    const problem = untrue(result, isFree, steps, soFar);
    if (problem) said.push(`${result.outcome}: ${problem}`);
  }
  if (exitCode === 0 && !report?.ok) said.push("exit 0 without a report that says so");
  return said;
}

/** What is wrong with an outcome; undefined where it is true. */
function untrue(
  { outcome, evidence }: ResetResult,
  isFree: boolean,
  steps: readonly Request[],
  soFar: readonly Call[],
): string | undefined {
  switch (outcome) {
    case "restored":
      if (!isFree) return "it is held";
      if (evidence.length === 0) return "no evidence";
      return soFar.some((it) => it.arrived.some(isStep)) ? undefined : "no step ever arrived";
    case "already-free":
      return isFree ? undefined : "it is held";
    case "ineffective":
      return isFree ? "it is free" : undefined;
    case "unverified":
      return undefined;
    case "failed":
      // It may be a later step that could not be sent, after one that was seen not to help.
      return isFree && steps.length > 0 ? `it is free, and ${steps.map(({ method }) => method).join(", ")} arrived` : undefined; // prettier-ignore
    case "refused":
    case "declined":
    case "planned":
    case "not-found":
    case "ambiguous":
      return steps.length === 0 ? undefined : `${steps.map(({ method }) => method).join(", ")} arrived`;
  }
}

/** One identity for a step that must not come twice: the token differs from call to call, and says nothing. */
function identity({ method, params }: Request): string {
  return JSON.stringify([method, params["sessionKey"] ?? params["key"], params["message"] ?? null]);
}

function repeated(calls: readonly Call[]): string[] {
  const seen = new Set<string>();
  const said: string[] = [];
  for (const call of calls.filter(({ force }) => !force)) {
    for (const step of call.arrived.filter(isStep)) {
      const name = identity(step);
      if (seen.has(name)) said.push(`sent twice: ${name}`);
      seen.add(name);
    }
    // That repair is over, and was seen to have helped or not (whether that is true is asked above): what comes
    // later, on a log that can't show that the session is free, is another one.
    if (call.report?.results.some(({ outcome }) => outcome === "ineffective" || outcome === "restored")) seen.clear();
  }
  return said;
}

interface Line {
  readonly event: string;
  readonly step?: StepName;
  readonly result?: string;
  readonly repair?: string;
}

/** Of every line. */
const BEGINNING = '{"v":1,';

function journalViolations({ journal, cuts, calls }: History): string[] {
  const said: string[] = [];
  const texts = journal.split("\n");
  const last = texts.pop() ?? "";
  const lines: Line[] = [];
  let torn = last === "" ? 0 : 1;
  for (const text of texts) {
    const line = parsed(text);
    if (line) lines.push(line);
    else if (text.includes(BEGINNING, 1)) said.push(`journal: a torn line swallowed the next one: ${text}`);
    else if (BEGINNING.startsWith(text.slice(0, BEGINNING.length))) torn++;
    else said.push(`journal: a line that is none: ${text}`);
  }
  if (torn > cuts) said.push(`journal: ${torn} torn lines after ${cuts} cuts`);
  const steps = calls.flatMap((it) => it.arrived).filter(isStep);
  for (const method of new Set(steps.map((it) => it.method))) {
    const sends = lines.filter((it) => it.event === "send" && it.step && STEPS[it.step].method === method);
    if (sends.length === 0) said.push(`journal: ${method} arrived, and is not written down`);
    const unsent = lines.filter((it) => it.result === "not-sent" && it.step && STEPS[it.step].method === method);
    if (sends.length > 0 && unsent.length >= sends.length) {
      said.push(`journal: ${method} arrived, and is written down as not sent`);
    }
  }
  return said;
}

function parsed(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}
