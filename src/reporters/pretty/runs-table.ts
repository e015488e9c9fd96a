import type { ChalkInstance } from "chalk";

import { escapeTerminal } from "../../escape.ts";
import type { Report, RunReport } from "../../model.ts";
import { shortId, spanText } from "../../words.ts";
import type { RenderOptions } from "../reporter.ts";
import { between } from "../wording.ts";
import { borderless } from "./table.ts";
import type { Clock } from "./times.ts";

export const RUN_HEAD = ["RUN", "SESSION", "STARTED", "TOOK", "STATE", "LINE"];

/** Every run of the report, one a row, for `--all-runs`. */
export function runsTable(report: Report, options: RenderOptions, clock: Clock, paint: ChalkInstance): string[] {
  const rows = report.runs.map((run) => runCells(run, report, options, clock).map(escapeTerminal));
  return rows.length === 0 ? [] : borderless(RUN_HEAD, rows, options.width, paint);
}

/** What the table says of one of them; not yet escaped. */
export function runCells(
  run: RunReport,
  report: Report,
  { verbose }: Pick<RenderOptions, "verbose">,
  clock: Clock,
): string[] {
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
