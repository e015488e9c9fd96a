import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignToPeer, Clock, dayFromLastLine, dayInName, SourceClock } from "../src/clock.ts";

const DAY = 86_400_000;
const at = (iso: string): number => Date.parse(iso);
const day = at("2026-01-28T00:00:00Z");
const named = { day, offset: 0, origin: "file-name" } as const;
const tod = (text: string) => ({ kind: "time-of-day", ms: at(`1970-01-01T${text}Z`) }) as const;

describe("Clock", () => {
  it("rolls over at midnight and not for lines that come late", () => {
    const clock = new Clock(named);
    const times = ["23:59:58", "23:59:57", "00:00:01", "23:59:59", "00:00:02", "12:00:00", "11:59:00", "03:00:00"];
    expect(times.map((time) => new Date(clock.time(tod(time)) ?? 0).toISOString().slice(8, 19))).toEqual([
      "28T23:59:58",
      "28T23:59:57",
      "29T00:00:01",
      "28T23:59:59",
      "29T00:00:02",
      "29T12:00:00",
      "29T11:59:00",
      "30T03:00:00",
    ]);
  });

  it("takes the day of a dated neighbour", () => {
    const clock = new Clock({ day: 0, offset: 3_600_000, origin: "assumed" });
    clock.time({ kind: "instant", ms: at("2026-01-28T22:59:00Z") });
    expect(clock.time(tod("23:59:30"))).toBe(at("2026-01-28T22:59:30Z"));
    expect(clock.time(tod("00:00:10"))).toBe(at("2026-01-28T23:00:10Z"));
    expect(clock.origin).toBe("lines");
  });

  it("gives a line without a time that of the line before it", () => {
    const clock = new Clock(named);
    expect(clock.time(undefined)).toBeUndefined();
    const time = clock.time(tod("08:00:00"));
    expect(clock.time(undefined)).toBe(time);
  });

  it.each([
    ["the year that the file was written in", "2026-02-01", "2026-01-28"],
    ["the year before, where the day is still to come", "2026-01-15", "2025-01-28"],
  ])("gives a month's day %s", (_what, written, expected) => {
    const clock = new Clock({ day: at(`${written}T00:00:00Z`), offset: 0, origin: "mtime" });
    expect(clock.time({ kind: "month-day", month: 1, day: 28, ms: 0 })).toBe(at(`${expected}T00:00:00Z`));
  });

  it("goes over New Year", () => {
    const clock = new Clock({ day: at("2026-01-02T00:00:00Z"), offset: 0, origin: "mtime" });
    expect(clock.time({ kind: "month-day", month: 12, day: 31, ms: DAY - 1 })).toBe(at("2025-12-31T23:59:59.999Z"));
    expect(clock.time({ kind: "month-day", month: 1, day: 1, ms: 0 })).toBe(at("2026-01-01T00:00:00Z"));
  });

  it("finds every time of a log again, whatever is lost of it", () => {
    const steps = fc.array(fc.integer({ min: -60_000, max: 20 * 3_600_000 }), { minLength: 1, maxLength: 60 });
    const start = fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2027-01-01T00:00:00Z") });
    const offsets = fc.integer({ min: -48, max: 56 }).map((quarters) => quarters * 15 * 60_000);
    fc.assert(
      fc.property(start, steps, offsets, (first, gaps, offset) => {
        const times = [Math.floor(first / 1000) * 1000];
        for (const gap of gaps) times.push(Math.floor(((times.at(-1) ?? first) + gap) / 1000) * 1000);
        // A log whose first lines come late by midnight can't be told from one that begins a day earlier.
        fc.pre(times.every((time) => time + offset >= Math.floor(((times[0] ?? 0) + offset) / DAY) * DAY));
        const stamps = times.map((time) => ({ kind: "time-of-day", ms: (time + offset) % DAY }) as const);
        const firstDay = Math.floor(((times[0] ?? 0) + offset) / DAY) * DAY;
        const clock = new Clock({ day: firstDay, offset, origin: "file-name" });
        expect(stamps.map((stamp) => clock.time(stamp))).toEqual(times);

        const relative = new Clock({ day: 0, offset: 0, origin: "assumed" });
        const undated = stamps.map((stamp) => relative.time(stamp) ?? 0);
        expect(dayFromLastLine(undated.at(-1) ?? 0, times.at(-1) ?? 0, offset)).toBe(firstDay);
        const pairs = times.map((time, index) => [undated[index] ?? 0, time + 400] as const);
        const aligned = alignToPeer(pairs, offset);
        expect(aligned).toEqual({ day: firstDay, offset });
      }),
    );
  });
});

describe("SourceClock", () => {
  it("starts a late container on the day that it is", () => {
    const clock = new SourceClock(named);
    clock.time("a", tod("23:00:00"));
    clock.time("a", tod("01:00:00"));
    expect(clock.time("b", tod("02:00:00"))).toBe(at("2026-01-29T02:00:00Z"));
    expect(clock.time("a", tod("03:00:00"))).toBe(at("2026-01-29T03:00:00Z"));
  });
});

describe("alignToPeer", () => {
  it("says nothing where the logs contradict", () => {
    expect(alignToPeer([], 0)).toBeUndefined();
    expect(
      alignToPeer(
        [
          [0, 1_800_000],
          [0, 9_000_000],
        ],
        0,
      ),
    ).toBeUndefined();
  });
});

describe("dayInName", () => {
  it.each([
    ["openclaw-2026-01-28.log", day],
    ["gateway.log-20260128.gz", day],
    ["clawdbot-2026-01-28.1.log", day],
    ["gateway-123420260128999.log", undefined],
    ["gateway.log", undefined],
    ["x-2026-13-28.log", undefined],
  ])("%s", (name, expected) => {
    expect(dayInName(name)).toBe(expected);
  });
});
