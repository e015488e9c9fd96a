/** A line of evidence: what a finding will show of an event, and nothing else of it. */
export interface TimelineItem {
  /** Place of the event in the order of all events. */
  readonly sequence: number;
  readonly time: number | undefined;
  readonly text: string;
  readonly path: string;
  readonly line: number;
}

interface Link extends TimelineItem {
  next: Link | undefined;
}

const FIRST = 8;
const LAST = 24;

/**
 * A few dozen events of one run or session: the first ones and the newest
 * ones. What lies between is counted, so memory follows the open runs and not
 * the length of the log. A list of links, because an array that grows takes room
 * for sixteen where a run has three.
 */
export class Timeline {
  #head: Link | undefined;
  #tail: Link | undefined;
  /** The last of the first ones; the link behind it leaves when there are too many. */
  #hinge: Link | undefined;
  #size = 0;

  push({ sequence, time, text, path, line }: TimelineItem): void {
    const link: Link = { sequence, time, text, path, line, next: undefined };
    if (this.#tail) this.#tail.next = link;
    else this.#head = link;
    this.#tail = link;
    this.#size += 1;
    if (this.#size === FIRST) this.#hinge = link;
    if (this.#size > FIRST + LAST && this.#hinge) this.#hinge.next = this.#hinge.next?.next;
  }

  get first(): TimelineItem | undefined {
    return this.#head;
  }

  get items(): readonly TimelineItem[] {
    const items: TimelineItem[] = [];
    for (let link = this.#head; link; link = link.next) items.push(link);
    return items;
  }

  /** Events between the first and the newest that were not kept. */
  get omitted(): number {
    return Math.max(0, this.#size - FIRST - LAST);
  }
}
