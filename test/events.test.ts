import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { EVENT_SPECS, EVENT_STARTS, parseEvent, type EventKind, type GatewayEvent } from "../src/events/index.ts";
import type { EventSpec } from "../src/events/spec.ts";
import type { LogRecord } from "../src/model.ts";
import { bytesSource } from "../src/sources/source.ts";
import { readSources } from "../src/streams.ts";
import { everyForm } from "./helpers/forms.ts";

interface Sample {
  readonly kind: EventKind;
  readonly message: string;
  readonly subsystem: string;
}

const SPECS = Object.entries(EVENT_SPECS) as [EventKind, EventSpec<object>][];
const SAMPLES: Sample[] = SPECS.flatMap(([kind, spec]) =>
  spec.samples.map((message) => ({ kind, message, subsystem: spec.by[0] ?? "" })),
);

function recordOf(message: string, more: Partial<LogRecord> = {}): LogRecord {
  return { message, location: { path: "test.log", line: 1 }, source: 0, stream: "", ...more };
}

function eventOf(message: string, subsystem: string): GatewayEvent {
  const parsed = parseEvent(recordOf(message, { subsystem }));
  if (parsed.outcome !== "event") throw new Error(`${parsed.outcome}: ${message}`);
  return parsed.event;
}

/** What an event says, without its place. */
function bodyOf(event: GatewayEvent): object {
  const { time: _time, level: _level, location: _location, source: _source, ...body } = event;
  return body;
}

/** A line of the gateway's file, with a second of its own. */
function tslogLine({ message, subsystem }: Omit<Sample, "kind">, second: number): string {
  const time = new Date(Date.UTC(2026, 0, 28, 8, 0, second)).toISOString();
  const name = JSON.stringify({ subsystem });
  const texts = subsystem === "" ? { "0": message } : { "0": name, "1": message };
  const meta = { name: subsystem === "" ? "clawdbot" : name, date: time, logLevelId: 2, logLevelName: "DEBUG" };
  return JSON.stringify({ ...texts, _meta: meta, time });
}

describe("every sample", () => {
  test.each(SPECS)("of %s is read as one, whoever of its loggers writes it", (kind, { by, samples }) => {
    for (const subsystem of by.flatMap((it) => (it === "" ? [it] : [it, `gateway/${it}`]))) {
      for (const message of samples) expect.soft(eventOf(message, subsystem).kind, subsystem).toBe(kind);
    }
  });

  test("says what the table says", async () => {
    const told = SAMPLES.map((it) => `${it.message}\n  ${JSON.stringify(bodyOf(eventOf(it.message, it.subsystem)))}\n`);
    await expect(told.join("")).toMatchFileSnapshot("__snapshots__/events.txt");
  });

  test.each(["telegram", "agent/tools", "gateway/channels/telegram", "diagnostics", "gateway2"])(
    "is quoted text in a line of %s",
    (subsystem) => {
      for (const { message } of SAMPLES) {
        expect.soft(parseEvent(recordOf(message, { subsystem })).outcome, message).toBe("other");
      }
    },
  );

  test("is quoted text behind other words of its own logger", () => {
    for (const { message, subsystem } of SAMPLES) {
      expect.soft(parseEvent(recordOf(`they wrote: ${message}`, { subsystem })).outcome, message).toBe("other");
    }
  });

  test("needs a name in a machine's line, and none in a person's", () => {
    for (const { message, subsystem } of SAMPLES.filter((it) => it.subsystem !== "")) {
      expect.soft(parseEvent(recordOf(message)).outcome, message).toBe("other");
      const loose = parseEvent(recordOf(message, { loose: true }));
      expect
        .soft(loose.outcome === "event" && bodyOf(loose.event), message)
        .toEqual(bodyOf(eventOf(message, subsystem)));
    }
  });
});

/** One log of all samples, written in every form. */
describe("every sample is found in the form", () => {
  const jsonl = `${SAMPLES.map(tslogLine).join("\n")}\n`;
  const expected = SAMPLES.map((it) => bodyOf(eventOf(it.message, it.subsystem)));

  test.each(everyForm(jsonl).map((form) => [form.name, form] as const))("%s", async (_name, form) => {
    const reading = await readSources([bytesSource(form.fileName, form.bytes)], { now: Date.UTC(2026, 1, 1) });
    const found: object[] = [];
    for await (const record of reading) {
      const parsed = parseEvent(record);
      expect(parsed.outcome, record.message).not.toBe("unparsed");
      if (parsed.outcome === "event") found.push(bodyOf(parsed.event));
    }
    const text = (it: object) => JSON.stringify(it);
    expect(found.map(text)).toEqual(expected.map(text));
  });
});

const ID = "5cdc6cdf-3555-4295-acf4-8a4aa3452242";

/** Lines that carry a runId, with `RUN` where it stands. */
const RUN_LINES: readonly string[] = [
  `embedded run start: runId=RUN sessionId=${ID} provider=p model=m thinking=off messageChannel=webchat`,
  `embedded run prompt start: runId=RUN sessionId=${ID}`,
  "embedded run agent start: runId=RUN",
  "embedded run tool start: runId=RUN tool=exec toolCallId=call_1",
  "embedded run tool end: runId=RUN tool=exec toolCallId=call_1",
  "embedded run compaction start: runId=RUN",
  "embedded run agent end: runId=RUN",
  "embedded run agent end: runId=RUN isError=true",
  `embedded run prompt end: runId=RUN sessionId=${ID} durationMs=48`,
  "embedded run failover decision: runId=RUN stage=assistant decision=surface_error reason=format",
  `embedded run timeout: runId=RUN sessionId=${ID} timeoutMs=600000`,
  `embedded run abort still streaming: runId=RUN sessionId=${ID}`,
  `run cleanup: runId=RUN sessionId=${ID} aborted=true timedOut=false`,
  `embedded run done: runId=RUN sessionId=${ID} durationMs=124 aborted=false`,
];

/** Lines that carry a session's key or lane, with `KEY` where it stands, and the field that it must come out in. */
const KEY_LINES: readonly (readonly [line: string, field: "lane" | "sessionKey"])[] = [
  ["lane enqueue: lane=KEY queueSize=1", "lane"],
  ["lane dequeue: lane=KEY waitMs=5 queueSize=0", "lane"],
  ["lane task done: lane=KEY durationMs=132 active=0 queued=0", "lane"],
  ['lane task error: lane=KEY durationMs=257 error="FailoverError: 403"', "lane"],
  ['lane task error: lane=KEY durationMs=1 error="This operation was aborted" errorName=AbortError', "lane"],
  ["lane wait exceeded: lane=KEY waitedMs=2011 queueAhead=0", "lane"],
  [`session state: sessionId=${ID} sessionKey=KEY prev=idle new=processing reason="run_started"`, "sessionKey"],
  [`message queued: sessionId=${ID} sessionKey=KEY source=dispatch queueDepth=1 sessionState=idle`, "sessionKey"],
  [`stuck session: sessionId=${ID} sessionKey=KEY state=processing age=121s queueDepth=1`, "sessionKey"],
  [
    `session turn created: runId=n1 sessionId=${ID} sessionKey=KEY agentId=main channel=webchat trigger=user`,
    "sessionKey",
  ],
];

/** Whoever logs a line of each beginning. */
function loggerOf(line: string): string {
  const spec = SPECS.map(([, it]) => it).find((it) => line.startsWith(it.starts));
  if (!spec) throw new Error(`no event begins like ${line}`);
  return spec.by[0] ?? "";
}

const HOSTILE: readonly string[] = [
  "12cbe357-0a5b-4f43-9a66-6d2a4b0c9f11",
  "my nightly job",
  "job=nightly",
  "job a=b c=d",
  'say "hello"',
  'it\'s "a=b" and more',
  "runId=runId=x",
  "ümläut 🦞 漢字",
  "probe-1",
  "a:b/c|d",
  "queueSize=1 of many",
  "{}[]()\\d+.*$",
];

describe("an id is any text:", () => {
  const runCases = RUN_LINES.flatMap((line) => HOSTILE.map((id) => [id, line] as const));

  test.each(runCases)("run %j in %s", (id, line) => {
    const event = eventOf(
      line.replace("RUN", () => id),
      loggerOf(line),
    );
    expect(event).toMatchObject({ runId: id, truncatedId: false });
    if (line.includes(ID)) expect(event).toMatchObject({ sessionId: ID });
  });

  const keyCases = KEY_LINES.flatMap((line) => HOSTILE.map((key) => [key, ...line] as const));

  test.each(keyCases)("key %j in %s", (key, line, field) => {
    expect(
      eventOf(
        line.replace("KEY", () => key),
        loggerOf(line),
      ),
    ).toMatchObject({ [field]: key });
  });

  // Words of a person's id; the fields that the gateway writes behind an id are not among them.
  const piece = fc.oneof(
    fc.constantFrom(" ", "=", '"', "'", ": ", " a=", "lane", "run", "…x", "(", "\\", "🦞", "\t"),
    fc.string({ minLength: 1, maxLength: 8 }),
  );
  const anyId = fc
    .array(piece, { minLength: 1, maxLength: 6 })
    .map((pieces) => pieces.join(""))
    .filter((id) => id.trim() === id && id !== "" && !/(?:\.{3}|…)$/.test(id) && !/[\r\n]/.test(id) && id !== "unknown")
    .filter((id) => !/ (?:isError|error|model|provider|tool|stage|source|reason|outcome|durationMs)=/.test(id));

  test.each(RUN_LINES)("whatever it is, in %s", (line) => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(
          eventOf(
            line.replace("RUN", () => id),
            loggerOf(line),
          ),
        ).toMatchObject({ runId: id });
      }),
    );
  });

  test.each(KEY_LINES)("whatever it is, in %s", (line, field) => {
    fc.assert(
      fc.property(anyId, (key) => {
        expect(
          eventOf(
            line.replace("KEY", () => key),
            loggerOf(line),
          ),
        ).toMatchObject({ [field]: key });
      }),
    );
  });
});

describe("an id that is cut short", () => {
  test.each(["12cbe357...", "12cbe357…"])("is known as such: %s", (id) => {
    for (const line of RUN_LINES.filter((it) => !/tool|failover/.test(it))) {
      expect
        .soft(
          eventOf(
            line.replace("RUN", () => id),
            loggerOf(line),
          ),
          line,
        )
        .toMatchObject({ runId: "12cbe357", truncatedId: true });
    }
  });
});

describe("a session's id or key that the gateway did not know is not there:", () => {
  test.each([
    [
      "session state: sessionId=unknown sessionKey=main prev=idle new=processing reason=x",
      { sessionId: undefined, sessionKey: "main" },
    ],
    [
      `session state: sessionId=${ID} sessionKey=unknown prev=idle new=processing reason=x`,
      { sessionId: ID, sessionKey: undefined },
    ],
    [
      "message dispatch started: channel=webchat sessionId=unknown sessionKey=unknown source=x",
      { sessionId: undefined, sessionKey: undefined },
    ],
  ])("%s", (line, fields) => {
    expect(eventOf(line, "diagnostic")).toMatchObject(fields);
  });
});

describe("a line that only looks like an event", () => {
  test.each([
    ["agent/embedded", "embedded run start: "],
    ["agent/embedded", "embedded run done: runId="],
    ["diagnostic", "lane enqueue: lane=main"],
    ["diagnostic", "lane dequeue: lane=main waitMs=x queueSize=0"],
    ["diagnostic", "session state: sessionId=x"],
    ["diagnostic", "run registered: totalActive=1"],
    ["gateway", "received SIGUSR1"],
  ])("of %s is counted as such: %s", (subsystem, message) => {
    expect(parseEvent(recordOf(message, { subsystem })).outcome).toBe("unparsed");
  });
});

describe("any text", () => {
  const anyMessage = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc
      .tuple(fc.constantFrom(...EVENT_STARTS.map((it) => it.starts)), fc.string({ unit: "binary", maxLength: 80 }))
      .map(([start, rest]) => start + rest),
    // A sample that lost some of its middle.
    fc
      .tuple(fc.constantFrom(...SAMPLES.map((it) => it.message)), fc.nat(200), fc.nat(40))
      .map(([text, from, length]) => text.slice(0, from) + text.slice(from + length)),
  );
  const anyRecord = fc.record({
    message: anyMessage,
    subsystem: fc.constantFrom(undefined, "", "agent/embedded", "diagnostic", "gateway", "reload", "telegram"),
    loose: fc.constantFrom(undefined, true as const),
  });

  test("is read without an error, to one of three outcomes", () => {
    fc.assert(
      fc.property(anyRecord, ({ message, subsystem, loose }) => {
        const record = recordOf(message, {
          ...(subsystem === undefined ? {} : { subsystem }),
          ...(loose === undefined ? {} : { loose }),
        });
        expect(["event", "unparsed", "other"]).toContain(parseEvent(record).outcome);
      }),
      { numRuns: 2000 },
    );
  });

  test("that no gateway logs is no event", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (message) => {
        fc.pre(!EVENT_STARTS.some((it) => message.startsWith(it.starts)));
        expect(parseEvent(recordOf(message, { subsystem: "diagnostic" })).outcome).toBe("other");
      }),
    );
  });
});
