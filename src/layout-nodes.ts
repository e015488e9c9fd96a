/** The layouts of the forms as a graph: which byte may follow which, and what a line is once it came so far. */
import type { Layout, LayoutPart } from "./formats/layout.ts";

/** A beginning of messages that must be read, and the loggers that write it (`""`: none signs it). */
export interface WantedStart {
  readonly starts: string;
  readonly by: readonly string[];
}

/** The layout is of no form, or what follows is not plain: read it. */
export const UNKNOWN = 0;
/** A line that may carry an event, with a full time of its own: read it. */
export const CANDIDATE = 1;
/** From here on: a line of the form at `verdict - SKIP` that carries no event. */
export const SKIP = 2;

/** A state of the automaton as the layouts tell it: what may follow, by byte. */
export interface Node {
  readonly id: number;
  readonly next: Map<number, Node[]>;
  /** Reached with it, without a byte. */
  readonly also: Node[];
  /** Adds what follows, when a line has come so far: of the forms a log has one or two. */
  grow: (() => void) | undefined;
  /** A verdict that holds wherever this node is the only one left, or CANDIDATE. */
  readonly verdict: number | undefined;
}

const codes = (from: string, to: string): number[] =>
  Array.from({ length: to.charCodeAt(0) - from.charCodeAt(0) + 1 }, (_, index) => from.charCodeAt(0) + index);
const DIGIT = codes("0", "9");
const LETTER = [...codes("A", "Z"), ...codes("a", "z")];
const SMALL_LETTER = codes("a", "z");
const NAME = [...LETTER, ...DIGIT, ..."_ . : @ / -".split(" ").map((char) => char.charCodeAt(0))];
const VISIBLE = codes("!", "~");
const QUOTE_OR_BACKSLASH = new Set([0x22, 0x5c]);

/** Makes the nodes of layouts. Loggers that write the same events share the nodes of their messages. */
export class LayoutBuilder {
  readonly #wanted: readonly WantedStart[];
  /** The loggers that write events, with the `gateway/` that files keep and consoles drop. */
  readonly #names: ReadonlyMap<string, readonly string[]>;
  readonly #messages = new Map<string, Node>();
  #count = 0;

  constructor(wanted: readonly WantedStart[]) {
    this.#wanted = wanted;
    const names = new Map<string, string[]>();
    for (const { starts, by } of wanted) {
      for (const name of by.flatMap((it) => (it === "" ? [it] : [it, `gateway/${it}`]))) {
        const known = names.get(name);
        if (known) known.push(starts);
        else names.set(name, [starts]);
      }
    }
    this.#names = names;
  }

  /** @param skip the verdict on lines of this layout that are no events */
  build(layout: Layout, skip: number): Node {
    const root = this.#node();
    this.#parts(layout, 0, root, "", skip);
    return root;
  }

  #node(verdict?: number): Node {
    return { id: this.#count++, next: new Map(), also: [], grow: undefined, verdict };
  }

  #parts(layout: Layout, index: number, from: Node, name: string, skip: number): void {
    const part = layout.parts[index] as LayoutPart;
    const goOn = (node: Node, ofLogger = name): void => {
      node.grow = () => this.#parts(layout, index + 1, node, ofLogger, skip);
    };
    if (typeof part === "string") {
      goOn(this.#text(from, part));
      return;
    }
    switch (part.part) {
      case "time":
        goOn(this.#time(from));
        return;
      case "colours":
        this.#colours(from);
        this.#parts(layout, index + 1, from, name, skip);
        return;
      case "level": {
        const word = this.#node();
        this.#on(from, SMALL_LETTER, word);
        this.#on(word, SMALL_LETTER, word);
        goOn(word);
        return;
      }
      case "subsystem": {
        const other = this.#node(skip);
        this.#on(from, LETTER, other);
        this.#on(other, NAME, other);
        for (const known of this.#names.keys()) if (known !== "") goOn(this.#text(from, known), known);
        return;
      }
      case "message":
        this.#message(layout, from, name, skip);
    }
  }

  #message(layout: Layout, before: Node, name: string, skip: number): void {
    const starts =
      layout.signedElsewhere === true ? this.#wanted.map((it) => it.starts) : (this.#names.get(name) ?? []);
    const key = `${skip} ${String(layout.quoted)} ${[...starts, ...(layout.alsoRead ?? [])].join("|")}`;
    let message = this.#messages.get(key);
    if (message === undefined) {
      message = this.#messageNode(layout, starts, skip);
      this.#messages.set(key, message);
    }
    before.also.push(message);
  }

  #messageNode(layout: Layout, starts: readonly string[], skip: number): Node {
    const from = this.#node();
    const candidate = this.#node(CANDIDATE);
    const other = this.#node(skip);
    const plain = layout.quoted === true ? VISIBLE.filter((code) => !QUOTE_OR_BACKSLASH.has(code)) : VISIBLE;
    const signed = layout.parts.some((part) => typeof part !== "string" && part.part === "subsystem");
    // What no logger signs may be anything that begins with a sign; a blank may be cut off by the form.
    this.#on(from, signed ? plain : LETTER, other);
    this.#on(other, [...plain, 0x20], other);
    for (const start of [...starts, ...(layout.alsoRead ?? [])]) {
      const before = this.#text(from, start.slice(0, -1));
      this.#on(before, [start.charCodeAt(start.length - 1)], candidate);
    }
    return from;
  }

  #time(from: Node): Node {
    let node = from;
    for (const char of "0000-00-00T00:00:00.000") {
      const next = this.#node();
      this.#on(node, char === "0" ? DIGIT : [char.charCodeAt(0)], next);
      node = next;
    }
    const end = this.#text(node, "Z");
    let zone = this.#node();
    this.#on(node, [0x2b, 0x2d], zone);
    for (const char of "00:00") {
      const next = this.#node();
      this.#on(zone, char === "0" ? DIGIT : [char.charCodeAt(0)], next);
      zone = next;
    }
    zone.also.push(end);
    return end;
  }

  #colours(from: Node): void {
    const within = this.#text(from, "\u001b[");
    this.#on(within, [...DIGIT, 0x3b], within);
    this.#on(within, [0x6d], from);
  }

  /** The node behind a text. Not ASCII: none, and the line is read. */
  #text(from: Node, text: string): Node {
    let node = from;
    for (const char of text) {
      const next = this.#node();
      this.#on(node, [char.codePointAt(0) as number], next);
      node = next;
    }
    return node;
  }

  #on(from: Node, bytes: readonly number[], to: Node): void {
    for (const byte of bytes) {
      const targets = from.next.get(byte);
      if (targets) targets.push(to);
      else from.next.set(byte, [to]);
    }
  }
}
