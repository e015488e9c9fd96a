import type { Finding, Report } from "../model.ts";

/**
 * One event, one story. A blocked session is in the verdict and the table, and
 * the evidence is with the run that holds it, or with the lane that is full. An
 * inconclusive report is told by the verdict and what was seen.
 *
 * @returns what says of the report's findings whether another place tells them
 */
export function toldElsewhere(report: Report): (finding: Finding) => boolean {
  const ofRuns = new Set(report.findings.filter((it) => isOfRun(it, it.runId)).map(({ runId }) => runId));
  const isLaneFull = report.findings.some(({ code }) => code === "lanes-exhausted");
  return ({ code, runId }) => {
    if (code === "log-inconclusive") return report.verdict === "inconclusive";
    if (code !== "session-blocked") return false;
    return runId === undefined ? isLaneFull : ofRuns.has(runId);
  };
}

/** Whether it is the finding about that run itself. */
export function isOfRun(finding: Finding, runId: string | undefined): boolean {
  const isAboutRun = finding.code === "run-orphaned" || finding.code === "run-stalled";
  return isAboutRun && runId !== undefined && finding.runId === runId;
}
