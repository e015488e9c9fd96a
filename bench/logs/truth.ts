/** What is true of a made log, known from how it was made: no line of it is read for this. */
export interface Truth {
  readonly counts: Readonly<
    Record<"runs" | "completed" | "aborted" | "failed" | "timedOut" | "orphaned" | "open", number>
  >;
  /** The runs that did not complete and were not aborted, by their ids: `failed`, `open`, `orphaned:CAUSE`. */
  readonly runs: Readonly<Record<string, string>>;
  /** The sessions that get no answers at the end, with the messages that wait there. */
  readonly blocked: Readonly<Record<string, number>>;
  readonly busy: readonly string[];
  /** What pairing alone would count: start lines, done lines, runs with a start and no done. */
  readonly starts: number;
  readonly dones: number;
  readonly unpaired: number;
}

type Fate = "completed" | "aborted" | "failed" | "open" | `orphaned:${"restart" | "crash" | "stop"}`;

const COUNTED_AS = { completed: "completed", aborted: "aborted", failed: "failed", open: "open" } as const;

/** Writes the truth down while the story goes on. */
export class TruthKeeper {
  readonly #counts = { runs: 0, completed: 0, aborted: 0, failed: 0, timedOut: 0, orphaned: 0, open: 0 };
  readonly #runs: Record<string, string> = {};
  readonly #blocked: Record<string, number> = {};
  readonly #busy: string[] = [];
  #starts = 0;
  #dones = 0;
  #unpaired = 0;

  started(): void {
    this.#starts++;
  }

  done(): void {
    this.#dones++;
  }

  ended(runId: string, fate: Fate): void {
    this.#counts.runs++;
    if (fate === "completed" || fate === "aborted") {
      this.#counts[fate]++;
      return;
    }
    this.#counts[fate in COUNTED_AS ? COUNTED_AS[fate as keyof typeof COUNTED_AS] : "orphaned"]++;
    this.#runs[runId] = fate;
    this.#unpaired++;
  }

  blocks(session: string): void {
    this.#blocked[session] = 0;
  }

  frees(session: string): void {
    delete this.#blocked[session];
  }

  waits(session: string): void {
    this.#blocked[session] = (this.#blocked[session] ?? 0) + 1;
  }

  busy(session: string): void {
    this.#busy.push(session);
  }

  get truth(): Truth {
    return {
      counts: this.#counts,
      runs: this.#runs,
      blocked: this.#blocked,
      busy: this.#busy,
      starts: this.#starts,
      dones: this.#dones,
      unpaired: this.#unpaired,
    };
  }
}
