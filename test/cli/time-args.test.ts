import { describe, expect, test } from "vitest";

import { UserError } from "../../src/errors.ts";
import { parseDuration, parseTime } from "../../src/time-args.ts";

const NOW = Date.parse("2026-01-28T09:10:15Z");

describe("a time, seen from 2026-01-28 10:10:15 in Berlin", () => {
  test.each([
    ["2026-01-28T08:23:20Z", "2026-01-28T08:23:20.000Z"],
    ["2026-01-28T08:23:20.5+01:00", "2026-01-28T07:23:20.500Z"],
    ["2026-01-28t08:23:20z", "2026-01-28T08:23:20.000Z"],
    ["2026-01-28 08:23:20-0330", "2026-01-28T11:53:20.000Z"],
    ["2026-01-28 08:23", "2026-01-28T07:23:00.000Z"],
    ["2026-01-28", "2026-01-27T23:00:00.000Z"],
    ["2026-07-01 14:00", "2026-07-01T12:00:00.000Z"],
    ["08:23", "2026-01-28T07:23:00.000Z"],
    ["8:23:33", "2026-01-28T07:23:33.000Z"],
    ["23:00", "2026-01-27T22:00:00.000Z"],
    ["10:10:15", "2026-01-28T09:10:15.000Z"],
    ["2h", "2026-01-28T07:10:15.000Z"],
    ["-2h", "2026-01-28T07:10:15.000Z"],
    ["90s ago", "2026-01-28T09:08:45.000Z"],
    ["1h30m", "2026-01-28T07:40:15.000Z"],
    ["3 days ago", "2026-01-25T09:10:15.000Z"],
    ["an hour ago", "2026-01-28T08:10:15.000Z"],
    ["yesterday 14:00", "2026-01-27T13:00:00.000Z"],
    ["yesterday", "2026-01-26T23:00:00.000Z"],
    ["today", "2026-01-27T23:00:00.000Z"],
    ["now", "2026-01-28T09:10:15.000Z"],
    ["last monday", "2026-01-25T23:00:00.000Z"],
    ["July 1 2025 14:00", "2025-07-01T12:00:00.000Z"],
  ])("%s", (text, time) => {
    expect(new Date(parseTime("--since", text, NOW, "Europe/Berlin")).toISOString()).toBe(time);
  });

  test("in UTC", () => {
    expect(parseTime("--since", "08:23", NOW, "UTC")).toBe(Date.parse("2026-01-28T08:23:00Z"));
    expect(parseTime("--since", "yesterday 14:00", NOW, "UTC")).toBe(Date.parse("2026-01-27T14:00:00Z"));
  });

  test("a time of day after a start", () => {
    const since = parseTime("--since", "08:00", NOW, "UTC");
    expect(parseTime("--until", "18:00", NOW, "UTC", since)).toBe(Date.parse("2026-01-28T18:00:00Z"));
    expect(parseTime("--until", "07:00", NOW, "UTC", since)).toBe(Date.parse("2026-01-29T07:00:00Z"));
  });

  test("in the hours that summer time repeats and skips", () => {
    const time = (text: string): string => new Date(parseTime("--since", text, NOW, "Europe/Berlin")).toISOString();
    expect(time("2026-10-25 02:30")).toBe("2026-10-25T00:30:00.000Z");
    expect(time("2026-03-29 02:30")).toBe("2026-03-29T01:30:00.000Z");
  });

  test.each(["", "banana", "25:00", "2026-02-30", "2026-13-01", "12", "from 3 to 4", "2h banana", "08:23 and 09:00"])(
    "%j is none",
    (text) => {
      expect(() => parseTime("--since", text, NOW, "Europe/Berlin")).toThrow(UserError);
    },
  );
});

describe("a length of time", () => {
  test.each([
    ["90s", 90_000],
    ["10m", 600_000],
    ["10min", 600_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["500ms", 500],
    ["1d", 86_400_000],
    ["600", 600_000],
  ])("%s", (text, ms) => {
    expect(parseDuration("--run-timeout", text)).toBe(ms);
  });

  test.each(["", "0", "0s", "-5s", "10x", "m", "1h 30", "1e9", "9".repeat(30)])("%j is none", (text) => {
    expect(() => parseDuration("--run-timeout", text)).toThrow(UserError);
  });
});
