/**
 * Follows gateways and tells what changes: fed records and told the time, it
 * says which sessions became blocked, stalled or free. Pure. It remembers
 * nothing but the sessions that are not free and each gateway's last life.
 */
import { logInconclusive } from "../checks/log-inconclusive.ts";
import { sessionBlocked } from "../checks/session-blocked.ts";
import { Diagnostician } from "../diagnose.ts";
import type { Diagnosis } from "../diagnosis.ts";
import type { Confidence, Finding, LogRecord, SourceSummary } from "../model.ts";
import { KEEP_RECENT } from "../tracker/retention.ts";
import type { SettledSession } from "../tracker/settle.ts";
import type { BlockedEvent, LifeEvent, SessionEvent, StateEvent } from "./events.ts";
import type { HealCandidate } from "./heal-limits.ts";
import { blockedEvent, freeEvent, livesSince, stopOf, type Held, type SeenLife } from "./tell.ts";

export interface WatchSettings {
  /** Milliseconds; null: the default of the version that wrote the log. */
  readonly runTimeoutMs: number | null;
  readonly stallAfterMs: number | null;
  /** A session is told of when it has been blocked this long: what clears up by itself is no news (ms). */
  readonly afterMs: number;
  /** What is less sure than this is not told. */
  readonly minConfidence: Confidence;
}

interface GatewayMemory extends SeenLife {
  readonly held: Map<string, Held>;
}

const CONFIDENCE: Readonly<Record<Confidence, number>> = { low: 0, medium: 1, high: 2 };

export class Watcher {
  readonly #diagnostician: Diagnostician;
  readonly #settings: WatchSettings;
  readonly #gateways = new Map<string, GatewayMemory>();

  /** @param severalSources whether more than one file may tell the same gateway's story, see Diagnostician */
  constructor(
    settings: WatchSettings,
    severalSources: boolean,
    areOfOneForm?: (source: number, other: number) => boolean,
  ) {
    this.#settings = settings;
    this.#diagnostician = new Diagnostician(severalSources, areOfOneForm, KEEP_RECENT);
  }

  push(record: LogRecord): void {
    this.#diagnostician.push(record);
  }

  /**
   * What is true when the existing log has been read; to be asked once, before the first `tick`.
   * @param now milliseconds since the epoch
   */
  start(now: number, sources: readonly SourceSummary[]): readonly [StateEvent, ...SessionEvent[]] {
    const diagnoses = this.#look(now, sources);
    const blocked: SessionEvent[] = [];
    for (const [stream, diagnosis] of diagnoses) {
      const memory = this.#memoryOf(stream);
      memory.life = diagnosis.tracker.gateway.lives.at(-1);
      memory.stop = stopOf(diagnosis);
      // The log tells how long it has been so; a watch that is started again need not wait for it.
      const isOld = (it: SettledSession): boolean => blockedFor(it, now) >= this.#settings.afterMs;
      blocked.push(...this.#sessions(diagnosis, memory, this.#nameOf(stream, diagnoses), now, isOld));
    }
    const all = [...diagnoses.values()];
    const shows = all.some(({ tracker }) => tracker.showsRuns);
    const told = (event: SessionEvent["event"]) =>
      blocked.filter((it) => it.event === event).map((it) => it.sessionKey);
    const state: StateEvent = {
      event: "state",
      time: now,
      sources: sources.map(({ path }) => path),
      gateways: diagnoses.size,
      blocked: told("blocked"),
      stalled: told("stalled"),
      busy: all.flatMap(({ settled }) => settled.sessions).filter(({ state }) => state === "busy").length,
      showsRuns: shows,
      help: shows ? null : (all.flatMap((it) => logInconclusive.run(it))[0]?.help ?? null),
    };
    return [state, ...blocked];
  }

  /**
   * What changed since the last call. Time alone changes things: a run stalls by saying nothing.
   * @param now milliseconds since the epoch
   */
  tick(now: number, sources: readonly SourceSummary[]): readonly (SessionEvent | LifeEvent)[] {
    const diagnoses = this.#look(now, sources);
    const events: (SessionEvent | LifeEvent)[] = [];
    for (const [stream, diagnosis] of diagnoses) {
      const memory = this.#memoryOf(stream);
      const gateway = this.#nameOf(stream, diagnoses);
      events.push(...livesSince(diagnosis, memory, gateway, now));
      events.push(...this.#sessions(diagnosis, memory, gateway, now, () => false));
    }
    return events;
  }

  /** The sessions that were blocked at the last look, for whoever may free them. */
  candidates(): readonly HealCandidate[] {
    return [...this.#gateways].flatMap(([stream, { held }]) =>
      [...held.values()].map(({ key, aliases, run, firstSeen, now }) => ({
        stream,
        gateway: this.#gateways.size > 1 ? stream : null,
        sessionKey: key,
        aliases,
        runId: now.waitsFor === "own-run" ? (run?.runId ?? null) : null,
        confidence: now.confidence,
        blockedSince: firstSeen,
        evidenceAt: evidenceAt(now),
      })),
    );
  }

  #look(now: number, sources: readonly SourceSummary[]): ReadonlyMap<string, Diagnosis> {
    const { runTimeoutMs, stallAfterMs } = this.#settings;
    return this.#diagnostician.look({ runTimeoutMs, stallAfterMs, now }, sources);
  }

  #memoryOf(stream: string): GatewayMemory {
    let memory = this.#gateways.get(stream);
    if (!memory) {
      memory = { held: new Map(), life: undefined, stop: undefined };
      this.#gateways.set(stream, memory);
    }
    return memory;
  }

  #nameOf(stream: string, diagnoses: ReadonlyMap<string, Diagnosis>): string | null {
    return diagnoses.size > 1 ? stream : null;
  }

  /** @param isOld a session that need not be waited for */
  #sessions(
    diagnosis: Diagnosis,
    memory: GatewayMemory,
    gateway: string | null,
    now: number,
    isOld: (it: SettledSession) => boolean,
  ): SessionEvent[] {
    const events: SessionEvent[] = [];
    const before = new Set(memory.held.values());
    let findings: readonly Finding[] | undefined;
    for (const it of diagnosis.settled.sessions) {
      if (it.state !== "blocked") continue;
      const known = find(memory.held, it);
      const isSure = CONFIDENCE[it.confidence] >= CONFIDENCE[this.#settings.minConfidence];
      // What was told is not free because it is less sure now.
      if (!isSure && known?.told === undefined) continue;
      const held = known ?? newHeld(it, now);
      before.delete(held);
      rename(memory.held, held, it);
      held.now = it;
      held.run = it.holder?.run;
      const kind = kindOf(it);
      if (held.told === kind || !(isOld(it) || now - held.firstSeen >= this.#settings.afterMs)) continue;
      findings ??= sessionBlocked.run(diagnosis);
      const finding = findings.find(({ sessionKey }) => sessionKey === it.key);
      if (!finding) continue;
      held.told = kind;
      held.toldKey ??= it.key;
      events.push(blockedEvent(kind, it, finding, gateway, now));
    }
    for (const held of before) {
      memory.held.delete(held.key);
      // What was never told to be blocked is not told to be free.
      if (held.told !== undefined) events.push(freeEvent(held, diagnosis, gateway, now));
    }
    return events;
  }
}

function kindOf(it: SettledSession): BlockedEvent["event"] {
  return it.waitsFor === "own-run" && it.holder?.cause === "stall" ? "stalled" : "blocked";
}

/** How long the log shows it blocked (ms): a run that a restart cut was not blocked before. */
function blockedFor({ holder, silenceMs = 0 }: SettledSession, now: number): number {
  const cutAt = holder?.run.cut?.time;
  return cutAt === undefined ? silenceMs : Math.min(silenceMs, Math.max(0, now - cutAt));
}

/** By its name; by the run that holds it where the log has told its name only now. */
function find(all: ReadonlyMap<string, Held>, it: SettledSession): Held | undefined {
  const run = it.waitsFor === "own-run" ? it.holder?.run : undefined;
  return (
    all.get(it.key) ??
    [...all.values()].find(
      (held) =>
        held.now.session === it.session || (run !== undefined && held.run === run && held.now.waitsFor === "own-run"),
    )
  );
}

function newHeld(it: SettledSession, now: number): Held {
  return {
    key: it.key,
    aliases: it.aliases,
    run: undefined,
    firstSeen: now,
    told: undefined,
    toldKey: undefined,
    now: it,
  };
}

function rename(all: Map<string, Held>, held: Held, it: SettledSession): void {
  all.delete(held.key);
  held.key = it.key;
  held.aliases = it.aliases;
  all.set(it.key, held);
}

/** The newest line that tells of the session, of the run that holds it or of what cut it. */
function evidenceAt({ session, holder }: SettledSession): number | undefined {
  const times = [
    holder?.run.lastSeenAt,
    holder?.run.cut?.time,
    holder?.run.abortLoggedAt,
    ...(session.timeline?.items ?? []).map(({ time }) => time),
  ].filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}
