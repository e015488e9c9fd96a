import { describeEvent } from "../describe.ts";
import type { EventOf, GatewayEvent } from "../events/index.ts";
import type { OrphanCause } from "../model.ts";
import { Fifo } from "./fifo.ts";
import { GatewayLives, type LifeChange } from "./gateway-lives.ts";
import { KEEP_ALL, type Retention, SESSION_IDS } from "./retention.ts";
import { RunIndex } from "./run-index.ts";
import { SessionIndex, canonicalKey, keyOfLane } from "./session-index.ts";
import { END_STRENGTH, type LaneTask, type Life, type Process, type Run, type RunEnd, type Session } from "./state.ts";
import { copyOf, Texts } from "./strings.ts";
import { Timeline, type TimelineItem } from "./timeline.ts";

/** The last lines of a dying process stand among the first ones of the next (ms). */
const OVERLAP_MS = 15_000;
/** Lines of one incoming message (ms). */
const SAME_MESSAGE_MS = 1_000;
/** What a process remembers of its registrations: they count in the moments after a change of process. */
const MOST_REGISTERED = 20_000;
/** A run whose lane is free logs its own end a moment later; in that moment not as many others end. */
const LAST_WORDS = 64;
/** Sessions that one event may have looked at for being idle; it touches one or two. */
const LOOKS = 8;

/**
 * Follows one gateway through its log: which process and which life of it a run
 * started in, what its lane did, and whether anything ended it. Feed it events
 * in the order of time; it reads no clock and does no I/O.
 */
export class Tracker {
  readonly #texts = new Texts();
  readonly sessions = new SessionIndex((session) => this.#queue(session));
  readonly runs = new RunIndex(this.#texts);
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
  /** Sessions that a change of process sets free. */
  readonly #held = new Set<Session>();
  /** Sessions with messages that a restart drops. */
  readonly #withMessages = new Set<Session>();
  readonly #retention: Retention;
  /** Runs that told their end, the oldest end first; one that told it again stands in it again. */
  readonly #ended = new Fifo<Run>();
  /** Runs of which only others told the end: their own last line is to come. */
  readonly #saidOver = new Fifo<Run>();
  /** Sessions that may be idle. */
  readonly #idle = new Fifo<Session>();
  /** Runs that ended well, are forgotten, and count in the report. */
  forgottenRuns = 0;

  constructor(retention: Retention = KEEP_ALL) {
    this.#retention = retention;
  }

  push(event: GatewayEvent): void {
    this.#follow(event);
    this.#forgetRuns(this.#ended, this.#retention.endedRuns);
    this.#forgetRuns(this.#saidOver, this.#retention.endedRuns + LAST_WORDS);
    if (this.#idle.size > this.#retention.idleSessions) this.#forgetSessions();
  }

  #follow(event: GatewayEvent): void {
    this.sequence += 1;
    if (event.time !== undefined) {
      this.lastAt = Math.max(this.lastAt ?? event.time, event.time);
    }
    const counter = this.counters.get(event.kind);
    if (counter) {
      counter.count += 1;
      counter.lastAt = event.time ?? counter.lastAt;
    } else this.counters.set(event.kind, { count: 1, lastAt: event.time });

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
        this.#restartMode(event);
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
        this.#noteOfRun(this.#ofRun(event), event);
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
    return this.runs.count > 0 || this.counters.has("lane-enqueue") || this.counters.has("run-registered");
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
    const { openRuns, lanes } = before.process;
    for (const run of openRuns.uncut()) {
      if (run.attemptSequence < begun)
        openRuns.cutOff(run, { cause: "restart", time: shutdown?.time, life: life.index });
    }
    lanes.restarted();
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
    for (const session of this.#held) {
      session.waiting = undefined;
      session.activeSeen = undefined;
      session.fileLock = undefined;
      this.#queue(session);
    }
    this.#held.clear();
    for (const canonical of process.lanes.sessions()) this.#queue(this.sessions.findByKey(canonical));
    this.#forgetUndispatched();
  }

  #restartMode(event: EventOf<"restart-mode">): void {
    const before = this.process;
    const lanes = before?.lanes;
    this.gateway.restartMode(this.sequence, event);
    if (!lanes || before.lanes === lanes) return;
    for (const canonical of lanes.sessions()) this.#queue(this.sessions.findByKey(canonical));
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
    for (const session of this.#withMessages) {
      session.undispatched = undefined;
      this.#queue(session);
    }
    this.#withMessages.clear();
    this.recoveryRuns.clear();
  }

  // --- what is forgotten ----------------------------------------------------

  /** Ended runs beyond those that are kept at hand: their lines are dropped, and all of those that ended well. */
  #forgetRuns(ended: Fifo<Run>, limit: number): void {
    for (let excess = ended.size - limit; excess > 0; excess--) {
      const run = ended.shift();
      if (!run) return;
      run.queued -= 1;
      if (run.queued > 0 || !run.end) continue;
      if (run === this.runs.lastDone || run === this.#lastCleared) {
        this.#queueEnded(run);
        continue;
      }
      run.timeline = undefined;
      run.task = undefined;
      if (run.end.state !== "completed" && this.#retention.keepsBadEnds) continue;
      if (this.#retention.keepsRun(run)) continue;
      if (this.#retention.counts(run)) this.forgottenRuns += 1;
      this.runs.forget(run);
      this.recoveryRuns.delete(run);
      const session = run.sessionId === undefined ? undefined : this.sessions.find(run.sessionId);
      this.#queue(session);
      if (session) this.#forgetOldId(session);
    }
  }

  /** A session that never rests would gather an id for each of its conversations. */
  #forgetOldId(session: Session): void {
    const [oldest] = session.sessionIds;
    if (oldest === undefined || session.sessionIds.size <= SESSION_IDS || this.runs.hasOfSession(oldest)) return;
    this.process?.registered?.delete(oldest);
    this.sessions.forgetId(session, oldest);
  }

  #queueEnded(run: Run): void {
    run.queued += 1;
    (run.end?.strength === END_STRENGTH.done ? this.#ended : this.#saidOver).push(run);
  }

  /** The session may be idle: it is looked at once the ones before it in the queue were. */
  #queue(session: Session | undefined): void {
    if (!session || session.queued) return;
    session.queued = true;
    this.#idle.push(session);
  }

  /** Sessions that no line has named while many others were, and that nothing holds. */
  #forgetSessions(): void {
    // As long as no run was seen, they are told apart from the ones that are free.
    if (!this.showsRuns) return;
    for (let looks = 0; looks < LOOKS && this.#idle.size > this.#retention.idleSessions; looks++) {
      const session = this.#idle.shift();
      if (!session) return;
      if (session.touched) {
        session.touched = false;
        this.#idle.push(session);
        continue;
      }
      session.queued = false;
      if (!this.#isIdle(session) || this.#retention.keepsSession(session)) continue;
      if (session.canonicalKey !== undefined) this.process?.lanes.forget(session.canonicalKey);
      for (const id of session.sessionIds) this.process?.registered?.delete(id);
      this.#held.delete(session);
      this.#withMessages.delete(session);
      this.sessions.forget(session);
    }
  }

  /** Nothing that is known of it would change what is told of it, or of a run of it, later. */
  #isIdle(session: Session): boolean {
    const { canonicalKey: canonical, waiting, activeSeen, undispatched, fileLock, timeline } = session;
    if ((waiting && waiting.length > 0) || activeSeen || undispatched || fileLock || timeline) return false;
    if (this.interrupted.has(session)) return false;
    if (canonical !== undefined) {
      if (this.#recovering.has(canonical) || this.process?.lanes.isIdle(canonical) === false) return false;
    }
    for (const id of session.sessionIds) if (this.runs.hasOfSession(id)) return false;
    return true;
  }

  // --- evidence -------------------------------------------------------------

  #itemOf(event: GatewayEvent): TimelineItem {
    const { path, line } = event.location;
    return { sequence: this.sequence, time: event.time, text: this.#texts.of(describeEvent(event)), path, line };
  }

  /** An ended run has no timeline any more, and needs none. */
  #noteOfRun(run: Run | undefined, event: GatewayEvent): void {
    run?.timeline?.push(this.#itemOf(event));
  }

  #noteOfSession(session: Session, event: GatewayEvent): void {
    session.timeline ??= new Timeline();
    session.timeline.push(this.#itemOf(event));
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
    session.waiting = undefined;
    if (event.kind === "lane-error") this.#noteFileLock(session, event);
    if (!run) return;
    this.#end(run, endByLane(run, event));
  }

  #enqueued(event: EventOf<"lane-enqueue">): void {
    this.#process(event).lanes.enqueue(event, this.sequence);
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
    if (run.sessionId !== undefined) this.#bind(run.sessionId, key, "inferred");
    this.#end(run, endByLane(run, event));
  }

  #runFromBefore(key: string, event: GatewayEvent): Run | undefined {
    const cleared = this.#lastCleared;
    const isFresh = (event.time ?? 0) - (cleared?.end?.time ?? 0) <= SAME_MESSAGE_MS;
    if (cleared && isFresh && !cleared.task && cleared.attempts === 0) return cleared;
    const { openRuns } = this.#process(event);
    let named: Run | undefined;
    for (const id of this.sessions.findByKey(canonicalKey(key))?.sessionIds ?? []) {
      for (const run of openRuns.allOfSession(id)) {
        if (run.attempts === 0 && (!named || run.ordinal < named.ordinal)) named = run;
      }
    }
    if (named) return named;
    const only = openRuns.onlyStartless;
    const isOfNoKey = only?.sessionId === undefined || this.sessions.keyOf(only.sessionId) === undefined;
    return isOfNoKey ? only : undefined;
  }

  #noteFileLock(session: Session, event: EventOf<"lane-error">): void {
    if (event.lockedByPid === null) return;
    session.fileLock ??= { pid: event.lockedByPid, since: event.time, failures: 0 };
    session.fileLock.failures += 1;
    this.#held.add(session);
    this.#noteOfSession(session, event);
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
      if (it.run?.sessionId !== undefined && key !== undefined) this.#bind(it.run.sessionId, key, "inferred");
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
      if (run.sessionId === undefined && event.sessionId !== undefined) this.runs.setSession(run, event.sessionId);
      run.timeline ??= new Timeline();
    } else {
      run = this.runs.add(event, life);
    }
    this.runs.describe(run, event);
    run.attemptStartedAt = event.time;
    run.attemptSequence = this.sequence;
    run.lastSeenAt = event.time;
    run.errorSeen = false;
    run.timedOut = false;
    run.abortLoggedAt = undefined;
    this.#noteOfRun(run, event);
    process.openRuns.add(run);
    this.#claimTask(run, process);
  }

  #claimTask(run: Run, process: Process): void {
    const { sessionId } = run;
    const key = sessionId === undefined ? undefined : this.sessions.keyOf(sessionId);
    run.task = process.lanes.claim(run, key, (other) => this.#isTaken(other, sessionId));
    const lane = run.task && keyOfLane(run.task.lane);
    if (sessionId === undefined) return;
    const session = lane === undefined ? this.sessions.ofId(sessionId, true) : this.#bind(sessionId, lane, "inferred");
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
      this.runs.setSession(run, event.sessionId);
    }
    if (!run.end && !run.lost) run.life.process.openRuns.add(run);
    run.lastSeenAt = event.time ?? run.lastSeenAt;
    this.#noteOfRun(run, event);
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
    run.life.process.openRuns.revive(run);
  }

  #end(run: Run, end: RunEnd): void {
    if (run.end && run.end.strength > end.strength) return;
    run.end = end;
    this.#queueEnded(run);
    if (this.gateway.pending && end.state === "aborted") this.#abortedByShutdown.push(run);
    run.cut = undefined;
    run.lost = false;
    run.lostAt = undefined;
    run.life.process.openRuns.delete(run);
    this.process?.openRuns.delete(run);
    const session = this.#sessionOf(run);
    if (session && end.state === "completed") {
      session.timeline = undefined;
      session.fileLock = undefined;
      session.answeredSequence = this.sequence;
    }
    if (session) {
      session.waiting = undefined;
      session.activeSeen = undefined;
    }
  }

  #sessionOf(run: Run): Session | undefined {
    return run.sessionId === undefined ? undefined : this.sessions.ofId(run.sessionId, true);
  }

  // --- sessions -------------------------------------------------------------

  #bindTold(sessionId: string, key: string): void {
    this.#bind(sessionId, key, "told");
  }

  #bind(sessionId: string, key: string, how: "told" | "inferred"): Session {
    // What is inferred is inferred of a run, which has the id for its own.
    const session = this.sessions.bind(sessionId, key, how, how === "inferred");
    // It may have taken over what was known of the sessionId alone.
    if (session.waiting) this.#held.add(session);
    if (session.undispatched) this.#withMessages.add(session);
    return session;
  }

  #registered(event: EventOf<"run-registered">): void {
    const { process } = this.#life(event);
    this.#register(process, event.sessionId);
    if (!process.openRuns.ofSession(event.sessionId)) {
      process.lanes.claimHidden(event.sessionId, this.sessions.keyOf(event.sessionId), event.time);
    }
    if (event.totalActive !== 1) return;
    // The gateway counts its active runs: alone means that whoever we held for active is gone.
    for (const run of process.openRuns.cut()) {
      if (run.sessionId === event.sessionId || run.attemptSequence === this.sequence) continue;
      this.#foundGone(run, event.time);
    }
  }

  #register(process: Process, sessionId: string): void {
    process.registered ??= new Map();
    const { registered } = process;
    // Taken out first, so that the newest ones stand last.
    const isKnown = registered.delete(sessionId);
    registered.set(isKnown ? sessionId : copyOf(sessionId), this.sequence);
    if (registered.size <= MOST_REGISTERED) return;
    let surplus = MOST_REGISTERED / 2;
    for (const id of registered.keys()) {
      if (surplus === 0) break;
      registered.delete(id);
      surplus -= 1;
    }
  }

  #cleared(event: EventOf<"run-cleared">): void {
    const process = this.#process(event);
    const session = this.sessions.find(event.sessionId);
    if (session) {
      session.activeSeen = undefined;
      this.#queue(session);
    }
    const before = this.gateway.processes[process.index - 1];
    // A console hides the gateway's own checks, so the run that is cleared here may be one that it does not show.
    const overlaps =
      before !== undefined &&
      process.registered?.has(event.sessionId) !== true &&
      (event.time ?? 0) - (before.endedAt ?? 0) <= OVERLAP_MS;
    const run =
      process.openRuns.ofSession(event.sessionId) ??
      (overlaps ? before.lostRuns.ofSession(event.sessionId) : undefined);
    if (!run) return;
    this.#noteOfRun(run, event);
    run.lastSeenAt = event.time ?? run.lastSeenAt;
    const state = run.timedOut ? "timed-out" : run.abortLoggedAt === undefined ? "completed" : "aborted";
    this.#end(run, { time: event.time, state, strength: END_STRENGTH.cleared });
    this.#lastCleared = run;
  }

  #aborting(event: EventOf<"aborting-run">): void {
    const run = this.#process(event).openRuns.ofSession(event.sessionId);
    if (run) {
      run.abortLoggedAt = event.time ?? this.lastAt;
      this.#noteOfRun(run, event);
    }
  }

  /** An abort with no name on it is a run's own only where no other run could be meant. */
  #abortError(event: EventOf<"abort-error">): void {
    const { only } = this.#process(event).openRuns;
    if (only) {
      only.abortLoggedAt = event.time ?? this.lastAt;
      this.#noteOfRun(only, event);
    }
    this.gateway.note(this.sequence, event);
  }

  #waits(session: Session, event: GatewayEvent): void {
    this.#life(event);
    session.activeSeen = { time: event.time };
    this.#held.add(session);
    session.waiting ??= [];
    const isSame = session.waiting.length > 0 && (event.time ?? 0) - (session.waiting.at(-1) ?? 0) <= SAME_MESSAGE_MS;
    if (isSame) return;
    session.waiting.push(event.time);
    this.#noteOfSession(session, event);
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
      const before = session.undispatched;
      session.undispatched = {
        oldestAt: before ? before.oldestAt : event.time,
        oldest: before?.oldest ?? this.sequence,
        newest: this.sequence,
        count: (before?.count ?? 0) + 1,
      };
      this.#withMessages.add(session);
    } else if (event.kind === "message-dispatched") {
      this.newestDispatched = Math.max(this.newestDispatched, session.undispatched?.newest ?? -1);
      session.undispatched = undefined;
    } else if (event.kind === "message-processed") {
      session.undispatched = undefined;
      // Steered into the running turn, so it waits no more.
      session.waiting?.pop();
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
    if (session) this.#noteOfSession(session, event);
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
