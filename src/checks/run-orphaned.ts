import type { Finding } from "../model.ts";
import { timelineOf } from "../finding-timeline.ts";
import { type Check, exampleEnd, exampleLog, exampleRestart, exampleRun } from "./check.ts";
import { findingOfRun } from "./finding.ts";
import { causeText, groundText, remedyText, runText, upgradeText } from "./wording.ts";

/** A run that a restart in the same process cut off, and that nothing ended. */
export const runOrphaned: Check = {
  code: "run-orphaned",
  examples: {
    bad: [
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        ${exampleRestart("08:23:33")}
        09:10:15 [heartbeat] started`),
    ],
    good: [
      // It was only slow: a line of its own came after the restart.
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        ${exampleRestart("08:23:33")}
        ${exampleEnd("08:24:00", "main", "r1")}`),
      // The restart came first.
      exampleLog(`
        ${exampleRestart("08:23:33")}
        ${exampleRun("08:24:20", "main", "r1")}`),
    ],
  },
  run: ({ tracker, settled, settings, version }) =>
    settled.runs
      .filter((it) => it.state === "orphaned" && it.cause !== "stall" && it.holds)
      .map((it): Finding => {
        const session = it.run.sessionId === undefined ? undefined : tracker.sessions.find(it.run.sessionId);
        const answered = it.answeredSince;
        return {
          code: "run-orphaned",
          severity: answered ? "warning" : "error",
          confidence: it.confidence,
          message: `${runText(it)} was cut off by ${causeText(it)} and never ended${answered ? "; its session answers again" : ""}`,
          help: `${groundText(it, settings)} ${remedyText(version)}${upgradeText(version)}`.trim(),
          ...findingOfRun(it),
          ...timelineOf(tracker, it.run, session),
        };
      }),
};
