/**
 * The console with full times: `ISO [subsystem] message`, and `ISO text` for
 * what other code prints through the captured `console`.
 */
import { DIGITS, type LineFormat, parsedLine } from "./format.ts";
import { COLOURS, MESSAGE, SUBSYSTEM, TIME } from "./layout.ts";
import { dateTimeAt, zoneAt } from "./stamps.ts";
import { LEVEL_NAMES, parseLevel, splitTag } from "./text.ts";

// What stands behind a full time where the line is a hand-written timeline or a container runtime's.
const OF_ANOTHER_FORM = /^(?:[-–—|:*] |std(?:out|err) [FP](?: |$))/;

const LEAD = [COLOURS, TIME, COLOURS, " ", COLOURS] as const;
/** Where another form of line begins with a full time. */
const OTHER_WORDS = [
  "std",
  ...LEVEL_NAMES.flatMap((it) => [it, it.toUpperCase(), it.charAt(0).toUpperCase() + it.slice(1)]),
];

export const consoleCompact: LineFormat = {
  name: "console",
  first: DIGITS,
  samples: [
    {
      line: "2026-01-28T08:23:20.101Z [agent/embedded] embedded run start: runId=r-1 sessionId=5cdc6cdf",
      expect: {
        stamp: { kind: "instant", ms: 1_769_588_600_101 },
        subsystem: "agent/embedded",
        message: "embedded run start: runId=r-1 sessionId=5cdc6cdf",
      },
    },
    {
      line: '2026-09-06T08:23:20.101+02:00 [ws] ← {"text":"embedded run start: runId=x sessionId=y"}',
      expect: {
        stamp: { kind: "instant", ms: 1_788_675_800_101 },
        subsystem: "ws",
        message: '← {"text":"embedded run start: runId=x sessionId=y"}',
      },
    },
    {
      line: "2026-01-28T08:23:34.000Z Embedded agent failed before reply: boom",
      expect: {
        stamp: { kind: "instant", ms: 1_769_588_614_000 },
        message: "Embedded agent failed before reply: boom",
      },
    },
  ],
  layouts: [
    { parts: [...LEAD, "[", SUBSYSTEM, "]", COLOURS, " ", COLOURS, MESSAGE] },
    { parts: [...LEAD, MESSAGE], alsoRead: OTHER_WORDS },
  ],
  parse(line) {
    if (line.charCodeAt(10) !== 0x54) return undefined;
    const time = dateTimeAt(line);
    // Gateways write milliseconds; longer fractions are a container's or a CI's, none at all a journal's.
    if (time === undefined || time.digits > 3 || line.charCodeAt(time.end) !== 0x20) return undefined;
    const text = line.slice(time.end + 1);
    const tagged = splitTag(text);
    if (tagged !== undefined) return parsedLine({ stamp: time.stamp, ...tagged });
    if (text === "" || time.digits !== 3 || OF_ANOTHER_FORM.test(text)) return undefined;
    const space = text.indexOf(" ");
    if (space > 0 && parseLevel(text.slice(0, space)) !== undefined) return undefined;
    // The text of another line that begins with a time of its own is an envelope's business.
    if (dateTimeAt(text) !== undefined) return undefined;
    return parsedLine({ stamp: time.stamp, message: text });
  },
  origin: (line) => ({ zone: line.charCodeAt(23) === 0x5a ? undefined : zoneAt(line, 23)?.offset }),
};
