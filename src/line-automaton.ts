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
