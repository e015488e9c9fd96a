/** Follows a gateway on another machine by its `logs.tail`, through restarts of it and of the network. */
import { readSessionsAnswer } from "../../gateway/cross-check.ts";
import { type Gateway, GatewayError } from "../../gateway/gateway.ts";
import type { LogRecord, SourceSummary } from "../../model.ts";
import { asObject } from "../../formats/text.ts";
import type { FollowedPart, Follower, FollowNotice } from "./follower.ts";
import { LiveLines } from "./live-lines.ts";

/** The most that any version gives at once. */
const MOST_LINES = 5_000;
const MOST_BYTES = 1_000_000;
const PAUSE_MS = 2_000;
/** Polls that are left out after a failure; each further one doubles it. */
const LONGEST_WAIT_POLLS = 16;

interface Tail {
  readonly file: string;
  readonly cursor: number;
  readonly lines: readonly string[];
  /** The cursor was of another file, or of one that was longer. */
  readonly reset: boolean;
}

export class GatewayFollower implements Follower {
  readonly severalSources = false;
  readonly pauseMs = PAUSE_MS;
  skewMs = 0;
  readonly #connect: () => Promise<Gateway>;
  readonly #now: () => number;
  readonly #live = new LiveLines({ path: "logs.tail", source: 0, stream: () => "gateway" });
  #gateway: Gateway | undefined;
  #cursor = 0;
  #file = "";
  #first: Tail | undefined;
  #failures = 0;
  #waitPolls = 0;

  /** @param connect a new connection to the same gateway; throws GatewayError */
  constructor(connect: () => Promise<Gateway>, now: () => number) {
    this.#connect = connect;
    this.#now = now;
  }

  async open(): Promise<void> {
    this.#gateway = await this.#connect();
    const answer = await this.#gateway.request("sessions.list", { limit: 1 });
    const { now } = readSessionsAnswer(answer);
    // Its clock stamps the lines; a run stalls by that clock.
    this.skewMs = now === undefined ? 0 : now - this.#now();
    this.#first = await this.#ask(undefined);
    this.#remember(this.#first);
  }

  async *history(): AsyncGenerator<readonly LogRecord[]> {
    if (this.#first) yield this.#live.take(this.#first.lines, this.#now() + this.skewMs);
    this.#first = undefined;
  }

  async poll(): Promise<FollowedPart> {
    if (this.#waitPolls > 0) {
      this.#waitPolls--;
      return { records: [], more: false, ended: false, notices: [] };
    }
    const notices: FollowNotice[] = [];
    try {
      this.#gateway ??= await this.#connect();
      const tail = await this.#next();
      if (this.#failures > 0) notices.push({ kind: "gateway-reachable", text: "the gateway answers again" });
      this.#failures = 0;
      if (tail.lines.length >= MOST_LINES) {
        const text = `the gateway wrote more than it gives at once: only the last ${MOST_LINES.toLocaleString("en-US")} lines were read`;
        notices.push({ kind: "lines-lost", text });
      }
      const records = this.#live.take(tail.lines, this.#now() + this.skewMs);
      return { records, more: false, ended: false, notices };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      await this.#gateway?.close().catch(() => {});
      this.#gateway = undefined;
      if (this.#failures === 0) notices.push({ kind: "gateway-unreachable", text: error.message });
      this.#waitPolls = Math.min(LONGEST_WAIT_POLLS, 2 ** Math.min(10, this.#failures++)) - 1;
      return { records: [], more: false, ended: false, notices };
    }
  }

  sources(): readonly SourceSummary[] {
    const path = this.#file === "" ? "logs.tail" : `logs.tail of ${this.#file}`;
    return [{ path, format: this.#live.form, bytes: 0, lines: 0, candidates: 0, unparsedCandidates: 0 }];
  }

  areOfOneForm(): boolean {
    return true;
  }

  async close(): Promise<void> {
    await this.#gateway?.close().catch(() => {});
    this.#gateway = undefined;
  }

  /** What came since the last time; at midnight the gateway goes on in another file, of which all is new. */
  async #next(): Promise<Tail> {
    let tail = await this.#ask(this.#cursor);
    const isOther = tail.file !== this.#file;
    if (isOther && !tail.reset) tail = await this.#ask(undefined);
    if (isOther || tail.reset) this.#live.restart();
    this.#remember(tail);
    return tail;
  }

  #remember({ file, cursor }: Tail): void {
    this.#file = file;
    this.#cursor = cursor;
  }

  async #ask(cursor: number | undefined): Promise<Tail> {
    const params = { ...(cursor === undefined ? {} : { cursor }), limit: MOST_LINES, maxBytes: MOST_BYTES };
    const answer = asObject(await this.#gateway?.request("logs.tail", params));
    const { lines, cursor: end, file, reset } = answer ?? {};
    if (!Array.isArray(lines) || typeof end !== "number") {
      throw new GatewayError("garbage", "logs.tail answered something that is no log", true);
    }
    return {
      file: typeof file === "string" ? file : this.#file,
      cursor: end,
      lines: lines.filter((it) => typeof it === "string"),
      reset: reset === true,
    };
  }
}
