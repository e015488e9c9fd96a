/** What the diagnosis, the state dir and the gateway's list say of one session, as one target. Pure. */
import type { Diagnosis } from "../diagnosis.ts";
import type { Confidence } from "../model.ts";
import type { SessionLock, StateContext, StateDir } from "../state-evidence.ts";
import { judgeStateDir } from "../state-evidence.ts";
import { canonicalKey, keyOfLane } from "../tracker/session-index.ts";
import type { SettledRun, SettledSession } from "../tracker/settle.ts";
import type { Situation, Target } from "./model.ts";
import type { NamedSession } from "./resolve.ts";
import type { ListedSession } from "./sessions-list.ts";

/** All that was looked at before anything is sent. */
export interface Known {
  readonly diagnosis: Diagnosis;
  readonly states: readonly StateDir[];
  /** The state dirs are surely this gateway's, so that a lock which is not there is no lock. */
  readonly areTheGateways: boolean;
  readonly listed: readonly ListedSession[];
  readonly context: StateContext;
  /** `hasActiveRun` of the list is right on this gateway. */
  readonly trustsActiveRun: boolean;
}

/** @param id as the user typed it */
export function targetOf(id: string, session: NamedSession, known: Known): Target {
  const { canonical } = session;
  const settled = known.diagnosis.settled.sessions.find((it) => it.session.canonicalKey === canonical);
  const row = known.listed.find((it) => it.canonical === canonical);
  const sessionId = row?.sessionId ?? settled?.holder?.run.sessionId ?? null;
  const lock = lockOf(session, settled, sessionId, known.states);
  return {
    id,
    key: session.key,
    canonical,
    ...messageKeyOf(session.key, canonical, settled, lock),
    sessionId,
    holderSessionId: (settled?.waitsFor === "own-run" ? settled.holder?.run.sessionId : lock?.sessionId) ?? null,
    holderIsInStore: lock ? lock.keys.length > 0 : null,
    ...condition(settled, lock, row, known),
    lock: lock?.processLives === true ? { path: lock.path, createdAt: lock.createdAt } : null,
  };
}

type Condition = Pick<
  Target,
  "runId" | "before" | "confidence" | "situation" | "heldSince" | "silenceMs" | "waitingAtLeast" | "waitsBehind"
>;

const NOTHING: Condition = {
  runId: null,
  before: "unknown",
  confidence: "low",
  situation: "unknown",
  heldSince: null,
  silenceMs: null,
  waitingAtLeast: 0,
  waitsBehind: [],
};

function condition(
  settled: SettledSession | undefined,
  lock: SessionLock | undefined,
  row: ListedSession | undefined,
  known: Known,
): Condition {
  const isRunning = lock?.processLives === true || (known.trustsActiveRun && row?.hasActiveRun === true);
  // A log that begins in the middle may not show the run that holds the session.
  const isOutdone = settled?.state === "free" && isRunning;
  if (settled && settled.state !== "unknown" && !isOutdone) return byLog(settled, known.diagnosis);
  if (lock) return byLock(lock, known);
  const keepsLocks = known.areTheGateways && known.states.every(({ hasDatabase }) => !hasDatabase);
  const { showsRuns } = known.diagnosis.tracker;
  // A debug log that never names the session, and no lock: nothing holds it, as far as the log goes back.
  if (known.trustsActiveRun && row?.hasActiveRun === true) {
    return { ...NOTHING, before: "busy", situation: "hang", runId: row.activeRunIds[0] ?? null };
  }
  if (keepsLocks || (showsRuns && !known.trustsActiveRun)) return { ...NOTHING, before: "free", confidence: "medium" };
  if (known.trustsActiveRun && row?.hasActiveRun === false) return { ...NOTHING, before: "free", confidence: "medium" };
  return NOTHING;
}

function byLog(settled: SettledSession, diagnosis: Diagnosis): Condition {
  const { holder } = settled;
  const isOwn = settled.waitsFor === "own-run";
  return {
    runId: isOwn ? (holder?.run.runId ?? null) : null,
    before: settled.state,
    confidence: settled.confidence,
    situation: situationOf(settled),
    heldSince: settled.heldSince ?? null,
    silenceMs: settled.silenceMs ?? null,
    waitingAtLeast: settled.waitingAtLeast,
    waitsBehind: isOwn ? [] : behindOf(settled, diagnosis),
  };
}

function situationOf(settled: SettledSession): Situation {
  if (settled.waitsFor === "full-lane") return "full-lane";
  if (settled.waitsFor === "recoveries") return "held-back";
  if (settled.holder) return settled.holder.run.cut ? "wedge" : "hang";
  // The lane is taken by a run that the log hides; whether it crossed a restart is not known.
  return "unknown";
}

function behindOf(settled: SettledSession, { settled: all }: Diagnosis): readonly string[] {
  if (settled.waitsFor !== "full-lane") return keysOf([settled.holder]);
  const lane = all.exhausted.find((it) => it.lane === settled.heldByLane);
  // A lane that only living runs fill is not counted as exhausted.
  const holders = lane?.holders ?? all.sessions.filter((it) => it.waitsFor === "own-run").map((it) => it.holder);
  return keysOf(holders);
}

function keysOf(holders: readonly (SettledRun | undefined)[]): readonly string[] {
  const holding = holders.filter((it) => it !== undefined && (it.holds || it.state === "open"));
  return [...new Set(holding.map((it) => it?.sessionKey).filter((it) => it !== undefined))];
}

/** At the default log level: what the lock says, held against the restarts that the log does show. */
function byLock(lock: SessionLock, known: Known): Condition {
  const { diagnosis, context } = known;
  if (!lock.processLives) return { ...NOTHING, before: "free", confidence: "high" };
  const one = { path: "", bytes: 0, locks: [lock], updatedAt: undefined, hasDatabase: false };
  const { findings, sessions } = judgeStateDir(one, withoutSessions(diagnosis), context);
  const [session] = sessions;
  const crossed = diagnosis.tracker.gateway.lives.some(
    (it) => it.startedBy === "in-process-restart" && it.startedAt !== undefined && it.startedAt > lock.createdAt,
  );
  return {
    runId: null,
    before: session?.state ?? "unknown",
    confidence: findings[0]?.confidence ?? "low",
    situation: crossed ? "wedge" : session?.state === "blocked" ? "hang" : "unknown",
    heldSince: lock.createdAt,
    silenceMs: session?.silenceMs ?? null,
    waitingAtLeast: 0,
    waitsBehind: [],
  };
}

/** What the log already tells is left out of the state dir's findings; here it told nothing of this session. */
function withoutSessions(diagnosis: Diagnosis): Diagnosis {
  return { ...diagnosis, settled: { ...diagnosis.settled, sessions: [] } };
}

function lockOf(
  session: NamedSession,
  settled: SettledSession | undefined,
  sessionId: string | null,
  states: readonly StateDir[],
): SessionLock | undefined {
  const locks = states.flatMap((state) => state.locks);
  const held = settled?.holder?.run.sessionId;
  return (
    locks.find((it) => it.sessionId === held) ??
    locks.find((it) => it.sessionId === sessionId) ??
    locks.find((it) => it.keys.some((key) => canonicalKey(key) === session.canonical)) ??
    locks.find((it) => session.sessionIds.includes(it.sessionId))
  );
}

/** The lane's name, or the store's: both are the key as its sender wrote it. Else the gateway's own, to be asked. */
function messageKeyOf(
  key: string,
  canonical: string,
  settled: SettledSession | undefined,
  lock: SessionLock | undefined,
): Pick<Target, "messageKey" | "messageKeyIsSure"> {
  const lane = settled?.heldByLane;
  const ofLane = lane === undefined ? undefined : keyOfLane(lane);
  if (ofLane !== undefined && canonicalKey(ofLane) === canonical) return { messageKey: ofLane, messageKeyIsSure: true };
  const [inStore] = lock?.keys ?? [];
  return { messageKey: inStore ?? key, messageKeyIsSure: inStore !== undefined };
}

/** The version by which the capability table is asked, from the log alone. */
export function atLeastOf(diagnosis: Diagnosis): string | null {
  const { exact, atLeast } = diagnosis.version;
  return exact ?? atLeast;
}

/** A blocked session that `--all-blocked` may act on by itself. */
export function isSurelyBlocked(target: Target): boolean {
  return target.before === "blocked" && target.confidence === ("high" satisfies Confidence);
}
