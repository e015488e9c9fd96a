/** Whatever stands in a log: what a reporter prints never acts on the terminal, shell or CI that shows it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { escapeTerminal } from "../../src/escape.ts";
import type { Report } from "../../src/model.ts";
import type { RenderOptions } from "../../src/reporters/reporter.ts";
import { timeline } from "../../src/reporters/timeline.ts";
import { anyReport } from "./any-report.ts";
import { HARMFUL } from "./any-text.ts";
import { loaded } from "./loaded.ts";

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
