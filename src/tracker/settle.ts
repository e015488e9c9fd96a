/**
 * From what the tracker followed to what is true at one moment: every run gets
 * its state, every session its holder. Pure; nothing here changes the tracker.
 */
import type { Confidence, OrphanCause, RunState, SessionState, WaitsFor } from "../model.ts";
import { runOf } from "./lanes.ts";
import { keyOfLane } from "./session-index.ts";
import type { LaneTask, Life, Process, Run, Session } from "./state.ts";
import type { Tracker } from "./tracker.ts";

export interface SettleSettings {
  /** Milliseconds since the epoch: the last time in the log, or the clock while following. */
  readonly now: number | undefined;
  /** The gateway gives a run up after this time (ms). */
  readonly runTimeoutMs: number;
  /** Silence after which a run with no restart counts as stalled (ms). */
  readonly stallAfterMs: number;
}

/** Why a run is believed to be what it is said to be. Wording is the checks' business. */
export type Ground =
  | "line-of-its-end"
  /** It may still be a slow model call. */
  | "no-sign-of-life"
  | "abort-logged"
  | "past-run-timeout"
  | "process-replaced"
  /** Only a second start line tells that the process is another one. */
  | "process-replaced-unsure"
  /** The log ends while the gateway stops. */
  | "stop-begun"
  | "silent-too-long";

export interface SettledRun {
  readonly run: Run;
  readonly state: RunState;
  readonly cause: OrphanCause | null;
  readonly confidence: Confidence;
  readonly ground: Ground;
  /** Orphaned, and its process still keeps the session for it. */
  readonly holds: boolean;
  /** Another run of the session ended well after this one was cut off. */
  readonly answeredSince: boolean;
  /** From its last line to now (ms). */
  readonly silenceMs: number | undefined;
  readonly sessionKey: string | undefined;
}

export interface SettledSession {
  readonly session: Session;
  /** The fullest key that the log shows; the sessionId where it shows none. */
  readonly key: string;
  readonly aliases: readonly string[];
  readonly state: SessionState;
  readonly holder: SettledRun | undefined;
  readonly heldSince: number | undefined;
  readonly heldByLane: string | undefined;
  readonly waitingAtLeast: number;
  /** When the waiting messages came, as far as the log tells; in no order. */
  readonly waitingSince: readonly number[];
  readonly silenceMs: number | undefined;
  readonly confidence: Confidence;
  /** What keeps it: its own run, a full lane, recoveries of other sessions, or a lock file left behind. */
  readonly waitsFor: WaitsFor | undefined;
  readonly life: Life | undefined;
}

export interface ExhaustedLane {
  readonly lane: string;
  readonly process: Process;
  readonly holders: readonly (SettledRun | undefined)[];
  readonly waiting: readonly LaneTask[];
}

export interface Settled {
  readonly runs: readonly SettledRun[];
  readonly sessions: readonly SettledSession[];
  readonly exhausted: readonly ExhaustedLane[];
}

/** An end that follows an abort comes within moments; silence of this length after one means that none comes (ms). */
const ABORT_SETTLED_MS = 30_000;
/** The run timeout is checked by a timer, and what follows it takes its time (ms). */
const TIMEOUT_SETTLED_MS = 60_000;
/** The last lines of an old process come among the first ones of the new (ms). */
const PROCESS_SETTLED_MS = 15_000;
/** A message is taken up within a second or two; in a session whose turn was cut off, this long (ms) means held back. */
const HELD_BACK_MS = 5_000;
/** The same (ms) where only the messages that overtook it tell. */
const OVERTAKEN_MS = 2_000;

export function settle(tracker: Tracker, settings: SettleSettings): Settled {
  const runs = tracker.runs.all().map((run) => settleRun(tracker, run, settings));
  const byRun = new Map(runs.map((it) => [it.run, it]));
  const exhausted = exhaustedLanes(tracker, byRun);
  const recovery = [...tracker.recoveryRuns]
    .map((run) => byRun.get(run))
    .find((it) => it && !it.run.end && !it.run.lost);
  const common = { byRun, exhausted, recovery };
  const sessions = tracker.sessions.all().map((it) => settleSession(tracker, it, common, settings));
  return { runs, sessions: sessions.filter((it) => it !== undefined), exhausted };
}

function settleRun(tracker: Tracker, run: Run, settings: SettleSettings): SettledRun {
  const session = run.sessionId === undefined ? undefined : tracker.sessions.find(run.sessionId);
  const silenceMs = since(run.lastSeenAt, settings.now);
  const common = {
    run,
    silenceMs,
    sessionKey: (session && nameOf(session).key) ?? undefined,
    answeredSince: session !== undefined && session.answeredSequence > run.attemptSequence,
  };
  if (run.end) {
    return {
      ...common,
      state: run.end.state,
      cause: null,
      confidence: "high",
      ground: "line-of-its-end",
      holds: false,
    };
  }
  const { pending } = tracker.gateway;
  if (!run.lost && pending?.kind === "stop" && run.life === tracker.gateway.lives.at(-1)) {
    const cause = run.cut?.cause ?? "stop";
    return { ...common, state: "orphaned", cause, confidence: "medium", ground: "stop-begun", holds: false };
  }
  if (run.cut && run.lost) return { ...common, ...lostRun(run, run.cut.cause, settings.now) };
  if (run.cut) return { ...common, ...cutRun(run, run.cut.cause, silenceMs, settings) };
  // Gone without a line, and nothing cut it: a gap of the log, and no proof of anything.
  if (run.lost)
    return { ...common, state: "open", cause: null, confidence: "low", ground: "no-sign-of-life", holds: false };
  const laneShown = tracker.counters.has("lane-enqueue") || tracker.counters.has("run-registered");
  if (silenceMs !== undefined && silenceMs > settings.stallAfterMs) {
    const confidence = laneShown ? "medium" : "low";
    return { ...common, state: "orphaned", cause: "stall", confidence, ground: "silent-too-long", holds: true };
  }
  return {
    ...common,
    state: "open",
    cause: null,
    confidence: laneShown ? "high" : "medium",
    ground: "no-sign-of-life",
    holds: false,
  };
}

function lostRun(run: Run, cause: OrphanCause, now: number | undefined) {
  const settled = (since(run.lostAt, now) ?? 0) >= PROCESS_SETTLED_MS;
  const certain = run.life.process.alive || run.life.process.endIsCertain;
  return {
    state: "orphaned" as const,
    cause,
    confidence: (certain && settled ? "high" : "medium") as Confidence,
    ground: (certain ? "process-replaced" : "process-replaced-unsure") as Ground,
    holds: false,
  };
}

function cutRun(run: Run, cause: OrphanCause, silenceMs: number | undefined, settings: SettleSettings) {
  const sinceAbort = since(run.abortLoggedAt, settings.now);
  const sinceStart = since(run.attemptStartedAt, settings.now);
  const aborted = sinceAbort !== undefined && sinceAbort >= ABORT_SETTLED_MS && (silenceMs ?? 0) >= ABORT_SETTLED_MS;
  const overdue = sinceStart !== undefined && sinceStart > settings.runTimeoutMs + TIMEOUT_SETTLED_MS;
  const ground: Ground = overdue ? "past-run-timeout" : aborted ? "abort-logged" : "no-sign-of-life";
  // Where the start is not in the log, its lane is not known, and so its end may have been missed.
  const confidence: Confidence = run.attempts > 0 && (aborted || overdue) ? "high" : "medium";
  return { state: "orphaned" as const, cause, confidence, ground, holds: true };
}

function exhaustedLanes(tracker: Tracker, byRun: ReadonlyMap<Run, SettledRun>): ExhaustedLane[] {
  const { process } = tracker;
  if (!process || tracker.gateway.pending?.kind === "stop") return [];
  return process.lanes
    .waitingGlobal(tracker.sequence)
    .map(({ lane, active, queue }) => ({
      lane,
      process,
      holders: active.map((task) => settledOf(task, byRun)),
      waiting: queue,
    }))
    .filter(({ holders }) => holders.some((it) => it?.holds));
}

function settledOf(task: LaneTask, byRun: ReadonlyMap<Run, SettledRun>): SettledRun | undefined {
  const run = runOf(task);
  return run && byRun.get(run);
}

/** What all sessions have in common. */
interface Common {
  readonly byRun: ReadonlyMap<Run, SettledRun>;
  readonly exhausted: readonly ExhaustedLane[];
  /** A recovery of an interrupted session that hangs. */
  readonly recovery: SettledRun | undefined;
}

function settleSession(
  tracker: Tracker,
  session: Session,
  { byRun, exhausted, recovery }: Common,
  settings: SettleSettings,
): SettledSession | undefined {
  const { process } = tracker;
  const life = tracker.gateway.lives.at(-1);
  const name = nameOf(session);
  if (!name.key) return undefined;
  const free: SettledSession = {
    session,
    ...name,
    state: tracker.showsRuns ? "free" : "unknown",
    holder: undefined,
    heldSince: undefined,
    heldByLane: undefined,
    waitingAtLeast: 0,
    waitingSince: [],
    silenceMs: undefined,
    confidence: "high",
    waitsFor: undefined,
    life,
  };
  if (!process || tracker.gateway.pending?.kind === "stop") return free;
  if (session.fileLock) return lockedOut(session.fileLock, free, settings);

  const canonical = session.canonicalKey;
  const task = canonical === undefined ? undefined : process.lanes.holderOf(canonical);
  const queued = canonical === undefined ? 0 : process.lanes.waitingBehind(canonical);
  const waitingAtLeast = queued + (session.waiting?.length ?? 0);
  const queuedSince = canonical === undefined ? [] : process.lanes.waitTimesBehind(canonical);
  const waitingSince = known([...queuedSince, ...(session.waiting ?? [])]);
  const openRun = task?.run?.end ? undefined : (task?.run ?? openRunOf(process, session));
  const holder = openRun && byRun.get(openRun);
  if (holder && !holder.run.lost && (holder.holds || holder.state === "open")) {
    return {
      ...free,
      state: holder.holds ? "blocked" : "busy",
      holder,
      heldSince: holder.run.attemptStartedAt,
      heldByLane: task?.lane,
      waitingAtLeast,
      waitingSince,
      silenceMs: holder.silenceMs,
      confidence: holder.confidence,
      waitsFor: "own-run",
      life: holder.run.life,
    };
  }
  if (!task) {
    return (
      heldBack(tracker, session, recovery, settings, free) ?? heldFromBefore(tracker, session, settings, free) ?? free
    );
  }
  if (task.run?.end) return free;
  return {
    ...free,
    ...heldWithoutRun(task, process, exhausted, settings),
    waitingAtLeast: waitingAtLeast + 1,
    waitingSince: [...known([task.enqueuedAt]), ...waitingSince],
  };
}

/** One failure may be a run of its own that is slow to let go; a second one, ten seconds later, is not. */
function lockedOut(
  lock: NonNullable<Session["fileLock"]>,
  free: SettledSession,
  settings: SettleSettings,
): SettledSession {
  return {
    ...free,
    state: "blocked",
    heldSince: lock.since,
    silenceMs: since(lock.since, settings.now),
    confidence: lock.failures > 1 ? "high" : "medium",
    waitsFor: "lock-file",
  };
}

/** The session's lane is taken, and no run of it is known: it waits for its turn, or the log hides the run. */
function heldWithoutRun(
  task: LaneTask,
  process: Process,
  exhausted: readonly ExhaustedLane[],
  settings: SettleSettings,
): Partial<SettledSession> {
  const heldSince = task.dequeuedAt ?? task.enqueuedAt;
  const { child } = task;
  if (child && process.lanes.isWaiting(child)) {
    const full = exhausted.find((it) => it.lane === child.lane);
    const confidence = full?.holders.every((it) => it?.confidence === "high" || !it?.holds) ? "high" : "medium";
    return {
      state: full ? "blocked" : "busy",
      heldSince,
      heldByLane: child.lane,
      silenceMs: since(heldSince, settings.now),
      confidence,
      waitsFor: "full-lane",
    };
  }
  const silenceMs = since(heldSince, settings.now);
  const overdue = silenceMs !== undefined && silenceMs > settings.stallAfterMs;
  const stuck = process.lanes.hasCrossedRestart(task) || overdue;
  return {
    state: stuck ? "blocked" : task.fromBefore ? "unknown" : "busy",
    heldSince,
    heldByLane: task.lane,
    silenceMs,
    confidence: overdue ? "medium" : "low",
    waitsFor: "own-run",
  };
}

/**
 * 9.6 takes up only a few of the cut turns at once. While these recoveries
 * hang, the messages of the other cut sessions are queued and never dispatched.
 */
function heldBack(
  tracker: Tracker,
  session: Session,
  recovery: SettledRun | undefined,
  settings: SettleSettings,
  free: SettledSession,
): SettledSession | undefined {
  const { undispatched } = session;
  if (!undispatched) return undefined;
  const waited = since(undispatched.oldestAt, settings.now) ?? 0;
  const overtaken = undispatched.oldest < tracker.newestDispatched;
  const isKnown = recovery !== undefined && tracker.interrupted.has(session);
  // A log that begins after the restart shows only that others overtook its message.
  if (isKnown ? !overtaken && waited < HELD_BACK_MS : !overtaken || waited < OVERTAKEN_MS) return undefined;
  return {
    ...free,
    state: "blocked",
    holder: recovery,
    heldSince: undispatched.oldestAt,
    waitingAtLeast: undispatched.count,
    waitingSince: known([undispatched.oldestAt]),
    silenceMs: waited,
    confidence: isKnown ? "medium" : "low",
    waitsFor: "recoveries",
  };
}

/**
 * A message found a run at work in a session of which the log shows no run: it
 * started before the log. If a restart lies within the log, it crossed that.
 */
function heldFromBefore(
  tracker: Tracker,
  session: Session,
  settings: SettleSettings,
  free: SettledSession,
): SettledSession | undefined {
  const { activeSeen } = session;
  const life = tracker.gateway.lives.at(-1);
  if (!activeSeen || !life) return undefined;
  let registered = -1;
  for (const id of session.sessionIds) registered = Math.max(registered, life.process.registered?.get(id) ?? -1);
  const crossed = life.startedBy === "in-process-restart" && registered < life.startedSequence;
  return {
    ...free,
    state: crossed ? "blocked" : "busy",
    heldSince: activeSeen.time,
    waitingAtLeast: session.waiting?.length ?? 0,
    waitingSince: known(session.waiting ?? []),
    silenceMs: since(activeSeen.time, settings.now),
    confidence: "low",
    waitsFor: "own-run",
  };
}

function openRunOf(process: Process, session: Session): Run | undefined {
  for (const id of session.sessionIds) {
    const run = process.openRuns.ofSession(id);
    if (run) return run;
  }
  return undefined;
}

/** The name to show: the gateway's full key where the log has it, else the short one, else the sessionId. */
function nameOf(session: Session): { key: string; aliases: string[] } {
  const keys = [...session.keys].toSorted();
  const key = keys.find((it) => it.startsWith("agent:")) ?? keys[0] ?? [...session.sessionIds][0] ?? "";
  const all = keys.length === 0 ? [] : [...keys, ...otherNames(key)];
  return { key, aliases: [...new Set(all)].filter((it) => it !== key) };
}

/** The default agent's sessions have a short and a full name: `room` and `agent:main:room`. */
export function otherNames(key: string): string[] {
  if (key.startsWith("agent:main:")) return [key.slice("agent:main:".length)];
  return key.startsWith("agent:") ? [] : [`agent:main:${key}`];
}

function known(times: readonly (number | undefined)[]): number[] {
  return times.filter((it) => it !== undefined);
}

function since(then: number | undefined, now: number | undefined): number | undefined {
  return then === undefined || now === undefined ? undefined : Math.max(0, now - then);
}

/** The key of the session that a waiting task of a global lane belongs to. */
export function keyOfTask(task: LaneTask): string | undefined {
  return keyOfLane(task.parent?.lane ?? task.lane);
}
