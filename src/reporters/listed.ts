import type { Report, RunReport, SessionReport } from "../model.ts";

/** The runs to list: all of them, or those that did not end well or have not ended. */
export function listedRuns(report: Report, allRuns: boolean): readonly RunReport[] {
  return allRuns ? report.runs : report.runs.filter((run) => run.state !== "completed");
}

/** The sessions to list: all of them, or those that are not known to be free. */
export function listedSessions(report: Report, allRuns: boolean): readonly SessionReport[] {
  return allRuns ? report.sessions : report.sessions.filter((session) => session.state !== "free");
}
