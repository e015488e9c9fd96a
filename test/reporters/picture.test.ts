import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { firstAfter, firstBelow, layOut } from "../../page/layout.ts";
import { stepFrom } from "../../page/keys.ts";
import { storyOf } from "../../page/story.ts";
import { packData, unpackData } from "../../src/reporters/html/data.ts";
import { STATES_BY_WEIGHT } from "../../src/reporters/picture/model.ts";
import type { Bar, Picture } from "../../src/reporters/picture/model.ts";
import { pictureOf } from "../../src/reporters/picture/picture.ts";
import type { PictureOptions } from "../../src/reporters/picture/picture.ts";
import { layTracks } from "../../src/reporters/picture/tracks.ts";
import { manyRuns } from "../page/reports.ts";
import { aReport, aRun, aSession, SAMPLES } from "./sample-reports.ts";

const ALL: PictureOptions = { since: null, until: null, mostRuns: 1000 };

function picture(values: Parameters<typeof aReport>[0], options = ALL): Picture {
  const made = pictureOf(aReport(values), options);
  if (!made) throw new Error("no picture");
  return made;
}

const at = (time: string): number => Date.parse(`2026-01-28T${time}Z`);

describe("what a run is drawn as", () => {
  const bar = (values: Parameters<typeof aRun>[0]): Bar => {
    const [row] = picture({ runs: [aRun(values)] }).rows;
    if (!row?.bars[0]) throw new Error("no bar");
    return row.bars[0];
  };

  test("one that ended: from its queue to its end", () => {
    expect(bar({ state: "completed", cause: null, endedAt: "2026-01-28T07:24:00Z" })).toMatchObject({
      queuedAt: at("07:23:19.500"),
      from: at("07:23:20"),
      to: at("07:24:00"),
      silentTo: null,
      goesOn: false,
    });
  });

  test("one that holds its session: silent up to the end of the log", () => {
    expect(bar({})).toMatchObject({ to: at("07:23:33"), silentTo: at("08:10:15"), goesOn: true });
  });

  test("one whose process is gone: silent up to then", () => {
    expect(bar({ goneAt: "2026-01-28T07:30:00Z" })).toMatchObject({ silentTo: at("07:30:00"), goesOn: false });
  });

  test("one that began before the log", () => {
    expect(bar({ startedAt: null, queuedAt: null })).toMatchObject({ from: at("07:23:33"), startUnseen: true });
  });

  test("one without any time is counted, and has no place", () => {
    const made = picture({ runs: [aRun({ startedAt: null, lastSeenAt: null, queuedAt: null })] });
    expect(made.rows.flatMap((row) => row.bars)).toEqual([]);
    expect(made.undated).toBe(1);
  });
});

test("nothing has a time: no picture", () => {
  expect(pictureOf(aReport({ window: { from: null, to: null } }), ALL)).toBeNull();
});

test("a session that only the state dir tells of is drawn from when it was held", () => {
  const session = aSession({ state: "blocked", heldSince: "2026-01-28T07:00:00Z", silenceMs: 600_000 });
  const made = picture({ window: { from: null, to: null }, gateways: [], sessions: [session] });
  expect(made).toMatchObject({ from: at("07:00:00"), to: at("07:10:00"), rows: [{ name: "main" }] });
});

test("--since and --until cut the picture, and not beyond the log's end", () => {
  const options = { ...ALL, since: at("07:00:00"), until: at("23:00:00") };
  expect(picture({}, options)).toMatchObject({ from: at("07:00:00"), to: at("08:10:15") });
  expect(picture({}, { ...options, until: at("07:30:00") }).to).toBe(at("07:30:00"));
});

test("sessions in trouble come first", () => {
  const sessions = [
    aSession({ sessionKey: "fine" }),
    aSession({ sessionKey: "at work", state: "busy" }),
    aSession({ sessionKey: "late", state: "blocked", heldSince: "2026-01-28T07:40:00Z" }),
    aSession({ sessionKey: "early", state: "blocked", heldSince: "2026-01-28T07:20:00Z" }),
    aSession({ sessionKey: "odd" }),
  ].map((it) => ({ ...it, aliases: [], sessionIds: [] }));
  const runs = [aRun({ sessionKey: "odd", sessionId: null, goneAt: "2026-01-28T07:30:00Z" })];
  expect(picture({ sessions, runs }).rows.map((row) => row.name)).toEqual(["early", "late", "at work", "odd", "fine"]);
});

test("a run finds its session by any name, and two gateways' sessions stay apart", () => {
  const [life] = aReport().gateways;
  if (!life) throw new Error("no life");
  const made = picture({
    gateways: [
      { ...life, endedBy: null },
      { ...life, index: 1, log: 1, product: "openclaw", version: null, endedBy: null },
    ],
    sessions: [aSession({ gateway: 0 }), aSession({ gateway: 1, sessionIds: [] })],
    runs: [
      aRun({ gateway: 0, sessionKey: "agent:main:main" }),
      aRun({ gateway: 0, sessionKey: null }),
      aRun({ gateway: 1 }),
      aRun({ gateway: 1, sessionKey: null, sessionId: null }),
    ],
  });
  expect(made.rows.map((row) => [row.log, row.name, row.bars.length])).toEqual([
    [0, "main", 2],
    [1, "(session not known)", 1],
    [1, "main", 1],
  ]);
  expect(made.logs.map((it) => it.name)).toEqual(["clawdbot 2026.1.24-3", "openclaw"]);
});

describe("marks", () => {
  const [life] = aReport().gateways;
  const marks = (...lives: object[]) =>
    picture({
      gateways: lives.map((it, index) => ({ ...life, index, ...it }) as NonNullable<typeof life>),
    }).marks.map((it) => it.kind);

  test("a restart and the start after it are one event, a stop and a start are two", () => {
    expect(
      marks(
        { endedBy: "in-process-restart" },
        { startedBy: "in-process-restart", endedBy: "crash" },
        { endedBy: "stop" },
        { endedBy: null, endedAt: null },
      ),
    ).toEqual(["start", "in-process-restart", "crash", "stop", "start"]);
  });

  test("a log that begins while the gateway runs shows no start", () => {
    expect(marks({ startedBy: "unknown", endedBy: null, endedAt: null })).toEqual([]);
  });
});

describe("too many runs", () => {
  const report = manyRuns(3000, 20);
  const made = pictureOf(report, { ...ALL, mostRuns: 1000 });
  const bars = made?.rows.flatMap((row) => row.bars) ?? [];

  test("what did not end well is all there, of the rest the newest", () => {
    const isBad = (it: { state: string }) => it.state !== "completed";
    expect(bars).toHaveLength(1000);
    expect(bars.filter(isBad)).toHaveLength(report.runs.filter(isBad).length);
    const oldest = Math.min(...bars.filter((it) => !isBad(it)).map((it) => it.from));
    expect(made?.leftOut).toEqual({ runs: 2000, before: oldest });
  });

  test("nothing is left out below the limit", () => {
    expect(pictureOf(report, { ...ALL, mostRuns: 3000 })?.leftOut).toBeNull();
  });
});

test("on one line nothing overlaps, up to the last line that takes the rest", () => {
  const spans = fc.array(fc.tuple(fc.nat(1000), fc.nat(100)).map(([from, length]) => ({ from, to: from + length })));
  fc.assert(
    fc.property(spans, (some) => {
      const sorted = some.toSorted((a, b) => a.from - b.from);
      const { track, tracks } = layTracks(sorted);
      expect(Math.max(0, ...track)).toBeLessThan(tracks);
      for (const [index, span] of sorted.entries()) {
        const before = sorted.slice(0, index).filter((_, other) => track[other] === track[index]);
        if (track[index] !== 7) expect(before.every((it) => it.to <= span.from)).toBe(true);
      }
    }),
  );
});

test.each(Object.entries(SAMPLES))("the page unpacks what was packed: %s", (_, report) => {
  const data = {
    tool: "t",
    verdict: report.verdict,
    label: "l",
    sentences: ["s"],
    read: "r",
    timeZone: "UTC",
    picture: pictureOf(report, ALL),
    findings: report.findings,
  };
  expect(unpackData(JSON.parse(JSON.stringify(packData(data))))).toEqual(JSON.parse(JSON.stringify(data)));
});

describe("on the page", () => {
  const made = pictureOf(manyRuns(2000, 30), { ...ALL, mostRuns: 5000 });
  if (!made) throw new Error("no picture");
  const everything = { states: new Set(STATES_BY_WEIGHT), search: "" };

  test("rows follow each other without a gap, and each is found by its place", () => {
    const { rows, height } = layOut(made, everything);
    for (const [index, line] of rows.entries()) {
      expect(firstBelow(rows, line.top)).toBe(index);
      expect(firstBelow(rows, line.top + line.height - 1)).toBe(index);
    }
    expect(rows.at(-1)).toMatchObject({ top: height - (rows.at(-1)?.height ?? 0) });
  });

  test("drawing may begin at the first bar that is not over", () => {
    for (const { tracks } of layOut(made, everything).rows) {
      for (const bars of tracks.slice(0, 7)) {
        const time = bars[Math.floor(bars.length / 2)]?.from ?? 0;
        expect(firstAfter(bars, time)).toBe(bars.findIndex((bar) => (bar.silentTo ?? bar.to) >= time));
      }
    }
  });

  test("a filter leaves what it names", () => {
    const { rows } = layOut(made, { states: new Set(["failed"] as const), search: "ROOM-1" });
    expect(rows.every((line) => line.row.name.startsWith("room-1"))).toBe(true);
    expect(new Set(rows.flatMap((line) => line.bars).map((bar) => bar.state))).toEqual(new Set(["failed"]));
  });

  test("a blocked session without a run of its own is not filtered away", () => {
    const [session] = [aSession({ state: "blocked", waitsFor: "full-lane" })];
    const { rows } = layOut(picture({ sessions: [session] }), { states: new Set(["failed"] as const), search: "" });
    expect(rows).toHaveLength(1);
  });

  test("keys walk through all that did not end well, there and back", () => {
    const { rows } = layOut(made, everything);
    const bad = rows.flatMap((line) => line.bars).filter((bar) => bar.state !== "completed");
    const walked: (Bar | null)[] = [];
    for (let bar = stepFrom(rows, null, "next-bad"); walked.at(-1) !== bar; bar = stepFrom(rows, bar, "next-bad")) {
      walked.push(bar);
    }
    expect(walked).toEqual(bad);
    const last = walked.at(-1) ?? null;
    expect(stepFrom(rows, last, "previous-bad")).toBe(bad.at(-2));
    expect(stepFrom(rows, null, "previous-bad")).toBe(bad.at(-1));
    const [first] = rows;
    expect(stepFrom(rows, first?.bars[1] ?? null, "left")).toBe(first?.bars[0]);
    expect(stepFrom(rows, first?.bars[0] ?? null, "left")).toBe(first?.bars[0]);
    expect(stepFrom(rows, first?.bars[0] ?? null, "last")).toBe(first?.bars.at(-1));
    expect(rows[1]?.bars).toContain(stepFrom(rows, first?.bars[0] ?? null, "down"));
    expect(stepFrom([], null, "down")).toBeNull();
  });

  test("a run without lines of evidence is told by its moments, restarts among them", () => {
    const made = picture({ runs: [aRun({ startedAt: "2026-01-28T07:23:20Z", lastSeenAt: "2026-01-28T07:40:00Z" })] });
    const [row] = made.rows;
    if (!row?.bars[0]) throw new Error("no bar");
    expect(storyOf(row.bars[0], row, made, []).map((it) => it.text)).toEqual([
      "message queued",
      "run started on anthropic/claude",
      "gateway restarts in the same process",
      "last line of the run",
      "end of log",
    ]);
  });
});
