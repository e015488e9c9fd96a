import type { GatewayEvent } from "../events/index.ts";
import type { Life, Run } from "./state.ts";
import { copyOf, type Texts } from "./strings.ts";
import { Timeline } from "./timeline.ts";

type RunLine = Extract<GatewayEvent, { runId: string; truncatedId: boolean }>;

/** Ids are looked up by beginnings of up to this many characters: what people quote of a UUID. */
const PREFIX = 8;
/** Of so many runs with the same id, or beginning of one, it tells nothing; and to look at them all takes their square. */
const MOST_ALIKE = 1000;
/** Runs whose ids are remembered for a message to the user, whatever became of them. */
const FIRST_IDS = 10;

/**
 * The runs of one gateway that are remembered, found by runId. A runId is the
 * client's own text, so two sessions may use the same one: the sessionId tells
 * them apart.
 */
export class RunIndex {
  /** The newest run of a runId; it leads to the older ones. */
  readonly #byId = new Map<string, Run>();
  /** Whole runs of which some line shows only the beginning are rare, so each of these is made when first asked for. */
  readonly #byPrefix = new Map<number, Map<string, Set<Run>>>();
  /** Runs whose id was cut short, by what is left of it, and how many there are of each length. */
  readonly #truncated = new Map<string, Set<Run>>();
  readonly #truncatedLengths = new Map<number, number>();
  /** How many remembered runs a sessionId has. */
  readonly #ofSession = new Map<string, number>();
  readonly #firstIds: string[] = [];
  readonly #texts: Texts;
  #size = 0;
  #count = 0;
  /** The run whose end was told last. */
  lastDone: Run | undefined;

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  /** Of all runs that were ever seen, also those that are forgotten. */
  get count(): number {
    return this.#count;
  }

  /** RunIds of the first few runs of the log. */
  get firstIds(): readonly string[] {
    return this.#firstIds;
  }

  find(runId: string, sessionId: string | undefined, truncated: boolean): Run | undefined {
    const runs = truncated ? this.#begunWith(runId) : (this.#ofId(runId) ?? this.#cutShort(runId));
    let newest: Run | undefined;
    let looked = 0;
    for (const run of runs) {
      if (++looked > MOST_ALIKE) break;
      if (sessionId !== undefined && run.sessionId !== undefined && run.sessionId !== sessionId) continue;
      if (!run.end) return run;
      newest ??= run;
    }
    return newest;
  }

  add(event: RunLine, life: Life): Run {
    const isStart = event.kind === "run-start";
    const run: Run = {
      runId: copyOf(event.runId),
      ordinal: this.#count,
      older: this.#byId.get(event.runId),
      truncatedId: event.truncatedId,
      sessionId: event.sessionId === undefined ? undefined : copyOf(event.sessionId),
      provider: undefined,
      model: undefined,
      channel: undefined,
      attempts: isStart ? 1 : 0,
      startedAt: isStart ? event.time : undefined,
      attemptStartedAt: event.time,
      attemptSequence: 0,
      lastSeenAt: event.time,
      location: event.location,
      life,
      task: undefined,
      end: undefined,
      errorSeen: false,
      timedOut: false,
      abortLoggedAt: undefined,
      cut: undefined,
      lostAt: undefined,
      lost: false,
      timeline: new Timeline(),
      queued: 0,
    };
    this.#byId.set(run.runId, run);
    this.#size += 1;
    this.#count += 1;
    if (this.#firstIds.length < FIRST_IDS) this.#firstIds.push(run.runId);
    this.#countOfSession(run.sessionId, 1);
    for (const [length, index] of this.#byPrefix) put(index, length, run);
    if (run.truncatedId) {
      const { length } = run.runId;
      const same = this.#truncated.get(run.runId);
      if (same) same.add(run);
      else this.#truncated.set(run.runId, new Set([run]));
      this.#truncatedLengths.set(length, (this.#truncatedLengths.get(length) ?? 0) + 1);
    }
    return run;
  }

  /** What a run-start line says of the run itself. */
  describe(run: Run, { provider, model, channel }: Pick<Run, "provider" | "model" | "channel">): void {
    if (provider !== undefined) run.provider = this.#texts.of(provider);
    if (model !== undefined) run.model = this.#texts.of(model);
    if (channel !== undefined) run.channel = this.#texts.of(channel);
  }

  setSession(run: Run, sessionId: string): void {
    this.#countOfSession(run.sessionId, -1);
    run.sessionId = copyOf(sessionId);
    this.#countOfSession(run.sessionId, 1);
  }

  /** Nothing can come any more of this run that would change what is told of it. */
  forget(run: Run): void {
    this.#size -= 1;
    this.#countOfSession(run.sessionId, -1);
    for (const [length, index] of this.#byPrefix) take(index, run.runId.slice(0, length), run);
    if (run.truncatedId) {
      const { length } = run.runId;
      take(this.#truncated, run.runId, run);
      const left = (this.#truncatedLengths.get(length) ?? 1) - 1;
      if (left > 0) this.#truncatedLengths.set(length, left);
      else this.#truncatedLengths.delete(length);
    }
    const newest = this.#byId.get(run.runId);
    if (newest === run) {
      if (run.older) this.#byId.set(run.runId, run.older);
      else this.#byId.delete(run.runId);
      return;
    }
    let newer = newest;
    while (newer && newer.older !== run) newer = newer.older;
    if (newer) newer.older = run.older;
  }

  /** Whether a run of this sessionId is remembered. */
  hasOfSession(sessionId: string): boolean {
    return this.#ofSession.has(sessionId);
  }

  /** The remembered runs, in the order in which they were first seen. */
  all(): readonly Run[] {
    const runs: Run[] = [];
    for (const newest of this.#byId.values()) for (const run of chain(newest)) runs.push(run);
    return runs.sort((a, b) => a.ordinal - b.ordinal);
  }

  get size(): number {
    return this.#size;
  }

  #countOfSession(sessionId: string | undefined, by: number): void {
    if (sessionId === undefined) return;
    const count = (this.#ofSession.get(sessionId) ?? 0) + by;
    if (count > 0) this.#ofSession.set(sessionId, count);
    else this.#ofSession.delete(sessionId);
  }

  /** The newest first, as all that follow; undefined where there is none. */
  #ofId(runId: string): Iterable<Run> | undefined {
    const newest = this.#byId.get(runId);
    return newest?.older ? chain(newest) : newest && [newest];
  }

  #begunWith(prefix: string): readonly Run[] {
    const length = Math.min(prefix.length, PREFIX);
    let index = this.#byPrefix.get(length);
    if (!index) {
      index = new Map();
      for (const run of this.all()) put(index, length, run);
      this.#byPrefix.set(length, index);
    }
    const alike = index.get(prefix.slice(0, length));
    if (alike === undefined || alike.size > MOST_ALIKE) return [];
    return [...alike].filter((run) => run.runId.startsWith(prefix)).toReversed();
  }

  /** A line gives the whole id of a run that another line cut short. */
  #cutShort(runId: string): readonly Run[] {
    if (this.#truncated.size === 0) return [];
    const runs: Run[] = [];
    for (const length of this.#truncatedLengths.keys()) {
      const alike = length <= runId.length ? this.#truncated.get(runId.slice(0, length)) : undefined;
      if (alike !== undefined && alike.size <= MOST_ALIKE) runs.push(...alike);
    }
    return runs.sort((a, b) => b.ordinal - a.ordinal);
  }
}

function* chain(newest: Run): Generator<Run> {
  for (let run: Run | undefined = newest; run; run = run.older) yield run;
}

function put(index: Map<string, Set<Run>>, length: number, run: Run): void {
  if (run.runId.length < length) return;
  const prefix = run.runId.slice(0, length);
  const same = index.get(prefix);
  if (same) same.add(run);
  else index.set(prefix, new Set([run]));
}

function take(index: Map<string, Set<Run>>, key: string, run: Run): void {
  const same = index.get(key);
  same?.delete(run);
  if (same?.size === 0) index.delete(key);
}
