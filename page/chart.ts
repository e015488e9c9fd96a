/** The picture as a thing to work with: draws when it must, zooms and pans, and tells which run was chosen. */
import { scaleUtc } from "d3-scale";
import { select } from "d3-selection";
import { zoom, zoomIdentity } from "d3-zoom";
import type { ZoomTransform } from "d3-zoom";

import type { Bar, Mark, Picture } from "../src/reporters/picture/model.ts";
import { AXIS, drawFrame } from "./draw.ts";
import { barTop, layOut, TRACK } from "./layout.ts";
import type { Filter, Layout, RowLine } from "./layout.ts";
import { readTheme } from "./theme.ts";
import type { Times } from "./time.ts";

/** Milliseconds across the picture, at the closest. */
const CLOSEST = 50;
/** Pixels of a printed picture; the tables tell of the rows beyond. */
const TALLEST_PRINT = 4000;
/** Pixels around a bar that still count as a hit. */
const NEAR = 4;

export interface Hit {
  readonly line: RowLine | null;
  readonly bar: Bar | null;
  readonly mark: Mark | null;
}

export class Chart {
  layout: Layout;
  chosen: Bar | null = null;
  /** Called after every change of what is seen. */
  onView: (from: number, to: number) => void = () => {};
  readonly #box: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #room: HTMLElement;
  readonly #picture: Picture;
  readonly #times: Times;
  readonly #margin: number;
  readonly #zoom = zoom<HTMLCanvasElement, unknown>();
  #theme = readTheme();
  #transform: ZoomTransform = zoomIdentity;
  #width = 0;
  #height = 0;
  #isWaiting = false;
  #isPrinting = false;

  constructor(
    box: HTMLElement,
    canvas: HTMLCanvasElement,
    room: HTMLElement,
    picture: Picture,
    times: Times,
    filter: Filter,
  ) {
    this.#box = box;
    this.#canvas = canvas;
    this.#room = room;
    this.#picture = picture;
    this.#times = times;
    this.#margin = (picture.to - picture.from) * 0.02;
    this.layout = layOut(picture, filter);
    this.#listen();
    this.#measure();
  }

  filter(filter: Filter): void {
    this.layout = layOut(this.#picture, filter);
    this.#measure();
  }

  zoomBy(factor: number): void {
    const center = this.chosen ? this.#x()((this.chosen.from + this.chosen.to) / 2) : (this.#left + this.#width) / 2;
    this.#zoom.scaleBy(select(this.#canvas), factor, [Math.min(this.#width, Math.max(this.#left, center)), 0]);
  }

  panBy(part: number): void {
    this.#zoom.translateBy(select(this.#canvas), (part * (this.#width - this.#left)) / this.#transform.k, 0);
  }

  showAll(): void {
    this.#zoom.transform(select(this.#canvas), zoomIdentity);
  }

  /** Chooses a run, and moves as little as it takes to show it. */
  choose(bar: Bar | null): void {
    this.chosen = bar;
    const line = bar && this.layout.rows.find((it) => it.bars.includes(bar));
    if (bar && line) {
      const at = this.#x()(bar.from);
      if (at < this.#left || at > this.#width - 20) {
        this.#zoom.translateTo(select(this.#canvas), this.#base()(bar.from), 0, [(this.#left + this.#width) / 2, 0]);
      }
      const seen = this.#box.clientHeight - AXIS;
      const { scrollTop } = this.#box;
      if (line.top < scrollTop) this.#box.scrollTop = line.top;
      else if (line.top + line.height > scrollTop + seen) this.#box.scrollTop = line.top + line.height - seen;
    }
    this.#later();
  }

  /** What is under a place of the chart's box, as it is scrolled now. */
  hit(x: number, y: number): Hit | null {
    if (y < AXIS) return null;
    const down = y - AXIS + this.#box.scrollTop;
    const line = this.layout.rows.find((it) => down >= it.top && down < it.top + it.height);
    const toX = this.#x();
    const group = this.layout.groups.find((it) => down >= it.top && down < it.bottom);
    const mark = group?.marks.find((it) => Math.abs(toX(it.at) - x) <= NEAR) ?? null;
    return { line: line ?? null, bar: line && x >= this.#left ? this.#barAt(line, x, down) : null, mark };
  }

  /** Everything in one canvas, as long as it takes: paper does not scroll. */
  print(isPrinting: boolean): void {
    this.#isPrinting = isPrinting;
    this.#theme = readTheme();
    this.#measure();
    this.#draw();
  }

  #barAt(line: RowLine, x: number, down: number): Bar | null {
    const toX = this.#x();
    const near = line.bars.filter((bar) => {
      const top = barTop(line, bar);
      const isThere = line.row.tracks === 1 || (down >= top && down < top + TRACK);
      return isThere && x >= toX(bar.from) - NEAR && x <= toX(bar.silentTo ?? bar.to) + NEAR;
    });
    const distance = (bar: Bar) =>
      Math.max(toX(bar.from) - x, x - toX(bar.to), 0) + (bar.state === "completed" ? 0.5 : 0);
    return near.toSorted((a, b) => distance(a) - distance(b))[0] ?? null;
  }

  get #left(): number {
    return Math.round(Math.min(280, Math.max(110, this.#width * 0.22)));
  }

  #base() {
    const { from, to } = this.#picture;
    return scaleUtc()
      .domain([from - this.#margin, to + this.#margin])
      .range([this.#left, this.#width]);
  }

  #x(): (time: number) => number {
    return this.#transform.rescaleX(this.#base());
  }

  #listen(): void {
    const canvas = select(this.#canvas);
    this.#zoom
      // A plain wheel scrolls the rows, as it does everywhere else.
      .filter((event: MouseEvent | WheelEvent) =>
        event.type === "wheel" ? event.ctrlKey || event.metaKey : !event.button && !event.ctrlKey,
      )
      .duration(0)
      .on("zoom", (event: { transform: ZoomTransform }) => {
        this.#transform = event.transform;
        this.#later();
      });
    canvas.call(this.#zoom);
    this.#box.addEventListener(
      "wheel",
      (event) => {
        const across = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
        if (event.ctrlKey || event.metaKey || Math.abs(across) < 1) return;
        event.preventDefault();
        this.#zoom.translateBy(canvas, -across / this.#transform.k, 0);
      },
      { passive: false },
    );
    this.#box.addEventListener("scroll", () => this.#later());
    new ResizeObserver(() => this.#measure()).observe(this.#box);
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", () => {
        this.#theme = readTheme();
        this.#later();
      });
    }
  }

  #measure(): void {
    const whole = this.layout.height + AXIS + 2;
    this.#box.style.height = this.#isPrinting ? "auto" : `min(${whole + 2}px, 70vh)`;
    this.#width = this.#box.clientWidth;
    this.#height = this.#isPrinting ? Math.min(whole, TALLEST_PRINT) : Math.min(whole, this.#box.clientHeight);
    const scale = window.devicePixelRatio;
    this.#canvas.width = Math.round(this.#width * scale);
    this.#canvas.height = Math.round(this.#height * scale);
    this.#canvas.style.width = `${this.#width}px`;
    this.#canvas.style.height = `${this.#height}px`;
    // The canvas stays where it is; this is what there is to scroll.
    this.#room.style.height = this.#isPrinting ? "0" : `${Math.max(0, whole - this.#height)}px`;
    const { from, to } = this.#picture;
    const edges: [[number, number], [number, number]] = [
      [this.#left, 0],
      [this.#width, 1],
    ];
    this.#zoom
      .extent(edges)
      .translateExtent(edges)
      .scaleExtent([1, Math.max(1, (to - from) / CLOSEST)]);
    this.#later();
  }

  #later(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#isWaiting = false;
    const context = this.#canvas.getContext("2d");
    if (!context || this.#width === 0) return;
    const scale = window.devicePixelRatio;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const x = this.#transform.rescaleX(this.#base());
    const from = x.invert(this.#left).getTime();
    const to = x.invert(this.#width).getTime();
    drawFrame({
      context,
      width: this.#width,
      height: this.#height,
      left: this.#left,
      scrolled: this.#box.scrollTop,
      x,
      from,
      to,
      picture: this.#picture,
      layout: this.layout,
      theme: this.#theme,
      times: this.#times,
      chosen: this.chosen,
    });
    this.onView(from, to);
  }
}
