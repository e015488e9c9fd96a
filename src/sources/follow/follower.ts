import type { LogRecord, SourceSummary } from "../../model.ts";

/** A log that goes on, wherever it comes from. Not to be asked twice at a time. */
export interface Follower {
  /**
   * Takes hold of the log, so that nothing which is written from now on is missed.
   * @throws UserError where it can't be read, and won't be by waiting
   */
  open(): Promise<void>;
  /** What is there already, many records at a time, in the order of time; read it to its end before the first `poll`. */
  history(): AsyncIterable<readonly LogRecord[]>;
  /** What came since; empty where nothing did. Never throws for what a file or a gateway does. */
  poll(): Promise<FollowedPart>;
  /** The sources by their numbers in the records. */
  sources(): readonly SourceSummary[];
  /** Whether two sources are written in one form, see Diagnostician. */
  areOfOneForm(source: number, other: number): boolean;
  /** More than one file may tell the same gateway's story. */
  readonly severalSources: boolean;
  /** How long to wait between two polls (ms). */
  readonly pauseMs: number;
  /** How far the clock that writes the log is ahead of ours (ms). */
  readonly skewMs: number;
  close(): Promise<void>;
}

export interface FollowedPart {
  readonly records: readonly LogRecord[];
  /** There is more at hand, so the next poll need not wait. */
  readonly more: boolean;
  /** The log is over: a pipe was closed. */
  readonly ended: boolean;
  readonly notices: readonly FollowNotice[];
}

/** Something that the reader should know of the following itself. */
export interface FollowNotice {
  /** `found` and `unreadable` are chatter; the others tell that something may have been missed. */
  readonly kind: "found" | "unreadable" | "lines-lost" | "gateway-unreachable" | "gateway-reachable";
  readonly text: string;
}
