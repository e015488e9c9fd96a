/** One WebSocket connection to a gateway that has let us in. */
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { type RawData, WebSocket } from "ws";
import { type Gateway, GatewayError } from "./gateway.ts";
import type { Greeting, Introduction, WireError } from "./protocol.ts";
import { connectParams, parseFrame, parseGreeting, requestFrame } from "./protocol.ts";
import {
  closedDuring,
  closeText,
  connectRefused,
  garbled,
  httpAnswered,
  noAnswer,
  notAGateway,
  requestRefused,
  socketFailed,
  unanswered,
  type Way,
  wrongFingerprint,
} from "./refusals.ts";
import { withoutSecrets } from "./secret.ts";

export interface ConnectionOptions {
  readonly way: Way;
  readonly by: Introduction;
  /** See GatewayTarget. */
  readonly tlsFingerprint: string | undefined;
  /** Milliseconds for each of: opening the socket, the gateway's challenge, its greeting. */
  readonly connectTimeoutMs: number;
  /** Milliseconds for an answer where the request names no other. */
  readonly requestTimeoutMs: number;
  /** Ends the connection. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The gateway's largest answer, `logs.tail`, is 1 MB of text with its quotes escaped; newer ones send up to 25 MB. */
const LARGEST_FRAME_BYTES = 25 * 1024 * 1024;
/** How long a peer may take to say good-bye (ms); it does not matter to us whether it does. */
const CLOSE_PATIENCE_MS = 500;

interface Waiting {
  readonly method: string;
  readonly answer: (payload: unknown) => void;
  readonly fail: (error: Error) => void;
  /** Makes the error for an answer that says no. */
  readonly refused: (error: WireError) => GatewayError;
  readonly timer: NodeJS.Timeout;
}

/**
 * Opens a socket and introduces us.
 * @throws GatewayError, never sent
 */
export async function openConnection(options: ConnectionOptions): Promise<{ gateway: Gateway; greeting: Greeting }> {
  const connection = new Connection(options);
  try {
    const nonce = await connection.challenge();
    const params = connectParams(options.by, nonce, options.now());
    const greeting = parseGreeting(await connection.introduce(params));
    return { gateway: connection.asGateway(greeting), greeting };
  } catch (error) {
    connection.drop();
    throw error;
  }
}

class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, Waiting>();
  readonly #hearers = new Set<(event: string, payload: unknown) => void>();
  readonly #endHearers = new Set<(why: string) => void>();
  readonly #challenge: Promise<string>;
  readonly #onAbort = (): void => this.drop();
  /** Settles the challenge; does nothing once it is settled. */
  #opening: { greeted(nonce: string): void; failed(error: Error): void } = { greeted: () => {}, failed: () => {} };
  /** Why nothing can be sent any more. */
  #end: { readonly kind: "closed" | "garbage"; readonly why: string } | undefined;
  #socketError: (Error & { code?: string }) | undefined;
  #next = 1;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { way, tlsFingerprint, connectTimeoutMs, signal } = options;
    this.#challenge = new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(noAnswer(way, "to greet us")), connectTimeoutMs * 2);
      const done = () => clearTimeout(timer);
      this.#opening = {
        greeted: (nonce) => (done(), resolve(nonce)),
        failed: (error) => (done(), reject(error)),
      };
    });
    // It may fail before anybody waits for it.
    this.#challenge.catch(() => {});
    this.#socket = new WebSocket(way.url, {
      handshakeTimeout: connectTimeoutMs,
      maxPayload: LARGEST_FRAME_BYTES,
      perMessageDeflate: false,
      // With a fingerprint, the certificate is compared below, before anything secret is sent.
      rejectUnauthorized: tlsFingerprint === undefined,
    });
    this.#socket.on("upgrade", (response) => this.#checkCertificate(response));
    this.#socket.on("unexpected-response", (_, response) => {
      this.#opening.failed(httpAnswered(response.statusCode ?? 0, way));
      this.drop();
    });
    this.#socket.on("message", (data, isBinary) => this.#hear(data, isBinary));
    this.#socket.on("error", (error) => {
      this.#socketError = error;
      this.#opening.failed(socketFailed(error, way));
    });
    this.#socket.on("close", (code, reason) => this.#closed(code, reason.toString()));
    if (signal.aborted) this.drop();
    signal.addEventListener("abort", this.#onAbort);
  }

  challenge(): Promise<string> {
    return this.#challenge;
  }

  /** Sends the `connect` request. @returns the greeting as sent */
  async introduce(params: Readonly<Record<string, unknown>>): Promise<unknown> {
    const { way, connectTimeoutMs } = this.#options;
    try {
      return await this.#ask("connect", params, connectTimeoutMs, (error) => connectRefused(error, way));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      if (error.kind === "timeout") throw noAnswer(way, "to let us in");
      if (error.kind === "garbage") throw notAGateway(way, "it sent something that is no frame of a gateway");
      throw error.kind === "closed" ? this.#hungUp() : error;
    }
  }

  asGateway(greeting: Greeting): Gateway {
    const { way, by, requestTimeoutMs } = this.#options;
    return {
      url: way.url,
      version: greeting.version,
      methods: greeting.methods,
      stateDir: greeting.stateDir,
      identity: by.identity.name,
      request: (method, params, timeoutMs = requestTimeoutMs) =>
        this.#ask(method, params, timeoutMs, (error) => requestRefused(method, error, way)),
      onEvent: (hear) => {
        this.#hearers.add(hear);
        return () => void this.#hearers.delete(hear);
      },
      onEnd: (hear) => {
        if (this.#end) hear(this.#end.why);
        else this.#endHearers.add(hear);
        return () => void this.#endHearers.delete(hear);
      },
      close: () => this.close(),
    };
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#socket.terminate(), CLOSE_PATIENCE_MS);
      this.#socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      this.#socket.close(1000);
    });
  }

  /** Ends it at once, whatever is on its way. */
  drop(): void {
    this.#socket.terminate();
  }

  #ask(
    method: string,
    params: Readonly<Record<string, unknown>>,
    timeoutMs: number,
    refused: (error: WireError) => GatewayError,
  ): Promise<unknown> {
    if (this.#end || this.#socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(closedDuring(method, this.#end?.why ?? "the connection is closed", false));
    }
    const id = String(this.#next++);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(unanswered(method, timeoutMs));
      }, timeoutMs);
      this.#waiting.set(id, { method, answer: resolve, fail: reject, refused, timer });
      // An error here is followed by "close", which fails whatever waits.
      this.#socket.send(requestFrame(id, method, params), () => {});
    });
  }

  #hear(data: RawData, isBinary: boolean): void {
    const frame = isBinary ? undefined : parseFrame(textOf(data));
    if (frame === undefined) {
      this.#opening.failed(notAGateway(this.#options.way, "it sent something that is no frame of a gateway"));
      this.#finish("garbage", isBinary ? "binary data" : "no JSON of a gateway");
      this.drop();
      return;
    }
    if (frame.kind === "challenge") this.#opening.greeted(frame.nonce);
    else if (frame.kind === "event") for (const hear of this.#hearers) hear(frame.event, frame.payload);
    else if (frame.kind === "answer") {
      const waiting = this.#take(frame.id);
      // An answer that comes after its time-out is nobody's.
      if (!waiting) return;
      if (frame.error) waiting.fail(waiting.refused(frame.error));
      else waiting.answer(frame.payload);
    }
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  #closed(code: number, reason: string): void {
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    const { way } = this.#options;
    const error = this.#socketError;
    // Only our own limits and checks make such an error once the socket is open.
    const isGarbage = error?.code?.startsWith("WS_ERR_") === true;
    const said = withoutSecrets(reason, way.credentials);
    const why = isGarbage && error ? error.message : closeText(code, said);
    this.#goodbye = { said, why };
    this.#opening.failed(this.#hungUp());
    this.#finish(isGarbage ? "garbage" : "closed", why);
  }

  /** The gateway ended it before it let us in; some say only here why. */
  #hungUp(): GatewayError {
    const { way } = this.#options;
    const { said, why } = this.#goodbye;
    const refusal = connectRefused({ code: undefined, message: said, details: {} }, way);
    if (refusal.kind !== "rejected") return refusal;
    return new GatewayError(
      "closed",
      `${way.url} hung up: ${why}`,
      false,
      "It may be starting or stopping. Try again.",
    );
  }
  #goodbye = { said: "", why: "the connection broke off" };

  #finish(kind: "closed" | "garbage", why: string): void {
    const isFirst = this.#end === undefined;
    this.#end ??= { kind, why };
    for (const [id, { method }] of this.#waiting) {
      this.#take(id)?.fail(kind === "garbage" ? garbled(method, why) : closedDuring(method, why, true));
    }
    if (isFirst) for (const hear of this.#endHearers) hear(why);
  }

  #checkCertificate(response: IncomingMessage): void {
    const { tlsFingerprint, way } = this.#options;
    if (tlsFingerprint === undefined || !(response.socket instanceof TLSSocket)) return;
    const shown = response.socket.getPeerCertificate().fingerprint256 ?? "";
    if (shown.replaceAll(":", "").toLowerCase() === tlsFingerprint) return;
    this.#opening.failed(wrongFingerprint(way.url));
    this.drop();
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.from(data as Buffer).toString("utf8");
}
