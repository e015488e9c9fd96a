import { Decoder, SHORTEST_LINE } from "../formats/decode.ts";
import type { LineOrigin } from "../formats/format.ts";
import { LINE_FORMATS } from "../formats/index.ts";
import { LineTemplates } from "../formats/line-templates.ts";
import type { ParsedLine } from "../model.ts";
import { SKIP, UNKNOWN } from "../layout-nodes.ts";
import type { LineFilter, PassedOver } from "../line-filter.ts";
import { type LineCounts, LineSplitter, MAX_LINE_BYTES } from "./lines.ts";
import type { Source } from "./source.ts";
import { unpack } from "./unpack.ts";

/** What reading a source gave, beside its lines. */
export interface Tally extends LineCounts {
  /** How many lines had which form. */
  readonly formats: Map<string, number>;
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
  readonly onWarning: (message: string, help?: string) => void;
  /** Told once why what follows of it is not read; absent: `onWarning` is. */
  readonly onCutShort?: ((message: string, help?: string) => void) | undefined;
  /** Knows lines that nobody needs; they are counted and not read. */
  readonly filter?: LineFilter | undefined;
  /** Says of a line's text that nobody needs it, however it is to be read; such a line is counted and no more. */
  readonly mayMatter?: ((line: string) => boolean) | undefined;
  readonly maxLine?: number | undefined;
  /** Also find out what the lines tell of their machine. */
  readonly origins?: boolean;
  /** Told why it cannot be read on, and then the lines end; absent: that is thrown. */
  readonly onFailure?: (error: unknown) => void;
}

const MIB = 1024 * 1024;

export function newTally(): Tally {
  return { bytes: 0, lines: 0, overlong: 0, formats: new Map() };
}

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
  const reader = new LineReader(tally, options);
  let failure: { readonly error: unknown } | undefined;
  try {
    const onTruncated = options.onCutShort ?? options.onWarning;
    for await (const bytes of unpack(source.open(), { onTruncated })) {
      reader.push(bytes);
      // Also where there are none: whoever wants no more than a look sees how far it went.
      yield reader.take();
    }
  } catch (error) {
    // What came of the last line is read as well.
    failure = { error };
  }
  reader.end();
  const lines = reader.take();
  if (lines.length > 0) yield lines;
  if (failure) {
    if (!options.onFailure) throw failure.error;
    options.onFailure(failure.error);
    return;
  }
  const isWritten = reader.endsWithinLine && source.hasGrown?.() === true;
  if (isWritten || reader.endsBroken) {
    options.onWarning(`the last line is cut${isWritten ? ": it was still being written" : ""}`);
  }
  if (tally.overlong > 0) {
    const what = tally.overlong === 1 ? "a line was" : `${tally.overlong} lines were`;
    const most = options.maxLine ?? MAX_LINE_BYTES;
    const size = most % MIB === 0 ? `${most / MIB} MiB` : `${most} bytes`;
    options.onWarning(`${what} too long to be read whole; what is beyond ${size} was left out`);
  }
}

/**
 * From bytes to lines that were read, those left out that nobody needs. Of a
 * row of lines that are left out the last one is read all the same where what
 * follows may need its time: a line with less than a full time of its own, or
 * the end.
 */
class LineReader {
  readonly #tally: Tally;
  readonly #options: ReaderOptions;
  readonly #decoder: Decoder;
  #templates: LineTemplates | undefined;
  readonly #maxLine: number;
  readonly #splitter: LineSplitter;
  /** No line feed stands behind the last line. */
  endsWithinLine = false;
  /** It is the beginning of a JSON object, and no more. */
  endsBroken = false;
  #lines: SourceLine[] = [];
  /** Lines that were left out, not yet in the tally; which may be is known once a line of the form was read, with a full time. */
  readonly #passed: PassedOver;
  /** Lines that were left out since the last one that was read. */
  #leftOut = 0;
  /** The last of them; its number is 0 where there is none. */
  readonly #last = { bytes: NOTHING, start: 0, end: 0, number: 0, form: 0 };
  /** Holds that line when the bytes in which it stood are used again. */
  #kept = NOTHING;

  constructor(tally: Tally, options: ReaderOptions) {
    this.#tally = tally;
    this.#options = options;
    this.#decoder = new Decoder({ origins: options.origins === true });
    const forms = options.filter?.formats ?? [];
    this.#passed = { may: forms.map(() => false), ofForm: forms.map(() => 0), count: 0, start: 0, end: 0, form: 0 };
    this.#maxLine = options.maxLine ?? MAX_LINE_BYTES;
    this.#splitter = new LineSplitter(tally, this.#read.bind(this), this.#maxLine, SHORTEST_LINE);
  }

  push(bytes: Uint8Array): void {
    this.#splitter.push(bytes);
    this.#keepLast();
    this.#countLeftOut();
    const { filter } = this.#options;
    // What comes in one piece is read sooner than these are made. Without a filter all is read line by line: the reference.
    if (this.#splitter.passOver === undefined && filter !== undefined) {
      this.#templates = new LineTemplates(LINE_FORMATS);
      this.#splitter.passOver = this.#passOver.bind(this, filter);
      this.#splitter.onLine = this.#filtered.bind(this, filter);
    }
  }

  end(): void {
    this.#splitter.end();
    this.#readLast();
    this.#countLeftOut();
  }

  take(): readonly SourceLine[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  #passOver(filter: LineFilter, bytes: Buffer, start: number): number {
    const passed = this.#passed;
    const before = passed.count;
    const next = filter.passOver(bytes, start, passed, this.#maxLine);
    const count = passed.count - before;
    if (count > 0) {
      this.#tally.lines += count;
      this.#leftOut += count;
      this.#setLast(bytes, passed.start, passed.end, this.#tally.lines, passed.form);
    }
    return next;
  }

  /** Of a line that was not passed over with others, since not all of it was at hand. */
  #filtered(filter: LineFilter, bytes: Buffer, start: number, end: number, number: number, unterminated: boolean) {
    const verdict = unterminated ? UNKNOWN : filter.verdict(bytes, start, end);
    const form = verdict - SKIP;
    const { may, ofForm } = this.#passed;
    if (form >= 0 && may[form] === true) {
      this.#leftOut++;
      ofForm[form] = (ofForm[form] as number) + 1;
      this.#setLast(bytes, start, end, number, form);
      return;
    }
    if (verdict === UNKNOWN) this.#readLast();
    const found = this.#read(bytes, start, end, number, unterminated);
    if (form >= 0 && found !== undefined) may[form] = found === filter.formats[form];
  }

  #setLast(bytes: Buffer, start: number, end: number, number: number, form: number): void {
    const last = this.#last;
    last.bytes = bytes;
    last.start = start;
    last.end = end;
    last.number = number;
    last.form = form;
  }

  #keepLast(): void {
    const last = this.#last;
    const length = last.end - last.start;
    if (last.number === 0 || last.bytes === this.#kept) return;
    if (this.#kept.length < length) this.#kept = Buffer.allocUnsafe(length * 2);
    last.bytes.copy(this.#kept, 0, last.start, last.end);
    last.bytes = this.#kept;
    last.start = 0;
    last.end = length;
  }

  #readLast(): void {
    const { bytes, start, end, number, form } = this.#last;
    if (number === 0) return;
    this.#leftOut--;
    const { ofForm } = this.#passed;
    ofForm[form] = (ofForm[form] as number) - 1;
    this.#read(bytes, start, end, number, false);
  }

  /** @returns the form of the line if it has a full time */
  #read(bytes: Buffer, start: number, end: number, number: number, unterminated: boolean): string | undefined {
    if (this.#leftOut > 0) {
      this.#decoder.passOver(this.#leftOut);
      this.#leftOut = 0;
    }
    this.#last.number = 0;
    const known = unterminated ? undefined : this.#templates?.read(bytes, start, end);
    if (known !== undefined) {
      // The decoder counts them as lines of a logger with full times, which they are.
      this.#decoder.passOver(1);
      this.#push(known.parsed, known.format, undefined, undefined, number);
      return known.format;
    }
    const text = bytes.toString("utf8", start, end);
    if (unterminated) this.endsWithinLine = true;
    const { mayMatter } = this.#options;
    if (mayMatter !== undefined && !mayMatter(text)) return undefined;
    const decoded = this.#decoder.decode(text);
    if (decoded === undefined) {
      if (unterminated && this.#tally.formats.size > 0) this.endsBroken = text.startsWith("{");
      return undefined;
    }
    const { format, stream, origin } = decoded;
    if (!unterminated) this.#templates?.learn(bytes, start, end, format, decoded.parsed);
    const parsed = unterminated ? markCut(decoded.parsed) : decoded.parsed;
    this.#push(parsed, format, stream, origin, number);
    return parsed.stamp?.kind === "instant" ? format : undefined;
  }

  #push(
    parsed: ParsedLine,
    format: string,
    stream: string | undefined,
    origin: LineOrigin | undefined,
    line: number,
  ): void {
    const { formats } = this.#tally;
    formats.set(format, (formats.get(format) ?? 0) + 1);
    this.#lines.push({ parsed, format, stream, origin, line });
  }

  #countLeftOut(): void {
    const { formats } = this.#tally;
    const { ofForm } = this.#passed;
    ofForm.forEach((count, form) => {
      const name = this.#options.filter?.formats[form];
      if (count !== 0 && name !== undefined) formats.set(name, (formats.get(name) ?? 0) + count);
    });
    ofForm.fill(0);
  }
}

const NOTHING: Buffer = Buffer.alloc(0);

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
