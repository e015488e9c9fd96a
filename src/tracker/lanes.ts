import type { EventOf } from "../events/index.ts";
import { canonicalKey, keyOfLane } from "./session-index.ts";
import type { LaneTask, Run } from "./state.ts";
import { copyOf } from "./strings.ts";

interface Lane {
  readonly name: string;
  readonly canonicalKey: string | undefined;
  active: LaneTask[];
  queue: LaneTask[];
  /** Sequence of the line that told of the newest task in the queue. */
  newestEnqueue: number;
  /** The next lane of the same session, in the order in which they were first seen. */
  sibling: Lane | undefined;
}

/** Of lanes that nobody holds: nothing is allocated for them. */
const NOBODY: LaneTask[] = [];
/** Global lanes are few; where each task names one of its own, the empty ones are dropped from here on. */
const MOST_GLOBAL = 64;
/** A line can claim any number of tasks; no gateway has more than this. */
const MOST_UNSEEN = 10_000;

/** No version lets fewer into its global lanes unless its config says so. */
const LEAST_LIMIT = 4;

/** A session's task reaches its global lane, and a run its start line, within this time (ms). */
const HANDOVER_MS = 10_000;
/** Lines are out of order by minutes at most: what waits for longer than this (ms) will not be looked at again. */
const LONG_AGO_MS = 3_600_000;

type FinishEvent = EventOf<"lane-done" | "lane-error" | "lane-interrupted">;

/** Waiting tasks of a lane whose times are told: more than a report lists. */
const WAIT_TIMES = 1_000;

/**
 * The lanes of one gateway process, rebuilt from its lines. A session's task
 * waits in `session:<key>`, then enqueues a task in a global lane (`main`, at
 * most four at once), and that one starts the run; both are released together.
 *
 * The lines carry sizes of their own, and these overrule the model: a log may
 * begin in the middle, and a lane can be cleared without a word.
 */
export class Lanes {
  readonly #sessionLanes = new Map<string, Lane>();
  readonly #globalLanes = new Map<string, Lane>();
  /** The first lane of a session: a gateway may use its short and its full key side by side. */
  readonly #ofSession = new Map<string, Lane>();
  /** Tasks of session lanes that run and have not entered a global lane. */
  readonly #awaitingGlobal = new Set<LaneTask>();
  /** Tasks whose global lane let them in and whose run has not shown itself. */
  readonly #awaitingRun = new Set<LaneTask>();
  #restarts = 0;

  /** The process restarted, and goes on with its lanes. */
  restarted(): void {
    this.#restarts += 1;
  }

  /** Whether a restart within the process came while the task held its lane. */
  hasCrossedRestart(task: LaneTask): boolean {
    return task.restartsBefore < this.#restarts;
  }

  /** The sessions whose lanes were seen, by canonical key. */
  sessions(): Iterable<string> {
    return this.#ofSession.keys();
  }

  isIdle(canonical: string): boolean {
    for (let lane = this.#ofSession.get(canonical); lane; lane = lane.sibling) {
      if (lane.active.length + lane.queue.length > 0) return false;
    }
    return true;
  }

  /** Forgets the lanes of an idle session. */
  forget(canonical: string): void {
    for (let lane = this.#ofSession.get(canonical); lane; lane = lane.sibling) this.#sessionLanes.delete(lane.name);
    this.#ofSession.delete(canonical);
  }

  /** @param sequence of the line among all of the log */
  enqueue(event: EventOf<"lane-enqueue">, sequence: number): void {
    const lane = this.#lane(event.lane);
    const task = this.#newTask(lane, event.time, false);
    lane.newestEnqueue = sequence;
    const before = event.queueSize - 1;
    this.#dropSurplus(lane, before);
    const unseen = this.#unseen(lane, before - lane.active.length - lane.queue.length);
    if (!isOfSession(lane)) for (const it of unseen) lane.active = withLast(lane.active, it);
    else if (unseen.length > 0) {
      if (lane.active.length === 0) lane.active = unseen.splice(0, 1);
      lane.queue = unseen.concat(lane.queue);
    }
    if (!isOfSession(lane)) {
      const parent = takeFresh(this.#awaitingGlobal, event.time, event.time, () => true);
      if (parent) {
        task.parent = parent;
        parent.child = task;
      }
    }
    lane.queue = withLast(lane.queue, task);
  }

  dequeue(event: EventOf<"lane-dequeue">): void {
    const lane = this.#lane(event.lane);
    const task = lane.queue.shift() ?? this.#newTask(lane, undefined, true);
    if (lane.queue.length === 0) lane.queue = NOBODY;
    if (lane.queue.length > event.queueSize) lane.queue = lane.queue.slice(lane.queue.length - event.queueSize);
    const unseen = this.#unseen(lane, event.queueSize - lane.queue.length);
    if (unseen.length > 0) lane.queue = unseen.concat(lane.queue);
    task.dequeuedAt = event.time;
    task.restartsBefore = this.#restarts;
    // A session's lane takes one at a time, so whoever held it is gone.
    if (isOfSession(lane)) for (const gone of lane.active.slice()) this.#release(gone);
    lane.active = withLast(lane.active, task);
    if (isOfSession(lane)) this.#awaitingGlobal.add(task);
    else this.#awaitingRun.add(task.parent ?? task);
  }

  /** The task that ends with this line; undefined where this process holds none. */
  finish(event: FinishEvent): LaneTask | undefined {
    const lane = this.#find(event.lane);
    if (!lane || lane.active.length === 0) return undefined;
    const task = isOfSession(lane) ? lane.active[0] : finishedOf(lane.active, event);
    if (!task) return undefined;
    this.#release(task);
    return task;
  }

  /** Whether `finish` would find a task. */
  holds(lane: string): boolean {
    return (this.#find(lane)?.active.length ?? 0) > 0;
  }

  /**
   * Ties a run that starts to the task that started it: the one of its own
   * session where that is known, else the one that has waited longest.
   */
  claim(run: Run, key: string | undefined, isKeyOfOther: (key: string) => boolean): LaneTask | undefined {
    const time = run.attemptStartedAt;
    const task =
      key === undefined
        ? (takeFresh(this.#awaitingRun, time, time, (it) => !isKeyOfOther(it.canonicalKey ?? "")) ??
          takeFresh(this.#awaitingRun, time, time, () => true))
        : takeFresh(this.#awaitingRun, undefined, time, (it) => it.canonicalKey === key);
    if (task) task.run = run;
    return task;
  }

  /** A run that the log hides registered itself: it uses up the task that started it. */
  claimHidden(sessionId: string, key: string | undefined, time: number | undefined): void {
    if (key === undefined) return;
    const task = takeFresh(this.#awaitingRun, time, time, (it) => it.canonicalKey === key);
    if (task) task.sessionId = copyOf(sessionId);
  }

  /** The task that holds a session's lane. */
  holderOf(canonical: string): LaneTask | undefined {
    for (let lane = this.#ofSession.get(canonical); lane; lane = lane.sibling) {
      if (lane.active.length > 0) return lane.active[0];
    }
    return undefined;
  }

  /** How many tasks wait behind the holder of a session's lane. */
  waitingBehind(canonical: string): number {
    let count = 0;
    for (let lane = this.#ofSession.get(canonical); lane; lane = lane.sibling) count += lane.queue.length;
    return count;
  }

  /** Since when the first of them wait, in milliseconds since the epoch; undefined where that is not known. */
  waitTimesBehind(canonical: string): (number | undefined)[] {
    const times: (number | undefined)[] = [];
    for (let lane = this.#ofSession.get(canonical); lane; lane = lane.sibling) {
      for (const task of lane.queue.slice(0, WAIT_TIMES)) times.push(task.enqueuedAt);
    }
    return times;
  }

  /**
   * Global lanes in which somebody waits, with their holders. A lane with room
   * lets a task in with its very next line, so a log that ends with the line
   * before that tells of no wait: it was read, or cut, in between.
   *
   * @param sequence of the newest line of the log
   */
  waitingGlobal(sequence: number): { lane: string; active: readonly LaneTask[]; queue: readonly LaneTask[] }[] {
    return [...this.#globalLanes.values()]
      .filter(({ active, queue, newestEnqueue }) => {
        const isShown = newestEnqueue < sequence || active.length >= LEAST_LIMIT;
        return queue.length > 1 || (queue.length === 1 && isShown);
      })
      .map(({ name, active, queue }) => ({ lane: name, active, queue }));
  }

  /** Whether a task is in the queue of its lane and not let in. */
  isWaiting(task: LaneTask): boolean {
    return this.#find(task.lane)?.queue.includes(task) ?? false;
  }

  #find(name: string): Lane | undefined {
    return this.#sessionLanes.get(name) ?? this.#globalLanes.get(name);
  }

  #lane(name: string): Lane {
    return this.#find(name) ?? this.#newLane(copyOf(name));
  }

  #newLane(name: string): Lane {
    const key = keyOfLane(name);
    const lane: Lane = {
      name,
      canonicalKey: key === undefined ? undefined : copyOf(canonicalKey(key)),
      active: NOBODY,
      queue: NOBODY,
      newestEnqueue: -1,
      sibling: undefined,
    };
    if (lane.canonicalKey === undefined) {
      this.#globalLanes.set(name, lane);
      return lane;
    }
    this.#sessionLanes.set(name, lane);
    let last = this.#ofSession.get(lane.canonicalKey);
    while (last?.sibling) last = last.sibling;
    if (last) last.sibling = lane;
    else this.#ofSession.set(lane.canonicalKey, lane);
    return lane;
  }

  #newTask(lane: Lane, enqueuedAt: number | undefined, fromBefore: boolean): LaneTask {
    return {
      lane: lane.name,
      canonicalKey: lane.canonicalKey,
      enqueuedAt,
      dequeuedAt: undefined,
      parent: undefined,
      child: undefined,
      run: undefined,
      sessionId: undefined,
      restartsBefore: this.#restarts,
      fromBefore,
    };
  }

  /** Tasks that a line counts and that were there before the log. */
  #unseen(lane: Lane, count: number): LaneTask[] {
    const length = Math.min(MOST_UNSEEN, Math.max(0, count));
    return Array.from({ length }, () => this.#newTask(lane, undefined, true));
  }

  /**
   * The line counts fewer tasks than the model: some are gone without a line.
   * Later versions empty their lanes at a restart although the runs go on, so
   * this says nothing of the runs.
   */
  #dropSurplus(lane: Lane, size: number): void {
    const surplus = Math.min(lane.queue.length, lane.active.length + lane.queue.length - size);
    if (surplus > 0) lane.queue = lane.queue.slice(surplus);
    for (const task of lane.active.slice(0, Math.max(0, lane.active.length - size))) this.release(task);
  }

  /** Takes a task out of its lane, and with it the one that it waits for or that waits for it. */
  release(task: LaneTask): void {
    this.#release(task.parent ?? task);
    this.#release(task);
  }

  #release(task: LaneTask): void {
    this.#remove(task, false);
    this.#awaitingGlobal.delete(task);
    this.#awaitingRun.delete(task);
    if (task.child) this.#remove(task.child, true);
  }

  #remove(task: LaneTask, alsoWaiting: boolean): void {
    const lane = this.#find(task.lane);
    if (!lane) return;
    lane.active = without(lane.active, task);
    if (alsoWaiting) lane.queue = without(lane.queue, task);
    const isEmpty = lane.active.length + lane.queue.length === 0;
    if (isEmpty && !isOfSession(lane) && this.#globalLanes.size > MOST_GLOBAL) this.#globalLanes.delete(lane.name);
  }
}

function isOfSession(lane: Lane): boolean {
  return lane.canonicalKey !== undefined;
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
  let best: LaneTask | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const task of active) {
    const by = misfit(task);
    if (best && by >= least) continue;
    best = task;
    least = by;
  }
  return best;
}

/** @param now undefined: however long it has waited */
function takeFresh(
  tasks: Set<LaneTask>,
  now: number | undefined,
  time: number | undefined,
  fits: (task: LaneTask) => boolean,
): LaneTask | undefined {
  let isOldest = true;
  for (const task of tasks) {
    const since = task.child?.dequeuedAt ?? task.dequeuedAt;
    const age = time === undefined || since === undefined ? 0 : time - since;
    // Left in the set, each would be passed over at every run that starts.
    if (isOldest && age > LONG_AGO_MS) {
      tasks.delete(task);
      continue;
    }
    isOldest = false;
    const fresh = now === undefined || age <= HANDOVER_MS;
    if (!fresh || !fits(task)) continue;
    tasks.delete(task);
    return task;
  }
  return undefined;
}

/** An array that grows from nothing takes room for many. */
function withLast(tasks: LaneTask[], task: LaneTask): LaneTask[] {
  if (tasks.length === 0) return [task];
  tasks.push(task);
  return tasks;
}

function without(tasks: LaneTask[], task: LaneTask): LaneTask[] {
  const index = tasks.indexOf(task);
  if (index < 0) return tasks;
  if (tasks.length === 1) return NOBODY;
  tasks.splice(index, 1);
  return tasks;
}
