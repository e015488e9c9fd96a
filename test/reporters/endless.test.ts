/** Ids of a megabyte and more sessions than a call can have arguments: shown, and soon. */
import { expect, test } from "vitest";

import { reporters } from "../../src/reporters/index.ts";
import type { RenderOptions } from "../../src/reporters/reporter.ts";
import { timeline } from "../../src/reporters/timeline.ts";
import { aFinding, aReport, aRun, aSession } from "./sample-reports.ts";

const PLAIN: RenderOptions = {
  width: 80,
  colorLevel: 0,
  timeZone: "UTC",
  verbose: true,
  quiet: false,
  allRuns: true,
  since: null,
  until: null,
  ascii: false,
};
const MEGABYTE = "x".repeat(1_000_000);

const every = [
  ...reporters.map(({ name, load }) => [name, load] as const),
  ["timeline", () => Promise.resolve(timeline)] as const,
];

test.each(every)("%s: ids of a megabyte", async (name, load) => {
  const ids = { sessionKey: `key-${MEGABYTE}`, sessionId: `id-${MEGABYTE}`, runId: `run-${MEGABYTE}` };
  const report = aReport({
    runs: Array.from({ length: 20 }, () => aRun({ ...ids, state: "orphaned" })),
    sessions: [aSession({ sessionKey: ids.sessionKey, state: "blocked", aliases: [ids.sessionId] })],
    findings: [aFinding({ code: "run-orphaned", message: `run ${MEGABYTE}`, ...ids })],
  });
  const text = (await load()).render(report, PLAIN);
  // For a program all of it, for a person what can be seen. Not `toContain`: it would show what it looked for.
  expect(text.includes("xxx")).toBe(true);
  if (["json", "ndjson", "html"].includes(name)) expect(text.includes(ids.runId)).toBe(true);
});

test("timeline: 150,000 sessions that went wrong", () => {
  const report = aReport({
    verdict: "blocked",
    sessions: Array.from({ length: 150_000 }, (_, index) =>
      aSession({ sessionKey: `room-${index}`, state: "blocked" }),
    ),
  });
  const text = timeline.render(report, PLAIN);
  expect(text.includes("room-149999")).toBe(true);
});
