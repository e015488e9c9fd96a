import type { Target } from "../../src/repair/model.ts";

/** The main session, held by a run that a restart cut off. */
export const BLOCKED_MAIN: Target = {
  id: "main",
  key: "agent:main:main",
  canonical: "agent:main:main",
  messageKey: "main",
  messageKeyIsSure: true,
  sessionId: "id-main",
  holderSessionId: "id-main",
  holderIsInStore: null,
  runId: "run-1",
  before: "blocked",
  confidence: "high",
  situation: "wedge",
  heldSince: null,
  silenceMs: null,
  waitingAtLeast: 0,
  waitsBehind: [],
  lock: null,
};
