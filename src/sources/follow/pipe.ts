/** Follows standard input or a named pipe: `docker logs -f gateway | clawdbot-sessions watch -`. */
import type { LogRecord, SourceSummary } from "../../model.ts";
import { reason } from "../fs.ts";
import type { FollowedPart, Follower, FollowNotice } from "./follower.ts";
import { LineCutter } from "./line-cutter.ts";
import { LiveLines } from "./live-lines.ts";

const PAUSE_MS = 250;
/** After this time without a byte what was there at the start has been read (ms). */
const QUIET_MS = 500;
/** A line as young as this is news (ms). */
const LIVE_MS = 2_000;
/** Lines that may wait; the writer waits when there are more. */
const MOST_WAITING = 50_000;

export class PipeFollower implements Follower {
  readonly severalSources = false;
  readonly pauseMs = PAUSE_MS;
  readonly skewMs = 0;
  readonly #shown: string;
  readonly #bytes: AsyncIterable<Uint8Array>;
  readonly #now: () => number;
  readonly #live: LiveLines;
  #waiting: string[] = [];
  #ended = false;
  #failure: string | undefined;
  /** Wakes whoever waits for bytes, and the pump when there is room again. */
  #onBytes: () => void = () => {};
  #onRoom: () => void = () => {};

  constructor(shown: string, bytes: AsyncIterable<Uint8Array>, now: () => number) {
    this.#shown = shown;
    this.#bytes = bytes;
    this.#now = now;
    this.#live = new LiveLines({ path: shown, source: 0, stream: (container) => container ?? "gateway" });
  }

  async open(): Promise<void> {
    void this.#pump();
  }

  async *history(): AsyncGenerator<readonly LogRecord[]> {
    while (!this.#ended || this.#waiting.length > 0) {
      if (this.#waiting.length === 0 && (await this.#isQuiet())) return;
      const records = this.#take();
      yield records;
      // A busy gateway is never quiet, but what it wrote just now is no past.
      if ((records.at(-1)?.time ?? 0) >= this.#now() - LIVE_MS) return;
    }
  }

  async poll(): Promise<FollowedPart> {
    const notices: FollowNotice[] =
      this.#failure === undefined ? [] : [{ kind: "unreadable", text: `cannot read ${this.#shown}: ${this.#failure}` }];
    this.#failure = undefined;
    // The end counts once nothing waits any more.
    const ended = this.#ended;
    const more = this.#waiting.length >= MOST_WAITING;
    return { records: this.#take(), more, ended, notices };
  }

  sources(): readonly SourceSummary[] {
    return [{ path: this.#shown, format: this.#live.form, bytes: 0, lines: 0, candidates: 0, unparsedCandidates: 0 }];
  }

  areOfOneForm(): boolean {
    return true;
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#onRoom();
  }

  #take(): LogRecord[] {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#onRoom();
    return this.#live.take(lines, this.#now());
  }

  async #pump(): Promise<void> {
    const cutter = new LineCutter();
    try {
      for await (const bytes of this.#bytes) {
        if (this.#ended) return;
        for (const line of cutter.push(bytes)) this.#waiting.push(line);
        this.#onBytes();
        if (this.#waiting.length >= MOST_WAITING) await new Promise<void>((resolve) => (this.#onRoom = resolve));
      }
    } catch (error) {
      this.#failure = reason(error);
    }
    this.#ended = true;
    this.#onBytes();
  }

  async #isQuiet(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const quiet = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(true), QUIET_MS);
      this.#onBytes = () => resolve(false);
    });
    try {
      return await quiet;
    } finally {
      clearTimeout(timer);
    }
  }
}
