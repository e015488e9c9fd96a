/** An IANA name, for example `Europe/Berlin`, or `UTC`; null: the zone of this process. */
export type TimeZone = string | null;

/**
 * What a clock in the zone shows at that instant, as if it were UTC.
 *
 * @param instant milliseconds since the epoch
 * @returns milliseconds
 */
export function wallTime(instant: number, zone: TimeZone): number {
  // Intl takes longer to load its data than a small log takes to read, so it is left alone where it can be.
  if (zone === null) return instant - new Date(instant).getTimezoneOffset() * 60_000;
  if (zone === "UTC") return instant;
  const parts = formatOf(zone).formatToParts(instant);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  const seconds = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return seconds + (((instant % 1000) + 1000) % 1000);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const digits = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...digits, second: "numeric" });
    formats.set(timeZone, format);
  }
  return format;
}
