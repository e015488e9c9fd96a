import stringWidth from "fast-string-width";
import { wrapAnsi } from "fast-wrap-ansi";

/** Lines of prose get hard to read beyond this, and what is right-aligned gets far away. */
const WIDEST = 100;
const NARROWEST = 40;

export function textWidth(columns: number): number {
  return Math.max(NARROWEST, Math.min(columns, WIDEST));
}

/** The text in lines no wider than `width`, each after the first indented, the first led by `lead`. */
export function hang(lead: string, text: string, width: number): string[] {
  const indent = stringWidth(lead);
  return wrap(text, width - indent).map((line, index) => (index === 0 ? lead : " ".repeat(indent)) + line);
}

/** Nobody reads on; an id may have a megabyte, and to break a word takes the square of its length. */
const LONGEST = 2000;

/** A word that is wider than a line is broken. Trailing spaces are not kept. */
export function wrap(text: string, width: number): string[] {
  const shown = text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
  return wrapAnsi(shown, Math.max(1, width), { hard: true })
    .split("\n")
    .map((line) => line.trimEnd());
}

/** `left` and `right` at the two edges; `right` alone on a line of its own where they do not fit in one. */
function edges(left: string, right: string, width: number): string[] {
  if (right === "") return [left];
  const space = width - stringWidth(left) - stringWidth(right);
  if (space >= 2) return [left + " ".repeat(space) + right];
  return [
    ...(left === "" ? [] : [left]),
    ...wrap(right, width).map((line) => " ".repeat(width - stringWidth(line)) + line),
  ];
}

/** The text as `hang` lays it out, with `right` at the edge of its first line. */
export function hangWithEdge(lead: string, text: string, right: string, width: number): string[] {
  const room = width - stringWidth(right) - 2;
  if (room - stringWidth(lead) < 20) return [...hang(lead, text, width), ...edges("", right, width)];
  const [first = "", ...rest] = hang(lead, text, room);
  return [...edges(first, right, width), ...rest];
}

/** The same with `right` at the edge of the last line, or on a line of its own. */
export function hangThenEdge(lead: string, text: string, right: string, width: number): string[] {
  const lines = hang(lead, text, width);
  return [...lines.slice(0, -1), ...edges(lines.at(-1) ?? "", right, width)];
}
