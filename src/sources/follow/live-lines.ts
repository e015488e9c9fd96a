import { Decoder } from "../../formats/decode.ts";
import type { LogRecord } from "../../model.ts";

/** A rotation may swap lines of one moment; what is older than that was read before (ms). */
const SLACK_MS = 1_000;

/** Where the records of a source go. */
export interface LiveOrigin {
  readonly path: string;
  readonly source: number;
  /** The gateway's stream; by the container or unit around the line, where there is one. */
  readonly stream: (container: string | undefined) => string;
}

/** Makes records of the lines of one source as they come. */
export class LiveLines {
  readonly #origin: LiveOrigin;
  readonly #decoder = new Decoder();
  #line: number;
  /** The newest time that was read. */
  #newest: number | undefined;
  /** Up to which time what comes was read before; undefined: all of it is new. */
  #knownTo: number | undefined;
  /** Of the last line that had one, as a reading names it. */
  form: string | null = null;

  /**
   * @param lines that were read before
   * @param newest time of them, in milliseconds since the epoch
   */
  constructor(origin: LiveOrigin, lines = 0, newest?: number) {
    this.#origin = origin;
    this.#line = lines;
    this.#newest = newest;
  }

  /**
   * The file begins again. A file that an editor saved, or that was cut short,
   * holds lines that were read before; their times tell.
   */
  restart(): void {
    this.#line = 0;
    this.#knownTo = this.#newest;
  }

  /** @param now what counts for a line that does not say its time: it was written a moment ago */
  take(lines: readonly string[], now: number): LogRecord[] {
    const records: LogRecord[] = [];
    for (const text of lines) {
      this.#line++;
      const decoded = this.#decoder.decode(text);
      if (!decoded) continue;
      this.form = decoded.format;
      const { stamp, ...parsed } = decoded.parsed;
      const time = stamp?.kind === "instant" ? stamp.ms : now;
      if (this.#wasRead(time)) continue;
      if (this.#newest === undefined || time > this.#newest) this.#newest = time;
      const { path, source, stream } = this.#origin;
      records.push({ ...parsed, time, location: { path, line: this.#line }, source, stream: stream(decoded.stream) });
    }
    return records;
  }

  #wasRead(time: number): boolean {
    if (this.#knownTo === undefined) return false;
    if (time < this.#knownTo - SLACK_MS) return true;
    this.#knownTo = undefined;
    return false;
  }
}
