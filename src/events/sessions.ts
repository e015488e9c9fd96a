/** Lines of a session: its state, its messages, its aborts. DEBUG unless said. */
import { DIAGNOSTIC, count, known, spec, word } from "./spec.ts";

const STATE = /^session state: sessionId=(\S+) sessionKey=(.*?) prev=(\S+) new=(\S+) reason=/s;
const REASON = /^"?([^"]*?)"?(?: queueDepth=\d+)?$/;
const STUCK = /^(?:stuck|stalled|long-running) session: sessionId=(\S+) sessionKey=(.*?) state=(\S+) age=(\d+)s/s;
const MESSAGE_KEY = /sessionKey=(.*?)(?: (?:source|outcome|queueDepth|reason|sessionState|duration)=.*)?$/s;

/** The message's ids: key and sessionId, as far as the gateway knew them. */
function ofSession(message: string) {
  return {
    sessionId: known(word(message, "sessionId")),
    sessionKey: known(MESSAGE_KEY.exec(message)?.[1]),
  };
}

function stuck(message: string) {
  const match = STUCK.exec(message);
  if (!match) return undefined;
  return {
    sessionId: known(match[1]),
    sessionKey: known(match[2]),
    state: match[3] ?? "",
    ageSeconds: Number(match[4]),
  };
}

export const SESSION_EVENTS = {
  "run-registered": spec({
    starts: "run registered: ",
    by: DIAGNOSTIC,
    samples: ["run registered: sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242 totalActive=1"],
    read: (message) => {
      const sessionId = known(word(message, "sessionId"));
      return sessionId === undefined ? undefined : { sessionId, totalActive: count(message, "totalActive") };
    },
  }),
  "run-cleared": spec({
    starts: "run cleared: ",
    by: DIAGNOSTIC,
    samples: ["run cleared: sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242 totalActive=0"],
    read: (message) => {
      const sessionId = known(word(message, "sessionId"));
      return sessionId === undefined ? undefined : { sessionId, totalActive: count(message, "totalActive") };
    },
  }),
  /** A message came in while a run holds the session: it waits, or is steered into the run. */
  "run-active-check": spec({
    starts: "run active check: ",
    by: DIAGNOSTIC,
    samples: ["run active check: sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242 active=true"],
    read: (message) => {
      const sessionId = known(word(message, "sessionId"));
      return sessionId === undefined ? undefined : { sessionId, active: word(message, "active") === "true" };
    },
  }),
  "session-state": spec({
    starts: "session state: ",
    by: DIAGNOSTIC,
    samples: [
      'session state: sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242 sessionKey=unknown prev=idle new=processing reason="run_started" queueDepth=0',
    ],
    read: (message) => {
      const match = STATE.exec(message);
      const reason = match && REASON.exec(message.slice(match[0].length));
      if (!match || !reason) return undefined;
      return {
        sessionId: known(match[1]),
        sessionKey: known(match[2]),
        state: match[4] ?? "",
        reason: reason[1] ?? "",
      };
    },
  }),
  "aborting-run": spec({
    starts: "aborting run: ",
    by: DIAGNOSTIC,
    samples: ["aborting run: sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242"],
    read: (message) => {
      const sessionId = known(word(message, "sessionId"));
      return sessionId === undefined ? undefined : { sessionId };
    },
  }),
  "abort-failed": spec({
    starts: "abort failed: ",
    by: DIAGNOSTIC,
    samples: ["abort failed: sessionId=89ee0284-3dd4-4882-bd0b-d87da4e4276a reason=no_active_run"],
    read: (message) => {
      const sessionId = known(word(message, "sessionId"));
      return sessionId === undefined ? undefined : { sessionId, reason: word(message, "reason") ?? "" };
    },
  }),
  "message-queued": spec({
    starts: "message queued: ",
    by: DIAGNOSTIC,
    samples: [
      "message queued: sessionId=340d944f-d545-4f64-a6b2-67bd4fb643fc sessionKey=agent:main:main source=dispatch queueDepth=1 sessionState=idle",
    ],
    read: ofSession,
  }),
  "message-dispatched": spec({
    starts: "message dispatch started: ",
    by: DIAGNOSTIC,
    samples: [
      "message dispatch started: channel=webchat sessionId=unknown sessionKey=agent:main:main source=replyResolver",
    ],
    read: ofSession,
  }),
  "message-processed": spec({
    starts: "message processed: ",
    by: DIAGNOSTIC,
    samples: [
      "message processed: channel=webchat chatId=unknown messageId=h1 sessionId=340d944f sessionKey=agent:main:main outcome=completed duration=551ms",
    ],
    read: (message) => ({ ...ofSession(message), outcome: word(message, "outcome") ?? "" }),
  }),
  /** WARN. Healthy slow runs get it too. */
  "stuck-session": spec({
    starts: "stuck session: ",
    by: DIAGNOSTIC,
    samples: ["stuck session: sessionId=5cdc6cdf sessionKey=unknown state=processing age=121s queueDepth=1"],
    read: stuck,
  }),
  /** WARN, 6.11 and later. */
  "stalled-session": spec({
    starts: "stalled session: ",
    by: DIAGNOSTIC,
    samples: [
      "stalled session: sessionId=5cdc6cdf sessionKey=agent:main:main state=processing age=245s queueDepth=1 reason=active_work_without_progress",
    ],
    read: stuck,
  }),
  /** WARN, 6.11 and later. */
  "long-running-session": spec({
    starts: "long-running session: ",
    by: DIAGNOSTIC,
    samples: [
      "long-running session: sessionId=340d944f sessionKey=agent:main:main state=processing age=136s queueDepth=0 reason=active_model_call_without_progress",
    ],
    read: stuck,
  }),
  /** 5.28–7.1: the lost turn goes on under a new runId. */
  "session-resumed": spec({
    starts: "resumed interrupted main session: ",
    by: ["main-session-restart-recovery"],
    samples: ["resumed interrupted main session: agent:main:main"],
    read: (message) => ({ sessionKey: message.slice("resumed interrupted main session: ".length) }),
  }),
  /** 9.6: the same. */
  "session-recovery-started": spec({
    starts: "started interrupted main session: ",
    by: ["main-session-restart-recovery"],
    samples: ["started interrupted main session: agent:main:main"],
    read: (message) => ({ sessionKey: message.slice("started interrupted main session: ".length) }),
  }),
} as const;
