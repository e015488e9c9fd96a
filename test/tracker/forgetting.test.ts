/** Which runs and sessions are forgotten, when, and what keeps one. */
import { describe, expect, test } from "vitest";

import { Diagnostician } from "../../src/diagnose.ts";
import { KEEP_ALL, SESSION_IDS, type Retention } from "../../src/tracker/retention.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";
import {
  at,
  cleared,
  dequeue,
  doneLine,
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
import { forgetful } from "../helpers/retain.ts";
import { recordsOf } from "../helpers/track.ts";

function remembered(text: string, retention: Partial<Retention>): Tracker {
  const diagnostician = new Diagnostician(false, undefined, { ...forgetful(0, 0), ...retention });
  for (const record of recordsOf(text)) diagnostician.push(record);
  const [diagnosis] = diagnostician.finish({ runTimeoutMs: null, stallAfterMs: null }, []);
  if (!diagnosis) throw new Error("no diagnosis");
  return diagnosis.tracker;
}

const run = (name: string, sessionId?: string) => ({
  key: name,
  runId: `r${name}`,
  ...(sessionId ? { sessionId } : {}),
});
/** Only its own last line: what others say before it keeps a run at hand for longer. */
const ends = (time: string, of: ReturnType<typeof run>, aborted = false) => [
  doneLine(time, of, aborted),
  laneDone(time, "main"),
  laneDone(time, `session:${of.key}`),
];
const whole = (name: string) => [...starts("08:01:00", run(name)), ...ends("08:01:01", run(name))];
/** Sessions of which each has had a turn: one line after the other that gives a chance to forget. */
const others = (count: number) => Array.from({ length: count }, (_, index) => whole(`other${index}`)).flat();
const UP = up("08:00:00");
const idsOf = (tracker: Tracker) => tracker.runs.all().map(({ runId }) => runId);

describe("runs that ended well", () => {
  const five = log(UP, ...["a", "b", "c", "d", "e"].map(whole));

  test("are remembered as long as few ended after them", () => {
    expect(idsOf(remembered(five, { endedRuns: 5 }))).toEqual(["ra", "rb", "rc", "rd", "re"]);
    expect(idsOf(remembered(five, { endedRuns: 2 }))).toEqual(["rd", "re"]);
    // The last one that told its end may be asked for by the next line.
    expect(idsOf(remembered(five, { endedRuns: 0 }))).toEqual(["re"]);
  });

  test("are counted once they are forgotten, if the report counts them", () => {
    const forgotten = (retention: Partial<Retention>) => remembered(five, { endedRuns: 2, ...retention }).forgottenRuns;
    expect(forgotten({})).toBe(3);
    expect(forgotten({ counts: ({ runId }) => runId === "ra" })).toBe(1);
  });

  test("are kept without their lines where somebody wants them", () => {
    const tracker = remembered(five, { endedRuns: 2, keepsRun: ({ runId }) => runId === "ra" });
    expect(idsOf(tracker)).toEqual(["ra", "rd", "re"]);
    expect(tracker.runs.all().map(({ timeline, task }) => [timeline, task].map(Boolean))).toEqual([
      [false, false],
      [true, true],
      [true, true],
    ]);
    expect(tracker.forgottenRuns).toBe(2);
  });

  test("are asked for again: the next attempt is another one, with a timeline", () => {
    const again = log(five, starts("08:02:00", run("a")));
    const tracker = remembered(again, { endedRuns: 2, keepsRun: () => true });
    const [first] = tracker.runs.all();
    expect(first).toMatchObject({ runId: "ra", attempts: 2 });
    expect(first?.timeline?.items.map(({ text }) => text)).toContain("run started on p/m");
  });

  test("and that start again are no ended ones", () => {
    const text = log(UP, whole("a"), starts("08:02:00", run("a")), others(3));
    expect(idsOf(remembered(text, { endedRuns: 1 }))).toEqual(["ra", "rother2"]);
  });

  test("and told their end twice are as young as the second time", () => {
    const twice = (name: string) => doneLine("08:01:02", run(name));
    const text = log(UP, whole("a"), whole("b"), twice("a"), whole("c"));
    expect(idsOf(remembered(text, { endedRuns: 2 }))).toEqual(["ra", "rc"]);
  });
});

describe("runs that did not end well", () => {
  const aborted = [...starts("08:01:00", run("a")), ...ends("08:01:01", run("a"), true)];

  test("are kept for whoever tells of them in the end", () => {
    expect(idsOf(remembered(log(UP, aborted, others(3)), {}))).toEqual(["ra", "rother2"]);
    const { keepsBadEnds } = KEEP_ALL;
    expect(keepsBadEnds).toBe(true);
  });

  test("and are not for a watch", () => {
    const tracker = remembered(log(UP, aborted, others(3)), { keepsBadEnds: false });
    expect([idsOf(tracker), tracker.forgottenRuns]).toEqual([["rother2"], 3]);
  });

  test("are kept for as long as they are open, whatever ends meanwhile", () => {
    expect(idsOf(remembered(log(UP, starts("08:01:00", run("a")), others(3)), {}))).toEqual(["ra", "rother2"]);
  });
});

test("a run of which only others told the end is remembered for 64 more: its own last line is to come", () => {
  const clearedOnly = (index: number) => [startLine("08:01:00", run(`${index}`)), cleared("08:01:01", run(`${index}`))];
  const text = (count: number) => log(UP, ...Array.from({ length: count }, (_, index) => clearedOnly(index)));
  expect(remembered(text(65), { endedRuns: 1 }).runs.size).toBe(65);
  expect(idsOf(remembered(text(66), { endedRuns: 1 }))[0]).toBe("r1");
  // The one that was cleared last may be what the next lane's line is of.
  const byLane = (index: number) => [
    ...starts("08:01:00", run(`x${index}`)),
    laneDone("08:01:01", "main"),
    laneDone("08:01:01", `session:x${index}`),
  ];
  const last = log(text(1), Array.from({ length: 70 }, (_, index) => byLane(index)).flat());
  expect(idsOf(remembered(last, { endedRuns: 0 })).slice(0, 2)).toEqual(["r0", "rx7"]);
});

describe("a session that nothing holds", () => {
  const known = (lines: string | readonly string[], key = "agent:main:a", retention: Partial<Retention> = {}) =>
    remembered(log(UP, lines, others(40)), retention).sessions.findByKey(key) !== undefined;

  test("is forgotten once many others were named since, and counted", () => {
    expect(known(whole("a"))).toBe(false);
    expect(known(whole("a"), undefined, { idleSessions: 60 })).toBe(true);
    const { sessions } = remembered(log(UP, others(40)), { idleSessions: 5 });
    expect(sessions.forgottenCount + sessions.all().length).toBe(40);
    expect(sessions.all().length).toBeLessThan(12);
  });

  test("is kept where somebody wants it", () => {
    expect(known(whole("a"), undefined, { keepsSession: ({ keys }) => keys.has("a") })).toBe(true);
  });

  test("and comes again is counted once", () => {
    const { sessions } = remembered(log(UP, whole("a"), others(40), whole("a")), {});
    expect(sessions.findByKey("agent:main:a")).toBeDefined();
    expect(sessions.forgottenCount + sessions.all().length).toBe(41);
  });

  test("is forgotten with its lanes and its registrations", () => {
    const { process } = remembered(log(UP, whole("a"), others(40)), {});
    expect([...(process?.lanes.sessions() ?? [])]).not.toContain("agent:main:a");
    expect(process?.registered?.has("id-a")).toBe(false);
  });

  test("is kept as long as no run was seen, because it may be anything", () => {
    const queued = (name: string) =>
      at(
        "08:01:00",
        "diagnostic",
        `session turn created: runId=x sessionId=id-${name} sessionKey=${name} agentId=main`,
      );
    const { sessions } = remembered(log(UP, ...Array.from({ length: 40 }, (_, index) => queued(`${index}`))), {});
    expect(sessions.all()).toHaveLength(40);
  });

  const queued = at(
    "08:01:02",
    "diagnostic",
    "message queued: sessionId=id-a sessionKey=a source=dispatch queueDepth=1",
  );
  const lockError = laneError(
    "08:01:02",
    "session:a",
    "Error: session file locked (timeout 10000ms): pid=8 /s/id-a.jsonl.lock",
  );
  const recovers = at("08:01:02", "main-session-restart-recovery", "started interrupted main session: agent:main:a");
  const stuck = at(
    "08:01:02",
    "diagnostic",
    "stuck session: sessionId=id-a sessionKey=a state=processing age=130s queueDepth=1",
  );
  const boot = (time: string) => [at(time, "gateway", "loading configuration…"), at(time, "gateway", "ready")];

  test.each<[string, readonly string[]]>([
    ["a run at work", starts("08:01:00", run("a"))],
    ["a run that a restart cut", [...starts("08:01:00", run("a")), ...restartInProcess("08:01:01")]],
    [
      "a run that is gone with its process",
      [...starts("08:01:00", run("a")), ...boot("08:01:01"), ...boot("08:01:02")],
    ],
    ["a task that waits in its lane", [...whole("a"), enqueue("08:01:02", "session:a")]],
    ["a task that holds its lane", [...whole("a"), enqueue("08:01:02", "session:a"), dequeue("08:01:02", "session:a")]],
    ["a message that was queued", [...whole("a"), queued]],
    ["a lock file", [...whole("a"), lockError]],
    ["a recovery that was begun", [...whole("a"), recovers]],
    ["lines that belong to a finding", [...whole("a"), stuck]],
    ["a message that found a run at work", [...whole("a"), waits("08:01:02", run("a"))]],
    [
      "a turn that was cut off",
      [...starts("08:01:00", run("a")), ...boot("08:01:01"), ...boot("08:01:02"), ...whole("x")],
    ],
  ])("%s keeps it", (_, lines) => expect(known(lines)).toBe(true));

  test.each<[string, readonly string[], readonly string[]]>([
    ["a restart that dropped its message", [...whole("a"), queued], restartInProcess("08:01:03")],
    [
      "a new process that dropped what waited in its lane",
      [...whole("a"), enqueue("08:01:02", "session:a")],
      [up("08:01:03", 9)],
    ],
    [
      "a restart that emptied its lane",
      [...whole("a"), enqueue("08:01:02", "session:a")],
      [at("08:01:03", "gateway", "restart mode: in-process restart (x)"), up("08:01:04")],
    ],
    ["the end of its run", starts("08:01:00", run("a")), ends("08:01:10", run("a"))],
  ])("%s lets it go", (_, before, after) => {
    expect(known([...before, ...others(40)])).toBe(true);
    expect(known([...before, ...others(40), ...after])).toBe(false);
  });

  test("is looked at again only if no line has named it since", () => {
    const named = at("08:01:02", "diagnostic", "abort failed: sessionId=id-a reason=no_active_run");
    const turn = at("08:01:02", "diagnostic", "session turn created: runId=x sessionId=id-a sessionKey=a agentId=main");
    const between = (line: string) => [...others(3), line];
    const lines = [...whole("a"), ...between(turn), ...between(turn), ...between(turn)];
    expect(remembered(log(UP, lines), { idleSessions: 3 }).sessions.findByKey("agent:main:a")).toBeDefined();
    expect(
      remembered(log(UP, whole("a"), named), { idleSessions: 3 }).sessions.findByKey("agent:main:a"),
    ).toBeDefined();
  });
});

test("of a session that never rests the ids of its last conversations are remembered", () => {
  const talk = (index: number) => {
    const one = run("a", `id-${index}`);
    const next = { ...one, runId: `r${index}` };
    return [...starts("08:01:00", next), ...ends("08:01:01", next)];
  };
  const ids = (count: number) => {
    const { sessions } = remembered(log(UP, ...Array.from({ length: count }, (_, index) => talk(index))), {});
    return [...(sessions.findByKey("agent:main:a")?.sessionIds ?? [])];
  };
  expect(ids(SESSION_IDS)).toHaveLength(SESSION_IDS);
  expect(ids(SESSION_IDS)[0]).toBe("id-0");
  expect(ids(SESSION_IDS + 10)).toHaveLength(SESSION_IDS);
  expect(ids(SESSION_IDS + 10).at(-1)).toBe(`id-${SESSION_IDS + 9}`);
});
