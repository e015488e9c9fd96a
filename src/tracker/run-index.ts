import type { GatewayEvent } from "../events/index.ts";
import type { Life, Run } from "./state.ts";
import { Timeline } from "./timeline.ts";

type RunLine = Extract<GatewayEvent, { runId: string; truncatedId: boolean }>;

/**
 * All runs of one gateway, found by runId. A runId is the client's own text, so
 * two sessions may use the same one: the sessionId tells them apart.
 */
export class RunIndex {
  readonly #byId = new Map<string, Run[]>();
  readonly #all: Run[] = [];
  readonly #truncated: Run[] = [];
  /** The run whose end was told last. */
  lastDone: Run | undefined;

  find(runId: string, sessionId: string | undefined, truncated: boolean): Run | undefined {
    const runs = truncated ? this.#byPrefix(runId) : (this.#byId.get(runId) ?? this.#cutShort(runId));
    const fits = runs.filter(
      (run) => sessionId === undefined || run.sessionId === undefined || run.sessionId === sessionId,
    );
    return fits.findLast((run) => !run.end) ?? fits.at(-1);
  }

  add(event: RunLine, life: Life): Run {
    const isStart = event.kind === "run-start";
    const run: Run = {
      runId: event.runId,
      truncatedId: event.truncatedId,
      sessionId: event.sessionId,
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
    };
    const same = this.#byId.get(event.runId);
    if (same) same.push(run);
    else this.#byId.set(event.runId, [run]);
    this.#all.push(run);
    if (run.truncatedId) this.#truncated.push(run);
    return run;
  }

  all(): readonly Run[] {
    return this.#all;
  }

  #byPrefix(prefix: string): Run[] {
    return this.#all.filter((run) => run.runId.startsWith(prefix));
  }

  /** A line gives the whole id of a run that another line cut short. */
  #cutShort(runId: string): Run[] {
    return this.#truncated.filter((run) => runId.startsWith(run.runId));
  }
}
