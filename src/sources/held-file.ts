import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

import { CHUNK, giveTurn } from "./read-bytes.ts";

/**
 * A file as it was when it was first opened. Its name may be given to another
 * file meanwhile, or be gone, and its permissions may change: what is read is
 * this file. It may grow: what is beyond the size that it had is not read, else
 * a writer that is faster than we are would keep us for ever.
 */
export interface HeldFile {
  /** Its bytes when it was opened. */
  readonly size: number;
  /** More was written to it since. */
  hasGrown(): boolean;
  /**
   * Its bytes from `start` on, up to that size. Each piece is valid until the next one is asked for.
   * @throws FileChanged behind the last byte that can be had, where what was there is there no more
   */
  read(start?: number): AsyncGenerator<Uint8Array>;
  readRange(start: number, length: number): Uint8Array;
  close(): void;
}

/** Bytes that were there are gone: the file was cut short or written anew. */
class FileChanged extends Error {}

/** Descriptors are few on some machines. Files beyond this are opened by their names for each reading. */
const MOST_HELD = 128;
/** What was read last must stand there still when more is read: in a file that was rewritten it does not. */
const MARK = 256;

let held = 0;

/** @param options for tests, which have no gigabytes and no hundreds of files */
export function holdFile(path: string, options: { chunk?: number; mostHeld?: number } = {}): HeldFile {
  return new OpenFile(path, options.chunk ?? CHUNK, options.mostHeld ?? MOST_HELD);
}

class OpenFile implements HeldFile {
  readonly size: number;
  readonly #path: string;
  readonly #chunk: number;
  /** Undefined where too many are held. */
  #descriptor: number | undefined;
  /** Its first bytes, to know when other ones stand there. */
  readonly #head: Buffer;

  constructor(path: string, chunk: number, mostHeld: number) {
    this.#path = path;
    this.#chunk = chunk;
    const file = openFile(path);
    const { size } = fstatSync(file);
    this.size = size;
    this.#head = Buffer.alloc(Math.min(MARK, size));
    try {
      readSync(file, this.#head, 0, this.#head.length, 0);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    if (held < mostHeld) {
      held++;
      this.#descriptor = file;
    } else closeSync(file);
  }

  hasGrown(): boolean {
    try {
      return this.#during((file) => fstatSync(file).size > this.size);
    } catch {
      return false;
    }
  }

  async *read(start = 0): AsyncGenerator<Uint8Array> {
    const own = this.#descriptor === undefined ? openFile(this.#path) : undefined;
    try {
      yield* this.#pieces(own ?? (this.#descriptor as number), start);
    } finally {
      if (own !== undefined) closeSync(own);
    }
  }

  readRange(start: number, length: number): Uint8Array {
    return this.#during((file) => {
      const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.size - start)));
      let filled = 0;
      for (let length = -1; filled < buffer.length && length !== 0; filled += length) {
        length = readSync(file, buffer, filled, buffer.length - filled, start + filled);
      }
      return buffer.subarray(0, filled);
    });
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
    held--;
  }

  async *#pieces(file: number, start: number): AsyncGenerator<Uint8Array> {
    // In front of each piece stands the end of the one before, read once more.
    const memory = Buffer.allocUnsafeSlow(MARK + this.#chunk);
    const mark = Buffer.allocUnsafe(MARK);
    let marked = 0;
    let isAnother = false;
    for (let position = start, count = 1; position < this.size; count++) {
      const wanted = Math.min(this.#chunk, this.size - position);
      const from = MARK - marked;
      let length = readSync(file, memory, from, marked + wanted, position - marked) - marked;
      // A disk that fails gives what is before the failure, and tells of it when it is asked again.
      if (length === 0) length = readSync(file, memory, MARK, wanted, position);
      if (length <= 0) throw new FileChanged("it was cut short while it was read");
      if (mark.compare(memory, from, MARK, 0, marked) !== 0) {
        throw new FileChanged("it was written anew while it was read");
      }
      const piece = memory.subarray(MARK, MARK + length);
      if (position === 0) isAnother = !this.#isHead(piece);
      position += length;
      marked = Math.min(MARK, length);
      piece.copy(mark, 0, length - marked);
      yield piece;
      await giveTurn(count);
    }
    // All of it was read, but it is not what was there.
    if (isAnother) throw new FileChanged("it was written anew after it was found, so lines may be missing");
  }

  #isHead(piece: Buffer): boolean {
    const length = Math.min(this.#head.length, piece.length);
    return this.#head.compare(piece, 0, length, 0, length) === 0;
  }

  #during<T>(work: (file: number) => T): T {
    if (this.#descriptor !== undefined) return work(this.#descriptor);
    const file = openFile(this.#path);
    try {
      return work(file);
    } finally {
      closeSync(file);
    }
  }
}

/** @throws where it is no file: a pipe without a writer must not keep us */
function openFile(path: string): number {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new FileChanged("it is no file any more");
}
