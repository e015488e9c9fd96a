/**
 * The life of a busy gateway, from its start to the end of the log: runs that
 * complete, fail and are aborted, restarts that cut some of them, a crash, a
 * stop. It is told line by line, so its length costs no memory.
 */
import { chatter, quotedLog } from "./chatter.ts";
import { Gateway, MAIN_LANE, type Room, type Run } from "./gateway.ts";
import { FRAME_BYTES, type Line } from "./line.ts";
import { Random } from "./random.ts";
import { type Truth, TruthKeeper } from "./truth.ts";

const START = Date.parse("2026-01-28T00:00:00.000Z");
const ROOMS = 30;
/** Lines of other subsystems to one run's, so that about one line in twenty is a run's. */
const CHATTER_A_RUN = 360;
/** However small the log is, this many runs fit in. */
const LEAST_RUNS = 60;
const RUN_LINES = 19;
const MEAN_LINE_BYTES = 1150;
/** Longer than the gateway's run timeout: whoever is silent over it is past help. */
const QUIET_MS = 30 * 60_000;

type Seam = "restart" | "crash" | "stop";

/** Nobody writes faster; what comes closer together may be one message to the gateway. */
const BETWEEN_MESSAGES_MS = 10_000;

/** What happens on the way, and how far into the log. */
const SEAMS: readonly (readonly [at: number, seam: Seam])[] = [
  [0.12, "restart"],
  [0.25, "crash"],
  [0.4, "restart"],
  [0.52, "stop"],
  [0.65, "restart"],
  [0.8, "restart"],
];
const QUIET_AT = 0.92;

/** The first runs of every stretch, so that the smallest log has them all. */
const FATES = ["completed", "aborted", "completed", "failed"] as const;

export interface StoryOptions {
  readonly seed: number;
  /** Bytes of the JSONL form; the end comes a little later, when every living run is done. */
  readonly bytes: number;
  /** Bytes written so far. */
  readonly written: () => number;
}

/** @returns the truth, once the last line is told */
export function* tellStory(options: StoryOptions): Generator<Line, Truth> {
  const story = new Story(options);
  yield* story.tell();
  return story.truth;
}

/** A run in the making: what comes next, and after how many lines of others. */
interface Task {
  readonly run: Run;
  wait: number;
  readonly rest: (() => Iterable<Line>)[];
  readonly finish: () => void;
}

class Story {
  readonly #random: Random;
  readonly #keeper = new TruthKeeper();
  readonly #gateway: Gateway;
  readonly #rooms: readonly Room[];
  readonly #progress: () => number;
  readonly #chatterARun: number;
  readonly #tasks: Task[] = [];
  /** Orphans that hold their session and their place in the lane. */
  #orphans: Run[] = [];
  #nextRun = 0;
  #nextMessages = 0;

  constructor({ seed, bytes, written }: StoryOptions) {
    this.#random = new Random(seed);
    this.#gateway = new Gateway(this.#random, this.#keeper, START);
    this.#rooms = Array.from({ length: ROOMS }, (_, index) => ({
      name: `room-${index}`,
      sessionId: this.#random.uuid(),
    }));
    this.#progress = () => written() / bytes;
    const spare = bytes - LEAST_RUNS * RUN_LINES * FRAME_BYTES;
    this.#chatterARun = Math.max(2, Math.min(CHATTER_A_RUN, Math.floor(spare / LEAST_RUNS / MEAN_LINE_BYTES)));
  }

  get truth(): Truth {
    return this.#keeper.truth;
  }

  *tell(): Generator<Line> {
    yield* this.#gateway.boot();
    for (const [at, seam] of SEAMS) {
      yield* this.#work(at);
      yield* this.#sew(seam);
    }
    yield* this.#work(QUIET_AT);
    yield* this.#settle();
    this.#gateway.now += QUIET_MS;
    yield* this.#waitBehindOrphans();
    yield* this.#work(1);
    const last = yield* this.#hang();
    this.#keeper.ended(last.runId, "open");
    this.#keeper.busy(last.room.name);
    // No more than a few runs: in a large log the rest would be longer than a run may be silent.
    yield* this.#work(0);
    yield* this.#settle();
    for (const run of this.#orphans) this.#keeper.ended(run.runId, "orphaned:restart");
  }

  /** Ordinary days, until the log is so long. */
  *#work(until: number): Generator<Line> {
    let runs = 0;
    yield quotedLog(this.#random, this.#gateway.now);
    while (runs < FATES.length || this.#progress() < until) {
      if (this.#nextRun <= 0 && this.#gateway.active.length < MAIN_LANE) {
        this.#begin(FATES[runs]);
        runs++;
        this.#nextRun = this.#random.between(0, this.#chatterARun * 2);
        if (this.#random.chance(3) && this.#gateway.now > this.#nextMessages) yield* this.#waitBehindOrphans();
      }
      yield* this.#step();
    }
  }

  /** One line of others, then whatever is due. */
  *#step(): Generator<Line> {
    this.#nextRun--;
    const { runId } = this.#tasks[0]?.run ?? { runId: "none" };
    this.#gateway.now += this.#random.between(1, 50);
    yield chatter(this.#random, this.#gateway.now, runId);
    for (const task of this.#tasks.slice()) {
      if (task.wait-- > 0) continue;
      yield* task.rest.shift()?.() ?? [];
      task.wait = this.#pause();
      if (task.rest.length > 0) continue;
      this.#tasks.splice(this.#tasks.indexOf(task), 1);
      task.finish();
    }
  }

  #pause(): number {
    return this.#random.between(0, Math.ceil(this.#chatterARun / 3));
  }

  #begin(fate: (typeof FATES)[number] | undefined): void {
    const free = this.#rooms.filter((room) => !this.#gateway.active.some((run) => run.room === room));
    const run = this.#gateway.begin(this.#random.pick(free as [Room, ...Room[]]));
    const chosen = fate ?? (this.#random.chance(6) ? "aborted" : this.#random.chance(1) ? "failed" : "completed");
    const finish = (): void => this.#keeper.ended(run.runId, chosen);
    const rest =
      chosen === "failed"
        ? [() => this.#gateway.failingRun(run)]
        : [
            () => this.#gateway.startLines(run),
            ...this.#toolCalls(run),
            () => this.#gateway.endLines(run, chosen === "aborted"),
          ];
    this.#tasks.push({ run, wait: 0, rest, finish });
  }

  #toolCalls(run: Run): (() => Iterable<Line>)[] {
    const calls = this.#random.between(0, 3);
    return Array.from({ length: calls }, () => `call_${this.#random.hex(12)}`).flatMap((call) => [
      () => this.#gateway.toolLine(run, "start", "exec", call),
      () => this.#gateway.toolLine(run, "end", "exec", call),
    ]);
  }

  /** A run that starts and never says another word. */
  *#hang(): Generator<Line, Run> {
    const free = this.#rooms.filter((room) => !this.#gateway.active.some((run) => run.room === room));
    const run = this.#gateway.begin(this.#random.pick(free as [Room, ...Room[]]));
    yield* this.#gateway.startLines(run);
    return run;
  }

  /** No new runs; those in hand come to their end. */
  *#settle(): Generator<Line> {
    this.#nextRun = Number.MAX_SAFE_INTEGER;
    while (this.#tasks.length > 0) yield* this.#step();
    this.#nextRun = 0;
  }

  *#sew(seam: Seam): Generator<Line> {
    yield* this.#settle();
    const cut = yield* this.#hang();
    if (seam === "restart") {
      // One is cut and never heard of again; another one is only slow and lives on.
      this.#begin("completed");
      const slow = this.#tasks.at(-1) as Task;
      yield* slow.rest.shift()?.() ?? [];
      yield* this.#gateway.restart();
      this.#orphans.push(cut);
      this.#keeper.blocks(cut.room.name);
      slow.wait = this.#pause();
    } else {
      if (seam === "stop") yield* this.#gateway.stop();
      this.#gateway.now += 3000;
      yield* this.#gateway.boot();
      this.#keeper.ended(cut.runId, `orphaned:${seam}`);
      for (const run of this.#orphans) {
        this.#keeper.ended(run.runId, "orphaned:restart");
        this.#keeper.frees(run.room.name);
      }
      this.#orphans = [];
    }
  }

  /** Somebody writes to every session that is held, and gets no answer. */
  *#waitBehindOrphans(): Generator<Line> {
    this.#nextMessages = this.#gateway.now + BETWEEN_MESSAGES_MS;
    for (const { room } of this.#orphans) {
      yield* this.#gateway.waitingMessage(room);
      this.#keeper.waits(room.name);
    }
  }
}
