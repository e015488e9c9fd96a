/**
 * `logs` of the gateway's CLI without `--json`: `ISO level subsystem message`;
 * on a terminal the time is `HH:MM:SS`, in newer versions with an offset.
 */
import type { Stamp } from "../model.ts";
import { DIGITS, type LineFormat, parsedLine } from "./format.ts";
import { DAY_MS, dateTimeAt, timeAt, zoneAt } from "./stamps.ts";
import { isSubsystem, jsonEnd, type JsonObject, parseLevel, parseObject } from "./text.ts";

export const logsPlain: LineFormat = {
  name: "logs",
  first: DIGITS,
  samples: [
    {
      line: "2026-01-28T08:23:20.101Z debug agent/embedded embedded run start: runId=r-1 sessionId=5cdc6cdf",
      expect: {
        stamp: { kind: "instant", ms: 1_769_588_600_101 },
        level: "debug",
        subsystem: "agent/embedded",
        message: "embedded run start: runId=r-1 sessionId=5cdc6cdf",
      },
    },
    {
      line: '2026-01-28T08:23:20.101Z debug diagnostic {"subsystem":"diagnostic"} lane enqueue: lane=main queueSize=1',
      expect: {
        stamp: { kind: "instant", ms: 1_769_588_600_101 },
        level: "debug",
        subsystem: "diagnostic",
        message: "lane enqueue: lane=main queueSize=1",
      },
    },
    {
      line: '2026-04-15T06:15:11.911Z warn agent/embedded {"subsystem":"agent/embedded"} {"event":"embedded_run_agent_end","runId":"n1","isError":true} embedded run agent end',
      expect: {
        stamp: { kind: "instant", ms: 1_776_233_711_911 },
        level: "warn",
        subsystem: "agent/embedded",
        message: "embedded run agent end",
        meta: { event: "embedded_run_agent_end", runId: "n1", isError: true },
      },
    },
    {
      line: "2026-01-28T08:23:34.000Z error Unhandled promise rejection: AbortError: This operation was aborted",
      expect: {
        stamp: { kind: "instant", ms: 1_769_588_614_000 },
        level: "error",
        message: "Unhandled promise rejection: AbortError: This operation was aborted",
      },
    },
    {
      line: "08:23:20 debug diagnostic lane enqueue: lane=main queueSize=1",
      expect: {
        stamp: { kind: "time-of-day", ms: 30_200_000 },
        level: "debug",
        subsystem: "diagnostic",
        message: "lane enqueue: lane=main queueSize=1",
      },
    },
  ],
  parse(line) {
    const time = leadingTime(line);
    if (time === undefined || line.charCodeAt(time.end) !== 0x20) return undefined;
    const text = line.slice(time.end + 1);
    const levelEnd = text.indexOf(" ");
    const word = text.slice(0, levelEnd);
    const level = levelEnd > 0 ? parseLevel(word) : undefined;
    // The CLI writes the level in small letters; `ERROR …` is some other program's line.
    if (level === undefined || word !== word.toLowerCase()) return undefined;
    const { subsystem, rest } = splitLabel(text.slice(levelEnd + 1).trimStart());
    const { message, meta } = dropBindings(rest);
    return parsedLine({ stamp: time.stamp, level, subsystem, message, meta });
  },
};

// Every subsystem of the run lines; other one-word labels can't be told from the message's first word.
const LABELS =
  /^(?:gateway|diagnostic|agents?|plugins?|cron|ws|shutdown|reload|heartbeat|restart|browser|hooks|channels|bonjour|canvas|main-session-restart-recovery)$/;

function splitLabel(text: string): { subsystem: string | undefined; rest: string } {
  const space = text.indexOf(" ");
  const label = space < 0 ? text : text.slice(0, space);
  const rest = space < 0 ? "" : text.slice(space + 1);
  const known =
    /^[a-z]/.test(label) && isSubsystem(label) && !label.endsWith(":") && !text.startsWith("gateway tool: ");
  return known && (label.includes("/") || LABELS.test(label) || rest.startsWith('{"'))
    ? { subsystem: label, rest }
    : { subsystem: undefined, rest: text };
}

/**
 * Takes the JSON objects off the front of a text: the CLI prints a child
 * logger's bindings and the call's object before the message.
 */
export function dropBindings(text: string): { message: string; meta: JsonObject | undefined } {
  let message = text;
  let meta: JsonObject | undefined;
  for (let count = 0; count < 2 && message.startsWith('{"'); count++) {
    const end = jsonEnd(message, 0);
    if (end < 0 || message.charCodeAt(end) !== 0x20) break;
    const object = parseObject(message.slice(0, end));
    if (object === undefined) break;
    const isBindings = count === 0 && ("subsystem" in object || "module" in object || "plugin" in object);
    // Without bindings before it, only an event's fields are no part of the message.
    if (!isBindings && count === 0 && !("event" in object)) break;
    if (!isBindings) meta = object;
    message = message.slice(end + 1);
  }
  return { message, meta };
}

function leadingTime(line: string): { stamp: Stamp; end: number } | undefined {
  const full = dateTimeAt(line);
  if (full !== undefined) return full.digits === 3 || full.digits === 0 ? full : undefined;
  const time = timeAt(line, 0);
  if (time === undefined || time.digits > 0) return undefined;
  const zone = zoneAt(line, time.end);
  if (zone === undefined) return { stamp: { kind: "time-of-day", ms: time.ms }, end: time.end };
  const utc = (time.ms - zone.offset + DAY_MS) % DAY_MS;
  return { stamp: { kind: "time-of-day", ms: utc }, end: zone.end };
}
