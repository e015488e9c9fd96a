/** Reaching a gateway: with each of the credentials, as each of the identities, until one is let in and may act. */
import { UserError } from "../errors.ts";
import type { Io } from "../io.ts";
import { openConnection } from "./connection.ts";
import { loadDevice } from "./device.ts";
import { type Gateway, GatewayError } from "./gateway.ts";
import { IDENTITIES, type Identity } from "./identities.ts";
import { findOwnCli, ownCliGateway } from "./own-cli.ts";
import { ownStateDir } from "./own-state.ts";
import { ADMIN_SCOPE, type Greeting } from "./protocol.ts";
import { missingScope, noAnswer, type Way } from "./refusals.ts";
import type { GatewayTarget } from "./target.ts";

export interface ConnectOptions {
  /** Milliseconds for each of: opening the socket, the gateway's challenge, its greeting. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds for an answer, where a request names no other. */
  readonly requestTimeoutMs?: number;
  /** Which identities to try, in order; for the lab. */
  readonly identities?: readonly Identity[];
}

const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;

type ConnectIo = Pick<Io, "env" | "homedir" | "cwd" | "tool" | "signal" | "now">;

/**
 * A connection that may act on sessions. Trying again is safe here: until it
 * returns, nothing was asked of the gateway but to let us in and, where it does
 * not say what we may do, its list of sessions.
 * @throws GatewayError with the reason of the credentials and identity that came furthest
 * @throws UserError if our device key cannot be kept
 */
export async function connectGateway(
  target: GatewayTarget,
  io: ConnectIo,
  options: ConnectOptions = {},
): Promise<Gateway> {
  let last: GatewayError | undefined;
  for (const credentials of target.credentials) {
    const way: Way = { ...target, credentials };
    try {
      return await connectAs(way, target, io, options);
    } catch (error) {
      // Other credentials help only against this.
      if (!(error instanceof GatewayError) || error.kind !== "unauthorized") throw error;
      last ??= error;
    }
  }
  throw last ?? new Error("a target without credentials");
}

async function connectAs(way: Way, target: GatewayTarget, io: ConnectIo, options: ConnectOptions): Promise<Gateway> {
  let refusal: GatewayError | undefined;
  for (const identity of options.identities ?? IDENTITIES) {
    try {
      return await tryIdentity(identity, way, target, io, options);
    } catch (error) {
      if (!(error instanceof GatewayError) || !isOfIdentity(error)) throw error;
      refusal = error;
    }
  }
  // The machine's own device may be approved where ours is not.
  const command = way.isLocal ? await findOwnCli(io) : undefined;
  const gateway = command === undefined ? undefined : await throughOwnCli(command, way, io, options);
  if (gateway) return gateway;
  throw refusal ?? new Error("no identity to try");
}

/** Whether another identity may fare better. */
function isOfIdentity({ kind }: GatewayError): boolean {
  return kind === "missing-scope" || kind === "pairing-required";
}

async function tryIdentity(
  identity: Identity,
  way: Way,
  target: GatewayTarget,
  io: ConnectIo,
  options: ConnectOptions,
): Promise<Gateway> {
  const device = identity.isSigned ? loadDevice(ownStateDir(io)) : undefined;
  const { gateway, greeting } = await openConnection({
    way,
    by: { identity, credentials: way.credentials, device, tool: io.tool, platform: process.platform },
    tlsFingerprint: target.tlsFingerprint,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    signal: io.signal,
    now: () => io.now(),
  });
  try {
    await mustBeAllowed(gateway, greeting, way);
    return gateway;
  } catch (error) {
    await gateway.close();
    throw error;
  }
}

/** Some versions let us in and take all rights away, and only later ones say so. */
async function mustBeAllowed(gateway: Gateway, { scopes }: Greeting, way: Way): Promise<void> {
  if (scopes) {
    if (!scopes.includes(ADMIN_SCOPE)) throw missingScope(gateway.url, `missing scope: ${ADMIN_SCOPE}`);
    return;
  }
  try {
    await gateway.request("sessions.list", { limit: 1 });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    // It refused only this list: the command itself will say what is wrong.
    if (error.kind === "rejected") return;
    if (error.kind === "missing-scope") throw missingScope(gateway.url, error.message);
    if (error.kind === "timeout") throw noAnswer(way, "to list a session");
    // Nothing that matters was sent.
    throw new GatewayError(error.kind, error.message, false, undefined, error.code);
  }
}

/** @returns undefined where the CLI fares no better: then our own refusal says more */
async function throughOwnCli(
  command: string,
  way: Way,
  io: ConnectIo,
  options: ConnectOptions,
): Promise<Gateway | undefined> {
  const gateway = ownCliGateway(command, way, io, options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS);
  try {
    await gateway.request("sessions.list", { limit: 1 });
    return gateway;
  } catch {
    return undefined;
  }
}

/** A gateway's error as the user's: for what happens before anything was sent. */
export function asUserError(error: unknown): unknown {
  return error instanceof GatewayError ? new UserError(error.message, error.help) : error;
}
