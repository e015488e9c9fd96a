/**
 * Times for lines that do not say all of theirs: the date of `08:23:20`, the
 * year of `Jan 28`, the zone of `2026-01-28 08:23:20`. Pure: whoever opens the
 * files gives the anchor.
 */
import type { Stamp } from "./model.ts";

const DAY = 86_400_000;
/** Lines of one log are written out of order by this much at most; a larger step back is midnight. */
const JITTER = 10 * 60_000;

/** Where a date came from, the surest first. */
export type DateOrigin = "lines" | "peer" | "file-name" | "mtime" | "assumed";

/** What a clock knows before the first line. */
export interface Anchor {
  /** Midnight of the first undated line's day, in milliseconds as if its zone were UTC. */
  readonly day: number;
  /** How far the clock that wrote the undated lines is ahead of UTC, in milliseconds. */
  readonly offset: number;
  readonly origin: DateOrigin;
}

/** The clock of one stream of lines: give it every line's stamp, in the order of the file. */
export class Clock {
  #day: number;
  #offset: number;
  #origin: DateOrigin;
  /** Time of day of the last undated line. */
  #tod: number | undefined;
  #last: number | undefined;
  #guessed = false;

  constructor(anchor: Anchor) {
    this.#day = anchor.day;
    this.#offset = anchor.offset;
    this.#origin = anchor.origin;
  }

  /** The last time that was given, in milliseconds since the epoch. */
  get last(): number | undefined {
    return this.#last;
  }

  /** How the dates were found of lines that had none; undefined while there was no such line. */
  get origin(): DateOrigin | undefined {
    return this.#guessed ? this.#origin : undefined;
  }

  /**
   * The time of a line; one without a stamp has the time of the line before it.
   *
   * @returns milliseconds since the epoch, or undefined where no line had a time yet
   */
  time(stamp: Stamp | undefined): number | undefined {
    if (stamp === undefined) return this.#last;
    const time = this.#timeOf(stamp);
    this.#last = time;
    return time;
  }

  #timeOf(stamp: Stamp): number {
    switch (stamp.kind) {
      case "instant":
        this.#setDay(stamp.ms + this.#offset);
        this.#origin = "lines";
        return stamp.ms;
      case "zoneless":
        this.#guessed = true;
        this.#setDay(stamp.ms);
        return stamp.ms - this.#offset;
      case "month-day": {
        this.#guessed = true;
        const local = this.#withYear(stamp.month, stamp.day) + stamp.ms;
        this.#setDay(local);
        return local - this.#offset;
      }
      case "time-of-day":
        this.#guessed = true;
        return this.#timeOfDay(stamp.ms);
    }
  }

  #timeOfDay(tod: number): number {
    const before = this.#tod;
    if (before !== undefined) {
      if (tod < before - JITTER) this.#day += DAY;
      // Midnight is past, and a line from before it comes late.
      else if (tod > before + DAY - JITTER) this.#day -= DAY;
    }
    this.#tod = tod;
    return this.#day + tod - this.#offset;
  }

  /** A dated line says the day of the undated ones that follow it. */
  #setDay(local: number): void {
    this.#day = dayOf(local);
    this.#tod = local - this.#day;
  }

  /** Midnight of a month's day in the year that fits best. */
  #withYear(month: number, day: number): number {
    const known = this.#last !== undefined;
    const reference = known ? (this.#last as number) + this.#offset : this.#day;
    const year = new Date(reference).getUTCFullYear();
    const [before = 0, same = 0, after = 0] = [-1, 0, 1].map((step) => Date.UTC(year + step, month - 1, day));
    // The first line can't be later than the day that its file was written.
    if (!known) return [after, same, before].find((time) => time <= reference + DAY) ?? before;
    return [before, same, after].reduce((best, time) =>
      Math.abs(time - reference) < Math.abs(best - reference) ? time : best,
    );
  }
}

/** The clocks of one source: every stream in it (container, unit) counts its own midnights. */
export class SourceClock {
  readonly #anchor: Anchor;
  readonly #streams = new Map<string, Clock>();
  #last: number | undefined;

  constructor(anchor: Anchor) {
    this.#anchor = anchor;
  }

  /** How dates were found that the lines had not; undefined where every line had its own. */
  get origin(): DateOrigin | undefined {
    for (const clock of this.#streams.values()) if (clock.origin !== undefined) return clock.origin;
    return undefined;
  }

  /** As {@link Clock.time}; before a stream's first time, the source's last one counts. */
  time(stream: string, stamp: Stamp | undefined): number | undefined {
    let clock = this.#streams.get(stream);
    if (clock === undefined) {
      // A container that starts on the third day starts on that day, not on the file's first.
      const day = this.#last === undefined ? this.#anchor.day : dayOf(this.#last + this.#anchor.offset);
      clock = new Clock({ ...this.#anchor, day });
      this.#streams.set(stream, clock);
    }
    const time = clock.time(stamp);
    if (time === undefined) return this.#last;
    this.#last = time;
    return time;
  }
}

/** Midnight of a day, as if its zone were UTC. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY) * DAY;
}

/**
 * The day of the first undated line, from the time of the last one.
 *
 * @param lastOfLog the last line's time on a clock whose first line is on day 0 of the epoch, with no offset
 * @param modified when the file was written last
 */
export function dayFromLastLine(lastOfLog: number, modified: number, offset: number): number {
  // The file is written a moment after the line's time is taken, never before it.
  const local = modified + offset + JITTER;
  return Math.floor((local - lastOfLog) / DAY) * DAY;
}

const QUARTER = 15 * 60_000;

/**
 * How far an undated log's clock (first line on day 0 of the epoch) is behind
 * the truth, found by lines that a dated log of the same gateway holds as well.
 *
 * @param pairs for every shared line its time in the undated and in the dated log
 * @returns day and offset as a {@link Clock} wants them, or undefined where the logs share no line or contradict
 */
export function alignToPeer(
  pairs: readonly (readonly [undated: number, dated: number])[],
  likelyOffset: number,
): { day: number; offset: number } | undefined {
  // Zones are whole quarters of an hour; what is left over is rounding to seconds.
  const votes = new Map<number, number>();
  for (const [undated, dated] of pairs) {
    const shift = Math.round((dated - undated) / QUARTER) * QUARTER;
    if (Math.abs(dated - undated - shift) < QUARTER / 3) votes.set(shift, (votes.get(shift) ?? 0) + 1);
  }
  const [winner] = [...votes].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  if (winner === undefined || winner[1] * 2 <= pairs.length) return undefined;
  // shift = day − offset: of all days the one whose offset is nearest to the likely one.
  const shift = winner[0];
  const day = Math.round((shift + likelyOffset) / DAY) * DAY;
  return { day, offset: day - shift };
}

const NAME_DATE = /(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)/;

/** Midnight of the date in a file's name, for example of `openclaw-2026-01-28.log`. */
export function dayInName(name: string): number | undefined {
  const found = NAME_DATE.exec(name);
  if (found === null) return undefined;
  return Date.UTC(Number(found[1]), Number(found[2]) - 1, Number(found[3]));
}
