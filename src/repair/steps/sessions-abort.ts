import type { RepairStep } from "./step.ts";
import { requestOnce } from "./step.ts";

/** `sessions.abort`, from 2026.3.24 on. On 2026.9.6 it does not help a session that is held back. */
export const sessionsAbort: RepairStep = {
  name: "sessions-abort",
  action: "abort",
  method: "sessions.abort",
  keepsConversation: true,
  says: "abort its run; the conversation stays",
  timeoutMs: 15_000,
  async send(gateway, target) {
    const reply = await requestOnce(gateway, "sessions.abort", { key: target.key }, this.timeoutMs);
    if ("problem" in reply) return { result: reply.result, detail: `sessions.abort: ${reply.problem}` };
    const { status, abortedRunId } = reply.payload;
    const denied = status === "no-active-run" || (abortedRunId === null && status === undefined);
    const said = typeof status === "string" ? status : "ok";
    return { result: denied ? "denied" : "claimed", detail: `sessions.abort: ${said}` };
  },
};
