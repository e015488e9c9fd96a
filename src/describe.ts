import type { EventOf, GatewayEvent } from "./events/index.ts";

/** An event in a few plain words, for a timeline. Chat text and tool arguments never come in here. */
export function describeEvent(event: GatewayEvent): string {
  switch (event.kind) {
    case "run-start":
      return `run started${event.provider === undefined ? "" : ` on ${event.provider}/${event.model ?? "?"}`}`;
    case "prompt-start":
      return "prompt built";
    case "agent-start":
      return "agent turn started";
    case "agent-end":
      return event.isError ? "agent turn ended with an error" : "agent turn ended";
    case "prompt-end":
      return "prompt ended";
    case "tool-start":
      return `tool ${event.tool} started`;
    case "tool-end":
      return `tool ${event.tool} ended`;
    case "compaction":
      return "compaction started";
    case "failover-decision":
      return `fail-over decision: ${event.decision}`;
    case "run-timeout":
      return `run timeout after ${event.timeoutMs} ms`;
    case "abort-still-streaming":
      return "aborted, and still streaming";
    case "run-cleanup":
      return `run cleaned up, aborted=${event.aborted}`;
    case "run-done":
      return `run done, aborted=${event.aborted}`;
    case "run-end":
      return "run ended";
    case "turn-created":
      return "turn created";
    case "orphaned-message":
    case "orphaned-message-kept":
    case "orphaned-message-merged":
      return "gateway notes that the turn before never ended";
    case "lane-enqueue":
      return `lane ${event.lane}: task queued, ${event.queueSize} in all`;
    case "lane-dequeue":
      return `lane ${event.lane}: task let in after ${event.waitMs} ms`;
    case "lane-done":
      return `lane ${event.lane}: task done`;
    case "lane-error":
      return `lane ${event.lane}: task failed${failureText(event)}`;
    case "lane-interrupted":
      return `lane ${event.lane}: task interrupted`;
    case "lane-wait-exceeded":
      return `lane ${event.lane}: waited ${event.waitedMs} ms`;
    case "run-registered":
      return "run registered";
    case "run-cleared":
      return "run cleared";
    case "run-active-check":
      return "message arrived, run still active: it waits";
    case "session-state":
      return `session ${event.state} (${event.reason})`;
    case "aborting-run":
      return "abort sent to the run";
    case "abort-failed":
      return `abort failed: ${event.reason}`;
    case "message-queued":
      return "message queued";
    case "message-dispatched":
      return "message dispatched";
    case "message-processed":
      return `message processed: ${event.outcome}`;
    case "stuck-session":
    case "stalled-session":
    case "long-running-session":
      return `gateway warns: session ${event.state} for ${event.ageSeconds} s`;
    case "session-resumed":
    case "session-recovery-started":
      return `gateway goes on with the interrupted turn of ${event.sessionKey} under a new run`;
    case "gateway-listening":
      return event.pid === undefined ? "gateway up" : `gateway up, PID ${event.pid}`;
    case "gateway-loading":
      return "a new gateway process starts";
    case "gateway-start-failed":
      return "a second instance did not start";
    case "gateway-starting-http":
    case "gateway-http-listening":
    case "gateway-ready":
      return "gateway up";
    case "signal-received":
      return `${event.signal} received`;
    case "shutdown-begun":
      return `${event.signal}, gateway ${event.restart ? "restarts" : "shuts down"}`;
    case "restart-ignored":
      return "restart ignored (not authorized)";
    case "restart-mode":
      return event.inProcess ? "restart in the same process" : "restart into a new process";
    case "draining":
      return "gateway waits for active work";
    case "drain-timeout":
      return "waited long enough, restart goes on";
    case "shutdown-timeout":
      return "shutdown timed out";
    case "runs-aborted":
      return `gateway aborted ${event.runs} active run(s)`;
    case "reload-needs-restart":
      return "config change requires a restart";
    case "tool-restart":
      return "the agent's gateway tool asks for a restart";
    case "unhandled-rejection":
      return "unhandled promise rejection: the process ends";
    case "stale-lock-removed":
      return "gateway removed a stale session lock";
    case "log-capped":
      return "log file size cap reached: nothing more is written";
    case "abort-error":
      return "AbortError: This operation was aborted";
  }
}

/** An error's text can quote a request, so only what is known of it is told: what barred the run, or the error's class. */
function failureText({ aborted, error, lockedByPid }: EventOf<"lane-error">): string {
  if (lockedByPid !== null) return `, its transcript is locked by PID ${lockedByPid}`;
  if (aborted) return ", aborted";
  const name = /^([A-Z][A-Za-z]{0,40}Error)\b/.exec(error)?.[1];
  return name === undefined ? "" : `, ${name}`;
}
