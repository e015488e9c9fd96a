/** From what the watcher saw change to the events that tell it. Pure. */
import type { Diagnosis } from "../diagnosis.ts";
import type { Finding } from "../model.ts";
import type { SettledSession } from "../tracker/settle.ts";
import type { Life, PendingShutdown, Run } from "../tracker/state.ts";
import type { BlockedEvent, FreeEvent, LifeEvent } from "./events.ts";

/** A blocked session, told or not yet told. */
export interface Held {
  key: string;
  aliases: readonly string[];
  /** The run that holds it, to know later what became of it. */
  run: Run | undefined;
  /** When it was first seen to be blocked, by the clock. */
  readonly firstSeen: number;
  told: BlockedEvent["event"] | undefined;
  /** The name it was told under, and so the one under which it is told to be free. */
  toldKey: string | undefined;
  now: SettledSession;
}

/** What was seen of a gateway's life. */
export interface SeenLife {
  life: Life | undefined;
  stop: PendingShutdown | undefined;
}

export function blockedEvent(
  event: BlockedEvent["event"],
  it: SettledSession,
  finding: Finding,
  gateway: string | null,
  now: number,
): BlockedEvent {
  const own = it.waitsFor === "own-run" ? it.holder : undefined;
  return {
    event,
    time: now,
    gateway,
    sessionKey: it.key,
    aliases: it.aliases,
    confidence: it.confidence,
    cause: own?.cause ?? null,
    runId: own?.run.runId ?? null,
    heldSince: it.heldSince ?? null,
    silenceMs: it.silenceMs ?? null,
    waitingAtLeast: it.waitingAtLeast,
    finding,
  };
}

export function freeEvent(held: Held, { tracker, settled }: Diagnosis, gateway: string | null, now: number): FreeEvent {
  const { run, toldKey: told = held.key } = held;
  const holds = settled.sessions.find(({ key }) => key === held.key)?.holder?.run;
  const isGone = run?.lost === true || stopOf({ tracker }) !== undefined;
  const reason = run?.end ? "run-ended" : isGone ? "gateway-gone" : run && holds === run ? "run-alive" : "released";
  return {
    event: "free",
    time: now,
    gateway,
    sessionKey: told,
    aliases: [held.key, ...held.aliases].filter((it) => it !== told),
    reason,
    runState: run?.end?.state ?? null,
    runId: held.now.waitsFor === "own-run" ? (run?.runId ?? null) : null,
    blockedMs: Math.max(0, now - held.firstSeen),
  };
}

export function stopOf({ tracker }: Pick<Diagnosis, "tracker">): PendingShutdown | undefined {
  const { pending } = tracker.gateway;
  return pending?.kind === "stop" ? pending : undefined;
}

/** The lives that began since the last look, by the objects: their numbers may begin anew. */
export function livesSince(diagnosis: Diagnosis, memory: SeenLife, gateway: string | null, now: number): LifeEvent[] {
  const { lives } = diagnosis.tracker.gateway;
  const seen = memory.life === undefined ? -1 : lives.lastIndexOf(memory.life);
  // A gateway that shows itself for the first time, or one whose lives were forgotten up to the newest.
  const from = seen < 0 ? Math.max(0, lives.length - 1) : seen + 1;
  const events = lives.slice(from).map((life, index) => lifeEvent(life, lives[from + index - 1], gateway, now));
  // Not a life that merely goes on while the log begins to be read.
  const begun = events.filter((_, index) => lives[from + index]?.startedBy !== "unknown");
  memory.life = lives.at(-1);
  const stop = stopOf(diagnosis);
  if (stop !== undefined && stop !== memory.stop) {
    begun.push({ ...lifeFrame(gateway, now), event: "gateway-stopped", at: stop.time ?? null });
  }
  memory.stop = stop;
  return begun;
}

function lifeFrame(gateway: string | null, now: number): Omit<LifeEvent, "event" | "at"> {
  return { time: now, gateway, pid: null, sameProcess: false };
}

function lifeEvent(life: Life, before: Life | undefined, gateway: string | null, now: number): LifeEvent {
  const sameProcess = life.startedBy === "in-process-restart";
  const event =
    sameProcess || before?.endedBy === "respawn"
      ? "gateway-restarted"
      : before?.endedBy === "crash"
        ? "gateway-crashed"
        : "gateway-started";
  return { ...lifeFrame(gateway, now), event, at: life.startedAt ?? null, pid: life.process.pid ?? null, sameProcess };
}
