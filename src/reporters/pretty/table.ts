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
  const table = new Table({
    chars: NO_BORDER,
    style: { head: [], border: [], "padding-left": 0, "padding-right": GAP, compact: true },
  });
  // cli-table3 would count colours as text and cut emoji in half, so it gets cells that are folded already.
  const cells = rows.map((row) => row.map(shortened));
  const columns = columnWidths(head, cells, width);
  const fold = (row: readonly string[]): string[] =>
    row.map((cell, index) => wrap(cell, columns[index] ?? 0).join("\n"));
  table.push(head.map((title) => paint.dim(title)));
  for (const row of cells) table.push(fold(row));
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
