/**
 * Frees one session: looks, sends the mildest step, looks whether it helped,
 * and only then tries the next. Every request is in the journal before it goes
 * out, so that a repair which is cut in the middle is finished by the next call
 * and no step is sent twice.
 */
import { UserError } from "../errors.ts";
import { GatewayError, type Gateway } from "../gateway/gateway.ts";
import { countText, spanText } from "../words.ts";
import type { Capabilities } from "./capabilities.ts";
import { judge, NO_FACTS, type Facts, type Judgement } from "./facts.ts";
import { coolDownMs, isSameHolder, openRepair, type JournalEntry, type OpenRepair } from "./journal.ts";
import type { RepairStore } from "./journal-file.ts";
import type { Outcome } from "../model.ts";
import {
  NOTHING_LOST,
  type Evidence,
  type Plan,
  type ProbeOutcome,
  type ResetResult,
  type StepReport,
} from "./model.ts";
import type { Observer } from "./observe.ts";
import { probe } from "./probe.ts";
import { listSessions } from "./sessions-list.ts";
import type { StepName } from "./steps/index.ts";
import type { RepairStep, StepReply } from "./steps/step.ts";

/** All that a repair touches. */
export interface RepairWorld {
  readonly gateway: Gateway;
  readonly steps: Readonly<Record<StepName, RepairStep>>;
  readonly store: RepairStore;
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  newId(): string;
  /** The person wants it to end: nothing more is sent, and what was is told. */
  isInterrupted(): boolean;
  /** Who does it, for the journal: user, machine. */
  readonly who: string;
  readonly pid: number;
}

export interface RepairOptions {
  readonly force: boolean;
  readonly probe: { readonly text: string; readonly timeoutMs: number } | null;
  readonly reason: string | null;
  /** Milliseconds that an end may take after a step; null: what the capability table says. */
  readonly verifyMs: number | null;
  /** Milliseconds for one question to the gateway. */
  readonly requestTimeoutMs: number;
  /** The commands to name when a repair did not end well. */
  readonly next: {
    readonly again: string;
    readonly force: string;
    readonly probe: string;
    readonly restart: string;
    /** What that one does and costs. */
    readonly restartNote: string;
  };
}

const POLL_MS = 250;
/** After the run's own last line its lane's comes within moments; some versions write none (ms). */
const LANE_FOLLOWS_MS = 1_500;

/**
 * @param observer of the plan's session, already following the log
 * @param onStep hears each step as it is done
 * @throws UserError, and nothing was sent to this session
 */
export async function repair(
  plan: Plan,
  can: Capabilities,
  observer: Observer,
  world: RepairWorld,
  options: RepairOptions,
  onStep: (step: StepReport) => Promise<void>,
): Promise<ResetResult> {
  const lock = world.store.lock(world.gateway.url, plan.target.canonical);
  if ("heldBy" in lock) {
    return resultOf(plan, [], "refused", [], `another repair of this session is going on (${lock.heldBy})`);
  }
  try {
    return await new Repair(plan, can, observer, world, options, onStep).run();
  } finally {
    lock.release();
  }
}

/** A result that nothing was sent for. */
export function resultOf(
  plan: Pick<Plan, "target">,
  steps: readonly StepReport[],
  outcome: Outcome,
  evidence: readonly Evidence[],
  next?: string,
  lost = NOTHING_LOST,
  nextNote?: string,
): ResetResult {
  const { id, key, sessionId, before } = plan.target;
  return {
    id,
    sessionKey: key,
    ...(sessionId === null ? {} : { sessionId }),
    before,
    steps,
    outcome,
    evidence,
    lost,
    ...(next === undefined ? {} : { next }),
    ...(nextNote === undefined ? {} : { nextNote }),
  };
}

class Repair {
  readonly #plan: Plan;
  readonly #can: Capabilities;
  readonly #observer: Observer;
  readonly #world: RepairWorld;
  readonly #options: RepairOptions;
  readonly #onStep: (step: StepReport) => Promise<void>;
  readonly #steps: StepReport[] = [];
  #id: string;
  #sentAny = false;
  /** An earlier call was cut off around its step, and nothing was sent since. */
  #mayNotHaveArrived = false;
  /** A step that begins a new conversation was sent already. */
  #isAnew = false;

  constructor(
    plan: Plan,
    can: Capabilities,
    observer: Observer,
    world: RepairWorld,
    options: RepairOptions,
    onStep: (step: StepReport) => Promise<void>,
  ) {
    this.#plan = plan;
    this.#can = can;
    this.#observer = observer;
    this.#world = world;
    this.#options = options;
    this.#onStep = onStep;
    this.#id = world.newId();
  }

  async run(): Promise<ResetResult> {
    const { gateway, store } = this.#world;
    const { target } = this.#plan;
    const now = this.#world.now();
    const entries = store.read();
    const open = this.#options.force
      ? undefined
      : openRepair(entries, gateway.url, store.nameOf(target.canonical), now);
    const resumed = open && open.sent.length > 0 && isSameHolder(open, target) ? open : undefined;
    if (!resumed && !this.#options.force) {
      const pause = coolDownMs(entries, gateway.url, store.nameOf(target.canonical), now);
      if (pause > 0) return await this.#refuse(`it was repaired a moment ago; wait ${spanText(pause)}, or --force`);
    }
    const began = await this.#look();
    if ("outcome" in began) return began;
    if (resumed) this.#id = resumed.repair;
    else await this.#write({ event: "begin", ...this.#holder(), ...this.#reason() });
    return await this.#climb(began.facts, resumed);
  }

  /** Still blocked, the same session, no sign of life? */
  async #look(): Promise<{ facts: Facts } | ResetResult> {
    const { target } = this.#plan;
    const began = this.#world.now();
    const { facts, listed } = await this.#observer.look();
    const tell = (ok: boolean, detail: string) => this.#tell("look", ok, detail, began);
    if (!facts.reachable) {
      await tell(false, "the gateway does not answer; nothing was sent");
      return this.#result("failed", [], this.#options.next.again);
    }
    if (listed === null || (listed && listed.sessionId !== target.sessionId && target.sessionId !== null)) {
      await tell(false, "it is not the session any more that was looked at; nothing was sent");
      return this.#result("refused", [], this.#options.next.again);
    }
    const before = { ...NO_FACTS, lock: target.lock ? ("held" as const) : ("unknown" as const) };
    const { state, evidence } = judge(before, { ...facts, activeRun: null }, target, this.#world.now());
    if (state === "free") {
      await tell(true, "free by itself; nothing was sent");
      return this.#result("already-free", evidence);
    }
    if (facts.logLife !== null && !this.#options.force) {
      await tell(false, `its run lives (${facts.logLife}); nothing was sent`);
      return this.#result("refused", [], this.#options.next.force);
    }
    await tell(true, target.before === "blocked" ? "still blocked, same session" : "same session");
    return { facts };
  }

  async #climb(before: Facts, resumed: OpenRepair | undefined): Promise<ResetResult> {
    let judgement: Judgement | undefined;
    if (resumed) {
      const sent = countText(resumed.sent.length, "step");
      await this.#tell(
        "resume",
        true,
        `an earlier call sent ${sent} (${resumed.sent.join(", ")}); not sent again`,
        this.#world.now(),
      );
      this.#sentAny = true;
      this.#isAnew = resumed.sent.some((name) => !this.#world.steps[name].keepsConversation);
      this.#mayNotHaveArrived = !resumed.isAnswered;
      judgement = await this.#verify(before);
      if (this.#isCut(judgement)) return await this.#cut("unverified", judgement.evidence);
      if (judgement.state !== "held") return await this.#conclude(judgement, undefined);
    }
    let reply: StepReply | undefined;
    for (const name of this.#plan.ladder) {
      const step = this.#world.steps[name];
      if (resumed?.sent.includes(name)) continue;
      // What can't be taken back is for sessions that are known to be held still.
      if (this.#world.isInterrupted()) return await this.#cut(this.#sentAny ? "unverified" : "declined");
      if (judgement?.state === "unknown" && (!step.keepsConversation || reply?.result !== "denied")) break;
      const sent = await this.#send(name, step);
      // Where nothing tells whether an earlier step helped, it may have.
      if (sent === "not-sent") return await this.#cut(judgement?.state === "unknown" ? "unverified" : "failed");
      reply = sent;
      judgement = await this.#verify(before);
      // Its run has ended, also where a real message could not prove it: another step would hit what came next.
      if (judgement.evidence.length > 0) break;
      if (!this.#lastReachable || this.#isCut(judgement)) return await this.#cut("unverified", judgement.evidence);
    }
    return await this.#conclude(judgement, reply);
  }

  /** Ended by the person before it could be seen whether it helped. */
  #isCut({ state }: Judgement): boolean {
    return this.#world.isInterrupted() && state !== "free";
  }

  /** Sends one step, written down before and after. */
  async #send(name: StepName, step: RepairStep): Promise<StepReply | "not-sent"> {
    const { target } = this.#plan;
    const began = this.#world.now();
    if (!(await this.#write({ event: "send", step: name }))) return "not-sent";
    const token = `${this.#id}-${name}`;
    let reply: StepReply;
    try {
      reply = await step.send(this.#world.gateway, target, token);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      await this.#tell(step.action, false, `not sent: ${error.message}`, began);
      await this.#write({ event: "reply", step: name, result: "not-sent", detail: error.message });
      return "not-sent";
    }
    this.#sentAny = true;
    this.#mayNotHaveArrived = false;
    if (!step.keepsConversation) this.#isAnew = true;
    await this.#tell(step.action, reply.result !== "denied", reply.detail, began);
    await this.#write({ event: "reply", step: name, result: reply.result, detail: reply.detail });
    return reply;
  }

  /** Looks until the session is free or its end is overdue; then asks for a real answer, if that is wanted. */
  async #verify(before: Facts): Promise<Judgement> {
    const began = this.#world.now();
    const deadline = began + (this.#options.verifyMs ?? this.#can.settleMs);
    let judgement: Judgement = { state: "unknown", evidence: [] };
    let freeSince: number | undefined;
    let facts = NO_FACTS;
    for (;;) {
      ({ facts } = await this.#observer.look());
      const now = this.#world.now();
      this.#lastReachable = facts.reachable;
      judgement = judge(before, facts, this.#plan.target, now);
      if (judgement.state === "free") {
        freeSince ??= now;
        const isWhole = facts.logEndIsWhole || (facts.logEnd === null && !facts.logWouldTell);
        if (isWhole || now - freeSince >= LANE_FOLLOWS_MS) break;
      }
      // Where nothing but the probe can tell, there is nothing to wait for.
      const blind =
        this.#options.probe !== null && judgement.state === "unknown" && facts.reachable && facts.lock === "unknown";
      const isOver = now >= deadline || this.#world.isInterrupted();
      if (isOver || (blind && now - began >= LANE_FOLLOWS_MS)) break;
      await this.#world.sleep(POLL_MS);
    }
    await this.#tell(
      "verify",
      judgement.state === "free",
      this.#isCut(judgement) ? "interrupted" : verifyText(judgement, facts, began, this.#world.now()),
      began,
    );
    const canProbe = judgement.state !== "held" && facts.reachable && !this.#world.isInterrupted();
    if (this.#options.probe && canProbe) {
      const told = await this.#probe(this.#options.probe);
      judgement = judge(before, { ...facts, probe: told }, this.#plan.target, this.#world.now());
    }
    await this.#write({ event: "verify", result: judgement.state, evidence: judgement.evidence });
    return judgement;
  }
  #lastReachable = true;

  async #probe({ text, timeoutMs }: { text: string; timeoutMs: number }): Promise<ProbeOutcome> {
    const { gateway } = this.#world;
    const { target } = this.#plan;
    const began = this.#world.now();
    const before = await this.#sessionIdNow();
    const token = `${this.#id}-probe-${began}`;
    if (!(await this.#write({ event: "probe" }))) return "unknown";
    const { outcome, detail } = await probe(gateway, target.messageKey, text, token, timeoutMs);
    const after = outcome === "answered" ? await this.#sessionIdNow() : before;
    // An early gateway begins a new session for a form of the key that it does not know, and answers there.
    const doubt =
      outcome !== "answered"
        ? undefined
        : before === undefined || after === undefined
          ? "answered, but nothing tells by which session, so it proves nothing"
          : before === after
            ? undefined
            : "answered by a new session of that name, so it proves nothing";
    await this.#tell("probe", outcome === "answered" && doubt === undefined, doubt ?? detail, began);
    return doubt === undefined ? outcome : "unknown";
  }

  async #sessionIdNow(): Promise<string | null | undefined> {
    const rows = await listSessions(this.#world.gateway, this.#options.requestTimeoutMs).catch(() => undefined);
    return rows?.find((it) => it.canonical === this.#plan.target.canonical)?.sessionId;
  }

  async #conclude(judgement: Judgement | undefined, reply: StepReply | undefined): Promise<ResetResult> {
    const { next } = this.#options;
    const evidence = judgement?.evidence ?? [];
    if (judgement?.state === "free" && evidence.length > 0) {
      if (this.#plan.newSession && !this.#isAnew) await this.#beginAnew();
      return await this.#end("restored", evidence);
    }
    if (judgement?.state === "held" && this.#mayNotHaveArrived) {
      const why = "the step of the earlier call may not have arrived; this sends it again";
      return await this.#end("ineffective", evidence, next.force, why);
    }
    const restart = [next.restart, next.restartNote] as const;
    if (judgement?.state === "held" || judgement === undefined) {
      return await this.#end("ineffective", evidence, ...restart);
    }
    if (this.#options.probe && reply?.result !== "denied") return await this.#end("unverified", evidence, ...restart);
    return await this.#end("unverified", evidence, next.probe);
  }

  /** Only ever after the session is proved free: before that it destroys the way out on early versions. */
  async #beginAnew(): Promise<void> {
    const name = "sessions-reset";
    await this.#send(name, this.#world.steps[name]);
  }

  /** The gateway went away in the middle, or the person: the journal keeps the repair open, and the next call goes on. */
  async #cut(outcome: "failed" | "unverified" | "declined", evidence: readonly Evidence[] = []): Promise<ResetResult> {
    await this.#write({ event: "cut", detail: "it could not go on" });
    return this.#result(outcome, evidence, this.#options.next.again);
  }

  async #refuse(why: string): Promise<ResetResult> {
    await this.#tell("look", false, why, this.#world.now());
    return this.#result("refused", [], this.#options.next.force);
  }

  async #end(outcome: Outcome, evidence: readonly Evidence[], next?: string, note?: string): Promise<ResetResult> {
    await this.#write({ event: "end", outcome, evidence });
    return this.#result(outcome, evidence, next, note);
  }

  #result(outcome: Outcome, evidence: readonly Evidence[], next?: string, note?: string): ResetResult {
    const lost = this.#sentAny ? this.#plan.lost : NOTHING_LOST;
    return resultOf(this.#plan, this.#steps, outcome, evidence, next, lost, note);
  }

  async #tell(action: string, ok: boolean, detail: string, began: number): Promise<void> {
    const step = { action, ok, detail, ms: Math.max(0, this.#world.now() - began) };
    this.#steps.push(step);
    await this.#onStep(step);
  }

  #holder(): Partial<JournalEntry> {
    const { sessionId, runId, lock } = this.#plan.target;
    return {
      ...(sessionId === null ? {} : { sessionId }),
      ...(runId === null ? {} : { runId }),
      ...(lock ? { lock } : {}),
    };
  }

  #reason(): Partial<JournalEntry> {
    const { reason } = this.#options;
    return reason === null ? {} : { reason };
  }

  /**
   * Writes an entry down.
   * @returns whether it is on the disk. Where it is not, nothing more may go out;
   *   what was sent is still looked at, and its result told.
   * @throws UserError where nothing was sent yet
   */
  async #write(entry: Pick<JournalEntry, "event"> & Partial<JournalEntry>): Promise<boolean> {
    const { gateway, who, pid, store } = this.#world;
    const now = this.#world.now();
    try {
      store.append({
        v: 1,
        time: new Date(now).toISOString(),
        repair: this.#id,
        who,
        pid,
        gateway: gateway.url,
        ...(gateway.version === null ? {} : { gatewayVersion: gateway.version }),
        session: this.#plan.target.canonical,
        ...entry,
      });
      return true;
    } catch (error) {
      if (!(error instanceof UserError) || !this.#sentAny) throw error;
      if (!this.#journalFailed) await this.#tell("journal", false, error.message, now);
      this.#journalFailed = true;
      return false;
    }
  }
  /** And it was told. */
  #journalFailed = false;
}

function verifyText(judgement: Judgement, facts: Facts, began: number, now: number): string {
  if (judgement.state === "free") return judgement.evidence.map((it) => it.text).join("; ");
  if (!facts.reachable) return "the gateway does not answer";
  const waited = `after ${spanText(now - began)}`;
  if (judgement.state === "held") return `still held ${waited}: ${heldText(facts)}`;
  return `nothing here can tell ${waited}: the log does not show runs, and no lock is at hand`;
}

function heldText(facts: Facts): string {
  if (facts.lock === "held") return "its run's lock is still there";
  if (facts.activeRun === true) return "hasActiveRun is still true";
  return "the log shows no end";
}
