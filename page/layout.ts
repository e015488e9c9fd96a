/** Which rows are shown and where each stands, top down. Knows no time and no pixels across. */
import type { RunState } from "../src/model.ts";
import type { Bar, GatewayLog, Mark, Picture, Row } from "../src/reporters/picture/model.ts";

export const TRACK = 16;
const PADDING = 5;
const TALL = 40;
const HEAD = 24;

export interface Filter {
  readonly states: ReadonlySet<RunState>;
  /** Part of a session's name, or nothing. */
  readonly search: string;
}

/** A gateway's own line, above those of its sessions: its marks go down through them all. */
export interface GroupLine {
  readonly kind: "group";
  readonly top: number;
  readonly height: number;
  /** Where the last of its sessions ends. */
  readonly bottom: number;
  readonly log: GatewayLog;
  readonly marks: readonly Mark[];
}

export interface RowLine {
  readonly kind: "row";
  readonly top: number;
  readonly height: number;
  readonly row: Row;
  /** The bars that the filter leaves, in the order of their start. */
  readonly bars: readonly Bar[];
  /** The same by track, for drawing: within one, nothing overlaps. */
  readonly tracks: readonly (readonly Bar[])[];
}

export interface Layout {
  readonly groups: readonly GroupLine[];
  readonly rows: readonly RowLine[];
  readonly height: number;
}

export function layOut({ rows, logs, marks }: Picture, { states, search }: Filter): Layout {
  const wanted = search.trim().toLowerCase();
  const everything = states.size === 6;
  const lines: RowLine[] = [];
  const groups: GroupLine[] = [];
  let top = 0;
  const names = logs.length > 0 ? logs : [{ log: 0, name: "gateway" }];
  for (const log of names) {
    const groupTop = top;
    top += HEAD;
    for (const row of rows) {
      if (row.log !== log.log) continue;
      if (wanted !== "" && !row.names.some((name) => name.toLowerCase().includes(wanted))) continue;
      const bars = everything ? row.bars : row.bars.filter((bar) => states.has(bar.state));
      // What is held without a run that could be filtered is always worth its line.
      const isHeld = row.state === "blocked" && row.bars.length === 0;
      if (bars.length === 0 && !isHeld && !(everything && row.bars.length === 0)) continue;
      const height = Math.max(
        row.tracks * TRACK + 2 * PADDING,
        row.state === "blocked" || row.state === "busy" ? TALL : 0,
      );
      lines.push({ kind: "row", top, height, row, bars, tracks: byTrack(bars, row.tracks) });
      top += height;
    }
    groups.push({
      kind: "group",
      top: groupTop,
      height: HEAD,
      bottom: top,
      log,
      marks: marks.filter((it) => it.log === log.log),
    });
  }
  return { groups, rows: lines, height: top };
}

export function barTop(line: RowLine, bar: Bar): number {
  const free = line.height - line.row.tracks * TRACK;
  return line.top + free / 2 + bar.track * TRACK;
}

/** The index of the first line that reaches below `y`. */
export function firstBelow(lines: readonly RowLine[], y: number): number {
  return firstIndex(lines, (line) => line.top + line.height > y);
}

/** The index of the first bar that is not over before `time`. Within a track, ends come in the order of starts. */
export function firstAfter(bars: readonly Bar[], time: number): number {
  return firstIndex(bars, (bar) => (bar.silentTo ?? bar.to) >= time);
}

function firstIndex<T>(sorted: readonly T[], fits: (it: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const it = sorted[middle];
    if (it !== undefined && fits(it)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function byTrack(bars: readonly Bar[], tracks: number): Bar[][] {
  const split = Array.from({ length: tracks }, (): Bar[] => []);
  for (const bar of bars) split[bar.track]?.push(bar);
  return split;
}
