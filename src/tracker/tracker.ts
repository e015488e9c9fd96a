import type { EventOf, GatewayEvent } from "../events/index.ts";
import type { OrphanCause } from "../model.ts";
import { GatewayLives, type LifeChange } from "./gateway-lives.ts";
import { RunIndex } from "./run-index.ts";
import { SessionIndex, canonicalKey, keyOfLane } from "./session-index.ts";
import { END_STRENGTH, type LaneTask, type Life, type Process, type Run, type RunEnd, type Session } from "./state.ts";

/** The last lines of a dying process stand among the first ones of the next (ms). */
const OVERLAP_MS = 15_000;
/** Lines of one incoming message (ms). */
const SAME_MESSAGE_MS = 1_000;

/**
 * Follows one gateway through its log: which process and which life of it a run
 * started in, what its lane did, and whether anything ended it. Feed it events
 * in the order of time; it reads no clock and does no I/O.
 */
export class Tracker {
  readonly sessions = new SessionIndex();
  readonly runs = new RunIndex();
  readonly gateway = new GatewayLives({
    restartedInProcess: (change) => this.#restartedInProcess(change),
    processReplaced: (change) => this.#processReplaced(change),
  });
  readonly counters = new Map<GatewayEvent["kind"], { count: number; lastAt: number | undefined }>();
  lastAt: number | undefined;
  sequence = 0;
  /** Recoveries of interrupted sessions whose run has not started yet (canonical keys). */
  readonly #recovering = new Set<string>();
  /** Runs of this life that began as such a recovery. */
  readonly recoveryRuns = new Set<Run>();
  /** Sessions whose turn a restart or crash cut off, and that nothing has taken up again. */
  readonly interrupted = new Set<Session>();
  /** Sequence of the newest queued message that was dispatched: older ones that were not are held back. */
  newestDispatched = -1;
  /** The run that a `run cleared` ended last. */
  #lastCleared: Run | undefined;
  /** Runs that ended by an abort since a restart or stop began. */
  #abortedByShutdown: Run[] = [];

  push(event: GatewayEvent): void {
    this.sequence += 1;
    if (event.time !== undefined) {
      this.lastAt = Math.max(this.lastAt ?? event.time, event.time);
    }
    const counter = this.counters.get(event.kind) ?? { count: 0, lastAt: undefined };
    this.counters.set(event.kind, { count: counter.count + 1, lastAt: event.time ?? counter.lastAt });

    switch (event.kind) {
      case "gateway-loading":
      case "gateway-starting-http":
      case "gateway-listening":
      case "gateway-http-listening":
      case "gateway-ready":
        this.gateway.boot(this.sequence, event);
        break;
      case "gateway-start-failed":
        this.gateway.startFailed(this.sequence, event);
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
        this.#life(event);
        this.gateway.note(this.sequence, event);
        break;
      case "shutdown-begun":
        this.#abortedByShutdown = [];
        this.gateway.shutdown(this.sequence, event);
        break;
      case "restart-mode":
        this.gateway.restartMode(this.sequence, event);
        break;
      case "unhandled-rejection":
        this.gateway.crash(this.sequence, event);
        break;
      case "abort-error":
        this.#abortError(event);
        break;
      case "lane-enqueue":
        this.#enqueued(event);
        break;
      case "lane-dequeue":
        this.#process(event).lanes.dequeue(event);
        break;
      case "lane-done":
      case "lane-error":
      case "lane-interrupted":
        this.#laneFinished(event);
        break;
      case "lane-wait-exceeded":
        this.#life(event);
        break;
      case "run-start":
        this.#runStart(event);
        break;
      case "turn-created":
        if (event.sessionId !== undefined && event.sessionKey !== undefined) {
          this.#bindTold(event.sessionId, event.sessionKey);
        }
        this.#life(event);
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
        this.#runLine(event);
        break;
      case "orphaned-message":
      case "orphaned-message-kept":
      case "orphaned-message-merged":
        this.#life(event);
        this.#ofRun(event)?.timeline.push(this.sequence, event);
        break;
      case "run-registered":
        this.#registered(event);
        break;
      case "run-cleared":
        this.#cleared(event);
        break;
      case "run-active-check":
        if (event.active) this.#waits(this.sessions.ofId(event.sessionId), event);
        break;
      case "session-state":
      case "message-queued":
      case "message-dispatched":
      case "message-processed":
        this.#message(event);
        break;
      case "aborting-run":
        this.#aborting(event);
        break;
      case "abort-failed":
        this.#life(event);
        this.#sessionNote(event, event.sessionId);
        break;
      case "stuck-session":
      case "stalled-session":
      case "long-running-session":
        this.#stuck(event);
        break;
      case "session-resumed":
      case "session-recovery-started":
        this.#recovery(event);
        break;
    }
  }

  /** Whether any line of a run or a lane was logged: all of these are DEBUG, and a default log has none. */
  get showsRuns(): boolean {
    return this.runs.all().length > 0 || this.counters.has("lane-enqueue") || this.counters.has("run-registered");
  }

  /** The process that the log is in now. */
  get process(): Process | undefined {
    return this.gateway.lives.at(-1)?.process;
  }

  // --- the gateway's life ---------------------------------------------------

  #life(event: GatewayEvent): Life {
    return this.gateway.current(event);
  }

  #process(event: GatewayEvent): Process {
    return this.#life(event).process;
  }

  #restartedInProcess({ before, life, shutdown }: LifeChange): void {
    const begun = shutdown?.sequence ?? this.sequence;
    this.#interrupt(this.#abortedByShutdown);
    for (const run of before.process.openRuns) {
      if (!run.cut && run.attemptSequence < begun)
        run.cut = { cause: "restart", time: shutdown?.time, life: life.index };
    }
    for (const task of before.process.lanes.activeTasks()) task.crossedRestart ??= life.index;
    this.#forgetUndispatched();
  }

  #processReplaced({ event, before: { process }, life, shutdown }: LifeChange): void {
    const cause: Exclude<OrphanCause, "stall"> = shutdown?.kind ?? "crash";
    this.#interrupt([...this.#abortedByShutdown, ...process.openRuns]);
    for (const run of process.openRuns) {
      run.cut ??= { cause, time: shutdown?.time ?? event.time, life: life.index };
      run.lost = true;
      run.lostAt = event.time;
      process.lostRuns.add(run);
    }
    process.openRuns.clear();
    for (const session of this.sessions.all()) {
      session.waiting = [];
      session.activeSeen = undefined;
      session.fileLock = undefined;
    }
    this.#forgetUndispatched();
  }

  #interrupt(runs: readonly Run[]): void {
    for (const run of runs) {
      const session = this.#sessionOf(run);
      if (session) this.interrupted.add(session);
    }
    this.#abortedByShutdown = [];
  }

  /** A restart drops the messages that no run has taken up. */
  #forgetUndispatched(): void {
    for (const session of this.sessions.all()) session.undispatched = [];
    this.recoveryRuns.clear();
  }

  // --- lanes ----------------------------------------------------------------

  #laneFinished(event: EventOf<"lane-done" | "lane-error" | "lane-interrupted">): void {
    const process = this.#holderOfLane(event.lane, event);
    const task = process.lanes.finish(event);
    const key = keyOfLane(event.lane);
    if (key === undefined || !task) {
      // At the default level an error is all that is seen of a lane.
      if (key !== undefined && event.kind === "lane-error") this.#noteFileLock(this.sessions.ofKey(key), event);
      if (key !== undefined) this.#endFromBefore(key, event);
      return;
    }
    const run = this.#confirmed(task, event);
    const session = this.sessions.ofKey(key);
    session.waiting = [];
    if (event.kind === "lane-error") this.#noteFileLock(session, event);
    if (!run) return;
    this.#end(run, endByLane(run, event));
  }

  #enqueued(event: EventOf<"lane-enqueue">): void {
    this.#process(event).lanes.enqueue(event);
    // A session is known from its first lane line on, whether or not a run of it ever starts.
    const key = keyOfLane(event.lane);
    if (key !== undefined) this.sessions.ofKey(key);
  }

  /** The gateway shows that a run is no longer there, and no line told its end. */
  #foundGone(run: Run, time: number | undefined): void {
    run.lost = true;
    run.lostAt = time;
    run.life.process.openRuns.delete(run);
    if (run.task) run.life.process.lanes.release(run.task);
  }

  /** The lane of a run that started before the log ends, and no line tied the two. */
  #endFromBefore(key: string, event: EventOf<"lane-done" | "lane-error" | "lane-interrupted">): void {
    const run = this.#runFromBefore(key, event);
    if (!run) return;
    if (run.sessionId !== undefined) this.sessions.bind(run.sessionId, key, "inferred");
    this.#end(run, endByLane(run, event));
  }

  #runFromBefore(key: string, event: GatewayEvent): Run | undefined {
    const cleared = this.#lastCleared;
    const isFresh = (event.time ?? 0) - (cleared?.end?.time ?? 0) <= SAME_MESSAGE_MS;
    if (cleared && isFresh && !cleared.task && cleared.attempts === 0) return cleared;
    const open = [...this.#process(event).openRuns].filter((run) => run.attempts === 0 && !run.task);
    const keys = open.map((run) => (run.sessionId === undefined ? undefined : this.sessions.keyOf(run.sessionId)));
    const named = open.find((_, index) => keys[index] === canonicalKey(key));
    return named ?? (open.length === 1 && keys[0] === undefined ? open[0] : undefined);
  }

  #noteFileLock(session: Session, event: EventOf<"lane-error">): void {
    if (event.lockedByPid === null) return;
    session.fileLock ??= { pid: event.lockedByPid, since: event.time, failures: 0 };
    session.fileLock.failures += 1;
    session.timeline.push(this.sequence, event);
  }

  /** A lane's line belongs to the process that holds the lane: at a change of process the old one's come late. */
  #holderOfLane(lane: string, event: GatewayEvent): Process {
    const now = this.#process(event);
    if (now.lanes.holds(lane)) return now;
    const before = this.gateway.processes[now.index - 1];
    const overlaps =
      before !== undefined && (event.time ?? 0) - (before.endedAt ?? 0) <= OVERLAP_MS && before.lanes.holds(lane);
    return overlaps ? before : now;
  }

  /**
   * The run that a finished task carried. Which task started which run was
   * inferred from the order of lines; a run that just told its end while this
   * task's run did not corrects it.
   */
  #confirmed(task: LaneTask, event: GatewayEvent): Run | undefined {
    const { run } = task;
    if (run?.end && run.end.strength >= END_STRENGTH.cleanup) return run;
    if (event.kind !== "lane-done") return run;
    const just = this.runs.lastDone;
    if (!just || just === run || !just.task || just.task === task || just.sessionId === undefined) return run;
    const isFresh = (event.time ?? 0) - (just.end?.time ?? 0) <= SAME_MESSAGE_MS;
    const other = just.task;
    if (!isFresh || !this.sessions.isInferred(just.sessionId) || !this.#process(event).lanes.holds(other.lane))
      return run;
    swapRuns(task, other);
    for (const it of [task, other]) {
      const key = keyOfLane(it.lane);
      if (it.run?.sessionId !== undefined && key !== undefined) this.sessions.bind(it.run.sessionId, key, "inferred");
    }
    return just;
  }

  // --- runs -----------------------------------------------------------------

  #runStart(event: EventOf<"run-start">): void {
    const life = this.#life(event);
    const { process } = life;
    let run = this.runs.find(event.runId, event.sessionId, event.truncatedId);
    if (run) {
      // The same run again: the next attempt, after an error or on another model.
      run.attempts += 1;
      run.end = undefined;
      run.cut = undefined;
      run.lost = false;
      run.lostAt = undefined;
      run.life.process.openRuns.delete(run);
      run.life = life;
      run.sessionId ??= event.sessionId;
    } else {
      run = this.runs.add(event, life);
    }
    run.provider = event.provider ?? run.provider;
    run.model = event.model ?? run.model;
    run.channel = event.channel ?? run.channel;
    run.attemptStartedAt = event.time;
    run.attemptSequence = this.sequence;
    run.lastSeenAt = event.time;
    run.errorSeen = false;
    run.timedOut = false;
    run.abortLoggedAt = undefined;
    run.timeline.push(this.sequence, event);
    process.openRuns.add(run);
    this.#claimTask(run, process);
  }

  #claimTask(run: Run, process: Process): void {
    const { sessionId } = run;
    const key = sessionId === undefined ? undefined : this.sessions.keyOf(sessionId);
    run.task = process.lanes.claim(run, key, (other) => this.#isTaken(other, sessionId));
    const lane = run.task && keyOfLane(run.task.lane);
    if (sessionId === undefined) return;
    const session =
      lane === undefined ? this.sessions.ofId(sessionId) : this.sessions.bind(sessionId, lane, "inferred");
    // A session runs one at a time: a cut run that another one follows holds it no more.
    for (const before of process.openRuns.allOfSession(sessionId)) {
      if (before !== run && before.cut) this.#foundGone(before, run.attemptStartedAt);
    }
    this.interrupted.delete(session);
    const canonical = session.canonicalKey;
    if (canonical !== undefined && this.#recovering.delete(canonical)) this.recoveryRuns.add(run);
  }

  /** Whether a key belongs to another sessionId, so that this one's run is hardly its. */
  #isTaken(canonical: string, sessionId: string | undefined): boolean {
    if (canonical === "") return false;
    const ids = this.sessions.ofKey(canonical.replace(/^agent:main:/, "")).sessionIds;
    return ids.size > 0 && (sessionId === undefined || !ids.has(sessionId));
  }

  #ofRun(event: { runId: string; sessionId: string | undefined; truncatedId: boolean }): Run | undefined {
    return this.runs.find(event.runId, event.sessionId, event.truncatedId);
  }

  #runLine(
    event: EventOf<
      | "prompt-start"
      | "agent-start"
      | "agent-end"
      | "prompt-end"
      | "tool-start"
      | "tool-end"
      | "compaction"
      | "failover-decision"
      | "run-timeout"
      | "abort-still-streaming"
      | "run-cleanup"
      | "run-done"
      | "run-end"
    >,
  ): void {
    const life = this.#life(event);
    // A log that begins in the middle of a run shows a run without its start. A
    // warning alone does not: at the default level it is all that a log has of a run.
    const run = this.#ofRun(event) ?? (isWarning(event) ? undefined : this.runs.add(event, life));
    if (!run) return;
    if (run.sessionId === undefined && event.sessionId !== undefined) {
      run.life.process.openRuns.delete(run);
      run.sessionId = event.sessionId;
    }
    if (!run.end && !run.lost) run.life.process.openRuns.add(run);
    run.lastSeenAt = event.time ?? run.lastSeenAt;
    run.timeline.push(this.sequence, event);
    this.#showsLife(run, event, life);
    switch (event.kind) {
      case "agent-start":
        run.errorSeen = false;
        break;
      case "agent-end":
        if (event.isError !== undefined) run.errorSeen = event.isError;
        break;
      case "run-timeout":
        run.timedOut = true;
        break;
      case "abort-still-streaming":
        run.abortLoggedAt ??= event.time;
        break;
      case "run-cleanup":
        // Its timedOut is no sign: 5.28 sets it for aborts by a person, too (seen after 0.4 s).
        if (event.aborted) {
          this.#end(run, {
            time: event.time,
            state: run.timedOut ? "timed-out" : "aborted",
            strength: END_STRENGTH.cleanup,
          });
        }
        break;
      case "run-done":
      case "run-end":
        this.#end(run, { time: event.time, state: endState(run, event.aborted), strength: END_STRENGTH.done });
        this.runs.lastDone = run;
        break;
      default:
        break;
    }
  }

  /** A line of a run's own after the cut: it was only slow. */
  #showsLife(run: Run, event: GatewayEvent, life: Life): void {
    if (!run.cut || run.end) return;
    if (run.lost) {
      // The last lines of the old process come among the first of the new one.
      if ((event.time ?? 0) - (run.lostAt ?? 0) <= OVERLAP_MS) return;
      run.lost = false;
      run.lostAt = undefined;
      run.life = life;
      life.process.openRuns.add(run);
    } else if (isLastWord(event) && (event.time ?? 0) - (life.startedAt ?? 0) <= OVERLAP_MS) {
      // What a restart cut off may say its last words after the restart's own line.
      return;
    }
    run.cut = undefined;
  }

  #end(run: Run, end: RunEnd): void {
    if (run.end && run.end.strength > end.strength) return;
    run.end = end;
    if (this.gateway.pending && end.state === "aborted") this.#abortedByShutdown.push(run);
    run.cut = undefined;
    run.lost = false;
    run.lostAt = undefined;
    run.life.process.openRuns.delete(run);
    this.process?.openRuns.delete(run);
    const session = this.#sessionOf(run);
    if (session && end.state === "completed") {
      session.timeline.clear();
      session.fileLock = undefined;
      session.answeredSequence = this.sequence;
    }
    if (session) {
      session.waiting = [];
      session.activeSeen = undefined;
    }
  }

  #sessionOf(run: Run): Session | undefined {
    return run.sessionId === undefined ? undefined : this.sessions.ofId(run.sessionId);
  }

  // --- sessions -------------------------------------------------------------

  #bindTold(sessionId: string, key: string): void {
    this.sessions.bind(sessionId, key, "told");
  }

  #registered(event: EventOf<"run-registered">): void {
    const { process } = this.#life(event);
    process.registered.set(event.sessionId, this.sequence);
    if (!process.openRuns.ofSession(event.sessionId)) {
      process.lanes.claimHidden(event.sessionId, this.sessions.keyOf(event.sessionId), event.time);
    }
    if (event.totalActive !== 1) return;
    // The gateway counts its active runs: alone means that whoever we held for active is gone.
    for (const run of process.openRuns) {
      if (run.sessionId === event.sessionId || run.attemptSequence === this.sequence || !run.cut) continue;
      this.#foundGone(run, event.time);
    }
  }

  #cleared(event: EventOf<"run-cleared">): void {
    const process = this.#process(event);
    const session = this.sessions.find(event.sessionId);
    if (session) session.activeSeen = undefined;
    const before = this.gateway.processes[process.index - 1];
    // A console hides the gateway's own checks, so the run that is cleared here may be one that it does not show.
    const overlaps =
      before !== undefined &&
      !process.registered.has(event.sessionId) &&
      (event.time ?? 0) - (before.endedAt ?? 0) <= OVERLAP_MS;
    const run =
      process.openRuns.ofSession(event.sessionId) ??
      (overlaps ? before.lostRuns.ofSession(event.sessionId) : undefined);
    if (!run) return;
    run.timeline.push(this.sequence, event);
    run.lastSeenAt = event.time ?? run.lastSeenAt;
    const state = run.timedOut ? "timed-out" : run.abortLoggedAt === undefined ? "completed" : "aborted";
    this.#end(run, { time: event.time, state, strength: END_STRENGTH.cleared });
    this.#lastCleared = run;
  }

  #aborting(event: EventOf<"aborting-run">): void {
    const run = this.#process(event).openRuns.ofSession(event.sessionId);
    if (run) {
      run.abortLoggedAt = event.time ?? this.lastAt;
      run.timeline.push(this.sequence, event);
    }
  }

  /** An abort with no name on it is a run's own only where no other run could be meant. */
  #abortError(event: EventOf<"abort-error">): void {
    const { only } = this.#process(event).openRuns;
    if (only) {
      only.abortLoggedAt = event.time ?? this.lastAt;
      only.timeline.push(this.sequence, event);
    }
    this.gateway.note(this.sequence, event);
  }

  #waits(session: Session, event: GatewayEvent): void {
    this.#life(event);
    session.activeSeen = { time: event.time };
    const last = session.waiting.at(-1);
    const isSame = last !== undefined && (event.time ?? 0) - (last.time ?? 0) <= SAME_MESSAGE_MS;
    if (isSame) return;
    session.waiting.push({ time: event.time, event });
    session.timeline.push(this.sequence, event);
  }

  #message(event: EventOf<"session-state" | "message-queued" | "message-dispatched" | "message-processed">): void {
    this.#life(event);
    if (event.sessionId !== undefined && event.sessionKey !== undefined)
      this.#bindTold(event.sessionId, event.sessionKey);
    const session =
      event.sessionKey !== undefined
        ? this.sessions.ofKey(event.sessionKey)
        : event.sessionId !== undefined
          ? this.sessions.ofId(event.sessionId)
          : undefined;
    if (!session) return;
    if (event.kind === "message-queued") {
      session.undispatched.push({ time: event.time, sequence: this.sequence, event });
    } else if (event.kind === "message-dispatched") {
      this.newestDispatched = Math.max(this.newestDispatched, session.undispatched.at(-1)?.sequence ?? -1);
      session.undispatched = [];
    } else if (event.kind === "message-processed") {
      session.undispatched = [];
      // Steered into the running turn, so it waits no more.
      session.waiting.pop();
      if (event.outcome === "completed") {
        session.answeredSequence = this.sequence;
      }
    }
  }

  #stuck(event: EventOf<"stuck-session" | "stalled-session" | "long-running-session">): void {
    this.#life(event);
    if (event.sessionId !== undefined && event.sessionKey !== undefined)
      this.#bindTold(event.sessionId, event.sessionKey);
    this.#sessionNote(event, event.sessionId, event.sessionKey);
  }

  #sessionNote(event: GatewayEvent, sessionId: string | undefined, key?: string): void {
    const session = key !== undefined ? this.sessions.ofKey(key) : sessionId && this.sessions.find(sessionId);
    if (session) session.timeline.push(this.sequence, event);
  }

  #recovery(event: EventOf<"session-resumed" | "session-recovery-started">): void {
    this.#life(event);
    this.gateway.note(this.sequence, event);
    const session = this.sessions.ofKey(event.sessionKey);
    if (session.canonicalKey !== undefined) this.#recovering.add(session.canonicalKey);
    this.interrupted.delete(session);
  }
}

/** Lines that come when an attempt is over, and tell no end of the run. */
function isLastWord(event: GatewayEvent): boolean {
  return event.kind === "prompt-end" || event.kind === "agent-end" || event.kind === "failover-decision";
}

/** Kinds of run lines that stand in every log; all others are DEBUG. */
function isWarning(event: GatewayEvent): boolean {
  switch (event.kind) {
    case "agent-end":
      return event.isError === true;
    case "failover-decision":
    case "run-timeout":
    case "abort-still-streaming":
      return true;
    default:
      return false;
  }
}

function endState(run: Run, aborted: boolean): RunEnd["state"] {
  if (run.timedOut) return "timed-out";
  if (aborted) return "aborted";
  return run.errorSeen ? "failed" : "completed";
}

function endByLane(run: Run, event: EventOf<"lane-done" | "lane-error" | "lane-interrupted">): RunEnd {
  const strength = END_STRENGTH.lane;
  if (event.kind === "lane-interrupted") return { time: event.time, state: "aborted", strength };
  if (event.kind === "lane-done") {
    // The line tells only that the lane is free; what cleared the run may have told more.
    return { time: event.time, state: run.end?.state ?? endState(run, run.abortLoggedAt !== undefined), strength };
  }
  if (event.aborted) return { time: event.time, state: run.timedOut ? "timed-out" : "aborted", strength };
  return { time: event.time, state: run.timedOut ? "timed-out" : "failed", strength };
}

function swapRuns(a: LaneTask, b: LaneTask): void {
  [a.run, b.run] = [b.run, a.run];
  if (a.run) a.run.task = a;
  if (b.run) b.run.task = b;
}
