/** Whatever stands in a log: what a reporter prints never acts on the terminal, shell or CI that shows it. */
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";

import { escapeTerminal } from "../../src/escape.ts";
import { FINDING_CODES, SEVERITIES, VERDICTS } from "../../src/model.ts";
import type { Report } from "../../src/model.ts";
import type { RenderOptions } from "../../src/reporters/reporter.ts";
import { timeline } from "../../src/reporters/timeline.ts";
import { loaded } from "./loaded.ts";
import { anyText, HARMFUL } from "./any-text.ts";
import { aFinding, aReport, aRun, aSession } from "./sample-reports.ts";

// Hundreds of reports each, and a busy machine may be slow.
vi.setConfig({ testTimeout: 60_000 });

const time = fc.oneof(
  fc.constant(null),
  fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString()),
  anyText,
);
const nullable = fc.option(anyText);
const location = fc.record({ path: anyText, line: fc.nat() });

const finding = fc
  .record({
    code: fc.constantFrom(...FINDING_CODES),
    severity: fc.constantFrom(...SEVERITIES),
    message: anyText,
    help: anyText,
    runId: anyText,
    sessionKey: anyText,
    location,
    timeline: fc.array(fc.record({ time, text: anyText, path: anyText, line: fc.nat() }), { maxLength: 20 }),
    timelineOmitted: fc.nat(2),
  })
  .map(aFinding);

const session = fc
  .record({
    sessionKey: anyText,
    aliases: fc.array(anyText, { maxLength: 2 }),
    state: fc.constantFrom("blocked" as const, "busy" as const, "free" as const, "unknown" as const),
    heldSince: time,
    heldByRunId: nullable,
    heldByLane: nullable,
    waitsFor: fc.constantFrom("own-run", "full-lane", "recoveries", "lock-file", null),
    waitingAtLeast: fc.nat(3),
    silenceMs: fc.option(fc.nat()),
  })
  .map(aSession);

const run = fc
  .record({
    runId: anyText,
    sessionId: nullable,
    sessionKey: nullable,
    cause: fc.constantFrom("restart" as const, "stall" as const, null),
    channel: nullable,
    provider: nullable,
    model: nullable,
    startedAt: time,
    endedAt: time,
    location,
  })
  .map(aRun);

/** Ids that meet, so that the reporters find holders and groups. */
function linked(report: Report): Report {
  const [first] = report.runs;
  if (!first) return report;
  return {
    ...report,
    sessions: report.sessions.map((one) => ({ ...one, heldByRunId: first.runId })),
    findings: report.findings.map((one) => ({ ...one, runId: first.runId })),
  };
}

const report: fc.Arbitrary<Report> = fc
  .record({
    verdict: fc.constantFrom(...VERDICTS),
    window: fc.record({ from: time, to: time }),
    sources: fc.array(
      fc.record({
        path: anyText,
        format: nullable,
        bytes: fc.nat(),
        lines: fc.nat(),
        candidates: fc.nat(),
        unparsedCandidates: fc.nat(1),
      }),
      { maxLength: 2 },
    ),
    runs: fc.array(run, { maxLength: 4 }),
    sessions: fc.array(session, { maxLength: 14 }),
    findings: fc.array(finding, { maxLength: 13 }),
    seen: fc.array(fc.record({ what: anyText, count: fc.nat(), last: time }), { maxLength: 2 }),
  })
  .map(aReport)
  .chain((one) => fc.constantFrom(one, linked(one)));

const options: fc.Arbitrary<RenderOptions> = fc.record({
  width: fc.integer({ min: 1, max: 300 }),
  colorLevel: fc.constantFrom(0 as const, 1 as const),
  timeZone: fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kolkata"),
  verbose: fc.boolean(),
  quiet: fc.boolean(),
  allRuns: fc.boolean(),
  since: fc.constant(null),
  until: fc.constant(null),
  ascii: fc.boolean(),
});

// oxlint-disable-next-line no-control-regex -- chalk's own colours
const OUR_COLORS = /\u001b\[(?:0|1|2|22|3[0-7]|39)m/g;

describe.each([...loaded, { name: "timeline", ...timeline }])("$name", (reporter) => {
  test("prints nothing that acts, but newlines and its own colours", () => {
    fc.assert(
      fc.property(report, options, (one, given) => {
        const text = reporter.render(one, given);
        const isColored = ["pretty", "timeline"].includes(reporter.name) && given.colorLevel === 1;
        const bare = (isColored ? text.replaceAll(OUR_COLORS, "") : text).replaceAll("\n", "");
        expect(HARMFUL.exec(bare)).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  test("ends in a newline, or is empty", () => {
    fc.assert(
      fc.property(report, options, (one, given) => /^$|\n$/.test(reporter.render(one, given))),
      { numRuns: 50 },
    );
  });
});

test("github prints only the commands that it means", () => {
  const github = loaded.find(({ name }) => name === "github");
  fc.assert(
    fc.property(report, options, (one, given) => {
      const lines = github?.render(one, given).trimEnd().split("\n") ?? [];
      const commands = lines.filter((line) => /^\s*::/.test(line));
      expect(commands.length).toBe(Math.min(one.findings.length, 10) + (one.findings.length > 10 ? 1 : 0));
      for (const command of commands)
        expect(command).toMatch(/^::(?:error|warning|notice) (?:(?:file|line|title)=[^:,]*,?)+::/);
      expect(lines.at(-1)).not.toMatch(/##\[|^\s*::/);
    }),
  );
});

test("html: nothing in the data ends its element, and it is still the data", () => {
  const html = loaded.find(({ name }) => name === "html");
  fc.assert(
    fc.property(report, options, (one, given) => {
      const text = html?.render(one, given) ?? "";
      const from = text.indexOf('id="data">') + 'id="data">'.length;
      const data = text.slice(from, text.indexOf("</script>", from));
      expect(data).not.toMatch(/[<>&\u2028\u2029]/);
      const parsed = JSON.parse(data) as { findings: { message: string }[]; verdict: string };
      expect(parsed.verdict).toBe(one.verdict);
      expect(parsed.findings.map((it) => it.message)).toEqual(one.findings.map((it) => escapeTerminal(it.message)));
      expect(text.slice(from).match(/<\/script>/g)).toHaveLength(2);
    }),
  );
});

test("json and ndjson say the same as the report", () => {
  const render = (name: string, one: Report): string =>
    loaded
      .find((reporter) => reporter.name === name)
      ?.render(one, {
        width: 80,
        colorLevel: 0,
        timeZone: "UTC",
        verbose: false,
        quiet: false,
        allRuns: true,
        since: null,
        until: null,
        ascii: false,
      }) ?? "";
  fc.assert(
    fc.property(report, (one) => {
      const plain: unknown = JSON.parse(JSON.stringify(one));
      expect(JSON.parse(render("json", one))).toEqual(plain);
      const lines = render("ndjson", one).split("\n").slice(0, -1);
      expect(lines.length).toBe(one.findings.length + one.sessions.length + one.runs.length);
      for (const line of lines) expect(JSON.parse(line)).toHaveProperty("type");
    }),
  );
});
