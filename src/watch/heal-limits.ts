/**
 * When `--heal` may act by itself. Nobody is asked, so it acts on less than a
 * person would, and a loop of repairs must not wear a gateway out. Pure.
 */
import type { Confidence } from "../model.ts";
import { spanText } from "../words.ts";

/** A blocked session, as the watcher knows it. Times are milliseconds since the epoch. */
export interface HealCandidate {
  readonly stream: string;
  /** Its name where several gateways are followed. */
  readonly gateway: string | null;
  readonly sessionKey: string;
  readonly aliases: readonly string[];
  /** The run of its own that holds it; null: something else does, and no request is known to help. */
  readonly runId: string | null;
  readonly confidence: Confidence;
  readonly blockedSince: number;
  /** The newest line about it. */
  readonly evidenceAt: number | undefined;
}

export interface HealSettings {
  /** A session must have been blocked this long while it was watched (ms). */
  readonly graceMs: number;
  /** From one act on a session to the next (ms). */
  readonly coolDownMs: number;
  /** Acts in any hour, over all sessions. */
  readonly maxPerHour: number;
}

/** A repair that was begun: `sent` tells whether anything left this machine. */
export interface HealAct {
  /** Canonical key. */
  readonly session: string;
  readonly at: number;
  readonly sent: boolean;
}

export type HealDecision =
  | { readonly act: true }
  /** `until`: when time alone will have changed the answer; null: time alone won't. */
  | { readonly act: false; readonly why: string; readonly until: number | null };

/** Older evidence may be of a gateway that has long been looked after by somebody. */
export const MAX_EVIDENCE_AGE_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;
/** The pause after an attempt that sent nothing (ms); each further one doubles it, up to the cool-down. */
const RETRY_MS = 60_000;

/**
 * @param session the candidate's canonical key
 * @param acts earlier ones, in any order; also those of other processes
 * @param now milliseconds since the epoch
 */
export function mayHeal(
  candidate: HealCandidate,
  session: string,
  acts: readonly HealAct[],
  settings: HealSettings,
  now: number,
): HealDecision {
  if (candidate.confidence !== "high") return no(`confidence is ${candidate.confidence}, not high`);
  if (candidate.runId === null) return no("no run of its own holds it");
  const { evidenceAt } = candidate;
  if (evidenceAt === undefined || now - evidenceAt > MAX_EVIDENCE_AGE_MS) {
    return no(`its newest line is older than ${spanText(MAX_EVIDENCE_AGE_MS)}`);
  }
  const blockedFor = candidate.blockedSince + settings.graceMs;
  if (now < blockedFor) return no("within the grace time", blockedFor);
  const rested = coolAt(acts, session, settings);
  if (now < rested) return no("within the cool-down of this session", rested);
  const inHour = acts.filter((it) => it.sent && it.at > now - HOUR_MS).map((it) => it.at);
  if (inHour.length >= settings.maxPerHour) {
    const oldest = inHour.toSorted((a, b) => b - a)[settings.maxPerHour - 1];
    return no(`${inHour.length} repairs within the hour`, oldest === undefined ? null : oldest + HOUR_MS);
  }
  return { act: true };
}

function no(why: string, until: number | null = null): HealDecision {
  return { act: false, why, until };
}

/** When the next attempt on a session may begin. */
function coolAt(acts: readonly HealAct[], session: string, { coolDownMs }: HealSettings): number {
  const mine = acts.filter((it) => it.session === session).toSorted((a, b) => a.at - b.at);
  const lastSent = mine.findLastIndex((it) => it.sent);
  const tries = mine.slice(lastSent + 1);
  const afterSent = lastSent < 0 ? Number.NEGATIVE_INFINITY : (mine[lastSent]?.at ?? 0) + coolDownMs;
  const last = tries.at(-1);
  // 2 ** 30 minutes outlast every cool-down.
  const pause = Math.min(RETRY_MS * 2 ** Math.min(30, tries.length - 1), Math.max(coolDownMs, RETRY_MS));
  return Math.max(afterSent, last === undefined ? Number.NEGATIVE_INFINITY : last.at + pause);
}

/** The acts that can still matter: what is older than both the hour and the cool-down is forgotten. */
export function recentActs(acts: readonly HealAct[], settings: HealSettings, now: number): readonly HealAct[] {
  const span = Math.max(HOUR_MS, settings.coolDownMs);
  return acts.filter((it) => now - it.at < span);
}
