/**
 * Files of this tool's own state. Whoever can write where they lie could put
 * something else in their place: a pipe that makes us wait for ever, a link to a
 * file of ours that a repair would then write into, a file of their own.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

import { errorCode } from "../sources/fs.ts";

// Windows has neither.
const { O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants as Partial<typeof constants>;

/** The file is of a user who is neither us nor root. */
export class AnotherUsers extends Error {}

/**
 * Opens a plain file that is this user's own; one that it makes is readable by its owner only.
 *
 * @param flags of `fs.constants`, for example `O_RDONLY`
 * @param me the user that asks; undefined where the system has no numbers for users
 * @returns a descriptor, to be closed by the caller
 * @throws the system's error, or one that says what stands there instead
 */
export function openOwn(file: string, flags: number, me = process.geteuid?.()): number {
  const descriptor = open(file, flags);
  const wrong = whatIsWrong(descriptor, me);
  if (wrong === undefined) return descriptor;
  closeSync(descriptor);
  throw wrong;
}

/**
 * The whole of such a file.
 * @throws as `openOwn` does
 */
export function readOwn(file: string): Buffer {
  const descriptor = openOwn(file, constants.O_RDONLY);
  try {
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function open(file: string, flags: number): number {
  try {
    return openSync(file, flags | O_NONBLOCK | O_NOFOLLOW, 0o600);
  } catch (error) {
    // What O_NOFOLLOW answers, on Linux and macOS and on FreeBSD.
    if (errorCode(error) === "ELOOP" || errorCode(error) === "EMLINK")
      throw new Error("it is a symbolic link", { cause: error });
    // A pipe that nobody reads, a socket.
    if (errorCode(error) === "ENXIO") throw new Error("it is no plain file", { cause: error });
    throw error;
  }
}

function whatIsWrong(descriptor: number, me: number | undefined): Error | undefined {
  const facts = fstatSync(descriptor);
  if (!facts.isFile()) return new Error("it is no plain file");
  // Root may act for the user whose file it is, and a user may rely on root.
  if (me === undefined || me === 0 || facts.uid === me || facts.uid === 0) return undefined;
  return new AnotherUsers(`it belongs to another user (UID ${facts.uid})`);
}
