/** A small client of the gateway's WebSocket protocol, versions 3 and 4. */
import { createHash, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { WebSocket, type RawData } from "ws";

export interface RpcEvent {
  readonly event: string;
  readonly payload: Record<string, unknown>;
}

export interface RpcReply {
  readonly ok: boolean;
  readonly payload?: Record<string, unknown>;
  readonly error?: { readonly code?: string; readonly message?: string };
}

export interface RpcOptions {
  readonly url: string;
  readonly token: string;
  /** A token alone keeps its scopes on most versions; where it does not, a device signs. */
  readonly device?: DeviceIdentity | undefined;
  readonly onEvent?: (event: RpcEvent) => void;
  readonly timeoutMs?: number;
}

const SCOPES = ["operator.admin", "operator.read", "operator.write"];

export class RpcClient {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (reply: RpcReply) => void>();
  #next = 1;
  /** What the gateway says of itself in the reply to `connect`. */
  hello: Record<string, unknown> = {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async connect(options: RpcOptions): Promise<RpcClient> {
    const timeoutMs = options.timeoutMs ?? 10_000;
    const socket = new WebSocket(options.url, { handshakeTimeout: timeoutMs, perMessageDeflate: false });
    const client = new RpcClient(socket);
    try {
      const nonce = await client.#challenge(timeoutMs, options.onEvent);
      const reply = await client.request("connect", connectParams(options, nonce), timeoutMs);
      if (!reply.ok) throw new Error(`connect refused: ${reply.error?.message ?? "no reason"}`);
      client.hello = reply.payload ?? {};
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends a request; a connection that closes and a timeout are replies with `ok: false`. */
  async request(method: string, params: object, timeoutMs = 10_000): Promise<RpcReply> {
    if (!this.open) return { ok: false, error: { code: "CLOSED", message: "connection closed" } };
    const id = String(this.#next++);
    return new Promise((resolve) => {
      const settle = (reply: RpcReply): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(reply);
      };
      const timer = setTimeout(
        () => settle({ ok: false, error: { code: "TIMEOUT", message: `no reply to ${method}` } }),
        timeoutMs,
      );
      this.#waiting.set(id, settle);
      this.#socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  onClose(listener: () => void): void {
    this.#socket.once("close", listener);
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.close();
    this.#socket.terminate();
  }

  #challenge(timeoutMs: number, onEvent: RpcOptions["onEvent"]): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no connect.challenge")), timeoutMs);
      const fail = (reason: Error): void => {
        clearTimeout(timer);
        reject(reason);
        for (const settle of this.#waiting.values())
          settle({ ok: false, error: { code: "CLOSED", message: reason.message } });
      };
      this.#socket.on("error", fail);
      this.#socket.on("close", (code, reason) => fail(new Error(`closed (${code}) ${reason.toString()}`)));
      this.#socket.on("message", (data: RawData) => {
        const frame = JSON.parse((data as Buffer).toString()) as { type: string; id: string } & RpcEvent & RpcReply;
        if (frame.type === "res") this.#waiting.get(frame.id)?.(frame);
        else if (frame.event === "connect.challenge") {
          clearTimeout(timer);
          resolve(String(frame.payload["nonce"]));
        } else if (frame.type === "event") onEvent?.({ event: frame.event, payload: frame.payload ?? {} });
      });
    });
  }
}

export interface DeviceIdentity {
  readonly id: string;
  readonly publicKey: string;
  readonly privateKeyPem: string;
}

export function createDevice(): DeviceIdentity {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  return {
    id: createHash("sha256").update(raw).digest("hex"),
    publicKey: raw.toString("base64url"),
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function connectParams(options: RpcOptions, nonce: string): object {
  const client = options.device ? { id: "gateway-client", mode: "backend" } : { id: "cli", mode: "cli" };
  return {
    minProtocol: 3,
    maxProtocol: 4,
    client: { ...client, version: "0.0.0", platform: process.platform },
    role: "operator",
    scopes: SCOPES,
    auth: { token: options.token },
    ...(options.device ? { device: signedDevice(options.device, client, options.token, nonce) } : {}),
  };
}

function signedDevice(
  device: DeviceIdentity,
  client: { id: string; mode: string },
  token: string,
  nonce: string,
): object {
  const signedAt = Date.now();
  const text = ["v2", device.id, client.id, client.mode, "operator", SCOPES.join(","), signedAt, token, nonce].join(
    "|",
  );
  const signature = sign(null, Buffer.from(text), createPrivateKey(device.privateKeyPem)).toString("base64url");
  return { id: device.id, publicKey: device.publicKey, signature, signedAt, nonce };
}
