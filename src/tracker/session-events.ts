/** Lines of sessions: registered runs, messages, aborts, recoveries. */
import type { EventOf, GatewayEvent } from "../events/index.ts";
import { END_STRENGTH, type Process, type Session } from "./state.ts";
import { endState, OVERLAP_MS, SAME_MESSAGE_MS, type Story } from "./story.ts";
import { copyOf } from "./strings.ts";

/** What a process remembers of its registrations: they count in the moments after a change of process. */
const MOST_REGISTERED = 20_000;

export function registered(story: Story, event: EventOf<"run-registered">): void {
  const { process } = story.lifeOf(event);
  register(story, process, event.sessionId);
  if (!process.openRuns.ofSession(event.sessionId)) {
    process.lanes.claimHidden(event.sessionId, story.sessions.keyOf(event.sessionId), event.time);
  }
  if (event.totalActive !== 1) return;
  // The gateway counts its active runs: alone means that whoever we held for active is gone.
  for (const run of process.openRuns.cut()) {
    if (run.sessionId !== event.sessionId) story.foundGone(run, event.time);
  }
}

function register(story: Story, process: Process, sessionId: string): void {
  process.registered ??= new Map();
  const { registered } = process;
  // Taken out first, so that the newest ones stand last.
  const isKnown = registered.delete(sessionId);
  registered.set(isKnown ? sessionId : copyOf(sessionId), story.sequence);
  if (registered.size <= MOST_REGISTERED) return;
  let surplus = MOST_REGISTERED / 2;
  for (const id of registered.keys()) {
    if (surplus === 0) break;
    registered.delete(id);
    surplus -= 1;
  }
}

export function cleared(story: Story, event: EventOf<"run-cleared">): void {
  const process = story.processOf(event);
  const session = story.sessions.find(event.sessionId);
  if (session) {
    session.activeSeen = undefined;
    story.queue(session);
  }
  const before = story.gateway.processes[process.index - 1];
  // A console hides the gateway's own checks, so the run that is cleared here may be one that it does not show.
  const overlaps =
    before !== undefined &&
    process.registered?.has(event.sessionId) !== true &&
    (event.time ?? 0) - (before.endedAt ?? 0) <= OVERLAP_MS;
  const run =
    process.openRuns.ofSession(event.sessionId) ?? (overlaps ? before.lostRuns.ofSession(event.sessionId) : undefined);
  if (!run) return;
  story.noteOfRun(run, event);
  run.lastSeenAt = event.time ?? run.lastSeenAt;
  const state = endState(run, run.abortLoggedAt !== undefined);
  story.end(run, { time: event.time, state, strength: END_STRENGTH.cleared });
  story.lastCleared = run;
}

export function aborting(story: Story, event: EventOf<"aborting-run">): void {
  const run = story.processOf(event).openRuns.ofSession(event.sessionId);
  if (run) {
    run.abortLoggedAt = event.time ?? story.lastAt;
    story.noteOfRun(run, event);
  }
}

/** An abort with no name on it is a run's own only where no other run could be meant. */
export function abortError(story: Story, event: EventOf<"abort-error">): void {
  const { only } = story.processOf(event).openRuns;
  if (only) {
    only.abortLoggedAt = event.time ?? story.lastAt;
    story.noteOfRun(only, event);
  }
  story.gateway.note(story.sequence, event);
}

export function waits(story: Story, session: Session, event: GatewayEvent): void {
  story.lifeOf(event);
  session.activeSeen = { time: event.time };
  story.held.add(session);
  session.waiting ??= [];
  const isSame = session.waiting.length > 0 && (event.time ?? 0) - (session.waiting.at(-1) ?? 0) <= SAME_MESSAGE_MS;
  if (isSame) return;
  session.waiting.push(event.time);
  story.noteOfSession(session, event);
}

export function message(
  story: Story,
  event: EventOf<"session-state" | "message-queued" | "message-dispatched" | "message-processed">,
): void {
  story.lifeOf(event);
  if (event.sessionId !== undefined && event.sessionKey !== undefined)
    story.bindTold(event.sessionId, event.sessionKey);
  const session =
    event.sessionKey !== undefined
      ? story.sessions.ofKey(event.sessionKey)
      : event.sessionId !== undefined
        ? story.sessions.ofId(event.sessionId)
        : undefined;
  if (!session) return;
  if (event.kind === "message-queued") {
    const before = session.undispatched;
    session.undispatched = {
      oldestAt: before ? before.oldestAt : event.time,
      oldest: before?.oldest ?? story.sequence,
      newest: story.sequence,
      count: (before?.count ?? 0) + 1,
    };
    story.withMessages.add(session);
  } else if (event.kind === "message-dispatched") {
    story.newestDispatched = Math.max(story.newestDispatched, session.undispatched?.newest ?? -1);
    session.undispatched = undefined;
  } else if (event.kind === "message-processed") {
    session.undispatched = undefined;
    // Steered into the running turn, so it waits no more.
    session.waiting?.pop();
    if (event.outcome === "completed") {
      session.answeredSequence = story.sequence;
    }
  }
}

export function stuck(
  story: Story,
  event: EventOf<"stuck-session" | "stalled-session" | "long-running-session">,
): void {
  story.lifeOf(event);
  if (event.sessionId !== undefined && event.sessionKey !== undefined)
    story.bindTold(event.sessionId, event.sessionKey);
  sessionNote(story, event, event.sessionId, event.sessionKey);
}

export function sessionNote(story: Story, event: GatewayEvent, sessionId: string | undefined, key?: string): void {
  const session = key !== undefined ? story.sessions.ofKey(key) : sessionId && story.sessions.find(sessionId);
  if (session) story.noteOfSession(session, event);
}

export function recovery(story: Story, event: EventOf<"session-resumed" | "session-recovery-started">): void {
  story.lifeOf(event);
  story.gateway.note(story.sequence, event);
  const session = story.sessions.ofKey(event.sessionKey);
  if (session.canonicalKey !== undefined) story.recovering.add(session.canonicalKey);
  story.interrupted.delete(session);
}
