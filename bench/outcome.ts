/** What a benchmark found: figures, no wording. */
import type { Spread } from "./stats.ts";

export interface Row {
  readonly name: string;
  readonly ms: Spread;
  /** Ours to this peer, round by round; undefined for our own row. */
  readonly ratio: Spread | undefined;
  readonly peak: number | undefined;
  readonly cpu: { readonly user: number; readonly system: number } | undefined;
}

export interface CaseOutcome {
  readonly name: string;
  readonly title: string;
  /** Of the file that is read, and of the text in it. */
  readonly bytes: number;
  readonly textBytes: number;
  readonly rounds: number;
  /** We first. */
  readonly rows: readonly Row[];
}

export interface GrowthRow {
  readonly bytes: number;
  readonly ms: Spread;
  readonly peak: number | undefined;
}

export interface RunsRow {
  readonly title: string;
  readonly runs: number;
  readonly bytes: number;
  readonly ms: number;
  readonly peak: number | undefined;
  /** Undefined where the answer was right. */
  readonly wrong: string | undefined;
}

/** `unknown`: there was nothing to measure it against. */
export interface GoalOutcome {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly met: "met" | "not met" | "met, but not in every round" | "unknown";
}
