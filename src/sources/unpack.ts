/** From the bytes on disk to the bytes of the log: gzip, zstd, UTF-16, by magic bytes whatever the name. */
import { UserError } from "../errors.ts";
import { gunzip } from "./gunzip.ts";
import { TooLarge, unzstd } from "./unzstd.ts";

export interface UnpackOptions {
  /** Called once where the bytes end before the archive does, or the reading before the bytes. */
  readonly onTruncated: (what: string, help?: string) => void;
  /** What is too much of an archive; both must be passed. */
  readonly bomb?: Bomb;
}

interface Bomb {
  /** How much is unpacked whatever it comes from, in bytes. */
  readonly bytes: number;
  readonly times: number;
}

/**
 * We unpack in constant memory, so a decompression bomb costs time: the floor
 * is some ten seconds. Real logs grow up to 54 times, a gateway's that says
 * nothing but the time up to 140 in gzip and 600 in zstd; gzip ends at 1030,
 * zstd at 32,000 (docs/reliability.md).
 */
const BOMB: Bomb = { bytes: 1024 ** 3, times: 250 };

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
    yield* text(await takeHead(unpacked("gzip", rest, options), HEAD_BYTES));
  } else if (startsWith(head, [0x28, 0xb5, 0x2f, 0xfd]) || isSkippableFrame(head)) {
    yield* text(await takeHead(unpacked("zstd", rest, options), HEAD_BYTES));
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

/** Unpacks, up to where that stops making sense. */
async function* unpacked(
  kind: "gzip" | "zstd",
  raw: Bytes,
  { onTruncated, bomb = BOMB }: UnpackOptions,
): AsyncGenerator<Uint8Array> {
  let packed = 0;
  let grown = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of raw) {
      packed += chunk.length;
      yield chunk;
    }
  }
  const onBroken = (error: Error): void => tellBroken(kind, error, onTruncated);
  for await (const piece of MACHINES[kind](counted(), onBroken)) {
    grown += piece.length;
    yield piece;
    if (grown <= bomb.bytes || grown <= packed * bomb.times) continue;
    const { default: prettyBytes } = await import("pretty-bytes");
    onTruncated(
      `the ${kind} archive grows to more than ${bomb.times} times its size, which a log does not: it was read up to ${prettyBytes(grown)} and no further`,
      `if it is a log all the same, pipe it: ${UNPACKER[kind]} FILE | clawdbot-sessions doctor -`,
    );
    return;
  }
}

const MACHINES = { gzip: gunzip, zstd: unzstd } as const;
const UNPACKER = { gzip: "zcat", zstd: "zstd -dc --long=31" } as const;

function tellBroken(kind: "gzip" | "zstd", error: Error, tell: UnpackOptions["onTruncated"]): void {
  if (error instanceof TooLarge) {
    tell(
      `the ${kind} archive cannot be read on: ${error.message}`,
      `pipe it: ${UNPACKER[kind]} FILE | clawdbot-sessions doctor -`,
    );
  } else if (/unexpected end/i.test(error.message)) {
    tell(`the ${kind} archive is cut off; read up to there`);
  } else {
    tell(`the ${kind} archive is damaged (${error.message}); read up to there`);
  }
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
