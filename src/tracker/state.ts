/** The mutable state of the tracker: what it believes of processes, lanes, runs and sessions. */
import type { GatewayReport, Location, OrphanCause, RunState } from "../model.ts";
import type { Lanes } from "./lanes.ts";
import type { OpenRuns } from "./open-runs.ts";
import type { SmallSet } from "./small-set.ts";
import type { Timeline } from "./timeline.ts";

/** One operating-system process of the gateway. Its lanes and its active runs die with it. */
export interface Process {
  readonly index: number;
  pid: number | undefined;
  lanes: Lanes;
  readonly openRuns: OpenRuns;
  /** Runs that were open when the process was gone. */
  readonly lostRuns: OpenRuns;
  /**
   * When (in the order of events) a run of a sessionId was last registered, also
   * runs that the log hides. Only the newest ones are kept.
   */
  registered: Map<string, number> | undefined;
  /** Milliseconds since the epoch, once another process took its place. */
  endedAt: number | undefined;
  alive: boolean;
  /** False where only a repeated start line says that the process changed. */
  endIsCertain: boolean;
}

/** A process between two restarts: an in-process restart begins a new life of the same process. */
export interface Life {
  readonly index: number;
  readonly process: Process;
  startedAt: number | undefined;
  /** Place of its first event in the order of all events. */
  readonly startedSequence: number;
  readonly startedBy: GatewayReport["startedBy"];
  endedAt: number | undefined;
  endedBy: GatewayReport["endedBy"];
  /** How far its start came; a marker of a lower rank begins a new life. */
  bootRank: number;
}

/** A restart or stop that began and whose new life has not shown itself. */
export interface PendingShutdown {
  kind: "restart" | "stop";
  readonly time: number | undefined;
  readonly sequence: number;
  /** The gateway said that a new process takes over. */
  respawn: boolean;
  /** An uncaught error ended the process on the way. */
  crashed: boolean;
}

/** How sure an end is: a later, stronger line replaces a weaker one. */
export const END_STRENGTH = { cleared: 1, lane: 2, cleanup: 3, done: 4 } as const;

export interface RunEnd {
  readonly time: number | undefined;
  readonly state: Exclude<RunState, "orphaned" | "open">;
  readonly strength: number;
}

/** What cut a run off: the first restart, crash or stop after which it showed no life. */
export interface Cut {
  readonly cause: Exclude<OrphanCause, "stall">;
  readonly time: number | undefined;
  /** Index of the life that began with the cut. */
  readonly life: number;
}

export interface Run {
  readonly runId: string;
  /** Place in the order in which the runs were first seen. */
  readonly ordinal: number;
  /** The run before it with the same runId. */
  older: Run | undefined;
  readonly truncatedId: boolean;
  sessionId: string | undefined;
  provider: string | undefined;
  model: string | undefined;
  channel: string | undefined;
  attempts: number;
  readonly startedAt: number | undefined;
  attemptStartedAt: number | undefined;
  attemptSequence: number;
  lastSeenAt: number | undefined;
  readonly location: Location;
  life: Life;
  task: LaneTask | undefined;
  end: RunEnd | undefined;
  /** The last `agent end` of this attempt told an error. */
  errorSeen: boolean;
  timedOut: boolean;
  abortLoggedAt: number | undefined;
  cut: Cut | undefined;
  /** Its process is gone, or its lane was seen empty: nothing is held any more. */
  lostAt: number | undefined;
  lost: boolean;
  /** Dropped some time after the run ended: only runs without an end are told line by line. */
  timeline: Timeline | undefined;
  /** How many times it stands in the queue of the ended runs. */
  queued: number;
}

/** A task of a lane. A session's task enqueues one in a global lane, and that one starts the run. */
export interface LaneTask {
  readonly lane: string;
  /** Of the session that the lane belongs to; undefined for a global lane. */
  readonly canonicalKey: string | undefined;
  readonly enqueuedAt: number | undefined;
  dequeuedAt: number | undefined;
  parent: LaneTask | undefined;
  child: LaneTask | undefined;
  run: Run | undefined;
  /** Of a run whose lines the console hides (`probe-…`) or that began before the log. */
  sessionId: string | undefined;
  /** How many restarts within its process came before it was let in. */
  restartsBefore: number;
  /** Not seen to begin: it was there before the log. */
  readonly fromBefore: boolean;
}

export interface Session {
  /** `agent:<agent>:<rest>`; undefined while only a sessionId is known. */
  readonly canonicalKey: string | undefined;
  readonly keys: SmallSet<string>;
  readonly sessionIds: SmallSet<string>;
  /** Times of messages that came while the session was held, and were not seen answered. */
  waiting: (number | undefined)[] | undefined;
  /** A message found a run at work here, and no end of one was seen since. */
  activeSeen: { readonly time: number | undefined } | undefined;
  answeredSequence: number;
  /** Messages queued and not dispatched (9.6). */
  undispatched: Undispatched | undefined;
  timeline: Timeline | undefined;
  /** Its runs fail because a lock file names a process that the gateway takes for alive. */
  fileLock: { readonly pid: number; readonly since: number | undefined; failures: number } | undefined;
  /** A line named it since it was last looked at for being idle. */
  touched: boolean;
  /** It stands in the queue of the sessions that may be idle. */
  queued: boolean;
}

/** A row of messages: what is asked of it is its length and its two ends. */
export interface Undispatched {
  readonly oldestAt: number | undefined;
  readonly oldest: number;
  readonly newest: number;
  readonly count: number;
}
