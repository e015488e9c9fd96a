import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { OUTCOMES, type Finding } from "../../src/model.ts";
import type { BlockedEvent, WatchEvent } from "../../src/watch/events.ts";
import { watchFormats } from "../../src/watch/formats/index.ts";
import { anyText, HARMFUL } from "../reporters/any-text.ts";

const TIME = Date.parse("2026-01-28T08:23:20Z");
const finding: Finding = {
  code: "session-blocked",
  severity: "error",
  confidence: "high",
  message: "session main gets no answers: run r1 holds its lane since a gateway restart in the same process cut it off",
  help: "Not just slow.",
  timeline: [],
  timelineOmitted: 0,
};
const of = { time: TIME, gateway: null };
const session = { ...of, sessionKey: "main", aliases: ["agent:main:main"] };
const blocked: BlockedEvent = {
  ...session,
  event: "blocked",
  confidence: "high",
  cause: "restart",
  runId: "r1",
  heldSince: TIME - 780_000,
  silenceMs: 780_000,
  waitingAtLeast: 2,
  finding,
};
const free: WatchEvent = {
  ...session,
  event: "free",
  reason: "run-ended",
  runState: "aborted",
  runId: "r1",
  blockedMs: 780_000,
};
const state: WatchEvent = {
  event: "state",
  time: TIME,
  sources: ["gateway.log"],
  gateways: 1,
  blocked: [],
  stalled: [],
  busy: 1,
  showsRuns: true,
  help: null,
};
const life = { ...of, at: TIME, pid: 4711, sameProcess: false };
const heal = { ...session, event: "heal" as const, runId: "r1", steps: [], next: null };

const SAMPLES: readonly WatchEvent[] = [
  state,
  { ...state, blocked: ["main", "room"], stalled: ["a", "b"], sources: ["a.log", "b.log"] },
  { ...state, showsRuns: false, help: "Set logging.level." },
  { ...state, showsRuns: false, gateways: 0, sources: [], busy: 0 },
  blocked,
  { ...blocked, event: "stalled", gateway: "one" },
  free,
  { ...free, reason: "run-alive", runState: null },
  { ...free, reason: "gateway-gone", runState: null },
  { ...free, reason: "released", runState: null, runId: null },
  { ...life, event: "gateway-restarted", sameProcess: true },
  { ...life, event: "gateway-restarted" },
  { ...life, event: "gateway-crashed" },
  { ...life, event: "gateway-stopped", pid: null },
  { ...life, event: "gateway-started" },
  ...OUTCOMES.map((outcome) => ({ ...heal, outcome, detail: `what the repair says of ${outcome}` })),
  { ...heal, outcome: "ineffective", detail: "still held", next: "clawdbot gateway restart" },
  { ...of, event: "lines-lost", detail: "only the last 5,000 lines were read" },
  { ...of, event: "gateway-unreachable", detail: "nobody listens" },
  { ...of, event: "gateway-reachable", detail: "the gateway answers again" },
];

const OPTIONS = { timeZone: "Europe/Berlin", colorLevel: 0 as const };

test.each(watchFormats.map((it) => [it.name, it] as const))("%s", async (name, format) => {
  const text = SAMPLES.map((it) => format.render(it, OPTIONS)).join("");
  await expect(text).toMatchFileSnapshot(`__snapshots__/events.${name}.txt`);
});

test("colours only where they are wanted", () => {
  const [pretty] = watchFormats;
  expect(pretty?.render(blocked, { ...OPTIONS, colorLevel: 1 })).toContain("\u001b[");
  expect(pretty?.render(blocked, OPTIONS)).not.toContain("\u001b");
});

describe("hostile text", () => {
  test.each(watchFormats.map((it) => [it.name, it] as const))("%s: one line, and nothing in it acts", (_, format) => {
    fc.assert(
      fc.property(anyText, (text) => {
        const events: WatchEvent[] = [
          {
            ...blocked,
            gateway: text,
            sessionKey: text,
            runId: text,
            finding: { ...finding, message: text, help: text },
          },
          { ...free, sessionKey: text, runId: text },
          { ...state, sources: [text], blocked: [text] },
          { ...state, showsRuns: false, help: text },
          { ...heal, sessionKey: text, outcome: "refused", detail: text, next: text },
          { ...of, event: "gateway-unreachable", detail: text },
        ];
        for (const event of events) {
          const line = format.render(event, OPTIONS);
          expect(line.endsWith("\n")).toBe(true);
          expect(HARMFUL.test(line.slice(0, -1))).toBe(false);
          if (format.name === "ndjson") {
            const { time: _time, heldSince: _held, ...told } = JSON.parse(line);
            const { time: _, ...meant } = JSON.parse(JSON.stringify(event));
            delete meant.heldSince;
            expect(told).toEqual({ schemaVersion: 1, ...meant });
          }
        }
      }),
    );
  });
});
