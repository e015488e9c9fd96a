import type { Finding } from "../model.ts";
import { isoTime } from "../finding-timeline.ts";
import { type Check, exampleLog } from "./check.ts";

/** The log is not whole: what happened in its gaps is not known. */
export const logGap: Check = {
  code: "log-gap",
  examples: {
    bad: [
      exampleLog(
        "08:23:20 [gateway] log file size cap reached; suppressing writes file=/tmp/openclaw/openclaw-2026-01-28.log maxFileBytes=524288000",
      ),
    ],
    good: [exampleLog("08:23:20 [heartbeat] started")],
  },
  run: ({ tracker }) => {
    const capped = tracker.counters.get("log-capped");
    if (!capped) return [];
    const at = tracker.gateway.timeline.findLast((it) => it.event.kind === "log-capped")?.event;
    return [
      {
        code: "log-gap",
        severity: "warning",
        confidence: "high",
        message: `the log stops at its size cap (${isoTime(capped.lastAt) ?? "time unknown"}): what came later is missing`,
        help: "Runs that look open at that moment may have ended since. Read the service log of the same time as well, or raise logging.maxFileBytes.",
        ...(at ? { location: at.location } : {}),
        timeline: [],
        timelineOmitted: 0,
      } satisfies Finding,
    ];
  },
};
