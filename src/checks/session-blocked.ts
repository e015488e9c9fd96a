import type { Finding } from "../model.ts";
import { timelineOf } from "../finding-timeline.ts";
import type { SettledSession } from "../tracker/settle.ts";
import { countText, shortId, spanText } from "../words.ts";
import { type Check, exampleEnd, exampleLog, exampleRestart, exampleRun } from "./check.ts";
import { causeText, groundText, remedyText, upgradeText } from "./wording.ts";

/** A session that gets no answers now, because a dead or stalled run holds its lane, or the lane it waits for. */
export const sessionBlocked: Check = {
  code: "session-blocked",
  examples: {
    bad: [
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        ${exampleRestart("08:23:33")}
        08:30:00 [diagnostic] run active check: sessionId=id-of-main active=true`),
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        08:23:30 [diagnostic] lane task error: lane=session:main durationMs=10000 error="Error: session file locked (timeout 10000ms): pid=8 /s/id.jsonl.lock"`),
    ],
    good: [
      // A lock that was taken in the end.
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        08:23:30 [diagnostic] lane task error: lane=session:main durationMs=10000 error="Error: session file locked (timeout 10000ms): pid=8 /s/id.jsonl.lock"
        ${exampleRun("08:23:31", "main", "r1")}
        ${exampleEnd("08:23:35", "main", "r1")}`),
      // Held by a run that may be alive: busy, not blocked.
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        08:23:40 [diagnostic] run active check: sessionId=id-of-main active=true`),
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        ${exampleRestart("08:23:33")}
        ${exampleEnd("08:24:00", "main", "r1")}`),
    ],
  },
  run: ({ tracker, settled, settings, version }) =>
    settled.sessions
      .filter((it) => it.state === "blocked")
      .map((it): Finding => {
        const ground = it.waitsFor === "own-run" && it.holder ? `${groundText(it.holder, settings)} ` : "";
        const sessionId = it.holder?.run.sessionId ?? [...it.session.sessionIds].at(-1);
        const isOwn = it.waitsFor === "own-run";
        return {
          code: "session-blocked",
          severity: "error",
          confidence: it.confidence,
          message: `session ${it.key} gets no answers: ${holderText(it)}${sinceText(it)}${waitingText(it)}`,
          help: `${ground}${nextText(it, remedyText(version) + upgradeText(version))}`,
          ...(isOwn && it.holder ? { runId: it.holder.run.runId, location: it.holder.run.location } : {}),
          ...(isOwn && sessionId !== undefined ? { sessionId } : {}),
          sessionKey: it.key,
          ...timelineOf(tracker, isOwn ? it.holder?.run : undefined, it.session),
        };
      }),
};

function holderText(it: SettledSession): string {
  if (it.waitsFor === "full-lane") return `it waits for lane ${it.heldByLane ?? "main"}, which dead runs fill`;
  if (it.waitsFor === "lock-file") {
    return `its runs fail because a lock file of PID ${it.session.fileLock?.pid ?? "?"} bars its transcript`;
  }
  if (it.waitsFor === "recoveries") return "the gateway holds it back while recoveries of other sessions hang";
  if (!it.holder) return "a run is at work in it, and no line tells which";
  const run = `run ${shortId(it.holder.run.runId)} holds its lane`;
  return it.holder.cause === "stall" ? `${run} and has been silent` : `${run} since ${causeText(it.holder)} cut it off`;
}

function sinceText(it: SettledSession): string {
  if (it.silenceMs === undefined || it.silenceMs < 1000) return "";
  const isSaid = it.waitsFor === "own-run" && it.holder?.cause === "stall";
  return `${isSaid ? "" : ", silent"} for ${spanText(it.silenceMs)}`;
}

function waitingText(it: SettledSession): string {
  return it.waitingAtLeast === 0 ? "" : `, at least ${countText(it.waitingAtLeast, "message")} waiting`;
}

function nextText(it: SettledSession, remedy: string): string {
  if (it.waitsFor === "full-lane")
    return "Free the sessions whose runs fill the lane; this one then goes on by itself.";
  if (it.waitsFor === "lock-file") {
    return "In a container a new process often gets the PID of the one that died, so the gateway takes the dead one's lock for its own. Delete the session's .jsonl.lock in the state dir while no run of it is at work; the next message is then answered. Without that the lock counts for half an hour. openclaw 2026.3.31 and later tell such a lock from their own.";
  }
  if (it.waitsFor === "recoveries") {
    return "Reset this session (sessions.reset), or abort the recovery that hangs; aborting only its message changes nothing.";
  }
  return remedy;
}
