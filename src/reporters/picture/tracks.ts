/** A row has no more lines than this: what overlaps beyond shares the last one. */
export const MOST_TRACKS = 8;

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Gives each span the first line on which nothing is in its way.
 * @param spans in the order of their start
 */
export function layTracks(spans: readonly Span[]): { readonly track: readonly number[]; readonly tracks: number } {
  const freeFrom: number[] = [];
  const track = spans.map(({ from, to }) => {
    const free = freeFrom.findIndex((end) => end <= from);
    const index = free >= 0 ? free : Math.min(freeFrom.length, MOST_TRACKS - 1);
    freeFrom[index] = Math.max(to, freeFrom[index] ?? to);
    return index;
  });
  return { track, tracks: Math.max(1, freeFrom.length) };
}
