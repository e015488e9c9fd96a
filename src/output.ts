/** The standard output and error of the process. */
import { fstatSync, writeSync } from "node:fs";

import { BrokenPipe, UserError } from "./errors.ts";
import { writeError } from "./output-file.ts";

export interface Output {
  /**
   * Resolves when the system has taken the text.
   * @throws BrokenPipe if the reader went away
   */
  write(text: string): Promise<void>;
  readonly isTTY: boolean;
  /** Columns of the terminal; undefined if there is none. */
  readonly columns: number | undefined;
}

/**
 * A file or a pipe is written to as it is. Node's stream is made for a terminal
 * or a device only, or where the system can take no more for now: it brings
 * half of Node's network with it, which takes longer than a small log.
 *
 * @param stream makes Node's stream of the same descriptor
 */
export function nodeOutput(descriptor: number, stream: () => NodeJS.WriteStream): Output {
  let made: NodeJS.WriteStream | undefined;
  const ofNode = (): NodeJS.WriteStream => {
    // Each write reports its own error; an error event that nobody hears would end the process.
    made ??= stream().on("error", () => {});
    return made;
  };
  const isPlain = isFileOrPipe(descriptor);
  return {
    get isTTY() {
      return !isPlain && ofNode().isTTY;
    },
    get columns() {
      return isPlain ? undefined : ofNode().columns;
    },
    async write(text) {
      try {
        const bytes = Buffer.from(text);
        const taken = isPlain && made === undefined ? writeNow(descriptor, bytes) : 0;
        if (taken < bytes.length) await writeTo(ofNode(), bytes.subarray(taken));
      } catch (error) {
        if (isBrokenPipe(error)) throw new BrokenPipe();
        throw new UserError(`cannot write the output: ${writeError(error)}`);
      }
    },
  };
}

/** Whether a descriptor of the process is a file, a pipe or a socket: no terminal and no device. */
export function isFileOrPipe(descriptor: number): boolean {
  try {
    const facts = fstatSync(descriptor);
    return facts.isFile() || facts.isFIFO() || facts.isSocket();
  } catch {
    // Closed, as some service managers leave it.
    return false;
  }
}

/** @returns how many bytes the system took; fewer than all where whoever opened the pipe does not let us wait */
function writeNow(descriptor: number, bytes: Uint8Array): number {
  let taken = 0;
  try {
    while (taken < bytes.length) taken += writeSync(descriptor, bytes, taken);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
  }
  return taken;
}

function writeTo(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

function isBrokenPipe(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EPIPE" || code === "ERR_STREAM_DESTROYED";
}
