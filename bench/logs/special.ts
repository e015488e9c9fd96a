/** Logs that strain one thing each: as many open runs, or as many runs at all, as no gateway has. */
import { join } from "node:path";
import { consoleLine, type Line } from "./line.ts";
import { Random } from "./random.ts";
import { cached, type FormFile, LineFile } from "./write.ts";

const START = Date.parse("2026-01-28T00:00:00.000Z");
/** All of a log's runs fall in this time, which is less than the run timeout: none of them has stalled. */
const SPAN_MS = 9 * 60_000;

export interface SpecialLog {
  readonly file: FormFile;
  readonly runs: number;
  readonly open: number;
}

/** Runs that all start, each in a session of its own, and never end. */
export function openRuns(cache: string, count: number): Promise<SpecialLog> {
  return special(cache, "open-runs", count, false);
}

/** The same runs, each ended before the next one starts. */
export function endedRuns(cache: string, count: number): Promise<SpecialLog> {
  return special(cache, "ended-runs", count, true);
}

async function special(cache: string, name: string, count: number, end: boolean): Promise<SpecialLog> {
  return await cached(cache, `${name}-${count}`, async (folder) => {
    const file = new LineFile(join(folder, "console.log"));
    for (const line of runLines(count, end)) file.write(consoleLine(line));
    return { file: file.end(), runs: count, open: end ? 0 : count };
  });
}

function* runLines(count: number, end: boolean): Generator<Line> {
  const random = new Random(count);
  yield line(START, "gateway", "listening on ws://127.0.0.1:18789 (PID 4711)");
  for (let index = 0; index < count; index++) {
    const time = START + 1000 + Math.floor((index * SPAN_MS) / count);
    const runId = random.uuid();
    const sessionId = random.uuid();
    const lane = `session:room-${index}`;
    yield line(time, "diagnostic", `lane enqueue: lane=${lane} queueSize=1`);
    yield line(time, "diagnostic", `lane dequeue: lane=${lane} waitMs=0 queueSize=0`);
    yield line(time, "diagnostic", "lane enqueue: lane=main queueSize=1");
    yield line(time, "diagnostic", "lane dequeue: lane=main waitMs=0 queueSize=0");
    yield line(
      time,
      "agent/embedded",
      `embedded run start: runId=${runId} sessionId=${sessionId} provider=fake model=fake thinking=off messageChannel=webchat`,
    );
    if (!end) continue;
    yield line(
      time,
      "agent/embedded",
      `embedded run done: runId=${runId} sessionId=${sessionId} durationMs=0 aborted=false`,
    );
    yield line(time, "diagnostic", "lane task done: lane=main durationMs=0 active=0 queued=0");
    yield line(time, "diagnostic", `lane task done: lane=${lane} durationMs=0 active=0 queued=0`);
  }
}

function line(time: number, subsystem: string, message: string): Line {
  return { time, level: "DEBUG", subsystem, message };
}
