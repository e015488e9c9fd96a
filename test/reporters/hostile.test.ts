/** Whatever stands in a log: what a reporter prints never acts on the terminal, shell or CI that shows it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { escapeTerminal } from "../../src/escape.ts";
import type { Report } from "../../src/model.ts";
import type { RenderOptions } from "../../src/reporters/reporter.ts";
import { timeline } from "../../src/reporters/timeline.ts";
import { anyReport } from "./any-report.ts";
import { HARMFUL } from "./any-text.ts";
import { mapTexts } from "../../src/mask-texts.ts";
import { OUTCOMES } from "../../src/model.ts";
import type { ResetResult } from "../../src/repair/model.ts";
import { gatewayText, renderJson, resultLines, stepLine } from "../../src/repair/render.ts";
import type { WatchEvent } from "../../src/watch/events.ts";
import { watchFormats } from "../../src/watch/formats/index.ts";
import { anyText } from "./any-text.ts";
import { loaded } from "./loaded.ts";
import { aFinding } from "./sample-reports.ts";

const time = fc.integer({ min: 0, max: 4e12 });
const gateway = fc.option(anyText);
const ofSession = {
  time,
  gateway,
  sessionKey: anyText,
  aliases: fc.array(anyText, { maxLength: 2 }),
  runId: fc.option(anyText),
};
const step = fc.record({ action: fc.constantFrom("look", "send"), ok: fc.boolean(), detail: anyText, ms: fc.nat() });

const anyEvent = fc.oneof(
  fc.record({
    ...ofSession,
    event: fc.constantFrom("blocked", "stalled"),
    confidence: fc.constant("high"),
    cause: fc.constant("restart"),
    heldSince: time,
    silenceMs: fc.nat(),
    waitingAtLeast: fc.nat(3),
    finding: anyText.map((message) => aFinding({ code: "session-blocked", message })),
  }),
  fc.record({ ...ofSession, event: fc.constant("free"), reason: fc.constantFrom("run-ended", "released"), runState: fc.constant("aborted"), blockedMs: fc.nat() }),
  fc.record({ ...ofSession, event: fc.constant("heal"), outcome: fc.constantFrom(...OUTCOMES), detail: anyText, steps: fc.array(step, { maxLength: 2 }), next: fc.option(anyText) }),
  fc.record({ time, gateway, event: fc.constantFrom("lines-lost", "gateway-unreachable", "gateway-reachable"), detail: anyText }),
  fc.record({ time, gateway, event: fc.constantFrom("gateway-restarted", "gateway-crashed", "gateway-stopped", "gateway-started"), at: time, pid: fc.nat(), sameProcess: fc.boolean() }),
  fc.record({ time, event: fc.constant("state"), sources: fc.array(anyText, { maxLength: 2 }), gateways: fc.nat(), blocked: fc.array(anyText, { maxLength: 5 }), stalled: fc.array(anyText, { maxLength: 2 }), busy: fc.nat(), showsRuns: fc.boolean(), help: fc.option(anyText) }),
) as fc.Arbitrary<WatchEvent>; // prettier-ignore

const anyResult = fc.record({
  id: anyText,
  sessionKey: anyText,
  before: fc.constantFrom("blocked", "free"),
  steps: fc.array(step, { maxLength: 3 }),
  outcome: fc.constantFrom(...OUTCOMES),
  evidence: fc.array(fc.record({ time: fc.constant(null), text: anyText, source: anyText }), { maxLength: 2 }),
  lost: fc.constant({ runs: 0, messagesAtLeast: 0 }),
  next: anyText,
  nextNote: anyText,
}) as fc.Arbitrary<ResetResult>;

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
      fc.property(anyReport, options, (one, given) => {
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
      fc.property(anyReport, options, (one, given) => /^$|\n$/.test(reporter.render(one, given))),
      { numRuns: 50 },
    );
  });
});

/** Where each form goes, and so what may not be in it. A form without an entry fails. */
const TARGETS: Readonly<Record<string, "terminal" | "CI" | "Markdown" | "XML" | "HTML" | "JSON">> = {
  pretty: "terminal",
  timeline: "terminal",
  json: "JSON",
  ndjson: "JSON",
  github: "CI",
  markdown: "Markdown",
  junit: "XML",
  html: "HTML",
};

test("every form of every command has a target", () => {
  const names = [...loaded.map(({ name }) => name), "timeline", ...watchFormats.map(({ name }) => name)];
  expect([...new Set(names)].toSorted()).toEqual(Object.keys(TARGETS).toSorted());
});

const plainText: RenderOptions = {
  width: 80, colorLevel: 0, timeZone: "UTC", verbose: true, quiet: false, allRuns: true, since: null, until: null, ascii: false,
}; // prettier-ignore

function expectNoCommand(text: string): void {
  expect(text).not.toMatch(/^\s*::|##\[/m);
}

describe.each([...loaded, { name: "timeline", ...timeline }])("$name as its target reads it", (reporter) => {
  const { name } = reporter;
  const reads: Record<(typeof TARGETS)[string], (text: string) => void> = {
    // The terminal may be CI's, whose runner reads every program's lines.
    terminal: expectNoCommand,
    // A line that is a command is nothing else; in all others the older commands stand anywhere.
    CI: (text) => {
      expectNoCommand(
        text
          .split("\n")
          .filter((line) => !/^::(?:error|warning|notice) /.test(line))
          .join("\n"),
      );
    },
    // test/reporters/markdown.test.ts asks a parser for tags, links and mentions.
    Markdown: () => {},
    XML: (text) => expect(text).not.toMatch(/<(?:script|img)|<!\[CDATA|<!ENTITY/),
    HTML: (text) => {
      expect(text.match(/<\/script>/g)).toHaveLength(2);
      expect(text).not.toContain("<img");
    },
    JSON: (text) => {
      for (const line of name === "json" ? [text] : text.trimEnd().split("\n")) JSON.parse(line);
    },
  };
  test("markup stays text", () => {
    const evil =
      "<script>alert(1)</script><img src=x> ]]> @evil [x](http://x) <!ENTITY> ##[add-path]x\n::error::x" +
      " ::stop-commands::x".repeat(8);
    fc.assert(
      fc.property(anyReport, (one) => {
        const planted = mapTexts(one, (text, field) =>
          ["message", "help", "text", "sessionKey", "runId", "path", "model", "what"].includes(field)
            ? evil + text
            : text,
        ) as Report;
        reads[TARGETS[name] ?? "JSON"](reporter.render(planted, plainText));
      }),
      { numRuns: 50 },
    );
  });
});

describe.each(watchFormats)("$name of watch", (format) => {
  test("prints one line, and nothing that acts", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const text = format.render(event, { timeZone: "UTC", colorLevel: 0 });
        expect(text.endsWith("\n")).toBe(true);
        expect(HARMFUL.exec(text.slice(0, -1))).toBeNull();
        if (format.name === "pretty") expectNoCommand(text);
        if (format.name === "ndjson") expect(JSON.parse(text)).toMatchObject({ event: event.event });
      }),
    );
  });
});

describe("reset", () => {
  test("prints nothing that acts but newlines, and its JSON is the report", () => {
    fc.assert(
      fc.property(anyResult, (result) => {
        const report = {
          schemaVersion: 1,
          ok: true,
          gateway: { url: result.id, version: result.id },
          results: [result],
        } as const;
        const json = renderJson(report);
        const words = [resultLines(result), ...result.steps.map(stepLine), gatewayText(result.id, result.id), json];
        for (const text of words.slice(0, -1)) expect(text).not.toMatch(/^\s*::/m);
        for (const text of words) expect(HARMFUL.exec(text.replaceAll("\n", ""))).toBeNull();
        expect(resultLines(result).split("\n").length).toBeLessThanOrEqual(4);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(report)));
      }),
    );
  });
});

test("github prints only the commands that it means", () => {
  const github = loaded.find(({ name }) => name === "github");
  fc.assert(
    fc.property(anyReport, options, (one, given) => {
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
    fc.property(anyReport, options, (one, given) => {
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
    fc.property(anyReport, (one) => {
      const plain: unknown = JSON.parse(JSON.stringify(one));
      expect(JSON.parse(render("json", one))).toEqual(plain);
      const lines = render("ndjson", one).split("\n").slice(0, -1);
      expect(lines.length).toBe(1 + one.gateways.length + one.findings.length + one.sessions.length + one.runs.length);
      for (const line of lines) expect(JSON.parse(line)).toHaveProperty("type");
    }),
  );
});
