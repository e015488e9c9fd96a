import type { ChalkInstance } from "chalk";
import Table from "cli-table3";
import stringWidth from "fast-string-width";

import { wrap } from "./layout.ts";

const NO_BORDER = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};

const GAP = 2;
/** cli-table3 takes the square of a table's rows, so many are laid out in parts of the same widths. */
const ROWS_A_PART = 32;
const LONGEST_CELL = 400;

/**
 * A table without lines. Where it is wider than the screen its widest columns
 * are folded, never cut: a key that was shortened cannot be copied. Only what
 * is far longer than any key of a gateway is.
 * @param rows escaped, and without colours: they are folded by their width
 */
export function borderless(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
  paint: ChalkInstance,
): string[] {
  const cells = rows.map((row) => row.map(shortened));
  const columns = columnWidths(head, cells, width);
  // cli-table3 would count colours as text and cut emoji in half, so it gets cells that are folded already.
  const folded = cells.map((row) => row.map((cell, index) => wrap(cell, columns[index] ?? 0)));
  // Folded at a blank a cell may need less than its column has.
  const needed = head.map((title, index) =>
    folded.reduce(
      (widest, row) => (row[index] ?? []).reduce((max, line) => Math.max(max, stringWidth(line)), widest),
      stringWidth(title),
    ),
  );
  const titles = head.map((title, index) => paint.dim(title) + " ".repeat((needed[index] ?? 0) - stringWidth(title)));
  const lines = laidOut(titles, folded.slice(0, ROWS_A_PART));
  for (let from = ROWS_A_PART; from < folded.length; from += ROWS_A_PART) {
    // The titles give each part its widths, and are shown once.
    for (const line of laidOut(titles, folded.slice(from, from + ROWS_A_PART)).slice(1)) lines.push(line);
  }
  return lines;
}

function laidOut(titles: readonly string[], rows: readonly (readonly (readonly string[])[])[]): string[] {
  const table = new Table({
    chars: NO_BORDER,
    style: { head: [], border: [], "padding-left": 0, "padding-right": GAP, compact: true },
  });
  table.push([...titles]);
  for (const row of rows) table.push(row.map((lines) => lines.join("\n")));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

function shortened(cell: string): string {
  return cell.length <= LONGEST_CELL ? cell : `${cell.slice(0, LONGEST_CELL)}…`;
}

/** Each column as wide as its widest cell; if that is too much for the screen, the widest ones less, down to their title. */
function columnWidths(head: readonly string[], rows: readonly (readonly string[])[], width: number): readonly number[] {
  const least = head.map((title) => stringWidth(title));
  const columns = head.map((title, index) =>
    rows.reduce((widest, row) => Math.max(widest, stringWidth(row[index] ?? "")), stringWidth(title)),
  );
  let excess = columns.reduce((sum, column) => sum + column + GAP, -GAP) - width;
  for (; excess > 0; excess--) {
    const foldable = columns.map((column, index) => (column > (least[index] ?? 0) ? column : 0));
    const widest = Math.max(...foldable);
    if (widest === 0) break;
    columns[foldable.indexOf(widest)] = widest - 1;
  }
  return columns;
}
