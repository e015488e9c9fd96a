import { describe, expect, test } from "vitest";

import { capabilitiesOf } from "../../src/repair/capabilities.ts";
import { SITUATIONS, type Situation } from "../../src/repair/model.ts";
import { STEPS } from "../../src/repair/steps/index.ts";

const of = (version: string | null, methods: readonly string[] = [], atLeast: string | null = null) =>
  capabilitiesOf({ version, atLeast, methods: new Set(methods) });

test.each<[string, Situation, readonly string[]]>([
  ["2026.1.24-3", "wedge", ["stop-command"]],
  ["2026.1.24-3", "hang", ["chat-abort", "stop-command"]],
  ["2026.1.30", "wedge", ["stop-command"]],
  ["2026.2.9", "wedge", ["stop-command"]],
  ["2026.2.17", "wedge", ["sessions-reset"]],
  ["2026.2.26", "wedge", ["sessions-reset"]],
  ["2026.2.26", "hang", ["chat-abort", "stop-command", "sessions-reset"]],
  ["2026.3.31", "hang", ["chat-abort", "stop-command", "sessions-abort", "sessions-reset"]],
  ["2026.5.28", "held-back", ["sessions-reset"]],
  ["2026.9.6", "hang", ["chat-abort", "stop-command", "sessions-abort", "sessions-reset"]],
  ["2026.9.6", "held-back", ["sessions-reset"]],
  ["2027.1.0", "hang", ["chat-abort", "stop-command", "sessions-abort", "sessions-reset"]],
])("%s %s: %j", (version, situation, ladder) => {
  expect(of(version).ladder[situation]).toEqual(ladder);
});

test.each<[string, string | null, readonly string[], string | null, string]>([
  ["a greeting that says dev, with an early list", "dev", ["chat.send", "chat.abort"], null, "2026.1.24-3"],
  ["the list of 2.26", null, ["chat.send", "chat.abort", "sessions.reset", "tools.catalog"], null, "2026.2.26"],
  [
    "a list that has sessions.abort",
    null,
    ["chat.send", "chat.abort", "sessions.reset", "sessions.abort"],
    null,
    "2026.3.31",
  ],
  ["a log that bounds it", null, [], "2026.2.17", "2026.2.26"],
])("no version, but %s", (_, version, methods, atLeast, like) => {
  expect(of(version, methods, atLeast)).toEqual(of(like, methods));
});

test("nothing known at all: nothing that could do harm", () => {
  const can = of(null);
  expect(can.resetNeedsProof).toBe(true);
  expect(Object.values(can.ladder).flat()).not.toContain("sessions-reset");
});

test("a method that the gateway does not have is no step", () => {
  expect(of("2026.9.6", ["chat.abort"]).ladder.hang).toEqual(["chat-abort"]);
});

describe("every row", () => {
  test.each(["2026.1.24-3", "2026.2.26", "2026.3.31", "2026.5.28", "2026.6.11", "2026.9.6"])(
    "of %s is mildest first",
    (version) => {
      for (const situation of SITUATIONS) {
        const keeps = of(version).ladder[situation].map((it) => STEPS[it].keepsConversation);
        expect(keeps).toEqual(keeps.toSorted((a, b) => Number(b) - Number(a)));
      }
    },
  );
});
