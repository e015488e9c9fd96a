/**
 * The fast path: tells from the first bytes of a line that it can be no event,
 * so that it need not be made a text, let alone be parsed. Derived from the
 * layouts of the forms and the table of events; whatever it does not know is
 * read by the forms' own `parse`.
 */
import type { LineFormat } from "./formats/format.ts";
import { SKIP, UNKNOWN, type WantedStart } from "./layout-nodes.ts";
import { LineAutomaton } from "./line-automaton.ts";

/** Lines that were passed over. */
export interface PassedOver {
  /** Forms that may be passed over, by their places among the filter's. */
  readonly may: boolean[];
  /** How many lines of each were. */
  readonly ofForm: number[];
  /** How many in all. */
  count: number;
  /** The last of them: it stands from `start` to before `end`, and is of this form. */
  start: number;
  end: number;
  form: number;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Verdicts on lines, from their bytes. */
export class LineFilter {
  /** Names of the forms whose lines can be skipped, by `verdict - SKIP`. */
  readonly formats: readonly string[];
  readonly #make: () => LineAutomaton;
  #automaton: LineAutomaton | undefined;
  /** The last byte of a whole line, by form; 0 where it may be any. */
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
    return verdict < SKIP || this.#isWhole(bytes, end, verdict - SKIP) ? verdict : UNKNOWN;
  }

  /**
   * Passes over the lines from `start` on, as far as they may be skipped and
   * their ends are in these bytes.
   *
   * @param passed counts them
   * @param longest a line of more bytes is not passed over
   * @returns where the first other line begins
   */
  passOver(bytes: Buffer, start: number, passed: PassedOver, longest: number): number {
    const automaton = (this.#automaton ??= this.#make());
    const { may, ofForm } = passed;
    let at = start;
    for (;;) {
      // The automaton stops at a line feed, so it need not be told where the line ends.
      const form = automaton.run(bytes, at, bytes.length) - SKIP;
      if (form < 0 || may[form] !== true) return at;
      const end = bytes.indexOf(LINE_FEED, at);
      if (end < 0 || end - at > longest || !this.#isWhole(bytes, end, form)) return at;
      ofForm[form] = (ofForm[form] as number) + 1;
      passed.count++;
      passed.start = at;
      passed.end = end;
      passed.form = form;
      at = end + 1;
    }
  }

  #isWhole(bytes: Uint8Array, end: number, form: number): boolean {
    const last = this.#ends[form] as number;
    return last === 0 || bytes[end - 1] === last || (bytes[end - 1] === CARRIAGE_RETURN && bytes[end - 2] === last);
  }
}
