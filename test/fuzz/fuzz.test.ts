/** Any bytes in: never a crash, never a wrong count, never more memory than is said. The long form is `npm run fuzz`. */
import { describe, expect, test } from "vitest";

import { tryInput } from "./fuzz.ts";
import { assertValid, counted, Violation } from "./invariants.ts";
import { LARGE } from "./large.ts";
import { runLarge } from "./processes.ts";

/** Another seed for each dozen: all mutations and most of the forms are met. */
const SEED = 20_260_128;
const INPUTS = 24;

test.each(Array.from({ length: INPUTS / 6 }, (_, index) => index * 6))("inputs from %i on", async (from) => {
  for (let number = from; number < from + 6; number++) await tryInput(SEED, number);
});

describe("as a process, within the memory that is said", () => {
  test.each(LARGE.filter((large) => large.quick).map((large) => [large.name, large] as const))(
    "%s",
    async (_name, large) => {
      await runLarge(large);
    },
  );
});

describe("what the fuzzing holds against", () => {
  test.each([
    ["", 0],
    ["a", 1],
    ["a\n", 1],
    ["a\nb", 2],
    ["\n\n", 2],
  ])("%j has %i lines", (text, lines) => {
    expect(counted(Buffer.from(text))).toEqual({ bytes: text.length, lines });
  });

  test.each([
    ["json", "{"],
    ["ndjson", "{}\n{"],
    ["junit", "<testsuites><testcase></testsuites>"],
    ["junit", "<testsuites>\u0001</testsuites>"],
    ["html", "<!doctype html><p>half"],
    ["pretty", "a\u001b[31m"],
    ["github", "a\u202eb"],
    ["markdown", "half of one: \ud83d"],
  ])("%s: it sees %j", (format, text) => {
    expect(() => {
      assertValid(format, text);
    }).toThrow(format.endsWith("json") ? SyntaxError : Violation);
  });
});
