/** What a picture of a report shows, laid out in time but not yet in pixels or columns. Pure data. */
import type { Confidence, OrphanCause, RunState, SessionState, WaitsFor } from "../../model.ts";

/** Times are milliseconds since the epoch. */
export interface Picture {
  readonly from: number;
  readonly to: number;
  readonly rows: readonly Row[];
  readonly marks: readonly Mark[];
  /** Gateways with logs of their own, in the order of their rows. */
  readonly logs: readonly GatewayLog[];
  /** Completed runs that were left out because there are too many, and the start of the oldest that was kept. */
  readonly leftOut: { readonly runs: number; readonly before: number } | null;
  /** Runs of which the log gives no time, so that they have no place. */
  readonly undated: number;
}

export interface GatewayLog {
  readonly log: number;
  /** `clawdbot 2026.1.24-3`; without a version where none is known. */
  readonly name: string;
}

/** One session. */
export interface Row {
  readonly log: number;
  /** What people call it: the shortest of its keys. */
  readonly name: string;
  /** All its keys and ids, the gateway's full key first. */
  readonly names: readonly string[];
  /** Null for a session that the report knows only by its runs. */
  readonly state: SessionState | null;
  readonly heldSince: number | null;
  readonly heldByRunId: string | null;
  readonly waitsFor: WaitsFor | null;
  readonly waitingAtLeast: number;
  readonly waitingSince: readonly number[];
  readonly silenceMs: number | null;
  /** In the order of their start. */
  readonly bars: readonly Bar[];
  /** Lines one above the other that the bars need so that none hides another. */
  readonly tracks: number;
}

/** One run: it waited from `queuedAt`, showed life from `from` to `to`, and was silent until `silentTo`. */
export interface Bar {
  readonly runId: string;
  readonly truncatedId: boolean;
  readonly sessionId: string | null;
  readonly state: RunState;
  readonly cause: OrphanCause | null;
  readonly confidence: Confidence;
  readonly queuedAt: number | null;
  readonly from: number;
  readonly to: number;
  readonly silentTo: number | null;
  /** Its start is not in the log. */
  readonly startUnseen: boolean;
  /** It was neither seen to end nor to be gone when the log ended. */
  readonly goesOn: boolean;
  readonly track: number;
  readonly attempts: number;
  /** `provider/model` */
  readonly model: string | null;
  readonly channel: string | null;
  readonly gateway: number;
  readonly path: string;
  readonly line: number;
}

export const MARK_KINDS = ["in-process-restart", "respawn", "stop", "crash", "start"] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

/** A moment of a gateway: a vertical line through the rows of its sessions. */
export interface Mark {
  readonly at: number;
  readonly kind: MarkKind;
  readonly log: number;
  readonly pid: number | null;
}

export const MARK_TEXT: Readonly<Record<MarkKind, string>> = {
  "in-process-restart": "gateway restarts in the same process",
  respawn: "gateway restarts into a new process",
  stop: "gateway stops",
  crash: "gateway crashed: its process is gone",
  start: "gateway up",
};

/** The worst first: where two share a place, the one to be seen. */
export const STATES_BY_WEIGHT = [
  "orphaned",
  "failed",
  "timed-out",
  "aborted",
  "open",
  "completed",
] as const satisfies RunState[];
