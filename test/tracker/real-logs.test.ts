/** What the tracker makes of every real log: quick, because only the lines that tell it something are fed to it. */
import { describe, expect, test } from "vitest";

import { Diagnostician } from "../../src/diagnose.ts";
import { Masker } from "../../src/mask.ts";
import { buildReport } from "../../src/report.ts";
import { REAL_LOGS, fixtureText } from "../helpers/fixtures.ts";
import { NO_FILTER } from "../helpers/retain.ts";
import { recordsOf, tellingOf } from "../helpers/track.ts";
import { wrongsOf } from "../helpers/truth.ts";

describe.each(REAL_LOGS.map((it) => [it.name, it.truth] as const))("%s", (name, truth) => {
  const text = fixtureText(name, "gateway.jsonl");
  const records = tellingOf(recordsOf(text));

  test("is told as it was", () => {
    const diagnostician = new Diagnostician(false);
    for (const record of records) diagnostician.push(record);
    const { body } = buildReport(
      {
        tool: { name: "", version: "" },
        labels: {},
        diagnoses: diagnostician.finish({ runTimeoutMs: null, stallAfterMs: null }, []),
        sources: [],
        window: { from: undefined, to: undefined },
        masker: new Masker(),
        extra: { findings: [], sessions: [] },
      },
      NO_FILTER,
    );
    expect(wrongsOf(body, truth, text)).toEqual([]);
  });
});
