import type { RepairStep } from "./step.ts";
import { requestOnce } from "./step.ts";

/**
 * `sessions.reset`: a new conversation. From 2026.2.17 on it aborts the run and
 * waits up to 15 s for its end. Up to 2026.2.12 it only rewrites the store: the
 * run goes on, and the sessionId that could have aborted it is lost. The
 * capability table therefore never puts it before a proved abort there.
 */
export const sessionsReset: RepairStep = {
  name: "sessions-reset",
  action: "reset",
  method: "sessions.reset",
  keepsConversation: false,
  says: "abort its run and begin a new conversation",
  // It answers only when the run has ended, or 15 s later.
  timeoutMs: 30_000,
  async send(gateway, target) {
    // A closed schema: an early version refuses any field but the key. Under the full form of a key that stands
    // short in its store it would begin a second session, and leave the conversation as it is.
    const reply = await requestOnce(gateway, "sessions.reset", { key: target.messageKey }, this.timeoutMs);
    if ("problem" in reply) return { result: reply.result, detail: `sessions.reset: ${reply.problem}` };
    return { result: "claimed", detail: "sessions.reset: ok" };
  },
};
