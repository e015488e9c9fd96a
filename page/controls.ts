/** What keys and pointer do to the picture. */
import { MARK_TEXT } from "../src/reporters/picture/model.ts";
import type { Bar } from "../src/reporters/picture/model.ts";
import type { Chart, Hit } from "./chart.ts";
import type { Details } from "./details.ts";
import { byId } from "./dom.ts";
import { stepFrom, stepOf } from "./keys.ts";
import type { Times } from "./time.ts";
import { announce } from "./words.ts";

export function keyboard(
  chart: Chart,
  box: HTMLElement,
  details: Details,
  onChosen: (bar: Bar) => void,
  tell: (bar: Bar, focus: boolean) => void,
): void {
  const zooms: Readonly<Record<string, () => void>> = {
    "+": () => chart.zoomBy(1.5),
    "=": () => chart.zoomBy(1.5),
    "-": () => chart.zoomBy(1 / 1.5),
    "0": () => chart.showAll(),
    Escape: () => {
      details.close();
      chart.choose(null);
    },
    Enter: () => {
      if (chart.chosen) tell(chart.chosen, true);
    },
  };
  const pans: Readonly<Record<string, number>> = { ArrowLeft: 0.2, ArrowRight: -0.2 };
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pan = event.shiftKey ? pans[event.key] : undefined;
    const act = zooms[event.key];
    const step = stepOf(event.key);
    if (pan !== undefined) chart.panBy(pan);
    else if (act) act();
    else if (step) {
      const next = stepFrom(chart.layout.rows, chart.chosen, step);
      chart.choose(next);
      if (next) onChosen(next);
    } else return;
    event.preventDefault();
  });
}

export function pointer(
  chart: Chart,
  box: HTMLElement,
  canvas: HTMLCanvasElement,
  times: Times,
  tell: (bar: Bar, focus: boolean) => void,
): void {
  const tip = byId("tip");
  const hitOf = (event: MouseEvent): Hit | null => {
    const edges = canvas.getBoundingClientRect();
    return chart.hit(event.clientX - edges.left, event.clientY - edges.top);
  };
  canvas.addEventListener("click", (event) => {
    const hit = hitOf(event);
    if (hit?.bar) tell(hit.bar, false);
    box.focus({ preventScroll: true });
  });
  canvas.addEventListener("pointermove", (event) => {
    const hit = hitOf(event);
    const text =
      hit?.bar && hit.line
        ? announce(hit.bar, hit.line.row, times)
        : hit?.mark
          ? `${times.exact(hit.mark.at)} ${MARK_TEXT[hit.mark.kind]}`
          : "";
    canvas.classList.toggle("on-run", Boolean(hit?.bar));
    tip.hidden = text === "";
    tip.textContent = text;
    if (text === "") return;
    const edges = box.getBoundingClientRect();
    tip.style.left = `${Math.min(event.clientX - edges.left + 12, Math.max(0, edges.width - 300))}px`;
    tip.style.top = `${event.clientY - edges.top + box.scrollTop + 16}px`;
  });
  canvas.addEventListener("pointerleave", () => {
    tip.hidden = true;
  });
}
