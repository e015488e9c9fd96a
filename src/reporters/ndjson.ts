import { stringify } from "ndjson";

import { escapeJson } from "../escape.ts";
import type { Report } from "../model.ts";
import type { RenderOptions, Reporter } from "./reporter.ts";

export const ndjson: Reporter = {
  render: (report, options) => [...parts(report, options)].join(""),
  parts,
};

const AT_ONCE = 1_000;

function* parts(report: Report, { allRuns }: RenderOptions): Generator<string> {
  yield* pieces(report.findings, typed("finding"));
  if (!allRuns) return;
  yield* pieces(report.sessions, typed("session"));
  yield* pieces(report.runs, typed("run"));
}

function* pieces(values: readonly object[], type: (value: object) => object): Generator<string> {
  for (let at = 0; at < values.length; at += AT_ONCE) {
    yield escapeJson(lines(values.slice(at, at + AT_ONCE).map(type)));
  }
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
