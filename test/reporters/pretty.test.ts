import { execFileSync } from "node:child_process";

import stringWidth from "fast-string-width";
import { describe, expect, test } from "vitest";

import type { Report } from "../../src/model.ts";
import { pretty } from "../../src/reporters/pretty.ts";
import type { RenderOptions } from "../../src/reporters/reporter.ts";
import { aFinding, aReport, aRun, aSession, entry, SAMPLES } from "./sample-reports.ts";

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

function sample(name: string): Report {
  const report = SAMPLES[name];
  if (!report) throw new Error(`no sample ${name}`);
  return report;
}

test.each([
  ["wide", { width: 200 }],
  ["utc", { timeZone: "UTC" }],
  ["quiet", { quiet: true }],
  ["colors", { colorLevel: 1 as const }],
])("blocked, %s", async (name, options) => {
  await expect(pretty.render(sample("blocked"), { ...PLAIN, ...options })).toMatchFileSnapshot(
    `__snapshots__/blocked.${name}.pretty.txt`,
  );
});

test.each(["orphans", "lanes-exhausted"])("%s, verbose", async (name) => {
  await expect(pretty.render(sample(name), { ...PLAIN, verbose: true })).toMatchFileSnapshot(
    `__snapshots__/${name}.verbose.pretty.txt`,
  );
});

test("the longest blocked session comes first, one of unknown age last", () => {
  const ages: readonly [string, string | null][] = [
    ["c", null],
    ["b", "2026-01-28T07:30:00.000Z"],
    ["s10", "2026-01-28T07:20:00.000Z"],
    ["s9", "2026-01-28T07:20:00.000Z"],
  ];
  const sessions = ages.map(([sessionKey, heldSince]) =>
    aSession({ sessionKey, heldSince, aliases: [], state: "blocked" }),
  );
  const text = pretty.render(aReport({ verdict: "blocked", sessions }), { ...PLAIN, quiet: true });
  expect(text.match(/^(?:c|b|s\d+)(?= )/gm)).toEqual(["s9", "s10", "b", "c"]);
});

test("a run that may still be slow is not called dead", () => {
  const report = sample("blocked");
  const runs = report.runs.map((run) => ({ ...run, confidence: "medium" as const }));
  const findings = report.findings.map((finding) => ({ ...finding, confidence: "medium" as const }));
  const text = pretty.render({ ...report, runs, findings }, PLAIN);
  expect(text).toContain("which has shown no sign of life since");
  expect(text).toContain("if it stays silent past the run timeout");
});

test("the event of a blocked session is told once", () => {
  const text = pretty.render(sample("blocked"), PLAIN);
  expect(text.match(/SIGUSR1, gateway restarts/g)).toHaveLength(1);
  expect(text.match(/end of log/g)).toHaveLength(1);
});

test.each(Object.keys(SAMPLES).filter((name) => name !== "hostile"))(
  "%s keeps to 80 columns, but for commands",
  (name) => {
    for (const verbose of [false, true]) {
      const lines = pretty.render(sample(name), { ...PLAIN, verbose, allRuns: true }).split("\n");
      const wide = lines.filter((line) => stringWidth(line) > 80 && !line.includes("--params"));
      expect(wide).toEqual([]);
    }
  },
);

describe("the command to paste", () => {
  const keys = [
    "main",
    "$(touch pwned)",
    "`touch pwned`",
    "it's; touch pwned",
    "a\\",
    "-x",
    "!!",
    "日本 🎉",
    'say "hi"',
    "\u001b[2J\u0003",
  ];

  test.each(keys)("is one harmless command for the key %j", (key) => {
    const report = aReport({
      verdict: "blocked",
      runs: [aRun({ sessionKey: key })],
      sessions: [aSession({ sessionKey: key, aliases: [], state: "blocked", heldByRunId: aRun().runId })],
    });
    const line = pretty
      .render(report, PLAIN)
      .split("\n")
      .find((one) => one.startsWith("Next"));
    const command = line?.replace(/^Next\s+/, "") ?? "";
    const script = `clawdbot-sessions() { printf '%s\\0' "$@"; }\n${command}`;
    const words = execFileSync("bash", ["--norc", "-c", script], { encoding: "utf8" }).split("\0");
    expect(words.filter((word) => word !== "--")).toEqual(["reset", key, ""]);
  });

  test("is none for a session that a lock file bars: the file goes", () => {
    const report = sample("blocked");
    const sessions = report.sessions.map((it) => ({ ...it, waitsFor: "lock-file" as const }));
    expect(pretty.render({ ...report, sessions }, PLAIN)).toContain("Next  Delete 5e551011");
  });

  test("is one for all where many are blocked", () => {
    expect(pretty.render(sample("lanes-exhausted"), PLAIN)).toContain("Next  clawdbot-sessions reset --all-blocked\n");
  });
});

describe("a timeline", () => {
  const finding = aFinding({
    code: "run-orphaned",
    runId: "r",
    timeline: [
      entry("22:50:00", 1, "before midnight"),
      entry("23:10:00", 2, "after midnight"),
      entry(null, 3, "no time"),
    ],
  });

  test("shows the day where it changes", () => {
    const report = aReport({ verdict: "orphaned-runs", findings: [finding], window: { from: null, to: null } });
    const lines = pretty.render(report, PLAIN).split("\n");
    const from = lines.findIndex((line) => line === "  2026-01-28");
    expect(lines.slice(from, from + 5).map((line) => line.trimEnd().replace(/\s+:\d$/, ""))).toEqual([
      "  2026-01-28",
      "  23:50:00  before midnight",
      "            … 20 min of silence …",
      "  2026-01-29",
      "  00:10:00  after midnight",
    ]);
  });

  test("shows no day where there is only one", () => {
    const report = aReport({ verdict: "orphaned-runs", findings: [finding], window: { from: null, to: null } });
    expect(pretty.render(report, { ...PLAIN, timeZone: "UTC" })).not.toMatch(/^ {2}2026-01-28$/m);
  });

  test("says the log's end only where something had not ended", () => {
    const text = (code: "run-lost" | "run-stalled"): string =>
      pretty.render(
        aReport({ findings: [aFinding({ code, timeline: [entry("07:00:00", 1, "run started")] })] }),
        PLAIN,
      );
    expect(text("run-lost")).not.toContain("end of log");
    expect(text("run-stalled")).toContain("… 1 h 10 min of silence …");
  });
});
