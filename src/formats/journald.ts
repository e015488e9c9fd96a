/** `journalctl` and the syslog family: `Jan 28 08:23:20 host unit[pid]: line`, with ISO times, as JSON. */
import type { Stamp } from "../model.ts";
import { DIGITS, type EnvelopeFormat, type Unwrapped } from "./format.ts";
import { dateTimeAt, monthDayAt } from "./stamps.ts";
import { type JsonObject, parseObject } from "./text.ts";

const SAMPLE = "2026-01-28T08:23:20.101Z [agent/embedded] embedded run start: runId=r-1";

export const journaldShort: EnvelopeFormat = {
  name: "journald",
  first: "JFMASOND",
  samples: [
    {
      line: `Jan 28 09:23:20 vps node[4242]: ${SAMPLE}`,
      expect: {
        inner: SAMPLE,
        stamp: { kind: "month-day", month: 1, day: 28, ms: 33_800_000 },
        stream: "vps/node",
      },
    },
    {
      line: `Nov  3 09:23:20.123456 vps clawdbot-gateway.service[4242]: 08:23:20 [ws] hello`,
      expect: {
        inner: "08:23:20 [ws] hello",
        stamp: { kind: "month-day", month: 11, day: 3, ms: 33_800_123 },
        stream: "vps/clawdbot-gateway.service",
      },
    },
  ],
  unwrap(line) {
    const time = monthDayAt(line);
    return time === undefined ? undefined : behindTime(line, time.stamp, time.end);
  },
};

export const journaldIso: EnvelopeFormat = {
  name: "journald-iso",
  first: DIGITS,
  samples: [
    {
      line: `2026-01-28T09:23:20+0100 vps node[4242]: ${SAMPLE}`,
      expect: { inner: SAMPLE, stamp: { kind: "instant", ms: 1_769_588_600_000 }, stream: "vps/node" },
    },
    {
      line: `2026-01-28T09:23:20.123456+01:00 vps node[4242]: 08:23:20 [ws] hello`,
      expect: {
        inner: "08:23:20 [ws] hello",
        stamp: { kind: "instant", ms: 1_769_588_600_123 },
        stream: "vps/node",
      },
    },
  ],
  unwrap(line) {
    const time = dateTimeAt(line);
    if (time === undefined || time.digits === 3 || line.charCodeAt(10) !== 0x54) return undefined;
    return behindTime(line, time.stamp, time.end);
  },
};

/** `-o short-full` and `-o with-unit`: the zone is a name, of which only UTC says where it is. */
export const journaldFull: EnvelopeFormat = {
  name: "journald-full",
  first: "MTWFS",
  samples: [
    {
      line: `Wed 2026-01-28 09:23:20 CET vps node[4242]: ${SAMPLE}`,
      expect: { inner: SAMPLE, stamp: { kind: "zoneless", ms: 1_769_592_200_000 }, stream: "vps/node" },
    },
    {
      line: `Wed 2026-01-28 08:23:20 UTC vps clawdbot-gateway.service[4242]: 08:23:20 [ws] hello`,
      expect: {
        inner: "08:23:20 [ws] hello",
        stamp: { kind: "instant", ms: 1_769_588_600_000 },
        stream: "vps/clawdbot-gateway.service",
      },
    },
  ],
  unwrap(line) {
    const zone = WEEKDAY_AND_ZONE.exec(line)?.[1];
    const time = zone === undefined ? undefined : dateTimeAt(line.slice(4, 23));
    if (zone === undefined || time === undefined) return undefined;
    const stamp: Stamp =
      zone === "UTC" && time.stamp.kind === "zoneless" ? { kind: "instant", ms: time.stamp.ms } : time.stamp;
    return behindTime(line, stamp, 24 + zone.length);
  },
};

const WEEKDAY_AND_ZONE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d ([A-Z]{2,5}|[+-]\d{2,4}) /;

/** `-o short-unix`: seconds since the epoch. */
export const journaldUnix: EnvelopeFormat = {
  name: "journald-unix",
  first: DIGITS,
  samples: [
    {
      line: `1769588600.123456 vps node[4242]: ${SAMPLE}`,
      expect: { inner: SAMPLE, stamp: { kind: "instant", ms: 1_769_588_600_123 }, stream: "vps/node" },
    },
  ],
  unwrap(line) {
    const [time, millis] = /^(\d{9,11}\.\d{3})\d{3}(?= )/.exec(line) ?? [];
    if (time === undefined || millis === undefined) return undefined;
    return behindTime(line, { kind: "instant", ms: Number(millis.replace(".", "")) }, time.length);
  },
};

// The process number may be missing; a message that has a colon early must not pass for one.
const HOST_UNIT = /^ (\S+) ([^\s:[\]|]+)(?:\[\d+\])?: /;

function behindTime(line: string, stamp: Stamp, end: number): Unwrapped | undefined {
  const found = HOST_UNIT.exec(line.slice(end, end + 300));
  if (found === null) return undefined;
  return { inner: line.slice(end + found[0].length), stamp, stream: `${found[1]}/${found[2]}` };
}

export const journaldJson: EnvelopeFormat = {
  name: "journald-json",
  first: "{",
  samples: [
    {
      line: JSON.stringify({
        _HOSTNAME: "vps",
        _SYSTEMD_USER_UNIT: "clawdbot-gateway.service",
        _SYSTEMD_UNIT: "user@1000.service",
        _PID: "4242",
        __REALTIME_TIMESTAMP: "1769588600123456",
        MESSAGE: SAMPLE,
      }),
      expect: {
        inner: SAMPLE,
        stamp: { kind: "instant", ms: 1_769_588_600_123 },
        stream: "vps/clawdbot-gateway.service",
      },
    },
    {
      line: '{"__REALTIME_TIMESTAMP":"1769588600123456","MESSAGE":[91,119,115,93,32,195,188],"SYSLOG_IDENTIFIER":"node"}',
      expect: { inner: "[ws] ü", stamp: { kind: "instant", ms: 1_769_588_600_123 }, stream: "node" },
    },
  ],
  unwrap(line) {
    if (!line.includes('"MESSAGE"')) return undefined;
    const entry = parseObject(line);
    const inner = messageOf(entry?.["MESSAGE"]);
    if (entry === undefined || inner === undefined) return undefined;
    const stream = unitOf(entry);
    const stamp = realtime(entry["_SOURCE_REALTIME_TIMESTAMP"]) ?? realtime(entry["__REALTIME_TIMESTAMP"]);
    return { inner, ...(stamp === undefined ? {} : { stamp }), ...(stream === undefined ? {} : { stream }) };
  },
};

/** journalctl writes a text that is not plain ASCII (colours!) as an array of its bytes. */
function messageOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  const bytes: readonly unknown[] = value;
  return bytes.every((byte) => typeof byte === "number") ? new TextDecoder().decode(Uint8Array.from(bytes)) : undefined;
}

function unitOf(entry: JsonObject): string | undefined {
  // A user's service runs within the unit of the user's whole session, so its own name comes first.
  const unit =
    text(entry["_SYSTEMD_USER_UNIT"]) ??
    text(entry["CONTAINER_NAME"]) ??
    text(entry["_SYSTEMD_UNIT"]) ??
    text(entry["SYSLOG_IDENTIFIER"]);
  const host = text(entry["_HOSTNAME"]);
  return unit === undefined ? host : host === undefined ? unit : `${host}/${unit}`;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function realtime(value: unknown): Stamp | undefined {
  const micros = typeof value === "string" ? Number(value) : Number.NaN;
  return micros > 0 ? { kind: "instant", ms: Math.floor(micros / 1000) } : undefined;
}
