/** Sentences that several checks share: why we believe it, and what can be done by hand. */
import { isAtLeast, type GatewayVersion } from "../gateway-version.ts";
import type { SettleSettings, SettledRun } from "../tracker/settle.ts";
import { shortId, spanText } from "../words.ts";

/** `run 12cbe357 on main`. */
export function runText(it: SettledRun): string {
  const on = !it.sessionKey ? "" : ` on ${it.sessionKey}`;
  return `run ${shortId(it.run.runId)}${on}`;
}

/** What cut a run off, as the end of a sentence. */
export function causeText(it: SettledRun): string {
  if (it.cause === "restart")
    return it.run.lost ? "a restart into a new process" : "a gateway restart in the same process";
  if (it.cause === "crash") return "a crash of the gateway";
  if (it.cause === "stop") return "a stop of the gateway";
  return "nothing that the log shows";
}

/** Why it is, or may not be, more than a slow run. */
export function groundText(it: SettledRun, settings: SettleSettings): string {
  const timeout = spanText(settings.runTimeoutMs);
  const silent = it.silenceMs === undefined ? "" : ` It has been silent for ${spanText(it.silenceMs)}.`;
  switch (it.ground) {
    case "past-run-timeout": {
      const aborted = it.run.abortLoggedAt === undefined ? "" : "it was aborted, and ";
      return `Not just slow: ${aborted}it is past the ${timeout} run timeout.`;
    }
    case "abort-logged":
      return "Not just slow: an abort was logged for it, and no end followed.";
    case "no-sign-of-life":
      return `It may still be a slow model call: it showed no line since, and the ${timeout} run timeout is not over.${silent}`;
    case "silent-too-long":
      return `No restart explains it, so this may still be a very long call.${silent} A "stuck session" warning of the gateway proves nothing: healthy slow runs get it too.`;
    case "process-replaced":
      return "A new gateway process took over, and its lanes began empty.";
    case "process-replaced-unsure":
      return "A second start line, with no restart before it, says that the process is a new one; its PID does not tell (in a container it is always the same).";
    case "stop-begun":
      return "The log ends while the gateway shuts down.";
    case "line-of-its-end":
      return "";
  }
}

/** How to free a session that a live process keeps, by hand, as measured on each version. */
export function remedyText(version: GatewayVersion): string {
  if (isAtLeast(version, "2026.5.28")) {
    return "Send /stop in its chat, or reset the session (sessions.reset); both free it on this version.";
  }
  if (isAtLeast(version, "2026.2.17")) {
    return "Reset the session (sessions.reset, or /new in its chat): it aborts the run and frees the session on this version; /stop does not.";
  }
  return "Send /stop: (with the colon) in its chat, and do it before any sessions.reset: that answers ok on 2026.1.x and leaves the session blocked for good.";
}

/**
 * A defect that a later version no longer has is worth one line. 2026.2.12 was
 * seen to wedge, 2026.2.17, which came next, to start a new process instead.
 */
export function upgradeText(version: GatewayVersion): string {
  if (isAtLeast(version, "2026.2.17")) return "";
  return " This defect is gone from openclaw 2026.2.17 on: a restart there starts a new process, unless OPENCLAW_NO_RESPAWN is set.";
}
