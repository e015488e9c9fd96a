import type { Finding } from "../model.ts";
import { timelineOf } from "../finding-timeline.ts";
import { spanText } from "../words.ts";
import { type Check, exampleEnd, exampleLog, exampleRun } from "./check.ts";
import { findingOfRun } from "./finding.ts";
import { groundText, runText } from "./wording.ts";

/** A run that has been silent for longer than the gateway lets one run, with no restart to explain it. */
export const runStalled: Check = {
  code: "run-stalled",
  examples: {
    bad: [
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        08:40:00 [heartbeat] started`),
    ],
    good: [
      // The gateway's own warning is no proof.
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        08:26:00 [diagnostic] stuck session: sessionId=id-of-main sessionKey=unknown state=processing age=160s queueDepth=0`),
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        ${exampleEnd("08:24:00", "main", "r1")}
        08:40:00 [heartbeat] started`),
    ],
  },
  run: ({ tracker, settled, settings }) =>
    settled.runs
      .filter((it) => it.state === "orphaned" && it.cause === "stall")
      .map((it): Finding => {
        const session = it.run.sessionId === undefined ? undefined : tracker.sessions.find(it.run.sessionId);
        return {
          code: "run-stalled",
          severity: "error",
          confidence: it.confidence,
          message: `${runText(it)} has been silent for ${spanText(it.silenceMs ?? 0)}, and no restart explains it`,
          help: `${groundText(it, settings)} If nothing comes, send /stop in its chat.`,
          ...findingOfRun(it),
          ...timelineOf(tracker, it.run, session),
        };
      }),
};
