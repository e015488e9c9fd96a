/** The zone of a clock that logs times without one: its last line was written when the file was. Pure. */
import type { Stamp } from "../../model.ts";

const DAY = 86_400_000;
/** Zones are whole quarters of an hour. */
const QUARTER = 15 * 60_000;
/** From a line's time to its being on the disk (ms). */
const LATE_MS = 2 * 60_000;
/** Hardly anybody is farther behind UTC than Hawaii, and New Zealand is 13 hours ahead (ms). */
const BEHIND_MOST = -10.5 * 3_600_000;
const AHEAD_MOST = 14 * 3_600_000;

/**
 * @param stamp of the file's last line
 * @param writtenAt when the file was written last, in milliseconds since the epoch
 * @returns how far that clock is ahead of UTC, in milliseconds; undefined where the two don't fit
 */
export function zoneOf(stamp: Stamp | undefined, writtenAt: number): number | undefined {
  if (stamp === undefined || stamp.kind === "instant") return undefined;
  const ahead = stamp.ms - (stamp.kind === "zoneless" ? writtenAt : writtenAt % DAY);
  const offset = Math.round(ahead / QUARTER) * QUARTER;
  if (Math.abs(ahead - offset) > LATE_MS) return undefined;
  if (stamp.kind === "zoneless") return Math.abs(offset) <= AHEAD_MOST ? offset : undefined;
  // A time of day tells the zone up to a whole day only.
  return ((((offset - BEHIND_MOST) % DAY) + DAY) % DAY) + BEHIND_MOST;
}
