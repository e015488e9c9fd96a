/** Holds what the doctor said of a log against what became of the runs outside it. */
import type { Report } from "../src/model.ts";
import type { Truth } from "./truth.ts";

type Said = Pick<Report, "verdict" | "runs" | "sessions">;

/** Every difference, one sentence each; none is a pass. */
export function differences(truth: Truth, report: Said, exitCode: number): string[] {
  return truth.showsRuns
    ? [
        ...runDifferences(truth, report),
        ...sessionDifferences(truth, report),
        ...verdictDifferences(truth, report, exitCode),
      ]
    : blindDifferences(truth, report, exitCode);
}

function runDifferences(truth: Truth, report: Said): string[] {
  return Object.entries(truth.runs).flatMap(([id, { expect }]) => {
    const run = report.runs.find((one) => one.runId === id);
    const said = run === undefined ? "never-started" : run.cause === null ? run.state : `${run.state}:${run.cause}`;
    return said === expect ? [] : [`run ${id}: ${said}, in truth ${expect}`];
  });
}

function sessionDifferences(truth: Truth, report: Said): string[] {
  return Object.entries(truth.sessions).flatMap(([key, { expect, heldBack, lockedOut }]) => {
    const said = sessionState(report, key) ?? "not mentioned";
    const right =
      said === expect ||
      (heldBack === true && said === "busy") ||
      // Its messages fail aloud; no run holds it.
      (lockedOut === true && said === "free") ||
      (expect === "free" && said === "not mentioned");
    return right ? [] : [`session ${key}: ${said}, in truth ${expect}${heldBack ? " (held back)" : ""}`];
  });
}

function verdictDifferences(truth: Truth, report: Said, exitCode: number): string[] {
  const sessions = Object.values(truth.sessions);
  const mustFail = sessions.some((session) => session.expect === "blocked" && !session.heldBack && !session.lockedOut);
  const mayFail = sessions.some((session) => session.expect === "blocked");
  if (mustFail && exitCode !== 1)
    return [`exit code ${exitCode} and verdict ${report.verdict}, though sessions are blocked`];
  if (!mayFail && exitCode !== 0)
    return [`exit code ${exitCode} and verdict ${report.verdict}, though none is blocked`];
  return [];
}

/** A log that shows no runs: nothing may be called clean, and nothing that works may be called blocked. */
function blindDifferences(truth: Truth, report: Said, exitCode: number): string[] {
  const wrong = Object.entries(truth.sessions)
    .filter(([key, { wedged }]) => !wedged && sessionState(report, key) === "blocked")
    .map(([key]) => `session ${key}: blocked, in truth free`);
  const blocked = Object.values(truth.sessions).some((session) => session.expect === "blocked");
  if (exitCode === 0 || (exitCode === 1 && !blocked)) wrong.push(`exit code ${exitCode} on a log that shows no runs`);
  return wrong;
}

function sessionState(report: Said, key: string): string | undefined {
  return report.sessions.find(({ sessionKey, aliases }) => [sessionKey, ...aliases].some((name) => isSame(name, key)))
    ?.state;
}

function isSame(name: string, key: string): boolean {
  return name === key || name === `agent:main:${key}`;
}
