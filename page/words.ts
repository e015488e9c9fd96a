/** What the page says of a run, a session or a moment: the same words in the picture, the details and the tables. */
import type { RunState } from "../src/model.ts";
import type { Bar, Row } from "../src/reporters/picture/model.ts";
import { shortId, spanText } from "../src/words.ts";
import type { Times } from "./time.ts";

export const STATE_TEXT: Readonly<Record<RunState, string>> = {
  completed: "completed",
  aborted: "aborted",
  failed: "failed",
  "timed-out": "timed out",
  orphaned: "orphaned",
  open: "open",
};

/** `1 run`, `10,000 runs` */
export function countOf(amount: number, noun: string): string {
  return `${amount.toLocaleString("en-US")} ${noun}${amount === 1 ? "" : "s"}`;
}

export function runName(bar: Bar): string {
  return `${shortId(bar.runId)}${bar.truncatedId ? "…" : ""}`;
}

/** `orphaned (restart), silent for 13 min` */
export function stateText(bar: Bar): string {
  const cause = bar.cause === null ? "" : ` (${bar.cause})`;
  const silent = silenceOf(bar);
  return `${STATE_TEXT[bar.state]}${cause}${silent === null ? "" : `, silent for ${silent}`}`;
}

function silenceOf(bar: Bar): string | null {
  return bar.silentTo === null || bar.silentTo - bar.to < 1000 ? null : spanText(bar.silentTo - bar.to);
}

export function tookText(bar: Bar): string {
  return bar.silentTo === null ? spanText(bar.to - bar.from) : "no end seen";
}

/** A run in one sentence: for the tip and for a screen reader. */
export function announce(bar: Bar, row: Row, times: Times): string {
  return `${row.name}: run ${runName(bar)}, ${stateText(bar)}, started ${times.stamp(bar.from)}, ${tookText(bar)}`;
}
