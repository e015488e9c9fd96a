/** All that a running gateway tells of its sessions at once: its list of them and its log. */
import type { Io } from "../io.ts";
import { defaultRunTimeoutMs } from "../gateway-version.ts";
import type { SourceFs } from "../sources/fs.ts";
import { configuredRunTimeoutMs } from "../sources/gateway-config.ts";
import { type GatewayLog, readGatewayLog } from "../sources/gateway-log.ts";
import { asUserError, connectGateway } from "./connect.ts";
import { readSessionsAnswer, type SessionsAnswer } from "./cross-check.ts";
import { type Gateway, GatewayError } from "./gateway.ts";
import type { RawGatewayOptions } from "./options.ts";
import { resolveGatewayTarget } from "./resolve-target.ts";

export interface LiveGateway {
  readonly url: string;
  /** See Gateway. */
  readonly version: string | null;
  readonly methods: ReadonlySet<string>;
  /** Its state dir, if that is on this machine. */
  readonly stateDir: string | null;
  /** Milliseconds; null where neither config nor version tells. */
  readonly runTimeoutMs: number | null;
  readonly log: GatewayLog;
  readonly list: SessionsAnswer;
  readonly warnings: readonly string[];
}

/** More sessions than any gateway was seen to have; without a limit later versions list only some. */
const LIST = { limit: 10_000, includeGlobal: true, includeUnknown: true };

/**
 * Looks once, and changes nothing.
 * @throws UserError where the gateway cannot be reached, or does not give its log
 */
export async function lookAtGateway(raw: RawGatewayOptions, fs: SourceFs, io: Io): Promise<LiveGateway> {
  const target = await resolveGatewayTarget(raw, io);
  try {
    const gateway = await connectGateway(target, io);
    try {
      const warnings: string[] = [];
      // The list first: what the log then says of a run that the list has is newer, not older.
      const list = await readList(gateway, warnings);
      const log = await readGatewayLog(gateway, target.isLocal ? fs : undefined);
      const { url, version, methods } = gateway;
      const configured = target.config && configuredRunTimeoutMs(target.config);
      const byVersion =
        version === null ? null : defaultRunTimeoutMs({ product: "", exact: version, atLeast: version });
      return {
        url,
        version,
        methods,
        stateDir: log.isOnThisMachine ? gateway.stateDir : null,
        runTimeoutMs: configured ?? byVersion,
        log,
        list,
        warnings,
      };
    } finally {
      await gateway.close();
    }
  } catch (error) {
    throw asUserError(error);
  }
}

async function readList(gateway: Gateway, warnings: string[]): Promise<SessionsAnswer> {
  try {
    return readSessionsAnswer(await gateway.request("sessions.list", LIST));
  } catch (error) {
    if (!(error instanceof GatewayError) || (error.kind !== "rejected" && error.kind !== "garbage")) throw error;
    // The log is the main thing; the list only confirms it.
    warnings.push(`the gateway's list of sessions could not be had: ${error.message}`);
    return { sessions: [], now: undefined, isCut: false };
  }
}
