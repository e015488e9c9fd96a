/** A running gateway, as the repair and the doctor see it. */
export interface Gateway {
  /** As the user would type it; never with a token or a password in it. */
  readonly url: string;
  /** Of the server, as its greeting names it; null where it does not (up to 2026.2.26 it says "dev"). */
  readonly version: string | null;
  /** Names of the methods that its greeting lists; empty where it lists none. */
  readonly methods: ReadonlySet<string>;
  /** Its state dir on the machine it runs on, as its greeting names it; null where it does not. */
  readonly stateDir: string | null;
  /** As whom it let us in, for the lab and for --verbose: one of IDENTITIES, or its own CLI. */
  readonly identity: string;
  /**
   * One request, sent once: it is never repeated on its own.
   * @param timeoutMs milliseconds until it counts as unanswered
   * @returns the payload of the answer
   * @throws GatewayError
   */
  request(method: string, params: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<unknown>;
  /** Hears the events (`agent`, `chat`, …) that the gateway sends from now on. @returns stops hearing */
  onEvent(hear: (event: string, payload: unknown) => void): () => void;
  /** Hears, once, why nothing comes from it any more; at once where that is so already. @returns stops hearing */
  onEnd(hear: (why: string) => void): () => void;
  close(): Promise<void>;
}

export const GATEWAY_ERROR_KINDS = [
  "refused",
  "unauthorized",
  "missing-scope",
  "pairing-required",
  "protocol-mismatch",
  "certificate",
  "timeout",
  "closed",
  "rejected",
  "garbage",
] as const;
export type GatewayErrorKind = (typeof GATEWAY_ERROR_KINDS)[number];

/** What went wrong between us and the gateway. `sent` tells whether the request may have reached it. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly kind: GatewayErrorKind;
  readonly sent: boolean;
  readonly help: string | undefined;
  /** The gateway's own word for it, for example `UNAVAILABLE`; undefined where it sent none. */
  readonly code: string | undefined;

  /**
   * @param message what happened, in one line; text of the gateway's in it is not escaped yet
   * @param help what to do; may have several lines
   */
  constructor(kind: GatewayErrorKind, message: string, sent: boolean, help?: string, code?: string) {
    super(message);
    this.kind = kind;
    this.sent = sent;
    this.help = help;
    this.code = code;
  }
}
