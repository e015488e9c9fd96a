import { expect, test } from "vitest";

import { missingFiles } from "../../src/checks/log-gap.ts";

test.each([
  ["no series", ["a.log", "b.log"], []],
  ["whole", ["x/clawdbot-2026-01-27.log", "x/clawdbot-2026-01-28.log"], []],
  ["a missing day", ["x/openclaw-2026-02-28.log", "x/openclaw-2026-03-02.log.gz"], ["x/openclaw-2026-03-01.log"]],
  ["two profiles are two series", ["openclaw-a-2026-01-01.log", "openclaw-b-2026-01-03.log"], []],
  ["a rotated file that is not there", ["gateway.log", "gateway.log.1", "gateway.log.3"], ["gateway.log.2"]],
  ["rotated before the ending", ["gateway.1.log", "gateway.3.log.gz"], ["gateway.2.log"]],
  ["a rotated file of a dated one", ["openclaw-2026-01-01.1.log", "openclaw-2026-01-01.log"], []],
  ["years apart", ["a-2020-01-01.log", "a-2026-01-01.log"], []],
  ["no date of a calendar", ["a-2026-99-01.log", "a-2026-99-03.log"], []],
])("%s", (_name, paths, missing) => {
  expect(missingFiles(paths)).toEqual(missing);
});
