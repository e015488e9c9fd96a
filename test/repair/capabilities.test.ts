import { describe, expect, test } from "vitest";

import { GATEWAY_VERSIONS } from "../../lab/versions.ts";
import { capabilitiesOf, type Capabilities } from "../../src/repair/capabilities.ts";
import { SITUATIONS, type Situation } from "../../src/repair/model.ts";
import { STEPS } from "../../src/repair/steps/index.ts";

const of = (version: string | null, methods: readonly string[] = [], atLeast: string | null = null) =>
  capabilitiesOf({ version, atLeast, methods: new Set(methods) });

const ABORTS = "chat-abort stop-command sessions-abort";
const ALL = `${ABORTS} sessions-reset`;

/** As the lab measured it, in the order of SITUATIONS; a step that is sent where it does harm frees nobody. */
test.each<[string, Readonly<Record<Situation, string>>]>([
  [
    "2026.1.24-3",
    {
      wedge: "stop-command",
      hang: "chat-abort stop-command",
      "held-back": "",
      "full-lane": "",
      unknown: "stop-command",
    },
  ],
  [
    "2026.2.26",
    {
      wedge: "sessions-reset",
      hang: "chat-abort stop-command sessions-reset",
      "held-back": "",
      "full-lane": "",
      unknown: "chat-abort stop-command sessions-reset",
    },
  ],
  ["2026.3.31", { wedge: ALL, hang: ALL, "held-back": "", "full-lane": "", unknown: ALL }],
  ["2026.5.28", { wedge: ALL, hang: ALL, "held-back": "sessions-reset", "full-lane": "", unknown: ALL }],
  ["2026.6.11", { wedge: ALL, hang: ALL, "held-back": "sessions-reset", "full-lane": "", unknown: ALL }],
  ["2026.9.6", { wedge: ALL, hang: ALL, "held-back": "sessions-reset", "full-lane": "", unknown: ALL }],
  ["dev", { wedge: ABORTS, hang: ABORTS, "held-back": "", "full-lane": "", unknown: ABORTS }],
])("what is sent to %s", (version, ladders) => {
  const { ladder } = of(version);
  const sent = Object.fromEntries(SITUATIONS.map((situation) => [situation, ladder[situation].join(" ")]));
  expect(sent).toEqual(ladders);
});

test.each<[string, Partial<Capabilities>]>([
  [
    "2026.1.24-3",
    {
      resetNeedsProof: true,
      keysAsSent: true,
      trustsActiveRun: false,
      waiting: { "stop-command": "lost", "chat-abort": "answered" },
    },
  ],
  [
    "2026.2.26",
    {
      resetNeedsProof: false,
      keysAsSent: false,
      trustsActiveRun: false,
      waiting: { "chat-abort": "answered", "sessions-reset": "lost" },
    },
  ],
  [
    "2026.3.31",
    {
      resetNeedsProof: false,
      keysAsSent: false,
      trustsActiveRun: false,
      waiting: { "chat-abort": "answered", "sessions-reset": "lost" },
    },
  ],
  [
    "2026.5.28",
    {
      resetNeedsProof: false,
      keysAsSent: false,
      trustsActiveRun: false,
      waiting: { "chat-abort": "carried", "sessions-reset": "answered" },
    },
  ],
  [
    "2026.6.11",
    {
      resetNeedsProof: false,
      keysAsSent: false,
      trustsActiveRun: true,
      waiting: { "chat-abort": "carried", "sessions-reset": "answered" },
    },
  ],
  [
    "2026.9.6",
    {
      resetNeedsProof: false,
      keysAsSent: false,
      trustsActiveRun: true,
      waiting: { "chat-abort": "lost", "sessions-reset": "lost" },
    },
  ],
  ["dev", { resetNeedsProof: true, keysAsSent: true, trustsActiveRun: false, waiting: {}, measuredOn: [] }],
])("what is known of %s", (version, known) => expect(of(version)).toMatchObject(known));

// A version holds up to the next row's first one.
test.each([
  ["2025.12.1", "dev"],
  ["2026.1.0", "2026.1.24-3"],
  ["2026.1.30", "2026.1.24-3"],
  ["2026.2.9", "2026.1.24-3"],
  ["2026.2.17", "2026.2.26"],
  ["2026.2.28", "2026.2.26"],
  ["2026.3.0", "2026.3.31"],
  ["2026.5.27", "2026.3.31"],
  ["2026.6.10", "2026.5.28"],
  ["2026.6.30", "2026.6.11"],
  ["2026.7.0", "2026.9.6"],
  ["2027.1.0", "2026.9.6"],
  ["v2026.9.6", "dev"],
])("%s is like %s", (version, like) => expect(of(version)).toEqual(of(like)));

test("a row names only versions that the lab plays, and its own", () => {
  const played = GATEWAY_VERSIONS.map((it) => it.version);
  const named = played.flatMap((version) => of(version).measuredOn);
  expect(played).toEqual(expect.arrayContaining(named));
  expect(played.filter((version) => !of(version).measuredOn.includes(version))).toEqual(["2026.4.15"]);
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
  ["a log that bounds it more than its list", "dev", ["sessions.abort"], "2026.7.0", "2026.9.6"],
  ["a list that bounds it more than its log", "dev", ["sessions.abort"], "2026.1.0", "2026.3.31"],
  ["the list of 5.28", "dev", ["sessions.abort", "diagnostics.stability"], null, "2026.5.28"],
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
