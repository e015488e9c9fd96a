/**
 * What the gateway's state dir tells, at any log level: while a run holds a
 * session of a file-based gateway (up to 2026.7.1), `<sessionId>.jsonl.lock`
 * stands beside its transcript. Pure: sources/state-dir.ts reads the files.
 */
import type { Confidence, Finding, SessionReport } from "./model.ts";
import { remedyText } from "./checks/wording.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { isoTime } from "./finding-timeline.ts";
import { canonicalKey } from "./tracker/session-index.ts";
import { otherNames } from "./tracker/settle.ts";
import { isAtLeast } from "./gateway-version.ts";
import { countText, shortId, spanText } from "./words.ts";

/** How a transcript ends. `answered`: with the assistant's words. The words themselves are never kept. */
export type TranscriptEnd = "user" | "tool-result" | "tool-call" | "answered" | "empty" | "unreadable";

export interface SessionLock {
  readonly path: string;
  readonly sessionId: string;
  /** As the store names the session; one session can stand under two keys. */
  readonly keys: readonly string[];
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Whether such a process lives on this machine, and lived when the lock was made. */
  readonly processLives: boolean;
  readonly transcript: { readonly path: string; readonly end: TranscriptEnd; readonly lastAt: number | undefined };
}

export interface StateDir {
  readonly path: string;
  readonly bytes: number;
  readonly locks: readonly SessionLock[];
  /** When the store was last written to (ms since the epoch): a copy of the dir is at least that old. */
  readonly updatedAt: number | undefined;
  /** 9.6 and later keep this in a database instead. */
  readonly hasDatabase: boolean;
}

export interface StateContext {
  /** Milliseconds since the epoch: the end of the log, or the clock where there is none. */
  readonly now: number;
  /** The dir is this machine's own, so a dead process is dead; else it may be a copy, and the log decides. */
  readonly isOwn: boolean;
  readonly runTimeoutMs: number;
  readonly stallAfterMs: number;
  /** The log's lines have no date, and theirs was guessed: its times cannot be held against those of the locks. */
  readonly datesAreGuessed: boolean;
}

/** The log and the lock are stamped by one machine, a moment apart (ms). */
const SKEW_MS = 2_000;
const DAY_MS = 86_400_000;

export interface StateEvidence {
  readonly findings: readonly Finding[];
  readonly sessions: readonly SessionReport[];
}

/** The sessions that locks show to be held, beside those that the log already tells of. */
export function judgeStateDir(state: StateDir, diagnosis: Diagnosis | undefined, context: StateContext): StateEvidence {
  const toldByLog = new Set(
    diagnosis?.settled.sessions
      .filter((it) => it.state !== "unknown")
      .flatMap((it) => [it.session.canonicalKey, ...it.session.sessionIds]),
  );
  const findings: Finding[] = [];
  const sessions: SessionReport[] = [];
  const now = Math.max(context.datesAreGuessed ? 0 : context.now, context.isOwn ? 0 : (state.updatedAt ?? 0));
  let dead = 0;
  for (const lock of state.locks) {
    const isTold = [lock.sessionId, ...lock.keys.map(canonicalKey)].some((it) => toldByLog.has(it));
    if (!context.datesAreGuessed && isFromNamesake(lock, diagnosis)) {
      if (isTold) continue;
      sessions.push({ ...sessionReport(lock, true, now - lock.createdAt, diagnosis), waitsFor: "lock-file" });
      findings.push(barred(lock));
      continue;
    }
    if (!isHolderAlive(lock, diagnosis, context.isOwn)) {
      dead += 1;
      continue;
    }
    if (isTold) continue;
    const restartAt = restartAfter(lock.createdAt, diagnosis, context.datesAreGuessed);
    const heldMs = Math.max(0, now - lock.createdAt);
    const isAnswered = lock.transcript.end === "answered";
    const isBlocked = !isAnswered && (restartAt !== undefined || heldMs > context.stallAfterMs);
    sessions.push(sessionReport(lock, isBlocked, heldMs, diagnosis));
    if (isBlocked) findings.push(finding(lock, restartAt, heldMs, diagnosis, context));
  }
  if (!diagnosis && findings.length === 0 && (dead > 0 || state.hasDatabase)) findings.push(cannotTell(state, dead));
  return { findings, sessions };
}

function barred(lock: SessionLock): Finding {
  const { key } = nameOf(lock);
  return {
    code: "session-blocked",
    severity: "error",
    confidence: "medium",
    message: `session ${key} gets no answers: a lock file of a dead process bars its transcript (told by the state dir)`,
    help: `The lock names PID ${lock.pid}, which the gateway has now: in a container a new process often gets the PID of the one that died, and takes its lock for its own. Delete ${lock.path}, or wait half an hour.`,
    sessionId: lock.sessionId,
    sessionKey: key,
    location: { path: lock.path, line: 1 },
    timeline: [{ time: isoTime(lock.createdAt), text: "lock taken by a process that died", path: lock.path, line: 1 }],
    timelineOmitted: 0,
  };
}

/** With no log beside it, a state dir names no session where its locks' processes are not of this machine. */
function cannotTell(state: StateDir, dead: number): Finding {
  return {
    code: "log-inconclusive",
    severity: "warning",
    confidence: "high",
    message:
      dead > 0
        ? `the state dir holds ${countText(dead, "lock")} of processes that do not live on this machine`
        : "this gateway keeps its sessions in a database, which this tool does not read",
    help: `Without a log there is no telling whether the gateway lives elsewhere. Name its log as well: clawdbot-sessions doctor LOG --state-dir ${state.path}`,
    timeline: [],
    timelineOmitted: 0,
  };
}

/** A lock whose process is gone is stale: the gateway removes it at its next start. */
function isHolderAlive(lock: SessionLock, diagnosis: Diagnosis | undefined, isOwn: boolean): boolean {
  const last = diagnosis?.tracker.gateway.lives.at(-1);
  const isStopped = diagnosis?.tracker.gateway.pending?.kind === "stop";
  const saysLog = !isStopped && last?.process.pid !== undefined && last.process.pid === lock.pid;
  return isOwn ? lock.processLives : saysLog || (last?.process.pid === undefined && lock.processLives);
}

/**
 * Left by a dead process whose PID the gateway has now, as in a container: up
 * to 2026.2.26 it takes such a lock for its own, for half an hour.
 */
function isFromNamesake(lock: SessionLock, diagnosis: Diagnosis | undefined): boolean {
  const last = diagnosis?.tracker.gateway.lives.at(-1);
  if (!diagnosis || !last || last.process.pid !== lock.pid || isAtLeast(diagnosis.version, "2026.3.31")) return false;
  const first = diagnosis.tracker.gateway.lives.find((it) => it.process === last.process);
  return first?.startedBy === "boot" && first.startedAt !== undefined && lock.createdAt < first.startedAt - SKEW_MS;
}

/**
 * The first in-process restart that the lock's holder lived through. Where the
 * log's days are guessed, only the hours are held against each other.
 */
function restartAfter(
  createdAt: number,
  diagnosis: Diagnosis | undefined,
  datesAreGuessed: boolean,
): number | undefined {
  const restarts = diagnosis?.tracker.gateway.lives.filter((it) => it.startedBy === "in-process-restart") ?? [];
  return restarts.find(({ startedAt }) => {
    if (startedAt === undefined) return false;
    const days = datesAreGuessed ? Math.round((createdAt - startedAt) / DAY_MS) : 0;
    return startedAt + days * DAY_MS > createdAt;
  })?.startedAt;
}

function sessionReport(
  lock: SessionLock,
  isBlocked: boolean,
  heldMs: number,
  diagnosis: Diagnosis | undefined,
): SessionReport {
  const { key, aliases } = nameOf(lock);
  return {
    sessionKey: key,
    aliases,
    sessionIds: [lock.sessionId],
    state: isBlocked ? "blocked" : "busy",
    heldSince: isoTime(lock.createdAt),
    heldByRunId: null,
    heldByLane: null,
    waitsFor: "own-run",
    waitingAtLeast: 0,
    waitingSince: [],
    silenceMs:
      lock.transcript.lastAt === undefined ? heldMs : Math.max(0, heldMs - (lock.transcript.lastAt - lock.createdAt)),
    gateway: Math.max(0, (diagnosis?.tracker.gateway.lives.length ?? 1) - 1),
  };
}

function finding(
  lock: SessionLock,
  restartAt: number | undefined,
  heldMs: number,
  diagnosis: Diagnosis | undefined,
  context: StateContext,
): Finding {
  const { key } = nameOf(lock);
  const isOverdue = heldMs > context.stallAfterMs;
  const isSure = restartAt !== undefined && isOverdue && lock.transcript.end !== "unreadable";
  const confidence: Confidence = context.datesAreGuessed ? "low" : isSure ? "high" : "medium";
  const why =
    restartAt === undefined
      ? `its lock is ${spanText(heldMs)} old, and no restart is known that would explain it`
      : `a run has held it since before a gateway restart in the same process`;
  const certainty = isOverdue
    ? context.runTimeoutMs < context.stallAfterMs
      ? `Not just slow: it is past the ${spanText(context.runTimeoutMs)} run timeout.`
      : `It has been held for ${spanText(heldMs)}.`
    : `It may still be a slow model call: the ${spanText(context.runTimeoutMs)} run timeout is not over.`;
  const remedy = diagnosis ? remedyText(diagnosis.version) : "";
  return {
    code: "session-blocked",
    severity: "error",
    confidence,
    message: `session ${key} gets no answers: ${why} (told by the state dir, held by PID ${lock.pid})`,
    help: `${certainty} Its transcript ends ${endText(lock.transcript.end)}. ${remedy}`.trim(),
    sessionId: lock.sessionId,
    sessionKey: key,
    location: { path: lock.path, line: 1 },
    timeline: [
      {
        time: isoTime(lock.createdAt),
        text: `lock taken for session ${shortId(lock.sessionId)}`,
        path: lock.path,
        line: 1,
      },
      ...(lock.transcript.lastAt === undefined
        ? []
        : [
            {
              time: isoTime(lock.transcript.lastAt),
              text: `transcript ends ${endText(lock.transcript.end)}`,
              path: lock.transcript.path,
              line: 1,
            },
          ]),
      ...restartEntries(restartAt, diagnosis),
    ].toSorted((a, b) => ((a.time ?? "") < (b.time ?? "") ? -1 : 1)),
    timelineOmitted: 0,
  };
}

function restartEntries(restartAt: number | undefined, diagnosis: Diagnosis | undefined) {
  const event = diagnosis?.tracker.gateway.timeline.findLast((it) => it.event.time === restartAt)?.event;
  if (!event || restartAt === undefined) return [];
  return [{ time: isoTime(restartAt), text: "gateway restarted in the same process", ...event.location }];
}

function endText(end: TranscriptEnd): string {
  switch (end) {
    case "user":
      return "with a user's turn that nobody answered";
    case "tool-result":
      return "with a tool's result and no answer after it";
    case "tool-call":
      return "with a tool call that has no result";
    case "empty":
      return "before its first turn was written";
    case "unreadable":
      return "in a way that could not be read";
    case "answered":
      return "with an answer";
  }
}

function nameOf(lock: SessionLock): { key: string; aliases: string[] } {
  const key = lock.keys.find((it) => it.startsWith("agent:")) ?? lock.keys[0] ?? lock.sessionId;
  const all = lock.keys.length === 0 ? [] : [...lock.keys, ...otherNames(key)];
  return { key, aliases: [...new Set(all)].filter((it) => it !== key) };
}
