import { describeEvent } from "../describe.ts";
import type { GatewayEvent } from "../events/index.ts";
import { Fifo } from "./fifo.ts";
import { GatewayLives } from "./gateway-lives.ts";
import type { Retention } from "./retention.ts";
import { RunIndex } from "./run-index.ts";
import { SessionIndex } from "./session-index.ts";
import { END_STRENGTH, type Life, type Process, type Run, type RunEnd, type Session } from "./state.ts";
import { Texts } from "./strings.ts";
import { Timeline, type TimelineItem } from "./timeline.ts";

/** The last lines of a dying process stand among the first ones of the next (ms). */
export const OVERLAP_MS = 15_000;
/** Lines of one incoming message (ms). */
export const SAME_MESSAGE_MS = 1_000;

/**
 * What the tracker knows so far, and what lines of more than one kind do to it.
 * The rest is in the files of the kinds: lives, lanes, runs, sessions.
 */
export class Story {
  readonly texts = new Texts();
  readonly sessions = new SessionIndex((session) => this.queue(session));
  readonly runs = new RunIndex(this.texts);
  readonly gateway: GatewayLives;
  readonly counters = new Map<GatewayEvent["kind"], { count: number; lastAt: number | undefined }>();
  lastAt: number | undefined;
  sequence = 0;
  /** Recoveries of interrupted sessions whose run has not started yet (canonical keys). */
  readonly recovering = new Set<string>();
  /** Runs of this life that began as such a recovery. */
  readonly recoveryRuns = new Set<Run>();
  /** Sessions whose turn a restart or crash cut off, and that nothing has taken up again. */
  readonly interrupted = new Set<Session>();
  /** Sequence of the newest queued message that was dispatched: older ones that were not are held back. */
  newestDispatched = -1;
  /** The run that a `run cleared` ended last. */
  lastCleared: Run | undefined;
  /** Runs that ended by an abort since a restart or stop began. */
  abortedByShutdown: Run[] = [];
  /** Sessions that a change of process sets free. */
  readonly held = new Set<Session>();
  /** Sessions with messages that a restart drops. */
  readonly withMessages = new Set<Session>();
  readonly retention: Retention;
  /** Runs that told their end, the oldest end first; one that told it again stands in it again. */
  readonly ended = new Fifo<Run>();
  /** Runs of which only others told the end: their own last line is to come. */
  readonly saidOver = new Fifo<Run>();
  /** Sessions that may be idle. */
  readonly idle = new Fifo<Session>();
  /** Runs that ended well, are forgotten, and count in the report. */
  forgottenRuns = 0;

  constructor(retention: Retention, onLife: ConstructorParameters<typeof GatewayLives>[0]) {
    this.retention = retention;
    this.gateway = new GatewayLives(onLife);
  }

  /** Whether any line of a run or a lane was logged: all of these are DEBUG, and a default log has none. */
  get showsRuns(): boolean {
    return this.runs.count > 0 || this.counters.has("lane-enqueue") || this.counters.has("run-registered");
  }

  /** The process that the log is in now. */
  get process(): Process | undefined {
    return this.gateway.lives.at(-1)?.process;
  }

  lifeOf(event: GatewayEvent): Life {
    return this.gateway.current(event);
  }

  processOf(event: GatewayEvent): Process {
    return this.lifeOf(event).process;
  }

  /** The session may be idle: it is looked at once the ones before it in the queue were. */
  queue(session: Session | undefined): void {
    if (!session || session.queued) return;
    session.queued = true;
    this.idle.push(session);
  }

  queueEnded(run: Run): void {
    run.queued += 1;
    (run.end?.strength === END_STRENGTH.done ? this.ended : this.saidOver).push(run);
  }

  itemOf(event: GatewayEvent): TimelineItem {
    const { path, line } = event.location;
    return { sequence: this.sequence, time: event.time, text: this.texts.of(describeEvent(event)), path, line };
  }

  /** An ended run has no timeline any more, and needs none. */
  noteOfRun(run: Run | undefined, event: GatewayEvent): void {
    run?.timeline?.push(this.itemOf(event));
  }

  noteOfSession(session: Session, event: GatewayEvent): void {
    session.timeline ??= new Timeline();
    session.timeline.push(this.itemOf(event));
  }

  sessionOf(run: Run): Session | undefined {
    return run.sessionId === undefined ? undefined : this.sessions.ofId(run.sessionId, true);
  }

  end(run: Run, end: RunEnd): void {
    if (run.end && run.end.strength > end.strength) return;
    run.end = end;
    this.queueEnded(run);
    if (this.gateway.pending && end.state === "aborted") this.abortedByShutdown.push(run);
    run.cut = undefined;
    run.lost = false;
    run.lostAt = undefined;
    run.life.process.openRuns.delete(run);
    this.process?.openRuns.delete(run);
    const session = this.sessionOf(run);
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

  /** The gateway shows that a run is no longer there, and no line told its end. */
  foundGone(run: Run, time: number | undefined): void {
    run.lost = true;
    run.lostAt = time;
    run.life.process.openRuns.delete(run);
    if (run.task) run.life.process.lanes.release(run.task);
  }

  bindTold(sessionId: string, key: string): void {
    this.bind(sessionId, key, "told");
  }

  bind(sessionId: string, key: string, how: "told" | "inferred"): Session {
    // What is inferred is inferred of a run, which has the id for its own.
    const session = this.sessions.bind(sessionId, key, how, how === "inferred");
    // It may have taken over what was known of the sessionId alone.
    if (session.waiting || session.activeSeen) this.held.add(session);
    if (session.undispatched) this.withMessages.add(session);
    return session;
  }
}

export function endState(run: Run, aborted: boolean): RunEnd["state"] {
  if (run.timedOut) return "timed-out";
  if (aborted) return "aborted";
  return run.errorSeen ? "failed" : "completed";
}
