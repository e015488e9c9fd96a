/** Bytes that a program hands to the library, in whatever shape it has them. */
import { addAbortSignal, Readable } from "node:stream";

export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Uint8Array;

/**
 * What goes wrong with the bytes goes to the caller as it is. The command makes
 * a report of what it could read; a program must learn of its own error.
 */
export class CallersBytes {
  readonly #bytes: Bytes;
  readonly #signal: AbortSignal | undefined;
  #iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /**
   * @throws TypeError for what cannot be bytes
   * @throws the signal's reason if it is aborted already
   */
  constructor(bytes: Bytes, signal: AbortSignal | undefined) {
    if (!mayBeBytes(bytes)) throw new TypeError("the log must be bytes, or an iterable of bytes");
    signal?.throwIfAborted();
    this.#bytes = bytes;
    this.#signal = signal;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const aborted = this.#whenAborted();
    try {
      this.#iterator = iteratorOf(this.#bytes);
      for (;;) {
        // What is at hand at once would win the race for ever.
        this.#signal?.throwIfAborted();
        const next = await Promise.race([this.#iterator.next(), aborted.promise]);
        if (next.done === true) return;
        if (!(next.value instanceof Uint8Array)) throw notBytes(next.value);
        yield next.value;
      }
    } catch (error) {
      this.#failure = { error };
      throw error;
    } finally {
      aborted.forget();
    }
  }

  /**
   * Does work that reads the chunks, then closes the bytes.
   * @throws what went wrong with the bytes, rather than what the work made of it
   */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      if (this.#failure) throw this.#failure.error;
      return result;
    } catch (error) {
      throw this.#failure ? this.#failure.error : error;
    } finally {
      // Not waited for: an iterator that is in the middle of a read would keep us as long.
      void Promise.resolve(this.#iterator?.return?.()).catch(() => {});
    }
  }

  /** A stream that waits for its next bytes would not look at the signal. */
  #whenAborted(): { readonly promise: Promise<never>; readonly forget: () => void } {
    const signal = this.#signal;
    if (signal && this.#bytes instanceof Readable) addAbortSignal(signal, this.#bytes);
    let onAbort = (): void => {};
    const promise = new Promise<never>((_, reject) => {
      // oxlint-disable-next-line prefer-promise-reject-errors -- the reason is the caller's, of whatever kind
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
    promise.catch(() => {});
    return { promise, forget: () => signal?.removeEventListener("abort", onAbort) };
  }
}

function mayBeBytes(bytes: unknown): boolean {
  if (typeof bytes !== "object" || bytes === null) return false;
  return Symbol.asyncIterator in bytes || Symbol.iterator in bytes;
}

function iteratorOf(bytes: Bytes): AsyncIterator<unknown> | Iterator<unknown> {
  if (bytes instanceof Uint8Array) return [bytes][Symbol.iterator]();
  return Symbol.asyncIterator in bytes ? bytes[Symbol.asyncIterator]() : bytes[Symbol.iterator]();
}

function notBytes(value: unknown): TypeError {
  const hint = typeof value === "string" ? "; is setEncoding called on it?" : "";
  return new TypeError(`the log must give bytes (Uint8Array), and gave a ${typeof value}${hint}`);
}
