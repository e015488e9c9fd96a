import type { Report } from "../../model.ts";

/** How the report's times read in one time zone. Every function takes RFC 3339 and gives `?` for what is no time. */
export interface Clock {
  /** `08:23:33` */
  time(iso: string): string;
  /** `2026-01-28` */
  day(iso: string): string;
  /** The time, with the day before it if the report has more than one. */
  stamp(iso: string): string;
  /** The whole report happens on one day. */
  readonly oneDay: boolean;
  /** `local` or `UTC`. */
  readonly zoneName: string;
}

export function clockOf(report: Report, timeZone: string): Clock {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  const parts = (iso: string): Readonly<Record<string, string>> | undefined => {
    const ms = Date.parse(iso);
    if (Number.isNaN(ms)) return undefined;
    return Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  };
  const time = (iso: string): string => {
    const at = parts(iso);
    return at ? `${at["hour"]}:${at["minute"]}:${at["second"]}` : "?";
  };
  const day = (iso: string): string => {
    const at = parts(iso);
    return at ? `${at["year"]}-${at["month"]}-${at["day"]}` : "?";
  };
  const oneDay = isOneDay(report, day);
  return {
    time,
    day,
    stamp: (iso) => (oneDay || day(iso) === "?" ? time(iso) : `${day(iso)} ${time(iso)}`),
    oneDay,
    zoneName: timeZone === "UTC" ? "UTC" : "local",
  };
}

/** The first and the last of all times tell; to format each of them would take longer than all else. */
function isOneDay(report: Report, day: (iso: string) => string): boolean {
  let first: string | undefined;
  let last: string | undefined;
  for (const time of shownTimes(report)) {
    if (time === null) continue;
    if (first === undefined || time < first) first = time;
    if (last === undefined || time > last) last = time;
  }
  return first === undefined || last === undefined || day(first) === day(last);
}

function* shownTimes({ window, sessions, findings }: Report): Generator<string | null> {
  yield window.from;
  yield window.to;
  for (const { state, heldSince } of sessions) if (state === "blocked") yield heldSince;
  for (const { timeline } of findings) for (const { time } of timeline) yield time;
}
