import { closeSync, createReadStream, fstatSync, openSync, readSync } from "node:fs";

/** Larger ones are no faster: this much stays in the processor's cache until it is looked at. */
export const CHUNK = 256 * 1024;
/** So often the program gets a turn for signals and timers, in chunks of a file. */
const TURN = 16;

/**
 * The bytes of a file or pipe, to its end. Each piece is valid until the next
 * one is asked for: its memory is used again. Ending the iteration closes it.
 */
export async function* readPathBytes(path: string): AsyncGenerator<Uint8Array> {
  const file = openSync(path, "r");
  if (!fstatSync(file).isFile()) {
    // Its stream closes it.
    yield* readPipe(file);
    return;
  }
  try {
    yield* readSynchronously(file);
  } finally {
    closeSync(file);
  }
}

/** The bytes of an open file or pipe, to its end; pieces as {@link readPathBytes} gives them. Leaves it open. */
export async function* readDescriptorBytes(descriptor: number): AsyncGenerator<Uint8Array> {
  if (fstatSync(descriptor).isFile()) yield* readSynchronously(descriptor);
  else yield* readPipe(descriptor);
}

/**
 * A read of a file that is in memory takes less time than handing it to a
 * thread and back. Of a file that grows no more is read than it has now: a
 * writer that is faster than we are would keep us for ever.
 */
async function* readSynchronously(file: number): AsyncGenerator<Uint8Array> {
  const memory = Buffer.allocUnsafeSlow(CHUNK);
  let left = fstatSync(file).size;
  for (let count = 1; left > 0; count++) {
    const length = readSync(file, memory, 0, Math.min(CHUNK, left), null);
    if (length === 0) return;
    left -= length;
    yield length === CHUNK ? memory : memory.subarray(0, length);
    await giveTurn(count);
  }
}

/** @param count of the chunks that were read */
export async function giveTurn(count: number): Promise<void> {
  if (count === 2) await keepYoungHeapSmall();
  if (count % TURN === 0) await new Promise((resolve) => void setImmediate(resolve));
}

/**
 * V8 doubles the room for new objects as often as some of them live on, to three
 * times 16 MiB. Of a log's lines next to none do: the room is as fast when it is
 * small, and the memory stays a quarter less (measured on Node 20).
 */
async function keepYoungHeapSmall(): Promise<void> {
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--semi-space-growth-factor=1");
}

/**
 * A pipe may let us wait, so the event loop reads it: a thread that waits in a
 * read would keep the program from ending (seen on Node 20: Ctrl-C hung one time in eight).
 */
async function* readPipe(pipe: number): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const piece of pipe === 0 ? process.stdin : await streamOf(pipe)) {
    yield piece as Uint8Array;
    if (++count === 2) await keepYoungHeapSmall();
  }
}

async function streamOf(pipe: number): Promise<AsyncIterable<unknown>> {
  const { Socket } = await import("node:net");
  try {
    return new Socket({ fd: pipe, readable: true, writable: false });
  } catch {
    // A device: it has its bytes at hand, or is a terminal.
    return createReadStream("", { fd: pipe });
  }
}
