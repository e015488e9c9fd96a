import type { Gunzip } from "node:zlib";

type Bytes = AsyncIterable<Uint8Array>;

// One large output buffer: with the default of 16 KiB node spends its time between buffers.
const OUTPUT = { chunkSize: 256 * 1024 };
/** One piece of an archive can make a thousand times as much; this much of it is made before it is asked for. */
const AHEAD = 16;

/**
 * What a gzip archive holds, all of its members.
 *
 * @param onBroken called once where the archive ends early or is damaged; all before that is given
 */
export async function* gunzip(raw: Bytes, onBroken: (error: Error) => void): AsyncGenerator<Uint8Array> {
  const { createGunzip } = await import("node:zlib");
  const machine = createGunzip(OUTPUT);
  const output = new Output(machine);
  try {
    for await (const chunk of raw) {
      if (output.failure !== undefined) break;
      machine.write(chunk, output.onTaken);
      yield* output.untilTaken();
    }
    if (output.failure === undefined) machine.end();
    yield* output.untilClosed();
    if (output.failure !== undefined) onBroken(output.failure);
  } finally {
    machine.destroy();
  }
}

/** Everything that the machine makes, also of the bytes before an error: its own iterator throws that away. */
class Output {
  failure: Error | undefined;
  readonly onTaken = (): void => {
    this.#isTaken = true;
    this.#wake();
  };
  readonly #machine: Gunzip;
  readonly #pieces: Uint8Array[] = [];
  #isTaken = false;
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(machine: Gunzip) {
    this.#machine = machine;
    machine.on("data", (piece: Buffer) => {
      this.#pieces.push(piece);
      if (this.#pieces.length === AHEAD) machine.pause();
      this.#wake();
    });
    machine.on("error", (error) => {
      this.failure = error;
      // What was made while it was paused.
      const rest = machine.read() as Buffer | null;
      if (rest !== null) this.#pieces.push(rest);
    });
    machine.once("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  async *untilTaken(): AsyncGenerator<Uint8Array> {
    yield* this.#until(() => this.#isTaken || this.#isClosed);
    this.#isTaken = false;
  }

  async *untilClosed(): AsyncGenerator<Uint8Array> {
    yield* this.#until(() => this.#isClosed);
  }

  /** A piece is given as soon as it is there: while it is read, a thread makes the next one. */
  async *#until(isDone: () => boolean): AsyncGenerator<Uint8Array> {
    for (;;) {
      while (this.#pieces.length > 0) yield this.#pieces.shift() as Uint8Array;
      if (this.#machine.isPaused()) this.#machine.resume();
      if (isDone()) {
        // What was made last may still be on its way to the listener.
        await new Promise<void>((resolve) => void setImmediate(resolve));
        if (this.#pieces.length === 0 && !this.#machine.isPaused()) return;
      } else if (this.#pieces.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
