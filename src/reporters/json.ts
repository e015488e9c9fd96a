import { escapeJson } from "../escape.ts";
import type { Report } from "../model.ts";
import { listedRuns, listedSessions } from "./listed.ts";
import type { RenderOptions, Reporter } from "./reporter.ts";

export const json: Reporter = {
  render: (report, options) => [...parts(report, options)].join(""),
  parts,
};

/** What `JSON.stringify(report, null, 2)` makes, one element of each list at a time. */
function* parts(report: Report, { allRuns }: RenderOptions): Generator<string> {
  const listed = { ...report, runs: listedRuns(report, allRuns), sessions: listedSessions(report, allRuns) };
  let lead = "{";
  for (const [key, value] of Object.entries(listed)) {
    yield `${lead}\n  ${JSON.stringify(key)}: `;
    if (Array.isArray(value) && value.length > 0) yield* list(value);
    else yield indented(value, "  ");
    lead = ",";
  }
  yield "\n}\n";
}

function* list(values: readonly unknown[]): Generator<string> {
  let lead = "[";
  for (const value of values) {
    yield `${lead}\n    ${indented(value, "    ")}`;
    lead = ",";
  }
  yield "\n  ]";
}

/** Within JSON's strings there are no line breaks. */
function indented(value: unknown, indent: string): string {
  return escapeJson(JSON.stringify(value, null, 2)).replaceAll("\n", `\n${indent}`);
}
