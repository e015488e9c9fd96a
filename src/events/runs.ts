/** Lines of one agent run. All are DEBUG unless said, so a default log has none of them. */
import { AGENT, DIAGNOSTIC, known, loggedId, spec, word } from "./spec.ts";

// A runId is the client's idempotency key, so any text: it is read up to the
// field that is known to follow it, never up to the next space.
const START =
  /^embedded run start: runId=(.+?)(?: sessionId=(\S+))?(?: provider=(.*?))?(?: model=(.*?))?(?: thinking=\S*)?(?: messageChannel=(\S*))?$/s;
const RUN_AND_SESSION = /^(.*?) sessionId=(\S+)(?: [A-Za-z]+=.*)?$/s;
const RUN_WITHOUT_SESSION = /^(.*?)(?: [A-Za-z]+=.*)?$/s;
const RUN_ONLY = /^.*?runId=(.*?)(?: (?:isError|error|model|provider|tool|toolCallId)=.*)?$/s;

/** What a line says of its run. */
export interface OfRun {
  readonly runId: string;
  readonly truncatedId: boolean;
  readonly sessionId: string | undefined;
}

function runAndSession(message: string): OfRun | undefined {
  const at = message.indexOf("runId=");
  if (at < 0) return undefined;
  const ids = message.slice(at + "runId=".length);
  const match = RUN_AND_SESSION.exec(ids) ?? RUN_WITHOUT_SESSION.exec(ids);
  if (!match?.[1]) return undefined;
  const { id, truncated } = loggedId(match[1]);
  return { runId: id, truncatedId: truncated, sessionId: known(match[2]) };
}

function runOnly(message: string): OfRun | undefined {
  const match = RUN_ONLY.exec(message);
  if (!match?.[1]) return undefined;
  const { id, truncated } = loggedId(match[1]);
  return { runId: id, truncatedId: truncated, sessionId: undefined };
}

const runStart = spec({
  starts: "embedded run start: ",
  by: AGENT,
  samples: [
    "embedded run start: runId=12cbe357-0a5b-4f43-9a66-6d2a4b0c9f11 sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242 provider=fake model=fake thinking=off messageChannel=webchat",
    "embedded run start: runId=12cbe357...",
  ],
  read: (message) => {
    const match = START.exec(message);
    if (!match?.[1]) return undefined;
    const { id, truncated } = loggedId(match[1]);
    return {
      runId: id,
      truncatedId: truncated,
      sessionId: known(match[2]),
      provider: match[3],
      model: match[4],
      channel: known(match[5]),
    };
  },
});

const promptStart = spec({
  starts: "embedded run prompt start: ",
  by: AGENT,
  samples: ["embedded run prompt start: runId=hello-1 sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242"],
  read: runAndSession,
});

const agentStart = spec({
  starts: "embedded run agent start",
  by: AGENT,
  samples: ["embedded run agent start: runId=hello-1"],
  read: runOnly,
});

/** From 4.15 on the file holds the error form as an object beside the bare words. */
const agentEnd = spec({
  starts: "embedded run agent end",
  by: AGENT,
  samples: [
    "embedded run agent end: runId=hello-1",
    "embedded run agent end: runId=e1 isError=true model=fake provider=fake error=LLM request failed.",
  ],
  read: (message, record) => {
    const run = runOnly(message);
    if (run) {
      const isError = word(message, "isError");
      return { ...run, isError: isError === undefined ? undefined : isError === "true" };
    }
    const { runId, isError } = record.meta ?? {};
    if (typeof runId !== "string" || runId === "") return undefined;
    return { runId, truncatedId: false, sessionId: undefined, isError: isError === true };
  },
});

const promptEnd = spec({
  starts: "embedded run prompt end: ",
  by: AGENT,
  samples: ["embedded run prompt end: runId=hello-1 sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242 durationMs=48"],
  read: runAndSession,
});

const TOOL = /^embedded run tool (?:start|end): runId=(.*) tool=(\S*) toolCallId=.*$/s;

function tool(message: string) {
  const match = TOOL.exec(message);
  if (!match?.[1]) return undefined;
  return { runId: match[1], truncatedId: false, sessionId: undefined, tool: match[2] ?? "" };
}

const toolStart = spec({
  starts: "embedded run tool start: ",
  by: AGENT,
  samples: ["embedded run tool start: runId=12cbe357 tool=gateway toolCallId=call_1795419507225"],
  read: tool,
});

const toolEnd = spec({
  starts: "embedded run tool end: ",
  by: AGENT,
  samples: ["embedded run tool end: runId=12cbe357 tool=gateway toolCallId=call_1795419507225"],
  read: tool,
});

const compaction = spec({
  starts: "embedded run compaction ",
  by: AGENT,
  samples: ["embedded run compaction start: runId=hello-1", "embedded run compaction retry: runId=hello-1"],
  read: runOnly,
});

const FAILOVER = /^embedded run failover decision: runId=(.*?) stage=\S*(?:.*? decision=(\S+))?/s;

const failoverDecision = spec({
  starts: "embedded run failover decision: ",
  by: AGENT,
  samples: [
    "embedded run failover decision: runId=e1 stage=assistant decision=surface_error reason=format attempt=1 retry=0 rotations=0 from=fake/fake profile=-",
  ],
  read: (message) => {
    const match = FAILOVER.exec(message);
    if (!match?.[1]) return undefined;
    return { runId: match[1], truncatedId: false, sessionId: undefined, decision: match[2] ?? "" };
  },
});

/** WARN. The gateway gives the run up; `done` or `run cleanup` follow once it let go. */
const runTimeout = spec({
  starts: "embedded run timeout: ",
  by: AGENT,
  samples: ["embedded run timeout: runId=hello-1 sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242 timeoutMs=600000"],
  read: (message) => {
    const run = runAndSession(message);
    return run && { ...run, timeoutMs: Number(word(message, "timeoutMs") ?? Number.NaN) };
  },
});

/** WARN. */
const abortStillStreaming = spec({
  starts: "embedded run abort still streaming: ",
  by: AGENT,
  samples: ["embedded run abort still streaming: runId=hello-1 sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242"],
  read: runAndSession,
});

/** 2.17 and later; from 5.28 on it is all that an aborted run logs of its end. */
const runCleanup = spec({
  starts: "run cleanup: ",
  by: AGENT,
  samples: ["run cleanup: runId=h2 sessionId=340d944f-d545-4f64-a6b2-67bd4fb643fc aborted=true timedOut=false"],
  read: (message) => {
    const run = runAndSession(message);
    return run && { ...run, aborted: word(message, "aborted") === "true" };
  },
});

const runDone = spec({
  starts: "embedded run done: ",
  by: AGENT,
  samples: [
    "embedded run done: runId=hello-1 sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242 durationMs=124 aborted=false",
  ],
  read: (message) => {
    const run = runAndSession(message);
    return run && { ...run, aborted: word(message, "aborted") === "true" };
  },
});

/** No gateway logs it, but people write it in timelines. */
const runEnd = spec({
  starts: "embedded run end",
  by: AGENT,
  samples: ["embedded run end: runId=12cbe357..."],
  read: (message) => {
    const run = runAndSession(message);
    return run && { ...run, aborted: word(message, "aborted") === "true" };
  },
});

/** 5.28 and later; ties all three names of a turn. */
const turnCreated = spec({
  starts: "session turn created: ",
  by: DIAGNOSTIC,
  samples: [
    "session turn created: runId=n1 sessionId=340d944f-d545-4f64-a6b2-67bd4fb643fc sessionKey=agent:main:main agentId=main channel=webchat trigger=user",
  ],
  read: (message) => {
    const match = /^session turn created: runId=(.*?) sessionId=(\S+) sessionKey=(.*?)(?: agentId=.*)?$/s.exec(message);
    if (!match?.[1]) return undefined;
    return { runId: match[1], truncatedId: false, sessionId: known(match[2]), sessionKey: known(match[3]) };
  },
});

/** The gateway found that the turn before never ended; the wording changed at 4.15 and 9.6. */
const orphanedMessage = spec({
  starts: "Removed orphaned user message",
  by: AGENT,
  samples: [
    "Removed orphaned user message to prevent consecutive user turns. runId=ok-21-29 sessionId=16cb14e2-76ee-4f09-a360-c57ac36b62ee",
  ],
  read: runAndSession,
});

const orphanedMessageKept = spec({
  starts: "Preserved orphaned user message",
  by: AGENT,
  samples: [
    "Preserved orphaned user message without removing the active session leaf. runId=7b602df9 sessionId=340d944f trigger=user",
  ],
  read: runAndSession,
});

const orphanedMessageMerged = spec({
  starts: "Merged and removed orphaned user message",
  by: AGENT,
  samples: ["Merged and removed orphaned user message into the next turn. runId=7b602df9 sessionId=340d944f"],
  read: runAndSession,
});

export const RUN_EVENTS = {
  "run-start": runStart,
  "prompt-start": promptStart,
  "agent-start": agentStart,
  "agent-end": agentEnd,
  "prompt-end": promptEnd,
  "tool-start": toolStart,
  "tool-end": toolEnd,
  compaction,
  "failover-decision": failoverDecision,
  "run-timeout": runTimeout,
  "abort-still-streaming": abortStillStreaming,
  "run-cleanup": runCleanup,
  "run-done": runDone,
  "run-end": runEnd,
  "turn-created": turnCreated,
  "orphaned-message": orphanedMessage,
  "orphaned-message-kept": orphanedMessageKept,
  "orphaned-message-merged": orphanedMessageMerged,
} as const;
