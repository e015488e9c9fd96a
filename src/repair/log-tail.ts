import { parseEvent, type GatewayEvent } from "../events/index.ts";
import { Decoder } from "../formats/decode.ts";
import { GatewayError, type Gateway } from "../gateway/gateway.ts";
import { isObject } from "./steps/step.ts";

/** What came into the gateway's log since the last look. */
export interface TailPart {
  readonly events: readonly GatewayEvent[];
  /** Lines were lost between this look and the one before: the file was turned over, or it grew too fast. */
  readonly gap: boolean;
}

/** The most that one answer holds on the early versions. */
const MAX_LINES = 5_000;
const MAX_BYTES = 1_000_000;

/**
 * Follows the gateway's own log by `logs.tail`: what this gateway writes, from
 * a moment on. Not a file at hand: it may be another gateway's, or a copy.
 */
export class LogTail {
  readonly #gateway: Gateway;
  readonly #timeoutMs: number;
  readonly #decoder = new Decoder();
  #cursor: number | undefined;
  #lines = 0;
  /** As the gateway names it. */
  file = "logs.tail";

  /** @param timeoutMs milliseconds for one look */
  constructor(gateway: Gateway, timeoutMs: number) {
    this.#gateway = gateway;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Where the log ends now.
   * @returns a place to begin to follow from, in the gateway's own count
   * @throws GatewayError
   */
  async end(): Promise<number> {
    return (await this.#ask({ limit: 1, maxBytes: 1_000 })).cursor;
  }

  /** Follows from a place on that `end` told. */
  beginAt(cursor: number): void {
    this.#cursor = cursor;
  }

  /**
   * What was written since the last call, or since `beginAt`; else as much of the end as one answer holds.
   * @throws GatewayError
   */
  async read(): Promise<TailPart> {
    const before = this.#cursor;
    const answer = await this.#ask({
      ...(before === undefined ? {} : { cursor: before }),
      limit: MAX_LINES,
      maxBytes: MAX_BYTES,
    });
    this.#cursor = answer.cursor;
    const events: GatewayEvent[] = [];
    for (const line of answer.lines) {
      const event = this.#parse(line);
      if (event) events.push(event);
    }
    return { events, gap: answer.reset || before === undefined || answer.lines.length >= MAX_LINES };
  }

  #parse(line: string): GatewayEvent | undefined {
    this.#lines++;
    const decoded = this.#decoder.decode(line);
    if (!decoded) return undefined;
    const { stamp, ...rest } = decoded.parsed;
    const parsed = parseEvent({
      ...rest,
      ...(stamp?.kind === "instant" ? { time: stamp.ms } : {}),
      location: { path: this.file, line: this.#lines },
      source: 0,
      stream: "gateway",
    });
    return parsed.outcome === "event" ? parsed.event : undefined;
  }

  async #ask(params: Readonly<Record<string, unknown>>) {
    const told = await this.#gateway.request("logs.tail", params, this.#timeoutMs);
    const answer = isObject(told) ? told : {};
    const { cursor, lines } = answer;
    // A line that can't be read may be the one that tells the end: nobody may take the rest for all.
    if (typeof cursor !== "number" || !Array.isArray(lines) || !lines.every((line) => typeof line === "string")) {
      throw new GatewayError("garbage", "logs.tail answered something else than a log", true);
    }
    if (typeof answer["file"] === "string") this.file = answer["file"];
    return {
      cursor,
      lines,
      reset: answer["reset"] === true,
    };
  }
}
