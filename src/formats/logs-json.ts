/** `logs --json` of the gateway's CLI: a record a line, with the line of the log file in `raw`. */
import type { ParsedLine } from "../model.ts";
import { type LineFormat, parsedLine } from "./format.ts";
import { dropBindings } from "./logs-plain.ts";
import { instantOf } from "./stamps.ts";
import { oneLine, parseLevel, parseObject } from "./text.ts";
import { tslogRecord } from "./tslog.ts";

export const logsJson: LineFormat = {
  name: "logs-json",
  first: "{",
  samples: [
    {
      line: '{"type":"log","time":"2026-01-28T08:23:20.101Z","level":"debug","subsystem":"agent/embedded","message":"{\\"subsystem\\":\\"agent/embedded\\"} embedded run done: runId=r-1","raw":"{\\"0\\":\\"{\\\\\\"subsystem\\\\\\":\\\\\\"agent/embedded\\\\\\"}\\",\\"1\\":\\"embedded run done: runId=r-1\\",\\"_meta\\":{\\"logLevelName\\":\\"DEBUG\\"},\\"time\\":\\"2026-01-28T08:23:20.101Z\\"}"}',
      expect: {
        stamp: { kind: "instant", ms: 1_769_588_600_101 },
        level: "debug",
        subsystem: "agent/embedded",
        message: "embedded run done: runId=r-1",
      },
    },
    {
      line: '{"type":"log","time":"2026-01-28T08:23:20.101Z","level":"debug","subsystem":"agent/embedded","message":"embedded run done: runId=r-1"}',
      expect: {
        stamp: { kind: "instant", ms: 1_769_588_600_101 },
        level: "debug",
        subsystem: "agent/embedded",
        message: "embedded run done: runId=r-1",
      },
    },
    {
      line: '{"type":"meta","file":"/tmp/clawdbot/clawdbot-2026-01-28.log","cursor":5012,"size":5012}',
      expect: { message: "log file: /tmp/clawdbot/clawdbot-2026-01-28.log", meta: { type: "meta" } },
    },
    {
      line: '{"type":"notice","message":"Log tail truncated (increase --max-bytes)."}',
      expect: { message: "Log tail truncated (increase --max-bytes).", meta: { type: "notice" } },
    },
  ],
  parse(line) {
    if (!line.includes('"type":"')) return undefined;
    const object = parseObject(line);
    switch (object?.["type"]) {
      case "log":
        return logRecord(object);
      case "meta": {
        const file = object["file"] ?? object["source"];
        return typeof file === "string" && "cursor" in object
          ? { message: `log file: ${oneLine(file)}`, meta: { type: "meta" } }
          : undefined;
      }
      case "notice": {
        const text = object["message"];
        return typeof text === "string" ? { message: oneLine(text), meta: { type: "notice" } } : undefined;
      }
      default:
        return undefined;
    }
  },
};

function logRecord(object: Readonly<Record<string, unknown>>): ParsedLine | undefined {
  // The CLI joins all arguments of the log call into one text; the raw line still has them apart.
  const raw = typeof object["raw"] === "string" ? parseObject(object["raw"]) : undefined;
  const original = raw === undefined ? undefined : tslogRecord(raw);
  if (original !== undefined) return original;
  const { time, subsystem, module, message } = object;
  if (typeof message !== "string") return undefined;
  const label = subsystem ?? module;
  const rest = dropBindings(message);
  return parsedLine({
    stamp: instantOf(time),
    level: parseLevel(object["level"]),
    subsystem: typeof label === "string" ? label : undefined,
    message: oneLine(rest.message),
    meta: rest.meta,
  });
}
