/** What lines of lanes and of sessions tell of runs that they do not name. */
import { describe, expect, test } from "vitest";

import {
  agent,
  at,
  cleared,
  dequeue,
  doneLine,
  ends,
  enqueue,
  laneDone,
  laneError,
  log,
  restartInProcess,
  startLine,
  starts,
  up,
  waits,
} from "../helpers/log-lines.ts";
import { diagnoseLog } from "../helpers/track.ts";
import { clock, runAt, sessionAt, settledAt } from "../helpers/verdicts.ts";

const A = { key: "a", runId: "ra" };
const B = { key: "b", runId: "rb", inMain: 2 };
const promptEnd = (time: string, name: string, runId = `r${name}`) =>
  agent(time, `embedded run prompt end: runId=${runId} sessionId=id-${name} durationMs=1`);
const timeout = (time: string) => agent(time, "embedded run timeout: runId=ra sessionId=id-a timeoutMs=600000");
const failed = (time: string) => agent(time, "embedded run agent end: runId=ra isError=true");
const abort = (time: string, name = "a") => at(time, "diagnostic", `aborting run: sessionId=id-${name}`);
const registered = (time: string, name: string, totalActive = 1) =>
  at(time, "diagnostic", `run registered: sessionId=id-${name} totalActive=${totalActive}`);
const interrupted = (time: string, lane: string) =>
  at(time, "diagnostic", `lane task interrupted: lane=${lane} durationMs=1000 reason="restart"`);
const turn = (time: string, name: string, key = name) =>
  at(time, "diagnostic", `session turn created: runId=x sessionId=id-${name} sessionKey=${key} agentId=main`);
const failover = (time: string, key: string) => laneError(time, `session:${key}`, "FailoverError: 403");
const processed = (time: string, name: string, outcome: string, key = "unknown") =>
  at(
    time,
    "diagnostic",
    `message processed: channel=webchat chatId=unknown messageId=h1 sessionId=id-${name} sessionKey=${key} outcome=${outcome} duration=551ms`,
  );
const stuck = (time: string, key = "agent:main:a") =>
  at(time, "diagnostic", `stuck session: sessionId=id-a sessionKey=${key} state=processing age=121s queueDepth=1`);

const UP = up("08:00:00");
const RUNS = log(UP, starts("08:01:00", A));
const CUT = log(RUNS, restartInProcess("08:02:00"));
const NO_LANES = log(UP, startLine("08:01:00", A));
const stateOf = (text: string, runId = "ra") => runAt(text, "08:04:00", runId).split(" ")[0];

describe("a run whose lane becomes free", () => {
  test.each<[string, string, string]>([
    ["ended well", laneDone("08:01:10", "session:a"), "completed"],
    ["was aborted, if an abort was logged", log(abort("08:01:05"), laneDone("08:01:10", "session:a")), "aborted"],
    ["failed, if its agent did", log(failed("08:01:05"), laneDone("08:01:10", "session:a")), "failed"],
    ["timed out, if that was logged", log(timeout("08:01:05"), laneDone("08:01:10", "session:a")), "timed-out"],
    ["timed out, also with an error", log(timeout("08:01:05"), failover("08:01:10", "a")), "timed-out"],
    [
      "timed out, also with an abort",
      log(timeout("08:01:05"), laneError("08:01:10", "session:a", "This operation was aborted", "AbortError")),
      "timed-out",
    ],
    ["failed with the lane's error", failover("08:01:10", "a"), "failed"],
    ["was aborted where the lane was interrupted", interrupted("08:01:10", "session:a"), "aborted"],
    [
      "is what cleared it told",
      log(abort("08:01:05"), cleared("08:01:06", A), laneDone("08:01:10", "session:a")),
      "aborted",
    ],
    ["is what its own last line told", log(doneLine("08:01:06", A, true), failover("08:01:10", "a")), "aborted"],
  ])("%s", (_, lines, state) => expect(stateOf(log(RUNS, lines))).toBe(state));
});

describe("a run that is cleared, and nothing more", () => {
  test.each<[string, string, string]>([
    ["ended well", "", "completed"],
    ["was aborted, if an abort was logged", abort("08:01:05"), "aborted"],
    ["timed out, if that was logged", timeout("08:01:05"), "timed-out"],
    ["failed, if its agent did", failed("08:01:05"), "failed"],
  ])("%s", (_, lines, state) => expect(stateOf(log(RUNS, lines, cleared("08:01:10", A)))).toBe(state));

  test.each<[string, string, string]>([
    ["among the first lines of the next process", cleared("08:02:15", A), "completed"],
    ["later, by a run of the next process that the log hides", cleared("08:02:15.001", A), "orphaned"],
    ["that the next process registered itself", log(registered("08:02:05", "a"), cleared("08:02:10", A)), "orphaned"],
  ])("of a process that was replaced: %s", (_, lines, state) => {
    expect(stateOf(log(RUNS, up("08:02:00", 9999), lines))).toBe(state);
  });
});

describe("a lane that the log does not show taken", () => {
  test("as its process is replaced: for fifteen seconds it may be the old one's", () => {
    const replaced = log(RUNS, up("08:02:00", 9999));
    expect(stateOf(log(replaced, failover("08:02:15", "a")))).toBe("failed");
    expect(stateOf(log(replaced, failover("08:02:15.001", "a")))).toBe("orphaned");
  });

  test.each<[string, string, string]>([
    ["of the run that was cleared a moment before", failover("08:00:03", "a"), "failed"],
    ["of some other one, when that is longer ago", failover("08:00:03.001", "a"), "completed"],
    ["of that run, where its key is known", log(turn("08:00:02", "a"), failover("08:00:03", "a")), "failed"],
    ["of another session than the run's", log(turn("08:00:02", "a", "x"), failover("08:00:03", "a")), "completed"],
  ])("is %s", (_, lines, state) => {
    expect(stateOf(log(promptEnd("08:00:01", "a"), cleared("08:00:02", A), lines))).toBe(state);
  });

  test("is of no run whose start the log shows", () => {
    expect(stateOf(log(NO_LANES, cleared("08:01:10", A), failover("08:01:10", "b")))).toBe("completed");
  });

  test("is of the one run that was there before the log, and gives that one its key", () => {
    const one = promptEnd("08:01:00", "a");
    expect(stateOf(log(UP, one, failover("08:01:10", "x")))).toBe("failed");
    expect(diagnoseLog(log(UP, one, failover("08:01:10", "x"))).tracker.sessions.keyOf("id-a")).toBe("agent:main:x");
    expect(stateOf(log(UP, one, turn("08:01:05", "a", "b"), failover("08:01:10", "x")))).toBe("open");
    expect(stateOf(log(UP, one, promptEnd("08:01:00", "b"), failover("08:01:10", "x")))).toBe("open");
    const bare = agent("08:01:00", "embedded run agent start: runId=ra");
    expect(stateOf(log(UP, bare, failover("08:01:10", "x")))).toBe("failed");
  });

  test("is of a run that names no session, as far as that goes", () => {
    const bare = agent("08:01:00", "embedded run agent start: runId=ra");
    const { sessions } = diagnoseLog(log(UP, bare, failover("08:01:10", "x"))).tracker;
    expect(sessions.all().map(({ sessionIds }) => [...sessionIds])).toEqual([[]]);
    expect(
      settledAt(log(UP, bare, doneLine("08:01:10", A).replace(" sessionId=id-a", "")), "08:02:00").sessions,
    ).toEqual([]);
  });

  test("is of the run whose key it is, of several that were there before the log: of the oldest", () => {
    const two = log(UP, promptEnd("08:01:00", "a"), promptEnd("08:01:00", "b"), turn("08:01:05", "a"));
    const both = log(two, promptEnd("08:01:06", "a", "ra2"), failover("08:01:10", "a"));
    expect([stateOf(both), stateOf(both, "ra2"), stateOf(both, "rb")]).toEqual(["failed", "open", "open"]);
    const shown = log(UP, turn("08:00:30", "a"), startLine("08:01:00", A), failover("08:01:10", "a"));
    expect(stateOf(shown)).toBe("open");
  });

  test("is barred by a lock file, also in a log that has errors only", () => {
    const locked = laneError(
      "08:01:10",
      "session:a",
      "Error: session file locked (timeout 10000ms): pid=8 /s/id-a.jsonl.lock",
    );
    expect(sessionAt(log(UP, locked), "08:02:00")).toBe("blocked lock-file medium waiting=0");
    expect(sessionAt(log(UP, failover("08:01:10", "a")), "08:02:00")).not.toMatch(/^blocked/);
  });
});

describe("starts that overtook each other are put right by the first lane that becomes free", () => {
  const lanes = (key: string, inMain: number) => [
    enqueue("08:01:00", `session:${key}`),
    dequeue("08:01:00", `session:${key}`),
    enqueue("08:01:00", "main", inMain),
    dequeue("08:01:00", "main"),
  ];
  const taken = log(UP, lanes("a", 1), lanes("b", 2));
  const overtaken = log(taken, startLine("08:01:00", B), startLine("08:01:00", A));
  const inOrder = log(taken, startLine("08:01:00", A), startLine("08:01:00", B));
  const keysOf = (text: string) => {
    const { sessions } = diagnoseLog(text).tracker;
    return [sessions.keyOf("id-a"), sessions.keyOf("id-b")];
  };
  const RIGHT = ["agent:main:a", "agent:main:b"];
  const SWAPPED = RIGHT.toReversed();
  const states = (text: string) => [stateOf(text), stateOf(text, "rb")];

  test("within a second after the end of its run", () => {
    const right = log(overtaken, doneLine("08:01:10", B), laneDone("08:01:11", "session:b"));
    expect([states(right), keysOf(right)]).toEqual([["open", "completed"], RIGHT]);
    const late = log(overtaken, doneLine("08:01:10", B), laneDone("08:01:11.001", "session:b"));
    expect(keysOf(late)).toEqual(SWAPPED);
  });

  test("not where both have ended, in either order", () => {
    const first = log(doneLine("08:01:10", A), doneLine("08:01:10", B));
    const both = log(laneDone("08:01:10", "session:a"), laneDone("08:01:10", "session:b"));
    expect(keysOf(log(inOrder, first, both))).toEqual(RIGHT);
    const cleanedUp = agent("08:01:10", "run cleanup: runId=ra sessionId=id-a aborted=true timedOut=false");
    const text = log(inOrder, cleanedUp, doneLine("08:01:10", B), both);
    expect([states(text), keysOf(text)]).toEqual([["aborted", "completed"], RIGHT]);
  });

  test("not by a lane that becomes free with an error: a run that told its end had none", () => {
    expect(states(log(inOrder, doneLine("08:01:10", A), failover("08:01:10", "b")))).toEqual(["completed", "failed"]);
  });

  test("not by the lane of another run that had become free before", () => {
    const text = log(
      inOrder,
      doneLine("08:01:10", B),
      laneDone("08:01:10", "session:b"),
      laneDone("08:01:10", "session:a"),
    );
    expect([states(text), keysOf(text)]).toEqual([["completed", "completed"], RIGHT]);
  });

  test("not where lines told the keys", () => {
    const told = log(turn("08:01:05", "a"), turn("08:01:05", "b"));
    const text = log(inOrder, told, doneLine("08:01:10", B), laneDone("08:01:10", "session:a"));
    expect([states(text), keysOf(text)]).toEqual([["completed", "completed"], RIGHT]);
  });

  test("not by the end of a run without a lane, nor where no run told an end", () => {
    const before = log(promptEnd("08:00:30", "c"), inOrder, doneLine("08:01:10", { key: "c", runId: "rc" }));
    expect(stateOf(log(before, laneDone("08:01:10", "session:a")))).toBe("completed");
    expect(stateOf(log(inOrder, laneDone("08:01:10", "session:a")))).toBe("completed");
  });

  test("also where the other lane's run is not known", () => {
    const text = log(taken, startLine("08:01:00", B), doneLine("08:01:10", B), laneDone("08:01:10", "session:b"));
    expect(diagnoseLog(text).tracker.sessions.keyOf("id-b")).toBe("agent:main:b");
    expect([sessionAt(text, "08:02:00", "a"), sessionAt(text, "08:02:00", "b")]).toEqual([
      "busy own-run low waiting=1 session:a",
      "free high waiting=0",
    ]);
  });
});

describe("a run that registers", () => {
  test("as the only one at work shows that those that were cut are gone", () => {
    const other = log(CUT, registered("08:03:00", "b"));
    expect(runAt(other, "08:03:05")).toBe("orphaned restart medium process-replaced");
    expect(sessionAt(other, "08:03:05")).toBe("free high waiting=0");
    expect(runAt(log(CUT, registered("08:03:00", "b", 2)), "08:03:05")).toBe(
      "orphaned restart medium no-sign-of-life holds",
    );
    // One that registers again is not gone by that.
    expect(runAt(log(CUT, registered("08:03:00", "a")), "08:03:05")).toBe(
      "orphaned restart medium no-sign-of-life holds",
    );
  });

  test("… from lane main as well", () => {
    const four = ["w", "x", "y", "z"].map((key, index) => ({ key, runId: `r${key}`, inMain: index + 1 }));
    const full = log(UP, ...four.map((run) => starts("08:01:00", run)), restartInProcess("08:02:00"));
    const text = log(
      full,
      registered("08:03:00", "b"),
      enqueue("08:03:10", "session:c"),
      dequeue("08:03:10", "session:c"),
    );
    const exhausted = (lines: string) => settledAt(log(text, lines), "08:04:00").exhausted;
    expect(exhausted(enqueue("08:03:10", "main", 1))).toEqual([]);
    const c = { key: "c", runId: "rc" };
    expect(
      runAt(
        log(text, enqueue("08:03:10", "main"), dequeue("08:03:10", "main"), startLine("08:03:10", c)),
        "08:04:00",
        "rc",
      ),
    ).toBe("open high no-sign-of-life");
    expect(diagnoseLog(text).tracker.process?.lanes.holds("main")).toBe(false);
  });

  test("without a start, the log hides it: its task is no other run's", () => {
    const known = log(RUNS, ends("08:01:10", A));
    const task = [
      enqueue("08:02:00", "session:a"),
      dequeue("08:02:00", "session:a"),
      enqueue("08:02:00", "main"),
      dequeue("08:02:00", "main"),
    ];
    const holderOf = (lines: string) => settledAt(log(known, task, lines), "08:03:00").sessions[0]?.holder?.run.runId;
    const bare = agent("08:02:01", "embedded run start: runId=rx");
    expect(holderOf(bare)).toBe("rx");
    expect(holderOf(log(registered("08:02:00", "a"), bare))).toBeUndefined();
  });

  test("of very many, the newest are remembered", () => {
    const { tracker } = diagnoseLog(
      log(UP, ...Array.from({ length: 20_001 }, (_, index) => registered("08:00:01", `${index}`, 9))),
    );
    const known = tracker.process?.registered;
    expect([known?.size, known?.has("id-20000"), known?.has("id-10000"), known?.has("id-9999")]).toEqual([
      10_001,
      true,
      true,
      false,
    ]);
  });
});

describe("a session that a message found at work, and whose run began before the log", () => {
  const seen = log(UP, starts("08:00:10", B), ends("08:00:20", B), waits("08:03:00", A));
  const crossed = log(
    UP,
    starts("08:00:10", B),
    ends("08:00:20", B),
    restartInProcess("08:02:00"),
    waits("08:03:00", A),
  );

  test("is so still once a line tells its key", () => {
    expect(sessionAt(log(seen, stuck("08:03:30")), "08:04:00")).toBe("busy own-run low waiting=1");
    expect(sessionAt(log(crossed, stuck("08:03:30")), "08:04:00")).toBe("blocked own-run low waiting=1");
    expect(sessionAt(log(crossed, turn("08:03:30", "a")), "08:04:00")).toBe("blocked own-run low waiting=1");
    // … and its new process frees it.
    expect(sessionAt(log(crossed, stuck("08:03:30"), up("08:03:40", 9999)), "08:04:00")).toBe("free high waiting=0");
  });

  test("is free once that run is cleared", () => {
    expect(sessionAt(log(seen, cleared("08:03:30", A)), "08:04:00", "id-a")).toBe("free high waiting=0");
  });

  test("is not found by a warning that names no session", () => {
    const nobody = "stuck session: sessionId=unknown sessionKey=unknown state=processing age=121s queueDepth=1";
    const keys = settledAt(log(seen, at("08:03:30", "diagnostic", nobody)), "08:04:00").sessions.map(({ key }) => key);
    expect(keys).toEqual(["b", "id-a"]);
  });
});

describe("messages", () => {
  test("that wait are those that came while the run was at work", () => {
    const waiting = log(RUNS, waits("08:01:10", A), waits("08:01:11", A), waits("08:01:12.001", A));
    expect(sessionAt(waiting, "08:02:00")).toBe("busy own-run high waiting=2 session:a");
    expect(sessionAt(log(waiting, processed("08:01:20", "a", "queued")), "08:02:00")).toMatch(/ waiting=1 /);
    const next = { key: "a", runId: "rc", inMain: 1 };
    expect(sessionAt(log(waiting, ends("08:01:20", A), starts("08:01:30", next)), "08:02:00")).toMatch(/ waiting=0 /);
    const byLane = log(waiting, laneDone("08:01:20", "session:a"), starts("08:01:30", next));
    expect(sessionAt(byLane, "08:02:00")).toMatch(/ waiting=0 /);
  });

  test("of a run that ended wait no more, also where they were the only sign of it", () => {
    const other = log(UP, starts("08:00:10", B), ends("08:00:20", B));
    const seen = log(other, startLine("08:01:00", A), waits("08:01:10", A), doneLine("08:01:20", A));
    expect(sessionAt(seen, "08:02:00", "id-a")).toBe("free high waiting=0");
  });

  test("that an id alone names are dropped by a restart once its key is told", () => {
    const byId = at("08:01:10", "diagnostic", "message queued: sessionId=id-a sessionKey=unknown source=dispatch");
    const overtakes = log(
      at("08:02:30", "diagnostic", "message queued: sessionId=id-c sessionKey=c source=dispatch"),
      at("08:02:30", "diagnostic", "message dispatch started: channel=w sessionId=id-c sessionKey=c source=x"),
    );
    const text = log(UP, starts("08:00:10", B), ends("08:00:20", B), byId, turn("08:01:20", "a"));
    expect(sessionAt(log(text, overtakes), "08:03:00")).toBe("blocked recoveries low waiting=1");
    expect(sessionAt(log(text, restartInProcess("08:02:00"), overtakes), "08:03:00")).toBe("free high waiting=0");
  });

  test("that an id alone names are its session's once its key is told", () => {
    const text = log(NO_LANES, waits("08:01:10", A), turn("08:01:20", "a"));
    expect(sessionAt(text, "08:02:00")).toBe("busy own-run medium waiting=1");
    expect(sessionAt(log(text, up("08:01:30", 9999)), "08:02:00")).toBe("free high waiting=0");
  });

  test.each<[string, string, boolean]>([
    ["that was answered", processed("08:03:00", "a", "completed"), true],
    ["… by the session's key", processed("08:03:00", "other", "completed", "a"), true],
    ["that was not", processed("08:03:00", "a", "error"), false],
    ["of another session", processed("08:03:00", "b", "completed"), false],
    ["of no session", processed("08:03:00", "a", "completed").replace("id-a", "unknown"), false],
  ])("%s after a run was lost", (_, line, isAnswered) => {
    const runs = settledAt(log(RUNS, up("08:02:00", 9999), line), "08:04:00").runs;
    expect(runs.map(({ answeredSince }) => answeredSince)).toEqual([isAnswered]);
  });
});

describe("what a log shows", () => {
  test.each<[string, string[]]>([
    ["lanes", [enqueue("08:01:00", "session:a"), dequeue("08:01:00", "session:a"), laneDone("08:01:10", "session:a")]],
    ["registered runs", [registered("08:01:00", "a"), turn("08:01:00", "a"), cleared("08:01:10", A)]],
  ])("a session is free where it shows %s", (_, lines) => {
    expect(sessionAt(log(UP, ...lines), "08:02:00")).toBe("free high waiting=0");
  });

  test("and nobody knows where it shows neither", () => {
    expect(sessionAt(log(UP, turn("08:01:00", "a")), "08:02:00")).toMatch(/^unknown/);
  });

  test("the gateway's own warnings stand in a session's timeline", () => {
    const failedAbort = at("08:03:00", "diagnostic", "abort failed: sessionId=id-a reason=no_active_run");
    const text = log(CUT, stuck("08:02:50"), failedAbort, stuck("08:03:10", "unknown"));
    const session = diagnoseLog(text).tracker.sessions.find("id-a");
    expect(session?.timeline?.items.map(({ time }) => time)).toEqual([
      clock("08:02:50"),
      clock("08:03:00"),
      clock("08:03:10"),
    ]);
  });

  test("a note of a run that is not known is no run", () => {
    const note = "Removed orphaned user message to prevent consecutive user turns. runId=rx sessionId=id-x";
    expect(settledAt(log(UP, agent("08:01:00", note)), "08:02:00").runs).toEqual([]);
  });
});

/** As people write it into an issue: with no lanes, and words of their own. */
describe("a timeline by hand", () => {
  const written = (time: string, words: string) => `2026-01-28T${time}Z - ${words}`;
  const start = (time: string, id: string) => written(time, `embedded run start: runId=${id}...`);

  test("an abort that names nobody is the only run's", () => {
    const one = log(
      start("08:01:00", "12cbe357"),
      written("08:01:30", "SIGUSR1 received, gateway restarting"),
      written("08:01:40", "AbortError: This operation was aborted"),
      written("08:01:41", "Gateway back up"),
    );
    const two = log(start("08:01:00", "ffffffff"), one);
    const abortOf = (text: string, runId = "12cbe357") =>
      diagnoseLog(text).settled.runs.find(({ run }) => run.runId === runId)?.run.abortLoggedAt;
    expect(abortOf(one)).toBe(clock("08:01:40"));
    expect([abortOf(two), abortOf(two, "ffffffff")]).toEqual([undefined, undefined]);
    expect(diagnoseLog(written("08:01:40", "AbortError: This operation was aborted")).settled.runs).toEqual([]);
    expect(diagnoseLog(one).tracker.gateway.timeline.map(({ event }) => event.kind)).toContain("abort-error");
  });
});
