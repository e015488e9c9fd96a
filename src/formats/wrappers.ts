/** What programs that start a gateway put before its lines: apps, process managers, hosting platforms, `ts`. */
import { DIGITS, type EnvelopeFormat } from "./format.ts";
import { dateTimeAt, monthDayAt } from "./stamps.ts";

const SAMPLE = "2026-01-28T08:23:20.101Z [agent/embedded] embedded run start: runId=r-1";

const STREAM = /^std(?:out|err): ?/;
const NAME = /^[A-Za-z0-9][\w.:@/-]*$/;
const LOGGERS_START = /^(?:\d{4}-\d\d-\d\dT|\{"(?:0|time|type)")/;
const MAX_TAG = 60;
const MAX_TAGS = 16;
const TIME_LENGTH = { min: 19, max: 40 };

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
    const tags = tagsOf(line);
    const at = tags.findLastIndex(({ text, end }) => isTimeLong(text) && line[end - 1] === " ");
    const timed = tags[at];
    if (timed !== undefined) {
      const time = dateTimeAt(timed.text);
      const inner = line.slice(timed.end);
      const pipe = pipeOf(inner);
      // `[time] text` alone is what people write; with a pipe's name it is a program.
      if (time !== undefined && (at > 0 || pipe !== "")) {
        return { inner: inner.slice(pipe.length), stamp: time.stamp, ...tagStream(tags.slice(0, at)) };
      }
    }
    const other = tags.findIndex(({ text }) => !NAME.test(text));
    const named = other < 0 ? tags : tags.slice(0, other);
    const last = named.at(-1);
    if (last === undefined) return undefined;
    const inner = line.slice(last.end);
    const pipe = pipeOf(inner);
    if (pipe === "" && !LOGGERS_START.test(inner)) return undefined;
    return { inner: inner.slice(pipe.length), ...tagStream(named) };
  },
};

interface Tag {
  readonly text: string;
  /** Behind its bracket and the one space that may follow. */
  readonly end: number;
}

/** The `[tags]` that a line begins with. */
function tagsOf(line: string): Tag[] {
  const tags: Tag[] = [];
  for (let start = 0; line[start] === "[" && tags.length < MAX_TAGS;) {
    const close = line.indexOf("]", start);
    const text = line.slice(start + 1, close);
    if (close < 0 || text === "" || text.length > MAX_TAG || text.includes("[")) break;
    start = close + (line[close + 1] === " " ? 2 : 1);
    tags.push({ text, end: start });
  }
  return tags;
}

function isTimeLong(text: string): boolean {
  return text.length >= TIME_LENGTH.min && text.length <= TIME_LENGTH.max;
}

/** `stdout: ` and its like, or nothing. */
function pipeOf(text: string): string {
  return STREAM.exec(text)?.[0] ?? "";
}

function tagStream(tags: readonly Tag[]): { stream?: string } {
  const names = tags.map(({ text }) => text.trimStart()).filter((text) => text !== "");
  return names.length === 0 ? {} : { stream: names.join("/") };
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
    const found = /^\d+\|([^|]+)\| ?/.exec(line);
    const stream = found?.[1]?.trimEnd() ?? "";
    if (found === null || stream === "" || stream.length > 80) return undefined;
    const inner = line.slice(found[0].length);
    const time = dateTimeAt(inner);
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
