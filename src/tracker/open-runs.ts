import type { Run } from "./state.ts";

/** The runs of one process that have not ended, found by their session. */
export class OpenRuns implements Iterable<Run> {
  readonly #runs = new Set<Run>();
  readonly #ofSession = new Map<string, Run[]>();

  add(run: Run): void {
    if (this.#runs.has(run)) return;
    this.#runs.add(run);
    if (run.sessionId === undefined) return;
    const same = this.#ofSession.get(run.sessionId);
    if (same) same.push(run);
    else this.#ofSession.set(run.sessionId, [run]);
  }

  delete(run: Run): void {
    if (!this.#runs.delete(run) || run.sessionId === undefined) return;
    const rest = this.#ofSession.get(run.sessionId)?.filter((it) => it !== run) ?? [];
    if (rest.length > 0) this.#ofSession.set(run.sessionId, rest);
    else this.#ofSession.delete(run.sessionId);
  }

  clear(): void {
    this.#runs.clear();
    this.#ofSession.clear();
  }

  /** The open runs of a session, the oldest first. */
  allOfSession(sessionId: string): readonly Run[] {
    return [...(this.#ofSession.get(sessionId) ?? [])];
  }

  /** The newest open run of a session. */
  ofSession(sessionId: string): Run | undefined {
    return this.#ofSession.get(sessionId)?.at(-1);
  }

  /** The open run, where there is just one. */
  get only(): Run | undefined {
    if (this.#runs.size !== 1) return undefined;
    const [run] = this.#runs;
    return run;
  }

  [Symbol.iterator](): IterableIterator<Run> {
    return this.#runs.values();
  }
}
