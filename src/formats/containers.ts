/** What container runtimes put around a line: docker, docker compose, Kubernetes. */
import { DIGITS, type EnvelopeFormat } from "./format.ts";
import { dateTimeAt, instantOf, timeAt } from "./stamps.ts";
import { parseObject } from "./text.ts";

const SAMPLE = "2026-01-28T08:23:20.101Z [agent/embedded] embedded run start: runId=r-1";

const COMPOSE = /^([A-Za-z0-9][\w.@-]*) *\| ?/;
const PM2 = /^\d+\|/;

export const dockerCompose: EnvelopeFormat = {
  name: "docker-compose",
  first: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
  samples: [
    { line: `gateway-1  | ${SAMPLE}`, expect: { inner: SAMPLE, stream: "gateway-1" } },
    {
      line: "openclaw_gateway_1 | [ws] hello there",
      expect: { inner: "[ws] hello there", stream: "openclaw_gateway_1" },
    },
    // foreman and its like put the time before the name.
    {
      line: "08:23:20 web.1  | [ws] hello there",
      expect: { inner: "[ws] hello there", stamp: { kind: "time-of-day", ms: 30_200_000 }, stream: "web.1" },
    },
  ],
  unwrap(line) {
    const time = timeAt(line, 0);
    const start = time === undefined ? 0 : time.end + 1;
    const head = line.slice(start, start + 200);
    const found = COMPOSE.exec(head);
    if (found === null || PM2.test(head)) return undefined;
    const inner = line.slice(start + found[0].length);
    const stream = found[1] as string;
    return time === undefined ? { inner, stream } : { inner, stamp: { kind: "time-of-day", ms: time.ms }, stream };
  },
};

const CRI = /^ std(?:out|err) ([FP])(?: |$)/;

/** `docker logs -t`, `kubectl logs --timestamps`: nanoseconds, trailing zeros left out by some. */
export const dockerTimestamps: EnvelopeFormat = {
  name: "docker",
  first: DIGITS,
  samples: [
    {
      line: `2026-01-28T08:23:20.101234567Z ${SAMPLE}`,
      expect: { inner: SAMPLE, stamp: { kind: "instant", ms: 1_769_588_600_101 } },
    },
    {
      line: "2026-01-28T08:23:20.101234567Z 08:23:20 [ws] hello",
      expect: { inner: "08:23:20 [ws] hello", stamp: { kind: "instant", ms: 1_769_588_600_101 } },
    },
  ],
  unwrap(line) {
    const time = dateTimeAt(line);
    // Seven digits are a CI's, six with a host behind them a journal's.
    if (time === undefined || time.digits < 4 || time.digits === 7 || time.stamp.kind !== "instant") return undefined;
    if (line.charCodeAt(time.end) !== 0x20) return undefined;
    const inner = line.slice(time.end + 1);
    if (CRI.test(` ${inner}`) || (time.digits === 6 && /^\S+ [^\s:[\]|]+(?:\[\d+\])?: /.test(inner))) return undefined;
    return { inner, stamp: time.stamp };
  },
};

/** Kubernetes' log files on a node: `ISO stdout F line`; `P` is a piece that goes on. */
export const cri: EnvelopeFormat = {
  name: "cri",
  first: DIGITS,
  samples: [
    {
      line: `2026-01-28T08:23:20.101234567Z stdout F ${SAMPLE}`,
      expect: { inner: SAMPLE, stamp: { kind: "instant", ms: 1_769_588_600_101 } },
    },
    {
      line: `2026-01-28T09:23:20.101234567+01:00 stderr P {"0":"a long`,
      expect: { inner: '{"0":"a long', stamp: { kind: "instant", ms: 1_769_588_600_101 }, partial: true },
    },
  ],
  unwrap(line) {
    const time = dateTimeAt(line);
    if (time === undefined || time.stamp.kind !== "instant") return undefined;
    const found = CRI.exec(line.slice(time.end, time.end + 10));
    if (found === null) return undefined;
    const inner = line.slice(time.end + found[0].length);
    return found[1] === "P" ? { inner, stamp: time.stamp, partial: true } : { inner, stamp: time.stamp };
  },
};

/** The files of docker's `json-file` driver. A line without a line feed at its end is a piece that goes on. */
export const dockerJson: EnvelopeFormat = {
  name: "docker-json",
  first: "{",
  samples: [
    {
      line: JSON.stringify({ log: `${SAMPLE}\n`, stream: "stdout", time: "2026-01-28T08:23:20.101234567Z" }),
      expect: { inner: SAMPLE, stamp: { kind: "instant", ms: 1_769_588_600_101 } },
    },
    {
      line: '{"log":"the first 16 kB of a line","stream":"stdout","time":"2026-01-28T08:23:20.101234567Z"}',
      expect: { inner: "the first 16 kB of a line", stamp: { kind: "instant", ms: 1_769_588_600_101 }, partial: true },
    },
  ],
  unwrap(line) {
    if (!line.includes('"log":')) return undefined;
    const entry = parseObject(line);
    const log = entry?.["log"];
    const stamp = instantOf(entry?.["time"]);
    if (typeof log !== "string" || stamp === undefined) return undefined;
    return log.endsWith("\n") ? { inner: log.slice(0, -1), stamp } : { inner: log, stamp, partial: true };
  },
};
