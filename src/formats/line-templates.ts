/**
 * JSON lines of one logger differ in a few plain strings only. What stands
 * around these is learned from a line that the form's own `parse` has read, and
 * a later line with the same bytes there is read without parsing it. Any other
 * line goes to `parse`.
 */
import type { ParsedLine } from "../model.ts";
import { type LineFormat, parsedLine } from "./format.ts";
import { instantOf } from "./stamps.ts";

/** The keys of a form's objects whose plain strings differ from line to line. */
export interface Varying {
  /** The message: a plain string under just one of them. */
  readonly message: readonly string[];
  readonly time: string;
  /** What else differs, and says nothing to `parse` where the time is a full one. */
  readonly others: readonly string[];
}

export interface TemplateLine {
  readonly parsed: ParsedLine;
  /** Name of the form. */
  readonly format: string;
}

/** Where a message could stand, an object in a string is what the logger says of itself. */
const BINDINGS = "{";
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** No gateway has as many loggers that write events, at as many levels. */
const MOST = 32;
/** A log whose lines are all different must not have each of them parsed three times. */
const MOST_TRIES = 200;

/** The templates of one source's lines. */
export class LineTemplates {
  readonly #formats: ReadonlyMap<string, LineFormat>;
  readonly #templates: Template[] = [];
  #tries = 0;

  constructor(formats: readonly LineFormat[]) {
    this.#formats = new Map(formats.filter((it) => it.varying !== undefined).map((it) => [it.name, it]));
  }

  /**
   * @param bytes the line stands from `start` to before `end`, without its line feed
   * @returns just what the form's `parse` makes of the line; undefined where no template fits
   */
  read(bytes: Buffer, start: number, end: number): TemplateLine | undefined {
    const to = endOfText(bytes, end);
    for (const template of this.#templates) {
      const parsed = template.read(bytes, start, to);
      if (parsed !== undefined) return { parsed, format: template.format };
    }
    return undefined;
  }

  /** @param format name of the form whose `parse` made `parsed` of the line */
  learn(bytes: Buffer, start: number, end: number, format: string, parsed: ParsedLine): void {
    const form = this.#formats.get(format);
    if (form?.varying === undefined || this.#templates.length === MOST || this.#tries === MOST_TRIES) return;
    this.#tries++;
    const template = templateOf(form.name, form.varying, bytes.subarray(start, endOfText(bytes, end)), parsed);
    // Whatever other plain strings stand there, JSON is built the same around them: one proof is as good as many.
    if (template !== undefined && proves(template, form)) this.#templates.push(template);
  }
}

type Slot = "message" | "time" | "other";

class Template {
  readonly format: string;
  /** One more than there are slots. */
  readonly #pieces: readonly Buffer[];
  readonly #slots: readonly Slot[];
  /** What is the same in each of its lines. The line that it was learned from is not kept: it may be long. */
  readonly #same: { readonly [Key in "level" | "subsystem" | "product"]: ParsedLine[Key] | undefined };

  constructor(
    format: string,
    pieces: readonly Buffer[],
    slots: readonly Slot[],
    { level, subsystem, product }: ParsedLine,
  ) {
    this.format = format;
    this.#pieces = pieces;
    this.#slots = slots;
    this.#same = { level, subsystem, product };
  }

  read(bytes: Buffer, start: number, end: number): ParsedLine | undefined {
    const slots = this.#slots;
    let at = start;
    let message: string | undefined;
    let time: string | undefined;
    for (let index = 0; ; index++) {
      const piece = this.#pieces[index] as Buffer;
      const behind = at + piece.length;
      if (behind > end || bytes.compare(piece, 0, piece.length, at, behind) !== 0) return undefined;
      at = behind;
      if (index === slots.length) break;
      const slot = slots[index];
      const stop = endOfString(bytes, at, end);
      if (stop < 0) return undefined;
      if (slot === "message") message = messageOf(bytes.toString("latin1", at, stop));
      else if (slot === "time") time = bytes.toString("latin1", at, stop);
      at = stop;
    }
    const stamp = instantOf(time);
    if (at !== end || message === undefined || stamp === undefined) return undefined;
    return parsedLine({ ...this.#same, stamp, message });
  }

  /** The line with these strings in its slots. */
  lineOf(strings: Readonly<Record<Slot, string>>): Buffer {
    return Buffer.concat(
      this.#pieces.flatMap((piece, index) => {
        const slot = this.#slots[index];
        return slot === undefined ? [piece] : [piece, Buffer.from(strings[slot])];
      }),
    );
  }
}

/** Undefined where the line is not of the kind, or is not read by what became of it as it was parsed. */
function templateOf(format: string, varying: Varying, line: Buffer, parsed: ParsedLine): Template | undefined {
  const text = line.toString("latin1");
  const pieces: Buffer[] = [];
  const slots: Slot[] = [];
  let from = 0;
  for (const { 0: whole, 1: key = "", 2: value = "", index } of text.matchAll(/"(\w+)":"((?:[^"\\]|\\["\\])*)"/g)) {
    const slot = slotOf(key, varying);
    if (slot === undefined || (slot === "message" && value.startsWith(BINDINGS))) continue;
    const at = index + whole.length - value.length - 1;
    pieces.push(line.subarray(from, at));
    slots.push(slot);
    from = at + value.length;
  }
  pieces.push(line.subarray(from));
  const isOnce = (slot: Slot): boolean => slots.indexOf(slot) >= 0 && slots.indexOf(slot) === slots.lastIndexOf(slot);
  if (!isOnce("message") || !isOnce("time")) return undefined;
  // The bytes are not ours.
  const template = new Template(
    format,
    pieces.map((piece) => Buffer.from(piece)),
    slots,
    parsed,
  );
  return isSame(template.read(line, 0, line.length), parsed) ? template : undefined;
}

function slotOf(key: string, varying: Varying): Slot | undefined {
  if (varying.message.includes(key)) return "message";
  if (key === varying.time) return "time";
  return varying.others.includes(key) ? "other" : undefined;
}

const PROOF: Readonly<Record<Slot, string>> = {
  message: String.raw`m \"\\ m`,
  time: "2001-02-03T04:05:06.007+08:00",
  other: String.raw`o\"\\ o`,
};

function proves(template: Template, form: LineFormat): boolean {
  const line = template.lineOf(PROOF);
  const parsed = form.parse(line.toString());
  return parsed !== undefined && isSame(template.read(line, 0, line.length), parsed);
}

function isSame(one: ParsedLine | undefined, other: ParsedLine): boolean {
  return (
    one !== undefined &&
    one.message === other.message &&
    one.level === other.level &&
    one.subsystem === other.subsystem &&
    one.product === other.product &&
    one.stamp?.ms === other.stamp?.ms &&
    one.stamp?.kind === other.stamp?.kind &&
    other.meta === undefined &&
    other.loose === undefined
  );
}

function endOfText(bytes: Buffer, end: number): number {
  return bytes[end - 1] === 0x0d ? end - 1 : end;
}

/** Where the quote stands that ends a string of plain ASCII, quotes in it included; -1 where it is not plain, or has no end. */
function endOfString(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) {
      const next = bytes[++at];
      if (next !== QUOTE && next !== BACKSLASH) return -1;
    } else if (byte < 0x20 || byte > 0x7e) return -1;
  }
  return -1;
}

function messageOf(text: string): string | undefined {
  if (!text.includes("\\")) return text;
  return text.startsWith(BINDINGS) ? undefined : text.replaceAll(/\\(.)/g, "$1");
}
