import type { ChalkInstance } from "chalk";

import { escapeTerminal } from "../../escape.ts";
import type { Finding, Report } from "../../model.ts";
import { isOfRun } from "../told.ts";
import { hang, hangThenEdge } from "./layout.ts";
import { timelineLines } from "./timeline.ts";
import type { TimelineOptions } from "./timeline.ts";

export type BlockOptions = TimelineOptions;

/** One finding at length: what, the evidence line by line, and why it counts. */
export function findingBlock(finding: Finding, report: Report, options: BlockOptions): string[] {
  return [
    ...header(finding, commonPath(finding), options),
    ...(isTimelineTold(finding, report) ? [] : timelineLines(finding, report, options)),
    ...(finding.help === "" ? [] : hang("  ", escapeTerminal(finding.help), options.width)),
  ];
}

/** One finding in a line or two: no evidence. */
export function findingLine(finding: Finding, options: BlockOptions): string[] {
  const { location } = finding;
  return header(finding, location ? `${location.path}:${location.line}` : "", options);
}

function header(finding: Finding, place: string, { width, paint }: BlockOptions): string[] {
  const text = `${paint.bold(`${finding.code}:`)} ${escapeTerminal(finding.message)}`;
  return hangThenEdge(`${severityWord(finding, paint)} `, text, paint.dim(escapeTerminal(place)), width);
}

function severityWord({ severity }: Finding, paint: ChalkInstance): string {
  const colors = { error: paint.red, warning: paint.yellow, note: paint.cyan };
  return colors[severity].bold(severity);
}

/** The file that all of the evidence is in; nothing if there are several. */
function commonPath({ timeline, location }: Finding): string {
  const paths = new Set(timeline.map(({ path }) => path));
  if (paths.size === 0 && location) return `${location.path}:${location.line}`;
  return paths.size === 1 ? ([...paths][0] ?? "") : "";
}

/** A full lane's evidence is that of its first dead run; where that run has a finding too, it is told there. */
function isTimelineTold({ code, runId }: Finding, { findings }: Report): boolean {
  return code === "lanes-exhausted" && findings.some((other) => isOfRun(other, runId));
}
