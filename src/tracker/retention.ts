import type { Run, Session } from "./state.ts";

/**
 * What is remembered of runs that ended well and of sessions that nobody waits
 * for. All else is remembered anyway, because the report tells it.
 */
export interface Retention {
  /** How many ended runs stay at hand for a late line: a stronger end, or a next attempt under the same runId. */
  readonly endedRuns: number;
  /** How many idle sessions stay at hand, so that their names and ids are known when they come again. */
  readonly idleSessions: number;
  /** A run that ended well and is to be remembered all the same: without its timeline. */
  keepsRun(run: Run): boolean;
  /** Whether runs that failed or were aborted are remembered for good, for whoever tells of them in the end. */
  readonly keepsBadEnds: boolean;
  keepsSession(session: Session): boolean;
  /** Whether a run that is forgotten counts in the report. */
  counts(run: Run): boolean;
}

/** Late lines come within seconds; a gateway that ends as many runs in that time was never seen. */
export const ENDED_RUNS = 2_000;
export const IDLE_SESSIONS = 5_000;
/** Conversations of one session whose ids stay at hand. */
export const SESSION_IDS = 16;

export const KEEP_ALL: Retention = {
  endedRuns: ENDED_RUNS,
  idleSessions: IDLE_SESSIONS,
  keepsRun: () => true,
  keepsBadEnds: true,
  keepsSession: () => true,
  counts: () => true,
};

/** For whoever looks only at what is wrong now. */
export const KEEP_RECENT: Retention = {
  ...KEEP_ALL,
  keepsRun: () => false,
  keepsBadEnds: false,
  keepsSession: () => false,
};
