import { Decoder } from "../formats/decode.ts";
import type { LineOrigin } from "../formats/format.ts";
import type { ParsedLine } from "../model.ts";
import type { LineCounts } from "./lines.ts";
import { splitLines } from "./lines.ts";
import type { Source } from "./source.ts";
import { unpack } from "./unpack.ts";

/** What reading a source gave, beside its lines. */
export interface Tally extends LineCounts {
  /** How many lines had which form. */
  readonly formats: Map<string, number>;
  /** Lines that no form claims: stack traces, boxes, empty lines. */
  others: number;
}

export interface SourceLine {
  readonly parsed: ParsedLine;
  readonly format: string;
  /** The containers, units and jobs around the line. */
  readonly stream: string | undefined;
  /** What the line tells of its machine; only where that was asked for. */
  readonly origin: LineOrigin | undefined;
  /** Number of the line in its source, counted from 1. */
  readonly line: number;
}

export interface ReaderOptions {
  readonly onWarning: (message: string) => void;
  /**
   * Says of a line, without reading its form, that nobody needs it. Such lines
   * are counted and skipped, except for some that keep the time.
   */
  readonly mayMatter?: ((line: string) => boolean) | undefined;
  readonly maxLine?: number | undefined;
  /** Also find out what the lines tell of their machine. */
  readonly origins?: boolean;
}

export function newTally(): Tally {
  return { bytes: 0, lines: 0, overlong: 0, formats: new Map(), others: 0 };
}

// Of lines that nobody needs, every so manieth is read for its time.
const KEEP_TIME = 256;

/**
 * The log lines of a source, in its order.
 *
 * @param tally counts as the lines go by
 * @throws UserError where the source holds no text
 */
export async function* readLines(
  source: Source,
  tally: Tally,
  options: ReaderOptions,
): AsyncGenerator<readonly SourceLine[]> {
  const decoder = new Decoder({ origins: options.origins === true });
  const { mayMatter } = options;
  // Only lines with full times can be skipped: the others need all their neighbours.
  let dated = false;
  const bytes = unpack(source.open(), { onTruncated: options.onWarning });
  for await (const batch of splitLines(bytes, tally, options.maxLine)) {
    const decodedLines: SourceLine[] = [];
    const lastIndex = batch.lines.length - 1;
    for (let index = 0; index <= lastIndex; index++) {
      const text = batch.lines[index] as string;
      if (
        mayMatter !== undefined &&
        dated &&
        index < lastIndex &&
        (batch.first + index) % KEEP_TIME !== 0 &&
        !mayMatter(text)
      ) {
        continue;
      }
      const decoded = decoder.decode(text);
      if (decoded === undefined) {
        tally.others++;
        continue;
      }
      dated = decoded.parsed.stamp?.kind === "instant";
      tally.formats.set(decoded.format, (tally.formats.get(decoded.format) ?? 0) + 1);
      const { format, stream, origin } = decoded;
      const parsed = batch.unterminated ? markCut(decoded.parsed) : decoded.parsed;
      decodedLines.push({ parsed, format, stream, origin, line: batch.first + index });
    }
    if (decodedLines.length > 0) yield decodedLines;
  }
  if (tally.overlong > 0) {
    const what = tally.overlong === 1 ? "a line was" : `${tally.overlong} lines were`;
    options.onWarning(`${what} too long to be read whole; what is beyond 16 MiB was left out`);
  }
}

const ENDS_WITH_ID = /\b(?:runId|sessionId)=[^\s=]+$/;
const WHOLE_UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The end of a file that breaks off within an id would name a run that does not
 * exist, so the id gets the dots of one that was cut short.
 */
function markCut(parsed: ParsedLine): ParsedLine {
  const { message } = parsed;
  if (!ENDS_WITH_ID.test(message) || WHOLE_UUID.test(message) || /(?:\.\.\.|…)$/.test(message)) return parsed;
  return { ...parsed, message: `${message}...` };
}
