import type { GatewayEvent } from "../events/index.ts";

export interface TimelineItem {
  readonly sequence: number;
  readonly event: GatewayEvent;
}

const FIRST = 8;
const LAST = 24;

/**
 * A few dozen events of one run or session: the first ones and the newest
 * ones. What lies between is counted, so memory follows the open runs and not
 * the length of the log.
 */
export class Timeline {
  #first: TimelineItem[] = [];
  #last: TimelineItem[] = [];
  #omitted = 0;

  push(sequence: number, event: GatewayEvent): void {
    if (this.#first.length < FIRST) {
      this.#first.push({ sequence, event });
      return;
    }
    this.#last.push({ sequence, event });
    // Trimmed in bulk, so that a push does not move the whole array each time.
    if (this.#last.length >= 2 * LAST) {
      this.#omitted += this.#last.length - LAST;
      this.#last = this.#last.slice(-LAST);
    }
  }

  clear(): void {
    this.#first = [];
    this.#last = [];
    this.#omitted = 0;
  }

  get items(): readonly TimelineItem[] {
    return [...this.#first, ...this.#last.slice(-LAST)];
  }

  /** Events between the first and the newest that were not kept. */
  get omitted(): number {
    return this.#omitted + Math.max(0, this.#last.length - LAST);
  }
}
