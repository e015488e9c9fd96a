/**
 * What was seen of a session since a moment, and what it proves. Pure: the one
 * place that decides whether a session is free. A reply to a request, an
 * `ok:true`, a changed sessionId never come in here, because they prove nothing.
 */
import { describeEvent } from "../describe.ts";
import type { GatewayEvent } from "../events/index.ts";
import { isoTime } from "../finding-timeline.ts";
import { canonicalKey, keyOfLane } from "../tracker/session-index.ts";
import { shortId } from "../words.ts";
import type { Evidence, ProbeOutcome, Target } from "./model.ts";

/** What a source says of the session now: not asked, not able to tell, or this. */
export interface Facts {
  /** Our run ended, or the session's lane was let go, in the gateway's log since we began to follow it. */
  readonly logEnd: Evidence | null;
  /** The lane too, so that nothing more is to be waited for. */
  readonly logEndIsWhole: boolean;
  /** A line of our run that is no end: it lives. */
  readonly logLife: string | null;
  /** The log is at debug level and was followed without a gap, so that an end would be seen. */
  readonly logWouldTell: boolean;
  /** The run's lock on this machine; `replaced`: another run has taken it since. */
  readonly lock: "held" | "gone" | "replaced" | "unknown";
  /** `hasActiveRun` of the session in the gateway's list, where the version can be trusted with it. */
  readonly activeRun: boolean | null;
  /** The gateway answered when it was asked for this. One that does not can't have done anything either. */
  readonly reachable: boolean;
  /** What became of a real message; null: none was to be sent. */
  readonly probe: ProbeOutcome | null;
}

export const NO_FACTS: Facts = {
  logEnd: null,
  logEndIsWhole: false,
  logLife: null,
  logWouldTell: false,
  lock: "unknown",
  activeRun: null,
  reachable: true,
  probe: null,
};

export interface Judgement {
  /** `held`: something that would have changed did not. `unknown`: nothing can tell. */
  readonly state: "free" | "held" | "unknown";
  readonly evidence: readonly Evidence[];
}

/**
 * @param before what was seen when the session was last looked at, before the step
 * @param now what is seen after it
 * @param at the moment of `now`, in milliseconds since the epoch
 */
export function judge(before: Facts, now: Facts, target: Pick<Target, "lock">, at: number): Judgement {
  const time = isoTime(at);
  const evidence: Evidence[] = [];
  if (now.logEnd) evidence.push(now.logEnd);
  if (before.lock === "held" && (now.lock === "gone" || now.lock === "replaced")) {
    const text = now.lock === "gone" ? "its run's lock is gone" : "its run's lock is gone; a new run has taken it";
    evidence.push({ time, text, source: target.lock?.path ?? "lock" });
  }
  if (before.activeRun === true && now.activeRun === false) {
    evidence.push({ time, text: "hasActiveRun=false, was true", source: "sessions.list" });
  }
  if (now.probe === "answered") evidence.push({ time, text: "a real message was answered", source: "chat.send" });
  // Who asks for a real answer and gets none is not told that all is well.
  if (now.probe === "silent") return { state: evidence.length > 0 ? "unknown" : "held", evidence };
  if (now.probe === "unknown") return { state: "unknown", evidence };
  if (evidence.length > 0) return { state: "free", evidence };
  if (!now.reachable) return { state: "unknown", evidence };
  const isHeld = now.lock === "held" || now.activeRun === true || now.logWouldTell;
  return { state: isHeld ? "held" : "unknown", evidence };
}

/** The lines of a log that end a run, or show that it lives. */
export interface LogFacts {
  readonly end: Evidence | null;
  /** A line of the run's end and one of its lane, or one of its lane alone. */
  readonly isWhole: boolean;
  readonly life: string | null;
}

/** @param file the log's name, for the evidence */
export function factsOfLog(events: readonly GatewayEvent[], target: Target, file: string): LogFacts {
  let ended: GatewayEvent | undefined;
  let released: GatewayEvent | undefined;
  let life: string | null = null;
  for (const event of events) {
    if (isReleaseOf(event, target)) released ??= event;
    else if (isEndOf(event, target)) ended ??= event;
    else if (isLifeOf(event, target)) life ??= describeEvent(event);
  }
  const last = released ?? ended;
  if (!last) return { end: null, isWhole: false, life };
  const run = target.runId === null ? "its run" : `run ${shortId(target.runId)}`;
  const text = [
    ...(ended ? [`${run}: ${describeEvent(ended)}`] : []),
    ...(released ? [describeEvent(released)] : []),
  ].join("; ");
  const end = { time: isoTime(last.time), text, source: file };
  return { end, isWhole: released !== undefined, life: null };
}

/** Nothing of its own holds it: that its own turn begins is what it waits for. */
function waitsForOthers({ situation }: Target): boolean {
  return situation === "full-lane" || situation === "held-back";
}

function isReleaseOf(event: GatewayEvent, target: Target): boolean {
  // An abort ends the message that is held back, and the next one is held back just the same.
  if (target.situation === "held-back") return false;
  if (event.kind !== "lane-done" && event.kind !== "lane-error" && event.kind !== "lane-interrupted") return false;
  const key = keyOfLane(event.lane);
  if (key === undefined) return false;
  // An early gateway has a lane for each form of a key, and they are not the same session.
  return target.messageKeyIsSure ? key === target.messageKey : canonicalKey(key) === target.canonical;
}

function isEndOf(event: GatewayEvent, target: Target): boolean {
  if (waitsForOthers(target) && event.kind === "run-start") return event.sessionId === target.sessionId;
  if (event.kind !== "run-done" && event.kind !== "run-cleanup" && event.kind !== "run-end") return false;
  if (target.runId !== null) return event.runId === target.runId;
  return target.sessionId !== null && event.sessionId === target.sessionId;
}

/** Lines that only a run which goes on writes; a check or an abort of it are not its own. */
function isLifeOf(event: GatewayEvent, target: Target): boolean {
  switch (event.kind) {
    case "tool-start":
    case "tool-end":
    case "compaction":
    case "agent-start":
    case "prompt-start":
    case "run-start":
      return target.runId !== null && event.runId === target.runId;
    default:
      return false;
  }
}
