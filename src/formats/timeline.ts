/**
 * What a person writes into an issue: `08:23:20 - embedded run start: runId=12cbe357...`.
 * Also with a full date, a zone's name, brackets around the time, a list's bullet.
 */
import type { Stamp } from "../model.ts";
import { type LineFormat, parsedLine } from "./format.ts";
import { dateTimeAt, timeAt } from "./stamps.ts";
import { beginsAsEvent, splitTag } from "./text.ts";

export const timeline: LineFormat = {
  name: "timeline",
  first: "0123456789[-*•>`| (",
  samples: [
    {
      line: "08:23:20 - embedded run start: runId=12cbe357...",
      expect: {
        stamp: { kind: "time-of-day", ms: 30_200_000 },
        message: "embedded run start: runId=12cbe357...",
        loose: true,
      },
    },
    {
      line: "- **08:23:33** — SIGUSR1 received, gateway restarting",
      expect: {
        stamp: { kind: "time-of-day", ms: 30_213_000 },
        message: "SIGUSR1 received, gateway restarting",
        loose: true,
      },
    },
    {
      line: "08:23:20 embedded run start: runId=12cbe357",
      expect: {
        stamp: { kind: "time-of-day", ms: 30_200_000 },
        message: "embedded run start: runId=12cbe357",
        loose: true,
      },
    },
    {
      line: "[08:23:36] Gateway back up",
      expect: { stamp: { kind: "time-of-day", ms: 30_216_000 }, message: "Gateway back up", loose: true },
    },
    {
      line: "2026-01-28 08:23:20 - [agent/embedded] embedded run start: runId=12cbe357…",
      expect: {
        stamp: { kind: "zoneless", ms: 1_769_588_600_000 },
        subsystem: "agent/embedded",
        message: "embedded run start: runId=12cbe357…",
      },
    },
    {
      line: "2026-01-28 03:23:20 EST  embedded run start: runId=12cbe357",
      expect: {
        stamp: { kind: "instant", ms: 1_769_588_600_000 },
        message: "embedded run start: runId=12cbe357",
        loose: true,
      },
    },
  ],
  parse(line) {
    const start = leadIn(line);
    const found = dayAndTime(line, start.end) ?? timeOnly(line, start.end);
    if (found === undefined) return undefined;
    const rest = restOf(line, found, start);
    if (rest === undefined || rest === "") return undefined;
    const tagged = splitTag(rest);
    return tagged === undefined
      ? parsedLine({ stamp: found.stamp, message: rest, loose: true })
      : parsedLine({ stamp: found.stamp, ...tagged });
  },
};

const LEAD_IN = /^[ \t]*(?:[-*•>|] +)?(?:\*\*|__|`)?([[(])?(?:\*\*|`)?/;
const SEPARATOR = /^[\])]?(?:\*\*|__|`)?(?:\s*:\s+[-–—|•*:→]+\s*|\s+[-–—|•*:→]+\s*|:\s+|\s+)(?:`)?/;

const TAIL = /[`\s]/;

interface LeadIn {
  readonly end: number;
  readonly bracketed: boolean;
}

interface FoundTime {
  readonly stamp: Stamp;
  readonly end: number;
  readonly digits: number;
  readonly machine: boolean;
}

function leadIn(line: string): LeadIn {
  const match = LEAD_IN.exec(line);
  return { end: match?.[0].length ?? 0, bracketed: match?.[1] !== undefined };
}

function dayAndTime(line: string, at: number): FoundTime | undefined {
  const found = dateTimeAt(line, at);
  return found === undefined ? undefined : { ...found, machine: line.charCodeAt(at + 10) === 0x54 };
}

function timeOnly(line: string, at: number): FoundTime | undefined {
  const time = timeAt(line, at);
  return time === undefined
    ? undefined
    : { stamp: { kind: "time-of-day", ms: time.ms }, end: time.end, digits: time.digits, machine: false };
}

function restOf(line: string, found: FoundTime, start: LeadIn): string | undefined {
  if (found.digits > 3) return undefined;
  const behind = line.slice(found.end);
  const separator = SEPARATOR.exec(behind)?.[0];
  if (separator === undefined) return undefined;
  const closes = behind.charCodeAt(0) === 0x5d || behind.charCodeAt(0) === 0x29;
  if (closes !== start.bracketed) return undefined;
  const rest = withoutTail(behind.slice(separator.length));
  // Without a person's mark the line belongs to the console, to `logs` or to an envelope.
  const marked = start.bracketed || start.end > 0 || separator.trim() !== "";
  if (marked) return /^std(?:out|err): /.test(rest) ? undefined : rest;
  if (found.machine || splitTag(rest) !== undefined) return undefined;
  // No logger writes its own events without its name.
  return found.stamp.kind === "time-of-day" && !beginsAsEvent(rest) ? undefined : rest;
}

/** By hand: a pattern for it would begin anew at each of many spaces within a long line. */
function withoutTail(text: string): string {
  let end = text.length;
  while (end > 0 && TAIL.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
