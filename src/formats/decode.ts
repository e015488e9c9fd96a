import type { ParsedLine, Stamp } from "../model.ts";
import { bare } from "./bare.ts";
import type { EnvelopeFormat, LineFormat, LineOrigin } from "./format.ts";
import { ENVELOPE_FORMATS, LINE_FORMATS } from "./index.ts";
import { stripAnsi } from "./text.ts";
import { timeline } from "./timeline.ts";

/** A line with the names of the forms that it has. */
export interface DecodedLine {
  /** Its stamp is the logger's own where that is an instant, otherwise the innermost envelope's, otherwise the logger's. */
  readonly parsed: ParsedLine;
  /** For example `console` or `docker-compose+tslog`. */
  readonly format: string;
  /** The containers, units and jobs around the line, outermost first, joined by `/`. */
  readonly stream?: string;
  /** The machine that wrote the line; only where the decoder was asked for it. */
  readonly origin?: LineOrigin;
  /** What the logger wrote where the envelope's instant was taken instead. */
  readonly innerStamp?: Stamp;
}

// Deeper nesting than docker within compose within CI was never seen; text could pretend any depth.
const MAX_DEPTH = 4;
/** What is shorter, in characters or in bytes, is no line of any form. */
export const SHORTEST_LINE = 8;
/** Of all lines together that are cut in pieces, in characters: a runtime that never ends them must not fill the memory. */
const MAX_PARTIAL = 4 * 1024 * 1024;
/** What a piece takes beside its text. */
const PIECE = 200;
const MAX_BALANCE = 100;
const ESC = "\u001b";

interface ByFirst {
  readonly lines: readonly LineFormat[];
  readonly envelopes: readonly EnvelopeFormat[];
}

const OTHER = 128;
const BY_FIRST: readonly ByFirst[] = Array.from({ length: OTHER + 1 }, (_, code) => {
  const accepts = (format: { readonly first?: string }): boolean =>
    format.first === undefined ||
    (code === OTHER ? /[^\0-\u007f]/.test(format.first) : format.first.includes(String.fromCharCode(code)));
  return { lines: LINE_FORMATS.filter(accepts), envelopes: ENVELOPE_FORMATS.filter(accepts) };
});

function byFirst(line: string): ByFirst {
  const code = line.charCodeAt(0);
  return BY_FIRST[code < OTHER ? code : OTHER] as ByFirst;
}

/**
 * Reads the lines of one source: finds each line's form by itself, mixed forms
 * included. Keeps only what a stream of lines needs: the form that fitted last,
 * lines that a container runtime cut in pieces, and whether lines have times.
 */
export class Decoder {
  #lastLine: LineFormat | undefined;
  #lastEnvelope: EnvelopeFormat | undefined;
  readonly #origins: boolean;
  readonly #pieces = new Map<string, string>();
  #inPieces = 0;
  /** Lines of a logger less those by hand, within bounds. */
  #balance = 0;

  /** @param options `origins`: also find out what a line tells of its machine */
  constructor(options: { readonly origins?: boolean } = {}) {
    this.#origins = options.origins === true;
  }

  /**
   * @param line one line; a carriage return at its end and colours do no harm
   * @returns undefined for what is no log line: stack traces, boxes, empty lines
   */
  decode(line: string): DecodedLine | undefined {
    const coloured = line.includes(ESC);
    let text = coloured ? stripAnsi(line) : line;
    if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    if (text.charCodeAt(text.length - 1) === 0x0d) text = text.slice(0, -1);
    if (text.length < SHORTEST_LINE) return undefined;
    const decoded = this.#open(text, undefined, "", undefined, 0);
    return decoded !== undefined && this.#trusts(decoded, coloured && line.includes(`${ESC}[39m `))
      ? decoded
      : undefined;
  }

  /** Lines of a logger, with full times, that went by without being read. */
  passOver(count: number): void {
    this.#balance = Math.min(MAX_BALANCE, this.#balance + count);
  }

  #open(
    text: string,
    stream: string | undefined,
    names: string,
    outer: Stamp | undefined,
    depth: number,
  ): DecodedLine | undefined {
    const forms = byFirst(text);
    const parsed = this.#parse(text, forms);
    if (parsed !== undefined) return this.#decoded(parsed, text, stream, names, outer);
    if (depth === MAX_DEPTH) return undefined;
    for (const envelope of this.#likelyFirst(forms.envelopes)) {
      const unwrapped = envelope.unwrap(text);
      if (unwrapped === undefined) continue;
      this.#lastEnvelope = envelope;
      const within = unwrapped.stream === undefined ? stream : joinStream(stream, unwrapped.stream);
      // Within JSON, colours are written as escapes and come to light only now.
      const inner = this.#whole(stripAnsi(unwrapped.inner), `${within ?? ""}\0${depth}`, unwrapped.partial === true);
      if (inner === undefined) return undefined;
      return this.#open(inner, within, `${names}${envelope.name}+`, better(unwrapped.stamp, outer), depth + 1);
    }
    return undefined;
  }

  #parse(text: string, forms: ByFirst): ParsedLine | undefined {
    const last = this.#lastLine;
    if (last !== undefined && forms.lines.includes(last)) {
      const parsed = last.parse(text);
      if (parsed !== undefined) return parsed;
    }
    for (const format of forms.lines) {
      if (format === last) continue;
      const parsed = format.parse(text);
      if (parsed === undefined) continue;
      this.#lastLine = format;
      return parsed;
    }
    return undefined;
  }

  #likelyFirst(envelopes: readonly EnvelopeFormat[]): readonly EnvelopeFormat[] {
    const last = this.#lastEnvelope;
    return last === undefined || envelopes[0] === last || !envelopes.includes(last)
      ? envelopes
      : [last, ...envelopes.filter((envelope) => envelope !== last)];
  }

  #decoded(
    parsed: ParsedLine,
    text: string,
    stream: string | undefined,
    names: string,
    outer: Stamp | undefined,
  ): DecodedLine {
    const origin = this.#origins ? this.#lastLine?.origin?.(text) : undefined;
    const inner = parsed.stamp;
    const chosen = better(inner, outer);
    const decoded = {
      parsed: chosen === inner || chosen === undefined ? parsed : { ...parsed, stamp: chosen },
      format: `${names}${this.#lastLine?.name ?? ""}`,
      ...(stream === undefined ? {} : { stream }),
      ...(origin === undefined ? {} : { origin }),
    };
    return chosen !== inner && inner !== undefined ? { ...decoded, innerStamp: inner } : decoded;
  }

  #whole(inner: string, key: string, partial: boolean): string | undefined {
    const before = this.#pieces.get(key);
    const whole = before === undefined ? inner : before + inner;
    if (partial) {
      const more = inner.length + (before === undefined ? PIECE : 0);
      if (this.#inPieces + more > MAX_PARTIAL) return undefined;
      this.#pieces.set(key, whole);
      this.#inPieces += more;
      return undefined;
    }
    if (before !== undefined) {
      this.#pieces.delete(key);
      this.#inPieces -= before.length + PIECE;
    }
    return whole;
  }

  /**
   * A line that a person wrote, or one without a time, among lines of a logger
   * is the rest of a text of several lines: a message that quotes a log must not
   * count as the log. Only the colours of the logger itself say otherwise.
   */
  #trusts(decoded: DecodedLine, loggersColours: boolean): boolean {
    const { stamp, subsystem } = decoded.parsed;
    const byHand = this.#lastLine === bare || this.#lastLine === timeline;
    if (byHand && this.#balance > 0 && !(loggersColours && subsystem !== undefined)) return false;
    // A time of day and a text can be from both.
    const byLogger = !byHand && (subsystem !== undefined || stamp?.kind === "instant");
    if (byHand || byLogger) {
      this.#balance = Math.min(MAX_BALANCE, Math.max(-MAX_BALANCE, this.#balance + (byHand ? -1 : 1)));
    }
    return true;
  }
}

/** The first stamp if it is an instant or there is no second, else the second. */
function better(inner: Stamp | undefined, outer: Stamp | undefined): Stamp | undefined {
  return outer === undefined || inner?.kind === "instant" ? inner : outer;
}

function joinStream(outer: string | undefined, inner: string): string {
  return outer === undefined ? inner : `${outer}/${inner}`;
}

/** Reads one line on its own; see {@link Decoder.decode}. */
export function decodeLine(line: string): DecodedLine | undefined {
  return new Decoder().decode(line);
}
