/** `reset`: looks, plans, asks, repairs, tells. The order of things; each thing itself is elsewhere. */
import { randomUUID } from "node:crypto";

import type { Diagnosis } from "./diagnosis.ts";
import { UserError } from "./errors.ts";
import { EXIT } from "./exit-code.ts";
import { asUserError, connectGateway } from "./gateway/connect.ts";
import type { Gateway } from "./gateway/gateway.ts";
import type { RawGatewayOptions } from "./gateway/options.ts";
import { resolveGatewayTarget } from "./gateway/resolve-target.ts";
import { ownStateDir } from "./gateway/own-state.ts";
import { versionText } from "./gateway-version.ts";
import type { Io } from "./io.ts";
import { repair, resultOf, type RepairOptions, type RepairWorld } from "./repair/apply.ts";
import type { Capabilities } from "./repair/capabilities.ts";
import { openRepair } from "./repair/journal.ts";
import { readLock, who } from "./repair/machine.ts";
import { repairStore, type RepairStore } from "./repair/journal-file.ts";
import { messageKeyFor } from "./repair/message-key.ts";
import { NOTHING_LOST, type Plan, type ResetResult, type Target } from "./repair/model.ts";
import { Observer } from "./repair/observe.ts";
import { pastEvidence } from "./repair/past.ts";
import { canProbe } from "./repair/probe.ts";
import { againCommand, isPlan, planFor, planText, restartCommand, restartCost, type NoPlan } from "./repair/plan.ts";
import { resolveId, resolveRun, type NamedSession } from "./repair/resolve.ts";
import { STEPS, type StepName } from "./repair/steps/index.ts";
import type { RepairStep } from "./repair/steps/step.ts";
import { survey, type Reached } from "./repair/survey.ts";
import { isSurelyBlocked, targetOf, type Known } from "./repair/target.ts";
import { watchWaiting } from "./repair/waiting.ts";
import type { ResetOptions } from "./reset-options.ts";
import { ResetOutput, type GatewayShown } from "./reset-output.ts";
import { configuredRunTimeoutMs } from "./sources/gateway-config.ts";

/** What of the world `reset` touches beside the Io; tests and the lab pass their own. */
export interface ResetWorld {
  /** @throws GatewayError */
  connect(options: RawGatewayOptions, io: Io): Promise<Reached>;
  readonly steps: Readonly<Record<StepName, RepairStep>>;
  store(io: Io): RepairStore;
  sleep(ms: number): Promise<void>;
  newId(): string;
}

/** The real one. */
export const NODE_WORLD: ResetWorld = {
  async connect(options, io) {
    const target = await resolveGatewayTarget(options, io);
    const runTimeoutMs = (target.config && configuredRunTimeoutMs(target.config)) ?? null;
    return { gateway: await connectGateway(target, io), isLocal: target.isLocal, runTimeoutMs };
  },
  steps: STEPS,
  store: (io) => repairStore(ownStateDir(io), () => io.now()),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  newId: randomUUID,
};

const REQUEST_TIMEOUT_MS = 5_000;

/**
 * @returns the exit code
 * @throws Interrupted where Ctrl-C kept a session from being freed, once it is told what became of each
 * @throws UserError where nothing was sent and nothing could be said of any session
 */
export async function runReset(options: ResetOptions, io: Io, world: ResetWorld = NODE_WORLD): Promise<number> {
  const reached = await world.connect(options.gateway, io).catch((error: unknown) => {
    throw asUserError(error);
  });
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  try {
    const exitCode = await new Reset(options, io, world, reached, () => io.hold(ended)).run();
    // What was free before it could be interrupted is good news all the same.
    if (exitCode !== EXIT.ok) io.signal.throwIfAborted();
    return exitCode;
  } finally {
    await reached.gateway.close().catch(() => {});
    end();
  }
}

/** A session with the log followed from before it was diagnosed. */
interface Job {
  readonly target: Target;
  readonly observer: Observer;
}

class Reset {
  readonly #options: ResetOptions;
  readonly #io: Io;
  readonly #world: ResetWorld;
  readonly #gateway: Gateway;
  readonly #reached: Reached;
  readonly #requestTimeoutMs: number;
  readonly #store: RepairStore;
  readonly #output: ResetOutput;
  readonly #underWay: () => void;

  /** @param underWay is told when from now on something may be sent, whose end must be told */
  constructor(options: ResetOptions, io: Io, world: ResetWorld, reached: Reached, underWay: () => void) {
    this.#underWay = underWay;
    this.#options = options;
    this.#io = io;
    this.#world = world;
    this.#gateway = reached.gateway;
    this.#reached = reached;
    this.#requestTimeoutMs = options.timeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#store = world.store(io);
    this.#output = new ResetOutput(options, io);
  }

  async run(): Promise<number> {
    if (this.#options.probe && !canProbe(this.#gateway)) {
      throw new UserError(
        `--probe: no answer can be heard through ${this.#gateway.identity}, the only way that this gateway allows`,
        "Leave it out, or approve this tool's device on the gateway.",
      );
    }
    const { known, can, sessions, cursor } = await survey(
      this.#reached,
      this.#options,
      this.#io,
      this.#requestTimeoutMs,
    );
    const { diagnosis } = known;
    this.#output.learn([...sessions.map(({ key }) => key), ...diagnosis.settled.sessions.map(({ key }) => key)]);
    await this.#output.gateway(this.#gatewayShown(diagnosis));

    const { targets, unresolved } = this.#choose(sessions, known);
    if (unresolved.length > 0) return await this.#close([...unresolved, ...targets.map(notTouched)], diagnosis);
    if (targets.length === 0) return await this.#nothingBlocked(diagnosis, known);
    const jobs = await Promise.all(targets.map((target) => this.#job(target, can, cursor, diagnosis)));
    return await this.#handle(jobs, can, diagnosis);
  }

  /** Who is meant; nothing is sent as long as one of them is not known. */
  #choose(sessions: readonly NamedSession[], known: Known): { targets: Target[]; unresolved: ResetResult[] } {
    if (this.#options.allBlocked) {
      const blocked = sessions.map((it) => targetOf(it.key, it, known)).filter((it) => it.before === "blocked");
      // First those that hold, then those that only wait for them.
      const isWaiting = (it: Target) => Number(it.situation === "full-lane");
      return { targets: blocked.toSorted((a, b) => isWaiting(a) - isWaiting(b)), unresolved: [] };
    }
    const targets = new Map<string, Target>();
    const unresolved: ResetResult[] = [];
    const asked = [
      ...this.#options.ids.map((id) => ({ id, resolution: resolveId(id, sessions) })),
      ...this.#options.runs.map((id) => ({ id, resolution: resolveRun(id, sessions) })),
    ];
    for (const { id, resolution } of asked) {
      if (resolution.outcome !== "found") {
        unresolved.push(unresolvedResult(id, resolution.outcome, resolution.hint));
        continue;
      }
      const { session } = resolution;
      if (!targets.has(session.canonical)) targets.set(session.canonical, targetOf(id, session, known));
    }
    return { targets: [...targets.values()], unresolved };
  }

  async #job(target: Target, can: Capabilities, cursor: number | null, diagnosis: Diagnosis): Promise<Job> {
    const sure = can.keysAsSent ? await messageKeyFor(this.#gateway, target, this.#requestTimeoutMs) : target;
    const isHeldBack = sure.situation === "held-back";
    const isHeld = sure.before === "blocked" || sure.before === "busy";
    const observer = new Observer(this.#gateway, sure, {
      readLock: this.#options.state ? readLock : undefined,
      // Whether a session is held back behind others shows in neither: only in an answer.
      trustsActiveRun: can.trustsActiveRun && !isHeldBack,
      // A log in which nothing holds it can't show by its silence that something still does.
      logShowsRuns: diagnosis.tracker.showsRuns && !isHeldBack && isHeld,
      requestTimeoutMs: this.#requestTimeoutMs,
    });
    // A file that was named may be old: what the gateway has logged since counts too.
    if (this.#options.logs.length > 0) await observer.begin(null, diagnosis.settings.now ?? null);
    else await observer.begin(cursor);
    return { target: sure, observer };
  }

  async #handle(jobs: readonly Job[], can: Capabilities, diagnosis: Diagnosis): Promise<number> {
    const product = diagnosis.version.product;
    const results = new Map<Job, ResetResult>();
    const plans: { job: Job; plan: Plan }[] = [];
    for (const job of jobs) {
      const finished = await this.#finishEarlier(job, diagnosis);
      // Nothing seems to hold it, but who asks for the proof of an earlier step gets it.
      const target = finished === "to-be-proved" ? { ...job.target, before: "unknown" as const } : job.target;
      const plan = typeof finished === "object" ? finished : this.#planFor(target, can, product);
      if ("evidence" in plan) results.set(job, plan);
      else if (isPlan(plan)) plans.push({ job, plan });
      else if (!this.#isWaiter(job)) results.set(job, await this.#noPlan(plan));
    }
    for (const { plan } of plans) await this.#output.plan(plan, this.#options.probe !== null);
    const waiting = jobs.filter((job) => this.#isWaiter(job) && !results.has(job));
    const done = await this.#repairAll(plans, waiting, can, diagnosis);
    if (done === "nobody-to-ask") {
      throw new UserError(
        "there is no terminal to ask on, so nothing was sent",
        "Say --yes if it should be done, or --dry-run to see what would be.",
      );
    }
    for (const [job, result] of done) results.set(job, result);
    return await this.#close(
      jobs.flatMap((job) => results.get(job) ?? []),
      diagnosis,
    );
  }

  /** With --all-blocked: a session that only waits is freed by freeing the others, and looked at afterwards. */
  #isWaiter({ target }: Job): boolean {
    return this.#options.allBlocked && target.situation === "full-lane";
  }

  #planFor(target: Target, can: Capabilities, product: string): Plan | NoPlan {
    if (this.#options.onlySure && target.situation !== "full-lane" && !isSurelyBlocked(target)) {
      return {
        target,
        outcome: "refused",
        detail:
          "probably blocked, but it may still be a slow model call; nothing is sent to such a session unless a person names it",
        next: againCommand([target.key]),
      };
    }
    return planFor(target, can, this.#options, product);
  }

  /** A repair that an earlier call began and that has helped meanwhile. */
  async #finishEarlier({ target }: Job, diagnosis: Diagnosis): Promise<ResetResult | "to-be-proved" | undefined> {
    if (target.before === "blocked" || target.before === "busy") return undefined;
    const now = this.#io.now();
    const open = openRepair(this.#store.read(), this.#gateway.url, this.#store.nameOf(target.canonical), now);
    if (!open) return undefined;
    const lockNow =
      open.lock && this.#options.state && this.#reached.isLocal
        ? await readLock(open.lock.path).catch(() => undefined)
        : undefined;
    const evidence = pastEvidence(open, diagnosis, lockNow, now);
    const outcome = evidence.length > 0 ? "restored" : target.before === "free" ? "already-free" : undefined;
    if (!outcome) return undefined;
    if (outcome === "already-free" && this.#options.probe && open.sent.length > 0) return "to-be-proved";
    const step = {
      action: "resume",
      ok: true,
      detail: `an earlier call sent ${open.sent.join(", ") || "nothing"}`,
      ms: 0,
    };
    await this.#output.step(step);
    if (!this.#options.dryRun) {
      this.#store.append({
        v: 1,
        time: new Date(now).toISOString(),
        repair: open.repair,
        event: "end",
        who: who(),
        pid: process.pid,
        gateway: this.#gateway.url,
        session: target.canonical,
        outcome,
        evidence,
      });
    }
    return resultOf({ target }, [step], outcome, evidence);
  }

  async #noPlan({ target, outcome, detail, next }: NoPlan): Promise<ResetResult> {
    const step = { action: "look", ok: outcome === "already-free", detail, ms: 0 };
    return resultOf({ target }, [step], outcome, [], next);
  }

  async #repairAll(
    plans: readonly { job: Job; plan: Plan }[],
    waiting: readonly Job[],
    can: Capabilities,
    diagnosis: Diagnosis,
  ): Promise<ReadonlyMap<Job, ResetResult> | "nobody-to-ask"> {
    const results = new Map<Job, ResetResult>();
    const all = [...plans.map(({ job }) => job), ...waiting];
    if (plans.length === 0) {
      for (const job of waiting)
        results.set(
          job,
          await this.#noPlan(planFor(job.target, can, this.#options, diagnosis.version.product) as NoPlan),
        );
      return results;
    }
    if (this.#options.dryRun) {
      for (const { job, plan } of plans) results.set(job, this.#planned(plan));
      for (const job of waiting) results.set(job, resultOf({ target: job.target }, [], "planned", []));
      return results;
    }
    const consent = await this.#consent();
    if (consent === "nobody-to-ask") return consent;
    if (consent === "no") {
      for (const job of all) results.set(job, resultOf({ target: job.target }, [], "declined", []));
      return results;
    }
    this.#underWay();
    for (const { job, plan } of plans) {
      if (this.#io.signal.aborted) {
        const step = { action: "look", ok: false, detail: "interrupted; nothing was sent to it", ms: 0 };
        results.set(job, resultOf(plan, [step], "declined", [], againCommand([plan.target.key])));
        continue;
      }
      const options = this.#repairOptions(plan, diagnosis);
      results.set(job, await this.#repairOne(plan, can, job.observer, options, results.size > 0));
    }
    for (const job of waiting) {
      results.set(
        job,
        await watchWaiting(job.target, job.observer, this.#repairWorld(), this.#options.verifyMs ?? can.settleMs),
      );
    }
    return results;
  }

  /**
   * @param isLater others were repaired before it: what became of them has to be told, whatever becomes of this one
   * @throws UserError where nothing was sent to any session
   */
  async #repairOne(
    plan: Plan,
    can: Capabilities,
    observer: Observer,
    options: RepairOptions,
    isLater: boolean,
  ): Promise<ResetResult> {
    this.#output.nowUnderWay();
    try {
      return await repair(plan, can, observer, this.#repairWorld(), options, (step) => this.#output.step(step));
    } catch (error) {
      if (!(error instanceof UserError) || !isLater) throw error;
      const step = { action: "look", ok: false, detail: `nothing was sent to it: ${error.message}`, ms: 0 };
      return resultOf(plan, [step], "failed", [], options.next.again);
    }
  }

  async #consent(): Promise<"yes" | "no" | "nobody-to-ask"> {
    if (this.#options.yes) return "yes";
    if (!this.#io.ask) return "nobody-to-ask";
    const answer = await this.#io.ask("Go on? [y/N] ");
    return /^y(?:es)?$/i.test(answer.trim()) ? "yes" : "no";
  }

  #planned(plan: Plan): ResetResult {
    const steps = plan.ladder.map((name) => ({
      action: this.#world.steps[name].action,
      ok: true,
      detail: `would be tried: ${name}`,
      ms: 0,
    }));
    const step = { action: "plan", ok: true, detail: planText(plan), ms: 0 };
    return resultOf(plan, [step, ...steps], "planned", [], undefined, plan.lost);
  }

  #repairWorld(): RepairWorld {
    const world = this.#world;
    return {
      gateway: this.#gateway,
      steps: world.steps,
      store: this.#store,
      now: () => this.#io.now(),
      sleep: (ms) => world.sleep(ms),
      newId: () => world.newId(),
      isInterrupted: () => this.#io.signal.aborted,
      who: who(),
      pid: process.pid,
    };
  }

  #repairOptions(plan: Plan, diagnosis: Diagnosis): RepairOptions {
    const { force, probe, reason, verifyMs } = this.#options;
    const names = [plan.target.key];
    const others = diagnosis.settled.sessions.filter((it) => it.session.canonicalKey !== plan.target.canonical);
    const busy = others.filter((it) => it.state === "busy").map((it) => it.key);
    const waiting = diagnosis.settled.sessions.reduce((sum, it) => sum + it.waitingAtLeast, 0);
    return {
      force,
      probe,
      reason,
      verifyMs,
      requestTimeoutMs: this.#requestTimeoutMs,
      next: {
        again: againCommand(names),
        force: againCommand(names, " --force"),
        probe: againCommand(names, " --probe"),
        restart: restartCommand(diagnosis.version.product),
        restartNote: `ends the process, which frees it; ${restartCost(busy, waiting)}`,
      },
    };
  }

  async #nothingBlocked(diagnosis: Diagnosis, known: Known): Promise<number> {
    const tells = diagnosis.tracker.showsRuns || known.areTheGateways || known.trustsActiveRun;
    if (!tells) {
      throw new UserError(
        "the gateway's log does not show runs, so nobody can tell which sessions are blocked",
        "Name the sessions, or give --state-dir where the gateway's files are at hand.",
      );
    }
    await this.#output.nothingBlocked();
    return await this.#close([], diagnosis);
  }

  async #close(results: readonly ResetResult[], diagnosis: Diagnosis): Promise<number> {
    return await this.#output.report(this.#gatewayShown(diagnosis), results);
  }

  #gatewayShown(diagnosis: Diagnosis): GatewayShown {
    const { url, version } = this.#gateway;
    if (version !== null) return { url, version: `${diagnosis.version.product} ${version}` };
    const { exact, atLeast } = diagnosis.version;
    return { url, version: exact === null && atLeast === null ? null : versionText(diagnosis.version) };
  }
}

function unresolvedResult(id: string, outcome: "not-found" | "ambiguous", hint: string): ResetResult {
  const step = { action: "look", ok: false, detail: hint, ms: 0 };
  return { id, before: "unknown", steps: [step], outcome, evidence: [], lost: NOTHING_LOST };
}

/** One name that is not known stops all: the others may be mistyped as well. */
function notTouched(target: Target): ResetResult {
  const step = {
    action: "look",
    ok: false,
    detail: "nothing was sent, because not all sessions are known",
    ms: 0,
  };
  return resultOf({ target }, [step], "refused", []);
}
