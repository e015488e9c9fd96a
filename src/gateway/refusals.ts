/** What stands between us and a gateway, in words that say what to do. Pure. */
import { GatewayError, type GatewayErrorKind } from "./gateway.ts";
import type { WireError } from "./protocol.ts";
import { PROTOCOLS } from "./protocol.ts";
import { type Credentials, withoutSecrets } from "./secret.ts";

/** What the words need to know of the way there. */
export interface Way {
  readonly url: string;
  readonly urlSource: string;
  readonly credentials: Credentials;
  readonly notes: readonly string[];
  readonly isLocal: boolean;
}

/** The gateway answered `connect` with an error. */
export function connectRefused(error: WireError, way: Way): GatewayError {
  const said = withoutSecrets(error.message, way.credentials);
  const fine = error.details["code"];
  const code = typeof fine === "string" ? fine : error.code;
  const make = (kind: GatewayErrorKind, message: string, help: string): GatewayError =>
    new GatewayError(kind, `${way.url} ${message}`, false, help, code);
  if (code === "PROTOCOL_MISMATCH" || /protocol mismatch/i.test(said)) {
    const wanted = error.details["expectedProtocol"];
    const its = typeof wanted === "number" ? `protocol ${wanted}` : "another protocol";
    return make(
      "protocol-mismatch",
      `speaks ${its}; this tool speaks ${PROTOCOLS.min} to ${PROTOCOLS.max}`,
      "Its version is too new or too old for this one: look for a newer clawdbot-sessions.",
    );
  }
  if (/invalid connect params|invalid handshake/i.test(said)) {
    return make(
      "protocol-mismatch",
      `does not understand us: ${said}`,
      "Its version is too new or too old for this tool.",
    );
  }
  if (code === "DEVICE_IDENTITY_REQUIRED" || /device identity required/i.test(said)) {
    return make(
      "pairing-required",
      "wants a device identity beside the token",
      "Give it a token, or approve this machine there.",
    );
  }
  if (code === "PAIRING_REQUIRED" || error.code === "NOT_PAIRED" || /pairing required|pending approval/i.test(said)) {
    return make(
      "pairing-required",
      `wants this machine approved first: ${said}`,
      pairingHelp(error.details["requestId"]),
    );
  }
  if (/signature|nonce|device identity mismatch/i.test(said)) {
    const clock = /expired/i.test(said)
      ? "The clocks of the two machines are minutes apart: set them."
      : "Its device identities differ from ours.";
    return make("unauthorized", `does not accept our device identity: ${said}`, clock);
  }
  if (code === "AUTH_RATE_LIMITED" || /rate.?limit|too many/i.test(said)) {
    return make(
      "unauthorized",
      `takes no more attempts for now: ${said}`,
      "Wait a few minutes, then try with the right token.",
    );
  }
  if (code?.startsWith("AUTH_") || /unauthorized|auth/i.test(said))
    return make("unauthorized", `lets nobody in like that: ${said}`, authHelp(way));
  if (/missing scope/i.test(said)) return missingScope(way.url, said);
  return make("rejected", `does not let us in: ${said}`, "Its log says more.");
}

function pairingHelp(requestId: unknown): string {
  const id = typeof requestId === "string" && /^\w[\w.:-]*$/.test(requestId) ? requestId : "REQUEST-ID";
  return [
    "On the gateway's own machine, with the command of its version:",
    "  openclaw devices list      (or: clawdbot devices list)",
    `  openclaw devices approve ${id}`,
    "Or run this tool there.",
  ].join("\n");
}

function authHelp({ credentials, urlSource, notes }: Way): string {
  const { token, password, source } = credentials;
  const what = token ? "token" : "password";
  const first =
    token || password
      ? `The ${what} came from ${source}; the address from ${urlSource}.`
      : "Give its token: OPENCLAW_GATEWAY_TOKEN in the environment, or --token-file FILE.";
  const wrong =
    token || password ? ["Take gateway.auth.token (or .password) of the config on the gateway's machine."] : [];
  return [first, ...wrong, ...notes.map((it) => `Note: ${it}.`)].join("\n");
}

/** A token alone does not do, and nothing else was let in either. */
export function missingScope(url: string, said: string): GatewayError {
  return new GatewayError(
    "missing-scope",
    `${url} lets us in, but allows us nothing: ${said}`,
    false,
    "Its version wants an approved device identity: run this tool on the gateway's own machine, or approve it there (openclaw devices list).",
  );
}

/** The gateway answered a request with an error: it heard it. */
export function requestRefused(method: string, error: WireError, way: Way): GatewayError {
  const said = withoutSecrets(error.message, way.credentials);
  if (/missing scope/i.test(said)) {
    return new GatewayError(
      "missing-scope",
      `${method}: ${said}`,
      true,
      "The token does not give the right to do this.",
      error.code,
    );
  }
  return new GatewayError("rejected", `${method}: ${said}`, true, undefined, error.code);
}

/** Certificate errors of Node and OpenSSL, in words. */
const CERTIFICATE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "it vouches for itself (self-signed)",
  SELF_SIGNED_CERT_IN_CHAIN: "an authority vouches for it that this machine does not know",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the authority that vouches for it is not known here, or the server leaves out its certificate",
  UNABLE_TO_GET_ISSUER_CERT: "the authority that vouches for it is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the authority that vouches for it is not known here",
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet (or this machine's clock is wrong)",
  ERR_TLS_CERT_ALTNAME_INVALID: "it is for another name",
  CERT_REVOKED: "it was revoked",
  CERT_UNTRUSTED: "it is not trusted here",
  HOSTNAME_MISMATCH: "it is for another name",
};

export function wrongFingerprint(url: string): GatewayError {
  return new GatewayError(
    "certificate",
    `${url} shows another certificate than the one that is expected`,
    false,
    "Somebody may stand between. If the gateway got a new certificate: correct --tls-fingerprint or gateway.remote.tlsFingerprint.",
  );
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no machine of that name",
  EAI_AGAIN: "the name cannot be looked up at the moment",
  EHOSTUNREACH: "there is no way to that machine",
  ENETUNREACH: "there is no way to that network",
  EADDRNOTAVAIL: "there is no such address",
  EACCES: "this machine does not allow it",
  EPERM: "this machine does not allow it",
};

/** The socket gave up before the gateway let us in. */
export function socketFailed(error: Error & { code?: string }, way: Way): GatewayError {
  const code = error.code ?? "";
  const make = (kind: GatewayErrorKind, message: string, help?: string): GatewayError =>
    new GatewayError(kind, message, false, help);
  if (Object.hasOwn(CERTIFICATE, code)) {
    return make(
      "certificate",
      `the certificate of ${way.url} cannot be trusted: ${CERTIFICATE[code]}`,
      certificateHelp(code),
    );
  }
  if (Object.hasOwn(UNREACHABLE, code)) {
    return make("refused", `cannot reach a gateway at ${way.url}: ${UNREACHABLE[code]}`, unreachableHelp(way));
  }
  if (code === "ETIMEDOUT" || /handshake has timed out/.test(error.message))
    return noAnswer(way, "to open the connection");
  if (/WRONG_VERSION_NUMBER|EPROTO|packet length too long/.test(`${code} ${error.message}`)) {
    return make("garbage", `${way.url} does not speak TLS`, "Try it with ws:// instead of wss://.");
  }
  if (
    code.startsWith("HPE_") ||
    code.startsWith("WS_ERR_") ||
    /Invalid (?:WebSocket|Upgrade|Sec-)|server (?:sent|did)/i.test(error.message)
  ) {
    return notAGateway(way, "its answer is no WebSocket");
  }
  if (code === "ECONNRESET" || code === "EPIPE" || /socket hang up|before the connection/.test(error.message)) {
    return make(
      "closed",
      `${way.url} hung up before it greeted us`,
      "It may be starting or stopping, or be no gateway, or want wss://. Try again.",
    );
  }
  return make("refused", `cannot reach a gateway at ${way.url}: ${withoutSecrets(error.message, way.credentials)}`);
}

function certificateHelp(code: string): string {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH")
    return "Use the name that the certificate is for.";
  if (code.startsWith("CERT_HAS") || code.startsWith("CERT_NOT"))
    return "Renew it on the gateway, or set this machine's clock.";
  return [
    "If it is the gateway's own certificate, name its fingerprint:",
    "  openssl x509 -noout -fingerprint -sha256 -in ~/.openclaw/gateway/tls/gateway-cert.pem   (on its machine)",
    "  --tls-fingerprint SHA256",
    "If an authority of yours made it: NODE_EXTRA_CA_CERTS=ca.pem",
  ].join("\n");
}

function unreachableHelp({ isLocal, urlSource }: Way): string {
  const from = `The address came from ${urlSource}.`;
  return isLocal
    ? `${from}\nIs the gateway running? openclaw gateway status (or: clawdbot gateway status)\nElsewhere or on another port: --url ws://127.0.0.1:PORT`
    : from;
}

/** A web server, or something else, answered. */
export function httpAnswered(status: number, way: Way): GatewayError {
  if (status === 401 || status === 403 || status === 407) {
    const who = "What stands in front of the gateway wants its own log-in.";
    return new GatewayError(
      "unauthorized",
      `${way.url} answers HTTP ${status}`,
      false,
      `${who} Use an SSH tunnel past it.`,
    );
  }
  if (status >= 500) {
    return new GatewayError(
      "refused",
      `${way.url} answers HTTP ${status}`,
      false,
      "What stands in front of the gateway cannot reach it, or it is starting.",
    );
  }
  return notAGateway(way, `it answers HTTP ${status}`);
}

export function notAGateway(way: Way, why: string): GatewayError {
  return new GatewayError(
    "garbage",
    `${way.url} is no gateway: ${why}`,
    false,
    `The address came from ${way.urlSource}.`,
  );
}

export function noAnswer(way: Way, forWhat: string): GatewayError {
  return new GatewayError(
    "timeout",
    `${way.url} took too long ${forWhat}`,
    false,
    "It may be stopped (SIGSTOP), overloaded, or no gateway.",
  );
}

/** What the gateway's WebSocket codes mean to an operator. */
const CLOSE_CODES: Readonly<Record<number, string>> = {
  1001: "it goes away",
  1002: "it says that we broke the protocol",
  1006: "the connection broke off",
  1008: "it closed the door",
  1009: "a frame was too large for it",
  1011: "it had an error inside",
  1012: "it restarts",
  1013: "it is overloaded",
};

export function closeText(code: number, reason: string): string {
  const meaning = CLOSE_CODES[code] ?? `code ${code}`;
  return reason === "" ? meaning : `${meaning}: ${reason}`;
}

/** The connection ended while a request was on its way, or before it (`sent` false). */
export function closedDuring(method: string, why: string, sent: boolean): GatewayError {
  const effect = sent
    ? "Whether it still did it is not known: look before you try again."
    : "The request was not sent.";
  return new GatewayError(
    "closed",
    `the gateway hung up ${sent ? "during" : "before"} ${method}: ${why}`,
    sent,
    effect,
  );
}

export function unanswered(method: string, ms: number): GatewayError {
  return new GatewayError(
    "timeout",
    `no answer to ${method} within ${Math.round(ms / 100) / 10} s`,
    true,
    "Whether it still does it is not known: look before you try again.",
  );
}

export function garbled(method: string, why: string): GatewayError {
  return new GatewayError(
    "garbage",
    `the gateway sent something during ${method} that is no answer: ${why}`,
    true,
    "Something else may listen at that address, or stand in between.",
  );
}
