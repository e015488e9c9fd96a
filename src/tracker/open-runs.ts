import type { Cut, Run } from "./state.ts";

/**
 * The runs of one process that have not ended, found by their session and by
 * what a line can do to them: no line has to look at all of them. A process has
 * none when it is gone, so nothing is allocated before the first one.
 */
export class OpenRuns implements Iterable<Run> {
  /** Those that nothing has cut off, and those that something has: each run is in one of them. */
  #uncut: Set<Run> | undefined;
  #cut: Set<Run> | undefined;
  /** Those whose start the log does not show. */
  #startless: Set<Run> | undefined;
  #ofSession: Map<string, Run | Run[]> | undefined;

  get size(): number {
    return (this.#uncut?.size ?? 0) + (this.#cut?.size ?? 0);
  }

  add(run: Run): void {
    if (this.#uncut?.has(run) || this.#cut?.has(run)) return;
    if (run.cut) (this.#cut ??= new Set()).add(run);
    else (this.#uncut ??= new Set()).add(run);
    if (run.attempts === 0) (this.#startless ??= new Set()).add(run);
    if (run.sessionId === undefined) return;
    this.#ofSession ??= new Map();
    const same = this.#ofSession.get(run.sessionId);
    if (same === undefined) this.#ofSession.set(run.sessionId, run);
    else if (Array.isArray(same)) same.push(run);
    else this.#ofSession.set(run.sessionId, [same, run]);
  }

  delete(run: Run): void {
    if (!this.#uncut?.delete(run) && !this.#cut?.delete(run)) return;
    this.#startless?.delete(run);
    if (run.sessionId === undefined) return;
    const same = this.#ofSession?.get(run.sessionId);
    if (Array.isArray(same) && same.length > 1) same.splice(same.indexOf(run), 1);
    else this.#ofSession?.delete(run.sessionId);
  }

  clear(): void {
    this.#uncut = undefined;
    this.#cut = undefined;
    this.#startless = undefined;
    this.#ofSession = undefined;
  }

  /** Something cut the run off, and it stays open. */
  cutOff(run: Run, cut: Cut): void {
    run.cut = cut;
    if (this.#uncut?.delete(run)) (this.#cut ??= new Set()).add(run);
  }

  /** A run that was cut off shows life. */
  revive(run: Run): void {
    run.cut = undefined;
    if (this.#cut?.delete(run)) (this.#uncut ??= new Set()).add(run);
  }

  /** The open runs of a session, the oldest first. */
  allOfSession(sessionId: string): readonly Run[] {
    const same = this.#ofSession?.get(sessionId);
    if (same === undefined) return [];
    return Array.isArray(same) ? same.slice() : [same];
  }

  /** The newest open run of a session. */
  ofSession(sessionId: string): Run | undefined {
    const same = this.#ofSession?.get(sessionId);
    return Array.isArray(same) ? same.at(-1) : same;
  }

  /** The open run, where there is just one. */
  get only(): Run | undefined {
    return this.size === 1 ? (onlyOf(this.#uncut) ?? onlyOf(this.#cut)) : undefined;
  }

  /** The open run whose start the log does not show, where there is just one. */
  get onlyStartless(): Run | undefined {
    return onlyOf(this.#startless);
  }

  /** Those that nothing has cut off. They may be cut off on the way. */
  uncut(): Iterable<Run> {
    return this.#uncut?.values() ?? [];
  }

  /** Those that were cut off. They may be deleted on the way. */
  cut(): Iterable<Run> {
    return this.#cut?.values() ?? [];
  }

  /** Those that were cut off first: they began before the others. */
  *[Symbol.iterator](): Generator<Run> {
    yield* this.cut();
    yield* this.uncut();
  }
}

function onlyOf(runs: ReadonlySet<Run> | undefined): Run | undefined {
  if (runs?.size !== 1) return undefined;
  const [run] = runs;
  return run;
}
