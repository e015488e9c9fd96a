/** Readers of the times that log lines begin with. Pure arithmetic: `Date` parses slowly and differently per engine. */
import type { Stamp } from "../model.ts";

export const DAY_MS = 86_400_000;

/** A stamp found in a text, and where the text goes on. */
export interface FoundStamp {
  readonly stamp: Stamp;
  /** Index of the first character behind the stamp. */
  readonly end: number;
  /** How many digits the fraction of a second has: gateways write 3, container runtimes 9, CI 7. */
  readonly digits: number;
}

function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Days from 1970-01-01 to a date of the Gregorian calendar; `month` counts from 1. */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

interface FoundTime {
  readonly ms: number;
  readonly end: number;
  readonly digits: number;
}

/** `HH:MM:SS` with an optional fraction after `.` or `,`. */
export function timeAt(text: string, at: number): FoundTime | undefined {
  if (text.charCodeAt(at + 2) !== 0x3a || text.charCodeAt(at + 5) !== 0x3a) return undefined;
  const hours = two(text, at);
  const minutes = two(text, at + 3);
  const seconds = two(text, at + 6);
  // A leap second is written 60.
  if (!(hours < 24 && minutes < 60 && seconds <= 60)) return undefined;
  let ms = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  let end = at + 8;
  let digits = 0;
  const mark = text.charCodeAt(end);
  if (mark === 0x2e || mark === 0x2c) {
    let scale = 100;
    let index = end + 1;
    for (; index < text.length; index++) {
      const digit = text.charCodeAt(index) - 48;
      if (digit < 0 || digit > 9) break;
      if (digits < 3) {
        ms += digit * scale;
        scale /= 10;
      }
      digits++;
    }
    if (digits > 0) end = index;
  }
  return { ms, end, digits };
}

// The names that people write behind a time; only those that mean one offset.
const ZONES: Readonly<Record<string, number>> = {
  Z: 0,
  UTC: 0,
  GMT: 0,
  WET: 0,
  WEST: 60,
  CET: 60,
  CEST: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  EST: -300,
  EDT: -240,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  JST: 540,
  AEST: 600,
  AEDT: 660,
};

/** An offset from UTC in milliseconds at a place of a text: `Z`, `+02:00`, `-0500`, ` UTC`. */
export function zoneAt(text: string, at: number): { offset: number; end: number } | undefined {
  const code = text.charCodeAt(at);
  if (code === 0x5a && !/[A-Za-z]/.test(text.charAt(at + 1))) return { offset: 0, end: at + 1 };
  if (code === 0x2b || code === 0x2d) {
    const hours = two(text, at + 1);
    const colon = text.charCodeAt(at + 3) === 0x3a ? 1 : 0;
    const minutes = two(text, at + 3 + colon);
    if (!(hours <= 14 && minutes < 60)) return undefined;
    const sign = code === 0x2d ? -1 : 1;
    return { offset: sign * (hours * 60 + minutes) * 60_000, end: at + 5 + colon };
  }
  if (code === 0x20) {
    const name = /^[A-Z]{3,4}(?= |$)/.exec(text.slice(at + 1, at + 6))?.[0];
    const minutes = name === undefined || !Object.hasOwn(ZONES, name) ? undefined : ZONES[name];
    if (name !== undefined && minutes !== undefined) return { offset: minutes * 60_000, end: at + 1 + name.length };
  }
  return undefined;
}

/**
 * A full date and time: `2026-01-28T08:23:20.123Z`, with an offset, or with a
 * space for the `T`. Without a zone the stamp is `zoneless`.
 */
export function dateTimeAt(text: string, at = 0): FoundStamp | undefined {
  if (text.charCodeAt(at + 4) !== 0x2d || text.charCodeAt(at + 7) !== 0x2d) return undefined;
  const separator = text.charCodeAt(at + 10);
  if (separator !== 0x54 && separator !== 0x20) return undefined;
  const year = two(text, at) * 100 + two(text, at + 2);
  const month = two(text, at + 5);
  const day = two(text, at + 8);
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return undefined;
  const time = timeAt(text, at + 11);
  if (time === undefined) return undefined;
  const utc = daysFromCivil(year, month, day) * DAY_MS + time.ms;
  const zone = zoneAt(text, time.end);
  return zone === undefined
    ? { stamp: { kind: "zoneless", ms: utc }, end: time.end, digits: time.digits }
    : { stamp: { kind: "instant", ms: utc - zone.offset }, end: zone.end, digits: time.digits };
}

/** The instant that a whole text names, or undefined. */
export function instantOf(text: unknown): Stamp | undefined {
  if (typeof text !== "string") return undefined;
  const found = dateTimeAt(text);
  return found !== undefined && found.end === text.length ? found.stamp : undefined;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Jan 28 08:23:20` of the syslog family. */
export function monthDayAt(text: string, at = 0): FoundStamp | undefined {
  const month = MONTHS.indexOf(text.slice(at, at + 3)) + 1;
  if (month === 0 || text.charCodeAt(at + 3) !== 0x20) return undefined;
  let dayAt = at + 4;
  if (text.charCodeAt(dayAt) === 0x20) dayAt++;
  const long = two(text, dayAt);
  const day = Number.isNaN(long) ? text.charCodeAt(dayAt) - 48 : long;
  const timeStart = dayAt + (Number.isNaN(long) ? 2 : 3);
  if (!(day >= 1 && day <= 31) || text.charCodeAt(timeStart - 1) !== 0x20) return undefined;
  const time = timeAt(text, timeStart);
  if (time === undefined) return undefined;
  return { stamp: { kind: "month-day", month, day, ms: time.ms }, end: time.end, digits: time.digits };
}
