/** Items that one source gives together, in its order. */
export type Batch<Item> = readonly Item[];

/** One source of the merge. */
export interface Strand<Item> {
  /** Where the source begins, so that it need not be opened before its time; undefined: at once. */
  readonly from: number | undefined;
  open(): AsyncIterable<Batch<Item>>;
  /** Milliseconds since the epoch; undefined stays with the item before it. */
  timeOf(item: Item): number | undefined;
}

/**
 * Merges sources by time. Each keeps its own order; at equal times the earlier
 * source comes first. One batch of each open source is in memory.
 */
export async function* mergeByTime<Item>(strands: readonly Strand<Item>[]): AsyncGenerator<Batch<Item>> {
  if (strands.length === 1) {
    yield* (strands[0] as Strand<Item>).open();
    return;
  }
  const cursors = strands.map((strand, rank) => new Cursor(strand, rank));
  try {
    for (;;) {
      const first = least(cursors);
      if (first === undefined) return;
      if (!first.ready) {
        await first.advance();
        continue;
      }
      const next = least(cursors, first);
      const items: Item[] = [];
      do items.push(first.take());
      while (first.ready && (next === undefined || isBefore(first, next)));
      yield items;
    }
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

// The sources of one command are few, and most of them are not open at the same time.
function least<Item>(cursors: readonly Cursor<Item>[], except?: Cursor<Item>): Cursor<Item> | undefined {
  let best: Cursor<Item> | undefined;
  for (const cursor of cursors) {
    if (cursor !== except && !cursor.done && (best === undefined || isBefore(cursor, best))) best = cursor;
  }
  return best;
}

function isBefore<Item>(one: Cursor<Item>, other: Cursor<Item>): boolean {
  return one.key < other.key || (one.key === other.key && one.rank < other.rank);
}

class Cursor<Item> {
  done = false;
  /** The time of the next item; before the source is open, of its first one. */
  key: number;
  readonly rank: number;
  readonly #strand: Strand<Item>;
  #iterator: AsyncIterator<Batch<Item>> | undefined;
  #batch: Batch<Item> = [];
  #index = 0;

  constructor(strand: Strand<Item>, rank: number) {
    this.#strand = strand;
    this.rank = rank;
    this.key = strand.from ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether an item is at hand. */
  get ready(): boolean {
    return this.#index < this.#batch.length;
  }

  async advance(): Promise<void> {
    this.#iterator ??= this.#strand.open()[Symbol.asyncIterator]();
    const next = await this.#iterator.next();
    if (next.done === true) this.done = true;
    else {
      this.#batch = next.value;
      this.#index = 0;
      this.#setKey();
    }
  }

  take(): Item {
    const item = this.#batch[this.#index++] as Item;
    this.#setKey();
    return item;
  }

  async close(): Promise<void> {
    await this.#iterator?.return?.();
  }

  #setKey(): void {
    if (!this.ready) return;
    this.key = this.#strand.timeOf(this.#batch[this.#index] as Item) ?? this.key;
  }
}
