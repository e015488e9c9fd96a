import { stringify } from "ndjson";

import { escapeJson } from "../escape.ts";
import type { Report } from "../model.ts";
import type { LineType, ReportLine } from "./ndjson-columns.ts";
import type { Reporter } from "./reporter.ts";

export const ndjson: Reporter = {
  name: "ndjson",
  description: "a finding a line; with --all-runs also sessions, runs and the rest",
  render(report, { allRuns }) {
    return escapeJson(lines(allRuns ? everything(report) : typed("finding", report.findings, report)));
  },
};

function everything(report: Report): readonly object[] {
  const { labels: _, gateways, runs, sessions, findings, ...rest } = report;
  return [
    // A host that is well has no findings; without this line it would look like one that was not asked.
    ...typed("report", [rest satisfies ReportLine], report),
    ...typed("gateway", gateways, report),
    ...typed("finding", findings, report),
    ...typed("session", sessions, report),
    ...typed("run", runs, report),
  ];
}

function typed(type: LineType, values: readonly object[], { labels }: Report): readonly object[] {
  return values.map((value) => ({ type, labels, ...value }));
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
