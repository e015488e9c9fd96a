import { describe, expect, test } from "vitest";

import type { WatchEvent } from "../../src/watch/events.ts";
import { Watcher, type WatchSettings } from "../../src/watch/watcher.ts";
import {
  at,
  doneLine,
  ends,
  heartbeat,
  laneDone,
  log,
  restartInProcess,
  starts,
  up,
  waits,
} from "../helpers/log-lines.ts";
import { recordsOf } from "../helpers/track.ts";

const RUN = { key: "main", runId: "r1" };
const SETTINGS: WatchSettings = {
  runTimeoutMs: 600_000,
  stallAfterMs: 660_000,
  afterMs: 10_000,
  minConfidence: "low",
};

const clock = (time: string): number => Date.parse(`2026-01-28T${time}Z`);

/** A watcher that is fed lines, and says in short what it tells. */
function watching(settings: Partial<WatchSettings> = {}, severalSources = false) {
  const watcher = new Watcher({ ...SETTINGS, ...settings }, severalSources, () => false);
  const short = (events: readonly WatchEvent[]) =>
    events.map((it) => ("sessionKey" in it ? `${it.event} ${it.sessionKey}` : it.event));
  return {
    watcher,
    feed: (text: string, source = 0) => {
      for (const record of recordsOf(text, source)) watcher.push(record);
    },
    start: (time: string) => short(watcher.start(clock(time), [])),
    tick: (time: string) => short(watcher.tick(clock(time), [])),
    events: (time: string) => watcher.tick(clock(time), []),
  };
}

const WEDGED = log(up("08:00:00"), starts("08:01:00", RUN), restartInProcess("08:02:00"));

describe("at the start", () => {
  test("tells what is true now, from a log that was read quietly", () => {
    const it = watching();
    it.feed(log(up("08:00:00"), starts("08:01:00", RUN)));
    const [state, ...rest] = it.watcher.start(clock("08:01:30"), []);
    expect(state).toMatchObject({ event: "state", gateways: 1, blocked: [], stalled: [], busy: 1, showsRuns: true });
    expect(rest).toEqual([]);
  });

  test("tells at once of a session that the log shows blocked for long", () => {
    const it = watching();
    it.feed(WEDGED);
    expect(it.start("08:10:00")).toEqual(["state", "blocked main"]);
    expect(it.tick("08:10:01")).toEqual([]);
  });

  test("says that the log cannot tell, and what to do about it", () => {
    const it = watching();
    it.feed(up("08:00:00"));
    const [state] = it.watcher.start(clock("08:01:00"), []);
    expect(state.showsRuns).toBe(false);
    expect(state.help).toMatch(/logging\.level/);
  });

  test("a log with no gateway in it yet", () => {
    expect(watching().watcher.start(0, [])[0]).toMatchObject({ gateways: 0, blocked: [], help: null });
  });
});

describe("a run that a restart cut", () => {
  test("is told once, after it has lasted, and freed by its end", () => {
    const it = watching();
    it.feed(log(up("08:00:00"), starts("08:01:00", RUN)));
    it.start("08:01:30");
    it.feed(log(restartInProcess("08:02:00")));
    expect(it.tick("08:02:01")).toEqual(["gateway-restarted"]);
    expect(it.tick("08:02:08")).toEqual([]);
    expect(it.tick("08:02:11")).toEqual(["blocked main"]);
    expect(it.tick("08:02:12")).toEqual([]);
    it.feed(waits("08:03:00", RUN));
    expect(it.tick("08:20:00")).toEqual([]);
    it.feed(log(ends("08:21:00", RUN, true)));
    const [free] = it.events("08:21:01");
    expect(free).toMatchObject({ event: "free", reason: "run-ended", runState: "aborted", runId: "r1" });
    expect(it.tick("08:21:02")).toEqual([]);
  });

  test("that was only slow is never told, if it shows life in time", () => {
    const it = watching();
    it.feed(WEDGED);
    it.start("08:02:01");
    it.feed(at("08:02:05", "agent/embedded", "embedded run tool start: runId=r1 tool=x toolCallId=y"));
    expect(it.tick("08:02:30")).toEqual([]);
  });

  test("that shows life later is told to be free, and why", () => {
    const it = watching();
    it.feed(WEDGED);
    it.start("08:02:01");
    expect(it.tick("08:02:30")).toEqual(["blocked main"]);
    it.feed(at("08:02:40", "agent/embedded", "embedded run tool start: runId=r1 tool=x toolCallId=y"));
    expect(it.events("08:02:41")).toMatchObject([{ event: "free", reason: "run-alive" }]);
  });

  test("dies with its process", () => {
    const it = watching();
    it.feed(WEDGED);
    it.start("08:10:00");
    it.feed(up("08:11:00", 9999));
    expect(it.events("08:11:01")).toMatchObject([
      { event: "gateway-crashed", pid: 9999, sameProcess: false },
      { event: "free", reason: "gateway-gone", runState: null },
    ]);
  });

  test("is told with the finding that the doctor would report", () => {
    const it = watching();
    it.feed(log(WEDGED, waits("08:02:30", RUN)));
    const [, blocked] = it.watcher.start(clock("08:30:00"), []);
    expect(blocked).toMatchObject({
      confidence: "high",
      cause: "restart",
      runId: "r1",
      waitingAtLeast: 1,
      heldSince: clock("08:01:00"),
      finding: { code: "session-blocked", severity: "error" },
    });
  });

  test("again blocked is told again", () => {
    const it = watching({ afterMs: 0 });
    it.feed(WEDGED);
    it.start("08:10:00");
    it.feed(log(ends("08:11:00", RUN, true), starts("08:12:00", { key: "main", runId: "r2" })));
    expect(it.tick("08:12:01")).toEqual(["free main"]);
    it.feed(log(restartInProcess("08:13:00")));
    expect(it.tick("08:13:01")).toEqual(["gateway-restarted", "blocked main"]);
  });
});

describe("time alone", () => {
  test("stalls a run that says nothing, with no line at all", () => {
    const it = watching();
    it.feed(log(up("08:00:00"), starts("08:01:00", RUN)));
    it.start("08:01:30");
    expect(it.tick("08:12:00")).toEqual([]);
    expect(it.tick("08:12:01")).toEqual([]);
    expect(it.tick("08:12:12")).toEqual(["stalled main"]);
    expect(it.tick("09:00:00")).toEqual([]);
    it.feed(log(ends("09:01:00", RUN)));
    expect(it.tick("09:01:00")).toEqual(["free main"]);
  });

  test("asking often changes nothing", () => {
    const seldom = watching();
    const often = watching({}, true);
    const lines = log(WEDGED, heartbeat("08:05:00"));
    seldom.feed(lines);
    for (const [index, record] of recordsOf(lines).entries()) {
      often.watcher.push(record);
      if (index === 0) often.watcher.start(clock("08:00:00"), []);
      else often.watcher.tick(record.time ?? 0, []);
    }
    expect(often.watcher.candidates()).toMatchObject([{ sessionKey: "main" }]);
    seldom.start("08:05:10");
    expect(seldom.watcher.candidates()).toMatchObject([{ sessionKey: "main" }]);
  });
});

describe("what is not told", () => {
  test("what is less sure than was asked for, until it is surer", () => {
    const it = watching({ minConfidence: "high" });
    it.feed(WEDGED);
    expect(it.start("08:05:00")).toEqual(["state"]);
    expect(it.tick("08:06:00")).toEqual([]);
    // Past the run timeout it is no slow call any more.
    expect(it.tick("08:12:01")).toEqual([]);
    expect(it.tick("08:12:12")).toEqual(["blocked main"]);
  });

  test("that it is free, while it is only less sure", () => {
    const it = watching({ minConfidence: "high" });
    it.feed(WEDGED);
    it.start("08:11:00");
    expect(it.tick("08:12:01")).toEqual([]);
    expect(it.tick("08:12:12")).toEqual(["blocked main"]);
    const next = { key: "main", runId: "r2" };
    it.feed(log(ends("08:13:00", RUN), starts("08:13:01", next), restartInProcess("08:13:02")));
    expect(it.tick("08:13:03")).toEqual(["gateway-restarted"]);
    it.feed(log(ends("08:14:00", next)));
    expect(it.tick("08:14:01")).toEqual(["free main"]);
  });

  test("the end of what was never told", () => {
    const it = watching();
    it.feed(WEDGED);
    it.start("08:02:01");
    it.feed(log(ends("08:02:05", RUN)));
    expect(it.tick("08:02:06")).toEqual([]);
  });

  test("a life that was there before", () => {
    const it = watching();
    it.feed(WEDGED);
    it.start("08:10:00");
    it.feed(heartbeat("08:10:30"));
    expect(it.tick("08:10:31")).toEqual([]);
  });
});

describe("the gateway's life", () => {
  test("a stop, and a start", () => {
    const it = watching();
    it.feed(log(up("08:00:00"), starts("08:01:00", RUN)));
    it.start("08:01:30");
    it.feed(at("08:05:00", "gateway", "received SIGTERM; shutting down"));
    expect(it.tick("08:05:01")).toEqual(["gateway-stopped"]);
    expect(it.tick("08:05:02")).toEqual([]);
    it.feed(up("08:06:00", 5000));
    expect(it.tick("08:06:01")).toEqual(["gateway-started"]);
  });

  test("the first lines of a gateway that comes later", () => {
    const it = watching();
    it.start("07:59:00");
    it.feed(up("08:00:00"));
    expect(it.tick("08:00:01")).toEqual(["gateway-started"]);
  });

  test("a log that begins in the middle is no start", () => {
    const it = watching();
    it.start("07:59:00");
    it.feed(heartbeat("08:00:00"));
    it.feed(doneLine("08:00:00", RUN));
    expect(it.tick("08:00:01")).toEqual([]);
  });
});

test("two gateways are told apart by name", () => {
  const watcher = new Watcher(SETTINGS, false);
  for (const stream of ["one", "two"]) {
    for (const record of recordsOf(WEDGED)) watcher.push({ ...record, stream });
  }
  const [, ...blocked] = watcher.start(clock("08:10:00"), []);
  expect(blocked.map((it) => it.gateway)).toEqual(["one", "two"]);
  expect(watcher.candidates().map((it) => it.gateway)).toEqual(["one", "two"]);
});

test("a session that is named only later stays one session", () => {
  const it = watching();
  it.feed(
    log(
      up("08:00:00"),
      at(
        "08:01:00",
        "agent/embedded",
        "embedded run start: runId=r1 sessionId=s1 provider=p model=m messageChannel=webchat",
      ),
      restartInProcess("08:02:00"),
    ),
  );
  expect(it.start("08:10:00")).toEqual(["state", "blocked s1"]);
  it.feed(
    at(
      "08:11:00",
      "diagnostic",
      'session state: sessionId=s1 sessionKey=room prev=idle new=processing reason="run_started" queueDepth=0',
    ),
  );
  expect(it.tick("08:11:01")).toEqual([]);
  expect(it.watcher.candidates()).toMatchObject([{ sessionKey: "room" }]);
  it.feed(doneLine("08:12:00", { key: "room", runId: "r1", sessionId: "s1" }));
  expect(it.events("08:12:01")).toMatchObject([
    { event: "free", sessionKey: "s1", aliases: ["room", "agent:main:room"] },
  ]);
});

test("a second file that tells the same later is not a second story", () => {
  const it = watching({ afterMs: 0 }, true);
  const lines = log(up("08:00:00"), starts("08:01:00", RUN), ends("08:01:05", RUN));
  it.start("08:00:00");
  it.feed(lines, 0);
  expect(it.tick("08:01:06")).toEqual(["gateway-started"]);
  it.feed(lines, 1);
  it.feed(laneDone("08:01:30", "main"));
  expect(it.tick("08:01:40")).toEqual([]);
  expect(it.tick("08:30:00")).toEqual([]);
});

describe("candidates for a repair", () => {
  test("carry the newest line about them", () => {
    const it = watching();
    it.feed(log(WEDGED, waits("08:14:00", RUN)));
    it.start("08:15:00");
    expect(it.watcher.candidates()).toEqual([
      {
        stream: "",
        gateway: null,
        sessionKey: "main",
        aliases: ["agent:main:main"],
        runId: "r1",
        confidence: "high",
        blockedSince: clock("08:15:00"),
        evidenceAt: clock("08:14:00"),
      },
    ]);
  });

  test("are forgotten when they are free: nothing is kept of what is over", () => {
    const it = watching();
    it.feed(WEDGED);
    it.start("08:10:00");
    it.feed(log(ends("08:11:00", RUN)));
    it.tick("08:11:01");
    expect(it.watcher.candidates()).toEqual([]);
  });
});
