import { describe, expect, test } from "vitest";

import {
  at,
  cleared,
  dequeue,
  doneLine,
  ends,
  enqueue,
  heartbeat,
  laneDone,
  laneError,
  log,
  restartInProcess,
  startLine,
  starts,
  up,
  waits,
} from "../helpers/log-lines.ts";
import { diagnoseLog, statesOf } from "../helpers/track.ts";

const a = { key: "a", runId: "ra" };
const b = { key: "b", runId: "rb" };

interface Case {
  readonly name: string;
  readonly log: string;
  readonly expect: Record<string, string>;
}

const ONE_PROCESS: Case[] = [
  {
    name: "a run that ends well",
    log: log(up("08:00:00"), starts("08:00:01", a), ends("08:00:02", a)),
    expect: { ra: "completed", "session a": "free" },
  },
  {
    name: "a run that is still at work when the log ends",
    log: log(up("08:00:00"), starts("08:00:01", a), heartbeat("08:05:00")),
    expect: { ra: "open", "session a": "busy" },
  },
  {
    name: "an abort with its done line",
    log: log(up("08:00:00"), starts("08:00:01", a), ends("08:00:02", a, true)),
    expect: { ra: "aborted", "session a": "free" },
  },
  {
    name: "an abort without a done line (9.x)",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at("08:00:02", "agent/embedded", "run cleanup: runId=ra sessionId=id-a aborted=true timedOut=false"),
      laneError("08:00:02", "main", "This operation was aborted", "AbortError"),
      laneError("08:00:02", "session:a", "This operation was aborted", "AbortError"),
      cleared("08:00:02", a),
    ),
    expect: { ra: "aborted", "session a": "free" },
  },
  {
    name: "an abort by a person that 5.28 calls timed out",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at("08:00:02", "agent/embedded", "run cleanup: runId=ra sessionId=id-a aborted=true timedOut=true"),
      laneError("08:00:02", "session:a", "This operation was aborted", "AbortError"),
    ),
    expect: { ra: "aborted", "session a": "free" },
  },
  {
    name: "an abort that only the lane tells",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      laneError("08:00:02", "session:a", "agent run aborted for restart", "AbortError"),
    ),
    expect: { ra: "aborted", "session a": "free" },
  },
  {
    name: "a run timeout",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at("08:10:01", "agent/embedded", "embedded run timeout: runId=ra sessionId=id-a timeoutMs=600000"),
      ends("08:10:02", a, true),
    ),
    expect: { ra: "timed-out", "session a": "free" },
  },
  {
    name: "an error that fails over under the same runId and succeeds",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      cleared("08:00:02", a),
      laneError("08:00:02", "main", "FailoverError: 403"),
      laneError("08:00:02", "session:a", "FailoverError: 403"),
      starts("08:00:03", a),
      ends("08:00:04", a),
    ),
    expect: { ra: "completed", "session a": "free" },
  },
  {
    name: "an error on every model: there is never a done line",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      laneError("08:00:02", "session:a", "FailoverError: 403"),
      starts("08:00:03", a),
      laneError("08:00:04", "session:a", "FailoverError: 403"),
    ),
    expect: { ra: "failed", "session a": "free" },
  },
  {
    name: "an error that logs done aborted=false after isError=true (2.26, 3.31)",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at("08:00:02", "agent/embedded", "embedded run agent end: runId=ra isError=true"),
      ends("08:00:02", a),
    ),
    expect: { ra: "failed", "session a": "free" },
  },
  {
    name: "an error of one attempt does not stick to the next one",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at("08:00:02", "agent/embedded", "embedded run agent end: runId=ra isError=true"),
      at("08:00:03", "agent/embedded", "embedded run agent start: runId=ra"),
      at("08:00:04", "agent/embedded", "embedded run agent end: runId=ra isError=false"),
      ends("08:00:04", a),
    ),
    expect: { ra: "completed", "session a": "free" },
  },
  {
    name: "interleaved sessions, their lane lines before both starts",
    log: log(
      up("08:00:00"),
      ...["a", "b"].map((key, n) => [
        enqueue("08:00:01", `session:${key}`),
        dequeue("08:00:01", `session:${key}`),
        enqueue("08:00:01", "main", n + 1),
        dequeue("08:00:01", "main"),
      ]),
      startLine("08:00:01", a),
      startLine("08:00:01", b),
      doneLine("08:00:02", a),
      laneDone("08:00:02", "main"),
      laneDone("08:00:02", "session:a"),
    ),
    expect: { ra: "completed", rb: "open", "session a": "free", "session b": "busy" },
  },
  {
    name: "starts that overtook each other are put right by the first end",
    log: log(
      up("08:00:00"),
      ...["a", "b"].map((key, n) => [
        enqueue("08:00:01", `session:${key}`),
        dequeue("08:00:01", `session:${key}`),
        enqueue("08:00:01", "main", n + 1),
        dequeue("08:00:01", "main"),
      ]),
      startLine("08:00:01", b),
      startLine("08:00:01", a),
      doneLine("08:00:02", b),
      laneDone("08:00:02", "main"),
      laneDone("08:00:02", "session:b"),
    ),
    expect: { ra: "open", rb: "completed", "session a": "busy", "session b": "free" },
  },
  {
    name: "run lines inside a chat text are no runs",
    log: log(
      up("08:00:00"),
      at("08:00:01", "ws", "← chat embedded run start: runId=evil sessionId=x"),
      at(
        "08:00:01",
        "whatsapp",
        "embedded run start: runId=evil2 sessionId=x provider=p model=m thinking=off messageChannel=w",
      ),
      starts("08:00:01", a),
      at("08:00:01", "agent/other", "embedded run done: runId=ra sessionId=id-a durationMs=1 aborted=false"),
    ),
    expect: { ra: "open", "session a": "busy" },
  },
  {
    name: "runIds and session keys are any text",
    log: log(
      up("08:00:00"),
      starts("08:00:01", { key: "my room = 1", runId: "hello world sessionId", sessionId: "s1" }),
      ends("08:00:02", { key: "my room = 1", runId: "hello world sessionId", sessionId: "s1" }),
    ),
    expect: { "hello world sessionId": "completed", "session my room = 1": "free" },
  },
  {
    name: "two sessions that use the same runId",
    log: log(
      up("08:00:00"),
      starts("08:00:01", { key: "a", runId: "1" }),
      starts("08:00:01", { key: "b", runId: "1", inMain: 2 }),
      ends("08:00:02", { key: "b", runId: "1" }),
    ),
    // Both share a name; the one that is listed last is session b's.
    expect: { "1": "completed", "session a": "busy", "session b": "free" },
  },
  {
    name: "a run of the gateway's own check",
    log: log(
      up("08:00:00"),
      starts("08:00:01", { key: "a", runId: "probe-1" }),
      ends("08:00:02", { key: "a", runId: "probe-1" }),
    ),
    expect: { "probe-1": "completed", "session a": "free" },
  },
  {
    name: "a log that begins in the middle of a run",
    log: log(doneLine("08:00:02", a), laneDone("08:00:02", "main"), laneDone("08:00:02", "session:a")),
    expect: { ra: "completed", "session id-a": "free" },
  },
  {
    name: "a log that begins in the middle of a run that fails",
    log: log(
      at("08:00:02", "agent/embedded", "embedded run prompt end: runId=ra sessionId=id-a durationMs=5"),
      cleared("08:00:02", a),
      laneError("08:00:02", "main", "FailoverError: 403"),
      laneError("08:00:02", "session:a", "FailoverError: 403"),
    ),
    expect: { ra: "failed", "session a": "free" },
  },
  {
    name: "one session under its short and its full key",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at(
        "08:00:01",
        "diagnostic",
        'session state: sessionId=id-a sessionKey=agent:main:a prev=idle new=processing reason="run_started" queueDepth=0',
      ),
    ),
    expect: { ra: "open", "session agent:main:a": "busy" },
  },
  {
    name: "a silence past the run timeout, with no restart",
    log: log(up("08:00:00"), starts("08:00:01", a), heartbeat("08:11:30")),
    expect: { ra: "orphaned:stall", "session a": "blocked" },
  },
  {
    name: "a gateway's own stuck session warning proves nothing",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at(
        "08:02:01",
        "diagnostic",
        "stuck session: sessionId=id-a sessionKey=unknown state=processing age=121s queueDepth=1",
      ),
      heartbeat("08:04:00"),
    ),
    expect: { ra: "open", "session a": "busy" },
  },
];

const RESTARTS: Case[] = [
  {
    name: "a run cut off by an in-process restart",
    log: log(up("08:00:00"), starts("08:00:01", a), restartInProcess("08:00:05"), waits("08:01:00", a)),
    expect: { ra: "orphaned:restart", "session a": "blocked" },
  },
  {
    name: "a slow run that shows life after the restart",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      restartInProcess("08:00:05"),
      at("08:00:09", "agent/embedded", "embedded run tool start: runId=ra tool=exec toolCallId=c1"),
      heartbeat("08:01:00"),
    ),
    expect: { ra: "open", "session a": "busy" },
  },
  {
    name: "the last words of a run that the restart cut off are no sign of life",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at("08:00:05", "gateway", "received SIGUSR1; restarting"),
      at("08:00:06", "gateway", "restart mode: in-process restart (OPENCLAW_NO_RESPAWN)"),
      at("08:00:06", "agent/embedded", "embedded run prompt end: runId=ra sessionId=id-a durationMs=5000"),
      up("08:00:07"),
    ),
    expect: { ra: "orphaned:restart", "session a": "blocked" },
  },
  {
    name: "a slow run that ends well after the restart",
    log: log(up("08:00:00"), starts("08:00:01", a), restartInProcess("08:00:05"), ends("08:00:20", a)),
    expect: { ra: "completed", "session a": "free" },
  },
  {
    name: "an orphan that is aborted by hand",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      restartInProcess("08:00:05"),
      at("08:01:00", "diagnostic", "aborting run: sessionId=id-a"),
      ends("08:01:00", a, true),
    ),
    expect: { ra: "aborted", "session a": "free" },
  },
  {
    name: "a crash: another PID",
    log: log(up("08:00:00"), starts("08:00:01", a), up("08:00:30", 4799)),
    expect: { ra: "orphaned:crash", "session a": "free" },
  },
  {
    name: "a crash in a container: the same PID, and no restart before it",
    log: log(up("08:00:00", 1), starts("08:00:01", a), up("08:00:30", 1)),
    expect: { ra: "orphaned:crash", "session a": "free" },
  },
  {
    name: "an in-process restart in a container",
    log: log(up("08:00:00", 1), starts("08:00:01", a), restartInProcess("08:00:05", 1)),
    expect: { ra: "orphaned:restart", "session a": "blocked" },
  },
  {
    name: "a crash right after SIGUSR1, told by the error",
    log: log(
      up("08:00:00", 1),
      starts("08:00:01", a),
      at("08:00:05", "gateway", "received SIGUSR1; restarting"),
      "2026-01-28T08:00:05.100Z [clawdbot] Unhandled promise rejection: AbortError: This operation was aborted",
      up("08:00:10", 1),
    ),
    expect: { ra: "orphaned:restart", "session a": "free" },
  },
  {
    name: "a crash right after SIGUSR1, told by the PID",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at("08:00:05", "gateway", "received SIGUSR1; restarting"),
      up("08:00:10", 4799),
    ),
    expect: { ra: "orphaned:restart", "session a": "free" },
  },
  {
    name: "the same PID after SIGUSR1, but the gateway counts no other active run",
    log: log(
      up("08:00:00", 1),
      starts("08:00:01", a),
      restartInProcess("08:00:05", 1),
      starts("08:01:00", { ...b, inMain: 1 }),
    ),
    expect: { ra: "orphaned:restart", rb: "open", "session a": "free", "session b": "busy" },
  },
  {
    name: "a stop and a start",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at("08:00:05", "gateway", "received SIGTERM; shutting down"),
      up("08:01:00", 4799),
    ),
    expect: { ra: "orphaned:stop", "session a": "free" },
  },
  {
    name: "a log that ends with the stop",
    log: log(up("08:00:00"), starts("08:00:01", a), at("08:00:05", "gateway", "received SIGTERM; shutting down")),
    expect: { ra: "orphaned:stop", "session a": "free" },
  },
  {
    name: "a restart into a new process",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at("08:00:05", "gateway", "received SIGUSR1; restarting"),
      at("08:00:35", "gateway", "restart mode: full process restart (spawned pid 4799)"),
      up("08:00:37", 4799),
    ),
    expect: { ra: "orphaned:restart", "session a": "free" },
  },
  {
    name: "restart mode in-process, then the start lines of the same process",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at("08:00:05", "gateway", "received SIGUSR1; restarting"),
      at("08:00:35", "gateway", "restart mode: in-process restart (OPENCLAW_NO_RESPAWN)"),
      up("08:00:37"),
    ),
    expect: { ra: "orphaned:restart", "session a": "blocked" },
  },
  {
    name: "the last lines of the old process among the first of the new one",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      at("08:00:05", "gateway", "received SIGUSR1; restarting"),
      at("08:00:35", "gateway", "restart mode: full process restart (spawned pid 4799)"),
      up("08:00:37", 4799),
      laneError("08:00:38", "session:a", "agent run aborted for restart", "AbortError"),
    ),
    expect: { ra: "aborted", "session a": "free" },
  },
  {
    name: "cut by an in-process restart, and later the process died: the first cut counts",
    log: log(up("08:00:00"), starts("08:00:01", a), restartInProcess("08:00:05"), up("08:01:00", 4799)),
    expect: { ra: "orphaned:restart", "session a": "free" },
  },
  {
    name: "alive after the restart, then lost in a crash",
    log: log(
      up("08:00:00"),
      starts("08:00:01", a),
      restartInProcess("08:00:05"),
      at("08:00:09", "agent/embedded", "embedded run tool start: runId=ra tool=exec toolCallId=c1"),
      up("08:01:00", 4799),
    ),
    expect: { ra: "orphaned:crash", "session a": "free" },
  },
  {
    name: "a lost turn that goes on under a new runId (9.6)",
    log: log(
      at("08:00:00", "gateway", "loading configuration…"),
      starts("08:00:01", { key: "agent:main:a", runId: "r1", sessionId: "s1" }),
      at("08:00:10", "gateway", "loading configuration…"),
      at("08:00:11", "gateway", "starting HTTP server..."),
      at("08:00:11", "gateway", "ready"),
      at("08:00:12", "main-session-restart-recovery", "started interrupted main session: agent:main:a"),
      starts("08:00:12", { key: "agent:main:a", runId: "r2", sessionId: "s1" }),
      ends("08:00:15", { key: "agent:main:a", runId: "r2", sessionId: "s1" }),
    ),
    expect: { r1: "orphaned:crash", r2: "completed", "session agent:main:a": "free" },
  },
  {
    name: "a second instance that finds the port taken and leaves",
    log: log(
      at("08:00:00", "gateway", "loading configuration…"),
      at("08:00:01", "gateway", "ready"),
      starts("08:00:02", a),
      at("08:00:10", "gateway", "loading configuration…"),
      "2026-01-28T08:00:15.000Z Gateway failed to start: gateway already running (pid 4711); lock timeout after 5000ms",
      waits("08:01:00", a),
    ),
    expect: { ra: "open", "session a": "busy" },
  },
  {
    name: "the start told twice, by two files that could not be matched",
    log: log(up("08:00:00"), up("08:00:00"), starts("08:00:01", a)),
    expect: { ra: "open", "session a": "busy" },
  },
  {
    name: "a run whose lines the console hides keeps its session across a restart",
    log: log(
      up("08:00:00"),
      enqueue("08:00:01", "session:a"),
      dequeue("08:00:01", "session:a"),
      enqueue("08:00:01", "main"),
      dequeue("08:00:01", "main"),
      restartInProcess("08:00:05"),
      enqueue("08:01:00", "session:a", 2),
    ),
    expect: { "session a": "blocked" },
  },
];

describe("one process", () => {
  test.each(ONE_PROCESS)("$name", (it) => expect(statesOf(diagnoseLog(it.log))).toEqual(it.expect));
});

describe("restarts, crashes and stops", () => {
  test.each(RESTARTS)("$name", (it) => expect(statesOf(diagnoseLog(it.log))).toEqual(it.expect));
});

describe("a full main lane", () => {
  const keys = ["a", "b", "c", "d"];
  const four = keys.map((key, n) => starts("08:00:01", { key, runId: `r${key}`, inMain: n + 1 }));
  const fifth = [enqueue("08:01:00", "session:e"), dequeue("08:01:00", "session:e"), enqueue("08:01:00", "main", 5)];

  test("four orphans: who waits there is blocked", () => {
    const diagnosis = diagnoseLog(log(up("08:00:00"), ...four, restartInProcess("08:00:05"), fifth));
    expect(statesOf(diagnosis)).toMatchObject({ "session a": "blocked", "session e": "blocked" });
    expect(diagnosis.settled.exhausted).toHaveLength(1);
    expect(diagnosis.settled.exhausted[0]?.holders).toHaveLength(4);
  });

  test("mixed holders: one orphan among three that may be alive", () => {
    const diagnosis = diagnoseLog(
      log(
        up("08:00:00"),
        ...four.slice(0, 1),
        restartInProcess("08:00:05"),
        ...keys.slice(1).map((key, n) => starts("08:00:10", { key, runId: `r${key}`, inMain: n + 2 })),
        fifth,
      ),
    );
    expect(statesOf(diagnosis)).toMatchObject({ "session a": "blocked", "session b": "busy", "session e": "blocked" });
    expect(diagnosis.settled.exhausted[0]?.holders.filter((it) => it?.holds)).toHaveLength(1);
  });

  test("all four may be alive: busy, not blocked", () => {
    const diagnosis = diagnoseLog(log(up("08:00:00"), ...four, fifth));
    expect(statesOf(diagnosis)).toMatchObject({ "session a": "busy", "session e": "busy" });
    expect(diagnosis.settled.exhausted).toEqual([]);
  });

  const one = [up("08:00:00"), starts("08:00:01", { key: "a", runId: "ra" }), restartInProcess("08:00:05")];
  const second = fifth.with(2, enqueue("08:01:00", "main", 2));

  test("one orphan, and the log ends before the line that lets the next one in: no sign of a wait", () => {
    const diagnosis = diagnoseLog(log(...one, second));
    expect(statesOf(diagnosis)).toMatchObject({ "session a": "blocked", "session e": "busy" });
    expect(diagnosis.settled.exhausted).toEqual([]);
    expect(statesOf(diagnoseLog(log(...one, second), Date.parse("2026-01-28T08:09:00Z")))["session e"]).toBe("busy");
  });

  test("one orphan, and others wrote while the next one was not let in: the lane takes one at a time", () => {
    const later = [enqueue("08:02:00", "session:f"), dequeue("08:02:00", "session:f")];
    const diagnosis = diagnoseLog(log(...one, second, later));
    expect(statesOf(diagnosis)).toMatchObject({ "session a": "blocked", "session e": "blocked" });
    const both = diagnoseLog(log(...one, second, later, enqueue("08:02:00", "main", 3)));
    expect(statesOf(both)).toMatchObject({ "session e": "blocked", "session f": "blocked" });
  });
});

describe("confidence", () => {
  const orphan = [up("08:00:00"), ...starts("08:00:01", a), ...restartInProcess("08:00:05")];
  const confidenceOf = (text: string) => diagnoseLog(text).settled.runs[0]?.confidence;

  test("medium while it may be a slow call", () => {
    expect(confidenceOf(log(orphan, heartbeat("08:09:00")))).toBe("medium");
  });
  test("high past the run timeout", () => {
    expect(confidenceOf(log(orphan, heartbeat("08:11:30")))).toBe("high");
  });
  test("high once an abort was logged and no end followed", () => {
    const aborting = at("08:01:00", "diagnostic", "aborting run: sessionId=id-a");
    expect(confidenceOf(log(orphan, aborting, heartbeat("08:01:01")))).toBe("medium");
    expect(confidenceOf(log(orphan, aborting, heartbeat("08:02:00")))).toBe("high");
  });
  test("medium where only a second start line tells of a crash", () => {
    expect(confidenceOf(log(up("08:00:00", 1), starts("08:00:01", a), up("08:00:30", 1), heartbeat("08:05:00")))).toBe(
      "medium",
    );
    expect(confidenceOf(log(up("08:00:00"), starts("08:00:01", a), up("08:00:30", 9), heartbeat("08:05:00")))).toBe(
      "high",
    );
  });
});

test("who waits is counted, one message once", () => {
  const diagnosis = diagnoseLog(
    log(
      up("08:00:00"),
      starts("08:00:01", a),
      restartInProcess("08:00:05"),
      waits("08:01:00", a),
      waits("08:01:00", a),
      waits("08:02:00", a),
    ),
  );
  expect(diagnosis.settled.sessions[0]).toMatchObject({ state: "blocked", waitingAtLeast: 2 });
});
