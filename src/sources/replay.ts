import type { Source } from "./source.ts";

/**
 * A source that can be looked at before it is read, also if it is a pipe: what
 * the look took is given again to the reading, which is the second opening.
 */
export function replayable(source: Source): Source {
  if (source.reopenable) return source;
  const kept: Uint8Array[] = [];
  let iterator: AsyncIterator<Uint8Array> | undefined;
  let opened = 0;
  let ended = false;
  /** What the look met. An iterator that failed says afterwards that it is at its end. */
  let failure: { readonly error: unknown } | undefined;
  async function* look(): AsyncGenerator<Uint8Array> {
    iterator ??= source.open()[Symbol.asyncIterator]();
    for (;;) {
      const next = await iterator.next().catch((error: unknown) => {
        failure = { error };
        throw error;
      });
      if (next.done === true) {
        ended = true;
        return;
      }
      // The stream may use its buffer again.
      kept.push(Buffer.from(next.value));
      yield next.value;
    }
  }
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      while (kept.length > 0) yield kept.shift() as Uint8Array;
      if (failure) throw failure.error;
      while (!ended && iterator !== undefined) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator?.return?.();
    }
  }
  return { ...source, open: () => (opened++ === 0 ? look() : read()) };
}
