/** Lines of runs: attempts, signs of life, and ends. */
import type { EventOf, GatewayEvent } from "../events/index.ts";
import { keyOfLane } from "./session-index.ts";
import { END_STRENGTH, type Life, type Process, type Run } from "./state.ts";
import { endState, OVERLAP_MS, type Story } from "./story.ts";
import { Timeline } from "./timeline.ts";

export function runStart(story: Story, event: EventOf<"run-start">): void {
  const life = story.lifeOf(event);
  const { process } = life;
  let run = story.runs.find(event.runId, event.sessionId, event.truncatedId);
  if (run) {
    // The same run again: the next attempt, after an error or on another model.
    run.attempts += 1;
    run.end = undefined;
    run.cut = undefined;
    run.lost = false;
    run.lostAt = undefined;
    run.life.process.openRuns.delete(run);
    run.life = life;
    if (run.sessionId === undefined && event.sessionId !== undefined) story.runs.setSession(run, event.sessionId);
    run.timeline ??= new Timeline();
  } else {
    run = story.runs.add(event, life);
  }
  story.runs.describe(run, event);
  run.attemptStartedAt = event.time;
  run.attemptSequence = story.sequence;
  run.lastSeenAt = event.time;
  run.errorSeen = false;
  run.timedOut = false;
  run.abortLoggedAt = undefined;
  story.noteOfRun(run, event);
  process.openRuns.add(run);
  claimTask(story, run, process);
}

function claimTask(story: Story, run: Run, process: Process): void {
  const { sessionId } = run;
  const key = sessionId === undefined ? undefined : story.sessions.keyOf(sessionId);
  run.task = process.lanes.claim(run, key, (other) => isTaken(story, other, sessionId));
  const lane = run.task && keyOfLane(run.task.lane);
  if (sessionId === undefined) return;
  const session = lane === undefined ? story.sessions.ofId(sessionId, true) : story.bind(sessionId, lane, "inferred");
  // A session runs one at a time: a cut run that another one follows holds it no more.
  for (const before of process.openRuns.allOfSession(sessionId)) {
    if (before !== run && before.cut) story.foundGone(before, run.attemptStartedAt);
  }
  story.interrupted.delete(session);
  const canonical = session.canonicalKey;
  if (canonical !== undefined && story.recovering.delete(canonical)) story.recoveryRuns.add(run);
}

/** Whether a key belongs to another sessionId, so that this one's run is hardly its. */
function isTaken(story: Story, canonical: string, sessionId: string | undefined): boolean {
  if (canonical === "") return false;
  const ids = story.sessions.ofKey(canonical.replace(/^agent:main:/, "")).sessionIds;
  return ids.size > 0 && (sessionId === undefined || !ids.has(sessionId));
}

export function runLine(
  story: Story,
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
  const life = story.lifeOf(event);
  // A log that begins in the middle of a run shows a run without its start. A
  // warning alone does not: at the default level it is all that a log has of a run.
  const run = ofRun(story, event) ?? (isWarning(event) ? undefined : story.runs.add(event, life));
  if (!run) return;
  if (run.sessionId === undefined && event.sessionId !== undefined) {
    run.life.process.openRuns.delete(run);
    story.runs.setSession(run, event.sessionId);
  }
  if (!run.end && !run.lost) run.life.process.openRuns.add(run);
  run.lastSeenAt = event.time ?? run.lastSeenAt;
  story.noteOfRun(run, event);
  showsLife(run, event, life);
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
        story.end(run, {
          time: event.time,
          state: run.timedOut ? "timed-out" : "aborted",
          strength: END_STRENGTH.cleanup,
        });
      }
      break;
    case "run-done":
    case "run-end":
      story.end(run, { time: event.time, state: endState(run, event.aborted), strength: END_STRENGTH.done });
      story.runs.lastDone = run;
      break;
    default:
      break;
  }
}

export function ofRun(
  story: Story,
  event: { runId: string; sessionId: string | undefined; truncatedId: boolean },
): Run | undefined {
  return story.runs.find(event.runId, event.sessionId, event.truncatedId);
}

/** A line of a run's own after the cut: it was only slow. */
function showsLife(run: Run, event: GatewayEvent, life: Life): void {
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
