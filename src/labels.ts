/** `--label name=value`: what a report says of its log beside what is in it. */
import { UserError } from "./errors.ts";
import type { Report } from "./model.ts";
import { COLUMN_NAMES } from "./reporters/ndjson-columns.ts";

/** Lower case with underscores: the same name in JSON and, unquoted, in every SQL. */
const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const LONGEST_VALUE = 256;
const RESERVED: ReadonlySet<string> = new Set(COLUMN_NAMES.map((name) => name.toLowerCase()));

/**
 * @param texts each `name=value`, as typed
 * @throws UserError for what is no label, or a name that is given twice
 */
export function parseLabels(texts: readonly string[]): Report["labels"] {
  const labels = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at === -1) throw new UserError(`--label ${JSON.stringify(text)} has no =`, "For example: --label host=a1");
    const name = text.slice(0, at);
    if (labels.has(name)) throw new UserError(`--label ${name} is given twice`, "A name has one value.");
    labels.set(name, text.slice(at + 1));
  }
  return checkLabels(Object.fromEntries(labels), "--label ");
}

/**
 * @param what stands before a label's name in an error
 * @throws UserError for a name or a value that cannot be used
 */
export function checkLabels(labels: Report["labels"], what = "label "): Report["labels"] {
  for (const [name, value] of Object.entries(labels)) {
    if (!NAME.test(name)) {
      throw new UserError(
        `${what}${JSON.stringify(name)} is no name`,
        "A name begins with a lower-case letter and goes on with those, digits and _.",
      );
    }
    if (RESERVED.has(name)) {
      throw new UserError(`${what}${name} is the name of a column of the report`, "Take another name.");
    }
    if (typeof value !== "string" || value.trim() === "") {
      throw new UserError(`${what}${name} has no value`, "Is the variable that it comes from empty?");
    }
    if (value.length > LONGEST_VALUE) {
      throw new UserError(`${what}${name} has more than ${LONGEST_VALUE} characters`, "A label is a short name.");
    }
  }
  return labels;
}
