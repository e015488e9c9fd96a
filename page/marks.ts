/** Restarts, crashes, stops and starts: a line down through the sessions, a letter at its head. */
import type { Mark, MarkKind } from "../src/reporters/picture/model.ts";
import type { Frame } from "./draw.ts";
import type { GroupLine } from "./layout.ts";

/** Pixels that the sign of a mark takes. */
const SIGN = 15;
const FONT = "700 11px system-ui, sans-serif";

const MARK_LETTER: Readonly<Record<MarkKind, string>> = {
  "in-process-restart": "R",
  respawn: "N",
  stop: "S",
  crash: "X",
  start: "U",
};
const MARK_DASH: Readonly<Record<MarkKind, readonly number[]>> = {
  "in-process-restart": [6, 3],
  respawn: [6, 3, 2, 3],
  stop: [2, 3],
  crash: [],
  start: [1, 5],
};

export function drawMarks(frame: Frame, { marks, top, height, bottom }: GroupLine): void {
  const { context, x, left, width, scrolled } = frame;
  const middle = top + height / 2;
  let lastLine = Number.NEGATIVE_INFINITY;
  for (const mark of marks) {
    const at = Math.round(x(mark.at)) + 0.5;
    if (at < left - 10 || at > width + 10 || at <= lastLine) continue;
    lastLine = at;
    context.strokeStyle = mark.kind === "crash" ? frame.theme.crash : frame.theme.mark;
    context.lineWidth = mark.kind === "crash" ? 2.5 : 1.25;
    context.setLineDash(MARK_DASH[mark.kind]);
    context.beginPath();
    context.moveTo(at, Math.max(top + height - 4, scrolled - 20));
    context.lineTo(at, Math.min(bottom, scrolled + frame.height));
    context.stroke();
    context.setLineDash([]);
  }
  drawSigns(frame, marks, middle);
}

/** Where there is no room for all, a crash or restart is told before a start. */
function drawSigns(frame: Frame, marks: readonly Mark[], middle: number): void {
  const taken = new Set<number>();
  for (const kind of ["crash", "in-process-restart", "respawn", "stop", "start"] as const) {
    for (const mark of marks) {
      if (mark.kind !== kind) continue;
      const at = Math.round(frame.x(mark.at)) + 0.5;
      const place = Math.floor(at / SIGN);
      if (at < frame.left - SIGN || at > frame.width + SIGN) continue;
      if (taken.has(place) || taken.has(place - 1) || taken.has(place + 1)) continue;
      taken.add(place);
      drawSign(frame, kind, at, middle);
    }
  }
}

/** The letter of a kind of mark, in a box; also for the legend. */
export function drawSign(
  { context, theme }: Pick<Frame, "context" | "theme">,
  kind: MarkKind,
  x: number,
  y: number,
): void {
  context.fillStyle = kind === "crash" ? theme.crash : theme.mark;
  context.fillRect(x - 7, y - 8, 14, 15);
  context.fillStyle = theme.ground;
  context.font = FONT;
  context.textAlign = "center";
  context.fillText(MARK_LETTER[kind], x, y);
  context.textAlign = "start";
}
