import { GatewayError, type Gateway } from "../gateway/gateway.ts";
import type { ProbeOutcome } from "./model.ts";
import { isObject } from "./steps/step.ts";

interface ProbeAnswer {
  readonly outcome: ProbeOutcome;
  readonly detail: string;
}

/** Through the gateway's own CLI, which connects for one request only, no answer can be heard. */
export function canProbe(gateway: Gateway): boolean {
  return !gateway.identity.endsWith(" gateway call");
}

/**
 * Sends a real message and waits for its answer: the one proof that needs no
 * log and no file. It costs a turn of the model and stays in the conversation.
 *
 * An answer counts only under the message's own runId: the gateway answers a
 * stop command too, whether or not it stopped anything, and a message that is
 * only queued gets an empty `final` at once.
 *
 * @param token the message's idempotency key, which becomes its runId
 * @param timeoutMs milliseconds to wait for the answer
 */
export async function probe(
  gateway: Gateway,
  messageKey: string,
  text: string,
  token: string,
  timeoutMs: number,
): Promise<ProbeAnswer> {
  let heard: (answer: ProbeAnswer) => void = () => {};
  const answer = new Promise<ProbeAnswer>((resolve) => (heard = resolve));
  const unknown = (detail: string): void => heard({ outcome: "unknown", detail });
  let isTaken = false;
  const late = (): void => {
    const waited = `no answer within ${Math.round(timeoutMs / 1000)} s`;
    if (isTaken) heard({ outcome: "silent", detail: waited });
    else unknown(`${waited}, and no sign that it arrived`);
  };
  const forget = gateway.onEvent((event, payload) => {
    const said = answerIn(event, payload, token);
    if (said) heard(said);
  });
  const timer = setTimeout(late, timeoutMs);
  const params = { sessionKey: messageKey, message: text, idempotencyKey: token };
  try {
    const sending = gateway.request("chat.send", params, Math.min(timeoutMs, 15_000));
    // From here on: what is closed already refuses the request itself.
    const stopWaiting = gateway.onEnd((why) => unknown(`no answer could be heard: ${why}`));
    try {
      await sending.then(
        () => (isTaken = true),
        (error: unknown) => {
          if (!(error instanceof GatewayError)) throw error;
          if (!error.sent) unknown(`not sent: ${error.message}`);
          else if (error.kind === "rejected" || error.kind === "missing-scope") unknown(`not taken: ${error.message}`);
          // Any other one may have arrived, and may still be answered.
        },
      );
      return await answer;
    } finally {
      stopWaiting();
    }
  } finally {
    clearTimeout(timer);
    forget();
  }
}

function answerIn(event: string, payload: unknown, token: string): ProbeAnswer | undefined {
  if (event !== "chat" || !isObject(payload) || payload["runId"] !== token) return undefined;
  if (payload["state"] === "error") return { outcome: "unknown", detail: "it ended in an error" };
  if (payload["state"] === "aborted") return { outcome: "unknown", detail: "it was aborted" };
  if (payload["state"] !== "final" || !hasText(payload["message"])) return undefined;
  return { outcome: "answered", detail: "answered" };
}

/** Whether a message has words; the words themselves are never kept. */
function hasText(message: unknown): boolean {
  if (!isObject(message)) return false;
  const { content, text } = message;
  if (typeof text === "string" && text.trim() !== "") return true;
  if (typeof content === "string") return content.trim() !== "";
  return (
    Array.isArray(content) &&
    content.some((part) => isObject(part) && typeof part["text"] === "string" && part["text"].trim() !== "")
  );
}
