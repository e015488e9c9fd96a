/** What becomes of lines that change no run's state: they count, they stand in a timeline, or they do nothing. */
import { describe, expect, test } from "vitest";

import { keyOfTask } from "../../src/tracker/settle.ts";
import type { LaneTask } from "../../src/tracker/state.ts";
import { at, heartbeat, log, restartInProcess, startLine, starts, up } from "../helpers/log-lines.ts";
import { diagnoseLog } from "../helpers/track.ts";
import { clock, runAt, sessionAt, settledAt } from "../helpers/verdicts.ts";

const A = { key: "a", runId: "ra" };
const UP = up("08:00:00");
const RUNS = log(UP, starts("08:01:00", A));
const gateway = (message: string) => at("08:02:00", "gateway", message);
const agent = (message: string) => at("08:02:00", "agent/embedded", message);
const diagnostic = (message: string) => at("08:02:00", "diagnostic", message);
const plain = (message: string) => `2026-01-28T08:02:00.000Z ${message}`;

describe("the gateway's timeline has", () => {
  test.each<[string, string]>([
    ["signal-received", gateway("signal SIGUSR1 received")],
    ["tool-restart", plain("gateway tool: restart requested (delayMs=300, reason=config.patch)")],
    ["reload-needs-restart", at("08:02:00", "reload", "config change requires gateway restart (gateway.port)")],
    ["restart-ignored", gateway("SIGUSR1 restart ignored (not authorized; commands.restart=false)")],
    ["draining", gateway("draining active work before restart with timeout 0ms: queueSize=2")],
    ["drain-timeout", gateway("drain timeout reached; proceeding with restart")],
    ["runs-aborted", gateway("aborted 1 active run(s) during restart shutdown")],
    ["shutdown-timeout", gateway("shutdown timed out; exiting without full cleanup")],
    ["stale-lock-removed", gateway("removed stale session lock: 5cdc6cdf.jsonl.lock (dead-pid)")],
    ["log-capped", gateway("log file size cap reached; suppressing writes file=/tmp/x.log maxFileBytes=1")],
    ["session-resumed", at("08:02:00", "main-session-restart-recovery", "resumed interrupted main session: a")],
  ])("%s", (kind, line) => {
    const { gateway: lives, counters } = diagnoseLog(log(UP, line)).tracker;
    expect(lives.timeline.map(({ event }) => event.kind)).toEqual(["gateway-listening", kind]);
    expect(counters.get(kind as "draining")).toEqual({ count: 1, lastAt: clock("08:02:00") });
  });
});

describe("a session's timeline has", () => {
  const warning = (word: string) =>
    diagnostic(`${word} session: sessionId=id-a sessionKey=a state=processing age=130s`);
  test.each(["stuck", "stalled", "long-running"])("that the gateway calls it %s", (word) => {
    const session = diagnoseLog(log(UP, warning(word))).tracker.sessions.find("id-a");
    expect(session?.canonicalKey).toBe("agent:main:a");
    expect(session?.timeline?.items).toHaveLength(1);
  });

  test("a warning that names it in part", () => {
    const { sessions } = diagnoseLog(log(RUNS, warning("stuck").replace("sessionKey=a", "sessionKey=unknown"))).tracker;
    expect(sessions.find("id-a")?.timeline?.items).toHaveLength(1);
    const byKey = diagnoseLog(log(RUNS, warning("stuck").replace("id-a", "unknown"))).tracker.sessions;
    expect(byKey.findByKey("agent:main:a")?.timeline?.items).toHaveLength(1);
  });
});

describe("a run's timeline has", () => {
  test.each<[string, string]>([
    ["that its tool ended", "embedded run tool end: runId=ra tool=gateway toolCallId=call_1"],
    ["that it compacts", "embedded run compaction start: runId=ra"],
    [
      "that a message was left over",
      "Removed orphaned user message to prevent consecutive user turns. runId=ra sessionId=id-a",
    ],
    [
      "… and kept",
      "Preserved orphaned user message without removing the active session leaf. runId=ra sessionId=id-a trigger=user",
    ],
    ["… and merged", "Merged and removed orphaned user message into the next turn. runId=ra sessionId=id-a"],
  ])("%s", (_, message) => {
    const items = diagnoseLog(log(RUNS, agent(message))).tracker.runs.all()[0]?.timeline?.items;
    expect(items?.at(-1)?.time).toBe(clock("08:02:00"));
  });

  test.each([
    "embedded run tool end: runId=ra tool=gateway toolCallId=call_1",
    "embedded run compaction retry: runId=ra",
  ])("a sign of life: %s", (message) =>
    expect(runAt(log(RUNS, restartInProcess("08:01:30"), agent(message)), "08:03:00")).toMatch(/^open /),
  );
});

test("a log is of a gateway, whatever line of one is its first", () => {
  for (const line of [
    diagnostic("lane wait exceeded: lane=main waitedMs=2000 queueAhead=1"),
    diagnostic("session turn created: runId=x sessionId=id-a sessionKey=a agentId=main"),
    diagnostic("abort failed: sessionId=id-a reason=no_active_run"),
    diagnostic("run active check: sessionId=id-a active=true"),
    diagnostic("lane task interrupted: lane=main durationMs=1 reason=x"),
    gateway("draining active work before restart"),
    agent("Removed orphaned user message to prevent consecutive user turns. runId=ra sessionId=id-a"),
  ]) {
    expect(diagnoseLog(line).tracker.gateway.lives, line).toHaveLength(1);
  }
  expect(diagnoseLog(heartbeat("08:00:00")).tracker.gateway.lives).toEqual([]);
});

test("a check that finds no run at work is no message that waits", () => {
  expect(sessionAt(log(RUNS, diagnostic("run active check: sessionId=id-a active=false")), "08:03:00")).toMatch(
    / waiting=0 /,
  );
});

test("a turn that names half of a session binds nothing", () => {
  const half = (id: string, key: string) =>
    diagnostic(`session turn created: runId=x sessionId=${id} sessionKey=${key} agentId=main`);
  expect(diagnoseLog(log(UP, half("id-a", "unknown"), half("unknown", "a"))).tracker.sessions.all()).toEqual([]);
});

test("lines are counted, and the newest time is known whatever their order", () => {
  const { tracker } = diagnoseLog(log(UP, startLine("08:02:00", A), startLine("08:01:00", { key: "b", runId: "rb" })));
  expect(tracker.lastAt).toBe(clock("08:02:00"));
  expect(tracker.sequence).toBe(3);
  // The last one of each kind, as the log has them.
  expect(tracker.counters.get("run-start")).toEqual({ count: 2, lastAt: clock("08:01:00") });
});

test("lines without a time end nothing and begin nothing", () => {
  const [run] = diagnoseLog("embedded run start: runId=12cbe357...").settled.runs;
  expect(run?.silenceMs).toBeUndefined();
  const written = [
    "08:23:20 - embedded run start: runId=12cbe357...",
    "08:23:33 - SIGUSR1 received, gateway restarting",
    "08:23:36 - Gateway back up",
  ];
  const { settled, tracker } = diagnoseLog(log(...written));
  expect(tracker.lastAt).toBeUndefined();
  expect(settled.runs.map((it) => [it.state, it.cause, it.confidence, it.silenceMs])).toEqual([
    ["orphaned", "restart", "medium", undefined],
  ]);
});

test("a task of a global lane is of the session whose task it belongs to", () => {
  const task = (lane: string, parent?: LaneTask) => ({ lane, parent }) as LaneTask;
  expect(keyOfTask(task("main", task("session:a")))).toBe("a");
  expect(keyOfTask(task("session:a"))).toBe("a");
  expect(keyOfTask(task("main"))).toBeUndefined();
});

test("a session without a run is of the life that goes on", () => {
  const turn = diagnostic("session turn created: runId=x sessionId=id-b sessionKey=b agentId=main");
  const { sessions } = settledAt(
    log(RUNS, restartInProcess("08:01:30"), restartInProcess("08:01:40"), turn),
    "08:03:00",
  );
  expect(sessions.map(({ key, life }) => [key, life?.index])).toEqual([
    ["a", 0],
    ["b", 2],
  ]);
});
