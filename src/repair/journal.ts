/**
 * What the journal of repairs says, and what follows from it: a repair that was
 * cut in the middle is finished and not begun again, and no loop of repairs
 * wears a gateway out. Pure; journal-file.ts reads and writes.
 */
import type { Evidence, Target } from "./model.ts";
import { STEP_NAMES, type StepName } from "./steps/index.ts";

/**
 * - `begin`: the session was looked at and is to be repaired
 * - `send`: a step is about to be sent; written before it
 * - `reply`: what came back
 * - `probe`: a real message is about to be sent; written before it
 * - `verify`: what was seen after it
 * - `cut`: the repair could not go on
 * - `end`: it is over
 */
type JournalEvent = "begin" | "send" | "reply" | "probe" | "verify" | "cut" | "end";

/** One line of the journal. No token, no password and no chat text ever comes in here. */
export interface JournalEntry {
  readonly v: 1;
  /** RFC 3339. */
  readonly time: string;
  /** One id for all lines of one repair of one session. */
  readonly repair: string;
  readonly event: JournalEvent;
  readonly who: string;
  readonly pid: number;
  readonly gateway: string;
  readonly gatewayVersion?: string;
  readonly session: string;
  readonly sessionId?: string;
  readonly runId?: string;
  readonly lock?: { readonly path: string; readonly createdAt: number };
  readonly reason?: string;
  readonly step?: StepName;
  readonly result?: string;
  readonly detail?: string;
  readonly outcome?: string;
  readonly evidence?: readonly Evidence[];
}

/** A repair that has no end, or ended with nobody knowing whether it helped. */
export interface OpenRepair {
  readonly repair: string;
  /** What it sent, or may have sent; never to be sent again for the same run. */
  readonly sent: readonly StepName[];
  /** The gateway answered each of them; else one may have been cut off before it arrived. */
  readonly isAnswered: boolean;
  /** When the first step went out; milliseconds since the epoch. */
  readonly sentAt: number | null;
  readonly runId: string | null;
  readonly sessionId: string | null;
  readonly lock: { readonly path: string; readonly createdAt: number } | null;
}

/** After this time (ms) nobody waits for the end of a repair: whatever holds the session now is another matter. */
const RESUME_MS = 3_600_000;
/** The first pause between two repairs of one session (ms); each further one within the hour doubles it. */
const COOL_DOWN_MS = 60_000;
const COOL_DOWN_WINDOW_MS = 3_600_000;
const LONGEST_COOL_DOWN_MS = 1_800_000;

/**
 * The repair of this session that is to be finished, if there is one.
 * @param now milliseconds since the epoch
 */
export function openRepair(
  entries: readonly JournalEntry[],
  gateway: string,
  session: string,
  now: number,
): OpenRepair | undefined {
  const mine = entriesOf(entries, gateway, session);
  const last = mine.at(-1);
  if (!last || now - Date.parse(last.time) > RESUME_MS) return undefined;
  const lines = mine.filter((it) => it.repair === last.repair);
  const end = lines.find((it) => it.event === "end");
  if (end && end.outcome !== "unverified") return undefined;
  const sends = sendsOf(lines).filter(({ reply }) => reply?.result !== "not-sent");
  const begin = lines.find((it) => it.event === "begin");
  return {
    repair: last.repair,
    sent: [...new Set(sends.map(({ step }) => step))],
    isAnswered: sends.every(({ reply }) => reply !== undefined && reply.result !== "unknown"),
    sentAt: sends[0] ? Date.parse(sends[0].time) : null,
    runId: begin?.runId ?? null,
    sessionId: begin?.sessionId ?? null,
    lock: begin?.lock ?? null,
  };
}

interface Send {
  readonly step: StepName;
  readonly repair: string;
  readonly time: string;
  /** What came back of it; undefined: the repair was cut off before that was written. */
  readonly reply: JournalEntry | undefined;
}

/**
 * Each try of a step with its own reply: a repair that is gone on with has one
 * id, and a step that could not be sent at first may have been sent later. It
 * counts as sent unless its reply says that nothing left this machine.
 */
function sendsOf(lines: readonly JournalEntry[]): readonly Send[] {
  const sends: Send[] = [];
  lines.forEach((line, at) => {
    const { event, step, repair, time } = line;
    if (event !== "send" || step === undefined) return;
    const isOfIt = (it: JournalEntry): boolean =>
      it.repair === repair && it.step === step && (it.event === "reply" || it.event === "send");
    const next = lines.slice(at + 1).find(isOfIt);
    sends.push({ step, repair, time, reply: next?.event === "reply" ? next : undefined });
  });
  return sends;
}

/** Whether what holds the session now is what the earlier repair was about. */
export function isSameHolder(open: OpenRepair, target: Target): boolean {
  if (open.runId !== null && target.runId !== null) return open.runId === target.runId;
  if (open.lock && target.lock) return open.lock.createdAt === target.lock.createdAt;
  // Its own reset gave the session a new id, and the run that holds it has the old one still.
  if (open.sent.includes("sessions-reset")) return true;
  return open.sessionId === target.sessionId || open.sessionId === target.holderSessionId;
}

/**
 * How long to wait before this session may be repaired again, in milliseconds;
 * 0: not at all. Only repairs that sent something count.
 * @param now milliseconds since the epoch
 */
export function coolDownMs(entries: readonly JournalEntry[], gateway: string, session: string, now: number): number {
  // Neither what is long ago nor what a clock wrote that was far ahead.
  const recent = entriesOf(entries, gateway, session).filter(
    (it) => Math.abs(now - Date.parse(it.time)) < COOL_DOWN_WINDOW_MS,
  );
  const sends = sendsOf(recent).filter(({ reply }) => reply?.result !== "not-sent");
  const repairs = new Set(sends.map(({ repair }) => repair));
  if (repairs.size === 0) return 0;
  const last = Math.max(...recent.filter((it) => repairs.has(it.repair)).map((it) => Date.parse(it.time)));
  const pause = Math.min(COOL_DOWN_MS * 2 ** (repairs.size - 1), LONGEST_COOL_DOWN_MS);
  return Math.min(pause, Math.max(0, last + pause - now));
}

function entriesOf(entries: readonly JournalEntry[], gateway: string, session: string): readonly JournalEntry[] {
  const name = gatewayName(gateway);
  return entries.filter((it) => gatewayName(it.gateway) === name && it.session === session);
}

/** One name for the ways to write this machine's own address: the gateway behind them is the same. */
export function gatewayName(url: string): string {
  if (!URL.canParse(url)) return url;
  const { protocol, hostname, port, pathname } = new URL(url);
  const isLoopback = hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
  return `${protocol}//${isLoopback ? "localhost" : hostname}:${port}${pathname}`;
}

/** A line of the journal as an entry; undefined for one that was cut or is not ours. */
export function parseEntry(line: string): JournalEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const entry = value as Partial<Record<keyof JournalEntry, unknown>>;
  const texts = [entry.time, entry.repair, entry.event, entry.gateway, entry.session];
  if (entry.v !== 1 || texts.some((it) => typeof it !== "string")) return undefined;
  if (Number.isNaN(Date.parse(entry.time as string))) return undefined;
  if (entry.step !== undefined && !(STEP_NAMES as readonly unknown[]).includes(entry.step)) return undefined;
  return value as JournalEntry;
}
