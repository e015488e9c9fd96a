import { describe, expect, test } from "vitest";

import type { RenderOptions } from "../../src/reporters/reporter.ts";
import { loaded } from "./loaded.ts";
import { SAMPLES } from "./sample-reports.ts";

const PLAIN: RenderOptions = {
  width: 80,
  colorLevel: 0,
  timeZone: "Europe/Berlin",
  verbose: false,
  quiet: false,
  allRuns: false,
};

describe.each(loaded)("$name", (reporter) => {
  test.each(Object.entries(SAMPLES))("%s", async (name, report) => {
    await expect(reporter.render(report, PLAIN)).toMatchFileSnapshot(`__snapshots__/${name}.${reporter.name}.txt`);
  });

  test.each(Object.entries(SAMPLES))("%s with --all-runs", async (name, report) => {
    await expect(reporter.render(report, { ...PLAIN, allRuns: true })).toMatchFileSnapshot(
      `__snapshots__/${name}.all-runs.${reporter.name}.txt`,
    );
  });
});
