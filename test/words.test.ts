import fc from "fast-check";
import { expect, test } from "vitest";

import { countText, shortId, spanText } from "../src/words.ts";

test.each([
  [0, "0 s"],
  [499, "0 s"],
  [500, "1 s"],
  [59_499, "59 s"],
  [59_500, "1 min"],
  [60_000, "1 min"],
  [61_000, "1 min 1 s"],
  [2_799_000, "46 min 39 s"],
  [2_820_000, "47 min"],
  [3_599_600, "1 h"],
  [3_600_000, "1 h"],
  [7_500_000, "2 h 5 min"],
  [47 * 3_600_000, "47 h"],
  [48 * 3_600_000, "2 d"],
  [76 * 3_600_000, "3 d 4 h"],
  [365 * 86_400_000, "365 d"],
])("%d ms is %s", (ms, expected) => {
  expect(spanText(ms)).toBe(expected);
});

test("a span has two units at most, and no unit reaches the next one", () => {
  fc.assert(
    fc.property(fc.nat(10 ** 11), (ms) => {
      const text = spanText(ms);
      expect(text).toMatch(/^(?:\d+ d(?: \d+ h)?|\d+ h(?: \d+ min)?|\d+ min(?: \d+ s)?|\d+ s)$/);
      expect(text).not.toMatch(/\b(?:60 s|60 min|0 min|0 h|0 d)\b/);
    }),
  );
});

test.each([
  [0, "0 messages"],
  [1, "1 message"],
  [2, "2 messages"],
])("%d: %s", (count, expected) => {
  expect(countText(count, "message")).toBe(expected);
});

test.each([
  ["12cbe357-0a5b-4f43-9a66-6d2a4b0c9f11", "12cbe357"],
  ["12CBE357-0A5B-4F43-9A66-6D2A4B0C9F11", "12CBE357"],
  ["12cbe357", "12cbe357"],
  ["my nightly job", "my nightly job"],
  ["probe-1", "probe-1"],
  ["", ""],
])("%s is quoted as %s", (id, expected) => {
  expect(shortId(id)).toBe(expected);
});
