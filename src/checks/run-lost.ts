import type { Finding } from "../model.ts";
import { timelineOf } from "../finding-timeline.ts";
import { type Check, exampleEnd, exampleLog, exampleRestart, exampleRun } from "./check.ts";
import { findingOfRun } from "./finding.ts";
import { causeText, groundText, runText } from "./wording.ts";

/** A run whose process is gone. Its answer never came; its session is free. */
export const runLost: Check = {
  code: "run-lost",
  examples: {
    bad: [
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        08:23:40 [gateway] listening on ws://127.0.0.1:18789 (PID 4799)`),
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        08:23:33 [gateway] received SIGTERM; shutting down
        08:23:40 [gateway] listening on ws://127.0.0.1:18789 (PID 4799)`),
    ],
    good: [
      // The old process's last line comes among the new one's first.
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        08:23:40 [gateway] listening on ws://127.0.0.1:18789 (PID 4799)
        ${exampleEnd("08:23:41", "main", "r1")}`),
      exampleLog(`
        ${exampleRun("08:23:20", "main", "r1")}
        ${exampleRestart("08:23:33")}`),
    ],
  },
  run: ({ tracker, settled, settings }) => {
    // Of several under one name the first counts.
    const stateOf = new Map(settled.sessions.toReversed().map((it) => [it.key, it.state]));
    return settled.runs
      .filter((it) => it.state === "orphaned" && it.cause !== "stall" && !it.holds)
      .map((it): Finding => {
        const answered = it.answeredSince;
        const next = answered
          ? "The session has answered since; only this run's answer is missing."
          : it.sessionKey !== undefined && stateOf.get(it.sessionKey) === "free"
            ? "The session is free: send the message again if its answer still matters."
            : "It holds its session no more; what the session does now is told apart.";
        return {
          code: "run-lost",
          severity: answered ? "note" : "warning",
          confidence: it.confidence,
          message: `${runText(it)} was lost to ${causeText(it)}: its process is gone`,
          help: `${groundText(it, settings)} ${next}`,
          ...findingOfRun(it),
          ...timelineOf(tracker, it.run, undefined),
        };
      });
  },
};
