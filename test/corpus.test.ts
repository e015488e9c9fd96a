import { readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { REAL_LOGS } from "./helpers/fixtures.ts";
import { reportOf } from "./helpers/doctor.ts";
import { wrongsOf } from "./helpers/truth.ts";

const SETS = [["console.log"], ["gateway.jsonl"], ["console.log", "gateway.jsonl"], ["gateway.jsonl", "console.log"]];

/** Every run and session that a real gateway's log mentions, against what became of it. */
describe.each(REAL_LOGS.map((log) => [log.name, log] as const))("%s", (_name, log) => {
  test.each(SETS.map((files) => [files.join(" + "), files] as const))("%s", async (_label, files) => {
    const paths = files.map((file) => path.join(log.folder, file));
    const text = paths.map((file) => readFileSync(file, "utf8")).join("\n");
    const { report } = await reportOf(paths);
    expect(wrongsOf(report, log.truth, text)).toEqual([]);
    expect(report.sources.reduce((sum, it) => sum + it.unparsedCandidates, 0)).toBe(0);
  });
});
