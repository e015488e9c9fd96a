/** From the bytes on disk to the bytes of the log: gzip, zstd, UTF-16, by magic bytes whatever the name. */
import type { Transform } from "node:stream";
import type { ZSTDDecoder } from "zstddec/stream";
import { UserError } from "../errors.ts";

export interface UnpackOptions {
  /** Called once where the bytes end before the archive does. */
  readonly onTruncated: (what: string) => void;
}

type Bytes = AsyncIterable<Uint8Array>;

/**
 * The bytes of the log as UTF-8, unpacked.
 *
 * @throws UserError for archives and data that hold no text
 */
export async function* unpack(raw: Bytes, options: UnpackOptions): AsyncGenerator<Uint8Array> {
  const { head, rest } = await takeHead(raw, HEAD_BYTES);
  if (head.length === 0) return;
  if (startsWith(head, [0x1f, 0x8b])) {
    yield* text(await takeHead(gunzip(rest, options), HEAD_BYTES));
  } else if (startsWith(head, [0x28, 0xb5, 0x2f, 0xfd]) || isSkippableFrame(head)) {
    yield* text(await takeHead(unzstd(rest, options), HEAD_BYTES));
  } else {
    yield* text({ head, rest });
  }
}

/** Enough to see the mark of a tar archive, which stands at 257. */
const HEAD_BYTES = 4096;

interface Head {
  readonly head: Uint8Array;
  /** All bytes, those of the head included. */
  readonly rest: Bytes;
}

async function takeHead(bytes: Bytes, wanted: number): Promise<Head> {
  const iterator = bytes[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < wanted) {
    const next = await iterator.next();
    if (next.done === true) break;
    // Copied, because its owner may use the chunk's memory for the next one.
    chunks.push(Buffer.from(next.value));
    length += next.value.length;
  }
  const head = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
  return { head: head.subarray(0, wanted), rest: replay(chunks, iterator) };
}

async function* replay(chunks: Uint8Array[], iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    while (chunks.length > 0) yield chunks.shift() as Uint8Array;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function startsWith(bytes: Uint8Array, magic: readonly number[], at = 0): boolean {
  return magic.every((byte, index) => bytes[at + index] === byte);
}

function isSkippableFrame(bytes: Uint8Array): boolean {
  return startsWith(bytes, [0x2a, 0x4d, 0x18], 1) && (bytes[0] ?? 0) >> 4 === 5;
}

// One large output buffer: with the default of 16 KiB node spends its time between buffers.
const OUTPUT = { chunkSize: 256 * 1024 };

async function* gunzip(raw: Bytes, options: UnpackOptions): AsyncGenerator<Uint8Array> {
  const { createGunzip } = await import("node:zlib");
  yield* through(createGunzip(OUTPUT), raw, (error) => options.onTruncated(whatBroke("gzip", error)));
}

/** Everything that a decompressor makes of the bytes, also of those before an error. */
async function* through(machine: Transform, raw: Bytes, onError: (error: Error) => void): AsyncGenerator<Uint8Array> {
  const out: Uint8Array[] = [];
  let failure: Error | undefined;
  machine.on("data", (chunk: Buffer) => out.push(chunk));
  machine.on("error", (error) => (failure = error));
  const closed = new Promise<void>((resolve) => machine.once("close", resolve));
  try {
    for await (const chunk of raw) {
      if (failure !== undefined) break;
      await Promise.race([new Promise<void>((resolve) => void machine.write(chunk, () => resolve())), closed]);
      // What the last write made may still be on its way to the listener.
      await new Promise<void>((resolve) => void setImmediate(resolve));
      while (out.length > 0) yield out.shift() as Uint8Array;
    }
    if (failure === undefined) machine.end();
    await closed;
    while (out.length > 0) yield out.shift() as Uint8Array;
    if (failure !== undefined) onError(failure);
  } finally {
    machine.destroy();
  }
}

/**
 * Not node:zlib's, which is there from Node 22.15 only and (seen on 24) breaks
 * off behind the first frame: that loses the rest of every archive that was
 * appended to.
 */
async function* unzstd(raw: Bytes, options: UnpackOptions): AsyncGenerator<Uint8Array> {
  const { ZSTDDecoder } = await import("zstddec/stream");
  const decoder = new ZSTDDecoder();
  // It is called without `this`.
  // oxlint-disable-next-line unbound-method
  decoder._init = withErrors(decoder._init);
  await decoder.init();
  const feed = new Feed(raw);
  const machine = decoder.decodeStreaming(feed);
  try {
    for (;;) {
      // The decoder takes at most one chunk for each piece that it gives.
      await feed.prepare();
      const piece = machine.next();
      if (piece.done === true) return;
      if (piece.value.length > 0) yield piece.value;
    }
  } catch (error) {
    if (error instanceof SourceFailure) throw error.cause;
    options.onTruncated(whatBroke("zstd", error instanceof Error ? error : new Error(String(error))));
  } finally {
    await feed.close();
  }
}

/**
 * zstddec's streaming (seen on 0.3.4) never looks at what the decoder answers,
 * and asks again for ever where that is an error.
 */
function withErrors(init: (result: Instantiated) => void): typeof init {
  return ({ module, instance }) => {
    const decode = instance.exports["ZSTD_decompressStream"] as (...pointers: number[]) => number;
    const ZSTD_decompressStream = (...pointers: number[]): number => {
      const answer = decode(...pointers);
      // A size, or an error's number below zero.
      if (answer < 0) throw new Error(`error ${-answer} of zstd`);
      return answer;
    };
    init({ module, instance: { exports: { ...instance.exports, ZSTD_decompressStream } } });
  };
}

type Instantiated = Parameters<ZSTDDecoder["_init"]>[0];

class SourceFailure extends Error {}

/** Chunks that come when they come, for a decoder that cannot wait. */
class Feed implements Iterable<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #next: Uint8Array | undefined;
  #ended = false;

  constructor(raw: Bytes) {
    this.#chunks = raw[Symbol.asyncIterator]();
  }

  /** Has the next chunk at hand, or knows that there is none. */
  async prepare(): Promise<void> {
    while (this.#next === undefined && !this.#ended) {
      const next = await this.#chunks.next().catch((error: unknown) => {
        throw new SourceFailure("the source failed", { cause: error });
      });
      if (next.done === true) this.#ended = true;
      // Copied, because its owner may use the chunk's memory for the next one.
      else if (next.value.length > 0) this.#next = Buffer.from(next.value);
    }
  }

  *[Symbol.iterator](): Generator<Uint8Array> {
    while (this.#next !== undefined) {
      const chunk = this.#next;
      this.#next = undefined;
      yield chunk;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

function whatBroke(kind: string, error: Error): string {
  return /unexpected end|unexpected eof|incomplete stream/i.test(error.message)
    ? `the ${kind} archive is cut off; read up to there`
    : `the ${kind} archive is damaged (${error.message}); read up to there`;
}

function text({ head, rest }: Head): Bytes {
  const utf16 = utf16Of(head);
  if (utf16 !== undefined) return fromUtf16(rest, utf16);
  refuseBinary(head);
  return rest;
}

function utf16Of(head: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (startsWith(head, [0xff, 0xfe])) return "utf-16le";
  if (startsWith(head, [0xfe, 0xff])) return "utf-16be";
  // PowerShell's `>>` to a file without a mark: every other byte of ASCII is 0.
  const sample = head.subarray(0, 64);
  if (sample.length < 16) return undefined;
  const zeros = (parity: number): number => sample.filter((byte, index) => index % 2 === parity && byte === 0).length;
  if (zeros(1) > sample.length * 0.45 && zeros(0) === 0) return "utf-16le";
  if (zeros(0) > sample.length * 0.45 && zeros(1) === 0) return "utf-16be";
  return undefined;
}

async function* fromUtf16(bytes: Bytes, encoding: "utf-16le" | "utf-16be"): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of bytes) yield Buffer.from(decoder.decode(chunk, { stream: true }), "utf8");
  const last = decoder.decode();
  if (last !== "") yield Buffer.from(last, "utf8");
}

const MAGIC: readonly (readonly [magic: readonly number[], at: number, what: string, help: string])[] = [
  [[0x75, 0x73, 0x74, 0x61, 0x72], 257, "a tar archive", "unpack it first: tar -xf FILE, and give the folder"],
  [[0x50, 0x4b, 0x03, 0x04], 0, "a zip archive", "unpack it first: unzip FILE -d FOLDER, and give the folder"],
  [[0x42, 0x5a, 0x68], 0, "a bzip2 archive", "pipe it: bzcat FILE | clawdbot-sessions doctor -"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 0, "an xz archive", "pipe it: xzcat FILE | clawdbot-sessions doctor -"],
  [[0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20], 0, "an SQLite database", "give the gateway's log files"],
  [
    [0x4c, 0x50, 0x4b, 0x53, 0x48, 0x48, 0x52, 0x48],
    0,
    "a journal file of systemd",
    "pipe it: journalctl --file FILE -o json | clawdbot-sessions doctor -",
  ],
];

function refuseBinary(head: Uint8Array): void {
  for (const [magic, at, what, help] of MAGIC) {
    if (startsWith(head, magic, at)) throw new UserError(`it is ${what}, not a log`, help);
  }
  // A log that was truncated while it was open begins with a hole of zeros.
  const hole = head.findIndex((byte) => byte !== 0);
  const sample = head.subarray(Math.max(0, hole));
  const strange = sample.filter((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 27).length;
  if (hole >= 0 && (sample.includes(0) || strange > sample.length / 10)) {
    throw new UserError("it is binary data, not a log");
  }
}
