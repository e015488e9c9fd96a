import { GatewayError, type Gateway } from "../gateway/gateway.ts";
import { canonicalKey } from "../tracker/session-index.ts";
import { isObject } from "./steps/step.ts";

/** A session as the gateway's own list has it. */
export interface ListedSession {
  readonly key: string;
  readonly canonical: string;
  readonly sessionId: string | null;
  /** Whether a run is going on; null where the version does not tell. Up to 2026.5.28 it is often wrong. */
  readonly hasActiveRun: boolean | null;
  /** 2026.9.x names the runs. */
  readonly activeRunIds: readonly string[];
}

/** More sessions than any gateway was seen to have; without a limit later versions tell only some. */
export const LIST_PARAMS = { limit: 10_000, includeGlobal: true, includeUnknown: true } as const;

/**
 * Asks which sessions the gateway has.
 * @param timeoutMs milliseconds
 * @throws GatewayError
 */
export async function listSessions(gateway: Gateway, timeoutMs: number): Promise<readonly ListedSession[]> {
  return parseSessionsList(await gateway.request("sessions.list", LIST_PARAMS, timeoutMs));
}

/**
 * What an answer to `sessions.list` tells; entries without a key are passed over.
 * @throws GatewayError for what is no list: nobody may take it for a gateway without sessions
 */
export function parseSessionsList(payload: unknown): readonly ListedSession[] {
  if (!isObject(payload) || !Array.isArray(payload["sessions"])) {
    throw new GatewayError("garbage", "sessions.list answered something that is no list of sessions", true);
  }
  return (payload["sessions"] as unknown[]).flatMap((row) => {
    if (!isObject(row) || typeof row["key"] !== "string" || row["key"] === "") return [];
    const { key } = row;
    const ids = row["activeRunIds"];
    return [
      {
        key,
        canonical: canonicalKey(key),
        sessionId: typeof row["sessionId"] === "string" ? row["sessionId"] : null,
        hasActiveRun: typeof row["hasActiveRun"] === "boolean" ? row["hasActiveRun"] : null,
        activeRunIds: Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [],
      },
    ];
  });
}
