import type { Diagnosis } from "../diagnosis.ts";
import type { Finding } from "../model.ts";
import { isAtLeast, versionText, type GatewayVersion } from "../gateway-version.ts";
import { type Check, exampleEnd, exampleLog, exampleRun } from "./check.ts";

/** The log holds no run lines, so it can neither show an orphan nor rule one out. */
export const logInconclusive: Check = {
  code: "log-inconclusive",
  examples: {
    bad: [exampleLog("08:23:20 [heartbeat] started")],
    good: [exampleLog(`${exampleRun("08:23:20", "main", "r1")}\n${exampleEnd("08:23:21", "main", "r1")}`)],
  },
  run: (diagnosis) => (diagnosis.tracker.showsRuns ? [] : [inconclusive(diagnosis)]),
};

function inconclusive({ tracker, version }: Diagnosis): Finding {
  const seen = tracker.counters.size > 0;
  return {
    code: "log-inconclusive",
    severity: "warning",
    confidence: "high",
    message: seen
      ? "this log cannot show runs: it holds no line of a run or a lane, and these are DEBUG lines"
      : "this log holds no line of a gateway that this tool knows",
    help: seen
      ? `${settingText(version)} A new level needs a restart, and a restart of the whole process ends a block by itself; so for the block at hand, look at the state dir on the gateway's own machine (--state-dir).`
      : "Check that this is a gateway's log. Without a file, clawdbot-sessions doctor finds the logs of this machine's gateways.",
    timeline: [],
    timelineOmitted: 0,
  };
}

/** The setting that brings run lines into the log of this version. */
function settingText(version: GatewayVersion): string {
  const name = versionText(version);
  if (isAtLeast(version, "2026.5.28")) return `For ${name}: set logging.level to "debug".`;
  const reversed =
    'up to 2026.4.5 the levels of the file are reversed, so set logging.level to "error" (it writes debug and up; "debug" writes only errors)';
  if (isAtLeast(version, "2026.4.7")) {
    return `For ${name}: start the gateway with OPENCLAW_LOG_LEVEL=debug (2026.4.15 ignores logging.* of its config).`;
  }
  if (version.product !== "openclaw") return `For ${name}: ${reversed}.`;
  return `For ${name}: ${reversed}; from 2026.3.31 on start it with OPENCLAW_LOG_LEVEL=debug, and from 2026.5.28 on set logging.level to "debug".`;
}
