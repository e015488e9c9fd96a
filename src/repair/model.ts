/** The words of the repair. Everything here is data; nothing here does anything. */
import type { Confidence, SessionState, Outcome } from "../model.ts";
import type { StepName } from "./steps/index.ts";

/**
 * What keeps a session from answering; it decides which step helps.
 * - `wedge`: its run crossed a restart in the same process and never ended
 * - `hang`: its run went silent with no restart, or it is the gateway's own
 *   second try of a turn that a restart cut
 * - `held-back`: no run of its own; it waits behind such second tries of others
 * - `full-lane`: no run of its own; runs of others fill the lane it needs
 * - `unknown`: nothing tells (the log hides runs, and no lock is at hand)
 */
export const SITUATIONS = ["wedge", "hang", "held-back", "full-lane", "unknown"] as const;
export type Situation = (typeof SITUATIONS)[number];

/** Something that this gateway showed, by which the session is known to be free. */
export interface Evidence {
  /** RFC 3339; null where the source gives none. */
  readonly time: string | null;
  readonly text: string;
  /** Where it was seen: a log's name, a lock file, a method of the gateway. */
  readonly source: string;
}

/**
 * What became of a real message.
 * - `answered`: with words, under its own runId
 * - `silent`: the gateway took it, and no answer came in time
 * - `unknown`: it may not have arrived, its answer could not be heard, or it
 *   ended in an error; that says nothing of the session
 */
export type ProbeOutcome = "answered" | "silent" | "unknown";

/** One thing that was done, or looked at. `detail` is text from outside and not escaped yet. */
export interface StepReport {
  readonly action: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly ms: number;
}

/** A session that was named, as it is known before anything is sent. */
export interface Target {
  /** As the user typed it; the key with `--all-blocked`. */
  readonly id: string;
  /** As the gateway's own list has it. */
  readonly key: string;
  /** One name for all forms of the key. */
  readonly canonical: string;
  /** The form under which messages reach it, see steps/step.ts. */
  readonly messageKey: string;
  /** The log or the store tells that form; else it is the list's, and may be wrong. */
  readonly messageKeyIsSure: boolean;
  readonly sessionId: string | null;
  /** The session that the run which holds it belongs to; another one where the store has moved on. */
  readonly holderSessionId: string | null;
  /** Whether the gateway's store still has that one, so that its run can be found; null: not known. */
  readonly holderIsInStore: boolean | null;
  /** The run that holds it. */
  readonly runId: string | null;
  readonly before: SessionState;
  readonly confidence: Confidence;
  readonly situation: Situation;
  /** Milliseconds since the epoch. */
  readonly heldSince: number | null;
  /** Milliseconds. */
  readonly silenceMs: number | null;
  readonly waitingAtLeast: number;
  /** Sessions whose runs it waits behind, by their keys. */
  readonly waitsBehind: readonly string[];
  /** The lock that its run holds, on the same machine. */
  readonly lock: { readonly path: string; readonly createdAt: number } | null;
}

/** What a session loses by the repair. */
export interface Lost {
  readonly runs: number;
  /** At least so many; the gateway may have merged some. */
  readonly messagesAtLeast: number;
}

/** The steps for one session, mildest first, and what they cost. */
export interface Plan {
  readonly target: Target;
  readonly ladder: readonly StepName[];
  /** After the session is proved free, begin a new conversation. */
  readonly newSession: boolean;
  readonly lost: Lost;
}

/** What became of one session: the JSON contract's `results[]`. */
export interface ResetResult {
  readonly id: string;
  readonly sessionKey?: string;
  readonly sessionId?: string;
  readonly before: SessionState;
  readonly steps: readonly StepReport[];
  readonly outcome: Outcome;
  readonly evidence: readonly Evidence[];
  readonly lost: Lost;
  /** What to do next: a command that is safe to paste, and nothing behind it. */
  readonly next?: string;
  /** What that command does and costs, in words. Not behind it as a comment: at its prompt zsh knows none. */
  readonly nextNote?: string;
}

/** What `reset --json` prints, version 1. Grow it; never take a field away. */
export interface ResetReport {
  readonly schemaVersion: 1;
  /** True exactly when the exit code is 0. */
  readonly ok: boolean;
  /** Set with `--redact`. */
  readonly redacted?: true;
  readonly gateway: { readonly url: string; readonly version?: string };
  readonly results: readonly ResetResult[];
}

export const NOTHING_LOST: Lost = { runs: 0, messagesAtLeast: 0 };
