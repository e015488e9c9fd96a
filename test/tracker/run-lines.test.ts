/** What each kind of a run's lines does to it, and which run a line is of. */
import { describe, expect, test } from "vitest";

import {
  agent,
  at,
  cleared,
  dequeue,
  doneLine,
  ends,
  enqueue,
  heartbeat,
  laneDone,
  log,
  restartInProcess,
  startLine,
  starts,
  tool,
  up,
  waits,
} from "../helpers/log-lines.ts";
import { diagnoseLog } from "../helpers/track.ts";
import { clock, runAt, sessionAt, settledAt } from "../helpers/verdicts.ts";

const A = { key: "a", runId: "ra" };
const B = { key: "b", runId: "rb", inMain: 2 };
const agentStart = (time: string) => agent(time, "embedded run agent start: runId=ra");
const agentEnd = (time: string, error = "") => agent(time, `embedded run agent end: runId=ra${error}`);
const promptEnd = (time: string) => agent(time, "embedded run prompt end: runId=ra sessionId=id-a durationMs=1");
const failover = (time: string) =>
  agent(time, "embedded run failover decision: runId=ra stage=assistant decision=surface_error reason=format");
const timeout = (time: string) => agent(time, "embedded run timeout: runId=ra sessionId=id-a timeoutMs=600000");
const streaming = (time: string) => agent(time, "embedded run abort still streaming: runId=ra sessionId=id-a");
const cleanup = (time: string, aborted: boolean) =>
  agent(time, `run cleanup: runId=ra sessionId=id-a aborted=${aborted} timedOut=false`);

const RUNS = log(up("08:00:00"), starts("08:01:00", A));
const CUT = log(RUNS, restartInProcess("08:02:00"));

const runsOf = (text: string) => settledAt(text, "08:30:00").runs.map(({ run }) => run);

describe("how a run ended", () => {
  test.each<[string, string, string]>([
    [
      "an error of an attempt before the last one",
      log(agentEnd("08:01:01", " isError=true"), agentStart("08:01:02"), ends("08:01:03", A)),
      "completed",
    ],
    [
      "an error, and an end of the agent that says nothing of one",
      log(agentEnd("08:01:01", " isError=true"), agentEnd("08:01:02"), ends("08:01:03", A)),
      "failed",
    ],
    [
      "an abort that streams on, and then only its lane",
      log(streaming("08:01:01"), laneDone("08:01:03", "session:a")),
      "aborted",
    ],
    ["a cleanup after an abort, and nothing else", cleanup("08:01:03", true), "aborted"],
    ["… after a run timeout", log(timeout("08:01:01"), cleanup("08:01:03", true)), "timed-out"],
    ["a cleanup alone is the end of an attempt", cleanup("08:01:03", false), "open"],
    ["an end as people write it", agent("08:01:03", "embedded run end: runId=ra..."), "completed"],
    [
      "… of a run that failed",
      log(agentEnd("08:01:01", " isError=true"), agent("08:01:03", "embedded run end: runId=ra")),
      "failed",
    ],
    [
      "an error of the attempt before, under the same runId",
      log(agentEnd("08:01:01", " isError=true"), startLine("08:01:02", A), doneLine("08:01:03", A)),
      "completed",
    ],
    [
      "a timeout of the attempt before",
      log(timeout("08:01:01"), startLine("08:01:02", A), doneLine("08:01:03", A)),
      "completed",
    ],
    [
      "an abort of the attempt before",
      log(streaming("08:01:01"), startLine("08:01:02", A), cleared("08:01:03", A)),
      "completed",
    ],
  ])("%s", (_, lines, state) => expect(runAt(log(RUNS, lines), "08:01:10")).toMatch(new RegExp(`^${state} `)));
});

describe("a runId that starts again", () => {
  test("is one run, with its first beginning and all of its attempts", () => {
    const text = log(RUNS, startLine("08:01:30", A));
    const [run, ...others] = runsOf(text);
    expect(others).toEqual([]);
    expect(run).toMatchObject({ attempts: 2, startedAt: clock("08:01:00"), attemptStartedAt: clock("08:01:30") });
    expect(run?.timeline?.first?.time).toBe(clock("08:01:00"));
  });

  test("is at work, whatever became of it before", () => {
    const again = (time: string) => starts(time, { ...A, inMain: 1 });
    expect(runAt(log(RUNS, ends("08:01:10", A), again("08:01:20")), "08:01:30")).toBe("open high no-sign-of-life");
    expect(runAt(log(CUT, again("08:02:20")), "08:02:30")).toBe("open high no-sign-of-life");
    const lost = log(RUNS, up("08:02:00", 9999), again("08:02:20"));
    expect(runAt(lost, "08:02:30")).toBe("open high no-sign-of-life");
    // … in the process that it started in last: that one's restart cuts it.
    expect(runAt(log(lost, restartInProcess("08:03:00", 9999)), "08:03:30")).toBe(
      "orphaned restart medium no-sign-of-life holds",
    );
  });

  test("keeps what an earlier line told and this one leaves out", () => {
    const bare = agent("08:01:30", "embedded run start: runId=ra");
    const [run] = runsOf(log(RUNS, bare));
    expect(run).toMatchObject({ sessionId: "id-a", provider: "p", model: "m", channel: "webchat" });
    const [other] = runsOf(log(up("08:00:00"), bare, startLine("08:01:40", A)));
    expect(other).toMatchObject({ attempts: 2, sessionId: "id-a", provider: "p", model: "m", channel: "webchat" });
    const next = startLine("08:01:50", A).replace("model=m", "model=m2");
    expect(runsOf(log(RUNS, next))[0]).toMatchObject({ provider: "p", model: "m2" });
  });
});

describe("a run of which the start tells no session", () => {
  const bare = agent("08:01:00", "embedded run start: runId=ra");

  test("starts again without one", () => {
    const [run, ...others] = runsOf(log(up("08:00:00"), bare, bare));
    expect([run?.attempts, run?.sessionId, others]).toEqual([2, undefined, []]);
  });

  test("is of none until a line names one, and then that one's lines are its own", () => {
    expect(runsOf(log(up("08:00:00"), bare))[0]?.sessionId).toBeUndefined();
    expect(settledAt(log(up("08:00:00"), bare), "08:02:00").sessions).toEqual([]);
    const named = log(up("08:00:00"), bare, promptEnd("08:01:10"));
    expect(runsOf(named)[0]?.sessionId).toBe("id-a");
    expect(runAt(log(named, cleared("08:01:20", A)), "08:02:00")).toMatch(/^completed /);
  });

  test("of two sessions with one runId, a line's session says which is meant", () => {
    const two = log(up("08:00:00"), starts("08:01:00", A), starts("08:01:01", { ...B, runId: "ra" }));
    const states = settledAt(log(two, doneLine("08:01:10", { ...B, runId: "ra" })), "08:02:00").runs.map(
      ({ run, state }) => `${run.sessionId} ${state}`,
    );
    expect(states).toEqual(["id-a open", "id-b completed"]);
  });
});

describe("a line of a run that the log does not know", () => {
  test.each<[string, string, number]>([
    ["that it is at work", tool("08:01:00"), 1],
    ["that its agent ended", agentEnd("08:01:00"), 1],
    ["that its agent failed, which every log has", agentEnd("08:01:00", " isError=true"), 0],
    ["a failover, which every log has", failover("08:01:00"), 0],
    ["a timeout, which every log has", timeout("08:01:00"), 0],
    ["an abort that streams on, which every log has", streaming("08:01:00"), 0],
  ])("%s", (_, line, count) => expect(runsOf(log(up("08:00:00"), line))).toHaveLength(count));

  test("makes it a run without a start", () => {
    const [run] = runsOf(log(up("08:00:00"), tool("08:01:00")));
    expect(run).toMatchObject({ attempts: 0, startedAt: undefined, attemptStartedAt: clock("08:01:00") });
  });
});

describe("signs of life", () => {
  const replaced = log(RUNS, up("08:02:00", 9999));
  test.each<[string, string, string]>([
    ["a tool, right after the restart", tool("08:02:00.001"), "open"],
    ["the prompt's end, as long as it may come from before", promptEnd("08:02:15"), "orphaned"],
    ["… and later", promptEnd("08:02:15.001"), "open"],
    ["the agent's end, as long as it may come from before", agentEnd("08:02:15"), "orphaned"],
    ["… and later", agentEnd("08:02:15.001"), "open"],
    ["a failover, as long as it may come from before", failover("08:02:15"), "orphaned"],
    ["… and later", failover("08:02:15.001"), "open"],
  ])("of a run that a restart cut: %s", (_, line, state) => {
    expect(runAt(log(CUT, line), "08:02:20")).toMatch(new RegExp(`^${state} `));
  });

  test.each<[string, string, string]>([
    ["as long as it may come from the old process", tool("08:02:15"), "orphaned crash high process-replaced"],
    ["later, so the process lives on", tool("08:02:15.001"), "open high no-sign-of-life"],
  ])("of a run whose process is gone: %s", (_, line, verdict) => {
    expect(runAt(log(replaced, line), "08:02:20")).toBe(verdict);
  });

  test("what lived on past a change of process can be cut by the next one", () => {
    const alive = log(replaced, tool("08:02:30"));
    expect(runAt(log(alive, restartInProcess("08:03:00", 9999)), "08:03:30")).toBe(
      "orphaned restart medium no-sign-of-life holds",
    );
    expect(runAt(log(alive, up("08:03:00", 5)), "08:03:30")).toBe("orphaned crash high process-replaced");
  });
});

describe("a restart cuts", () => {
  test("what began before it, and nothing that starts while the gateway comes up", () => {
    const text = log(
      up("08:00:00"),
      starts("08:01:00", A),
      at("08:02:00", "gateway", "received SIGUSR1; restarting"),
      starts("08:02:01", B),
      up("08:02:02"),
    );
    expect(runAt(text, "08:02:30")).toBe("orphaned restart medium no-sign-of-life holds");
    expect(runAt(text, "08:02:30", "rb")).toBe("open high no-sign-of-life");
  });

  test("also where only the line of its mode tells of it", () => {
    const mode = (how: string) => at("08:02:00", "gateway", `restart mode: ${how}`);
    expect(runAt(log(RUNS, mode("full process restart (spawned pid 9)"), up("08:02:02", 9)), "08:03:00")).toBe(
      "orphaned restart high process-replaced",
    );
    expect(runAt(log(RUNS, mode("in-process restart (x)"), up("08:02:02")), "08:03:00")).toBe(
      "orphaned restart medium no-sign-of-life holds",
    );
  });

  test("at the moment of the signal; a crash at the start of the next process", () => {
    const cutOf = (text: string) => runsOf(text)[0]?.cut;
    expect(cutOf(log(RUNS, at("08:02:00", "gateway", "received SIGUSR1; restarting"), up("08:02:05")))).toEqual({
      cause: "restart",
      time: clock("08:02:00"),
      life: 1,
    });
    expect(cutOf(log(RUNS, up("08:02:05", 5)))).toEqual({ cause: "crash", time: clock("08:02:05"), life: 1 });
    expect(cutOf(log(RUNS, at("08:02:00", "gateway", "received SIGTERM; shutting down"), up("08:02:05", 5)))).toEqual({
      cause: "stop",
      time: clock("08:02:00"),
      life: 1,
    });
  });

  test("no run that has ended, also where a line of it comes after its end", () => {
    const late = log(RUNS, ends("08:01:10", A), tool("08:01:11"), starts("08:01:20", B), restartInProcess("08:02:00"));
    expect(runAt(late, "08:03:00")).toMatch(/^completed /);
    // … and what names nobody is then the other one's.
    expect(diagnoseLog(late).tracker.process?.openRuns.only?.runId).toBe("rb");
  });
});

describe("another run of its session", () => {
  const next = { key: "a", runId: "rc", inMain: 2 };

  test("shows that a cut one holds it no more", () => {
    const text = log(CUT, starts("08:03:00", next));
    expect(runAt(text, "08:03:30")).toBe("orphaned restart high process-replaced");
    expect(sessionAt(log(text, ends("08:03:10", next)), "08:03:30")).toBe("free high waiting=0");
  });

  test("beside one that nothing cut: both are at work", () => {
    const text = log(RUNS, startLine("08:01:30", next));
    expect(runAt(text, "08:01:40")).toBe("open high no-sign-of-life");
    expect(runAt(text, "08:01:40", "rc")).toBe("open high no-sign-of-life");
    expect(sessionAt(log(text, doneLine("08:01:50", next)), "08:02:00")).toMatch(/^busy own-run/);
  });
});

describe("which lane a run holds", () => {
  const lanes = (time: string, key: string, inMain: number) => [
    enqueue(time, `session:${key}`),
    dequeue(time, `session:${key}`),
    enqueue(time, "main", inMain),
    dequeue(time, "main"),
  ];
  const holderOf = (text: string, key: string) =>
    settledAt(text, "08:05:00").sessions.find((it) => it.key === key || it.aliases.includes(key))?.holder?.run.runId;
  const known = log(
    up("08:00:00"),
    starts("08:01:00", A),
    ends("08:01:10", A),
    starts("08:02:00", B),
    ends("08:02:10", B),
  );

  test("its session's, where that is known, in whatever order the starts are logged", () => {
    const text = log(
      known,
      lanes("08:03:00", "a", 1),
      lanes("08:03:00", "b", 2),
      startLine("08:03:00", B),
      startLine("08:03:00", A),
    );
    expect([holderOf(text, "a"), holderOf(text, "b")]).toEqual(["ra", "rb"]);
  });

  test("of a new session, not that of another one", () => {
    const text = log(
      known,
      lanes("08:03:00", "a", 1),
      lanes("08:03:00", "n", 2),
      startLine("08:03:00", { key: "n", runId: "rn" }),
      startLine("08:03:00", A),
    );
    expect([holderOf(text, "a"), holderOf(text, "n")]).toEqual(["ra", "rn"]);
  });

  test("of a new conversation in a known session, that of the session", () => {
    const reset = { key: "a", runId: "rd", sessionId: "id-a2" };
    const text = log(known, lanes("08:03:00", "a", 1), startLine("08:03:00", reset));
    expect(holderOf(text, "a")).toBe("rd");
    expect(
      settledAt(text, "08:05:00")
        .sessions.map(({ key }) => key)
        .toSorted(),
    ).toEqual(["a", "b"]);
  });

  test("a key that a line told outweighs the one that its lane lets infer", () => {
    const told = at(
      "08:02:30",
      "diagnostic",
      "session turn created: runId=rn sessionId=id-n sessionKey=n agentId=main",
    );
    const text = log(known, told, lanes("08:03:00", "x", 1), startLine("08:03:00", { key: "n", runId: "rn" }));
    expect(holderOf(text, "n")).toBe("rn");
    const sessions = diagnoseLog(text).tracker.sessions;
    expect(sessions.keyOf("id-n")).toBe("agent:main:n");
  });

  test("without a session, the one that waited longest", () => {
    const text = log(known, lanes("08:03:00", "a", 1), agent("08:03:00", "embedded run start: runId=rx"));
    expect(holderOf(text, "a")).toBe("rx");
    // … and tells nothing of the session's ids.
    const [a, ...others] = diagnoseLog(text)
      .tracker.sessions.all()
      .filter(({ keys }) => keys.has("a"));
    expect([[...(a?.sessionIds ?? [])], others]).toEqual([["id-a"], []]);
    expect(settledAt(text, "08:05:00").sessions.map(({ key }) => key)).toEqual(["a", "b"]);
  });

  test("its session's, however long its start takes", () => {
    const text = log(known, lanes("08:03:00", "a", 1), startLine("08:03:30", { key: "a", runId: "rl" }));
    expect(sessionAt(text, "08:04:00")).toBe("busy own-run high waiting=0 session:a");
    expect(runAt(log(text, laneDone("08:03:40", "session:a")), "08:04:00", "rl")).toMatch(/^completed /);
  });
});

test("a log without any run says nothing of what waits", () => {
  expect(settledAt(log(up("08:00:00"), waits("08:01:00", A), heartbeat("08:02:00")), "08:03:00").runs).toEqual([]);
});
