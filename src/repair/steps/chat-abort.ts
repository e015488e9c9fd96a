import type { RepairStep, StepReply } from "./step.ts";
import { requestOnce } from "./step.ts";

/**
 * `chat.abort`, with every form of the key: it knows a run under one form
 * only, which one differs between versions, and a wrong form answers
 * `ok:true, aborted:false` just as if nothing ran.
 */
export const chatAbort: RepairStep = {
  name: "chat-abort",
  action: "abort",
  method: "chat.abort",
  keepsConversation: true,
  says: "abort its run; the conversation stays",
  timeoutMs: 15_000,
  async send(gateway, target) {
    let last: StepReply = { result: "denied", detail: "chat.abort: nothing to abort" };
    const forms = [...new Set([target.messageKey, target.key, shortForm(target.key)])];
    for (const sessionKey of forms) {
      const reply = await requestOnce(gateway, "chat.abort", { sessionKey }, this.timeoutMs).catch((error: unknown) => {
        // An earlier form went out, so this is no longer "nothing was sent".
        if (sessionKey === forms[0]) throw error;
        return { problem: error instanceof Error ? error.message : String(error), result: "unknown" as const };
      });
      if ("problem" in reply) last = worse(last, { result: reply.result, detail: `chat.abort: ${reply.problem}` });
      else if (reply.payload["aborted"] === true) return { result: "claimed", detail: "chat.abort: aborted=true" };
    }
    return last;
  },
};

/** One form that may have been heard outweighs one that was not. */
function worse(a: StepReply, b: StepReply): StepReply {
  return a.result === "unknown" ? a : b;
}

/** `room` for `agent:main:room`; the key as it is for another agent's. */
function shortForm(key: string): string {
  return key.replace(/^agent:main:/, "");
}
