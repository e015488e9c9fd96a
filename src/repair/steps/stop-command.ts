import type { RepairStep } from "./step.ts";
import { requestOnce } from "./step.ts";

/**
 * `/stop:`, with its colon: the chat's command form. It goes through the
 * gateway's command dispatcher, which finds the run by its sessionId. Plain
 * `/stop` takes the way of chat.abort, whose table a restart in the same
 * process has emptied (measured on 2026.1.24-3 and 2026.1.30).
 */
export const stopCommand: RepairStep = {
  name: "stop-command",
  action: "abort",
  method: "chat.send",
  keepsConversation: true,
  says: "abort its run; the conversation stays",
  timeoutMs: 15_000,
  async send(gateway, target, token) {
    const params = { sessionKey: target.messageKey, message: "/stop:", idempotencyKey: token };
    const reply = await requestOnce(gateway, "chat.send", params, this.timeoutMs);
    if ("problem" in reply) return { result: reply.result, detail: `chat.send /stop: ${reply.problem}` };
    return { result: "claimed", detail: "chat.send /stop: sent" };
  },
};
