import { StringDecoder } from "node:string_decoder";

/** Longer lines are kept up to here and counted; a gateway's longest are tool outputs of some 100 kB. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Lines that were read together. */
export interface LineBatch {
  /** Without their line feed; a carriage return stays. */
  readonly lines: readonly string[];
  /** Number of the first one, counted from 1. */
  readonly first: number;
  /** The last line had no line feed behind it: it may have been cut. */
  readonly unterminated: boolean;
}

export interface LineCounts {
  bytes: number;
  lines: number;
  /** Lines that were longer than the limit: read up to it, the rest skipped. */
  overlong: number;
}

/**
 * Splits bytes into lines. Bytes that are no UTF-8 become U+FFFD; every byte and
 * line is counted, also what is skipped.
 *
 * @param counts updated as the bytes go by
 */
export async function* splitLines(
  bytes: AsyncIterable<Uint8Array>,
  counts: LineCounts,
  maxLine = MAX_LINE_BYTES,
): AsyncGenerator<LineBatch> {
  let carry: Uint8Array[] = [];
  let carried = 0;
  for await (const bytesRead of bytes) {
    const chunk = Buffer.from(bytesRead.buffer, bytesRead.byteOffset, bytesRead.byteLength);
    counts.bytes += chunk.length;
    const lines: string[] = [];
    const first = counts.lines + 1;
    let start = 0;
    let end = chunk.indexOf(10);
    if (end >= 0 && carried > 0) {
      carried = keep(carry, carried, chunk.subarray(0, end), maxLine);
      lines.push(join(carry, carried, maxLine, counts));
      carry = [];
      carried = 0;
      start = end + 1;
      end = chunk.indexOf(10, start);
    }
    for (; end >= 0; end = chunk.indexOf(10, start)) {
      lines.push(
        end - start > maxLine
          ? join([chunk.subarray(start, end)], end - start, maxLine, counts)
          : chunk.toString("utf8", start, end),
      );
      start = end + 1;
    }
    // The chunk's memory may be used again by its owner, so what waits for its end is copied.
    if (start < chunk.length) carried = keep(carry, carried, Buffer.from(chunk.subarray(start)), maxLine);
    counts.lines += lines.length;
    if (lines.length > 0) yield { lines, first, unterminated: false };
  }
  if (carried > 0) {
    const line = join(carry, carried, maxLine, counts);
    counts.lines++;
    yield { lines: [line], first: counts.lines, unterminated: true };
  }
}

function keep(carry: Uint8Array[], carried: number, piece: Uint8Array, maxLine: number): number {
  const room = maxLine - carried;
  if (room > 0) carry.push(piece.length <= room ? piece : Buffer.from(piece.subarray(0, room)));
  return carried + piece.length;
}

function join(pieces: readonly Uint8Array[], length: number, maxLine: number, counts: LineCounts): string {
  if (length <= maxLine) return Buffer.concat(pieces).toString("utf8");
  counts.overlong++;
  // A character cut at the limit is left away, not replaced.
  return new StringDecoder("utf8").write(Buffer.concat(pieces).subarray(0, maxLine));
}
