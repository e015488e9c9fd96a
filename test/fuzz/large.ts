/**
 * Inputs that are too large, too deep or too many: made as they are read, so
 * that they cost nobody anything but the program that reads them.
 */
import { gzipSync } from "node:zlib";

export interface Large {
  readonly name: string;
  /** Quick enough for every run of the tests. */
  readonly quick?: true;
  pieces(): Iterable<Uint8Array>;
  /** What the report must count; absent where it may stop before. */
  readonly counts?: { readonly bytes: number; readonly lines: number };
  /** What must be said on stderr; absent: nothing. */
  readonly says?: RegExp;
  /** Most resident memory of the whole process, in MiB. */
  readonly most: number;
}

const MIB = 1024 * 1024;
const text = (value: string): Uint8Array => Buffer.from(value);
const iso = (ms: number): string => new Date(Date.UTC(2026, 0, 28) + ms).toISOString();

function* times(piece: Uint8Array, count: number): Generator<Uint8Array> {
  for (let index = 0; index < count; index++) yield piece;
}

/** Lines that are made from their number, many to a piece. */
function* lines(count: number, line: (index: number) => string): Generator<Uint8Array> {
  for (let from = 0; from < count; from += 1000) {
    yield text(Array.from({ length: Math.min(1000, count - from) }, (_, index) => line(from + index)).join(""));
  }
}

const tslog = (value: string): string =>
  `{"0":${value},"_meta":{"logLevelName":"INFO"},"time":"2026-01-28T08:23:20.101Z"}\n`;
const starts = (index: number, run: string, session: string): string =>
  `${iso(index * 10)} [agent/embedded] embedded run start: runId=${run} sessionId=${session} provider=p model=m thinking=low messageChannel=webchat\n`;
const ends = (index: number, run: string, session: string): string =>
  `${iso(index * 10 + 5)} [agent/embedded] embedded run done: runId=${run} sessionId=${session} durationMs=5 aborted=false\n`;

/** A frame of blocks that say "128 KiB of this byte". */
export function* zstdOf(byte: number, bytes: number, windowLog = 20): Generator<Uint8Array> {
  const BLOCK = 128 * 1024;
  yield Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (windowLog - 10) << 3]);
  const block = (isLast: 0 | 1): Buffer => {
    const four = Buffer.alloc(4, byte);
    four.writeUIntLE((BLOCK << 3) | (1 << 1) | isLast, 0, 3);
    return four;
  };
  const many = Buffer.concat(Array.from({ length: 1000 }, () => block(0)));
  const blocks = Math.ceil(bytes / BLOCK);
  for (let left = blocks - 1; left > 0; left -= 1000) yield many.subarray(0, 4 * Math.min(1000, left));
  yield block(1);
}

const BOMB = /archive grows to more than 250 times its size, .* it was read up to 1\.07 GB and no further \(.*pipe it/;
const OVERLONG = /too long to be read whole; what is beyond 1 MiB was left out/;
const DEEP = 200_000;

export const LARGE: readonly Large[] = [
  {
    name: "a line of 200 MB",
    quick: true,
    pieces: () => times(Buffer.alloc(MIB, "x"), 200),
    counts: { bytes: 200 * MIB, lines: 1 },
    says: OVERLONG,
    most: 130,
  },
  {
    name: "a line of 200 MB of JSON",
    quick: true,
    *pieces() {
      yield text('{"0":"{\\"subsystem\\":\\"exec\\"}","1":[');
      yield* times(Buffer.from("[],".repeat(MIB / 3)), 200);
      yield text("0]}\n");
    },
    says: OVERLONG,
    most: 140,
  },
  {
    name: "lines of 1 MB of brackets",
    pieces: () => times(text(tslog(`[${"[],".repeat(330_000)}0]`)), 50),
    most: 260,
  },
  {
    name: "arrays 200,000 deep",
    quick: true,
    pieces: () => times(text(tslog("[".repeat(DEEP) + "]".repeat(DEEP))), 3),
    counts: { bytes: 3 * tslog("").length + 6 * DEEP, lines: 3 },
    most: 180,
  },
  {
    name: "objects 200,000 deep, and one that never ends",
    quick: true,
    *pieces() {
      yield text(tslog('{"a":'.repeat(DEEP) + "1" + "}".repeat(DEEP)));
      yield text(`{"time":"2026-01-28T08:23:20.101Z","level":"info","message":"x","x":${"[".repeat(DEEP)}\n`);
    },
    says: OVERLONG,
    most: 150,
  },
  {
    name: "a bomb of zstd",
    quick: true,
    pieces: () => zstdOf(0x78, 20 * 1024 * MIB),
    says: BOMB,
    most: 180,
  },
  { name: "a bomb of zstd, all line feeds", pieces: () => zstdOf(10, 20 * 1024 * MIB), says: BOMB, most: 180 },
  {
    name: "a bomb of gzip, member for member",
    pieces: () => times(gzipSync(Buffer.alloc(64 * MIB, 10)), 100),
    says: BOMB,
    most: 150,
  },
  {
    name: "gzip that grows a thousand times, and is none",
    quick: true,
    pieces: () => times(gzipSync(Buffer.alloc(64 * MIB, "x")), 8),
    counts: { bytes: 512 * MIB, lines: 1 },
    says: OVERLONG,
    most: 140,
  },
  {
    name: "a bomb in a bomb",
    quick: true,
    pieces: () => [gzipSync(Buffer.concat([...zstdOf(0x78, 1024 * MIB)]))],
    says: /cannot be read: it is binary data, not a log|^error: .* it is binary data/,
    most: 120,
  },
  {
    name: "a window of 128 MiB",
    pieces: () => zstdOf(0x78, 400 * MIB, 27),
    counts: { bytes: 400 * MIB, lines: 1 },
    says: OVERLONG,
    // What the archive itself asks for, and `zstd -d` would give it.
    most: 290,
  },
  {
    name: "a window of 2 GiB",
    quick: true,
    pieces: () => zstdOf(0x78, 400 * MIB, 31),
    says: /needs more than 128 MiB of memory \(pipe it: zstd -dc --long=31 FILE/,
    most: 100,
  },
  {
    name: "nothing but line feeds",
    pieces: () => times(Buffer.alloc(MIB, 10), 500),
    counts: { bytes: 500 * MIB, lines: 500 * MIB },
    most: 130,
  },
  {
    name: "a million sessions",
    pieces: () =>
      lines(1_000_000, (index) => starts(index, `r${index}`, `s${index}`) + ends(index, `r${index}`, `s${index}`)),
    most: 250,
  },
  {
    name: "one run a million times",
    pieces: () => lines(500_000, (index) => starts(index, "r", "s") + ends(index, "r", `s${index % 3}`)),
    most: 150,
  },
  {
    name: "a million containers",
    pieces: () => lines(1_000_000, (index) => `gw-${index}  | ${starts(index, `r${index}`, "s")}`),
    says: /more than 500 containers or units: 999500 lines of others were not judged/,
    most: 200,
  },
  {
    name: "twenty thousand containers",
    quick: true,
    pieces: () => lines(20_000, (index) => `gw-${index}  | ${starts(index, `r${index}`, "s")}`),
    says: /more than 500 containers or units: 19500 lines of others were not judged/,
    most: 130,
  },
  {
    name: "one runId in 30,000 sessions, and none ends",
    pieces: () => lines(30_000, (index) => starts(index, "r", `s${index}`)),
    most: 350,
  },
  {
    name: "30,000 runs that begin alike, and ends that name no more than that",
    *pieces() {
      yield* lines(30_000, (index) => starts(index, `rrrrrrrr${index}`, `s${index}`));
      yield* lines(30_000, (index) => ends(30_000 + index, "rrrrrrrr...", `s${index}`));
    },
    most: 350,
  },
  {
    name: "a million lines that a runtime cut and never ended",
    pieces: () =>
      lines(1_000_000, (index) => `gw-${index}  | ${iso(index).slice(0, -1)}456789Z stdout P ${"x".repeat(100)}\n`),
    most: 150,
  },
  {
    name: "ids of 1 MB",
    quick: true,
    pieces: () => lines(20, (index) => starts(index, "r".repeat(500_000) + index, "s".repeat(500_000))),
    most: 260,
  },
];
