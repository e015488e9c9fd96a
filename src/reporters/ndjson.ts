import { stringify } from "ndjson";

import { escapeJson } from "../escape.ts";
import type { Report } from "../model.ts";
import type { Reporter } from "./reporter.ts";

export const ndjson: Reporter = {
  render(report, { allRuns }) {
    return escapeJson(lines(allRuns ? everything(report) : report.findings.map(typed("finding"))));
  },
};

function everything(report: Report): readonly object[] {
  return [
    ...report.findings.map(typed("finding")),
    ...report.sessions.map(typed("session")),
    ...report.runs.map(typed("run")),
  ];
}

function typed(type: "finding" | "session" | "run"): (value: object) => object {
  return (value) => ({ type, ...value });
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
