/** Says in time that a log wants more memory than there is: out of memory, Node ends with a trace and no verdict. */
import { UserError } from "./errors.ts";

/** What is kept of a log takes some two thirds more once the report is made of it; garbage is part of what is measured. */
const MOST_OF_LIMIT = 0.55;
/** Of the limit this is for new objects only, in bytes. */
const FOR_NEW = 48 * 1024 ** 2;
/** So much is never refused, in bytes. */
const LEAST = 96 * 1024 ** 2;
/** Asking takes some microseconds. */
const EVERY = 16;

/** Call its `look` now and then while something is read. */
export class MemoryGuard {
  #count = 0;

  /** @throws UserError while there is still room to say so */
  look(): void {
    if (++this.#count % EVERY !== 0) return;
    // Late: it brings the streams with it, and a small log is read before it is asked.
    const { used_heap_size: used, heap_size_limit: limit } = process.getBuiltinModule("node:v8").getHeapStatistics();
    // Where Node has next to nothing it collects in time; there the guess would be wrong more often than right.
    if (used <= Math.max((limit - FOR_NEW) * MOST_OF_LIMIT, LEAST)) return;
    throw new UserError(
      `what is to be told of this log does not fit into the ${Math.round(limit / 1024 ** 2)} MiB of memory that Node gives this program`,
      "It has very many runs without an end, or --all-runs tells of each. Give it more, for example with NODE_OPTIONS=--max-old-space-size=8192, leave out --all-runs, or read a part of the log.",
    );
  }
}
