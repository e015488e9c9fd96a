import type { ChalkInstance } from "chalk";
import stringWidth from "fast-string-width";

import { wrap } from "./layout.ts";

const GAP = 2;
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
  const folded = cells.map((row) => row.map((cell, index) => wrap(cell, columns[index] ?? 0)));
  // Folded at a blank a cell may need less than its column has.
  const needed = head.map((title, index) =>
    folded.reduce(
      (widest, row) => (row[index] ?? []).reduce((max, line) => Math.max(max, stringWidth(line)), widest),
      stringWidth(title),
    ),
  );
  const padded = (line: string, index: number): string =>
    line + " ".repeat(Math.max(0, (needed[index] ?? 0) + GAP - stringWidth(line)));
  const titles = head.map((title, index) => paint.dim(title) + padded(title, index).slice(title.length));
  return [titles.join(""), ...folded.flatMap((row) => linesOf(row, padded))].map((line) => line.trimEnd());
}

/** The cells of one row beside each other, each of as many lines as the longest has. */
function linesOf(row: readonly (readonly string[])[], padded: (line: string, index: number) => string): string[] {
  const height = row.reduce((most, cell) => Math.max(most, cell.length), 0);
  return Array.from({ length: height }, (_, line) =>
    row.map((cell, index) => padded(cell[line] ?? "", index)).join(""),
  );
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
