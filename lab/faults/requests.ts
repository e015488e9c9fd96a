/** The gateway's frames as a bystander reads them on their way. */

/** Methods that change nothing on the gateway. */
const READING = new Set(["connect", "sessions.list", "logs.tail", "chat.history", "status", "health"]);

export interface Request {
  readonly id: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export function requestIn(text: string | undefined): Request | undefined {
  const frame = jsonIn(text);
  if (frame?.["type"] !== "req" || typeof frame["id"] !== "string" || typeof frame["method"] !== "string")
    return undefined;
  const params = frame["params"];
  return {
    id: frame["id"],
    method: frame["method"],
    params: typeof params === "object" && params !== null ? (params as Request["params"]) : {},
  };
}

/** The id of the request that a frame answers. */
export function answeredIn(text: string | undefined): string | undefined {
  const frame = jsonIn(text);
  return frame?.["type"] === "res" && typeof frame["id"] === "string" ? frame["id"] : undefined;
}

/** Whether it may end a run or a conversation, or is a message. */
export function mayChange({ method }: Pick<Request, "method">): boolean {
  return !READING.has(method);
}

/** A step of the repair: what may change something, and is no probe. */
export function isStep(request: Pick<Request, "method" | "params">): boolean {
  return mayChange(request) && (request.method !== "chat.send" || request.params["message"] === "/stop:");
}

function jsonIn(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
