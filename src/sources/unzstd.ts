type Bytes = AsyncIterable<Uint8Array>;

/** The functions of zstd that are called, with pointers into their memory. */
interface Zstd {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(size: number): number;
  free(pointer: number): void;
  ZSTD_createDCtx(): number;
  ZSTD_freeDCtx(context: number): number;
  ZSTD_DStreamOutSize(): number;
  /** @returns 0 behind a whole frame, what it would like to have next, or an error's number below zero */
  ZSTD_decompressStream(context: number, output: number, input: number): number;
}

/** zstd's own limit for those that do not ask for more. A frame of `zstd -19` needs 8 MiB. */
const MOST_MEMORY = "128 MiB";
const WINDOW_TOO_LARGE = 16;
const NO_MEMORY = 64;
/** Of a piece of any size so much is copied at a time. */
const INPUT = 128 * 1024;
/** A buffer as zstd knows it: where it is, its size, how far it is used; three numbers of four bytes. */
const BUFFER = 12;

/** The archive needs more memory than it gets. */
export class TooLarge extends Error {
  constructor() {
    super(`it needs more than ${MOST_MEMORY} of memory`);
  }
}

/**
 * What a zstd archive holds, all of its frames. Not by node:zlib, which has it
 * from Node 22.15 only and (seen on 24) breaks off behind the first frame: that
 * loses the rest of every archive that was appended to. And not by zstddec's
 * own streaming (seen on 0.3.4): it does not look at what the decoder answers,
 * asks for ever where that is an error, and frees nothing of a decoder that is
 * left before its end, as the first look at every file does.
 *
 * @param onBroken called once where the archive ends early or is damaged; all before that is given
 */
export async function* unzstd(raw: Bytes, onBroken: (error: Error) => void): AsyncGenerator<Uint8Array> {
  const decoder = new Decoder(await load());
  try {
    for await (const chunk of raw) {
      for (let start = 0; start < chunk.length; start += INPUT) {
        decoder.take(chunk.subarray(start, start + INPUT));
        for (let piece = decoder.next(); piece !== undefined; piece = decoder.next()) {
          if (piece instanceof Error) return onBroken(piece);
          if (piece.length > 0) yield piece;
        }
      }
    }
    if (!decoder.isAtEnd) onBroken(new Error("unexpected end"));
  } finally {
    decoder.free();
  }
}

class Decoder {
  /** Whether the last frame is whole. */
  isAtEnd = true;
  readonly #zstd: Zstd;
  readonly #context: number;
  readonly #outSize: number;
  /** The two buffers' descriptions, then what is in them. */
  readonly #memory: number;
  readonly #input: number;
  readonly #output: number;
  /** The output was full: there may be more to come. */
  #isFull = false;

  constructor(zstd: Zstd) {
    this.#zstd = zstd;
    this.#outSize = zstd.ZSTD_DStreamOutSize();
    this.#context = zstd.ZSTD_createDCtx();
    this.#memory = zstd.malloc(2 * BUFFER + INPUT + this.#outSize);
    this.#input = this.#memory + 2 * BUFFER;
    this.#output = this.#input + INPUT;
  }

  /** @param bytes at most INPUT of them; those before must be used up */
  take(bytes: Uint8Array): void {
    if (this.#context === 0 || this.#memory === 0) return;
    new Uint8Array(this.#zstd.memory.buffer).set(bytes, this.#input);
    this.#describe(0, this.#input, bytes.length);
  }

  /** @returns undefined where more bytes are needed */
  next(): Uint8Array | Error | undefined {
    if (this.#context === 0 || this.#memory === 0) return new TooLarge();
    if (!this.#isFull && this.#used(0) === this.#size(0)) return undefined;
    this.#describe(BUFFER, this.#output, this.#outSize);
    const answer = this.#zstd.ZSTD_decompressStream(this.#context, this.#memory + BUFFER, this.#memory);
    if (answer === -WINDOW_TOO_LARGE || answer === -NO_MEMORY) return new TooLarge();
    if (answer < 0) return new Error(`error ${-answer} of zstd`);
    this.isAtEnd = answer === 0;
    const length = this.#used(BUFFER);
    // Behind a whole frame there is nothing; asked again it would wait for one more.
    this.#isFull = !this.isAtEnd && length === this.#outSize;
    // Its memory may move when it grows, so the piece is a copy.
    return new Uint8Array(this.#zstd.memory.buffer).slice(this.#output, this.#output + length);
  }

  free(): void {
    this.#zstd.ZSTD_freeDCtx(this.#context);
    this.#zstd.free(this.#memory);
  }

  #describe(at: number, pointer: number, size: number): void {
    const view = new DataView(this.#zstd.memory.buffer, this.#memory + at, BUFFER);
    view.setUint32(0, pointer, true);
    view.setUint32(4, size, true);
    view.setUint32(8, 0, true);
  }

  #size(at: number): number {
    return new DataView(this.#zstd.memory.buffer).getUint32(this.#memory + at + 4, true);
  }

  #used(at: number): number {
    return new DataView(this.#zstd.memory.buffer).getUint32(this.#memory + at + 8, true);
  }
}

let loading: Promise<Zstd> | undefined;

function load(): Promise<Zstd> {
  return (loading ??= instantiate());
}

async function instantiate(): Promise<Zstd> {
  const { ZSTDDecoder } = await import("zstddec/stream");
  let zstd: Zstd | undefined;
  const decoder = new ZSTDDecoder();
  // It is called without `this`.
  // oxlint-disable-next-line unbound-method
  const init = decoder._init;
  decoder._init = (result) => {
    zstd = result.instance.exports as unknown as Zstd;
    init(result);
  };
  await decoder.init();
  // The package makes one for all of its users. Nobody else can be one: it is bundled (scripts/bundle.ts).
  if (zstd === undefined) throw new Error("zstddec was used before");
  return zstd;
}
