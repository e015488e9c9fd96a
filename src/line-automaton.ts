/** The graph of the layouts as a table of states, worked out as far as the lines of a log need it. */
import type { LineFormat } from "./formats/format.ts";
import { CANDIDATE, LayoutBuilder, type Node, SKIP, UNKNOWN, type WantedStart } from "./layout-nodes.ts";

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
export class LineAutomaton {
  readonly #states: (readonly Node[])[] = [];
  readonly #byNodes = new Map<string, number>();
  #table = new Int32Array(64 * ROW);
  /**
   * The rows that the beginning of recent lines led through. Each step of a line
   * is held against it by itself, so the processor does many at a time; the walk
   * through the states has to wait for every one.
   */
  readonly #lead = new Int32Array(LEAD + 1);
  #leadLength = 0;
  /** By place and byte: 1 where the byte is known to lead on to the next row of the lead. */
  readonly #sameAt = new Uint8Array(LEAD * ROW);
  #shortenings = 0;

  constructor(formats: readonly LineFormat[], wanted: readonly WantedStart[]) {
    const builder = new LayoutBuilder(wanted);
    const roots = formats.flatMap((format, index) =>
      (format.layouts ?? []).map((layout) => builder.build(layout, SKIP + index)),
    );
    this.#lead[0] = this.#stateOf(roots);
  }

  /**
   * The verdict on the line that begins at `start`; no byte behind a line feed matters to it.
   *
   * @param end the line's, or any place behind it
   */
  run(bytes: Uint8Array, start: number, end: number): number {
    const length = this.#leadLength;
    if (length === 0) return this.#learn(bytes, start, end);
    let row = this.#lead[0] as number;
    let at = start;
    if (end - start >= length) {
      const sameAt = this.#sameAt;
      let same = 0;
      while (same < length && sameAt[same * ROW + (bytes[start + same] as number)] === 1) same++;
      if (same < length) same = this.#sameFrom(same, bytes, start);
      row = this.#lead[same] as number;
      at += same;
    }
    for (; at < end; at++) {
      row = this.#next(row, bytes[at] as number);
      if (row < ROW) return row - 1;
    }
    return UNKNOWN;
  }

  /** Where a byte was not seen there before: it may lead to the same state as another. */
  #sameFrom(from: number, bytes: Uint8Array, start: number): number {
    const lead = this.#lead;
    let same = from;
    for (; same < this.#leadLength; same++) {
      const byte = bytes[start + same] as number;
      if (this.#next(lead[same] as number, byte) !== lead[same + 1]) break;
      this.#sameAt[same * ROW + byte] = 1;
    }
    // A line that begins quite otherwise (the rest of a text of several lines) says nothing of those that follow.
    if (same >= SHORTEST_LEAD && same < this.#leadLength) {
      this.#leadLength = ++this.#shortenings > MOST_SHORTENINGS ? 0 : same;
    }
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
    if (length >= SHORTEST_LEAD) {
      this.#leadLength = length;
      this.#sameAt.fill(0);
    }
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
  for (const node of all) {
    node.grow?.();
    node.grow = undefined;
    for (const other of node.also) all.add(other);
  }
  return [...all].sort((a, b) => a.id - b.id);
}
