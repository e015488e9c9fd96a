/** Lines of lanes: who waits, who is let in, and which run a lane that becomes free carried. */
import type { EventOf, GatewayEvent } from "../events/index.ts";
import { canonicalKey, keyOfLane } from "./session-index.ts";
import { END_STRENGTH, type LaneTask, type Process, type Run, type RunEnd, type Session } from "./state.ts";
import { endState, OVERLAP_MS, SAME_MESSAGE_MS, type Story } from "./story.ts";

export function enqueued(story: Story, event: EventOf<"lane-enqueue">): void {
  story.processOf(event).lanes.enqueue(event, story.sequence);
  // A session is known from its first lane line on, whether or not a run of it ever starts.
  const key = keyOfLane(event.lane);
  if (key !== undefined) story.sessions.ofKey(key);
}

export function laneFinished(story: Story, event: EventOf<"lane-done" | "lane-error" | "lane-interrupted">): void {
  const process = holderOfLane(story, event.lane, event);
  const task = process.lanes.finish(event);
  const key = keyOfLane(event.lane);
  if (key === undefined || !task) {
    // At the default level an error is all that is seen of a lane.
    if (key !== undefined && event.kind === "lane-error") noteFileLock(story, story.sessions.ofKey(key), event);
    if (key !== undefined) endFromBefore(story, key, event);
    return;
  }
  const run = confirmed(story, task, event);
  const session = story.sessions.ofKey(key);
  session.waiting = undefined;
  if (event.kind === "lane-error") noteFileLock(story, session, event);
  if (!run) return;
  story.end(run, endByLane(run, event));
}

/** The lane of a run that started before the log ends, and no line tied the two. */
function endFromBefore(
  story: Story,
  key: string,
  event: EventOf<"lane-done" | "lane-error" | "lane-interrupted">,
): void {
  const run = runFromBefore(story, key, event);
  if (!run) return;
  if (run.sessionId !== undefined) story.bind(run.sessionId, key, "inferred");
  story.end(run, endByLane(run, event));
}

function runFromBefore(story: Story, key: string, event: GatewayEvent): Run | undefined {
  const cleared = story.lastCleared;
  const isFresh = (event.time ?? 0) - (cleared?.end?.time ?? 0) <= SAME_MESSAGE_MS;
  if (cleared && isFresh && !cleared.task && cleared.attempts === 0 && mayBeOf(story, cleared, key)) return cleared;
  const { openRuns } = story.processOf(event);
  let named: Run | undefined;
  for (const id of story.sessions.findByKey(canonicalKey(key))?.sessionIds ?? []) {
    for (const run of openRuns.allOfSession(id)) {
      if (run.attempts === 0 && (!named || run.ordinal < named.ordinal)) named = run;
    }
  }
  if (named) return named;
  const only = openRuns.onlyStartless;
  const isOfNoKey = only?.sessionId === undefined || story.sessions.keyOf(only.sessionId) === undefined;
  return isOfNoKey ? only : undefined;
}

/** Whether no line told that the run is another session's. */
function mayBeOf(story: Story, { sessionId }: Run, key: string): boolean {
  const known = sessionId === undefined ? undefined : story.sessions.keyOf(sessionId);
  return known === undefined || known === canonicalKey(key);
}

function noteFileLock(story: Story, session: Session, event: EventOf<"lane-error">): void {
  if (event.lockedByPid === null) return;
  session.fileLock ??= { pid: event.lockedByPid, since: event.time, failures: 0 };
  session.fileLock.failures += 1;
  story.held.add(session);
  story.noteOfSession(session, event);
}

/** A lane's line belongs to the process that holds the lane: at a change of process the old one's come late. */
function holderOfLane(story: Story, lane: string, event: GatewayEvent): Process {
  const now = story.processOf(event);
  if (now.lanes.holds(lane)) return now;
  const before = story.gateway.processes[now.index - 1];
  const overlaps =
    before !== undefined && (event.time ?? 0) - (before.endedAt ?? 0) <= OVERLAP_MS && before.lanes.holds(lane);
  return overlaps ? before : now;
}

/**
 * The run that a finished task carried. Which task started which run was
 * inferred from the order of lines; a run that just told its end while this
 * task's run did not corrects it.
 */
function confirmed(story: Story, task: LaneTask, event: GatewayEvent): Run | undefined {
  const { run } = task;
  if (run?.end && run.end.strength >= END_STRENGTH.cleanup) return run;
  if (event.kind !== "lane-done") return run;
  const just = story.runs.lastDone;
  if (!just || just === run || !just.task || just.task === task || just.sessionId === undefined) return run;
  const isFresh = (event.time ?? 0) - (just.end?.time ?? 0) <= SAME_MESSAGE_MS;
  const other = just.task;
  if (!isFresh || !story.sessions.isInferred(just.sessionId) || !story.processOf(event).lanes.holds(other.lane))
    return run;
  swapRuns(task, other);
  for (const it of [task, other]) {
    const key = keyOfLane(it.lane);
    if (it.run?.sessionId !== undefined && key !== undefined) story.bind(it.run.sessionId, key, "inferred");
  }
  return just;
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
