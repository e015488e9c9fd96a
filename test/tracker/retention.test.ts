import fc from "fast-check";
import { beforeAll, describe, expect, test, vi } from "vitest";

import { parseEvent } from "../../src/events/index.ts";
import type { LogRecord } from "../../src/model.ts";
import { retentionFor } from "../../src/report.ts";
import { KEEP_ALL, KEEP_RECENT, SESSION_IDS } from "../../src/tracker/retention.ts";
import { RunIndex } from "../../src/tracker/run-index.ts";
import { SessionIndex } from "../../src/tracker/session-index.ts";
import { Diagnostician } from "../../src/diagnose.ts";
import { Tracker } from "../../src/tracker/tracker.ts";
import { REAL_LOGS, fixtureText } from "../helpers/fixtures.ts";
import { forgetful, NO_FILTER, toldOf } from "../helpers/retain.ts";
import { ends, log, starts, up } from "../helpers/log-lines.ts";
import { recordsOf, tellingOf } from "../helpers/track.ts";

const LIMITS = [0, 1, 2, 3, 4, 5];

describe.each(REAL_LOGS.map(({ name }) => name))("%s", (name) => {
  const records = tellingOf(recordsOf(fixtureText(name, "gateway.jsonl")));

  test.each(LIMITS)("is told the same where only %i ended runs and idle sessions are remembered", (limit) => {
    expect(toldOf(records, forgetful(limit, limit))).toEqual(toldOf(records, KEEP_ALL));
  });
});

const START = Date.UTC(2026, 0, 28, 8);

/** A log as a gateway writes it, a line at a time, with a clock that goes on. */
class Log {
  readonly records: LogRecord[] = [];
  #time = START;

  wait(ms: number): void {
    this.#time += ms;
  }

  line(subsystem: string, message: string): void {
    const location = { path: "test.log", line: this.records.length + 1 };
    this.records.push({ time: this.#time, level: "debug", subsystem, message, location, source: 0, stream: "" });
  }

  gateway(pid = 4711): void {
    this.line("gateway", `listening on ws://127.0.0.1:18789 (PID ${pid})`);
  }

  restart(): void {
    this.line("gateway", "received SIGUSR1; restarting");
    this.gateway();
  }

  start(session: string, runId: string): void {
    for (const lane of [`session:${session}`, "main"]) {
      this.line("diagnostic", `lane enqueue: lane=${lane} queueSize=1`);
      this.line("diagnostic", `lane dequeue: lane=${lane} waitMs=1 queueSize=0`);
    }
    this.line("agent/embedded", `embedded run start: runId=${runId} sessionId=id-${session} provider=p model=m`);
    this.line("diagnostic", `run registered: sessionId=id-${session} totalActive=2`);
    this.line("agent/embedded", `embedded run prompt start: runId=${runId} sessionId=id-${session}`);
  }

  end(session: string, runId: string, how: "completed" | "aborted" | "failed" = "completed"): void {
    if (how === "failed") this.line("agent/embedded", `embedded run agent end: runId=${runId} isError=true error=x`);
    this.line("diagnostic", `run cleared: sessionId=id-${session} totalActive=0`);
    const aborted = how === "aborted";
    this.line("agent/embedded", `embedded run done: runId=${runId} sessionId=id-${session} aborted=${aborted}`);
    for (const lane of ["main", `session:${session}`]) {
      this.line("diagnostic", `lane task done: lane=${lane} durationMs=1 active=0 queued=0`);
    }
  }

  waits(session: string): void {
    this.line("diagnostic", `run active check: sessionId=id-${session} active=true`);
  }

  locked(session: string): void {
    const error = "Error: session file locked (timeout 10000ms): pid=8 /s/id.jsonl.lock";
    this.line("diagnostic", `lane task error: lane=session:${session} durationMs=10000 error="${error}"`);
  }

  warns(session: string): void {
    this.line("diagnostic", `stuck session: sessionId=id-${session} sessionKey=${session} state=processing age=130s`);
  }
}

const anySession = fc.integer({ min: 0, max: 7 }).map((it) => `room-${it}`);
const anyStep = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("run" as const), session: anySession }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("hang", "aborted", "failed", "retried", "waits", "warns", "queued", "answered", "locked"),
      session: anySession,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("restart", "crash", "pause", "late"), session: anySession }),
  },
);

/** A story in which no session begins a run while another one of it is open, as in a gateway. */
function play(steps: readonly { readonly do: string; readonly session: string }[]): LogRecord[] {
  const log = new Log();
  const open = new Map<string, string>();
  let before: readonly [string, string] | undefined;
  log.gateway();
  steps.forEach(({ do: what, session }, index) => {
    log.wait(2_500);
    const runId = `run-${index}`;
    const isFree = !open.has(session);
    if (what === "restart") log.restart();
    else if (what === "crash") {
      log.gateway(5_000 + index);
      open.clear();
    } else if (what === "pause") log.wait(700_000);
    else if (what === "waits") log.waits(session);
    else if (what === "warns") log.warns(session);
    else if (what === "locked") log.locked(session);
    else if (what === "queued") log.line("diagnostic", `message queued: sessionKey=${session} source=dispatch`);
    else if (what === "late" && before) {
      log.line("agent/embedded", `embedded run agent end: runId=${before[1]} isError=true error=late`);
    } else if (what === "answered" && !isFree) {
      log.end(session, open.get(session) ?? "");
      open.delete(session);
    } else if (what === "hang" && isFree) {
      log.start(session, runId);
      open.set(session, runId);
    } else if (isFree && ["run", "aborted", "failed", "retried"].includes(what)) {
      log.start(session, runId);
      log.wait(100);
      if (what === "retried") {
        log.end(session, runId, "failed");
        log.start(session, runId);
      }
      log.end(session, runId, what === "aborted" || what === "failed" ? what : "completed");
      before = [session, runId];
    }
  });
  log.wait(1_000_000);
  log.line("gateway", "signal SIGUSR1 received");
  return log.records;
}

test("a log of any kind is told the same, however little is remembered", { timeout: 60_000 }, () => {
  const anyLimit = fc.integer({ min: 0, max: 5 });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), anyLimit, anyLimit, (steps, runs, sessions) => {
      const records = play(steps);
      expect(toldOf(records, forgetful(runs, sessions))).toEqual(toldOf(records, KEEP_ALL));
    }),
    { numRuns: 300 },
  );
});

test("the evidence of a session that a lock bars begins with its first warning", () => {
  const others = [1, 2, 3].map((it) => ({ do: "run", session: `room-${it}` }));
  const records = play([...others, { do: "warns", session: "room-0" }, ...others, { do: "locked", session: "room-0" }]);
  const told = toldOf(records, forgetful(0, 0));
  expect(told.findings[0]?.timeline[0]?.text).toContain("gateway warns");
  expect(told).toEqual(toldOf(records, KEEP_ALL));
});

test("a filter by time counts the same, however little is remembered", { timeout: 60_000 }, () => {
  const anyTime = fc.option(fc.integer({ min: 0, max: 200_000 }).map((it) => START + it));
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), anyTime, anyTime, (steps, since, until) => {
      const records = play(steps);
      const filter = { ...NO_FILTER, since, until };
      const retention = { ...retentionFor(filter, false, new Set<string>()), endedRuns: 0, idleSessions: 0 };
      expect(toldOf(records, retention, filter)).toEqual(toldOf(records, KEEP_ALL, filter));
    }),
    { numRuns: 200 },
  );
});

describe("what a report needs is remembered", () => {
  const retention = (filter: Partial<typeof NO_FILTER>, listsAll = false, named: readonly string[] = []) =>
    retentionFor({ ...NO_FILTER, ...filter }, listsAll, new Set(named));
  const log = new Log();
  log.gateway();
  log.start("room", "run-1");
  log.end("room", "run-1");
  const tracker = new Tracker();
  for (const event of eventsOf(log.records)) tracker.push(event);
  const [run] = tracker.runs.all();
  const [session] = tracker.sessions.all();
  if (!run || !session) throw new Error("no run, no session");

  test.each([
    ["nothing that ended well", retention({}), false, false],
    ["all that is listed", retention({}, true), true, true],
    ["the run that is asked for, by its beginning", retention({ run: "run" }), true, false],
    ["not another run", retention({ run: "other" }), false, false],
    ["all, where a session is asked for", retention({ session: "other" }), true, true],
    ["a session that the state dir names by its key", retention({}, false, ["agent:main:room"]), false, true],
    ["a session that the state dir names by its id", retention({}, false, ["id-room"]), false, true],
  ])("%s", (_, it, keepsRun, keepsSession) => {
    expect([it.keepsRun(run), it.keepsSession(session)]).toEqual([keepsRun, keepsSession]);
  });
});

function* eventsOf(records: Iterable<LogRecord>) {
  for (const record of records) {
    const parsed = parseEvent(record);
    if (parsed.outcome === "event") yield parsed.event;
  }
}

describe("50,000 runs in as many sessions, with restarts between", () => {
  const RUNS = 50_000;
  const tracker = new Tracker(retentionFor(NO_FILTER, false, new Set()));
  let mostRuns = 0;
  let mostSessions = 0;
  let looks = 0;

  beforeAll(() => {
    const everything = [vi.spyOn(SessionIndex.prototype, "all"), vi.spyOn(RunIndex.prototype, "all")];
    for (let at = 0; at < RUNS; at += 1_000) {
      const log = new Log();
      log.wait(at * 1_000);
      log.gateway(at % 10_000 === 0 ? at + 1 : undefined);
      for (let i = at; i < at + 1_000; i++) {
        log.wait(900);
        log.start(`room-${i}`, `run-${i}`);
        log.end(`room-${i}`, `run-${i}`);
      }
      log.restart();
      for (const event of eventsOf(log.records)) tracker.push(event);
      mostRuns = Math.max(mostRuns, tracker.runs.size);
      mostSessions = Math.max(mostSessions, tracker.sessions.size);
    }
    looks = everything.reduce((sum, it) => sum + it.mock.calls.length, 0);
    for (const it of everything) it.mockRestore();
  }, 120_000);

  test("leave a bounded number in memory", () => {
    expect(mostRuns).toBeLessThan(5_000);
    expect(mostSessions).toBeLessThan(25_000);
  });

  test("are all counted", () => {
    expect(tracker.runs.count).toBe(RUNS);
    expect(tracker.forgottenRuns + tracker.runs.size).toBe(RUNS);
    const all = tracker.sessions.all();
    expect(tracker.sessions.forgottenCount + all.length).toBe(RUNS);
  });

  test("no line looks at all of them", () => {
    expect(looks).toBe(0);
  });
});

test("a line cannot claim more tasks than any gateway has", () => {
  const log = new Log();
  log.gateway();
  log.line("diagnostic", "lane enqueue: lane=session:room queueSize=4000000000");
  const tracker = new Tracker();
  for (const event of eventsOf(log.records)) tracker.push(event);
  expect(tracker.process?.lanes.waitingBehind("agent:main:room")).toBe(10_000);
});

test("open runs do not make a line of another one dearer", () => {
  const log = new Log();
  log.gateway();
  for (let i = 0; i < 1_000; i++) log.start(`room-${i}`, `run-${i}`);
  log.restart();
  const tracker = new Tracker();
  for (const event of eventsOf(log.records)) tracker.push(event);
  let reads = 0;
  for (const run of tracker.runs.all()) {
    const { sessionId } = run;
    Object.defineProperty(run, "sessionId", { get: () => (reads++, sessionId), set: () => {}, configurable: true });
  }
  const more = new Log();
  more.wait(60_000);
  for (let i = 0; i < 100; i++) {
    more.start("new", `new-${i}`);
    more.end("new", `new-${i}`);
    more.restart();
  }
  for (const event of eventsOf(more.records)) tracker.push(event);
  expect(reads).toBeLessThan(1_000);
});

test.each([false, true])(
  "a watch remembers no more however many conversations one session has (aborted: %s)",
  (aborted) => {
    const diagnostician = new Diagnostician(false, undefined, { ...KEEP_RECENT, endedRuns: 3 });
    const lines = Array.from({ length: 400 }, (_, index) => {
      const run = { key: "room", runId: `run-${index}`, sessionId: `conversation-${index}` };
      return [...starts("08:00:01", run), ...ends("08:00:02", run, aborted)];
    });
    for (const record of recordsOf(log(up("08:00:00"), ...lines))) diagnostician.push(record);
    const [diagnosis] = diagnostician.look({ runTimeoutMs: null, stallAfterMs: null, now: START }, []).values();
    if (!diagnosis) throw new Error("no diagnosis");
    const { tracker, settled } = diagnosis;
    // The ones at hand, and the few dozen that are forgotten together.
    expect(tracker.runs.all().length).toBeLessThan(100);
    const room = tracker.sessions.findByKey("agent:main:room");
    expect([...(room?.sessionIds ?? [])].length).toBeLessThan(SESSION_IDS + 100);
    expect([...(room?.sessionIds ?? [])].at(-1)).toBe("conversation-399");
    expect(settled.sessions.map(({ key, state }) => [key, state])).toEqual([["room", "free"]]);
  },
);
