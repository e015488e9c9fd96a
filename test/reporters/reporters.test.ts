import { describe, expect, test } from "vitest";

import { escapeJson } from "../../src/escape.ts";
import { BODY, SCRIPT, SCRIPT_HASH, STYLE, STYLE_HASH } from "../../src/reporters/html/page.generated.ts";
import { json } from "../../src/reporters/json.ts";
import type { RenderOptions } from "../../src/reporters/reporter.ts";
import { timeline } from "../../src/reporters/timeline.ts";
import { loaded } from "./loaded.ts";
import { SAMPLES } from "./sample-reports.ts";

const PLAIN: RenderOptions = {
  width: 80,
  colorLevel: 0,
  timeZone: "Europe/Berlin",
  verbose: false,
  quiet: false,
  allRuns: false,
  since: null,
  until: null,
  ascii: false,
};

/** The page without what is the same in every one, and changes with each version of a library. */
function withoutProgram(text: string): string {
  return [BODY, SCRIPT, SCRIPT_HASH, STYLE, STYLE_HASH].reduce((rest, part) => rest.replace(part, () => "…"), text);
}

describe.each([...loaded, { name: "timeline", ...timeline }])("$name", (reporter) => {
  test.each(Object.entries(SAMPLES))("%s", async (name, report) => {
    await expect(withoutProgram(reporter.render(report, PLAIN))).toMatchFileSnapshot(
      `__snapshots__/${name}.${reporter.name}.txt`,
    );
  });
});

/** A picture is always of every run. */
const PICTURES = new Set(["html", "timeline"]);

describe.each(loaded.filter(({ name }) => !PICTURES.has(name)))("$name", (reporter) => {
  test.each(Object.entries(SAMPLES))("%s with --all-runs", async (name, report) => {
    await expect(reporter.render(report, { ...PLAIN, allRuns: true })).toMatchFileSnapshot(
      `__snapshots__/${name}.all-runs.${reporter.name}.txt`,
    );
  });
});

describe.each(loaded.filter((it) => it.parts !== undefined))("$name in pieces", (reporter) => {
  test.each(Object.entries(SAMPLES))("%s is the same text", (_, report) => {
    for (const options of [PLAIN, { ...PLAIN, allRuns: true }]) {
      expect([...(reporter.parts?.(report, options) ?? [])].join("")).toBe(reporter.render(report, options));
    }
  });
});

test.each(Object.entries(SAMPLES))("json prints %s as JSON.stringify does", (_, report) => {
  const text = json.render(report, { ...PLAIN, allRuns: true });
  expect(text).toBe(`${escapeJson(JSON.stringify(report, null, 2))}\n`);
});
