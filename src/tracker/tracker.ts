import type { GatewayEvent } from "../events/index.ts";
import { forget } from "./forgetting.ts";
import type { GatewayLives } from "./gateway-lives.ts";
import { enqueued, laneFinished } from "./lane-events.ts";
import { processReplaced, restartedInProcess, restartMode } from "./life-events.ts";
import { KEEP_ALL, type Retention } from "./retention.ts";
import { ofRun, runLine, runStart } from "./run-events.ts";
import type { RunIndex } from "./run-index.ts";
import {
  aborting,
  abortError,
  cleared,
  message,
  recovery,
  registered,
  sessionNote,
  stuck,
  waits,
} from "./session-events.ts";
import type { SessionIndex } from "./session-index.ts";
import type { Process, Run, Session } from "./state.ts";
import { Story } from "./story.ts";

/**
 * Follows one gateway through its log: which process and which life of it a run
 * started in, what its lane did, and whether anything ended it. Feed it events
 * in the order of time; it reads no clock and does no I/O.
 */
export class Tracker {
  readonly #story: Story;

  constructor(retention: Retention = KEEP_ALL) {
    const story = new Story(retention, {
      restartedInProcess: (change) => restartedInProcess(story, change),
      processReplaced: (change) => processReplaced(story, change),
    });
    this.#story = story;
  }

  push(event: GatewayEvent): void {
    this.#follow(event);
    forget(this.#story);
  }

  get sessions(): SessionIndex {
    return this.#story.sessions;
  }

  get runs(): RunIndex {
    return this.#story.runs;
  }

  get gateway(): GatewayLives {
    return this.#story.gateway;
  }

  get counters(): Story["counters"] {
    return this.#story.counters;
  }

  get lastAt(): number | undefined {
    return this.#story.lastAt;
  }

  /** How many events it was fed. */
  get sequence(): number {
    return this.#story.sequence;
  }

  /** What this and the rest are is said in Story. */
  get recoveryRuns(): ReadonlySet<Run> {
    return this.#story.recoveryRuns;
  }

  get interrupted(): ReadonlySet<Session> {
    return this.#story.interrupted;
  }

  get newestDispatched(): number {
    return this.#story.newestDispatched;
  }

  get forgottenRuns(): number {
    return this.#story.forgottenRuns;
  }

  get showsRuns(): boolean {
    return this.#story.showsRuns;
  }

  get process(): Process | undefined {
    return this.#story.process;
  }

  #follow(event: GatewayEvent): void {
    const story = this.#story;
    story.sequence += 1;
    if (event.time !== undefined) {
      story.lastAt = Math.max(story.lastAt ?? event.time, event.time);
    }
    const counter = story.counters.get(event.kind);
    if (counter) {
      counter.count += 1;
      counter.lastAt = event.time ?? counter.lastAt;
    } else story.counters.set(event.kind, { count: 1, lastAt: event.time });

    switch (event.kind) {
      case "gateway-loading":
      case "gateway-starting-http":
      case "gateway-listening":
      case "gateway-http-listening":
      case "gateway-ready":
        story.gateway.boot(story.sequence, event);
        break;
      case "gateway-start-failed":
        story.gateway.startFailed(story.sequence, event);
        break;
      case "signal-received":
      case "tool-restart":
      case "reload-needs-restart":
      case "restart-ignored":
      case "draining":
      case "drain-timeout":
      case "runs-aborted":
      case "shutdown-timeout":
      case "stale-lock-removed":
      case "log-capped":
        story.lifeOf(event);
        story.gateway.note(story.sequence, event);
        break;
      case "shutdown-begun":
        story.abortedByShutdown = [];
        story.gateway.shutdown(story.sequence, event);
        break;
      case "restart-mode":
        restartMode(story, event);
        break;
      case "unhandled-rejection":
        story.gateway.crash(story.sequence, event);
        break;
      case "abort-error":
        abortError(story, event);
        break;
      case "lane-enqueue":
        enqueued(story, event);
        break;
      case "lane-dequeue":
        story.processOf(event).lanes.dequeue(event);
        break;
      case "lane-done":
      case "lane-error":
      case "lane-interrupted":
        laneFinished(story, event);
        break;
      case "lane-wait-exceeded":
        story.lifeOf(event);
        break;
      case "run-start":
        runStart(story, event);
        break;
      case "turn-created":
        if (event.sessionId !== undefined && event.sessionKey !== undefined) {
          story.bindTold(event.sessionId, event.sessionKey);
        }
        story.lifeOf(event);
        break;
      case "prompt-start":
      case "agent-start":
      case "agent-end":
      case "prompt-end":
      case "tool-start":
      case "tool-end":
      case "compaction":
      case "failover-decision":
      case "run-timeout":
      case "abort-still-streaming":
      case "run-cleanup":
      case "run-done":
      case "run-end":
        runLine(story, event);
        break;
      case "orphaned-message":
      case "orphaned-message-kept":
      case "orphaned-message-merged":
        story.lifeOf(event);
        story.noteOfRun(ofRun(story, event), event);
        break;
      case "run-registered":
        registered(story, event);
        break;
      case "run-cleared":
        cleared(story, event);
        break;
      case "run-active-check":
        if (event.active) waits(story, story.sessions.ofId(event.sessionId), event);
        break;
      case "session-state":
      case "message-queued":
      case "message-dispatched":
      case "message-processed":
        message(story, event);
        break;
      case "aborting-run":
        aborting(story, event);
        break;
      case "abort-failed":
        story.lifeOf(event);
        sessionNote(story, event, event.sessionId);
        break;
      case "stuck-session":
      case "stalled-session":
      case "long-running-session":
        stuck(story, event);
        break;
      case "session-resumed":
      case "session-recovery-started":
        recovery(story, event);
        break;
    }
  }
}
