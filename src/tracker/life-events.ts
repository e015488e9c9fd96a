/** What restarts and the ends of processes do to runs and sessions. */
import type { EventOf } from "../events/index.ts";
import type { OrphanCause } from "../model.ts";
import type { LifeChange } from "./gateway-lives.ts";
import type { Run } from "./state.ts";
import type { Story } from "./story.ts";

export function restartedInProcess(story: Story, { before, life, shutdown }: LifeChange): void {
  const begun = shutdown?.sequence ?? story.sequence;
  interrupt(story, story.abortedByShutdown);
  const { openRuns, lanes } = before.process;
  for (const run of openRuns.uncut()) {
    if (run.attemptSequence < begun) openRuns.cutOff(run, { cause: "restart", time: shutdown?.time, life: life.index });
  }
  lanes.restarted();
  forgetUndispatched(story);
}

export function processReplaced(story: Story, { event, before: { process }, life, shutdown }: LifeChange): void {
  const cause: Exclude<OrphanCause, "stall"> = shutdown?.kind ?? "crash";
  interrupt(story, [...story.abortedByShutdown, ...process.openRuns]);
  for (const run of process.openRuns) {
    run.cut ??= { cause, time: shutdown?.time ?? event.time, life: life.index };
    run.lost = true;
    run.lostAt = event.time;
    process.lostRuns.add(run);
  }
  process.openRuns.clear();
  for (const session of story.held) {
    session.waiting = undefined;
    session.activeSeen = undefined;
    session.fileLock = undefined;
    story.queue(session);
  }
  story.held.clear();
  for (const canonical of process.lanes.sessions()) story.queue(story.sessions.findByKey(canonical));
  forgetUndispatched(story);
}

export function restartMode(story: Story, event: EventOf<"restart-mode">): void {
  const before = story.process;
  const lanes = before?.lanes;
  story.gateway.restartMode(story.sequence, event);
  if (!lanes || before.lanes === lanes) return;
  for (const canonical of lanes.sessions()) story.queue(story.sessions.findByKey(canonical));
}

function interrupt(story: Story, runs: readonly Run[]): void {
  for (const run of runs) {
    const session = story.sessionOf(run);
    if (session) story.interrupted.add(session);
  }
  story.abortedByShutdown = [];
}

/** A restart drops the messages that no run has taken up. */
function forgetUndispatched(story: Story): void {
  for (const session of story.withMessages) {
    session.undispatched = undefined;
    story.queue(session);
  }
  story.withMessages.clear();
  story.recoveryRuns.clear();
}
