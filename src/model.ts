/**
 * The words of this tool: what a log line becomes, what a gateway did, and what
 * a report says of it. Everything here is data; nothing here does anything.
 */

/** Where a line stands. `line` counts from 1; `path` is as the user would type it (`-` for stdin). */
export interface Location {
  readonly path: string;
  readonly line: number;
}

export type Level = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

/**
 * A time as a log line writes it. Only an `instant` says all; the others get
 * their date (and zone) from the clock.
 */
export type Stamp =
  /** Milliseconds since the epoch. */
  | { readonly kind: "instant"; readonly ms: number }
  /** `HH:MM:SS[.mmm]`; `ms` since midnight. */
  | { readonly kind: "time-of-day"; readonly ms: number }
  /** `Jan 28 HH:MM:SS` of the syslog family; `month` counts from 1. */
  | { readonly kind: "month-day"; readonly month: number; readonly day: number; readonly ms: number }
  /** A full date with no zone; `ms` as if it were UTC. */
  | { readonly kind: "zoneless"; readonly ms: number };

/** What a line format makes of one line. */
export interface ParsedLine {
  readonly stamp?: Stamp;
  readonly level?: Level;
  /** As the gateway writes it, for example `agent/embedded`; a console may have dropped a leading `gateway/`. */
  readonly subsystem?: string;
  /** One line of text, colours removed. */
  readonly message: string;
  /** The structured fields beside the message, where the form has them. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** Name of the logger's program where the form tells it: `clawdbot`, `moltbot`, `openclaw`. */
  readonly product?: string;
  /**
   * Set by the forms that people write by hand (an issue's timeline, a bare
   * message): no logger's name can be expected there, so none is asked for.
   */
  readonly loose?: true;
}

/** A line of a gateway's log with its time and place. */
export interface LogRecord extends Omit<ParsedLine, "stamp"> {
  /** Milliseconds since the epoch; absent where neither the line nor its neighbours tell. */
  readonly time?: number;
  readonly location: Location;
  /** Index of the source that the line came from, in the order of the report's `sources`. */
  readonly source: number;
  /** Which gateway's stream this is; equal for all files of one gateway. */
  readonly stream: string;
}

/** A source as the report names it. */
export interface SourceSummary {
  readonly path: string;
  /** Names of the formats seen, most frequent first, for example `console` or `docker+tslog`; null where none was recognised. */
  readonly format: string | null;
  readonly bytes: number;
  readonly lines: number;
  /** Lines that carry an event the tool knows. */
  readonly candidates: number;
  /** Lines that look like a run or lane line and could not be read as one. */
  readonly unparsedCandidates: number;
  /** Why it was not read, or not to its end; absent where it was read whole. */
  readonly unread?: string;
}

export const SEVERITIES = ["note", "warning", "error"] as const;
export type Severity = (typeof SEVERITIES)[number];
export type Confidence = "high" | "medium" | "low";

export const FINDING_CODES = [
  "session-blocked",
  "lanes-exhausted",
  "run-orphaned",
  "run-lost",
  "run-stalled",
  "log-gap",
  "log-inconclusive",
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

export const VERDICTS = ["blocked", "stalled", "orphaned-runs", "inconclusive", "clean"] as const;
export type Verdict = (typeof VERDICTS)[number];

export type RunState = "completed" | "aborted" | "failed" | "timed-out" | "orphaned" | "open";
export type OrphanCause = "restart" | "crash" | "stop" | "stall";
/** Its own run, a lane that others fill, the recoveries of other sessions (9.6), or a lock file left behind. */
export type WaitsFor = "own-run" | "full-lane" | "recoveries" | "lock-file";
export type SessionState = "blocked" | "busy" | "free" | "unknown";

/** A line of a finding's evidence. Times in the report are RFC 3339 (UTC); null where the log gives none. */
export interface TimelineEntry {
  readonly time: string | null;
  readonly text: string;
  readonly path: string;
  readonly line: number;
}

export interface GatewayReport {
  readonly index: number;
  /** Which gateway's log told of this life, counted from 0: the lives of one log follow each other, those of two do not. */
  readonly log: number;
  /** Which operating-system process of the log this life ran in, counted from 0: two lives with one number share their lanes. */
  readonly process: number;
  readonly pid: number | null;
  /** `clawdbot`, `moltbot` or `openclaw`: the command to type. */
  readonly product: string;
  /** Where a line names it. */
  readonly version: string | null;
  /** The oldest version that logs such lines; null where nothing in them tells. */
  readonly versionAtLeast: string | null;
  readonly startedAt: string | null;
  readonly startedBy: "boot" | "in-process-restart" | "unknown";
  readonly endedAt: string | null;
  readonly endedBy: "in-process-restart" | "respawn" | "stop" | "crash" | null;
}

export interface RunReport {
  readonly runId: string;
  readonly truncatedId: boolean;
  readonly sessionId: string | null;
  readonly sessionKey: string | null;
  readonly state: RunState;
  readonly cause: OrphanCause | null;
  readonly confidence: Confidence;
  /** When its message went into the queue of its session, where the log shows the lane and there was only one attempt. */
  readonly queuedAt: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly lastSeenAt: string | null;
  /** Of a run that never ended: when its process was gone or another run had taken its place. Null where neither was seen. */
  readonly goneAt: string | null;
  readonly attempts: number;
  readonly provider: string | null;
  readonly model: string | null;
  readonly channel: string | null;
  readonly gateway: number;
  readonly location: Location;
}

export interface SessionReport {
  readonly sessionKey: string;
  readonly aliases: readonly string[];
  readonly sessionIds: readonly string[];
  readonly state: SessionState;
  readonly heldSince: string | null;
  readonly heldByRunId: string | null;
  readonly heldByLane: string | null;
  /** What keeps it from answering; null while it is free. */
  readonly waitsFor: WaitsFor | null;
  /** Messages seen waiting; the gateway may have merged some, so never more than a lower bound. */
  readonly waitingAtLeast: number;
  /** When the waiting messages came, the oldest first; no more than 100, and less than `waitingAtLeast` where the log gives no time. */
  readonly waitingSince: readonly string[];
  /** From the holder's last line to the end of the log. */
  readonly silenceMs: number | null;
  readonly gateway: number;
}

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** One sentence: what is wrong, where. */
  readonly message: string;
  /** One or more sentences: why we think so, and what to do next. */
  readonly help: string;
  readonly runId?: string;
  readonly sessionId?: string;
  readonly sessionKey?: string;
  readonly location?: Location;
  readonly timeline: readonly TimelineEntry[];
  /** Lines of evidence that were seen and not kept, between the first and the last that are shown. */
  readonly timelineOmitted: number;
}

/** The report, version 1: what `--format json` prints. Grow it; never take a field away. */
export interface Report {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: string; readonly version: string };
  /** What the user said of this log with `--label`, for example its host; empty if nothing. */
  readonly labels: Readonly<Record<string, string>>;
  /** Set with `--redact`: keys, persons, paths and the like are names of this report. */
  readonly redacted?: true;
  /** True exactly when the exit code is 0. */
  readonly ok: boolean;
  readonly verdict: Verdict;
  readonly window: { readonly from: string | null; readonly to: string | null };
  readonly sources: readonly SourceSummary[];
  readonly gateways: readonly GatewayReport[];
  readonly counts: Readonly<
    Record<"runs" | "completed" | "aborted" | "failed" | "timedOut" | "orphaned" | "open", number>
  >;
  readonly runs: readonly RunReport[];
  readonly sessions: readonly SessionReport[];
  readonly findings: readonly Finding[];
  /** What the log showed beside runs; the whole story when it shows no runs. */
  readonly seen: readonly { readonly what: string; readonly count: number; readonly last: string | null }[];
}

export const OUTCOMES = [
  "restored",
  "already-free",
  "planned",
  "declined",
  "unverified",
  "ineffective",
  "refused",
  "not-found",
  "ambiguous",
  "failed",
] as const;
export type Outcome = (typeof OUTCOMES)[number];
