/**
 * Colours are said once, in the style sheet, for light, dark and print. No
 * state is told by its colour alone: each has a pattern of its own as well.
 */
import type { RunState } from "../src/model.ts";

export interface Theme {
  readonly ground: string;
  readonly raised: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly focus: string;
  readonly waiting: string;
  readonly blockedGround: string;
  readonly mark: string;
  readonly crash: string;
  readonly states: Readonly<Record<RunState, string>>;
  readonly fills: Readonly<Record<RunState, CanvasPattern | string>>;
}

const SIZE = 8;

/** What is left out of the solid colour. */
const PATTERNS: Readonly<Record<Exclude<RunState, "completed">, (context: CanvasRenderingContext2D) => void>> = {
  aborted: (context) => diagonal(context, false),
  failed: (context) => {
    diagonal(context, false);
    diagonal(context, true);
  },
  "timed-out": (context) => {
    line(context, 4, 0, 4, SIZE);
  },
  orphaned: (context) => {
    line(context, 0, 2, SIZE, 2);
    line(context, 0, 6, SIZE, 6);
  },
  open: (context) => {
    for (const [x, y] of [
      [2, 2],
      [6, 6],
    ] as const) {
      context.beginPath();
      context.arc(x, y, 1.4, 0, 2 * Math.PI);
      context.fill();
    }
  },
};

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const ground = color("ground");
  const states: Theme["states"] = {
    completed: color("completed"),
    aborted: color("aborted"),
    failed: color("failed"),
    "timed-out": color("timed-out"),
    orphaned: color("orphaned"),
    open: color("open"),
  };
  const fill = (state: keyof typeof PATTERNS): CanvasPattern | string =>
    pattern(states[state], ground, PATTERNS[state]);
  return {
    ground,
    raised: color("raised"),
    text: color("text"),
    quiet: color("quiet"),
    line: color("line"),
    focus: color("focus"),
    waiting: color("waiting"),
    blockedGround: color("blocked-ground"),
    mark: color("mark"),
    crash: color("crash"),
    states,
    fills: {
      completed: states.completed,
      aborted: fill("aborted"),
      failed: fill("failed"),
      "timed-out": fill("timed-out"),
      orphaned: fill("orphaned"),
      open: fill("open"),
    },
  };
}

function pattern(
  color: string,
  hole: string,
  draw: (context: CanvasRenderingContext2D) => void,
): CanvasPattern | string {
  const scale = Math.max(1, window.devicePixelRatio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(SIZE * scale);
  const context = tile.getContext("2d");
  if (!context) return color;
  context.scale(tile.width / SIZE, tile.height / SIZE);
  context.fillStyle = color;
  context.fillRect(0, 0, SIZE, SIZE);
  context.fillStyle = context.strokeStyle = hole;
  context.lineWidth = 1.4;
  draw(context);
  const made = context.createPattern(tile, "repeat");
  made?.setTransform(new DOMMatrix().scale(SIZE / tile.width, SIZE / tile.height));
  return made ?? color;
}

function diagonal(context: CanvasRenderingContext2D, falling: boolean): void {
  for (const shift of [-SIZE, 0, SIZE]) {
    if (falling) line(context, shift, 0, shift + SIZE, SIZE);
    else line(context, shift, SIZE, shift + SIZE, 0);
  }
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
