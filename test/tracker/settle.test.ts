/** How sure a verdict is, on what ground, and from which moment on: the borders, to the millisecond. */
import { describe, expect, test } from "vitest";

import { otherNames } from "../../src/tracker/settle.ts";
import {
  agent,
  at,
  dequeue,
  doneLine,
  ends,
  enqueue,
  heartbeat,
  laneError,
  log,
  restartInProcess,
  startLine,
  starts,
  tool,
  up,
  waits,
} from "../helpers/log-lines.ts";
import { clock, runAt, sessionAt, settledAt } from "../helpers/verdicts.ts";

const A = { key: "a", runId: "ra" };
const abort = (time: string, sessionId = "id-a") => at(time, "diagnostic", `aborting run: sessionId=${sessionId}`);
const lockError = (time: string) =>
  laneError(time, "session:a", "Error: session file locked (timeout 10000ms): pid=8 /s/id-a.jsonl.lock");
const lastWords = (time: string) => agent(time, "embedded run prompt end: runId=ra sessionId=id-a durationMs=1");
const stop = (time: string) => at(time, "gateway", "received SIGTERM; shutting down");

const RUNS = log(up("08:00:00"), starts("08:01:00", A));
const CUT = log(RUNS, restartInProcess("08:02:00"));
const registers = at("08:01:00", "diagnostic", "run registered: sessionId=id-a totalActive=1");
const NO_LANES = log(up("08:00:00"), startLine("08:01:00", A));

describe("a run", () => {
  test.each<[string, string, string, string]>([
    ["that ended", log(RUNS, ends("08:01:30", A)), "09:00:00", "completed high line-of-its-end"],
    ["that is at work", RUNS, "08:02:00", "open high no-sign-of-life"],
    ["… in a log that shows no lanes", NO_LANES, "08:02:00", "open medium no-sign-of-life"],
    ["… in one that shows that runs register", log(NO_LANES, registers), "08:02:00", "open high no-sign-of-life"],
    ["… in one that shows lanes", log(NO_LANES, enqueue("08:01:00", "main")), "08:02:00", "open high no-sign-of-life"],
    ["silent for just as long as a run may be", RUNS, "08:12:00", "open high no-sign-of-life"],
    ["… a moment longer", RUNS, "08:12:00.001", "orphaned stall medium silent-too-long holds"],
    ["… in a log that shows no lanes", NO_LANES, "08:12:00.001", "orphaned stall low silent-too-long holds"],
    ["that a restart cut", CUT, "08:02:30", "orphaned restart medium no-sign-of-life holds"],
    ["… at the end of its time", CUT, "08:12:00", "orphaned restart medium no-sign-of-life holds"],
    ["… past it", CUT, "08:12:00.001", "orphaned restart high past-run-timeout holds"],
    [
      "… aborted a moment ago",
      log(CUT, abort("08:03:00")),
      "08:03:29.999",
      "orphaned restart medium no-sign-of-life holds",
    ],
    [
      "… aborted, and nothing followed",
      log(CUT, abort("08:03:00")),
      "08:03:30",
      "orphaned restart high abort-logged holds",
    ],
    [
      "… aborted, and its last words came a moment ago",
      log(CUT, abort("08:02:01"), lastWords("08:02:14")),
      "08:02:43.999",
      "orphaned restart medium no-sign-of-life holds",
    ],
    [
      "… aborted, and nothing followed its last words",
      log(CUT, abort("08:02:01"), lastWords("08:02:14")),
      "08:02:44",
      "orphaned restart high abort-logged holds",
    ],
    [
      "… whose start is not in the log, so that its end may be missing as well",
      log(up("08:00:00"), tool("08:01:00"), restartInProcess("08:02:00")),
      "09:00:00",
      "orphaned restart medium past-run-timeout holds",
    ],
    [
      "whose process was replaced a moment ago",
      log(RUNS, up("08:02:00", 9999)),
      "08:02:14.999",
      "orphaned crash medium process-replaced",
    ],
    [
      "… and whose last lines would be there by now",
      log(RUNS, up("08:02:00", 9999)),
      "08:02:15",
      "orphaned crash high process-replaced",
    ],
    [
      "that is there when the gateway begins to stop",
      log(RUNS, stop("08:02:00")),
      "08:02:30",
      "orphaned stop medium stop-begun",
    ],
    [
      "that a restart cut before the gateway began to stop",
      log(CUT, stop("08:03:00")),
      "08:03:30",
      "orphaned restart medium no-sign-of-life holds",
    ],
  ])("%s", (_, text, now, verdict) => {
    expect(runAt(text, now)).toBe(verdict);
  });

  test("is answered for once a later run of its session ended well, not by one before it", () => {
    const isAnswered = (text: string) =>
      settledAt(text, "08:10:00").runs.find(({ run }) => run.runId === "ra")?.answeredSince;
    const other = { key: "a", runId: "rb" };
    const before = log(up("08:00:00"), starts("08:00:10", other), ends("08:00:20", other), starts("08:01:00", A));
    expect(isAnswered(log(before, up("08:02:00", 9999)))).toBe(false);
    const after = log(before, up("08:02:00", 9999), starts("08:03:00", { ...other, runId: "rc" }));
    expect(isAnswered(after)).toBe(false);
    expect(isAnswered(log(after, ends("08:03:10", { ...other, runId: "rc" })))).toBe(true);
  });
});

describe("a session", () => {
  const four = ["w", "x", "y", "z"].map((key, index) => ({ key, runId: `r${key}`, inMain: index + 1 }));
  const full = log(up("08:00:00"), ...four.map((run) => starts("08:01:00", run)));
  const oneMore = (time: string) => [enqueue(time, "session:a"), dequeue(time, "session:a"), enqueue(time, "main", 5)];
  const taken = log(
    up("08:00:00"),
    starts("08:00:10", { key: "b", runId: "rb" }),
    enqueue("08:01:00", "session:a"),
    dequeue("08:01:05", "session:a"),
  );

  test.each<[string, string, string, string]>([
    ["that nothing holds", log(RUNS, ends("08:01:30", A)), "09:00:00", "free high waiting=0"],
    ["whose run is at work", RUNS, "08:02:00", "busy own-run high waiting=0 session:a"],
    ["… and one message waits", log(RUNS, waits("08:01:30", A)), "08:02:00", "busy own-run high waiting=1 session:a"],
    [
      "… and one message waits in its lane",
      log(RUNS, enqueue("08:01:30", "session:a", 2)),
      "08:02:00",
      "busy own-run high waiting=1 session:a",
    ],
    [
      "whose run ended a moment before its lane is free",
      log(RUNS, doneLine("08:01:30", A)),
      "08:01:30",
      "free high waiting=0",
    ],
    [
      "whose lane is taken by what was there before the log",
      log(up("08:00:00"), starts("08:00:10", { key: "b", runId: "rb" }), enqueue("08:01:00", "session:a", 2)),
      "08:02:00",
      "unknown own-run low waiting=2 session:a",
    ],
    ["whose run a restart cut", CUT, "08:02:30", "blocked own-run medium waiting=0 session:a"],
    ["whose gateway begins to stop", log(CUT, stop("08:03:00")), "08:03:30", "free high waiting=0"],
    ["whose process is gone", log(CUT, up("08:03:00", 9999)), "08:04:00", "free high waiting=0"],
    [
      "that a lock file barred once",
      log(RUNS, lockError("08:01:10")),
      "08:02:00",
      "blocked lock-file medium waiting=0",
    ],
    [
      "… and once more",
      log(RUNS, lockError("08:01:10"), starts("08:01:11", A), lockError("08:01:21")),
      "08:02:00",
      "blocked lock-file high waiting=0",
    ],
    [
      "that waits for a lane full of living runs",
      log(full, oneMore("08:02:00")),
      "08:03:00",
      "busy full-lane medium waiting=1 main",
    ],
    [
      "… of runs that a restart cut and that may be slow",
      log(full, restartInProcess("08:01:30"), oneMore("08:02:00")),
      "08:03:00",
      "blocked full-lane medium waiting=1 main",
    ],
    [
      "… of runs that are dead beyond doubt",
      log(full, restartInProcess("08:01:30"), oneMore("08:02:00")),
      "08:12:30",
      "blocked full-lane high waiting=1 main",
    ],
    [
      "… of runs that are dead, not all of them beyond doubt",
      log(full, restartInProcess("08:01:30"), abort("08:01:40", "id-w"), oneMore("08:02:00")),
      "08:03:00",
      "blocked full-lane medium waiting=1 main",
    ],
    [
      "that waits for lane main, while another lane is full of dead runs",
      log(
        full.replaceAll("lane=main", "lane=cron"),
        restartInProcess("08:01:30"),
        enqueue("08:01:50", "session:c"),
        dequeue("08:01:50", "session:c"),
        enqueue("08:01:50", "cron", 5),
        oneMore("08:02:00"),
      ),
      "08:03:00",
      "busy full-lane medium waiting=1 main",
    ],
    ["whose lane is taken by what the log hides", taken, "08:02:00", "busy own-run low waiting=1 session:a"],
    ["… for just as long as a run may take", taken, "08:12:05", "busy own-run low waiting=1 session:a"],
    ["… a moment longer", taken, "08:12:05.001", "blocked own-run medium waiting=1 session:a"],
    [
      "… across a restart",
      log(taken, restartInProcess("08:01:30")),
      "08:02:00",
      "blocked own-run low waiting=1 session:a",
    ],
  ])("%s", (_, text, now, verdict) => {
    expect(sessionAt(text, now)).toBe(verdict);
  });

  test("of a lane that was full before the log, with one run that is known to be dead: that one decides", () => {
    const text = log(
      CUT,
      enqueue("08:02:20", "session:b"),
      dequeue("08:02:20", "session:b"),
      enqueue("08:02:20", "main", 5),
    );
    expect(sessionAt(text, "08:12:30", "b")).toBe("blocked full-lane high waiting=1 main");
    // A gateway that stops lets nobody in any more.
    expect(settledAt(text, "08:03:00").exhausted).toHaveLength(1);
    expect(settledAt(log(text, stop("08:02:30")), "08:03:00").exhausted).toEqual([]);
  });

  test("with two conversations is held by the one that is at work", () => {
    const turn = (id: string) =>
      at("08:00:30", "diagnostic", `session turn created: runId=x sessionId=${id} sessionKey=a agentId=main`);
    const text = log(up("08:00:00"), turn("id-0"), turn("id-a"), startLine("08:01:00", A));
    expect(sessionAt(text, "08:02:00")).toBe("busy own-run medium waiting=0");
  });

  test("a lane of three dead runs and a living one is full, and as sure as the dead ones are", () => {
    const text = log(full, restartInProcess("08:01:30"), tool("08:11:30", "rw"), oneMore("08:12:00"));
    expect(sessionAt(text, "08:12:30")).toBe("blocked full-lane high waiting=1 main");
  });

  test.each<[string, string, string]>([
    ["a message found a run that began before the log", waits("08:03:00", A), "busy own-run low waiting=1"],
    [
      "… and a restart lies within the log, so the run crossed it",
      log(restartInProcess("08:02:00"), waits("08:03:00", A)),
      "blocked own-run low waiting=1",
    ],
    [
      "… and it was registered after the restart",
      log(
        restartInProcess("08:02:00"),
        at("08:02:30", "diagnostic", "run registered: sessionId=id-a totalActive=1"),
        waits("08:03:00", A),
      ),
      "busy own-run low waiting=1",
    ],
    [
      "… and it was registered before the restart",
      log(
        at("08:01:30", "diagnostic", "run registered: sessionId=id-a totalActive=1"),
        restartInProcess("08:02:00"),
        waits("08:03:00", A),
      ),
      "blocked own-run low waiting=1",
    ],
    ["… and the process is a new one", log(up("08:02:00", 9999), waits("08:03:00", A)), "busy own-run low waiting=1"],
  ])("%s", (_, lines, verdict) => {
    const other = { key: "b", runId: "rb" };
    const text = log(up("08:00:00"), starts("08:00:10", other), ends("08:00:20", other), lines);
    expect(sessionAt(text, "08:04:00", "id-a")).toBe(verdict);
  });

  const queued = (time: string, key: string) =>
    at(
      time,
      "diagnostic",
      `message queued: sessionId=id-${key} sessionKey=${key} source=dispatch queueDepth=1 sessionState=idle`,
    );
  const dispatched = (time: string, key: string) =>
    at(
      time,
      "diagnostic",
      `message dispatch started: channel=webchat sessionId=id-${key} sessionKey=${key} source=replyResolver`,
    );
  const overtaken = log(queued("08:03:00", "a"), queued("08:03:01", "c"), dispatched("08:03:01.500", "c"));

  test.each<[string, string, string, string]>([
    ["nobody overtook it", queued("08:03:00", "a"), "08:09:00", "free high waiting=0"],
    ["overtaken, a moment ago", overtaken, "08:03:01.999", "free high waiting=0"],
    ["overtaken, and not taken up since", overtaken, "08:03:02", "blocked recoveries low waiting=1"],
    ["overtaken, and taken up since", log(overtaken, dispatched("08:03:03", "a")), "08:09:00", "free high waiting=0"],
  ])("a message that is queued and not taken up: %s", (_, lines, now, verdict) => {
    const other = { key: "b", runId: "rb" };
    const text = log(up("08:00:00"), starts("08:00:10", other), ends("08:00:20", other), lines);
    expect(sessionAt(text, now)).toBe(verdict);
  });

  test("since when it is held, how long it has been silent, and since when messages wait", () => {
    const times = (text: string, now: string) => {
      const it = settledAt(text, now).sessions.find(({ key }) => key === "a");
      return it && { since: it.heldSince, silence: it.silenceMs, waiting: it.waitingSince };
    };
    expect(times(log(CUT, waits("08:02:10", A)), "08:02:30")).toEqual({
      since: clock("08:01:00"),
      silence: 90_000,
      waiting: [clock("08:02:10")],
    });
    expect(times(taken, "08:02:05")).toEqual({
      since: clock("08:01:05"),
      silence: 60_000,
      waiting: [clock("08:01:00")],
    });
    expect(times(log(RUNS, lockError("08:01:10")), "08:01:40")).toEqual({
      since: clock("08:01:10"),
      silence: 30_000,
      waiting: [],
    });
    const before = log(up("08:00:00"), enqueue("08:01:00", "session:a", 3));
    expect(times(before, "08:02:00")).toEqual({ since: undefined, silence: undefined, waiting: [clock("08:01:00")] });
    expect(times(log(RUNS, ends("08:01:30", A)), "08:02:00")).toEqual({
      since: undefined,
      silence: undefined,
      waiting: [],
    });
  });

  test("before any run was seen nobody can say that it is free", () => {
    expect(sessionAt(log(up("08:00:00"), waits("08:00:10", A), heartbeat("08:00:20")), "08:01:00", "id-a")).not.toMatch(
      /^free/,
    );
  });

  test("is named by its full key, with its other names", () => {
    expect(otherNames("room")).toEqual(["agent:main:room"]);
    expect(otherNames("agent:main:room")).toEqual(["room"]);
    expect(otherNames("agent:ops:room")).toEqual([]);
    expect(otherNames("my-agent:main:")).toEqual(["agent:main:my-agent:main:"]);
    const named = settledAt(log(RUNS, doneLine("08:01:30", A)), "08:02:00").sessions.map(({ key, aliases }) => [
      key,
      ...aliases,
    ]);
    expect(named).toEqual([["a", "agent:main:a"]]);
    const byId = settledAt(log(up("08:00:00"), startLine("08:01:00", A)), "08:02:00").sessions;
    expect(byId.map(({ key, aliases }) => [key, ...aliases])).toEqual([["id-a"]]);
  });
});
