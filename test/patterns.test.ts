/**
 * A line of 1 MiB reaches the patterns whole, and whoever writes to the chat
 * writes to the log: a pattern that takes the square of a line's length would
 * stop the doctor for hours. recheck proves each one linear by its automaton;
 * what it cannot prove is written in another way. (Its fuzzing is not used: it
 * called patterns safe that are not.)
 */
import recheck from "recheck";
import { describe, expect, test } from "vitest";

import { patternsOf } from "./helpers/patterns.ts";

// The way of a word in `RECHECK_BACKEND` is the user's; without a native one it runs in JavaScript, some three times slower.
const PROOF = {
  checker: "automaton",
  timeout: 120_000,
  maxNFASize: 1_000_000,
  maxPatternSize: 100_000,
  maxRepeatCount: 1000,
} as const;

/** What the tool finds against a pattern; undefined: it takes a time linear in the text. */
async function superLinear(source: string, flags: string): Promise<string | undefined> {
  const found = await recheck.check(source, flags, PROOF);
  if (found.status === "safe") return undefined;
  if (found.status === "unknown") return `/${source}/${flags} cannot be proved linear: ${found.error.kind}`;
  return `/${source}/${flags} is ${found.complexity.summary}, for example on ${found.attack.pattern}`;
}

const src = patternsOf("src");
const page = patternsOf("page");
const patterns = [...src.literals, ...page.literals];

describe("every pattern takes a time linear in the text", { timeout: 300_000 }, () => {
  test.each(patterns.map((it) => [it.place, it] as const))("%s", async (_place, it) => {
    expect(await superLinear(it.source, it.flags)).toBeUndefined();
  });

  test("and what shows the others is told", async () => {
    expect(await superLinear("\\s+$", "")).toMatch(/2nd degree polynomial, for example on /);
    expect(await superLinear("^(a+)+$", "")).toMatch(/exponential, for example on /);
  });
});

test("none is overlooked", () => {
  expect(patterns.length).toBeGreaterThan(150);
  // Made from the name of a product and of a profile: of our own words and `\\d`.
  expect([...src.made, ...page.made]).toEqual(["src/sources/discover.ts"]);
});
