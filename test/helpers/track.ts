import type { Diagnosis } from "../../src/diagnosis.ts";
import { Diagnostician } from "../../src/diagnose.ts";
import { parseEvent } from "../../src/events/index.ts";
import { Decoder } from "../../src/formats/decode.ts";
import type { LogRecord } from "../../src/model.ts";

export const RUN_TIMEOUT_MS = 600_000;
export const STALL_AFTER_MS = 660_000;

/** Records of a log whose lines carry full dates. */
export function recordsOf(text: string, source = 0): LogRecord[] {
  const decoder = new Decoder();
  return text.split("\n").flatMap((line, index) => {
    const decoded = decoder.decode(line);
    if (!decoded) return [];
    const { stamp, ...parsed } = decoded.parsed;
    const time = stamp?.kind === "instant" ? { time: stamp.ms } : {};
    return [{ ...parsed, ...time, location: { path: "test.log", line: index + 1 }, source, stream: "" }];
  });
}

/** Those that tell an event, and the last one, which says how far the log goes: a real log has few of them. */
export function tellingOf(records: readonly LogRecord[]): LogRecord[] {
  return records.filter((it) => it === records.at(-1) || parseEvent(it).outcome === "event");
}

/**
 * The diagnosis of a log of one gateway.
 * @param now milliseconds since the epoch; else the time of the last line
 */
export function diagnoseLog(text: string, now?: number): Diagnosis {
  const diagnostician = new Diagnostician(false);
  for (const record of recordsOf(text)) diagnostician.push(record);
  const settings = { runTimeoutMs: RUN_TIMEOUT_MS, stallAfterMs: STALL_AFTER_MS };
  const [diagnosis] =
    now === undefined ? diagnostician.finish(settings, []) : diagnostician.look({ ...settings, now }, []).values();
  if (!diagnosis) throw new Error("no diagnosis");
  return diagnosis;
}

/** `r1: orphaned/restart/medium` for each run, `main: blocked` for each session. */
export function statesOf(diagnosis: Diagnosis): Record<string, string> {
  const { runs, sessions } = diagnosis.settled;
  return Object.fromEntries([
    ...runs.map((it) => [it.run.runId, [it.state, it.cause].filter(Boolean).join(":")]),
    ...sessions.map((it) => [`session ${it.key}`, it.state]),
  ]);
}
