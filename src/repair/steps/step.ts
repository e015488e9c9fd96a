import { GatewayError } from "../../gateway/gateway.ts";
import type { Gateway } from "../../gateway/gateway.ts";

/** What a step needs to know of the session. */
interface StepTarget {
  /** As the gateway's list has it. */
  readonly key: string;
  /**
   * The form under which messages reach it. Up to 2026.1.30 a message under
   * another form goes to a new session of that name: it aborts nothing, and an
   * answer to it proves nothing.
   */
  readonly messageKey: string;
  /** The run that holds the session, where it is known. */
  readonly runId: string | null;
}

/** What came back. It is never a proof: gateways answer `ok` and `aborted` whether or not anything ended. */
export interface StepReply {
  /**
   * - `claimed`: the gateway says that it did something
   * - `denied`: it says that it did nothing, so the session is as before
   * - `unknown`: it may or may not have got the request
   */
  readonly result: "claimed" | "denied" | "unknown";
  readonly detail: string;
}

export interface RepairStep {
  readonly name: string;
  /** The word for it in the output and in the JSON. */
  readonly action: "abort" | "reset";
  /** The method that the gateway must have. */
  readonly method: string;
  readonly keepsConversation: boolean;
  /** What it will do, for the person who is asked: `abort its run; the conversation stays`. */
  readonly says: string;
  /** Milliseconds until a request counts as unanswered: some wait for the run to end before they answer. */
  readonly timeoutMs: number;
  /**
   * Sends it, once. A step may try the key in several forms, and never repeats one.
   * @param token unique to this attempt of this step: a gateway that gets it twice acts once
   * @throws GatewayError only where nothing was sent
   */
  send(gateway: Gateway, target: StepTarget, token: string): Promise<StepReply>;
}

/**
 * One request of a step. A request that may have arrived is no error: whether
 * it helped is seen by looking.
 * @throws GatewayError where nothing was sent
 */
export async function requestOnce(
  gateway: Gateway,
  method: string,
  params: Readonly<Record<string, unknown>>,
  timeoutMs: number,
): Promise<{ payload: Record<string, unknown> } | { problem: string; result: "denied" | "unknown" }> {
  try {
    const payload = await gateway.request(method, params, timeoutMs);
    return { payload: isObject(payload) ? payload : {} };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    // The gateway read it and said no; what it said may still be wrong, so looking comes next all the same.
    if (error.kind === "rejected" || error.kind === "missing-scope")
      return { problem: error.message, result: "denied" };
    if (!error.sent) throw error;
    return { problem: error.message, result: "unknown" };
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
