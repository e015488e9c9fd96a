import stringWidth from "fast-string-width";
import { describe, expect, test } from "vitest";

import { main } from "../../src/cli.ts";
import type { RenderOptions } from "../../src/reporters/reporter.ts";
import { CELL_TEXT, signsOf } from "../../src/reporters/timeline/signs.ts";
import { timeline } from "../../src/reporters/timeline.ts";
import { fakeIo } from "../cli/fake-io.ts";
import { manyRuns } from "../page/reports.ts";
import { aReport, aRun, aSession, SAMPLES } from "./sample-reports.ts";

const PLAIN: RenderOptions = {
  width: 80,
  colorLevel: 0,
  timeZone: "UTC",
  verbose: false,
  quiet: false,
  allRuns: false,
  since: null,
  until: null,
  ascii: false,
};

async function drawn(words: readonly string[], io = fakeIo({ cwd: process.cwd(), timeZone: "UTC" })): Promise<string> {
  expect(await main(["timeline", ...words], io)).toBe(0);
  expect(io.err()).toBe("");
  return io.out();
}

const ISSUE = "fixtures/issue-3245/console.log";
const FULL = "fixtures/clawdbot-2026.1.24-3-c-lanes-exhausted/gateway.jsonl";

test.each<[string, string[]]>([
  ["blocked", [ISSUE]],
  ["ascii", [ISSUE, "--ascii"]],
  ["colors", [ISSUE, "--color", "always"]],
  ["one-session", [FULL, "--session", "room-4-9"]],
  ["lanes-exhausted", [FULL]],
  ["crash-and-stop", ["fixtures/clawdbot-2026.1.24-3-a"]],
  ["since", ["fixtures/clawdbot-2026.1.24-3-a", "--since", "2026-01-01", "--until", "2027-01-01"]],
])("of a real log: %s", async (name, words) => {
  await expect(await drawn([...words, "--utc"])).toMatchFileSnapshot(`__snapshots__/real.${name}.timeline.txt`);
});

test("what is piped does not depend on the terminal, its width or its locale", async () => {
  const io = (env: Record<string, string>) => fakeIo({ cwd: process.cwd(), timeZone: "UTC", env });
  expect(await drawn([ISSUE], io({ LANG: "C", TERM: "dumb" }))).toBe(await drawn([ISSUE], io({ LANG: "de_DE.UTF-8" })));
});

test("a terminal is used in its whole width", async () => {
  const io = fakeIo({ cwd: process.cwd(), timeZone: "UTC", isTTY: true, columns: 150, env: { NO_COLOR: "1" } });
  const lines = (await drawn([ISSUE], io)).split("\n");
  expect(Math.max(...lines.map((it) => stringWidth(it)))).toBe(150);
});

describe.each(Object.keys(SAMPLES))("%s", (name) => {
  test.each([40, 60, 80, 133, 250])("keeps to %d columns", (width) => {
    const report = SAMPLES[name];
    if (!report) throw new Error(name);
    const lines = timeline.render(report, { ...PLAIN, width }).split("\n");
    expect(lines.filter((line) => stringWidth(line) > width)).toEqual([]);
  });

  test("is ASCII where that is asked for and the names are", () => {
    const report = SAMPLES[name];
    if (!report) throw new Error(name);
    expect(timeline.render(report, { ...PLAIN, ascii: true })).toMatch(/^[\n -~]*$/);
  });
});

describe.each([false, true])("signs, ASCII %s", (ascii) => {
  const { cells, marks, line } = signsOf(ascii);
  test("no two are alike, so none needs its colour", () => {
    const all = [...Object.values(cells), ...Object.values(marks), line];
    expect(new Set(all).size).toBe(all.length);
    for (const sign of all) expect(stringWidth(sign)).toBe(1);
  });
});

test("the legend names just the signs that are used", () => {
  const text = timeline.render(
    aReport({
      sessions: [aSession()],
      runs: [aRun({ state: "failed", cause: null, endedAt: "2026-01-28T07:24:00Z" })],
    }),
    PLAIN,
  );
  expect(text).toContain("f failed");
  for (const other of ["completed", "aborted", "orphaned", "silent"] as const)
    expect(text).not.toContain(CELL_TEXT[other]);
});

test("a sign of the legend is never torn from its meaning", () => {
  const report = aReport({
    runs: [aRun()],
    sessions: [aSession({ state: "blocked", waitingAtLeast: 1, waitingSince: ["2026-01-28T07:23:40.000Z"] })],
  });
  for (let width = 40; width < 80; width++) {
    const lines = timeline.render(report, { ...PLAIN, width }).split("\n");
    const first = lines.findIndex((it) => it.startsWith("█ orphaned"));
    const legend = lines.slice(first, lines.indexOf("", first));
    expect(legend.join(" ")).toContain("◆ message waits");
    for (const line of legend) {
      expect(line).toMatch(/^(?:. (?:completed|orphaned|silent|in the queue|message waits)(?: {3}|$))+$/);
    }
  }
});

test.each([
  ["2026-01-28T07:00:30Z", "a column is 423 ms"],
  ["2026-01-28T07:02:00Z", "a column is 2 s"],
])("how much a column is of a log that ends at %s", (to, words) => {
  const text = timeline.render(
    aReport({ window: { from: "2026-01-28T07:00:00Z", to }, gateways: [], runs: [] }),
    PLAIN,
  );
  expect(text.split("\n").at(-2)).toMatch(new RegExp(`${words}$`));
});

test("a message that came in the column of the run's own sign stands beside it", () => {
  const report = aReport({
    runs: [aRun()],
    sessions: [aSession({ state: "blocked", waitingAtLeast: 1, waitingSince: ["2026-01-28T07:23:40.000Z"] })],
  });
  expect(timeline.render(report, PLAIN)).toMatch(/^main .*█◆░/m);
});

test("a crash is not hidden by what came in the same column", () => {
  const [life] = aReport().gateways;
  if (!life) throw new Error("no life");
  const gateways = (["in-process-restart", "crash", "in-process-restart"] as const).map((endedBy, index) => ({
    ...life,
    index,
    endedBy,
    endedAt: "2026-01-28T07:00:00Z",
  }));
  expect(timeline.render(aReport({ gateways }), PLAIN)).toMatch(/^clawdbot.* X( |$)/m);
});

describe("many sessions", () => {
  const report = manyRuns(4000, 200);
  const fine = {
    ...report,
    runs: report.runs.map((it) => ({ ...it, state: "completed" as const, cause: null, endedAt: it.lastSeenAt })),
  };

  test("where all went well they are summed up, and --verbose shows them", () => {
    expect(timeline.render(fine, PLAIN)).toContain(
      "… and 180 more sessions where all went well (--verbose shows them)",
    );
    expect(timeline.render(fine, { ...PLAIN, verbose: true }).match(/^room-/gm)).toHaveLength(200);
  });

  test("where something went wrong each has its line", () => {
    const bad = new Set(report.runs.filter((it) => it.state !== "completed").map((it) => it.sessionKey));
    const text = timeline.render(report, PLAIN);
    for (const key of bad) expect(text).toMatch(new RegExp(`^${key} `, "m"));
  });
});

test("it shows and does not judge; only a log without runs is an exit code of its own", async () => {
  const io = fakeIo({ cwd: process.cwd() });
  expect(await main(["timeline", "fixtures/info-level/gateway.jsonl", "--no-state"], io)).toBe(3);
  expect(await main(["timeline", "/nowhere/at-all"], fakeIo())).toBe(2);
});
