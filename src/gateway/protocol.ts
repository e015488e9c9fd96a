/** The frames of the gateway's WebSocket protocol, versions 3 and 4. Pure. */
import { asObject, type JsonObject, parseObject } from "../formats/text.ts";
import { type Device, signedDevice } from "./device.ts";
import type { Identity } from "./identities.ts";
import type { Credentials } from "./secret.ts";

/** 3 up to 2026.5.7, 4 from 2026.5.28. */
export const PROTOCOLS = { min: 3, max: 4 } as const;

const ROLE = "operator";
export const ADMIN_SCOPE = "operator.admin";
/** Admin holds the other two in some versions, and in some they are asked for by name. */
const SCOPES = [ADMIN_SCOPE, "operator.read", "operator.write"];

export interface WireError {
  /** For example `INVALID_REQUEST`, `UNAVAILABLE`, `NOT_PAIRED`. */
  readonly code: string | undefined;
  readonly message: string;
  /** Newer versions tell more, among it a finer `code`. */
  readonly details: JsonObject;
}

export type Frame =
  | { readonly kind: "challenge"; readonly nonce: string }
  | { readonly kind: "answer"; readonly id: string; readonly payload: unknown; readonly error: WireError | undefined }
  | { readonly kind: "event"; readonly event: string; readonly payload: unknown }
  /** Of a later protocol: not for us. */
  | { readonly kind: "unknown" };

/** @returns undefined for what no gateway sends */
export function parseFrame(text: string): Frame | undefined {
  const frame = parseObject(text);
  if (frame === undefined) return undefined;
  if (frame["type"] === "res") {
    if (typeof frame["id"] !== "string" || typeof frame["ok"] !== "boolean") return undefined;
    const error = frame["ok"] ? undefined : wireError(frame["error"]);
    return { kind: "answer", id: frame["id"], payload: frame["payload"], error };
  }
  if (frame["type"] !== "event" || typeof frame["event"] !== "string") return { kind: "unknown" };
  const nonce = asObject(frame["payload"])?.["nonce"];
  if (frame["event"] === "connect.challenge" && typeof nonce === "string") return { kind: "challenge", nonce };
  return { kind: "event", event: frame["event"], payload: frame["payload"] };
}

function wireError(value: unknown): WireError {
  const error = asObject(value) ?? {};
  const { code, message } = error;
  return {
    code: typeof code === "string" ? code : undefined,
    message: typeof message === "string" ? message : "it gave no reason",
    details: asObject(error["details"]) ?? {},
  };
}

export function requestFrame(id: string, method: string, params: unknown): string {
  return JSON.stringify({ type: "req", id, method, params });
}

/** Who asks, with what. */
export interface Introduction {
  readonly identity: Identity;
  readonly credentials: Credentials;
  /** For an identity that signs. */
  readonly device: Device | undefined;
  readonly tool: { readonly name: string; readonly version: string };
  readonly platform: string;
}

export function connectParams(by: Introduction, nonce: string, now: number): Readonly<Record<string, unknown>> {
  const { client } = by.identity;
  const token = by.credentials.token?.reveal();
  const password = by.credentials.password?.reveal();
  const signed = { client, role: ROLE, scopes: SCOPES, token: token ?? "", nonce, signedAt: now };
  return {
    minProtocol: PROTOCOLS.min,
    maxProtocol: PROTOCOLS.max,
    client: { ...client, displayName: by.tool.name, version: by.tool.version, platform: by.platform },
    role: ROLE,
    scopes: SCOPES,
    ...(token === undefined && password === undefined ? {} : { auth: { token, password } }),
    ...(by.device ? { device: signedDevice(by.device, signed) } : {}),
  };
}

/** What the gateway says of itself when it lets us in. */
export interface Greeting {
  readonly version: string | null;
  readonly methods: ReadonlySet<string>;
  readonly stateDir: string | null;
  /** What we may do; undefined where it does not say. */
  readonly scopes: readonly string[] | undefined;
}

export function parseGreeting(payload: unknown): Greeting {
  const greeting = asObject(payload) ?? {};
  const version = asObject(greeting["server"])?.["version"];
  const methods = asObject(greeting["features"])?.["methods"];
  const stateDir = asObject(greeting["snapshot"])?.["stateDir"];
  const scopes = asObject(greeting["auth"])?.["scopes"];
  const texts = (list: unknown) =>
    Array.isArray(list) ? list.filter((it): it is string => typeof it === "string") : undefined;
  return {
    // Up to 2026.2.26 it is "dev" unless npm itself started it.
    version: typeof version === "string" && /^\d+\.\d+/.test(version) ? version : null,
    methods: new Set(texts(methods)),
    stateDir: typeof stateDir === "string" ? stateDir : null,
    scopes: texts(scopes),
  };
}
