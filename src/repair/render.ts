/** What `reset` prints, in words and as JSON. Pure; every text from outside is made fit to be shown here. */
import { escapeJson, escapeTerminal, withoutCommands } from "../escape.ts";
import type { Outcome } from "../model.ts";
import type { Plan, ResetReport, ResetResult, StepReport } from "./model.ts";
import { lostText, planText, targetText } from "./plan.ts";

export function gatewayText(url: string, version: string | null): string {
  return `Gateway  ${escapeTerminal(url)}${version === null ? "" : `, ${escapeTerminal(version)}`}\n`;
}

/**
 * @param now milliseconds since the epoch
 * @param withProbe a real message is to be sent afterwards
 */
export function planLines(plan: Plan, now: number, withProbe: boolean): string {
  return [
    `Session  ${escapeTerminal(targetText(plan.target, now))}`,
    `Will     ${escapeTerminal(planText(plan))}`,
    `Lost     ${escapeTerminal(lostText(plan))}`,
    ...(withProbe ? ["Proof    a real message, which costs a turn and stays in the conversation"] : []),
    "",
  ].join("\n");
}

export function stepLine(step: StepReport): string {
  const detail = escapeTerminal(step.detail);
  return `  ${step.action.padEnd(7)}  ${detail.padEnd(54)}  ${(step.ms / 1000).toFixed(1)} s\n`;
}

const LABEL: Readonly<Record<Outcome, string>> = {
  restored: "RESTORED",
  "already-free": "FREE",
  planned: "PLANNED",
  declined: "DECLINED",
  unverified: "UNVERIFIED",
  ineffective: "STILL BLOCKED",
  refused: "LEFT ALONE",
  "not-found": "NOT FOUND",
  ambiguous: "AMBIGUOUS",
  failed: "FAILED",
};

const MEANING: Readonly<Partial<Record<Outcome, string>>> = {
  "already-free": "nothing holds it",
  planned: "nothing was sent (--dry-run)",
  declined: "nothing was sent",
  unverified: "the step was sent; nothing here can tell whether it helped",
  ineffective: "what was sent changed nothing",
};

/** The last lines of one session: what became of it, the proof, and what to do next. */
export function resultLines(result: ResetResult): string {
  const name = escapeTerminal(result.sessionKey ?? result.id);
  const [proof] = result.evidence;
  const last = result.steps.at(-1);
  const said =
    proof === undefined
      ? (MEANING[result.outcome] ?? (last === undefined ? "" : escapeTerminal(last.detail)))
      : `proof: ${escapeTerminal(proof.text)} (${escapeTerminal(proof.source)}${proof.time === null ? "" : `, ${proof.time}`})`;
  const head = `${LABEL[result.outcome]} ${name}${said === "" ? "" : `   ${said}`}\n`;
  const next = result.next === undefined ? "" : `Next  ${escapeTerminal(result.next)}\n`;
  const note = result.nextNote === undefined ? "" : `      ${escapeTerminal(result.nextNote)}\n`;
  return withoutCommands(`${head}${next}${note}`);
}

export function renderJson(report: ResetReport): string {
  return `${escapeJson(JSON.stringify(report, null, 2))}\n`;
}
