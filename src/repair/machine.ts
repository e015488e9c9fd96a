/** What this machine tells: who we are, and whether a run's lock is still there. */
import { hostname, userInfo } from "node:os";

import { errorCode } from "../sources/fs.ts";
import { readPlain } from "../sources/plain-file.ts";

/** A lock has some fifty bytes. */
const LARGEST_LOCK = 64 * 1024;

/**
 * When the lock at a path was made (ms since the epoch); null: there is none.
 * @throws where it can't be read, or is half written: then nothing is known
 */
export async function readLock(file: string): Promise<number | null> {
  let text: string;
  try {
    text = await readPlain(file, LARGEST_LOCK);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
  const createdAt = Date.parse((JSON.parse(text) as { createdAt?: string }).createdAt ?? "");
  if (Number.isNaN(createdAt)) throw new Error("half written");
  return createdAt;
}

/** `user@machine`, for the journal. */
export function who(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A user without an entry, as in containers.
    return `${process.getuid?.() ?? "?"}@${hostname()}`;
  }
}
