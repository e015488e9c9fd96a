import { describe, expect, test } from "vitest";

import type { Diagnosis } from "../src/diagnosis.ts";
import { isoTime, timelineOf, type FindingTimeline } from "../src/finding-timeline.ts";
import { at, ends, log, restartInProcess, starts, up, waits } from "./helpers/log-lines.ts";
import { diagnoseLog } from "./helpers/track.ts";

const a = { key: "a", runId: "ra" };
const b = { key: "b", runId: "rb" };

function timelineFor(diagnosis: Diagnosis, runId: string): FindingTimeline {
  const run = diagnosis.settled.runs.find((it) => it.run.runId === runId)?.run;
  const session = run?.sessionId === undefined ? undefined : diagnosis.tracker.sessions.find(run.sessionId);
  return timelineOf(diagnosis.tracker, run, session);
}

const textsOf = ({ timeline }: FindingTimeline): string[] => timeline.map((it) => it.text);

describe("the timeline of a run", () => {
  const text = log(
    up("08:00:00"),
    starts("08:00:01", b),
    ends("08:00:02", b),
    starts("08:00:10", a),
    restartInProcess("08:00:20"),
    waits("08:10:00", a),
    starts("08:20:00", { ...b, runId: "rb2", inMain: 2 }),
    ends("08:20:01", { ...b, runId: "rb2" }),
    waits("08:30:00", a),
  );

  test("has its own lines, its session's and the gateway's, and not those of others", () => {
    const texts = textsOf(timelineFor(diagnoseLog(text), "ra"));
    expect(texts).toContain("run started on p/m");
    expect(texts).toContain("SIGUSR1, gateway restarts");
    expect(texts.filter((it) => it.startsWith("message arrived"))).toHaveLength(2);
    expect(texts.join("\n")).not.toContain("session:b");
  });

  test("begins with its first line and is in the order of the log", () => {
    const { timeline } = timelineFor(diagnoseLog(text), "ra");
    const numbers = timeline.map((it) => it.line);
    expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
    expect(timeline[0]?.time).toBe("2026-01-28T08:00:10.000Z");
    expect(timeline.at(-1)?.time).toBe("2026-01-28T08:30:00.000Z");
  });
});

test("a long story keeps its beginning and its end, and counts what it leaves out", () => {
  const waiting = Array.from({ length: 50 }, (_, i) => waits(`08:${String(i + 10)}:00`, a));
  const { timeline, timelineOmitted } = timelineFor(
    diagnoseLog(log(up("08:00:00"), starts("08:00:10", a), restartInProcess("08:00:20"), waiting)),
    "ra",
  );
  expect(timeline).toHaveLength(32);
  expect(timelineOmitted).toBeGreaterThan(0);
  expect(timeline[0]?.text).toBe("run started on p/m");
  expect(timeline.at(-1)?.time).toBe("2026-01-28T08:59:00.000Z");
});

test("a lost run's story ends when the next process is up", () => {
  const diagnosis = diagnoseLog(
    log(
      up("08:00:00"),
      starts("08:00:10", a),
      up("08:05:00", 4712),
      at("08:10:00", "gateway", "received SIGTERM; shutting down"),
      up("08:20:00", 4713),
    ),
  );
  expect(timelineFor(diagnosis, "ra").timeline.at(-1)?.time).toBe("2026-01-28T08:05:00.000Z");
});

test("a lost run's story has the signal and the boot, also where both are of one second", () => {
  const diagnosis = diagnoseLog(log(up("08:00:00"), starts("08:00:10", a), restartInProcess("08:05:00", 4712)));
  const texts = textsOf(timelineFor(diagnosis, "ra"));
  expect(texts).toContain("SIGUSR1, gateway restarts");
  expect(texts.at(-1)).toBe("gateway up, PID 4712");
});

test("without a run or a session it is what the gateway did", () => {
  const diagnosis = diagnoseLog(log(up("08:00:00"), restartInProcess("08:00:20")));
  expect(textsOf(timelineOf(diagnosis.tracker, undefined, undefined))).toContain("SIGUSR1, gateway restarts");
});

test.each([
  [0, "1970-01-01T00:00:00.000Z"],
  [Date.UTC(2026, 0, 28, 8, 23, 20, 101), "2026-01-28T08:23:20.101Z"],
  [undefined, null],
  [Number.NaN, null],
  [Number.POSITIVE_INFINITY, null],
  [9e15, null],
])("%s ms is %s", (ms, expected) => {
  expect(isoTime(ms)).toBe(expected);
});
