/** Holds what the log tells against the gateway's own list of sessions. Pure. */
import type { Diagnosis } from "../diagnosis.ts";
import { asObject } from "../formats/text.ts";
import type { SessionReport } from "../model.ts";
import { type ListedSession, parseSessionsList } from "../repair/sessions-list.ts";

export interface SessionsAnswer {
  readonly sessions: readonly ListedSession[];
  /** The gateway's clock, in milliseconds since the epoch; undefined where it does not tell. */
  readonly now: number | undefined;
  /** There are more sessions than the list has. */
  readonly isCut: boolean;
}

/** @throws GatewayError for what is no list */
export function readSessionsAnswer(payload: unknown): SessionsAnswer {
  const { ts, hasMore } = asObject(payload) ?? {};
  return {
    sessions: parseSessionsList(payload),
    now: typeof ts === "number" ? ts : undefined,
    isCut: hasMore === true,
  };
}

export interface CrossCheck {
  /** Sessions with a run that the log says nothing of. */
  readonly sessions: readonly SessionReport[];
  readonly warnings: readonly string[];
}

/** How many are named before the rest is only counted. */
const NAMED = 5;

/**
 * @param trustsActiveRun whether this version's `hasActiveRun` is right (from 2026.6.11, see repair/capabilities.ts)
 * @param gateway index of the life that the report gives these sessions to
 */
export function crossCheck(
  list: SessionsAnswer,
  diagnosis: Diagnosis | undefined,
  trustsActiveRun: boolean,
  gateway: number,
): CrossCheck {
  const isActive = (it: ListedSession) => (trustsActiveRun ? it.hasActiveRun : null);
  const warnings: string[] = [];
  const logged = diagnosis?.settled.sessions ?? [];
  const held = logged.filter((it) => it.state === "blocked" || it.state === "busy");
  const unseen = list.sessions.filter((it) => isActive(it) === true && !held.some(({ session }) => isOne(it, session)));
  if (unseen.length > 0) {
    const why = diagnosis?.tracker.showsRuns ? "began before this part of the log" : "this log cannot show";
    warnings.push(`the gateway has runs that ${why}: ${names(unseen.map((it) => it.key))}`);
  }
  const blocked = logged.filter((it) => it.state === "blocked");
  const inactive = blocked.filter((it) =>
    list.sessions.some((one) => isActive(one) === false && isOne(one, it.session)),
  );
  if (inactive.length > 0) {
    warnings.push(
      `the log has these sessions blocked, but the gateway lists no run of theirs; they may wait behind others, or be free by now: ${names(inactive.map((it) => it.key))}`,
    );
  }
  if (list.isCut) warnings.push("the gateway has more sessions than it listed");
  // What the log has a word on stays as the log tells it.
  const unknown = unseen.filter((it) => !logged.some(({ session }) => isOne(it, session)));
  return { sessions: unknown.map((it) => busy(it, gateway)), warnings };
}

function isOne(
  listed: ListedSession,
  session: { canonicalKey?: string | undefined; sessionIds: { has(id: string): boolean } },
): boolean {
  return (
    listed.canonical === session.canonicalKey || (listed.sessionId !== null && session.sessionIds.has(listed.sessionId))
  );
}

function names(keys: readonly string[]): string {
  const named = keys.slice(0, NAMED).join(", ");
  return keys.length > NAMED ? `${named} and ${keys.length - NAMED} more` : named;
}

function busy({ key, sessionId }: ListedSession, gateway: number): SessionReport {
  return {
    sessionKey: key,
    aliases: [],
    sessionIds: sessionId === null ? [] : [sessionId],
    state: "busy",
    heldSince: null,
    heldByRunId: null,
    heldByLane: null,
    waitsFor: "own-run",
    waitingAtLeast: 0,
    waitingSince: [],
    silenceMs: null,
    gateway,
  };
}
