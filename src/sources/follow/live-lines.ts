import { Decoder } from "../../formats/decode.ts";
import type { LogRecord } from "../../model.ts";
import { RecentLines } from "./recent-lines.ts";

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
  readonly #recent: RecentLines;
  /** Up to which time what comes may have been read before; undefined: all of it is new. */
  #knownTo: number | undefined;
  /** Of the last line that had one, as a reading names it. */
  form: string | null = null;

  /**
   * @param lines that were read before
   * @param recent the last ones of them
   */
  constructor(origin: LiveOrigin, lines = 0, recent = new RecentLines()) {
    this.#origin = origin;
    this.#line = lines;
    this.#recent = recent;
  }

  /**
   * The file begins again. A file that an editor saved, or that was cut short,
   * holds lines that were read before; their times tell.
   */
  restart(): void {
    this.#line = 0;
    this.#knownTo = this.#recent.newest;
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
      const line = { ...parsed, time };
      if (this.#wasRead(line)) continue;
      this.#recent.add(line);
      const { path, source, stream } = this.#origin;
      records.push({ ...line, location: { path, line: this.#line }, source, stream: stream(decoded.stream) });
    }
    return records;
  }

  #wasRead(line: Pick<LogRecord, "subsystem" | "message"> & { readonly time: number }): boolean {
    if (this.#knownTo === undefined) return false;
    if (this.#recent.wasRead(line, this.#knownTo)) return true;
    // What is newer comes after all that was read.
    if (line.time > this.#knownTo) this.#knownTo = undefined;
    return false;
  }
}
