/** Finds the dates of a source whose lines have none: from a peer, the file's name, its time on disk. */
import { basename } from "node:path";
import { alignToPeer, type Anchor, dayFromLastLine, dayInName, dayOf, SourceClock } from "../clock.ts";
import type { Peek } from "./peek.ts";
import { newTally, readLines, type SourceLine } from "./reader.ts";
import type { Source } from "./source.ts";

export interface AnchorOptions {
  /** Now, in milliseconds since the epoch; the last resort. */
  readonly now: number;
  /** How far the clock of a source's undated lines is ahead of UTC, in milliseconds, on a day. */
  readonly zoneOffset: (path: string, day: number) => number;
}

const DAY = 86_400_000;
const START: Anchor = { day: 0, offset: 0, origin: "assumed" };

/**
 * What a source's clock starts with.
 *
 * @param peers sources whose lines have full times; one of the same gateway tells date and zone exactly
 */
export async function findAnchor(peeked: Peek, peers: readonly Peek[], options: AnchorOptions): Promise<Anchor> {
  const { source, undated, firstInstant } = peeked;
  const likelyDay = dayOf(firstInstant ?? source.mtimeMs ?? options.now);
  const offset = peeked.zone ?? options.zoneOffset(source.path, likelyDay);
  const sure: Anchor = { day: likelyDay, offset, origin: "lines" };
  if (undated.length === 0) return sure;
  if (firstInstant !== undefined) {
    const last = relativeTimes(undated).last;
    return last === undefined ? sure : { ...sure, day: Math.round((firstInstant + offset - last) / DAY) * DAY };
  }
  const scan = peeked.whole || !source.reopenable ? relativeTimes(undated) : await scanAll(source);
  const aligned = peers.length === 0 ? undefined : alignToPeer(await sharedTimes(scan, peers), offset);
  if (aligned !== undefined) return { ...aligned, origin: "peer" };
  if (scan.last === undefined) return { ...sure, origin: source.mtimeMs === undefined ? "assumed" : "mtime" };
  const named = dayInName(basename(source.path));
  if (named !== undefined) return { day: named, offset, origin: "file-name" };
  if (source.mtimeMs !== undefined && source.reopenable) {
    return { day: dayFromLastLine(scan.last, source.mtimeMs, offset), offset, origin: "mtime" };
  }
  return { day: dayOf(options.now + offset), offset, origin: "assumed" };
}

interface RelativeTimes {
  /** Times of lines that name a run or session and came once, on a clock that starts on day 0. */
  readonly marks: ReadonlyMap<string, number>;
  /** Time of the last line without a date; undefined where all have one and lack only year or zone. */
  readonly last: number | undefined;
}

const MARKS_KEPT = 50_000;

class Marks {
  readonly #clock = new SourceClock(START);
  readonly #marks = new Map<string, number>();
  readonly #twice = new Set<string>();
  #last: number | undefined;

  add(line: SourceLine): void {
    const { stamp, message } = line.parsed;
    if (stamp === undefined || stamp.kind === "instant") return;
    const time = this.#clock.time(line.stream ?? "", stamp);
    if (time === undefined) return;
    if (stamp.kind === "time-of-day") this.#last = time;
    if (!isMark(message) || this.#twice.has(message) || this.#marks.size >= MARKS_KEPT) return;
    if (this.#marks.delete(message)) this.#twice.add(message);
    else this.#marks.set(message, time);
  }

  get result(): RelativeTimes {
    return { marks: this.#marks, last: this.#last };
  }
}

function isMark(message: string): boolean {
  return message.includes("runId=") || message.includes("sessionId=") || message.includes("(PID ");
}

function relativeTimes(lines: readonly SourceLine[]): RelativeTimes {
  const marks = new Marks();
  for (const line of lines) marks.add(line);
  return marks.result;
}

async function scanAll(source: Source): Promise<RelativeTimes> {
  const marks = new Marks();
  for await (const lines of readLines(source, newTally(), LOOK)) {
    for (const line of lines) marks.add(line);
  }
  return marks.result;
}

// A single shared line could be chance; more than these tell nothing new.
const PAIRS_WANTED = 64;

async function sharedTimes(scan: RelativeTimes, peers: readonly Peek[]): Promise<(readonly [number, number])[]> {
  const pairs = new Map<string, readonly [number, number]>();
  for (const { source } of peers) {
    if (!source.reopenable) continue;
    for await (const lines of readLines(source, newTally(), { ...LOOK, mayMatter: isMark })) {
      for (const { parsed } of lines) {
        const undated = parsed.stamp?.kind === "instant" ? scan.marks.get(parsed.message) : undefined;
        if (undated !== undefined && parsed.stamp?.kind === "instant")
          pairs.set(parsed.message, [undated, parsed.stamp.ms]);
      }
      if (pairs.size >= PAIRS_WANTED) return [...pairs.values()];
    }
  }
  return [...pairs.values()];
}

/** What goes wrong the reading itself will tell. */
const LOOK = { onWarning: () => {}, onFailure: () => {} };
