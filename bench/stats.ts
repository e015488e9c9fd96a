/** Figures of several rounds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spread(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (low === undefined || high === undefined) throw new Error("no figures");
  return { median: (low + high) / 2, least: sorted[0] as number, most: sorted.at(-1) as number };
}

/** Ours to theirs, round by round: what slows the machine down for a while slows both. */
export function pairedRatios(ours: readonly number[], theirs: readonly number[]): Spread {
  return spread(ours.map((ms, round) => ms / (theirs[round] as number)));
}
