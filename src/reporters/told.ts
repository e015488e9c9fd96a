import type { Finding, Report } from "../model.ts";

/**
 * One event, one story. A blocked session is in the verdict and the table, and
 * the evidence is with the run that holds it, or with the lane that is full. An
 * inconclusive report is told by the verdict and what was seen.
 */
export function isToldElsewhere(finding: Finding, report: Report): boolean {
  if (finding.code === "log-inconclusive") return report.verdict === "inconclusive";
  if (finding.code !== "session-blocked") return false;
  return report.findings.some((other) =>
    finding.runId === undefined ? other.code === "lanes-exhausted" : isOfRun(other, finding.runId),
  );
}

/** Whether it is the finding about that run itself. */
export function isOfRun(finding: Finding, runId: string | undefined): boolean {
  const isAboutRun = finding.code === "run-orphaned" || finding.code === "run-stalled";
  return isAboutRun && runId !== undefined && finding.runId === runId;
}
