import { Masker } from "../../src/mask.ts";
import { Diagnostician } from "../../src/diagnose.ts";
import type { LogRecord } from "../../src/model.ts";
import { FINDING_CODES } from "../../src/model.ts";
import { buildReport, type ReportFilter } from "../../src/report.ts";
import { KEEP_ALL, type Retention } from "../../src/tracker/retention.ts";
import { RUN_TIMEOUT_MS, STALL_AFTER_MS } from "./track.ts";

export const NO_FILTER: ReportFilter = {
  codes: new Set(FINDING_CODES),
  since: null,
  until: null,
  session: null,
  run: null,
};

/** Forgets whatever may be forgotten, after so many runs and sessions. */
export function forgetful(endedRuns: number, idleSessions: number): Retention {
  return { ...KEEP_ALL, endedRuns, idleSessions, keepsRun: () => false, keepsSession: () => false };
}

/** What is told by default of the log: runs that ended well and free sessions are only counted. */
export function toldOf(records: readonly LogRecord[], retention: Retention, filter = NO_FILTER) {
  const diagnostician = new Diagnostician(false, undefined, retention);
  for (const record of records) diagnostician.push(record);
  const settings = { runTimeoutMs: RUN_TIMEOUT_MS, stallAfterMs: STALL_AFTER_MS };
  const { body, sessionCount } = buildReport(
    {
      tool: { name: "", version: "" },
      labels: {},
      diagnoses: diagnostician.finish(settings, []),
      sources: [],
      window: { from: undefined, to: undefined },
      masker: new Masker(),
      extra: { findings: [], sessions: [] },
    },
    filter,
  );
  return {
    ...body,
    runs: body.runs.filter((it) => it.state !== "completed"),
    // A session that was forgotten and came again stands behind the others.
    sessions: body.sessions
      .filter((it) => it.state !== "free")
      .toSorted((a, b) => (a.sessionKey < b.sessionKey ? -1 : 1)),
    sessionCount,
  };
}
