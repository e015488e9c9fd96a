/** The fast path leaves lines unread; the line-by-line way reads them all. Nobody may tell the two apart but by the time. */
import { readFileSync } from "node:fs";
import path from "node:path";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { colouredLine, consoleLine, tslogLine } from "../bench/logs/line.ts";
import { tellStory } from "../bench/logs/story.ts";
import type { Source } from "../src/sources/source.ts";
import { chunked, expectSame, told } from "./helpers/both-ways.ts";
import { REAL_LOGS } from "./helpers/fixtures.ts";
import { everyForm } from "./helpers/forms.ts";

const ONE_OF_A_VERSION = [
  "clawdbot-2026.1.24-3-a",
  "openclaw-2026.2.26-restart-mix",
  "openclaw-2026.5.28-restart-mix",
  "openclaw-2026.9.6",
];
const SIZES = [997, 4096, 65_536] as const;

describe.each(REAL_LOGS.map((log) => [log.name, log] as const))("%s", (_name, log) => {
  const jsonl = readFileSync(path.join(log.folder, "gateway.jsonl"));
  const console_ = readFileSync(path.join(log.folder, "console.log"));

  test.each(SIZES)("as it was written, in pieces of %i bytes", async (size) => {
    await expectSame([chunked("gateway.jsonl", jsonl, size)]);
    await expectSame([chunked("console.log", console_, size)]);
    await expectSame([chunked("gateway.jsonl", jsonl, size), chunked("console.log", console_, size + 1)]);
  });
});

test.each(ONE_OF_A_VERSION)("%s in every form", { timeout: 60_000 }, async (name) => {
  const jsonl = readFileSync(new URL(`../fixtures/${name}/gateway.jsonl`, import.meta.url), "utf8");
  for (const form of everyForm(jsonl)) await expectSame([chunked(form.fileName, form.bytes, 4999)]);
});

/** A busy gateway's log of some 200 kB, with words of run lines where they are none. */
function busyLog(seed: number, form: "jsonl" | "text" | "coloured"): string[] {
  const write = { jsonl: tslogLine, text: consoleLine, coloured: colouredLine }[form];
  let written = 0;
  const lines: string[] = [];
  const story = tellStory({ seed, bytes: 200_000, written: () => written });
  for (let next = story.next(); next.done !== true; next = story.next()) {
    const text = write(next.value);
    written += text.length + 1;
    lines.push(...text.split("\n"));
  }
  return lines;
}

const forms = ["jsonl", "text", "coloured"] as const;
const logs = forms.flatMap((form) => [1, 2].map((seed) => busyLog(seed, form)));
const real = REAL_LOGS.slice(0, 5).flatMap(({ folder }) =>
  ["gateway.jsonl", "console.log"].map((file) => readFileSync(path.join(folder, file), "utf8").split("\n")),
);

describe("a busy log", () => {
  test.each(logs.map((lines, index) => [forms[Math.floor(index / 2)], lines] as const))("%s", async (_form, lines) => {
    for (const size of SIZES) await expectSame([chunked("x.log", Buffer.from(lines.join("\n")), size)]);
  });

  test("at every place where a piece may end", { timeout: 60_000 }, async () => {
    for (const lines of [logs[0], logs[2], logs[4]]) {
      const bytes = Buffer.from((lines as string[]).slice(0, 60).join("\n"));
      const reference = await told([chunked("x.log", bytes, 1_000_000)], "line by line");
      for (let size = 1; size < 400; size += 7)
        expect(await told([chunked("x.log", bytes, size)], "fast")).toEqual(reference);
    }
  });
});

/** What may befall a log: a change of some of its lines, here and there. */
const change = fc.record({
  at: fc.nat(10_000),
  offset: fc.nat(400),
  length: fc.nat(40),
  text: fc.oneof(
    fc.constantFrom(
      "embedded run start: runId=trap sessionId=trap",
      "2026-01-28T08:23:20.101Z [agent/embedded] embedded run start: runId=trap sessionId=trap",
      "\n08:23:20 - embedded run start: runId=trap",
      "\n[agent/embedded] embedded run start: runId=trap sessionId=trap\n",
      "\u001b[36m",
      "\r",
      "\r\n",
      "\n",
      "\n\n    at processTicksAndRejections (node:internal)\n",
      "\u0000",
      '"',
      "\\",
      "é…😀",
      "\ufeff",
    ),
    fc.string({ unit: "binary", maxLength: 20 }),
  ),
  whole: fc.boolean(),
});

test("whatever befell it", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...logs, ...real),
      fc.array(change, { maxLength: 12 }),
      fc.boolean(),
      fc.integer({ min: 300, max: 30_000 }),
      async (lines, changes, crlf, size) => {
        const changed = [...lines];
        for (const { at, offset, length, text, whole } of changes) {
          const index = at % changed.length;
          const line = changed[index] as string;
          changed[index] = whole ? text : line.slice(0, offset) + text + line.slice(offset + length);
        }
        await expectSame([chunked("x.log", Buffer.from(changed.join(crlf ? "\r\n" : "\n")), size)]);
      },
    ),
    { numRuns: 60 },
  );
});

test("with a line of 100 MB in the middle", { timeout: 60_000 }, async () => {
  const lines = logs[0] as string[];
  const piece = Buffer.alloc(1_000_000, "x");
  const source: Source = {
    path: "x.log",
    reopenable: true,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *open() {
      yield Buffer.from(`${lines.slice(0, 100).join("\n")}\n`);
      yield Buffer.from('{"0":"{\\"subsystem\\":\\"exec\\"}","1":"');
      for (let count = 0; count < 100; count++) yield piece;
      yield Buffer.from(`"}\n${lines.slice(100).join("\n")}`);
    },
  };
  const fast = await told([source], "fast");
  expect(fast).toEqual(await told([source], "line by line"));
  expect(fast).toMatchObject({
    report: { sources: [{ lines: lines.length + 1, candidates: expect.any(Number) as number }] },
    warnings: ["x.log: a line was too long to be read whole; what is beyond 1 MiB was left out"],
  });
});
