/** From a target and what the gateway can do to a plan, or to the reason why there is none. Pure. */
import { quoteShell, shellOperands } from "../escape.ts";
import { countText, shortId, spanText } from "../words.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Outcome } from "../model.ts";
import { type Lost, type Plan, type Target } from "./model.ts";
import { STEPS, type StepName } from "./steps/index.ts";

export interface PlanOptions {
  /** Act on a run that shows life, and within a cool-down. */
  readonly force: boolean;
  readonly newSession: boolean;
}

/** A target on which nothing is to be done. */
export interface NoPlan {
  readonly target: Target;
  readonly outcome: Extract<Outcome, "already-free" | "refused">;
  /** One sentence. */
  readonly detail: string;
  readonly next?: string;
}

/** @param product the gateway's own program: `clawdbot`, `moltbot` or `openclaw` */
export function planFor(target: Target, can: Capabilities, options: PlanOptions, product: string): Plan | NoPlan {
  if (target.before === "free") {
    return { target, outcome: "already-free", detail: "nothing holds it; left alone" };
  }
  if (target.situation === "full-lane") {
    return {
      target,
      outcome: "refused",
      detail:
        "no run of its own holds it: it waits for a place in a full lane, and an abort would only lose its message",
      next: target.waitsBehind.length === 0 ? "clawdbot-sessions doctor --gateway" : againCommand(target.waitsBehind),
    };
  }
  if (target.before === "busy" && !options.force) {
    const silence = target.silenceMs === null ? "" : `; its last line is ${spanText(target.silenceMs)} old`;
    return {
      target,
      outcome: "refused",
      detail: `its run may be alive${silence}`,
      next: againCommand([target.id], " --force"),
    };
  }
  if (can.resetNeedsProof && isCutOff(target)) {
    return {
      target,
      outcome: "refused",
      detail:
        "a reset came before: the store has lost the id by which its run could be aborted, so only a restart of the gateway's process helps",
      next: restartCommand(product),
    };
  }
  const ladder = can.ladder[target.situation];
  if (ladder.length === 0) {
    return {
      target,
      outcome: "refused",
      detail: "no request is known to free it on this version; only a restart of the gateway's process does",
      next: restartCommand(product),
    };
  }
  const newSession = options.newSession && !ladder.every((it) => !STEPS[it].keepsConversation);
  return { target, ladder: rungs(ladder, can), newSession, lost: lostBy(target, ladder, can) };
}

/** The run that holds it belongs to a sessionId that the gateway's store has under no key any more. */
function isCutOff({ sessionId, holderSessionId, holderIsInStore }: Target): boolean {
  return holderIsInStore === false && sessionId !== null && sessionId !== holderSessionId;
}

export function isPlan(it: Plan | NoPlan): it is Plan {
  return "ladder" in it;
}

/** Where a reset before a proved abort makes things worse, it is no rung of the ladder at all. */
function rungs(ladder: readonly StepName[], can: Capabilities): readonly StepName[] {
  return can.resetNeedsProof ? ladder.filter((it) => STEPS[it].keepsConversation) : ladder;
}

function lostBy(target: Target, ladder: readonly StepName[], can: Capabilities): Lost {
  const [first] = ladder;
  const fate = (first && can.waiting[first]) ?? "unknown";
  const survives = fate === "answered" || fate === "carried";
  return {
    runs: target.situation === "held-back" ? 0 : 1,
    messagesAtLeast: survives ? 0 : target.waitingAtLeast,
  };
}

/** `the run and 2+ waiting messages: send them again`. */
export function lostText(plan: Plan): string {
  const { runs, messagesAtLeast } = plan.lost;
  const what = [
    ...(runs > 0 ? ["the run"] : []),
    ...(messagesAtLeast > 0 ? [`${messagesAtLeast}+ waiting ${messagesAtLeast === 1 ? "message" : "messages"}`] : []),
    ...(startsAnew(plan) ? ["the conversation so far (its transcript stays on the disk)"] : []),
  ];
  if (what.length === 0) return "nothing that is known of";
  return `${what.join(" and ")}${messagesAtLeast > 0 ? ": send them again" : ""}`;
}

/** What the plan does, for the person who is asked. */
export function planText(plan: Plan): string {
  const [first, ...rest] = plan.ladder;
  if (!first) return "nothing";
  const later = rest.filter((it) => STEPS[it].keepsConversation !== STEPS[first].keepsConversation);
  const fallback = later.length > 0 ? "; only if that fails, begin a new conversation" : "";
  const anew = plan.newSession ? "; then begin a new conversation" : fallback;
  const says = plan.newSession ? STEPS[first].says.replace(/; the conversation stays$/, "") : STEPS[first].says;
  return plan.target.situation === "held-back"
    ? "begin a new conversation, which lets its messages through"
    : `${says}${anew}`;
}

function startsAnew(plan: Plan): boolean {
  const [first] = plan.ladder;
  return plan.newSession || (first !== undefined && !STEPS[first].keepsConversation);
}

/** Why the session is thought to be blocked, and how surely, in one line; not escaped yet. */
export function targetText(target: Target, now: number): string {
  const by = target.runId === null ? "" : `, held by run ${shortId(target.runId)}`;
  const since = target.heldSince === null ? "" : ` for ${spanText(Math.max(0, now - target.heldSince))}`;
  return `${target.key}${by}${since}, ${signText(target)}`;
}

function signText(target: Target): string {
  if (target.before === "unknown") return "not known to be blocked: the log does not show runs";
  if (target.before === "busy") return "and it may be alive";
  if (target.situation === "held-back") return "waiting behind turns that the gateway tries again";
  if (target.confidence === "high") return "no sign of life";
  return "no sign of life so far, but it may still be a slow model call (medium confidence)";
}

/** The command for another try. Options stand behind the names, but where a name could pass for one. */
export function againCommand(names: readonly string[], options = ""): string {
  const words = shellOperands(names);
  return `clawdbot-sessions reset${words.startsWith("-- ") ? `${options} ${words}` : ` ${words}${options}`}`;
}

/** A restart of the process, not inside it: SIGUSR1 keeps what hangs. */
export function restartCommand(product: string): string {
  return `${product} gateway restart`;
}

/** Who else is hurt by a restart of the process. It stands below a command, and may be pasted with it: keys are quoted. */
export function restartCost(busy: readonly string[], waiting: number): string {
  const runs =
    busy.length === 0
      ? "no other run is known to be going on"
      : `it cuts ${countText(busy.length, "running turn")} (${busy.slice(0, 5).map(quoteShell).join(", ")})`;
  return waiting > 0 ? `${runs}, and ${waiting}+ waiting ${waiting === 1 ? "message is" : "messages are"} lost` : runs;
}
