/**
 * Our own device identity: an Ed25519 key by which a gateway knows us again.
 * The signed text and the forms of key and id are the protocol's (read in the
 * published 2026.1.24-3 and 2026.9.6, which both take version 2 of it).
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { UserError } from "../errors.ts";
import { errorCode, reason } from "../sources/fs.ts";

export interface Device {
  /** SHA-256 of the raw public key, in hexadecimal. */
  readonly id: string;
  /** The raw key of 32 bytes, base64url. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

/** What the signature vouches for. */
export interface Signed {
  readonly client: { readonly id: string; readonly mode: string };
  readonly role: string;
  readonly scopes: readonly string[];
  readonly token: string;
  /** From the gateway's challenge. */
  readonly nonce: string;
  /** Milliseconds since the epoch; the gateway allows it some minutes. */
  readonly signedAt: number;
}

/** The `device` of a connect request. */
export function signedDevice(device: Device, signed: Signed): Readonly<Record<string, unknown>> {
  const { client, role, scopes, signedAt, token, nonce } = signed;
  const text = ["v2", device.id, client.id, client.mode, role, scopes.join(","), signedAt, token, nonce].join("|");
  const signature = sign(null, Buffer.from(text, "utf8"), device.privateKey).toString("base64url");
  return { id: device.id, publicKey: device.publicKey, signature, signedAt, nonce };
}

/**
 * The key in our state dir, made at its first use: readable by its owner only.
 * @throws UserError if it cannot be kept, for a gateway would have to be told of a new device each time
 */
export function loadDevice(stateDir: string): Device {
  const file = path.join(stateDir, "device-key.pem");
  try {
    return readDevice(file) ?? createDevice(stateDir, file);
  } catch (error) {
    throw new UserError(
      `cannot keep the key of our device identity in ${file}: ${reason(error)}`,
      "Name another folder in CLAWDBOT_SESSIONS_STATE_DIR.",
    );
  }
}

function readDevice(file: string): Device | undefined {
  try {
    const device = deviceOf(createPrivateKey(readFileSync(file, "utf8")));
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
    return device;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function createDevice(stateDir: string, file: string): Device {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync("ed25519");
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  try {
    // Another of us may have been faster: then its key is the one.
    linkSync(draft, file);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const device = readDevice(file);
  if (!device) throw new Error("it was taken away");
  return device;
}

function deviceOf(privateKey: KeyObject): Device {
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  // An Ed25519 key is the last 32 bytes of its SPKI form.
  const raw = spki.subarray(-32);
  return { id: createHash("sha256").update(raw).digest("hex"), publicKey: raw.toString("base64url"), privateKey };
}
