import type { ChalkInstance } from "chalk";

import { escapeTerminal } from "../../escape.ts";
import type { Report, RunReport } from "../../model.ts";
import { shortId, spanText } from "../../words.ts";
import type { RenderOptions } from "../reporter.ts";
import { between } from "../wording.ts";
import { borderless } from "./table.ts";
import type { Clock } from "./times.ts";

/** Every run of the report, one a row, for `--all-runs`. */
export function runsTable(report: Report, options: RenderOptions, clock: Clock, paint: ChalkInstance): string[] {
  const rows = report.runs.map((run) => cells(run, report, options, clock).map(escapeTerminal));
  return rows.length === 0
    ? []
    : borderless(["RUN", "SESSION", "STARTED", "TOOK", "STATE", "LINE"], rows, options.width, paint);
}

function cells(run: RunReport, report: Report, { verbose }: RenderOptions, clock: Clock): string[] {
  const took = between(run.startedAt, run.endedAt);
  const path = report.sources.length > 1 ? run.location.path : "";
  return [
    (verbose ? run.runId : shortId(run.runId)) + (run.truncatedId ? "…" : ""),
    run.sessionKey ?? run.sessionId ?? "?",
    run.startedAt === null ? "?" : clock.stamp(run.startedAt),
    took === undefined ? "-" : spanText(took),
    run.cause === null ? run.state : `${run.state} (${run.cause})`,
    `${path}:${run.location.line}`,
  ];
}
