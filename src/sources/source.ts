/** One input of logs: a file, a pipe, standard input, an archive. */
export interface Source {
  /** As the user would type it; `-` for standard input. */
  readonly path: string;
  /**
   * Sources with the same group are of one gateway, whatever their lines say
   * (default discovery knows it). Absent: the lines tell.
   */
  readonly group?: string;
  /** The gateway's profile where the name of the file tells it; two profiles are never one gateway. */
  readonly profile?: string;
  /** When the file was written last, in milliseconds since the epoch. */
  readonly mtimeMs?: number;
  /** Bytes on disk. */
  readonly size?: number;
  /** False for a pipe: it can be opened once. */
  readonly reopenable: boolean;
  /**
   * The bytes as they are stored, from `start` on where that is given and the source is reopenable. Each piece is
   * valid until the next one is asked for.
   */
  open(start?: number): AsyncIterable<Uint8Array>;
  /** A piece of a file; absent where the source has no random access. */
  readRange?(start: number, length: number): Promise<Uint8Array>;
  /** Whether there is more by now than `open` gives. */
  hasGrown?(): boolean;
  /** Lets go of what is held for the next `open`. */
  close?(): void;
}

/** A source over bytes in memory, for tests and for lines that came over the network. */
export function bytesSource(path: string, bytes: Uint8Array, more: Partial<Source> = {}): Source {
  return {
    path,
    reopenable: true,
    size: bytes.length,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *open(start = 0) {
      yield bytes.subarray(start);
    },
    readRange: (start, length) => Promise.resolve(bytes.subarray(start, start + length)),
    ...more,
  };
}
