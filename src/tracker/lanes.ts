import type { EventOf } from "../events/index.ts";
import { canonicalKey, keyOfLane } from "./session-index.ts";
import type { LaneTask, Run } from "./state.ts";

interface Lane {
  active: LaneTask[];
  queue: LaneTask[];
}

/** A session's task reaches its global lane, and a run its start line, within this time (ms). */
const HANDOVER_MS = 10_000;

type FinishEvent = EventOf<"lane-done" | "lane-error" | "lane-interrupted">;

/**
 * The lanes of one gateway process, rebuilt from its lines. A session's task
 * waits in `session:<key>`, then enqueues a task in a global lane (`main`, at
 * most four at once), and that one starts the run; both are released together.
 *
 * The lines carry sizes of their own, and these overrule the model: a log may
 * begin in the middle, and a lane can be cleared without a word.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  /** Lanes of one session: a gateway may use its short and its full key side by side. */
  readonly #ofSession = new Map<string, Lane[]>();
  /** Tasks of session lanes that run and have not entered a global lane. */
  #awaitingGlobal: LaneTask[] = [];
  /** Tasks whose global lane let them in and whose run has not shown itself. */
  #awaitingRun: LaneTask[] = [];

  enqueue(event: EventOf<"lane-enqueue">): void {
    const lane = this.#lane(event.lane);
    const task = newTask(event.lane, event.time, false);
    const before = event.queueSize - 1;
    this.#dropSurplus(lane, before);
    while (lane.active.length + lane.queue.length < before) {
      const unseen = newTask(event.lane, undefined, true);
      if (isSessionLane(event.lane) && lane.active.length > 0) lane.queue.unshift(unseen);
      else lane.active.push(unseen);
    }
    if (!isSessionLane(event.lane)) {
      const parent = takeFresh(this.#awaitingGlobal, event.time, () => true);
      if (parent) {
        task.parent = parent;
        parent.child = task;
      }
    }
    lane.queue.push(task);
  }

  dequeue(event: EventOf<"lane-dequeue">): void {
    const lane = this.#lane(event.lane);
    const task = lane.queue.shift() ?? newTask(event.lane, undefined, true);
    while (lane.queue.length > event.queueSize) lane.queue.shift();
    while (lane.queue.length < event.queueSize) lane.queue.unshift(newTask(event.lane, undefined, true));
    task.dequeuedAt = event.time;
    // A session's lane takes one at a time, so whoever held it is gone.
    if (isSessionLane(event.lane)) for (const gone of lane.active.slice()) this.#release(gone);
    lane.active.push(task);
    if (isSessionLane(event.lane)) this.#awaitingGlobal.push(task);
    else this.#awaitingRun.push(task.parent ?? task);
  }

  /** The task that ends with this line; undefined where this process holds none. */
  finish(event: FinishEvent): LaneTask | undefined {
    const lane = this.#lanes.get(event.lane);
    if (!lane || lane.active.length === 0) return undefined;
    const task = isSessionLane(event.lane) ? lane.active[0] : finishedOf(lane.active, event);
    if (!task) return undefined;
    this.#release(task);
    return task;
  }

  /** Whether `finish` would find a task. */
  holds(lane: string): boolean {
    return (this.#lanes.get(lane)?.active.length ?? 0) > 0;
  }

  /**
   * Ties a run that starts to the task that started it: the one of its own
   * session where that is known, else the one that has waited longest.
   */
  claim(run: Run, key: string | undefined, isKeyOfOther: (key: string) => boolean): LaneTask | undefined {
    const time = run.attemptStartedAt;
    const task =
      key === undefined
        ? (takeFresh(this.#awaitingRun, time, (it) => !isKeyOfOther(canonicalOf(it) ?? "")) ??
          takeFresh(this.#awaitingRun, time, () => true))
        : takeFresh(this.#awaitingRun, undefined, (it) => canonicalOf(it) === key);
    if (task) task.run = run;
    return task;
  }

  /** A run that the log hides registered itself: it uses up the task that started it. */
  claimHidden(sessionId: string, key: string | undefined, time: number | undefined): void {
    if (key === undefined) return;
    const task = takeFresh(this.#awaitingRun, time, (it) => canonicalOf(it) === key);
    if (task) task.sessionId = sessionId;
  }

  /** The task that holds a session's lane. */
  holderOf(canonical: string): LaneTask | undefined {
    return this.#ofSession.get(canonical)?.find((lane) => lane.active.length > 0)?.active[0];
  }

  /** Tasks that wait behind the holder of a session's lane. */
  waitingBehind(canonical: string): readonly LaneTask[] {
    return this.#ofSession.get(canonical)?.flatMap((lane) => lane.queue) ?? [];
  }

  /** Global lanes in which somebody waits, with their holders. */
  waitingGlobal(): { lane: string; active: readonly LaneTask[]; queue: readonly LaneTask[] }[] {
    return [...this.#lanes]
      .filter(([name, lane]) => !isSessionLane(name) && lane.queue.length > 0)
      .map(([name, lane]) => ({ lane: name, active: lane.active, queue: lane.queue }));
  }

  /** All tasks that hold a lane now. */
  activeTasks(): LaneTask[] {
    return [...this.#lanes.values()].flatMap((lane) => lane.active);
  }

  /** Whether a task is in the queue of its lane and not let in. */
  isWaiting(task: LaneTask): boolean {
    return this.#lanes.get(task.lane)?.queue.includes(task) ?? false;
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) {
      lane = { active: [], queue: [] };
      this.#lanes.set(name, lane);
      const key = keyOfLane(name);
      if (key !== undefined) {
        const canonical = canonicalKey(key);
        this.#ofSession.set(canonical, [...(this.#ofSession.get(canonical) ?? []), lane]);
      }
    }
    return lane;
  }

  /**
   * The line counts fewer tasks than the model: some are gone without a line.
   * Later versions empty their lanes at a restart although the runs go on, so
   * this says nothing of the runs.
   */
  #dropSurplus(lane: Lane, size: number): void {
    while (lane.active.length + lane.queue.length > size && lane.queue.length > 0) lane.queue.shift();
    for (const task of lane.active.slice(0, Math.max(0, lane.active.length - size))) this.release(task);
  }

  /** Takes a task out of its lane, and with it the one that it waits for or that waits for it. */
  release(task: LaneTask): void {
    this.#release(task.parent ?? task);
    this.#release(task);
  }

  #release(task: LaneTask): void {
    remove(this.#lanes.get(task.lane)?.active, task);
    remove(this.#awaitingGlobal, task);
    remove(this.#awaitingRun, task);
    const { child } = task;
    if (child) {
      const lane = this.#lanes.get(child.lane);
      remove(lane?.active, child);
      remove(lane?.queue, child);
    }
  }
}

function newTask(lane: string, enqueuedAt: number | undefined, fromBefore: boolean): LaneTask {
  return {
    lane,
    enqueuedAt,
    dequeuedAt: undefined,
    parent: undefined,
    child: undefined,
    run: undefined,
    sessionId: undefined,
    crossedRestart: undefined,
    fromBefore,
  };
}

function isSessionLane(lane: string): boolean {
  return keyOfLane(lane) !== undefined;
}

function canonicalOf(task: LaneTask): string | undefined {
  const key = keyOfLane(task.lane);
  return key === undefined ? undefined : canonicalKey(key);
}

/** The run that a task of any lane started. */
export function runOf(task: LaneTask): Run | undefined {
  return task.run ?? task.parent?.run;
}

/**
 * Several tasks hold a global lane, and the line does not name the one that
 * ends: it is one whose run has ended, and whose age fits the line's duration.
 */
function finishedOf(active: readonly LaneTask[], event: FinishEvent): LaneTask | undefined {
  const began = event.time === undefined ? undefined : event.time - event.durationMs;
  const misfit = (task: LaneTask) => {
    const age =
      began === undefined || task.dequeuedAt === undefined
        ? Number.MAX_SAFE_INTEGER
        : Math.abs(task.dequeuedAt - began);
    const run = runOf(task);
    // Stamps of a second's resolution make neighbours look alike; whether the run ended then decides.
    return (run?.end || task.fromBefore ? 0 : 2_000) + age;
  };
  return active.toSorted((a, b) => misfit(a) - misfit(b))[0];
}

function takeFresh(
  tasks: LaneTask[],
  now: number | undefined,
  fits: (task: LaneTask) => boolean,
): LaneTask | undefined {
  const index = tasks.findIndex((task) => {
    const since = task.child?.dequeuedAt ?? task.dequeuedAt;
    const fresh = now === undefined || since === undefined || now - since <= HANDOVER_MS;
    return fresh && fits(task);
  });
  return index < 0 ? undefined : tasks.splice(index, 1)[0];
}

function remove<T>(from: T[] | undefined, it: T): void {
  const index = from?.indexOf(it) ?? -1;
  if (index >= 0) from?.splice(index, 1);
}
