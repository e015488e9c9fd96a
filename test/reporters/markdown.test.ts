/** A job summary as GitHub would show it: nothing of the log is markup, and it always fits. */
import fc from "fast-check";
import type { Nodes } from "mdast";
import { describe, expect, test } from "vitest";

import { escapeMarkdown, markdownCode } from "../../src/escape.ts";
import type { Report } from "../../src/model.ts";
import { codeBlock, withinLimit } from "../../src/reporters/markdown/blocks.ts";
import { markdown } from "../../src/reporters/markdown.ts";
import { allNodes, parseMarkdown } from "../helpers/markdown.ts";
import { anyReport } from "./any-report.ts";
import { anyText } from "./any-text.ts";
import { PLAIN } from "./plain.ts";
import { aFinding, aReport, aRun, aSession, entry, SAMPLES } from "./sample-reports.ts";

const OURS: ReadonlySet<string> = new Set(
  "root heading paragraph text strong inlineCode code blockquote html table tableRow tableCell list listItem".split(
    " ",
  ),
);
const OUR_HTML: ReadonlySet<string> = new Set(["<details><summary>Evidence</summary>", "</details>"]);
const OUR_HEADINGS: ReadonlySet<string> = new Set(["clawdbot-sessions", "Findings", "Next", "Runs"]);
/** What GitHub makes links of in plain text: addresses, mentions, issues, commits. */
const LINKED = /@|#|:\/\/|www\.|\bGH-\d|\b(?=\w*\d)[0-9a-f]{7,40}\b/i;

function expectOnlyOurs(text: string): void {
  expect(allNodes(parseMarkdown(text)).flatMap(notOurs)).toEqual([]);
}

/** What of a node cannot be ours; nothing if all can be. */
function notOurs(node: Nodes): readonly unknown[] {
  if (!OURS.has(node.type)) return [node];
  if (node.type === "html") return OUR_HTML.has(node.value) ? [] : [node];
  if (node.type === "text") return LINKED.test(node.value) ? [node] : [];
  if (node.type === "heading") {
    const title = node.children.map((it) => ("value" in it ? it.value : "")).join("");
    return OUR_HEADINGS.has(title) ? [] : [node];
  }
  if (node.type !== "table") return [];
  const [head, ...rows] = node.children;
  return rows.filter((row) => row.children.length !== head?.children.length);
}

const render = (report: Report, more: Partial<typeof PLAIN> = {}): string =>
  markdown.render(report, { ...PLAIN, ...more });

describe("nothing of the log is markup", () => {
  test.each(Object.entries(SAMPLES))("%s", (_, report) => {
    expectOnlyOurs(render(report, { allRuns: true }));
  });

  test("whatever it is", () => {
    fc.assert(
      fc.property(anyReport, (report) => expectOnlyOurs(render(report, { allRuns: true, verbose: true }))),
      { numRuns: 200 },
    );
  });

  const poison = [
    "@octocat",
    "a@b.example",
    "octo/repo#1",
    "#1",
    "GH-1",
    "https://evil.example/",
    "www.evil.example",
    "0123456789abcdef0123456789abcdef01234567",
    "deadbeef",
    "[text](javascript:x)",
    "![image](https://evil.example/x.png)",
    "<img src=x onerror=alert(1)>",
    "</details>",
    "<!--",
    "| a | b |",
    "a|b",
    "\\|",
    "`",
    "``` x",
    "~~~",
    "*x*",
    "_x_",
    "$x$",
    "&lt;b&gt;",
    "[^1]",
    "- [ ] x",
    "1. x",
    "# x",
    "> x",
    "---",
    ":tada:",
    "x\n\n# y",
    "\u202ex",
    "",
    "  ",
  ];

  test.each(poison)("%j, in every place", (text) => {
    const report = aReport({
      verdict: "blocked",
      labels: { host: text },
      runs: [aRun({ runId: text, sessionKey: text, channel: text, provider: text })],
      sessions: [aSession({ sessionKey: text, aliases: [], state: "blocked", heldByRunId: text, heldSince: text })],
      findings: [
        aFinding({
          code: "run-orphaned",
          message: text,
          help: text,
          location: { path: text, line: 1 },
          timeline: [entry("07:00:00", 1, text, text), entry(null, 2, text, "b")],
        }),
      ],
      seen: [{ what: text, count: 1, last: text }],
    });
    expectOnlyOurs(render(report, { allRuns: true }));
    expectOnlyOurs(render({ ...report, verdict: "inconclusive" }));
  });

  test("a code span is one span with the whole text, in a table too", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const table = `| a | b |\n|---|---|\n| ${markdownCode(text)} | x |\n`;
        const spans = allNodes(parseMarkdown(table)).filter(({ type }) => type === "inlineCode");
        expect(spans).toHaveLength(1);
      }),
    );
  });

  test("a code block is one block", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom("`", "~", " ", "a") })), (lines) => {
        const nodes = parseMarkdown(codeBlock(lines, "text")).children;
        expect(nodes).toMatchObject([{ type: "code", value: lines.join("\n") }]);
      }),
    );
  });
});

test.each([
  ["1 of 2 sessions gets no answers: main, for 13 min.", "1 of 2 sessions gets no answers: main, for 13 min."],
  ["run 12cbe357 on room7 was cut", "run `12cbe357` on `room7` was cut"],
  ["Send /stop: (with the colon).", "Send `/stop:` (with the colon)."],
  [
    "the gateway's agents.defaults.timeoutSeconds, at 08:23:20",
    "the gateway's `agents.defaults.timeoutSeconds`, at 08:23:20",
  ],
  ["$(rm -rf ~) it", "`$(rm -rf ~`) it"],
  ["dead: run-1 (room-4), run-2 (room-5).", "dead: `run-1` (`room-4`), `run-2` (`room-5`)."],
  ["before any sessions.reset: that answers", "before any `sessions.reset`: that answers"],
  ["(https://a.example/) and ((", "(`https://a.example/`) and (`(`"],
])("%j reads %j", (text, expected) => expect(escapeMarkdown(text)).toBe(expected));

describe("a job summary stays under 1 MiB", () => {
  const MIB = 1024 * 1024;
  const many = Array.from({ length: 20_000 }, (_, index) => `session-${index}-${"🎉".repeat(20)}`);
  const huge = aReport({
    verdict: "blocked",
    sessions: many.map((sessionKey) => aSession({ sessionKey, aliases: [], state: "blocked", waitingAtLeast: 1 })),
    runs: many.map((sessionKey) => aRun({ runId: sessionKey, sessionKey })),
    findings: many.map((sessionKey) =>
      aFinding({
        code: "run-orphaned",
        sessionKey,
        message: `run on ${sessionKey} never ended`,
        timeline: [entry("07:00:00", 1, "x")],
      }),
    ),
  });

  test("by whole rows and findings, and says how many it left out", () => {
    const text = render(huge, { allRuns: true });
    expect(Buffer.byteLength(text)).toBeLessThan(MIB);
    expect(Buffer.byteLength(text)).toBeGreaterThan(0.8 * MIB);
    const [ofSessions = "", ofFindings = "", ofRuns = ""] = text.split(/^### (?:Findings|Runs)$/m);
    const blocked = ofSessions.match(/^\| `session-.*\|$/gm)?.length ?? 0;
    const findings = ofFindings.match(/^<\/details>$/gm)?.length ?? 0;
    const runs = ofRuns.match(/^\| `session-.*\|$/gm)?.length ?? 0;
    const left = (amount: number, what: string) =>
      `… and ${(many.length - amount).toLocaleString("en-US")} more ${what}, left out here: a job summary holds 1 MiB.`;
    expect(Math.min(blocked, findings, runs)).toBeGreaterThan(100);
    expect(text).toContain(left(blocked, "sessions"));
    expect(text).toContain(left(findings, "findings"));
    expect(text).toContain(left(runs, "runs"));
    expect(text).toContain("### Next");
  });

  test("also where one text of the log is larger than that", () => {
    const text = "x/".repeat(MIB);
    const report = aReport({
      verdict: "blocked",
      sessions: [aSession({ sessionKey: text, aliases: [], state: "blocked" })],
      findings: [aFinding({ code: "run-orphaned", message: text, help: text, timeline: [entry("07:00:00", 1, text)] })],
    });
    const shown = render(report);
    expect(Buffer.byteLength(shown)).toBeLessThan(MIB);
    expectOnlyOurs(shown);
  });

  test("also where each of many sessions needs a step of its own", () => {
    const sessions = many.map((sessionKey) =>
      aSession({ sessionKey, aliases: [], sessionIds: [sessionKey], state: "blocked", waitsFor: "lock-file" }),
    );
    const shown = render(aReport({ verdict: "blocked", sessions }));
    expect(Buffer.byteLength(shown)).toBeLessThan(MIB);
    expect(shown).toContain("… and 19,990 more steps of this kind.");
  });

  test("whatever the parts are", () => {
    const section = fc.record({
      head: fc.constant("h"),
      items: fc.array(fc.string({ maxLength: 400 }), { maxLength: 20 }),
      glue: fc.constantFrom("\n", "\n\n"),
      share: fc.constantFrom(0.3, 0.9, 1),
      leftOut: fc.constant((amount: number) => `${amount} left out`),
    });
    fc.assert(
      fc.property(fc.array(section, { maxLength: 3 }), (sections) => {
        const written = sections.map((it) => ({ ...it, items: it.items.map((item) => () => item) }));
        const text = withinLimit("head", written, ["foot"], 1000);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1000);
        const shown = sections.reduce((sum, { items }) => sum + items.length, 0);
        const isWhole = !text.includes("left out");
        if (isWhole) for (const { items } of sections) for (const item of items) expect(text).toContain(item);
        if (shown === 0) expect(text).toBe("head\n\nfoot\n");
      }),
    );
  });
});

test("tells the time zone, and quiet leaves only the blocked sessions", () => {
  const report = SAMPLES["blocked"] as Report;
  expect(render(report, { timeZone: "Europe/Berlin" })).toMatch(/06:00:01 to 09:10:15 `Europe\/Berlin`/);
  expect(render(report, { quiet: true })).not.toContain("###");
});
