/**
 * The gateway's log file: one JSON object a line as the logger `tslog` writes
 * it. The arguments of the log call stand under "0", "1", "2"; a child logger
 * puts its bindings in front as a JSON string.
 */
import type { ParsedLine, Stamp } from "../model.ts";
import { type LineFormat, parsedLine } from "./format.ts";
import { MESSAGE, SUBSYSTEM } from "./layout.ts";
import { instantOf, zoneAt } from "./stamps.ts";
import { asObject, type JsonObject, oneLine, parseLevel, parseObject } from "./text.ts";

// The bare word stands before the text of verbose lines, see argumentsOf.
const IN_JSON = { quoted: true, alsoRead: ["verbose"], endsWith: "}" } as const;

export const tslog: LineFormat = {
  name: "tslog",
  first: "{",
  samples: [
    {
      line: '{"0":"{\\"subsystem\\":\\"agent/embedded\\"}","1":"embedded run start: runId=r-1 sessionId=5cdc6cdf","_meta":{"runtime":"node","hostname":"unknown","name":"{\\"subsystem\\":\\"agent/embedded\\"}","parentNames":["clawdbot"],"date":"2026-01-28T08:23:20.100Z","logLevelId":2,"logLevelName":"DEBUG"},"time":"2026-01-28T08:23:20.101Z"}',
      expect: {
        stamp: { kind: "instant", ms: 1_769_588_600_101 },
        level: "debug",
        subsystem: "agent/embedded",
        message: "embedded run start: runId=r-1 sessionId=5cdc6cdf",
        product: "clawdbot",
      },
    },
    {
      line: '{"0":"{\\"subsystem\\":\\"agent/embedded\\"}","1":{"event":"embedded_run_agent_end","runId":"n1","isError":true},"2":"embedded run agent end","_meta":{"hostname":"vm","date":"2026-04-15T06:15:11.911Z","logLevelName":"WARN","name":"{\\"subsystem\\":\\"agent/embedded\\"}","parentNames":["openclaw"]},"time":"2026-04-15T08:15:11.911+02:00","hostname":"vm","message":"embedded run agent end"}',
      expect: {
        stamp: { kind: "instant", ms: 1_776_233_711_911 },
        level: "warn",
        subsystem: "agent/embedded",
        message: "embedded run agent end",
        meta: { event: "embedded_run_agent_end", runId: "n1", isError: true },
        product: "openclaw",
      },
    },
    {
      line: '{"0":"bonjour: starting","_meta":{"name":"clawdbot","date":"2026-01-28T08:23:20.100Z","logLevelName":"DEBUG"},"time":"2026-01-28T08:23:20.100Z"}',
      expect: {
        stamp: { kind: "instant", ms: 1_769_588_600_100 },
        level: "debug",
        message: "bonjour: starting",
        product: "clawdbot",
      },
    },
    {
      line: '{"0":{"message":"preflight check"},"1":"verbose","_meta":{"name":"openclaw","date":"2026-09-06T06:13:01.319Z","logLevelName":"DEBUG"},"time":"2026-09-06T06:13:01.319+00:00","hostname":"vm","message":"preflight check verbose"}',
      expect: {
        stamp: { kind: "instant", ms: 1_788_675_181_319 },
        level: "debug",
        message: "preflight check",
        meta: { message: "preflight check" },
        product: "openclaw",
      },
    },
  ],
  layouts: [
    { parts: ['{"0":"{\\"subsystem\\":\\"', SUBSYSTEM, '\\"}","1":"', MESSAGE], ...IN_JSON },
    // Some loggers sign in `_meta` only.
    { parts: ['{"0":"', MESSAGE], signedElsewhere: true, ...IN_JSON },
  ],
  varying: {
    message: ["0", "1"],
    time: "time",
    others: ["date", "message", "traceId", "spanId", "parentSpanId"],
  },
  parse(line) {
    // Cheap, and the only sure mark: every tslog line has it, and no other form.
    if (!line.includes('"_meta"')) return undefined;
    const object = parseObject(line);
    return object === undefined ? undefined : tslogRecord(object);
  },
  origin(line) {
    const host = /"hostname":"([^"\\]+)"/.exec(line)?.[1];
    const time = /"time":"[^"]{19,23}([+-]\d\d:\d\d)"/.exec(line)?.[1];
    return {
      // Older versions write `unknown`, which says nothing.
      host: host === "unknown" ? undefined : host,
      zone: time === undefined ? undefined : zoneAt(time, 0)?.offset,
    };
  },
};

/** A tslog object as a parsed line; undefined where it has no `_meta` or no message. */
export function tslogRecord(object: JsonObject): ParsedLine | undefined {
  const logger = asObject(object["_meta"]);
  if (logger === undefined) return undefined;
  const call = argumentsOf(object);
  const name = typeof logger["name"] === "string" ? logger["name"] : undefined;
  const bindings = call.bindings ?? (name?.startsWith("{") ? bindingsOf(name) : undefined);
  const message = call.message ?? (typeof object["message"] === "string" ? object["message"] : undefined);
  if (message === undefined && call.meta === undefined) return undefined;
  return parsedLine({
    stamp: timeOf(object, logger),
    level: parseLevel(logger["logLevelName"]),
    subsystem: nameIn(bindings),
    message: oneLine(message ?? ""),
    meta: call.meta,
    product: productOf(logger, name),
  });
}

interface CallArguments {
  bindings?: JsonObject;
  message?: string;
  meta?: JsonObject;
}

function argumentsOf(object: JsonObject): CallArguments {
  const call: CallArguments = {};
  for (let index = 0; Object.hasOwn(object, index); index++) {
    const value = object[index];
    if (typeof value === "string") {
      if (index === 0 && value.startsWith('{"')) {
        const bindings = bindingsOf(value);
        if (bindings !== undefined && nameIn(bindings) !== undefined) {
          call.bindings = bindings;
          continue;
        }
      }
      call.message = call.message === undefined ? value : `${call.message} ${value}`;
    } else {
      const meta = asObject(value);
      if (meta !== undefined) call.meta = call.meta === undefined ? meta : { ...call.meta, ...meta };
      else if (value !== null) {
        const text = textOf(value);
        call.message = call.message === undefined ? text : `${call.message} ${text}`;
      }
    }
  }
  // Verbose lines of newer versions carry their text in the object and the bare word behind it.
  const text = call.meta?.["message"];
  if (typeof text === "string" && (call.message === undefined || call.message === "verbose")) call.message = text;
  return call;
}

/** An array in an array, 200,000 times, can be read and not written. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "";
  }
}

/** The loggers of a gateway are a few dozen; what pretends to be more must not fill the memory. */
const MOST_BINDINGS = 500;
const knownBindings = new Map<string, JsonObject | undefined>();

/** As parseObject. A logger puts the same text into each of its lines. */
function bindingsOf(text: string): JsonObject | undefined {
  if (knownBindings.has(text)) return knownBindings.get(text);
  const bindings = parseObject(text);
  if (knownBindings.size < MOST_BINDINGS && text.length < 200) knownBindings.set(text, bindings);
  return bindings;
}

function nameIn(bindings: JsonObject | undefined): string | undefined {
  const name = bindings?.["subsystem"] ?? bindings?.["module"] ?? bindings?.["plugin"];
  return typeof name === "string" ? name : undefined;
}

function timeOf(object: JsonObject, logger: JsonObject): Stamp | undefined {
  return instantOf(object["time"]) ?? instantOf(logger["date"]);
}

function productOf(logger: JsonObject, name: string | undefined): string | undefined {
  const parents = logger["parentNames"];
  const parent: unknown = Array.isArray(parents) ? parents[0] : undefined;
  if (typeof parent === "string") return parent;
  return name === undefined || name.startsWith("{") ? undefined : name;
}
