/**
 * How the bytes of a line stand from its first one up to its message. A form
 * that tells its layouts lets the reading tell, without making a text of them,
 * which of its lines can be no event; see line-filter.ts.
 */

/** A time as `Date.toISOString` writes it, or with an offset for the `Z`. */
export const TIME = { part: "time" } as const;
/** Any number of colour escapes, also none. */
export const COLOURS = { part: "colours" } as const;
/** A level's name in small letters. */
export const LEVEL = { part: "level" } as const;
/** The name of the logger; the same bytes in the line as in the parsed subsystem. */
export const SUBSYSTEM = { part: "subsystem" } as const;
/** The beginning of the message; the same bytes in the line as in the parsed message. */
export const MESSAGE = { part: "message" } as const;

export type LayoutPart = string | typeof TIME | typeof COLOURS | typeof LEVEL | typeof SUBSYSTEM | typeof MESSAGE;

/**
 * Every line with this layout must be one that the form's `parse` reads with a
 * full time (an `instant`), or one that no form reads at all.
 */
export interface Layout {
  /** Ends with MESSAGE. Without SUBSYSTEM the message is one that no logger signs, unless `signedElsewhere`. */
  readonly parts: readonly LayoutPart[];
  /** The message stands within a JSON string: a quote ends it and a backslash begins an escape. */
  readonly quoted?: true;
  /** The logger's name may stand behind the message, where the filter does not look. */
  readonly signedElsewhere?: true;
  /** Beginnings of messages at which the line must be read although they are no events. */
  readonly alsoRead?: readonly string[];
  /** The last character of a whole line; others are cut off or two in one. */
  readonly endsWith?: string;
}
