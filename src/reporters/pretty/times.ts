import type { Report } from "../../model.ts";
import { type TimeZone, wallTime } from "../../wall-clock.ts";

/** How the report's times read in one time zone. Every function takes RFC 3339 and gives `?` for what is no time. */
export interface Clock {
  /** `08:23:33` */
  time(iso: string): string;
  /** `2026-01-28` */
  day(iso: string): string;
  /** The time, with the day before it if the report has more than one. */
  stamp(iso: string): string;
  /** Milliseconds that the zone's wall clock is ahead of UTC at a moment (milliseconds since the epoch). */
  offset(ms: number): number;
  /** The whole report happens on one day. */
  readonly oneDay: boolean;
  /** `local` or `UTC`. */
  readonly zoneName: string;
}

/** @param more times (milliseconds since the epoch) that are shown beside the report's */
export function clockOf(report: Report, timeZone: TimeZone, more: readonly number[] = []): Clock {
  const wall = (iso: string): string | undefined => {
    const ms = Date.parse(iso);
    return Number.isNaN(ms) ? undefined : new Date(wallTime(ms, timeZone)).toISOString();
  };
  const time = (iso: string): string => wall(iso)?.slice(11, 19) ?? "?";
  const day = (iso: string): string => wall(iso)?.slice(0, 10) ?? "?";
  const oneDay = isOneDay(report, more, day);
  return {
    time,
    day,
    offset: (ms) => {
      const iso = new Date(ms).toISOString();
      return Date.parse(`${day(iso)}T${time(iso)}Z`) - Math.floor(ms / 1000) * 1000;
    },
    stamp: (iso) => (oneDay || day(iso) === "?" ? time(iso) : `${day(iso)} ${time(iso)}`),
    oneDay,
    zoneName: timeZone === "UTC" ? "UTC" : "local",
  };
}

/** The first and the last of all times tell; to format each of them would take longer than all else. */
function isOneDay(report: Report, more: readonly number[], day: (iso: string) => string): boolean {
  let first: string | undefined;
  let last: string | undefined;
  for (const time of shownTimes(report, more)) {
    if (time === null) continue;
    if (first === undefined || time < first) first = time;
    if (last === undefined || time > last) last = time;
  }
  return first === undefined || last === undefined || day(first) === day(last);
}

function* shownTimes({ window, sessions, findings }: Report, more: readonly number[]): Generator<string | null> {
  yield window.from;
  yield window.to;
  for (const { state, heldSince } of sessions) if (state === "blocked") yield heldSince;
  for (const { timeline } of findings) for (const { time } of timeline) yield time;
  for (const ms of more) yield new Date(ms).toISOString();
}
