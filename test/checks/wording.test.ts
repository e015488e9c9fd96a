/** What each check says, word for word, and how sure it is: people act on it. */
import { describe, expect, test } from "vitest";

import { CHECKS } from "../../src/checks/index.ts";
import { logInconclusive } from "../../src/checks/log-inconclusive.ts";
import { remedyText, upgradeText } from "../../src/checks/wording.ts";
import type { GatewayVersion } from "../../src/gateway-version.ts";
import type { FindingCode } from "../../src/model.ts";
import {
  at,
  dequeue,
  ends,
  enqueue,
  heartbeat,
  laneError,
  log,
  restartInProcess,
  startLine,
  starts,
  up,
  waits,
} from "../helpers/log-lines.ts";
import { diagnoseLog } from "../helpers/track.ts";

const A = { key: "a", runId: "12cbe357-0a5b-4f43-9a66-6d2a4b0c9f11" };
const AGAIN = { key: "a", runId: "rb" };
const RUNS = log(up("08:00:00"), starts("08:01:00", A));
const CUT = log(RUNS, restartInProcess("08:02:00"));
const CRASHED = log(RUNS, up("08:02:00", 9999));
const STOP = at("08:02:00", "gateway", "received SIGTERM; shutting down");
const LOCKED = laneError(
  "08:01:10",
  "session:a",
  "Error: session file locked (timeout 10000ms): pid=8 /s/id-a.jsonl.lock",
);
const FOUR = ["w", "x", "y", "z"].map((key, index) => starts("08:01:00", { key, runId: `r${key}`, inMain: index + 1 }));
const ONE_MORE = [enqueue("08:02:10", "session:a"), dequeue("08:02:10", "session:a"), enqueue("08:02:10", "main", 5)];
const FULL = log(up("08:00:00"), ...FOUR, restartInProcess("08:02:00"), ONE_MORE);
const message = (what: string, name: string, more: string) =>
  at("08:02:20", "diagnostic", `message ${what}: sessionId=id-${name} sessionKey=${name} source=${more}`);
const HELD_BACK = log(
  RUNS,
  restartInProcess("08:02:00"),
  starts("08:02:10", { key: "c", runId: "rc", inMain: 2 }),
  message("queued", "b", "dispatch"),
  message("queued", "d", "dispatch"),
  message("dispatch started", "d", "replyResolver"),
);
const tool = (time: string, runId: string) =>
  at(time, "agent/embedded", `embedded run tool start: runId=${runId} tool=x toolCallId=y`);
const ABORT = at("08:03:00", "diagnostic", "aborting run: sessionId=id-a");

test.each<[string, FindingCode, string, string]>([
  ["a cut run", "run-orphaned", CUT, "08:02:30"],
  ["… past its time", "run-orphaned", CUT, "08:20:00"],
  ["… aborted", "run-orphaned", log(CUT, ABORT), "08:04:00"],
  ["… aborted and past its time", "run-orphaned", log(CUT, ABORT), "08:20:00"],
  ["a run that was lost to a crash", "run-lost", CRASHED, "08:03:00"],
  ["… of a session that is at work again", "run-lost", log(CRASHED, starts("08:02:30", AGAIN)), "08:03:00"],
  [
    "… of a session that has answered since",
    "run-lost",
    log(CRASHED, starts("08:02:30", AGAIN), ends("08:02:40", AGAIN)),
    "08:03:00",
  ],
  ["a run that was lost to a stop", "run-lost", log(RUNS, STOP), "08:03:00"],
  [
    "a run that was lost to a stop, and its gateway is up again",
    "run-lost",
    log(RUNS, STOP, up("08:02:10", 9999)),
    "08:03:00",
  ],
  ["a run whose process was replaced, says a second start line", "run-lost", log(RUNS, up("08:02:00")), "08:03:00"],
  ["a run that went silent", "run-stalled", RUNS, "08:20:00"],
  ["… in a log without lanes", "run-stalled", log(up("08:00:00"), startLine("08:01:00", A)), "08:20:00"],
  [
    "a run that was lost to a restart into a new process",
    "run-lost",
    log(
      RUNS,
      at("08:02:00", "gateway", "received SIGUSR1; restarting"),
      at("08:02:02", "gateway", "restart mode: full process restart (spawned pid 9999)"),
      up("08:02:04", 9999),
    ),
    "08:03:00",
  ],
  [
    "a cut run whose session answers again all the same",
    "run-orphaned",
    log(
      CUT,
      at(
        "08:02:20",
        "diagnostic",
        "message processed: channel=webchat chatId=unknown messageId=h1 sessionId=id-a sessionKey=a outcome=completed duration=551ms",
      ),
    ),
    "08:03:00",
  ],
  [
    "a run that went silent, and the gateway had warned of it",
    "run-stalled",
    log(
      RUNS,
      at("08:03:00", "diagnostic", "stuck session: sessionId=id-a sessionKey=a state=processing age=121s queueDepth=1"),
    ),
    "08:20:00",
  ],
  ["a session that is held back behind recoveries", "session-blocked", HELD_BACK, "08:02:30"],
  ["a session whose run was cut", "session-blocked", log(CUT, waits("08:02:10", A)), "08:02:30"],
  ["… a moment ago", "session-blocked", log(RUNS, restartInProcess("08:01:00.001")), "08:01:00.900"],
  [
    "… past its time, and more than one message came",
    "session-blocked",
    log(CUT, waits("08:02:10", A), waits("08:02:11", A)),
    "08:20:00",
  ],
  ["a session whose run went silent", "session-blocked", RUNS, "08:20:00"],
  ["a session that a lock file bars", "session-blocked", log(RUNS, LOCKED), "08:02:00"],
  ["a session that waits for a full lane", "session-blocked", FULL, "08:02:30"],
  [
    "a session that crossed a restart before the log shows its run",
    "session-blocked",
    log(
      up("08:00:00"),
      starts("08:00:10", AGAIN),
      ends("08:00:20", AGAIN),
      restartInProcess("08:02:00"),
      at("08:02:10", "diagnostic", "run active check: sessionId=id-q active=true"),
    ),
    "08:02:30",
  ],
  ["a full lane", "lanes-exhausted", FULL, "08:02:30"],
  ["… beyond doubt", "lanes-exhausted", FULL, "08:20:00"],
  [
    "… one of them beyond doubt",
    "lanes-exhausted",
    log(FULL, at("08:02:20", "diagnostic", "aborting run: sessionId=id-w")),
    "08:03:00",
  ],
  ["… with one holder that may live", "lanes-exhausted", log(FULL, tool("08:02:20", "rw")), "08:02:30"],
  ["… with two of them", "lanes-exhausted", log(FULL, tool("08:02:20", "rw"), tool("08:02:20", "rx")), "08:02:30"],
  [
    "a log that stops, and other things stand behind it",
    "log-gap",
    log(
      up("08:00:00"),
      at("08:23:20", "gateway", "log file size cap reached; suppressing writes file=/tmp/x.log maxFileBytes=524288000"),
      at("08:23:21", "gateway", "signal SIGUSR1 received"),
    ),
    "08:30:00",
  ],
  [
    "a log that stops",
    "log-gap",
    log(
      up("08:00:00"),
      at("08:23:20", "gateway", "log file size cap reached; suppressing writes file=/tmp/x.log maxFileBytes=524288000"),
    ),
    "08:30:00",
  ],
  ["a log without runs", "log-inconclusive", log(up("08:00:00"), heartbeat("08:00:10")), "08:30:00"],
])("%s (%s)", (_, code, text, now) => {
  const check = CHECKS.find((it) => it.code === code);
  const findings = check?.run(diagnoseLog(text, Date.parse(`2026-01-28T${now}Z`))) ?? [];
  expect(findings.length).toBeGreaterThan(0);
  const told = findings.map(({ timeline, ...finding }) => ({ ...finding, timeline: timeline.length }));
  expect(told).toMatchSnapshot();
});

test("a day that is missing between two others", () => {
  const summary = { format: null, bytes: 0, lines: 0, candidates: 0, unparsedCandidates: 0 };
  const sources = ["openclaw-2026-01-27.log", "openclaw-2026-01-29.log"].map((path) => ({ ...summary, path }));
  const check = CHECKS.find((it) => it.code === "log-gap");
  expect(check?.run({ ...diagnoseLog(RUNS), sources })).toMatchSnapshot();
});

describe("by version", () => {
  const of = (atLeast: string, product: GatewayVersion["product"] = "openclaw"): GatewayVersion => ({
    ...diagnoseLog(RUNS).version,
    atLeast,
    product,
  });

  test.each(["2026.1.0", "2026.2.16", "2026.2.17", "2026.5.27", "2026.5.28"])(
    "what frees a session on %s",
    (version) => {
      expect(`${remedyText(of(version))}${upgradeText(of(version))}`).toMatchSnapshot();
    },
  );

  test.each<[string, GatewayVersion["product"]]>([
    ["2026.1.0", "clawdbot"],
    ["2026.4.6", "openclaw"],
    ["2026.4.7", "openclaw"],
    ["2026.5.27", "openclaw"],
    ["2026.5.28", "openclaw"],
  ])("which setting shows runs on %s of %s", (atLeast, product) => {
    const diagnosis = diagnoseLog(log(up("08:00:00"), heartbeat("08:00:10")));
    expect(logInconclusive.run({ ...diagnosis, version: of(atLeast, product) })[0]?.help).toMatchSnapshot();
  });

  test("a log of something else", () => {
    expect(logInconclusive.run(diagnoseLog("nothing that is known"))[0]).toMatchSnapshot();
  });
});
