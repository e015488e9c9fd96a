/**
 * The console with `logging.consoleStyle: "pretty"`: `HH:MM:SS [subsystem] message`.
 * No date; UTC in older versions, local time in newer ones.
 */
import type { Stamp } from "../model.ts";
import { DIGITS, type LineFormat, parsedLine } from "./format.ts";
import { timeAt } from "./stamps.ts";
import { beginsAsEvent, parseLevel, splitTag } from "./text.ts";

// `name.1  | …` of a process manager.
const OF_ANOTHER_FORM = /^[\w.-]+ +\| /;

export const consolePretty: LineFormat = {
  name: "console-pretty",
  first: DIGITS,
  samples: [
    {
      line: "08:23:20 [agent/embedded] embedded run start: runId=r-1 sessionId=5cdc6cdf",
      expect: {
        stamp: { kind: "time-of-day", ms: 30_200_000 },
        subsystem: "agent/embedded",
        message: "embedded run start: runId=r-1 sessionId=5cdc6cdf",
      },
    },
    {
      line: "08:23:34 Embedded agent failed before reply: boom",
      expect: { stamp: { kind: "time-of-day", ms: 30_214_000 }, message: "Embedded agent failed before reply: boom" },
    },
  ],
  parse(line) {
    const time = timeAt(line, 0);
    if (time === undefined || time.digits > 3 || line.charCodeAt(time.end) !== 0x20) return undefined;
    const stamp: Stamp = { kind: "time-of-day", ms: time.ms };
    const text = line.slice(time.end + 1);
    const tagged = splitTag(text);
    if (tagged !== undefined) return parsedLine({ stamp, ...tagged });
    if (!/^[A-Za-z"']/.test(text) || OF_ANOTHER_FORM.test(text) || beginsAsEvent(text)) return undefined;
    return parseLevel(text.slice(0, Math.max(0, text.indexOf(" ")))) === undefined
      ? parsedLine({ stamp, message: text })
      : undefined;
  },
};
