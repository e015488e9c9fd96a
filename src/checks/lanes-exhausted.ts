import type { Finding } from "../model.ts";
import { timelineOf } from "../finding-timeline.ts";
import { keyOfTask } from "../tracker/settle.ts";
import { countText, shortId } from "../words.ts";
import { type Check, exampleEnd, exampleLog, exampleRestart, exampleRun } from "./check.ts";
import { findingOfRun } from "./finding.ts";
import { remedyText, upgradeText } from "./wording.ts";

const FOUR = ["a", "b", "c", "d"].map((key) => exampleRun("08:23:20", key, `run-${key}`)).join("\n");
const ONE_MORE = `
  08:24:00 [diagnostic] lane enqueue: lane=session:e queueSize=1
  08:24:00 [diagnostic] lane dequeue: lane=session:e waitMs=1 queueSize=0
  08:24:00 [diagnostic] lane enqueue: lane=main queueSize=5`;

/** A lane that all sessions share, full, and at least one of its holders dead: who waits there waits in vain. */
export const lanesExhausted: Check = {
  code: "lanes-exhausted",
  examples: {
    bad: [exampleLog(`${FOUR}\n${exampleRestart("08:23:33")}\n${ONE_MORE}`)],
    good: [
      // Full, but all four may be alive.
      exampleLog(`${FOUR}\n${ONE_MORE}`),
      exampleLog(`
        ${FOUR}
        ${exampleRestart("08:23:33")}
        ${ONE_MORE}
        ${exampleEnd("08:24:10", "a", "run-a")}
        08:24:10 [diagnostic] lane dequeue: lane=main waitMs=10000 queueSize=0`),
    ],
  },
  run: ({ tracker, settled, version }) =>
    settled.exhausted.map(({ lane, holders, waiting }): Finding => {
      const dead = holders.filter((it) => it?.holds === true);
      const keys = [...new Set(waiting.map(keyOfTask).filter((it) => it !== undefined))];
      const first = dead[0];
      const names = dead.map(
        (it) => `${shortId(it?.run.runId ?? "")}${it?.sessionKey === undefined ? "" : ` (${it.sessionKey})`}`,
      );
      const others = holders.length - dead.length;
      return {
        code: "lanes-exhausted",
        severity: "error",
        confidence: dead.every((it) => it?.confidence === "high") ? "high" : "medium",
        message: `lane ${lane} is full, and ${dead.length} of its ${holders.length} holders are dead: ${countText(keys.length, "session")} waiting`,
        help: `Dead: ${names.join(", ")}.${others === 0 ? "" : ` The other ${others === 1 ? "one" : others} may be alive and free a slot.`} Every session that needs the lane waits, also those that are not listed as blocked yet. Free the dead ones: ${remedyText(version)}${upgradeText(version)}`,
        ...(first ? findingOfRun(first) : {}),
        ...timelineOf(tracker, first?.run, undefined),
      };
    }),
};
