import { StringDecoder } from "node:string_decoder";

/**
 * Longer lines are kept up to here and counted; a gateway's longest are tool
 * outputs of some 100 kB. As JSON of nothing but brackets a line takes 60 times
 * its length while it is read.
 */
export const MAX_LINE_BYTES = 1024 * 1024;

export interface LineCounts {
  bytes: number;
  lines: number;
  /** Lines that were longer than the limit: read up to it, the rest skipped. */
  overlong: number;
}

/**
 * Takes a line's bytes: from `start` to before `end`, without the line feed; a
 * carriage return stays. They are valid during the call only.
 *
 * @param number of the line, counted from 1
 * @param unterminated no line feed stands behind it: it may have been cut
 */
type OnLine = (bytes: Buffer, start: number, end: number, number: number, unterminated: boolean) => void;

/**
 * Passes over whole lines that need not be given, and counts them itself.
 *
 * @returns where the next line begins that must be given, or whose end is not in these bytes
 */
type PassOver = (bytes: Buffer, start: number) => number;

/** Splits bytes into lines, wherever their chunks end; every byte and line is counted, also what is skipped. */
export class LineSplitter {
  onLine: OnLine;
  passOver: PassOver | undefined;
  readonly #counts: LineCounts;
  readonly #maxLine: number;
  readonly #minLine: number;
  /** The pieces of a line that is not at its end yet. */
  #pieces: Buffer[] = [];
  /** Its length so far, what is beyond the limit included. */
  #length = 0;

  /**
   * @param counts updated as the bytes go by
   * @param minLine shorter lines are counted and not given (but for one that is not at its end), in bytes
   */
  constructor(counts: LineCounts, onLine: OnLine, maxLine = MAX_LINE_BYTES, minLine = 0) {
    this.#counts = counts;
    this.onLine = onLine;
    this.#maxLine = maxLine;
    this.#minLine = minLine;
  }

  /** @param bytes may be used again by their owner afterwards */
  push(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const counts = this.#counts;
    counts.bytes += chunk.length;
    let start = 0;
    if (this.#length > 0) {
      const end = chunk.indexOf(10);
      if (end >= 0) {
        this.#keep(chunk.subarray(0, end));
        this.#emitKept(false);
        start = end + 1;
      }
    }
    // Within a line nothing can be passed over.
    while (this.#length === 0) {
      if (this.passOver !== undefined) start = this.passOver(chunk, start);
      const end = lineFeedFrom(chunk, start);
      if (end < 0) break;
      counts.lines++;
      if (end - start < this.#minLine) {
        // Nothing to be read.
      } else if (end - start <= this.#maxLine) this.onLine(chunk, start, end, counts.lines, false);
      else this.#emitCut(chunk.subarray(start, start + this.#maxLine), false);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(Buffer.from(chunk.subarray(start)));
  }

  /** The last line, if no line feed stands behind it. */
  end(): void {
    if (this.#length > 0) this.#emitKept(true);
  }

  #keep(piece: Buffer): void {
    const room = this.#maxLine - this.#length;
    if (room > 0) this.#pieces.push(piece.length <= room ? piece : Buffer.from(piece.subarray(0, room)));
    this.#length += piece.length;
  }

  #emitKept(unterminated: boolean): void {
    const line = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces);
    const isCut = this.#length > this.#maxLine;
    this.#pieces = [];
    this.#length = 0;
    this.#counts.lines++;
    if (isCut) this.#emitCut(line, unterminated);
    else if (unterminated || line.length >= this.#minLine)
      this.onLine(line, 0, line.length, this.#counts.lines, unterminated);
  }

  #emitCut(line: Buffer, unterminated: boolean): void {
    this.#counts.overlong++;
    // A character cut at the limit is left away, not replaced.
    const whole = Buffer.from(new StringDecoder("utf8").write(line), "utf8");
    this.onLine(whole, 0, whole.length, this.#counts.lines, unterminated);
  }
}

const NEAR = 16;

/** A file of nothing but line feeds would be all calls of the native search. */
function lineFeedFrom(chunk: Buffer, start: number): number {
  const near = Math.min(start + NEAR, chunk.length);
  for (let at = start; at < near; at++) if (chunk[at] === 10) return at;
  return chunk.indexOf(10, near);
}
