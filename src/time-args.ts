import { createRequire } from "node:module";
import type * as Chrono from "chrono-node";

import { UserError } from "./errors.ts";
import { type TimeZone, wallTime } from "./wall-clock.ts";

/** Milliseconds. */
const DAY = 86_400_000;

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: DAY,
};

const TIME_HELP =
  "Examples: 2026-01-28T08:23:20Z, 2026-01-28 08:23, 08:23 (the last time it was that late), 2h, 3 days ago, yesterday 14:00";
const DURATION_HELP = "Examples: 90s, 10m, 1h30m; a number alone is seconds";

/**
 * A length of time such as `90s`, `10m`, `1h30m` or `600` (seconds).
 * @returns milliseconds, more than 0
 * @throws UserError for anything else
 */
export function parseDuration(option: string, text: string): number {
  const ms = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : units(text);
  if (ms === undefined || !(ms > 0) || !Number.isSafeInteger(Math.round(ms))) {
    throw new UserError(`${option}: ${JSON.stringify(text)} is not a length of time`, DURATION_HELP);
  }
  return Math.round(ms);
}

/** `1h30m` in milliseconds; undefined if the text is not made of numbers and units alone. */
function units(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?\s*(?:ms|min|[smhd])\s*)+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|min|[smhd])\s*/gy)) {
    total += Number(amount) * (UNITS_MS[unit ?? ""] ?? 0);
  }
  return total;
}

/**
 * A point in time as a person writes it, seen from `now`.
 *
 * A time of day without a date is the last one that has been: at 10:00, `23:00`
 * is yesterday's; after a given start it is the first one from there on. A bare
 * length (`2h`) is that long ago.
 * @param now milliseconds since the epoch
 * @param timeZone what a time without a zone is in
 * @param start of the span that this time ends; milliseconds since the epoch
 * @returns milliseconds since the epoch
 * @throws UserError if the text is no time
 */
export function parseTime(
  option: string,
  text: string,
  now: number,
  timeZone: TimeZone,
  start?: number | null,
): number {
  const trimmed = text.trim();
  const time =
    instant(trimmed) ??
    zoneless(trimmed, timeZone) ??
    timeOfDay(trimmed, now, timeZone, start ?? undefined) ??
    ago(trimmed, now) ??
    human(trimmed, now, timeZone);
  if (time === undefined) throw new UserError(`${option}: ${JSON.stringify(text)} is not a time`, TIME_HELP);
  return time;
}

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?$/i;

/** RFC 3339: a full date and time with a zone. */
function instant(text: string): number | undefined {
  const match = DATE_TIME.exec(text);
  if (!match?.[4] || !match[8]) return undefined;
  const wall = wallOf(match);
  if (wall === undefined) return undefined;
  const zone = match[8].toUpperCase();
  if (zone === "Z") return wall;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return wall - (zone.startsWith("-") ? -1 : 1) * minutes * 60_000;
}

/** `2026-01-28`, `2026-01-28 08:23`: a wall clock's time in the zone. */
function zoneless(text: string, timeZone: TimeZone): number | undefined {
  const match = DATE_TIME.exec(text);
  if (!match || match[8]) return undefined;
  const wall = wallOf(match);
  return wall === undefined ? undefined : wallToInstant(wall, timeZone);
}

/** The match's date and time as if it were UTC; undefined for a 30th of February. */
function wallOf(match: RegExpExecArray): number | undefined {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const exists =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return exists ? date.getTime() + Math.floor(Number(`0.${match[7] ?? "0"}`) * 1000) : undefined;
}

function timeOfDay(text: string, now: number, timeZone: TimeZone, start: number | undefined): number | undefined {
  const match = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(text);
  if (!match) return undefined;
  const [hour, minute, second] = match.slice(1, 4).map((part) => Number(part ?? 0)) as [number, number, number];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const midnight = Math.floor(wallTime(start ?? now, timeZone) / DAY) * DAY;
  const wall = midnight + ((hour * 60 + minute) * 60 + second) * 1000;
  const sameDay = wallToInstant(wall, timeZone);
  if (start !== undefined) return sameDay >= start ? sameDay : wallToInstant(wall + DAY, timeZone);
  return sameDay <= now ? sameDay : wallToInstant(wall - DAY, timeZone);
}

function ago(text: string, now: number): number | undefined {
  const ms = units(text.replace(/^-|ago$/g, ""));
  return ms === undefined ? undefined : now - ms;
}

/**
 * `yesterday 14:00`, `3 days ago`, `last monday`: chrono's English, if it
 * understands all of the text. A day with no time is the start of that day.
 */
function human(text: string, now: number, timeZone: TimeZone): number | undefined {
  // chrono would make something of a date that does not exist.
  if (/^\d{4}-/.test(text)) return undefined;
  const offset = Math.round((wallTime(now, timeZone) - now) / 60_000);
  // Larger than all else together, and seldom needed.
  const chrono = createRequire(import.meta.url)("chrono-node") as typeof Chrono;
  const [found, ...more] = chrono.parse(text, { instant: new Date(now), timezone: offset });
  if (!found || more.length > 0 || found.text.length !== text.length || found.end) return undefined;
  const at = found.start;
  if (at.isCertain("timezoneOffset")) return at.date().getTime();
  // chrono knows one offset, today's; another day may have had another.
  const part = (name: Chrono.Component): number => at.get(name) ?? 0;
  const midnight = Date.UTC(part("year"), part("month") - 1, part("day"));
  const wholeDay = !at.isCertain("hour") && !/\bago$/i.test(text);
  const sinceMidnight = ((part("hour") * 60 + part("minute")) * 60 + part("second")) * 1000;
  return wallToInstant(wholeDay ? midnight : midnight + sinceMidnight, timeZone);
}

/**
 * The instant at which a clock in the zone shows that wall time. In the hour
 * that a change to winter time repeats it is the first, in the one that a change
 * to summer time skips it is just as far behind the change.
 */
function wallToInstant(wall: number, timeZone: TimeZone): number {
  const offsetAt = (at: number): number => wallTime(at, timeZone) - at;
  const first = wall - offsetAt(wall - DAY);
  if (first + offsetAt(first) === wall) return first;
  const second = wall - offsetAt(wall + DAY);
  return second + offsetAt(second) === wall ? second : first;
}
