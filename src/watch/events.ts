/** What `watch` tells, as it happens. Everything here is data; times are milliseconds since the epoch. */
import type { Confidence, Finding, OrphanCause, Outcome, RunState, SourceSummary } from "../model.ts";

/** Which gateway; null where only one is followed, and it needs no name. */
interface OfGateway {
  readonly time: number;
  readonly gateway: string | null;
}

interface OfSession extends OfGateway {
  readonly sessionKey: string;
  readonly aliases: readonly string[];
}

/** The first line: what is true when the existing log has been read. */
export interface StateEvent {
  readonly event: "state";
  readonly time: number;
  readonly sources: readonly SourceSummary["path"][];
  readonly gateways: number;
  readonly blocked: readonly string[];
  readonly stalled: readonly string[];
  readonly busy: number;
  /** False: the log's level hides runs, so "nothing is blocked" would mean nothing. */
  readonly showsRuns: boolean;
  /** What to do about that; null where there is nothing to do. */
  readonly help: string | null;
}

/** A session gets no answers: a restart cut its run, or the run went silent (`stalled`). */
export interface BlockedEvent extends OfSession {
  readonly event: "blocked" | "stalled";
  readonly confidence: Confidence;
  readonly cause: OrphanCause | null;
  readonly runId: string | null;
  readonly heldSince: number | null;
  readonly silenceMs: number | null;
  readonly waitingAtLeast: number;
  readonly finding: Finding;
}

/**
 * Why a session that was blocked is so no more.
 * - `run-ended`: the log tells the end of the run that held it
 * - `run-alive`: that run was only slow
 * - `gateway-gone`: its process ended, and the lanes with it
 * - `released`: nothing holds it any more, and no line tells why
 */
export type FreeReason = "run-ended" | "run-alive" | "gateway-gone" | "released";

export interface FreeEvent extends OfSession {
  readonly event: "free";
  readonly reason: FreeReason;
  /** How the run ended, where it did. */
  readonly runState: RunState | null;
  readonly runId: string | null;
  /** Since it was told to be blocked. */
  readonly blockedMs: number;
}

export interface LifeEvent extends OfGateway {
  readonly event: "gateway-restarted" | "gateway-crashed" | "gateway-stopped" | "gateway-started";
  /** By the log. */
  readonly at: number | null;
  readonly pid: number | null;
  /** Its lanes and its runs are the old ones. */
  readonly sameProcess: boolean;
}

/** What became of a repair that `--heal` began, or would have begun. */
export interface HealEvent extends OfSession {
  readonly event: "heal";
  readonly outcome: Outcome;
  readonly runId: string | null;
  /** What was done, or why nothing was. */
  readonly detail: string;
  readonly steps: readonly { readonly action: string; readonly ok: boolean; readonly detail: string }[];
  readonly next: string | null;
}

/** Something about the following itself: from here on less is known. */
export interface NoticeEvent {
  readonly event: "lines-lost" | "gateway-unreachable" | "gateway-reachable";
  readonly time: number;
  readonly gateway: string | null;
  readonly detail: string;
}

export type SessionEvent = BlockedEvent | FreeEvent;
export type WatchEvent = StateEvent | SessionEvent | LifeEvent | HealEvent | NoticeEvent;

/** What the next line of a session must wait for, and which command may run beside which. */
export function subjectOf(event: WatchEvent): string {
  const session = "sessionKey" in event ? event.sessionKey : "";
  return `${("gateway" in event ? event.gateway : null) ?? ""}\n${session}`;
}
