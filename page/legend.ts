/** What the picture's patterns and signs mean, drawn by the same code as the picture. */
import { MARK_KINDS, MARK_TEXT, STATES_BY_WEIGHT } from "../src/reporters/picture/model.ts";
import type { Picture } from "../src/reporters/picture/model.ts";
import type { RunState } from "../src/model.ts";
import { byId, element } from "./dom.ts";
import { drawSilentLine, fillState } from "./draw.ts";
import { drawSign } from "./marks.ts";
import { readTheme } from "./theme.ts";
import type { Theme } from "./theme.ts";
import { STATE_TEXT } from "./words.ts";

type Draw = (context: CanvasRenderingContext2D, theme: Theme) => void;
const swatches: { readonly canvas: HTMLCanvasElement; readonly draw: Draw }[] = [];

/** The check boxes of the states, each with its pattern. */
export function stateFilter(picture: Picture, onChange: (states: ReadonlySet<RunState>) => void): void {
  const counts = new Map<RunState, number>();
  for (const bar of picture.rows.flatMap((row) => row.bars)) counts.set(bar.state, (counts.get(bar.state) ?? 0) + 1);
  const shown = new Set<RunState>(STATES_BY_WEIGHT);
  for (const state of STATES_BY_WEIGHT) {
    const box = element("input", { type: "checkbox", name: "state", value: state });
    box.checked = true;
    box.addEventListener("change", () => {
      if (box.checked) shown.add(state);
      else shown.delete(state);
      onChange(new Set(shown));
    });
    const text = `${STATE_TEXT[state]} (${(counts.get(state) ?? 0).toLocaleString("en-US")})`;
    byId("states").append(
      element(
        "label",
        {},
        box,
        swatch((context, theme) => bar(context, theme, state)),
        text,
      ),
    );
  }
}

export function legend(picture: Picture): void {
  const list = byId("legend");
  const rows = picture.rows;
  const add = (draw: Draw, text: string) => list.append(element("li", {}, swatch(draw), text));
  if (rows.some((row) => row.bars.some((it) => it.silentTo !== null))) {
    add((context, theme) => drawSilentLine(context, theme, 0, 26, 8), "silent: no line of its own any more");
  }
  if (rows.some((row) => row.bars.some((it) => it.queuedAt !== null))) {
    add((context, theme) => {
      context.fillStyle = theme.waiting;
      context.fillRect(0, 7, 26, 2);
    }, "waited in the queue");
  }
  if (rows.some((row) => row.waitingSince.length > 0)) {
    add((context, theme) => {
      context.fillStyle = theme.waiting;
      context.beginPath();
      for (const [x, y] of [
        [13, 2],
        [19, 8],
        [13, 14],
        [7, 8],
      ] as const)
        context.lineTo(x, y);
      context.fill();
    }, "a message that still waits");
  }
  for (const kind of MARK_KINDS) {
    if (!picture.marks.some((it) => it.kind === kind)) continue;
    add((context, theme) => drawSign({ context, theme }, kind, 13, 8), MARK_TEXT[kind]);
  }
}

/** Colours changed: light, dark or paper. */
export function repaint(): void {
  const theme = readTheme();
  for (const { canvas, draw } of swatches) {
    const context = canvas.getContext("2d");
    if (!context) continue;
    context.setTransform(2, 0, 0, 2, 0, 0);
    context.clearRect(0, 0, 26, 16);
    context.textBaseline = "middle";
    draw(context, theme);
  }
}

function bar(context: CanvasRenderingContext2D, theme: Theme, state: RunState): void {
  fillState(context, theme, state, 0, 2, 26, 12);
  context.strokeStyle = theme.states[state];
  context.lineWidth = 1.5;
  context.strokeRect(0.75, 2.75, 24.5, 10.5);
}

function swatch(draw: Draw): HTMLElement {
  const canvas = element("canvas", { width: "52", height: "32", "aria-hidden": "true", class: "swatch" });
  swatches.push({ canvas, draw });
  return canvas;
}
