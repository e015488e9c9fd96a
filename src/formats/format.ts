import type { Level, ParsedLine, Stamp } from "../model.ts";
import type { Layout } from "./layout.ts";
import type { Varying } from "./line-templates.ts";

/** A line and what its format must make of it; the contract test runs every sample. */
export interface LineSample {
  readonly line: string;
  readonly expect: ParsedLine;
}

/** How a logger writes a line. No two formats of the registry may claim the same line. */
export interface LineFormat {
  readonly name: string;
  /**
   * The characters a line of this form may begin with; absent means any. The
   * registry tries a format on no other line.
   */
  readonly first?: string;
  readonly samples: readonly LineSample[];
  /** For the fast path, where it pays: how its lines stand up to the message. */
  readonly layouts?: readonly Layout[];
  /** For the fast path, where its lines are JSON: what differs between two lines of one logger. */
  readonly varying?: Varying;
  /**
   * @param line one line without its end, colours and byte order mark removed
   * @returns undefined where the line is not of this form
   */
  parse(line: string): ParsedLine | undefined;
  /** What a line of this form tells of its machine; asked only where a source is looked at before it is read. */
  origin?(line: string): LineOrigin;
}

/** The machine that a line was written on. */
export interface LineOrigin {
  readonly host?: string | undefined;
  /** How far its clock is ahead of UTC, in milliseconds, where the line's time is local and says so. */
  readonly zone?: number | undefined;
}

/** What an envelope holds. */
export interface Unwrapped {
  /** The line inside, to be read by any line format or by another envelope. */
  readonly inner: string;
  readonly stamp?: Stamp;
  /** The container, unit or job that the line came from; lines of different ones are of different gateways. */
  readonly stream?: string;
  /** The line goes on in the next one of the same stream (a container runtime cut it). */
  readonly partial?: boolean;
}

export interface EnvelopeSample {
  readonly line: string;
  readonly expect: Unwrapped;
}

/** What a service manager, container runtime or CI system puts around every line of a log. */
export interface EnvelopeFormat {
  readonly name: string;
  /** As in {@link LineFormat.first}. */
  readonly first?: string;
  readonly samples: readonly EnvelopeSample[];
  /** @returns undefined where the line has not this envelope */
  unwrap(line: string): Unwrapped | undefined;
}

export const DIGITS = "0123456789";

/** A parsed line with only the fields that are there, as `exactOptionalPropertyTypes` wants it. */
export function parsedLine(fields: {
  stamp?: Stamp | undefined;
  level?: Level | undefined;
  subsystem?: string | undefined;
  message: string;
  meta?: Readonly<Record<string, unknown>> | undefined;
  product?: string | undefined;
  loose?: true | undefined;
}): ParsedLine {
  const line: { -readonly [Key in keyof ParsedLine]: ParsedLine[Key] } = { message: fields.message };
  if (fields.stamp !== undefined) line.stamp = fields.stamp;
  if (fields.level !== undefined) line.level = fields.level;
  if (fields.subsystem !== undefined) line.subsystem = fields.subsystem;
  if (fields.meta !== undefined) line.meta = fields.meta;
  if (fields.product !== undefined) line.product = fields.product;
  if (fields.loose !== undefined) line.loose = fields.loose;
  return line;
}
