/** 9.6 takes up a few of the turns that a restart or a crash cut off: who is held back behind them, and who is not. */
import { describe, expect, test } from "vitest";

import { at, ends, log, restartInProcess, starts, type RunLines } from "../helpers/log-lines.ts";
import { sessionAt, settledAt } from "../helpers/verdicts.ts";

const gateway = (time: string, message: string) => at(time, "gateway", message);
const boot = (time: string) => [gateway(time, "loading configuration…"), gateway(time, "ready")];
const key = (name: string) => `agent:main:${name}`;
const run = (name: string, runId: string, inMain = 1): RunLines => ({
  key: key(name),
  runId,
  sessionId: `id-${name}`,
  inMain,
});
const queued = (time: string, name: string) =>
  at(
    time,
    "diagnostic",
    `message queued: sessionId=id-${name} sessionKey=${key(name)} source=dispatch queueDepth=1 sessionState=idle`,
  );
const dispatched = (time: string, name: string) =>
  at(
    time,
    "diagnostic",
    `message dispatch started: channel=webchat sessionId=id-${name} sessionKey=${key(name)} source=replyResolver`,
  );
const processed = (time: string, name: string, outcome: string) =>
  at(
    time,
    "diagnostic",
    `message processed: channel=webchat chatId=unknown messageId=h1 sessionId=id-${name} sessionKey=${key(name)} outcome=${outcome} duration=551ms`,
  );
const recovers = (time: string, name: string, word = "started") =>
  at(time, "main-session-restart-recovery", `${word} interrupted main session: ${key(name)}`);

const FREE = "free high waiting=0";
const HELD = "blocked recoveries medium waiting=1";

/** Sessions a and b were cut off by a crash; the recovery of a hangs. */
const CUT = log(
  boot("08:00:00"),
  starts("08:01:00", run("a", "ra")),
  starts("08:01:00", run("b", "rb", 2)),
  boot("08:02:00"),
);
const HANGS = log(CUT, recovers("08:02:10", "a"), starts("08:02:10", run("a", "ra2")));

describe("a message of a session whose turn was cut off", () => {
  test.each<[string, string, string, string]>([
    ["that may yet be taken up", log(HANGS, queued("08:02:30", "b")), "08:02:34.999", FREE],
    ["that was not taken up in time", log(HANGS, queued("08:02:30", "b")), "08:02:35", HELD],
    [
      "of the time when the first one came, not the last",
      log(HANGS, queued("08:02:30", "b"), queued("08:02:34", "b")),
      "08:02:35",
      "blocked recoveries medium waiting=2",
    ],
    [
      "that another one overtook",
      log(HANGS, queued("08:02:30", "b"), queued("08:02:31", "c"), dispatched("08:02:31", "c")),
      "08:02:31",
      HELD,
    ],
    ["that was taken up", log(HANGS, queued("08:02:30", "b"), dispatched("08:02:31", "b")), "08:03:00", FREE],
    [
      "that was steered into a turn",
      log(HANGS, queued("08:02:30", "b"), processed("08:02:31", "b", "skipped")),
      "08:03:00",
      FREE,
    ],
    [
      "in a version that says that it resumed the turn (5.28)",
      log(CUT, recovers("08:02:10", "a", "resumed"), starts("08:02:10", run("a", "ra2")), queued("08:02:30", "b")),
      "08:03:00",
      HELD,
    ],
    [
      "while the recovery has not begun its run",
      log(CUT, recovers("08:02:10", "a"), queued("08:02:30", "b")),
      "08:03:00",
      FREE,
    ],
    [
      "once the recovery ended",
      log(HANGS, queued("08:02:30", "b"), ends("08:02:40", run("a", "ra2"))),
      "08:03:00",
      FREE,
    ],
    ["where no recovery began", log(CUT, queued("08:02:30", "b")), "08:03:00", FREE],
    [
      "where only a person's run hangs",
      log(CUT, starts("08:02:10", run("a", "ra2")), queued("08:02:30", "b")),
      "08:03:00",
      FREE,
    ],
    [
      "whose own recovery is on its way",
      log(HANGS, recovers("08:02:20", "b"), queued("08:02:30", "b")),
      "08:03:00",
      FREE,
    ],
    [
      "that has had a turn since",
      log(HANGS, starts("08:02:20", run("b", "rb2", 2)), ends("08:02:25", run("b", "rb2")), queued("08:02:30", "b")),
      "08:03:00",
      FREE,
    ],
    [
      "that no line of the log named before the next restart",
      log(HANGS, queued("08:02:30", "b"), boot("08:02:40")),
      "08:03:00",
      FREE,
    ],
  ])("%s", (_, text, now, verdict) => expect(sessionAt(text, now, key("b"))).toBe(verdict));

  test("names the recovery that it waits for, and since when", () => {
    const it = settledAt(log(HANGS, queued("08:02:30", "b")), "08:03:00").sessions.find((one) => one.key === key("b"));
    expect(it?.holder?.run.runId).toBe("ra2");
    expect(it).toMatchObject({ silenceMs: 30_000, waitingSince: [it?.heldSince] });
  });
});

describe("a session that was not cut off", () => {
  test.each<[string, string, string]>([
    ["whose turn ended before the crash", ends("08:01:30", run("b", "rb")).join("\n"), FREE],
    ["that an abort ended before any restart", ends("08:01:30", run("b", "rb"), true).join("\n"), FREE],
  ])("%s is not held back", (_, lines, verdict) => {
    const before = log(
      boot("08:00:00"),
      starts("08:01:00", run("a", "ra")),
      starts("08:01:00", run("b", "rb", 2)),
      lines,
    );
    const text = log(before, boot("08:02:00"), recovers("08:02:10", "a"), starts("08:02:10", run("a", "ra2")));
    expect(sessionAt(log(text, queued("08:02:30", "b")), "08:03:00", key("b"))).toBe(verdict);
  });
});

describe("a restart within the process", () => {
  const before = log(boot("08:00:00"), starts("08:01:00", run("a", "ra")), starts("08:01:00", run("b", "rb", 2)));
  const restarting = gateway("08:02:00", "received SIGUSR1; restarting");
  const after = log(gateway("08:02:05", "ready"), recovers("08:02:10", "a"), starts("08:02:10", run("a", "ra2")));
  const abortBoth = [ends("08:02:01", run("a", "ra"), true), ends("08:02:01", run("b", "rb"), true)].flat();

  test.each<[string, string, string]>([
    ["cuts off the turns that it aborts", log(before, restarting, ...abortBoth, after), HELD],
    ["not those that were aborted before it", log(before, ...abortBoth, restarting, after), FREE],
    [
      "nor those that ended well meanwhile",
      log(before, restarting, ends("08:02:01", run("a", "ra"), true), ends("08:02:01", run("b", "rb")), after),
      FREE,
    ],
  ])("%s", (_, text, verdict) => {
    expect(sessionAt(log(text, queued("08:02:30", "b")), "08:03:00", key("b"))).toBe(verdict);
  });

  test("drops the messages that no run has taken up", () => {
    const text = log(HANGS, queued("08:02:30", "b"), restartInProcess("08:02:40"));
    expect(sessionAt(text, "08:03:00", key("b"))).toBe(FREE);
  });
});
