/** The console with `logging.consoleStyle: "json"`: `{"time","level","subsystem","message",…meta}`. */
import { type LineFormat, parsedLine } from "./format.ts";
import { LEVEL, MESSAGE, SUBSYSTEM, TIME } from "./layout.ts";
import { instantOf } from "./stamps.ts";
import { oneLine, parseLevel, parseObject } from "./text.ts";

export const consoleJson: LineFormat = {
  name: "console-json",
  first: "{",
  samples: [
    {
      line: '{"time":"2026-01-28T08:23:20.101Z","level":"debug","subsystem":"agent/embedded","message":"embedded run start: runId=r-1 sessionId=5cdc6cdf"}',
      expect: {
        stamp: { kind: "instant", ms: 1_769_588_600_101 },
        level: "debug",
        subsystem: "agent/embedded",
        message: "embedded run start: runId=r-1 sessionId=5cdc6cdf",
      },
    },
    {
      line: '{"time":"2026-09-06T08:23:20.101+02:00","level":"warn","subsystem":"agent/embedded","message":"embedded run agent end","event":"embedded_run_agent_end","runId":"n1","isError":true}',
      expect: {
        stamp: { kind: "instant", ms: 1_788_675_800_101 },
        level: "warn",
        subsystem: "agent/embedded",
        message: "embedded run agent end",
        meta: { event: "embedded_run_agent_end", runId: "n1", isError: true },
      },
    },
  ],
  layouts: [
    {
      parts: ['{"time":"', TIME, '","level":"', LEVEL, '","subsystem":"', SUBSYSTEM, '","message":"', MESSAGE],
      quoted: true,
      endsWith: "}",
    },
  ],
  varying: { message: ["message"], time: "time", others: [] },
  parse(line) {
    if (!line.includes('"message":') || !line.includes('"time":') || line.includes('"_meta"')) return undefined;
    const object = parseObject(line);
    if (object === undefined || "type" in object) return undefined;
    const { time, level, subsystem, message, ...rest } = object;
    const stamp = instantOf(time);
    const parsedLevel = parseLevel(level);
    if (typeof message !== "string" || stamp === undefined || parsedLevel === undefined) return undefined;
    return parsedLine({
      stamp,
      level: parsedLevel,
      subsystem: typeof subsystem === "string" ? subsystem : undefined,
      message: oneLine(message),
      meta: Object.keys(rest).length > 0 ? rest : undefined,
    });
  },
};
