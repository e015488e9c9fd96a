import type { EventOf, GatewayEvent } from "../events/index.ts";
import { Lanes } from "./lanes.ts";
import { OpenRuns } from "./open-runs.ts";
import type { Life, PendingShutdown, Process } from "./state.ts";

/** How far a start came; the same marker seen again, or an earlier one, is another start. */
const BOOT_RANK = {
  "gateway-loading": 0,
  "gateway-starting-http": 1,
  "gateway-listening": 2,
  "gateway-http-listening": 2,
  "gateway-ready": 3,
} as const;
/** Of a life whose start the log does not show. */
const BOOT_COMPLETE = 9;
type BootEvent = EventOf<keyof typeof BOOT_RANK>;

/** The same start told twice: by two files whose lines could not be matched (ms). */
const SAME_START_MS = 2_000;
/** From the first line of a start to its next marker (ms): a slow machine takes tens of seconds. */
const LONGEST_START_MS = 180_000;
const MAX_TIMELINE = 400;
/** Of a process that is long gone: no line can be its any more. */
const NO_LANES = new Lanes();

/** A line of the gateway's own life. */
export interface GatewayNote {
  readonly sequence: number;
  readonly event: GatewayEvent;
}

/** A life that ends, and the one that follows it. */
export interface LifeChange {
  readonly event: GatewayEvent;
  readonly before: Life;
  readonly life: Life;
  /** What began the change; undefined for a crash. */
  readonly shutdown: PendingShutdown | undefined;
}

export interface LifeObserver {
  /** The process goes on, with its lanes and its runs. */
  restartedInProcess(change: LifeChange): void;
  /** Another process took over: lanes and runs are gone. */
  processReplaced(change: LifeChange): void;
}

/**
 * The lives of one gateway: its processes, and the restarts within them.
 *
 * Another PID proves another process; the same PID proves nothing (in a
 * container it is always the same small number), and newer versions log none.
 * So a restart in the same process needs its own evidence: the signal that began
 * it, or the line that says so.
 */
export class GatewayLives {
  readonly lives: Life[] = [];
  readonly processes: Process[] = [];
  /** Restarts, stops and starts: the frame of every finding's timeline. */
  readonly timeline: GatewayNote[] = [];
  /** A restart or stop that began and whose next life has not shown itself. */
  pending: PendingShutdown | undefined;
  /** Versions that log `loading configuration…` log it in every new process, and only there. */
  #loadsVisibly = false;
  /** A start that may yet fail: a second instance finds the port taken and leaves, and the first one goes on. */
  #loading: EventOf<"gateway-loading"> | undefined;
  readonly #observer: LifeObserver;

  constructor(observer: LifeObserver) {
    this.#observer = observer;
  }

  /** The life that an event belongs to; begins one where the log shows none yet. */
  current(event: GatewayEvent): Life {
    return this.lives.at(-1) ?? this.#begin(0, event, this.#newProcess(undefined), "unknown", BOOT_COMPLETE);
  }

  note(sequence: number, event: GatewayEvent): void {
    // In the order of its sequence: the findings' timelines are cut out of it.
    this.timeline.push({ sequence, event });
    if (this.timeline.length > MAX_TIMELINE) this.timeline.splice(0, MAX_TIMELINE / 2);
  }

  shutdown(sequence: number, event: EventOf<"shutdown-begun">): void {
    this.current(event);
    this.note(sequence, event);
    this.pending = {
      kind: event.restart ? "restart" : "stop",
      time: event.time,
      sequence,
      respawn: false,
      crashed: false,
    };
  }

  restartMode(sequence: number, event: EventOf<"restart-mode">): void {
    this.current(event);
    this.note(sequence, event);
    this.pending ??= { kind: "restart", time: event.time, sequence, respawn: false, crashed: false };
    if (!event.inProcess) {
      this.pending.respawn = true;
      return;
    }
    const { process } = this.#restartInProcess(sequence, event, -1);
    // The versions that log this line empty their lanes at the restart; the runs go on and keep their sessions.
    process.lanes = new Lanes();
  }

  /** An uncaught error: the process ends with it. */
  crash(sequence: number, event: GatewayEvent): void {
    this.current(event);
    this.note(sequence, event);
    if (this.pending) this.pending.crashed = true;
  }

  startFailed(sequence: number, event: EventOf<"gateway-start-failed">): void {
    this.current(event);
    this.note(sequence, event);
    this.#loading = undefined;
  }

  boot(sequence: number, event: BootEvent): void {
    const rank = BOOT_RANK[event.kind];
    const pid = event.kind === "gateway-listening" ? event.pid : undefined;
    if (event.kind === "gateway-loading") this.#loadsVisibly = true;
    const life = this.lives.at(-1);
    if (!life) {
      this.#begin(sequence, event, this.#newProcess(pid), "boot", rank);
      this.note(sequence, event);
      return;
    }
    if (event.kind === "gateway-loading") {
      this.#loading = event;
      return;
    }
    if (this.#loading && isOneStart(this.#loading, event)) {
      this.note(sequence, this.#loading);
      this.#replaceProcess(sequence, event, pid, rank, true).startedAt = this.#loading.time;
      this.pending = undefined;
      this.#loading = undefined;
      return;
    }
    const otherPid = pid !== undefined && life.process.pid !== undefined && pid !== life.process.pid;
    if (this.#tellsNothingNew(event, life, otherPid)) return;
    if (rank > life.bootRank && !otherPid) {
      life.bootRank = rank;
      life.process.pid ??= pid;
      if (rank >= BOOT_RANK["gateway-listening"] && life.startedBy === "in-process-restart") this.pending = undefined;
      if (event.kind !== "gateway-starting-http") this.note(sequence, event);
      return;
    }
    this.note(sequence, event);
    if (otherPid) {
      this.#replaceProcess(sequence, event, pid, rank, true);
    } else if (this.pending?.kind === "restart" && !this.pending.crashed && !this.pending.respawn) {
      this.#restartInProcess(sequence, event, rank);
      life.process.pid ??= pid;
    } else {
      this.#replaceProcess(sequence, event, pid, rank, this.pending !== undefined);
    }
    this.pending = undefined;
  }

  #tellsNothingNew(event: BootEvent, life: Life, otherPid: boolean): boolean {
    if (otherPid || this.pending) return false;
    // The second line, for the other loopback address.
    if (event.kind === "gateway-listening" && event.pid === undefined) return true;
    const rank = BOOT_RANK[event.kind];
    if (rank > life.bootRank) return false;
    if (this.#loadsVisibly) return true;
    const age = event.time !== undefined && life.startedAt !== undefined ? event.time - life.startedAt : undefined;
    return rank === life.bootRank && age !== undefined && age <= SAME_START_MS;
  }

  #restartInProcess(sequence: number, event: GatewayEvent, rank: number): Life {
    const before = this.current(event);
    this.#loading = undefined;
    before.endedAt = this.pending?.time ?? event.time;
    before.endedBy = "in-process-restart";
    const life = this.#begin(sequence, event, before.process, "in-process-restart", rank);
    this.#observer.restartedInProcess({ event, before, life, shutdown: this.pending });
    return life;
  }

  #replaceProcess(
    sequence: number,
    event: GatewayEvent,
    pid: number | undefined,
    rank: number,
    certain: boolean,
  ): Life {
    const before = this.current(event);
    before.endedAt = this.pending?.time ?? event.time;
    before.endedBy = endedBy(this.pending);
    before.process.alive = false;
    before.process.endedAt = event.time;
    before.process.endIsCertain = certain;
    const life = this.#begin(sequence, event, this.#newProcess(pid), "boot", rank);
    this.#observer.processReplaced({ event, before, life, shutdown: this.pending });
    return life;
  }

  /** The lines of a process that was replaced still come among the first of the next one, and no later. */
  #retire(process: Process | undefined): void {
    if (!process) return;
    process.lanes = NO_LANES;
    process.openRuns.clear();
    process.lostRuns.clear();
    process.registered = undefined;
  }

  #newProcess(pid: number | undefined): Process {
    this.#retire(this.processes.at(-2));
    const process: Process = {
      index: this.processes.length,
      pid,
      lanes: new Lanes(),
      openRuns: new OpenRuns(),
      lostRuns: new OpenRuns(),
      registered: undefined,
      endedAt: undefined,
      alive: true,
      endIsCertain: true,
    };
    this.processes.push(process);
    return process;
  }

  #begin(
    sequence: number,
    event: GatewayEvent,
    process: Process,
    startedBy: Life["startedBy"],
    bootRank: number,
  ): Life {
    const life: Life = {
      index: this.lives.length,
      process,
      startedAt: event.time,
      startedSequence: sequence,
      startedBy,
      endedAt: undefined,
      endedBy: null,
      bootRank,
    };
    this.lives.push(life);
    return life;
  }
}

function isOneStart(loading: GatewayEvent, marker: GatewayEvent): boolean {
  return (marker.time ?? 0) - (loading.time ?? 0) <= LONGEST_START_MS;
}

function endedBy(pending: PendingShutdown | undefined): Life["endedBy"] {
  if (!pending || pending.crashed) return "crash";
  if (pending.kind === "stop") return "stop";
  return pending.respawn ? "respawn" : "crash";
}
