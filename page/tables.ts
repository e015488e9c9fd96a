/** The picture in text: for a screen reader, for searching, for paper. A page of rows at a time. */
import { byId, element } from "./dom.ts";
import { countOf } from "./words.ts";

const ROWS = 100;

export interface Cell {
  readonly text: string;
  /** Makes of the text a button. */
  readonly onClick?: () => void;
}

export class Table {
  readonly #place: HTMLElement;
  readonly #name: string;
  readonly #heads: readonly string[];
  #rows: readonly (() => readonly Cell[])[] = [];
  #page = 0;

  /** @param name what a row is: `run` */
  constructor(id: string, name: string, heads: readonly string[]) {
    this.#place = byId(id);
    this.#name = name;
    this.#heads = heads;
  }

  /** @param rows made only when they are shown */
  fill(rows: readonly (() => readonly Cell[])[]): void {
    this.#rows = rows;
    this.#page = 0;
    this.#draw();
  }

  #draw(): void {
    const { length } = this.#rows;
    if (length === 0) {
      this.#place.replaceChildren(element("p", { class: "quiet" }, "None."));
      return;
    }
    const first = this.#page * ROWS;
    const last = Math.min(length, first + ROWS);
    const many = countOf(length, this.#name);
    const caption = length <= ROWS ? many : `${first + 1} to ${last} of ${many}`;
    const head = element("tr", {}, ...this.#heads.map((it) => element("th", { scope: "col" }, it)));
    const rows = this.#rows.slice(first, last).map((make) => element("tr", {}, ...make().map(cell)));
    const table = element(
      "table",
      {},
      element("caption", {}, caption),
      element("thead", {}, head),
      element("tbody", {}, ...rows),
    );
    // What scrolls must be within reach of the keyboard.
    const box = element(
      "div",
      { class: "table", tabindex: "0", role: "group", "aria-label": `Table of ${this.#name}s` },
      table,
    );
    this.#place.replaceChildren(box, ...(length > ROWS ? [this.#pages(first, last)] : []));
  }

  #pages(first: number, last: number): HTMLElement {
    const turn = (text: string, by: number, disabled: boolean): HTMLElement => {
      const button = element("button", { type: "button" }, text);
      button.disabled = disabled;
      button.addEventListener("click", () => {
        this.#page += by;
        this.#draw();
        this.#place.querySelector<HTMLElement>(".table")?.focus();
      });
      return button;
    };
    return element(
      "div",
      { class: "pages" },
      turn(`Previous ${this.#name}s`, -1, first === 0),
      turn(`Next ${this.#name}s`, 1, last === this.#rows.length),
    );
  }
}

function cell({ text, onClick }: Cell): HTMLElement {
  if (!onClick) return element("td", {}, text);
  const button = element("button", { type: "button" }, text);
  button.addEventListener("click", onClick);
  return element("td", {}, button);
}
