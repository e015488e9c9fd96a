import { GatewayError, type Gateway } from "../gateway/gateway.ts";
import type { Target } from "./model.ts";
import { isObject } from "./steps/step.ts";

/**
 * Asks an early gateway under which form of its key a session stands in the
 * store. `chat.history` looks for the full form only, and tells the sessionId
 * it found; none means that the session stands there as its sender wrote it,
 * short. It reads, and creates nothing. (Measured on 2026.1.24-3: a message
 * under the other form begins a new session and leaves this one as it is.)
 */
export async function messageKeyFor(gateway: Gateway, target: Target, timeoutMs: number): Promise<Target> {
  if (target.messageKeyIsSure || target.sessionId === null || !target.key.startsWith("agent:")) return target;
  try {
    const answer = await gateway.request("chat.history", { sessionKey: target.key, limit: 1 }, timeoutMs);
    if (!isObject(answer)) return target;
    const found = answer["sessionId"];
    if (found === target.sessionId) return { ...target, messageKeyIsSure: true };
    if (found !== undefined && found !== null) return target;
    return { ...target, messageKey: target.key.replace(/^agent:[^:]+:/, ""), messageKeyIsSure: true };
  } catch (error) {
    if (error instanceof GatewayError) return target;
    throw error;
  }
}
