/** Any report that a log could make, whatever strangers wrote into it. */
import fc from "fast-check";

import { FINDING_CODES, SEVERITIES, VERDICTS } from "../../src/model.ts";
import type { Report } from "../../src/model.ts";
import { anyText } from "./any-text.ts";
import { aFinding, aReport, aRun, aSession } from "./sample-reports.ts";

const time = fc.oneof(
  fc.constant(null),
  fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString()),
  anyText,
);
const nullable = fc.option(anyText);
const location = fc.record({ path: anyText, line: fc.nat() });

const finding = fc
  .record({
    code: fc.constantFrom(...FINDING_CODES),
    severity: fc.constantFrom(...SEVERITIES),
    message: anyText,
    help: anyText,
    runId: anyText,
    sessionKey: anyText,
    location,
    timeline: fc.array(fc.record({ time, text: anyText, path: anyText, line: fc.nat() }), { maxLength: 20 }),
    timelineOmitted: fc.nat(2),
  })
  .map(aFinding);

const session = fc
  .record({
    sessionKey: anyText,
    aliases: fc.array(anyText, { maxLength: 2 }),
    state: fc.constantFrom("blocked" as const, "busy" as const, "free" as const, "unknown" as const),
    heldSince: time,
    heldByRunId: nullable,
    heldByLane: nullable,
    waitsFor: fc.constantFrom("own-run", "full-lane", "recoveries", "lock-file", null),
    waitingAtLeast: fc.nat(3),
    silenceMs: fc.option(fc.nat()),
  })
  .map(aSession);

const run = fc
  .record({
    runId: anyText,
    sessionId: nullable,
    sessionKey: nullable,
    cause: fc.constantFrom("restart" as const, "stall" as const, null),
    channel: nullable,
    provider: nullable,
    model: nullable,
    startedAt: time,
    endedAt: time,
    location,
  })
  .map(aRun);

/** Ids that meet, so that the reporters find holders and groups. */
function linked(report: Report): Report {
  const [first] = report.runs;
  if (!first) return report;
  return {
    ...report,
    sessions: report.sessions.map((one) => ({ ...one, heldByRunId: first.runId })),
    findings: report.findings.map((one) => ({ ...one, runId: first.runId })),
  };
}

export const anyReport: fc.Arbitrary<Report> = fc
  .record({
    verdict: fc.constantFrom(...VERDICTS),
    window: fc.record({ from: time, to: time }),
    sources: fc.array(
      fc.record({
        path: anyText,
        format: nullable,
        bytes: fc.nat(),
        lines: fc.nat(),
        candidates: fc.nat(),
        unparsedCandidates: fc.nat(1),
      }),
      { maxLength: 2 },
    ),
    runs: fc.array(run, { maxLength: 4 }),
    sessions: fc.array(session, { maxLength: 14 }),
    findings: fc.array(finding, { maxLength: 13 }),
    seen: fc.array(fc.record({ what: anyText, count: fc.nat(), last: time }), { maxLength: 2 }),
  })
  .map(aReport)
  .chain((one) => fc.constantFrom(one, linked(one)));
