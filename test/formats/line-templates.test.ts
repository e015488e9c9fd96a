/** A template must make of a line just what the form's own `parse` makes of it, or leave it to that. */
import { readFileSync } from "node:fs";
import path from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { consoleJson } from "../../src/formats/console-json.ts";
import type { LineFormat } from "../../src/formats/format.ts";
import { LineTemplates } from "../../src/formats/line-templates.ts";
import { tslog } from "../../src/formats/tslog.ts";
import { REAL_LOGS } from "../helpers/fixtures.ts";

const RUN_OR_LANE = /"(?:embedded run |lane |run |session state: )/;

/** Learns from the lines as the reader does: from each that no template fits. */
function learnt(format: LineFormat, lines: readonly string[]): { templates: LineTemplates; hits: number } {
  const templates = new LineTemplates([format]);
  let hits = 0;
  for (const line of lines) {
    const bytes = Buffer.from(`before\n${line}\nbehind`);
    const [start, end] = [7, bytes.length - 7];
    const parsed = format.parse(line.replace(/\r$/, ""));
    const read = templates.read(bytes, start, end);
    if (read !== undefined) {
      hits++;
      expect(read).toEqual({ parsed, format: format.name });
    } else if (parsed !== undefined) templates.learn(bytes, start, end, format.name, parsed);
  }
  return { templates, hits };
}

/** Twice, for a short log has few lines of a kind. */
function expectMostRead(format: LineFormat, lines: readonly string[]): void {
  const again = learnt(format, [...lines, ...lines]).hits - learnt(format, lines).hits;
  expect(again / lines.length).toBeGreaterThan(0.9);
}

const META = `"_meta":{"name":"{\\"subsystem\\":\\"diagnostic\\"}","parentNames":["clawdbot"],"date":"2026-01-28T08:23:20.100Z","logLevelName":"DEBUG"}`;
const TIME = `"time":"2026-01-28T08:23:20.101Z"`;
const line = (message: string, rest = `${META},${TIME}`): string =>
  `{"0":"{\\"subsystem\\":\\"diagnostic\\"}","1":"${message}",${rest}}`;

describe("of real logs", () => {
  const logs = REAL_LOGS.filter(({ name }) => !name.includes("3.31"));

  it.each(logs.map(({ name, folder }) => [name, folder] as const))("%s: reads its run and lane lines", (_, folder) => {
    const lines = readFileSync(path.join(folder, "gateway.jsonl"), "utf8").split("\n");
    const events = lines.filter((it) => RUN_OR_LANE.test(it));
    expectMostRead(tslog, events);
    learnt(tslog, lines);
  });

  it("the console's JSON", () => {
    const file = new URL("../../fixtures/clawdbot-2026.1.24-3-b-json-console/console.log", import.meta.url);
    const lines = readFileSync(file, "utf8").split("\n");
    const events = lines.filter((it) => RUN_OR_LANE.test(it));
    expectMostRead(consoleJson, events);
    learnt(consoleJson, lines);
  });
});

describe("a template", () => {
  it.each([
    ["another message", line("lane dequeue: lane=main")],
    ["quotes in the message", line('session state: reason=\\"run_started\\" path=\\"C:\\\\\\\\x\\"')],
    ["an empty message", line("")],
    ["another time, local", line("m", `${META},"time":"2026-01-28T09:23:20.101+01:00"`)],
    ["a carriage return behind it", `${line("m")}\r`],
  ])("reads %s", (_, text) => {
    expect(learnt(tslog, [line("lane enqueue: lane=main"), text]).hits).toBe(1);
  });

  it.each([
    ["an escape that is none of a quote", line("a\\nb")],
    ["what is not ASCII", line("grüße")],
    ["a control character", line("a\u0001b")],
    ["an object in the message's place", line("x").replace('"x"', '{"event":"x"}')],
    ["bindings in the message's place", line('{\\"subsystem\\":\\"ws\\"}')],
    ["a time that is none", line("m", `${META},"time":"yesterday"`)],
    ["another level", line("m").replace("DEBUG", "WARN")],
    ["one argument more", line("m", `"2":"n",${META},${TIME}`)],
    ["something behind it", `${line("m")} `],
    ["a line that is cut off", line("m").slice(0, -1)],
    ["nothing", ""],
  ])("leaves %s to the form's own parse", (_, text) => {
    expect(learnt(tslog, [line("lane enqueue: lane=main"), text]).hits).toBe(0);
  });

  it.each([
    ["the message stands twice", line("m", `${META},${TIME},"1":"m"`)],
    ["the message stands again behind all", line("m", `${META},${TIME},"2":"n"`)],
    ["the time stands twice", line("m", `${META},${TIME},${TIME}`)],
    ["the time is none", line("m", META)],
  ])("is not learnt where %s", (_, text) => {
    const { templates } = learnt(tslog, [text]);
    const other = Buffer.from(text.replace('"1":"m"', '"1":"another"'));
    expect(templates.read(other, 0, other.length)).toBeUndefined();
  });

  it("is true to parse whatever befalls its lines", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '"',
        '\\"',
        "\\\\",
        "\\",
        "\\u0022",
        "\\n",
        ',"1":"x"',
        ',"2":"x"',
        '"}',
        "{",
        "\u0000",
        "ü",
        "\r",
      ),
      fc.constantFrom(
        '"message":"x",',
        '"time":"2026-01-28T08:23:20.101Z",',
        '"date":"x",',
        '{"a":"b"},',
        "Z",
        "+02:00",
      ),
      fc.string({ unit: "binary", maxLength: 6 }),
    );
    const [jsonl, console_] = [
      [
        line("lane enqueue: lane=main"),
        line('reason=\\"x\\"', `${META},${TIME},"hostname":"vm","message":"m","traceId":"t"`),
      ],
      [
        `{${TIME},"level":"debug","subsystem":"agent","message":"m"}`,
        `{${TIME},"level":"warn","message":"m","runId":"r"}`,
      ],
    ] as const;
    const mutated = (lines: readonly string[]) =>
      fc.array(
        fc
          .tuple(fc.constantFrom(...lines), fc.nat(340), fc.nat(12), piece)
          .map(([text, at, length, other]) =>
            (text.slice(0, at) + other + text.slice(at + length)).replaceAll("\n", ""),
          ),
        { maxLength: 6 },
      );
    fc.assert(
      fc.property(mutated(jsonl), mutated(console_), (some, others) => {
        learnt(tslog, [...some, ...jsonl, ...some]);
        learnt(consoleJson, [...others, ...console_, ...others]);
      }),
      { numRuns: 2000 },
    );
  });
});
