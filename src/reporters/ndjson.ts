import { stringify } from "ndjson";

import { escapeJson } from "../escape.ts";
import type { Report } from "../model.ts";
import type { LineType, ReportLine } from "./ndjson-columns.ts";
import type { RenderOptions, Reporter } from "./reporter.ts";

export const ndjson: Reporter = {
  render: (report, options) => [...parts(report, options)].join(""),
  parts,
};

const AT_ONCE = 1_000;

function* parts(report: Report, { allRuns }: RenderOptions): Generator<string> {
  if (!allRuns) {
    yield* pieces("finding", report.findings, report);
    return;
  }
  const { labels: _, gateways, runs, sessions, findings, ...rest } = report;
  // A host that is well has no findings; without this line it would look like one that was not asked.
  yield* pieces("report", [rest satisfies ReportLine], report);
  yield* pieces("gateway", gateways, report);
  yield* pieces("finding", findings, report);
  yield* pieces("session", sessions, report);
  yield* pieces("run", runs, report);
}

function* pieces(type: LineType, values: readonly object[], { labels }: Report): Generator<string> {
  for (let at = 0; at < values.length; at += AT_ONCE) {
    const typed = values.slice(at, at + AT_ONCE).map((value) => ({ type, labels, ...value }));
    yield escapeJson(lines(typed));
  }
}

function lines(values: readonly object[]): string {
  const stream = stringify();
  let text = "";
  // Read after every write: the stream works synchronously until its buffer is full.
  for (const value of values) {
    stream.write(value);
    text += String(stream.read() ?? "");
  }
  // ndjson ends a line as the system does; one form everywhere is easier to compare.
  return text.replaceAll("\r\n", "\n");
}
