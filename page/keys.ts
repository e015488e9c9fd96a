/** Which run is chosen next: along a row with left and right, from row to row with up and down. */
import type { Bar } from "../src/reporters/picture/model.ts";
import type { RowLine } from "./layout.ts";

export type Step = "left" | "right" | "up" | "down" | "first" | "last" | "next-bad" | "previous-bad";

const STEPS: Readonly<Record<string, Step>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "first",
  End: "last",
  n: "next-bad",
  p: "previous-bad",
};

export function stepOf(key: string): Step | undefined {
  return STEPS[key.length === 1 ? key.toLowerCase() : key];
}

/** The run one step from the chosen one; the same where there is no further. */
export function stepFrom(rows: readonly RowLine[], chosen: Bar | null, step: Step): Bar | null {
  const withBars = rows.filter((it) => it.bars.length > 0);
  const row = chosen ? withBars.findIndex((it) => it.bars.includes(chosen)) : -1;
  const line = withBars[row];
  if (!chosen || !line) return firstOf(withBars, step);
  const index = line.bars.indexOf(chosen);
  switch (step) {
    case "left":
      return line.bars[index - 1] ?? chosen;
    case "right":
      return line.bars[index + 1] ?? chosen;
    case "first":
      return line.bars[0] ?? chosen;
    case "last":
      return line.bars.at(-1) ?? chosen;
    case "up":
      return nearest(withBars[row - 1], chosen) ?? chosen;
    case "down":
      return nearest(withBars[row + 1], chosen) ?? chosen;
    case "next-bad":
    case "previous-bad": {
      const all = withBars.flatMap((it) => it.bars);
      const at = all.indexOf(chosen);
      const found = step === "next-bad" ? all.slice(at + 1).find(isBad) : all.slice(0, at).findLast(isBad);
      return found ?? chosen;
    }
  }
}

function firstOf(rows: readonly RowLine[], step: Step): Bar | null {
  const all = rows.flatMap((it) => it.bars);
  return (step === "next-bad" ? all.find(isBad) : step === "previous-bad" ? all.findLast(isBad) : all[0]) ?? null;
}

function nearest(line: RowLine | undefined, { from }: Bar): Bar | undefined {
  const distance = (bar: Bar) => Math.abs(bar.from - from);
  return line?.bars.reduce((best, bar) => (distance(bar) < distance(best) ? bar : best));
}

function isBad({ state }: Bar): boolean {
  return state !== "completed" && state !== "open";
}
