/** Reports that every reporter is shown: made by hand, of the shape that the pipeline makes. */
import type { Finding, GatewayReport, Report, RunReport, SessionReport, TimelineEntry } from "../../src/model.ts";

const LOG = "/tmp/clawdbot/clawdbot-2026-01-28.log";

export function aRun(values: Partial<RunReport> = {}): RunReport {
  return {
    runId: "12cbe357-0000-4000-8000-000000000001",
    truncatedId: false,
    sessionId: "5e551011-0000-4000-8000-000000000001",
    sessionKey: "main",
    state: "orphaned",
    cause: "restart",
    confidence: "high",
    queuedAt: "2026-01-28T07:23:19.500Z",
    startedAt: "2026-01-28T07:23:20.000Z",
    endedAt: null,
    lastSeenAt: "2026-01-28T07:23:33.000Z",
    goneAt: null,
    attempts: 1,
    provider: "anthropic",
    model: "claude",
    channel: "webchat",
    gateway: 1,
    location: { path: LOG, line: 1812 },
    ...values,
  };
}

export function aSession(values: Partial<SessionReport> = {}): SessionReport {
  return {
    sessionKey: "main",
    aliases: ["agent:main:main"],
    sessionIds: ["5e551011-0000-4000-8000-000000000001"],
    state: "free",
    heldSince: null,
    heldByRunId: null,
    heldByLane: null,
    waitsFor: null,
    waitingAtLeast: 0,
    waitingSince: [],
    silenceMs: null,
    gateway: 1,
    ...values,
  };
}

export function aFinding(values: Partial<Finding> & Pick<Finding, "code">): Finding {
  return {
    severity: "error",
    confidence: "high",
    message: "something is wrong",
    help: "Do something about it.",
    timeline: [],
    timelineOmitted: 0,
    ...values,
  };
}

export function entry(time: string | null, line: number, text: string, path = LOG): TimelineEntry {
  return { time: time === null ? null : `2026-01-28T${time}.000Z`, text, path, line };
}

function aGateway(values: Partial<GatewayReport> = {}): GatewayReport {
  return {
    index: 0,
    log: 0,
    process: 0,
    pid: 4711,
    product: "clawdbot",
    version: "2026.1.24-3",
    versionAtLeast: "2026.1.24-3",
    startedAt: "2026-01-28T05:00:01.000Z",
    startedBy: "boot",
    endedAt: "2026-01-28T07:23:33.000Z",
    endedBy: "in-process-restart",
    ...values,
  };
}

export function aReport(values: Partial<Report> = {}): Report {
  return {
    schemaVersion: 1,
    tool: { name: "clawdbot-sessions", version: "0.0.0" },
    labels: {},
    ok: true,
    verdict: "clean",
    window: { from: "2026-01-28T05:00:01.000Z", to: "2026-01-28T08:10:15.000Z" },
    sources: [{ path: LOG, format: "tslog", bytes: 9_000_000, lines: 41_203, candidates: 812, unparsedCandidates: 0 }],
    gateways: [
      aGateway(),
      aGateway({
        index: 1,
        startedAt: "2026-01-28T07:23:36.000Z",
        startedBy: "in-process-restart",
        endedAt: null,
        endedBy: null,
      }),
    ],
    counts: { runs: 14, completed: 14, aborted: 0, failed: 0, timedOut: 0, orphaned: 0, open: 0 },
    runs: [],
    sessions: [],
    findings: [],
    seen: [],
    ...values,
  };
}

const OTHERS = ["room", "agent:main:whatsapp:group:120363403215116621@g.us", "cron:daily"].map((sessionKey) =>
  aSession({ sessionKey, aliases: [], sessionIds: [] }),
);

const ENDED = aRun({
  runId: "e2d3d000-0000-4000-8000-000000000002",
  sessionKey: "room",
  state: "completed",
  cause: null,
  endedAt: "2026-01-28T07:01:02.000Z",
  startedAt: "2026-01-28T07:00:00.000Z",
  location: { path: LOG, line: 1700 },
});

const BLOCKED_TIMELINE = [
  entry("07:23:20", 1812, "run started on anthropic/claude"),
  entry("07:23:33", 1829, "tool gateway started"),
  entry("07:23:33", 1830, "SIGUSR1, gateway restarts"),
  entry("07:23:34", 1834, "AbortError: This operation was aborted"),
  entry("07:23:36", 1841, "gateway up, PID 4711"),
];

const BLOCKED = aReport({
  labels: { host: "vps-1", region: "eu" },
  ok: false,
  verdict: "blocked",
  counts: { runs: 14, completed: 13, aborted: 0, failed: 0, timedOut: 0, orphaned: 1, open: 0 },
  runs: [ENDED, aRun()],
  sessions: [
    aSession({
      state: "blocked",
      heldSince: "2026-01-28T07:23:33.000Z",
      heldByRunId: aRun().runId,
      heldByLane: "session:main",
      waitsFor: "own-run",
      waitingAtLeast: 2,
      waitingSince: ["2026-01-28T07:31:00.000Z", "2026-01-28T07:50:00.000Z"],
      silenceMs: 2_799_000,
    }),
    ...OTHERS,
  ],
  findings: [
    aFinding({
      code: "session-blocked",
      message:
        "session main gets no answers: run 12cbe357 holds its lane since a gateway restart in the same process cut it off, silent for 46 min 39 s, at least 2 messages waiting",
      help: "Not just slow: it was aborted, and it is past the 10 min run timeout. Send /stop: (with the colon) in its chat.",
      runId: aRun().runId,
      sessionKey: "main",
      location: { path: LOG, line: 1812 },
      timeline: BLOCKED_TIMELINE,
    }),
    aFinding({
      code: "run-orphaned",
      message: "run 12cbe357 on main was cut off by a gateway restart in the same process and never ended",
      help: "Not just slow: it was aborted, and it is past the 10 min run timeout.",
      runId: aRun().runId,
      sessionKey: "main",
      location: { path: LOG, line: 1812 },
      timeline: BLOCKED_TIMELINE,
    }),
  ],
});

const INCONCLUSIVE = aReport({
  ok: false,
  verdict: "inconclusive",
  counts: { runs: 0, completed: 0, aborted: 0, failed: 0, timedOut: 0, orphaned: 0, open: 0 },
  findings: [
    aFinding({
      code: "log-inconclusive",
      severity: "warning",
      message: "this log cannot show runs: it holds no line of a run or a lane, and these are DEBUG lines",
      help: 'For clawdbot 2026.1.24-3: up to 2026.4.5 the levels of the file are reversed, so set logging.level to "error".',
    }),
  ],
  seen: [
    { what: "gateway starts", count: 3, last: "2026-01-28T07:23:36.000Z" },
    { what: "stuck session warnings", count: 1204, last: "2026-01-28T08:10:01.000Z" },
  ],
});

const LANE_KEYS = Array.from({ length: 14 }, (_, index) => `s${index + 1}`);

const LANES_EXHAUSTED = aReport({
  ok: false,
  verdict: "blocked",
  counts: { runs: 4, completed: 0, aborted: 0, failed: 0, timedOut: 0, orphaned: 4, open: 0 },
  runs: LANE_KEYS.slice(0, 4).map((sessionKey, index) =>
    aRun({ runId: `run-${sessionKey}`, sessionKey, channel: null, location: { path: LOG, line: 100 + index } }),
  ),
  sessions: LANE_KEYS.map((sessionKey, index) =>
    aSession({
      sessionKey,
      aliases: [`agent:main:${sessionKey}`],
      state: "blocked",
      heldSince: "2026-01-28T07:30:00.000Z",
      heldByRunId: index < 4 ? `run-${sessionKey}` : null,
      heldByLane: index < 4 ? `session:${sessionKey}` : "main",
      waitsFor: index < 4 ? "own-run" : "full-lane",
      waitingAtLeast: 1,
      silenceMs: 2_415_000,
    }),
  ),
  findings: [
    aFinding({
      code: "lanes-exhausted",
      message: "lane main is full, and 4 of its 4 holders are dead: 10 sessions waiting",
      help: "Dead: run-s1 (s1), run-s2 (s2), run-s3 (s3), run-s4 (s4).",
      runId: "run-s1",
      sessionKey: "s1",
      location: { path: LOG, line: 100 },
      timeline: BLOCKED_TIMELINE,
    }),
    ...LANE_KEYS.map((sessionKey, index) =>
      aFinding({
        code: "session-blocked",
        message: `session ${sessionKey} gets no answers`,
        sessionKey,
        ...(index < 4 ? { runId: `run-${sessionKey}` } : {}),
        timeline: [entry("07:31:00", 200 + index, "lane main: task queued, 5 in all")],
      }),
    ),
    ...LANE_KEYS.slice(0, 4).map((sessionKey, index) =>
      aFinding({
        code: "run-orphaned",
        message: `run run-${sessionKey} on ${sessionKey} was cut off by a gateway restart in the same process and never ended`,
        runId: `run-${sessionKey}`,
        sessionKey,
        location: { path: LOG, line: 100 + index },
        timeline: BLOCKED_TIMELINE,
      }),
    ),
  ],
});

/** Two files, two days, a long timeline with a gap in what was kept, notes, and more than ten findings of a kind. */
const LOST_TIMELINE = [
  { time: "2026-01-27T22:58:00.000Z", text: "run started", path: "a.log", line: 9 },
  ...Array.from({ length: 18 }, (_, index) => ({
    time: `2026-01-27T22:59:${String(index + 10)}.000Z`,
    text: `tool read ${index % 2 === 0 ? "started" : "ended"}`,
    path: "a.log",
    line: 10 + index,
  })),
  { time: "2026-01-27T23:40:00.000Z", text: "a new gateway process starts", path: "b.log", line: 1 },
  { time: null, text: "gateway up", path: "b.log", line: 2 },
];

const ORPHANS = aReport({
  ok: true,
  verdict: "orphaned-runs",
  window: { from: "2026-01-27T21:00:00.000Z", to: "2026-01-28T08:10:15.000Z" },
  sources: [
    { path: "a.log", format: "console", bytes: 10, lines: 1, candidates: 1, unparsedCandidates: 0 },
    { path: "b.log", format: null, bytes: 10, lines: 1200, candidates: 1, unparsedCandidates: 2 },
  ],
  counts: { runs: 20, completed: 7, aborted: 0, failed: 0, timedOut: 0, orphaned: 13, open: 0 },
  runs: [
    aRun({ cause: "crash", location: { path: "a.log", line: 9 }, startedAt: "2026-01-27T22:58:00.000Z" }),
    aRun({
      runId: "12cb",
      truncatedId: true,
      sessionKey: null,
      sessionId: null,
      state: "open",
      cause: null,
      location: { path: "b.log", line: 40 },
    }),
  ],
  sessions: [aSession(), ...OTHERS],
  findings: [
    ...Array.from({ length: 12 }, (_, index) =>
      aFinding({
        code: "run-lost",
        severity: "warning",
        message: `run lost-${index} on main was lost to a crash of the gateway: its process is gone`,
        help: "A new gateway process took over, and its lanes began empty. The session is free.",
        runId: `lost-${index}`,
        location: { path: "a.log", line: 9 },
        timeline: LOST_TIMELINE,
        timelineOmitted: 31,
      }),
    ),
    aFinding({
      code: "log-gap",
      severity: "note",
      message: "the log stops at its size cap",
      location: { path: "b.log", line: 77 },
      timeline: [],
    }),
  ],
});

/** What a stranger may get into a log. */
const EVIL =
  "\u001b]0;owned\u0007\u001b[2J\u009b31m\r\n::error::fake\n##[add-path]/evil%0A:,\u202emoc.live\u2066\u200b\ufeff\u{e0041}\ud800$(rm -rf ~)`id`'\"\\";

const HOSTILE = aReport({
  labels: { host: EVIL },
  ok: false,
  verdict: "blocked",
  sources: [{ path: `${EVIL}.log`, format: EVIL, bytes: 1, lines: 1, candidates: 1, unparsedCandidates: 1 }],
  gateways: [aGateway({ index: 1, version: EVIL })],
  runs: [aRun({ runId: EVIL, sessionKey: EVIL, channel: EVIL, provider: EVIL, location: { path: EVIL, line: 1 } })],
  sessions: [
    aSession({
      sessionKey: EVIL,
      aliases: [],
      state: "blocked",
      heldSince: "2026-01-28T07:23:33.000Z",
      heldByRunId: EVIL,
      waitingAtLeast: 1,
      silenceMs: 1000,
    }),
    aSession({
      sessionKey: "$(rm -rf ~)",
      aliases: [],
      state: "blocked",
      heldSince: "not a time",
      waitingAtLeast: 0,
    }),
  ],
  findings: [
    aFinding({
      code: "run-orphaned",
      message: EVIL,
      help: EVIL,
      runId: EVIL,
      sessionKey: EVIL,
      location: { path: EVIL, line: 1 },
      timeline: [entry("07:23:20", 1, EVIL, EVIL), entry("07:23:20", 2, EVIL, "other.log")],
    }),
  ],
  seen: [{ what: EVIL, count: 1, last: EVIL }],
});

const STALLED = aReport({
  ok: false,
  verdict: "stalled",
  runs: [aRun({ cause: "stall", confidence: "medium" })],
  sessions: [aSession({ state: "unknown" }), ...OTHERS],
  counts: { runs: 14, completed: 13, aborted: 0, failed: 0, timedOut: 0, orphaned: 1, open: 0 },
  findings: [
    aFinding({
      code: "run-stalled",
      confidence: "medium",
      message: "run 12cbe357 on main has been silent for 46 min 55 s, and no restart explains it",
      help: "If nothing comes, send /stop in its chat.",
      runId: aRun().runId,
      location: { path: LOG, line: 1812 },
      timeline: BLOCKED_TIMELINE.slice(0, 2),
    }),
  ],
});

export const SAMPLES: Readonly<Record<string, Report>> = {
  blocked: BLOCKED,
  stalled: STALLED,
  orphans: ORPHANS,
  inconclusive: INCONCLUSIVE,
  clean: aReport({ runs: [ENDED], sessions: [aSession(), ...OTHERS] }),
  "lanes-exhausted": LANES_EXHAUSTED,
  hostile: HOSTILE,
};
