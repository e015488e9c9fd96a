/** One frame of the picture on a canvas. All text goes through fillText, so nothing in it can act. */
import { MOST_TRACKS } from "../src/reporters/picture/tracks.ts";
import type { Bar, Picture } from "../src/reporters/picture/model.ts";
import { heldText } from "../src/reporters/picture/words.ts";
import { spanText } from "../src/words.ts";
import { barTop, firstAfter, firstBelow, TRACK } from "./layout.ts";
import type { Layout, RowLine } from "./layout.ts";
import { drawMarks } from "./marks.ts";
import type { Theme } from "./theme.ts";
import type { Times } from "./time.ts";

export const AXIS = 26;
const BAR = 12;
const FONT = "13px system-ui, sans-serif";
const SMALL = "11px system-ui, sans-serif";

export interface Frame {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** Where the time begins, right of the names. */
  readonly left: number;
  /** Pixels that the rows are scrolled by. */
  readonly scrolled: number;
  readonly x: (time: number) => number;
  readonly from: number;
  readonly to: number;
  readonly picture: Picture;
  readonly layout: Layout;
  readonly theme: Theme;
  readonly times: Times;
  readonly chosen: Bar | null;
}

export function drawFrame(frame: Frame): void {
  const { context, width, height, left, scrolled, layout, theme } = frame;
  context.fillStyle = theme.ground;
  context.fillRect(0, 0, width, height);
  context.textBaseline = "middle";
  context.save();
  clip(context, 0, AXIS, width, height - AXIS);
  context.translate(0, AXIS - scrolled);
  const first = firstBelow(layout.rows, scrolled);
  const shown: RowLine[] = [];
  for (const line of layout.rows.slice(first)) {
    if (line.top > scrolled + height) break;
    shown.push(line);
  }
  for (const line of shown) drawGround(frame, line);
  const groups = layout.groups.filter((it) => it.bottom > scrolled && it.top < scrolled + height);
  context.save();
  clip(context, left, scrolled, width - left, height);
  drawGrid(frame);
  drawLeftOut(frame);
  for (const line of shown) drawBars(frame, line);
  for (const group of groups) drawMarks(frame, group);
  for (const line of shown) drawWaiting(frame, line);
  context.restore();
  for (const line of shown) drawName(frame, line);
  for (const group of groups) {
    context.font = `600 ${SMALL}`;
    context.fillStyle = theme.quiet;
    context.fillText(fit(context, group.log.name, left - 16), 8, group.top + group.height / 2);
  }
  context.restore();
  drawAxis(frame);
}

function drawGround({ context, width, theme }: Frame, { row, top, height }: RowLine): void {
  if (row.state === "blocked") {
    context.fillStyle = theme.blockedGround;
    context.fillRect(0, top, width, height);
  }
  context.fillStyle = theme.line;
  context.fillRect(0, top + height - 1, width, 1);
}

function drawName({ context, left, theme, picture }: Frame, { row, top, height }: RowLine): void {
  const says = height >= 34 ? heldText(row, picture) : "";
  const middle = top + height / 2;
  context.fillStyle = theme.text;
  context.font = row.state === "blocked" ? `600 ${FONT}` : FONT;
  context.fillText(fit(context, row.name, left - 16), 8, says === "" ? middle : middle - 8);
  if (says === "") return;
  context.font = row.state === "blocked" ? `600 ${SMALL}` : SMALL;
  context.fillStyle = row.state === "blocked" ? theme.states.orphaned : theme.quiet;
  context.fillText(fit(context, says, left - 16), 8, middle + 9);
}

/** A bar that lies within what was drawn of its state already is left out: so many runs are drawn as fast as few. */
function drawBars(frame: Frame, line: RowLine): void {
  drawHeld(frame, line);
  for (const wanted of ["completed", "other"] as const) {
    for (const [track, bars] of line.tracks.entries()) {
      const drawnTo = new Map<Bar["state"], number>();
      // Beyond the last track bars share one, so there the ends are in no order.
      const start = track === MOST_TRACKS - 1 ? 0 : firstAfter(bars, frame.from);
      for (let index = start; index < bars.length; index += 1) {
        const bar = bars[index];
        if (!bar || (bar.queuedAt ?? bar.from) > frame.to) break;
        if ((bar.state === "completed") !== (wanted === "completed")) continue;
        const end = frame.x(bar.silentTo ?? bar.to);
        if (end <= (drawnTo.get(bar.state) ?? Number.NEGATIVE_INFINITY) && bar !== frame.chosen) continue;
        drawnTo.set(bar.state, Math.max(end, frame.x(bar.from) + narrowest(bar)));
        drawBar(frame, line, bar);
      }
    }
  }
}

/** From when the session was held, where no run of its own tells. */
function drawHeld({ context, x, theme, left, width }: Frame, { row, bars, top, height }: RowLine): void {
  if (row.state !== "blocked" || row.heldSince === null || bars.some((bar) => bar.goesOn)) return;
  const from = Math.max(left - 50, x(row.heldSince));
  const to = Math.min(width + 50, x(row.heldSince + (row.silenceMs ?? 0)));
  drawSilentLine(context, theme, from, Math.max(from, to), top + height / 2);
}

/** What did not end well is never too short to show its pattern. */
function narrowest({ state }: Bar): number {
  return state === "completed" ? 3 : 7;
}

function drawBar(frame: Frame, line: RowLine, bar: Bar): void {
  const { context, x, theme, left, width } = frame;
  const middle = barTop(line, bar) + TRACK / 2;
  const top = middle - BAR / 2;
  const color = theme.states[bar.state];
  // Canvas coordinates far outside are slow to stroke.
  const at = (time: number) => Math.min(width + 50, Math.max(left - 50, x(time)));
  // On whole pixels, so that the narrowest bar has its full colour.
  const from = Math.round(at(bar.from));
  const to = Math.max(from + narrowest(bar), Math.round(at(bar.to)));
  if (bar.queuedAt !== null && from - at(bar.queuedAt) >= 1) {
    context.fillStyle = theme.waiting;
    context.fillRect(at(bar.queuedAt), middle - 1, from - at(bar.queuedAt), 2);
  }
  if (bar.silentTo !== null && at(bar.silentTo) > to) {
    const silent = at(bar.silentTo) - to;
    if (bar.state === "open") {
      context.fillStyle = theme.states.open;
      context.fillRect(to, middle - 1, silent, 2);
    } else drawSilentLine(context, theme, to, to + silent, middle);
    drawSilence(frame, bar, middle, to, silent);
  }
  fillState(context, theme, bar.state, from, top, to - from, BAR);
  if (to - from > 5 && bar.state !== "completed") {
    context.strokeStyle = color;
    context.lineWidth = 1.5;
    context.strokeRect(from + 0.75, top + 0.75, to - from - 1.5, BAR - 1.5);
  }
  if (bar === frame.chosen) {
    context.strokeStyle = theme.focus;
    context.lineWidth = 3;
    context.strokeRect(from - 3, top - 2, to - from + 6, BAR + 4);
  }
}

/** From the bar's own corner on, so that the pattern of the narrowest is seen wherever it stands. Also for the legend. */
export function fillState(
  context: CanvasRenderingContext2D,
  theme: Theme,
  state: Bar["state"],
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const fill = theme.fills[state];
  context.fillStyle = fill;
  // Most runs ended well, and moving the canvas takes longer than filling a bar.
  if (typeof fill === "string") return context.fillRect(x, y, width, height);
  context.translate(x, y);
  context.fillRect(0, 0, width, height);
  context.translate(-x, -y);
}

/** Dashes: nothing was heard here. Also for the legend. */
export function drawSilentLine(
  context: CanvasRenderingContext2D,
  theme: Theme,
  from: number,
  to: number,
  middle: number,
): void {
  context.strokeStyle = theme.states.orphaned;
  context.lineWidth = 2;
  context.setLineDash([5, 3]);
  context.beginPath();
  context.moveTo(from, middle);
  context.lineTo(to, middle);
  context.stroke();
  context.setLineDash([]);
}

/** What a silence is, written into it where there is room. */
function drawSilence({ context, theme }: Frame, bar: Bar, middle: number, left: number, width: number): void {
  if (bar.silentTo === null || width < 60) return;
  context.font = SMALL;
  const text = `${bar.state}, silent ${spanText(bar.silentTo - bar.to)}`;
  const wide = context.measureText(text).width;
  if (wide + 24 > width) return;
  context.fillStyle = theme.ground;
  context.fillRect(left + 10, middle - 7, wide + 8, 14);
  context.fillStyle = theme.text;
  context.fillText(text, left + 14, middle + 0.5);
}

/** Messages that wait: a diamond each, above the silence. */
function drawWaiting({ context, x, theme }: Frame, { row, top }: RowLine): void {
  for (const time of row.waitingSince) {
    const at = x(time);
    context.beginPath();
    context.moveTo(at, top + 1);
    context.lineTo(at + 5, top + 7);
    context.lineTo(at, top + 13);
    context.lineTo(at - 5, top + 7);
    context.closePath();
    context.fillStyle = theme.waiting;
    context.fill();
    context.strokeStyle = theme.ground;
    context.lineWidth = 1;
    context.stroke();
  }
}

function drawGrid({ context, x, from, to, left, width, height, scrolled, times, theme }: Frame): void {
  context.fillStyle = theme.line;
  context.globalAlpha = 0.5;
  for (const { at } of times.ticks(from, to, tickCount(width - left)))
    context.fillRect(Math.round(x(at)), scrolled, 1, height);
  context.globalAlpha = 1;
}

/** Where completed runs are missing, so that an empty place is not taken for a quiet one. */
function drawLeftOut({ context, x, left, height, scrolled, picture, theme }: Frame): void {
  if (picture.leftOut === null) return;
  context.fillStyle = theme.raised;
  context.fillRect(left, scrolled, Math.max(0, x(picture.leftOut.before) - left), height);
}

function drawAxis({ context, x, from, to, left, width, times, theme }: Frame): void {
  context.fillStyle = theme.ground;
  context.fillRect(0, 0, width, AXIS);
  context.fillStyle = theme.line;
  context.fillRect(0, AXIS - 1, width, 1);
  context.font = SMALL;
  context.fillStyle = theme.quiet;
  context.fillText(fit(context, times.zone, left - 16), 8, AXIS / 2);
  context.save();
  clip(context, left, 0, width - left, AXIS);
  for (const { at, label } of times.ticks(from, to, tickCount(width - left))) {
    context.fillRect(Math.round(x(at)), AXIS - 6, 1, 6);
    const start = Math.round(x(at)) + 4;
    // Half a time at the edge would be another time.
    if (start + context.measureText(label).width <= width) context.fillText(label, start, AXIS / 2);
  }
  context.restore();
}

function tickCount(width: number): number {
  return Math.max(2, Math.floor(width / 110));
}

function clip(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
}

/** The text, cut with an ellipsis where it is wider than its place. */
function fit(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  const letters = Array.from(text.slice(0, 200));
  while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > width) letters.pop();
  return `${letters.join("")}…`;
}
