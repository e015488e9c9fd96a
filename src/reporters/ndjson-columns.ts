/**
 * The columns of `--format ndjson`, a table for each type of line: what
 * docs/fleet.md shows. The types make the compiler ask for every field's words.
 */
import type { Finding, GatewayReport, Report, RunReport, SessionReport } from "../model.ts";

export const LINE_TYPES = ["report", "gateway", "finding", "session", "run"] as const;
export type LineType = (typeof LINE_TYPES)[number];

/** What a value is. `time` is text: RFC 3339 in UTC, with milliseconds. `?` may be null, or absent where it says so. */
interface Column {
  readonly is: string;
  readonly says: string;
}

type Columns<T> = Readonly<Record<keyof T & string, Column>>;

/** What the line about the whole report has: all that is not a line of its own. */
export type ReportLine = Omit<Report, "labels" | "gateways" | "runs" | "sessions" | "findings">;

/** The first columns of every line. */
export const COMMON_COLUMNS = {
  type: { is: "text", says: "`report`, `gateway`, `finding`, `session` or `run`" },
  labels: { is: "object", says: "what `--label` said, each value a text; empty without" },
} as const satisfies Readonly<Record<string, Column>>;

const REPORT: Columns<ReportLine> = {
  schemaVersion: { is: "number", says: "1; the columns only grow within it" },
  tool: { is: "object", says: "`name` and `version` of this program" },
  ok: { is: "boolean", says: "true exactly when the exit code is 0" },
  verdict: { is: "text", says: "`blocked`, `stalled`, `orphaned-runs`, `inconclusive` or `clean`" },
  window: { is: "object", says: "`from` and `to`: the first and the last time in the log, each time?" },
  sources: {
    is: "list",
    says: "the files: `path`, `format`, `bytes`, `lines`, `candidates`, `unparsedCandidates`, `unread` where not all of one was read",
  },
  counts: {
    is: "object",
    says: "`runs`, and of these `completed`, `aborted`, `failed`, `timedOut`, `orphaned`, `open`",
  },
  redacted: {
    is: "boolean?",
    says: "true: keys, persons, paths and the like are names of this report; absent without `--redact`",
  },
  seen: { is: "list", says: "what else the log showed: `what`, `count`, `last`" },
};

const GATEWAY: Columns<GatewayReport> = {
  index: { is: "number", says: "the life's number; `gateway` of the other lines is this" },
  log: { is: "number", says: "which gateway's log told of it: the lives of one log follow each other" },
  process: { is: "number", says: "the process that it ran in: lives with one number share their lanes" },
  pid: { is: "number?", says: "its process id" },
  product: { is: "text", says: "`clawdbot`, `moltbot` or `openclaw`" },
  version: { is: "text?", says: "where a line names it" },
  versionAtLeast: { is: "text?", says: "the oldest version that logs such lines" },
  startedAt: { is: "time?", says: "when it came up" },
  startedBy: { is: "text", says: "`boot`, `in-process-restart` or `unknown`" },
  endedAt: { is: "time?", says: "null while it goes on" },
  endedBy: { is: "text?", says: "`in-process-restart`, `respawn`, `stop` or `crash`" },
};

const FINDING: Columns<Finding> = {
  code: { is: "text", says: "what is wrong, see findings.md" },
  severity: { is: "text", says: "`error`, `warning` or `note`" },
  confidence: { is: "text", says: "`high`, `medium` or `low`" },
  message: { is: "text", says: "one sentence: what is wrong, where" },
  help: { is: "text", says: "why, and what to do" },
  runId: { is: "text", says: "absent where it is about no single run" },
  sessionId: { is: "text", says: "absent where the log does not tell" },
  sessionKey: { is: "text", says: "absent where it is about no single session" },
  location: { is: "object", says: "`path` and `line`; absent where there is no line" },
  timeline: { is: "list", says: "the evidence: `time`, `text`, `path`, `line`" },
  timelineOmitted: { is: "number", says: "lines of evidence that were left out" },
};

const SESSION: Columns<SessionReport> = {
  sessionKey: { is: "text", says: "the gateway's full key where the log shows it" },
  aliases: { is: "list", says: "its other keys" },
  sessionIds: { is: "list", says: "every sessionId that it had" },
  state: { is: "text", says: "at the end of the log: `blocked`, `busy`, `free` or `unknown`" },
  heldSince: { is: "time?", says: "since when a run holds it" },
  heldByRunId: { is: "text?", says: "the run that holds it" },
  heldByLane: { is: "text?", says: "the lane that it waits for" },
  waitsFor: { is: "text?", says: "`own-run`, `full-lane`, `recoveries` or `lock-file`" },
  waitingAtLeast: { is: "number", says: "messages seen waiting: a lower bound" },
  waitingSince: { is: "list", says: "when these messages came, as far as the log tells; no more than 100" },
  silenceMs: { is: "number?", says: "milliseconds from the holder's last line to the end of the log" },
  gateway: { is: "number", says: "`index` of the gateway's life" },
};

const RUN: Columns<RunReport> = {
  runId: { is: "text", says: "not unique across gateways, and may come again after a restart" },
  truncatedId: { is: "boolean", says: "the log shows only the start of the id" },
  sessionId: { is: "text?", says: "its session's id" },
  sessionKey: { is: "text?", says: "its session's key" },
  state: { is: "text", says: "`completed`, `aborted`, `failed`, `timed-out`, `orphaned` or `open`" },
  cause: { is: "text?", says: "of an orphan: `restart`, `crash`, `stop` or `stall`" },
  confidence: { is: "text", says: "`high`, `medium` or `low`" },
  queuedAt: { is: "time?", says: "when its message went into the queue, of a run with one attempt" },
  startedAt: { is: "time?", says: "its first line" },
  endedAt: { is: "time?", says: "null while no end was seen" },
  lastSeenAt: { is: "time?", says: "its last line" },
  goneAt: { is: "time?", says: "of a run that never ended: when its process was gone, or another run in its place" },
  attempts: { is: "number", says: "how often it was begun: a model that fails over begins again" },
  provider: { is: "text?", says: "of the model" },
  model: { is: "text?", says: "of the last attempt" },
  channel: { is: "text?", says: "where the message came from" },
  gateway: { is: "number", says: "`index` of the gateway's life that it began in" },
  location: { is: "object", says: "`path` and `line` of its first line" },
};

export const COLUMNS: Readonly<Record<LineType, Readonly<Record<string, Column>>>> = {
  report: REPORT,
  gateway: GATEWAY,
  finding: FINDING,
  session: SESSION,
  run: RUN,
};

/** Every name that a line's column has. */
export const COLUMN_NAMES: readonly string[] = [
  ...new Set([COMMON_COLUMNS, ...Object.values(COLUMNS)].flatMap((columns) => Object.keys(columns))),
];
