/** What a log that goes on for months need not remember: runs that ended well, and sessions that nothing holds. */
import type { Fifo } from "./fifo.ts";
import { SESSION_IDS } from "./retention.ts";
import type { Run, Session } from "./state.ts";
import type { Story } from "./story.ts";

/** A run whose lane is free logs its own end a moment later; in that moment not as many others end. */
const LAST_WORDS = 64;
/** Sessions that one event may have looked at for being idle; it touches one or two. */
const LOOKS = 8;

/** To be called after each event. */
export function forget(story: Story): void {
  const { retention } = story;
  forgetRuns(story, story.ended, retention.endedRuns);
  forgetRuns(story, story.saidOver, retention.endedRuns + LAST_WORDS);
  if (story.idle.size > retention.idleSessions) forgetSessions(story);
}

/** Ended runs beyond those that are kept at hand: their lines are dropped, and all of those that ended well. */
function forgetRuns(story: Story, ended: Fifo<Run>, limit: number): void {
  for (let excess = ended.size - limit; excess > 0; excess--) {
    const run = ended.shift();
    if (!run) return;
    run.queued -= 1;
    if (run.queued > 0 || !run.end) continue;
    if (run === story.runs.lastDone || run === story.lastCleared) {
      story.queueEnded(run);
      continue;
    }
    run.timeline = undefined;
    run.task = undefined;
    if (run.end.state !== "completed" && story.retention.keepsBadEnds) continue;
    if (story.retention.keepsRun(run)) continue;
    if (story.retention.counts(run)) story.forgottenRuns += 1;
    story.runs.forget(run);
    story.recoveryRuns.delete(run);
    const session = run.sessionId === undefined ? undefined : story.sessions.find(run.sessionId);
    story.queue(session);
    if (session) forgetOldId(story, session);
  }
}

/** A session that never rests would gather an id for each of its conversations. */
function forgetOldId(story: Story, session: Session): void {
  const [oldest] = session.sessionIds;
  if (oldest === undefined || session.sessionIds.size <= SESSION_IDS || story.runs.hasOfSession(oldest)) return;
  story.process?.registered?.delete(oldest);
  story.sessions.forgetId(session, oldest);
}

/** Sessions that no line has named while many others were, and that nothing holds. */
function forgetSessions(story: Story): void {
  // As long as no run was seen, they are told apart from the ones that are free.
  if (!story.showsRuns) return;
  for (let looks = 0; looks < LOOKS && story.idle.size > story.retention.idleSessions; looks++) {
    const session = story.idle.shift();
    if (!session) return;
    if (session.touched) {
      session.touched = false;
      story.idle.push(session);
      continue;
    }
    session.queued = false;
    if (!isIdle(story, session) || story.retention.keepsSession(session)) continue;
    if (session.canonicalKey !== undefined) story.process?.lanes.forget(session.canonicalKey);
    for (const id of session.sessionIds) story.process?.registered?.delete(id);
    story.held.delete(session);
    story.withMessages.delete(session);
    story.sessions.forget(session);
  }
}

/** Nothing that is known of it would change what is told of it, or of a run of it, later. */
function isIdle(story: Story, session: Session): boolean {
  const { canonicalKey: canonical, waiting, activeSeen, undispatched, fileLock, timeline } = session;
  if ((waiting && waiting.length > 0) || activeSeen || undispatched || fileLock || timeline) return false;
  if (story.interrupted.has(session)) return false;
  if (canonical !== undefined) {
    if (story.recovering.has(canonical) || story.process?.lanes.isIdle(canonical) === false) return false;
  }
  for (const id of session.sessionIds) if (story.runs.hasOfSession(id)) return false;
  return true;
}
