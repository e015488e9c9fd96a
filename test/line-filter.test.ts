import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { eventFilter } from "../src/event-filter.ts";
import { EVENT_SPECS, parseEvent } from "../src/events/index.ts";
import { decodeLine } from "../src/formats/decode.ts";
import { versionNamedBy } from "../src/gateway-version.ts";
import { CANDIDATE, SKIP, UNKNOWN } from "../src/layout-nodes.ts";
import type { LogRecord } from "../src/model.ts";

const filter = eventFilter();

function verdict(line: string): number {
  const bytes = Buffer.from(`before\n${line}\nbehind`);
  return filter.verdict(bytes, 7, bytes.length - 7);
}

const TIME = "2026-01-28T08:23:20.101Z";

/** A message in each form whose layout is known. */
const FORMS: Readonly<Record<string, (subsystem: string, message: string) => string>> = {
  tslog: (subsystem, message) =>
    `{"0":"{\\"subsystem\\":\\"${subsystem}\\"}","1":${JSON.stringify(message)},"_meta":{"logLevelName":"DEBUG"},"time":"${TIME}"}`,
  "tslog signed in _meta": (subsystem, message) =>
    `{"0":${JSON.stringify(message)},"_meta":{"name":"{\\"subsystem\\":\\"${subsystem}\\"}"},"time":"${TIME}"}`,
  "console-json": (subsystem, message) =>
    `{"time":"${TIME}","level":"debug","subsystem":"${subsystem}","message":${JSON.stringify(message)}}`,
  console: (subsystem, message) => `${TIME} [${subsystem}] ${message}`,
  "console with an offset": (subsystem, message) => `2026-01-28T10:23:20.101+02:00 [${subsystem}] ${message}`,
  "console in colours": (subsystem, message) =>
    `\u001b[90m${TIME}\u001b[39m \u001b[36m[${subsystem}]\u001b[39m \u001b[38;5;90m${message}\u001b[39m`,
};
const forms = Object.entries(FORMS);

const samples = Object.values(EVENT_SPECS).flatMap((spec) =>
  spec.samples.flatMap((message) => spec.by.flatMap((by) => (by === "" ? [] : [[by, message] as const]))),
);

describe.each(forms)("%s", (name, write) => {
  it("has every event read, under every logger's name", () => {
    for (const [by, message] of samples) {
      for (const subsystem of [by, `gateway/${by}`]) expect.soft(verdict(write(subsystem, message))).toBe(CANDIDATE);
    }
  });

  it("passes over what is no event", () => {
    const others = [
      ["agent/embedded", "an answer that quotes: embedded run start: runId=r sessionId=s"],
      ["diagnostic", "heartbeat: webhooks=0/0/0 active=1"],
      // Every logger's message is looked at where the logger's name stands behind it.
      ...(name === "tslog signed in _meta" ? [] : ([["ws", "embedded run start: runId=r"]] as const)),
    ] as const;
    for (const [subsystem, message] of others) {
      expect.soft(verdict(write(subsystem, message)), message).toBeGreaterThanOrEqual(SKIP);
    }
  });

  it("reads what is cut off or not plain", () => {
    const whole = write("agent/embedded", "embedded ");
    for (let end = 0; end < whole.length; end++) {
      const cut = verdict(whole.slice(0, end));
      if (cut >= SKIP) expect(decodeLine(whole.slice(0, end))?.parsed.message.startsWith("embedded ")).not.toBe(false);
    }
    for (const message of ["embedded \u001b[1mrun start: runId=r", " embedded run start: x", "\u00e9t\u00e9", "🦞 x"]) {
      expect.soft(verdict(write("agent/embedded", message)), message).toBe(UNKNOWN);
    }
  });
});

/** No writer of JSON makes such a line; of two lines torn into one the filter believes the first, JSON.parse the last. */
const hasKeyTwice = (line: string): boolean => /"(0|1|message|subsystem)":.*"\1":/s.test(line);

describe("the filter", () => {
  it.each([
    ["unsigned crashes", `${TIME} Unhandled promise rejection: AbortError: x`, CANDIDATE],
    [
      "unsigned crashes in the file",
      `{"0":"[openclaw] Unhandled promise rejection: x","_meta":{},"time":"x"}`,
      CANDIDATE,
    ],
    ["a banner with the version", `${TIME} OpenClaw 2026.9.6 (abc)`, CANDIDATE],
    ["a level's word, as `logs` writes it", `${TIME} debug agent/embedded embedded run start: x`, CANDIDATE],
    ["what a container runtime put before a line", `${TIME} stdout F ${TIME} [ws] x`, CANDIDATE],
    ["objects before the message", `{"0":"{\\"subsystem\\":\\"agent\\"}","1":{"event":"x"},"_meta":{}}`, UNKNOWN],
    ["two JSON lines in one, the first cut off", `{"0":"{\\"subsystem\\":\\"ws\\"}","1":"a{"0":"x"}`, SKIP],
    ["JSON that is cut off", `{"0":"{\\"subsystem\\":\\"ws\\"}","1":"a`, UNKNOWN],
    ["another form", "08:23:20 [ws] x", UNKNOWN],
    ["nothing", "", UNKNOWN],
  ])("knows %s", (_what, line, expected) => {
    expect(verdict(line)).toBe(expected);
  });

  it("never passes over a line that matters, whatever became of it", () => {
    const lines = forms.flatMap(([, write]) => [
      ...samples.map(([by, message]) => write(by, message)),
      write("ws", '← {"text":"embedded run start: runId=r sessionId=s"}'),
      write("gateway", "update available (latest): v2026.9.6 (current v2026.1.24-3)"),
    ]);
    const piece = fc.oneof(
      fc.constantFrom(...lines).chain((line) => fc.nat(line.length).map((at) => line.slice(at))),
      fc.constantFrom("\u001b[39m", "\\n", '"', "\\", "\r", "\u0000", " ", "verbose", "[", "]", '"}","1":"'),
      fc.string({ unit: "binary", maxLength: 10 }),
    );
    const mutated = fc
      .tuple(fc.constantFrom(...lines), fc.nat(300), fc.nat(60), piece)
      .map(([line, at, length, other]) => line.slice(0, at) + other + line.slice(at + length));
    fc.assert(
      fc.property(mutated, (text) => {
        const line = text.replaceAll("\n", "");
        if (verdict(line) < SKIP || hasKeyTwice(line)) return;
        const parsed = decodeLine(line)?.parsed;
        if (parsed === undefined) return;
        const { stamp: _stamp, ...rest } = parsed;
        const record: LogRecord = { ...rest, location: { path: "x", line: 1 }, source: 0, stream: "" };
        expect(parseEvent(record).outcome).toBe("other");
        expect(versionNamedBy(record)).toBeUndefined();
        expect(parsed.loose).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });
});
