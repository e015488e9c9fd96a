import type { Clock } from "../pretty/times.ts";
import { columnOf } from "./grid.ts";
import type { Columns } from "./grid.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Steps that people count time in. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((it) => it * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((it) => it * MINUTE),
  ...[1, 2, 3, 6, 12].map((it) => it * HOUR),
  ...[1, 2, 7, 14, 28, 91, 365].map((it) => it * DAY),
];

/** Two lines: the times, each right of its tick, and the ticks. */
export function axisOf(columns: Columns, clock: Clock, tick: string): readonly [labels: string, ticks: string] {
  const { from, to, count } = columns;
  const step = STEPS.find((it) => ((to - from) / it) * (labelWidth(it) + 2) <= count) ?? to - from;
  const offset = clock.offset(from);
  let labels = "";
  let ticks = "";
  for (let at = Math.ceil((from + offset) / step) * step - offset; at <= to; at += step) {
    const column = columnOf(at, columns);
    const label = labelOf(new Date(at).toISOString(), step, clock);
    // A short label that would stick out at the end is left out, and so is one that would touch the one before.
    if (column + label.length > count || (column < labels.length + 1 && labels !== "")) continue;
    labels = labels.padEnd(column) + label;
    ticks = ticks.padEnd(column) + tick;
  }
  return [labels, ticks];
}

function labelWidth(step: number): number {
  return step >= DAY ? 10 : step >= MINUTE ? 5 : 8;
}

function labelOf(iso: string, step: number, clock: Clock): string {
  if (step >= DAY) return clock.day(iso);
  const time = clock.time(iso);
  if (!clock.oneDay && time === "00:00:00") return clock.day(iso).slice(5);
  return step >= MINUTE ? time.slice(0, 5) : time;
}
