import type { LogRecord } from "../../model.ts";

/** A rotation may swap lines of one moment; what is older than that was read before (ms). */
const SLACK_MS = 1_000;
/** More lines than a gateway writes in that time, so that memory is bounded. */
const MOST = 10_000;

type Line = Pick<LogRecord, "time" | "subsystem" | "message">;

/** What of a file was read last, to know it again where the file begins anew with lines that were read before. */
export class RecentLines {
  /** The lines of the last moment with their times: there the time alone does not tell. */
  readonly #lines = new Map<string, number>();
  /** Milliseconds since the epoch, of the newest line. */
  newest: number | undefined;

  add(line: Line): void {
    const { time } = line;
    if (time === undefined) return;
    if (this.newest === undefined || time > this.newest) this.newest = time;
    this.#lines.set(nameOf(line), time);
    for (const [name, at] of this.#lines) {
      if (at >= this.newest - SLACK_MS && this.#lines.size <= MOST) break;
      this.#lines.delete(name);
    }
  }

  /** @param newest of the lines that were read before the file began anew */
  wasRead(line: Line, newest: number): boolean {
    return (line.time ?? newest) < newest - SLACK_MS || this.#lines.has(nameOf(line));
  }
}

function nameOf({ time, subsystem = "", message }: Line): string {
  return `${time}\n${subsystem}\n${message}`;
}
