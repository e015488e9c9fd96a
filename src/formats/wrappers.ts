/** What programs that start a gateway put before its lines: apps, process managers, hosting platforms, `ts`. */
import { DIGITS, type EnvelopeFormat } from "./format.ts";
import { dateTimeAt, monthDayAt } from "./stamps.ts";

const SAMPLE = "2026-01-28T08:23:20.101Z [agent/embedded] embedded run start: runId=r-1";

const TAGS = /^((?:\[[^\][]{1,60}\] ?)*)\[([^\][]{19,40})\] (?:std(?:out|err): ?)?/;
const TAGS_ONLY =
  /^((?:\[[A-Za-z0-9][\w.:@/-]{0,59}\] ?)+)(?:std(?:out|err): ?|(?=\d{4}-\d\d-\d\dT|\{"(?:0|time|type)"))/;

export const appWrapper: EnvelopeFormat = {
  name: "wrapper",
  first: "[",
  samples: [
    {
      line: `[native-stdio][gateway] [2026-01-28T08:23:20.150Z] stdout: ${SAMPLE}`,
      expect: { inner: SAMPLE, stamp: { kind: "instant", ms: 1_769_588_600_150 }, stream: "native-stdio/gateway" },
    },
    {
      line: `[2026-01-28T08:23:20.150Z] stderr: 08:23:20 [ws] hello`,
      expect: { inner: "08:23:20 [ws] hello", stamp: { kind: "instant", ms: 1_769_588_600_150 } },
    },
    { line: `[gateway] ${SAMPLE}`, expect: { inner: SAMPLE, stream: "gateway" } },
    { line: `[gateway] stdout: [ws] hello`, expect: { inner: "[ws] hello", stream: "gateway" } },
  ],
  unwrap(line) {
    const timed = TAGS.exec(line);
    if (timed !== null) {
      const time = dateTimeAt(timed[2] as string);
      // `[time] text` alone is what people write; with a pipe's name it is a program.
      const isProgram = timed[1] !== "" || / std(?:out|err): ?$/.test(timed[0]);
      if (time !== undefined && isProgram) {
        return { inner: line.slice(timed[0].length), stamp: time.stamp, ...tagStream(timed[1] as string) };
      }
    }
    const tagged = TAGS_ONLY.exec(line);
    return tagged === null ? undefined : { inner: line.slice(tagged[0].length), ...tagStream(tagged[1] as string) };
  },
};

function tagStream(tags: string): { stream?: string } {
  const names = tags.match(/[^\][ ][^\][]*/g);
  return names === null ? {} : { stream: names.join("/") };
}

/** pm2: `0|name  | line`, and with `--time` a zoneless time before the line. */
export const pm2: EnvelopeFormat = {
  name: "pm2",
  first: DIGITS,
  samples: [
    { line: `0|clawdbot  | ${SAMPLE}`, expect: { inner: SAMPLE, stream: "clawdbot" } },
    {
      line: "0|clawdbot | 2026-01-28T08:23:20: [ws] hello",
      expect: { inner: "[ws] hello", stamp: { kind: "zoneless", ms: 1_769_588_600_000 }, stream: "clawdbot" },
    },
  ],
  unwrap(line) {
    const found = /^\d+\|([^|]{1,80}?) *\| ?/.exec(line);
    if (found === null) return undefined;
    const inner = line.slice(found[0].length);
    const time = dateTimeAt(inner);
    const stream = found[1] as string;
    return time?.stamp.kind === "zoneless" && inner.startsWith(": ", time.end)
      ? { inner: inner.slice(time.end + 2), stamp: time.stamp, stream }
      : { inner, stream };
  },
};

/** Fly.io: `ISO app[machine] region [level]line`. */
export const fly: EnvelopeFormat = {
  name: "fly",
  first: DIGITS,
  samples: [
    {
      line: `2026-01-28T08:23:20Z app[3d8d9014b32d89] ams [info]${SAMPLE}`,
      expect: { inner: SAMPLE, stamp: { kind: "instant", ms: 1_769_588_600_000 }, stream: "app[3d8d9014b32d89]" },
    },
  ],
  unwrap(line) {
    const time = dateTimeAt(line);
    if (time === undefined || time.stamp.kind !== "instant") return undefined;
    const found = /^ ([a-z]+\[\w+\]) \w+ \[(?:debug|info|warn|warning|error)\] ?/.exec(
      line.slice(time.end, time.end + 200),
    );
    if (found === null) return undefined;
    return { inner: line.slice(time.end + found[0].length), stamp: time.stamp, stream: found[1] as string };
  },
};

/** `ts` of moreutils: a syslog time and nothing else before the line. */
export const ts: EnvelopeFormat = {
  name: "ts",
  first: "JFMASOND",
  samples: [
    {
      line: `Jan 28 09:23:20 ${SAMPLE}`,
      expect: { inner: SAMPLE, stamp: { kind: "month-day", month: 1, day: 28, ms: 33_800_000 } },
    },
    {
      line: "Jan 28 09:23:20 [ws] hello",
      expect: { inner: "[ws] hello", stamp: { kind: "month-day", month: 1, day: 28, ms: 33_800_000 } },
    },
  ],
  unwrap(line) {
    const time = monthDayAt(line);
    if (time === undefined || line.charCodeAt(time.end) !== 0x20) return undefined;
    const inner = line.slice(time.end + 1);
    return /^\S+ [^\s:[\]|]+(?:\[\d+\])?: /.test(inner) ? undefined : { inner, stamp: time.stamp };
  },
};
