/** What must hold of every output, whatever went in. */
import type { Report } from "../../src/model.ts";

export class Violation extends Error {
  override readonly name = "Violation";
}

/** Bytes and lines, counted in the plainest way. */
export function counted(text: Uint8Array): { readonly bytes: number; readonly lines: number } {
  let lines = 0;
  for (const byte of text) if (byte === 10) lines++;
  if (text.length > 0 && text.at(-1) !== 10) lines++;
  return { bytes: text.length, lines };
}

// What acts on a terminal: controls but for the line feed, and what turns the direction of writing.
// oxlint-disable-next-line no-control-regex
const ACTS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
// oxlint-disable-next-line no-control-regex
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

const RULES: Readonly<Record<string, (text: string) => void>> = {
  json: (text) => assertReport(JSON.parse(text) as Report),
  ndjson(text) {
    for (const line of text.split("\n")) if (line !== "") JSON.parse(line);
  },
  junit(text) {
    if (NOT_XML.test(text)) throw new Violation("no character of XML");
    assertNested(text.replace(/^<\?xml[^>]*\?>/, ""));
  },
  html(text) {
    if (!text.startsWith("<!doctype html>") || !text.trimEnd().endsWith("</html>")) throw new Violation("half a page");
  },
  pretty: assertHarmless,
  timeline: assertHarmless,
  github: assertHarmless,
  markdown: assertHarmless,
};

export function assertValid(format: string, text: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new Violation("half a character");
  RULES[format]?.(text);
}

function assertHarmless(text: string): void {
  const found = ACTS.exec(text);
  if (found)
    throw new Violation(
      `${JSON.stringify(found[0])} in ${JSON.stringify(text.slice(found.index - 50, found.index + 50))}`,
    );
}

function assertReport(report: Report): void {
  if (report.schemaVersion !== 1) throw new Violation("no report");
  const times = [report.window.from, report.window.to, ...report.runs.map(({ startedAt }) => startedAt)];
  for (const time of times) {
    if (time !== null && Number.isNaN(Date.parse(time))) throw new Violation(`a time of ${time}`);
  }
  const { runs, ...states } = report.counts;
  const sum = Object.values(states).reduce((all, count) => all + count, 0);
  if (runs !== sum) throw new Violation(`${runs} runs, in states: ${sum}`);
}

/** Every element is closed by its own end. */
function assertNested(xml: string): void {
  const open: string[] = [];
  for (const [, end, name, self] of xml.matchAll(/<(\/?)([a-z]+)(?:\s+[a-z]+="[^"<]*")*\s*(\/?)>/g)) {
    if (end === "/") {
      if (open.pop() !== name) throw new Violation(`</${name}> closes nothing`);
    } else if (self !== "/") open.push(name as string);
  }
  if (open.length > 0) throw new Violation(`<${open.at(-1)}> has no end`);
}
