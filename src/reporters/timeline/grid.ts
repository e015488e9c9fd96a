/** A row of the picture as cells: what is seen in each, the weightiest where several share one. Pure layout, no escapes. */
import type { RunState } from "../../model.ts";
import type { Bar, Row } from "../picture/model.ts";

export type CellKind = "empty" | "queued" | "silent" | RunState | "waiting";

const WEIGHT: readonly CellKind[] = [
  "empty",
  "queued",
  "silent",
  "waiting",
  "completed",
  "open",
  "aborted",
  "timed-out",
  "failed",
  "orphaned",
];

/** Where in the columns a time stands. */
export interface Columns {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** The column of a time; one outside is put at the nearer edge. */
export function columnOf(time: number, { from, to, count }: Columns): number {
  const part = (time - from) / (to - from);
  return Math.min(count - 1, Math.max(0, Math.floor(part * count)));
}

export function isWithin(time: number, { from, to }: Columns): boolean {
  return time >= from && time <= to;
}

export function cellsOf(row: Row, columns: Columns): readonly CellKind[] {
  const cells = Array.from({ length: columns.count }, (): CellKind => "empty");
  const put = (kind: CellKind, from: number, to: number): void => {
    if (to < columns.from || from > columns.to) return;
    for (let index = columnOf(from, columns); index <= columnOf(to, columns); index += 1) {
      if (WEIGHT.indexOf(kind) > WEIGHT.indexOf(cells[index] ?? "empty")) cells[index] = kind;
    }
  };
  for (const bar of row.bars) putBar(bar, put);
  // Held, and no run of its own tells of it: by a full lane, a lock file, or a run from before the log.
  if (row.state === "blocked" && row.heldSince !== null && !row.bars.some((bar) => bar.goesOn)) {
    put("silent", row.heldSince, row.heldSince + (row.silenceMs ?? 0));
  }
  for (const time of row.waitingSince) if (isWithin(time, columns)) putWaiting(cells, columnOf(time, columns));
  return cells;
}

/** A message that came in the column of a run's own sign stands beside it, so that both are seen. */
function putWaiting(cells: CellKind[], column: number): void {
  const isTaken = (kind: CellKind | undefined) =>
    kind !== undefined && WEIGHT.indexOf(kind) > WEIGHT.indexOf("waiting");
  const free = isTaken(cells[column]) && cells[column + 1] !== undefined && !isTaken(cells[column + 1]);
  const index = free ? column + 1 : column;
  if (!isTaken(cells[index])) cells[index] = "waiting";
}

function putBar(bar: Bar, put: (kind: CellKind, from: number, to: number) => void): void {
  if (bar.queuedAt !== null) put("queued", bar.queuedAt, bar.from);
  if (bar.silentTo !== null) put("silent", bar.to, bar.silentTo);
  put(bar.state, bar.from, bar.to);
}
