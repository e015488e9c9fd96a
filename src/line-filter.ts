/**
 * The fast path: tells from the first bytes of a line that it can be no event,
 * so that it need not be made a text, let alone be parsed. Derived from the
 * layouts of the forms and the table of events; whatever it does not know is
 * read by the forms' own `parse`.
 */
import type { LineFormat } from "./formats/format.ts";
import { SKIP, UNKNOWN, type WantedStart } from "./layout-nodes.ts";
import { LineAutomaton } from "./line-automaton.ts";

/** Verdicts on lines, from their bytes. */
export class LineFilter {
  /** Names of the forms whose lines can be skipped, by `verdict - SKIP`. */
  readonly formats: readonly string[];
  readonly #make: () => LineAutomaton;
  #automaton: LineAutomaton | undefined;
  readonly #ends: readonly number[];

  constructor(formats: readonly LineFormat[], wanted: readonly WantedStart[]) {
    const fast = formats.filter((format) => format.layouts !== undefined);
    this.formats = fast.map((format) => format.name);
    this.#ends = fast.map((format) => format.layouts?.[0]?.endsWith?.charCodeAt(0) ?? 0);
    this.#make = () => new LineAutomaton(fast, wanted);
  }

  /**
   * @param bytes the line stands from `start` to before `end`, without its line feed
   * @returns UNKNOWN, CANDIDATE, or SKIP and more
   */
  verdict(bytes: Uint8Array, start: number, end: number): number {
    // A small log never needs it.
    this.#automaton ??= this.#make();
    const verdict = this.#automaton.run(bytes, start, end);
    if (verdict < SKIP) return verdict;
    const last = this.#ends[verdict - SKIP] as number;
    if (last === 0 || bytes[end - 1] === last || (bytes[end - 1] === 0x0d && bytes[end - 2] === last)) return verdict;
    return UNKNOWN;
  }
}
