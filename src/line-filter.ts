/**
 * The fast path: tells from the first bytes of a line that it can be no event,
 * so that it need not be made a text, let alone be parsed. Derived from the
 * layouts of the forms and the table of events; whatever it does not know is
 * read by the forms' own `parse`.
 */
import type { LineFormat } from "./formats/format.ts";
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

/** Verdicts on lines, from their bytes. */
export class LineFilter {
  /** Names of the forms whose lines can be skipped, by `verdict - SKIP`. */
  readonly formats: readonly string[];
  readonly #make: () => Machine;
  #machine: Machine | undefined;
  readonly #ends: readonly number[];

  constructor(formats: readonly LineFormat[], wanted: readonly WantedStart[]) {
    const fast = formats.filter((format) => format.layouts !== undefined);
    this.formats = fast.map((format) => format.name);
    this.#ends = fast.map((format) => format.layouts?.[0]?.endsWith?.charCodeAt(0) ?? 0);
    this.#make = () => new Machine(fast, wanted);
  }

  /**
   * @param bytes the line stands from `start` to before `end`, without its line feed
   * @returns UNKNOWN, CANDIDATE, or SKIP and more
   */
  verdict(bytes: Uint8Array, start: number, end: number): number {
    // A small log never needs it.
    this.#machine ??= this.#make();
    const verdict = this.#machine.run(bytes, start, end);
    if (verdict < SKIP) return verdict;
    const last = this.#ends[verdict - SKIP] as number;
    if (last === 0 || bytes[end - 1] === last || (bytes[end - 1] === 0x0d && bytes[end - 2] === last)) return verdict;
    return UNKNOWN;
  }
}

/** A state of the automaton as the layouts tell it: what may follow, by byte. */
interface Node {
  readonly id: number;
  readonly next: Map<number, Node[]>;
  /** Reached with it, without a byte. */
  readonly also: Node[];
  /** A verdict that holds wherever this node is the only one left, or CANDIDATE. */
  readonly verdict: number | undefined;
}

/** Of the table: not worked out yet. */
const OPEN = 0;
/** Entries of the table are verdicts (with one added, so that 0 stays for what is open) or the row of a state. */
const ROW = 256;
const ASCII = 128;
/** So many bytes of a line are compared with the line before. */
const LEAD = 64;
const SHORTEST_LEAD = 8;
/** Then what is compared is learned anew, for odd lines may have made it shorter than it could be. */
const MOST_SHORTENINGS = 64;

/**
 * A deterministic automaton that is worked out as far as the lines need it, as
 * regular expression engines do: a log uses a few of the thousands of states.
 */
class Machine {
  readonly #states: (readonly Node[])[] = [];
  readonly #byNodes = new Map<string, number>();
  #table = new Int32Array(64 * ROW);
  /** The rows that the beginning of recent lines led through. */
  readonly #lead = new Int32Array(LEAD + 1);
  #leadLength = 0;
  #shortenings = 0;

  constructor(formats: readonly LineFormat[], wanted: readonly WantedStart[]) {
    const builder = new LayoutBuilder(wanted);
    const roots = formats.flatMap((format, index) =>
      (format.layouts ?? []).map((layout) => builder.build(layout, SKIP + index)),
    );
    this.#lead[0] = this.#stateOf(roots);
  }

  run(bytes: Uint8Array, start: number, end: number): number {
    const common = this.#common(bytes, start, end);
    if (this.#leadLength === 0) return this.#learn(bytes, start, end);
    let row = this.#lead[common] as number;
    for (let at = start + common; at < end; at++) {
      row = this.#next(row, bytes[at] as number);
      if (row < ROW) return row - 1;
    }
    return UNKNOWN;
  }

  /**
   * How many first bytes of a line lead through the same states as those of the
   * lines before. Each step is looked up by itself, so the processor does many
   * at a time; the walk through the states has to wait for every one.
   */
  #common(bytes: Uint8Array, start: number, end: number): number {
    const lead = this.#lead;
    const length = this.#leadLength;
    if (end - start < length) return 0;
    const table = this.#table;
    let same = 0;
    while (same < length && table[(lead[same] as number) + (bytes[start + same] as number)] === lead[same + 1]) same++;
    if (same === length) return same;
    // A byte that was not seen there before may lead to the same state as another.
    while (same < length && this.#next(lead[same] as number, bytes[start + same] as number) === lead[same + 1]) same++;
    // A line that begins quite otherwise (the rest of a text of several lines) says nothing of those that follow.
    if (same >= SHORTEST_LEAD) this.#leadLength = ++this.#shortenings > MOST_SHORTENINGS ? 0 : same;
    return same;
  }

  #learn(bytes: Uint8Array, start: number, end: number): number {
    const lead = this.#lead;
    let row = lead[0] as number;
    let at = start;
    while (at < end) {
      row = this.#next(row, bytes[at++] as number);
      if (row < ROW) break;
      if (at - start <= LEAD) lead[at - start] = row;
    }
    const length = Math.min(LEAD, at - start - 1);
    if (length >= SHORTEST_LEAD) this.#leadLength = length;
    this.#shortenings = 0;
    return row < ROW ? row - 1 : UNKNOWN;
  }

  /** The row of the next state, or a verdict with one added. */
  #next(row: number, byte: number): number {
    const next = this.#table[row + byte] as number;
    return next === OPEN ? this.#workOut(row, byte) : next;
  }

  #workOut(row: number, byte: number): number {
    const nodes =
      byte < ASCII ? (this.#states[row / ROW - 1] as readonly Node[]).flatMap((it) => it.next.get(byte) ?? []) : [];
    const next = this.#entry(nodes);
    this.#table[row + byte] = next;
    return next;
  }

  #entry(nodes: readonly Node[]): number {
    if (nodes.length === 0) return UNKNOWN + 1;
    const verdicts = new Set(nodes.map((node) => node.verdict));
    if (verdicts.has(CANDIDATE)) return CANDIDATE + 1;
    const [verdict] = verdicts;
    // Two forms that claim one line would be a slip of the registry; then the line is read.
    if (verdicts.size === 1 && verdict !== undefined) return verdict + 1;
    if (!verdicts.has(undefined)) return UNKNOWN + 1;
    return this.#stateOf(nodes);
  }

  /** @returns its row */
  #stateOf(nodes: readonly Node[]): number {
    const all = closure(nodes);
    const key = all.map((node) => node.id).join(" ");
    const known = this.#byNodes.get(key);
    if (known !== undefined) return known;
    this.#states.push(all);
    // The first row is left free, so that every row is more than any verdict.
    const row = this.#states.length * ROW;
    this.#byNodes.set(key, row);
    if (row + ROW > this.#table.length) {
      const larger = new Int32Array(this.#table.length * 2);
      larger.set(this.#table);
      this.#table = larger;
    }
    return row;
  }
}

function closure(nodes: readonly Node[]): readonly Node[] {
  const all = new Set(nodes);
  for (const node of all) for (const other of node.also) all.add(other);
  return [...all].sort((a, b) => a.id - b.id);
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
class LayoutBuilder {
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
    return { id: this.#count++, next: new Map(), also: [], verdict };
  }

  #parts(layout: Layout, index: number, from: Node, name: string, skip: number): void {
    const part = layout.parts[index] as LayoutPart;
    if (typeof part === "string") {
      this.#parts(layout, index + 1, this.#text(from, part), name, skip);
      return;
    }
    switch (part.part) {
      case "time":
        this.#parts(layout, index + 1, this.#time(from), name, skip);
        return;
      case "colours":
        this.#colours(from);
        this.#parts(layout, index + 1, from, name, skip);
        return;
      case "level": {
        const word = this.#node();
        this.#on(from, SMALL_LETTER, word);
        this.#on(word, SMALL_LETTER, word);
        this.#parts(layout, index + 1, word, name, skip);
        return;
      }
      case "subsystem": {
        const other = this.#node(skip);
        this.#on(from, LETTER, other);
        this.#on(other, NAME, other);
        for (const known of this.#names.keys()) {
          if (known !== "") this.#parts(layout, index + 1, this.#text(from, known), known, skip);
        }
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
