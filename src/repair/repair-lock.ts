/** One repair of a session at a time, whatever process it is in. */
import { createHash, randomUUID } from "node:crypto";
import { closeSync, linkSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";

import { UserError } from "../errors.ts";
import { errorCode, reason } from "../sources/fs.ts";
import { AnotherUsers, readOwn } from "./own-file.ts";

/** No repair takes this long (ms): a lock of that age is left over, whatever its number says. */
const LOCK_IS_OLD_MS = 3_600_000;

/** Ids of the locks that this process holds. A number alone says nothing: in a container every process may have it. */
const held = new Set<string>();

interface LockOwner {
  readonly pid: number;
  readonly host: string;
  readonly since: number;
  readonly id: string;
}

/** How to let go again, or who holds it. */
export type Lock = { readonly release: () => void } | { readonly heldBy: string };

/**
 * Keeps two repairs of one thing apart, also those of different processes.
 *
 * @param name of the thing
 * @param now milliseconds since the epoch
 * @throws UserError where no lock can be kept
 */
export function takeLock(folder: string, name: string, now: () => number): Lock {
  const file = path.join(folder, `${createHash("sha256").update(name).digest("hex").slice(0, 32)}.lock`);
  const mine: LockOwner = { pid: process.pid, host: hostname(), since: now(), id: randomUUID() };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let attempt = 0; attempt < 3; attempt++) {
      if (create(file, mine)) {
        held.add(mine.id);
        return { release: () => release(file, mine) };
      }
      const owner = readOwner(file);
      if (owner === "unreadable") return { heldBy: "another user's process" };
      if (owner && isHeld(owner, now()))
        return { heldBy: `PID ${owner.pid}${owner.host === mine.host ? "" : ` on ${owner.host}`}` };
      removeStale(file, owner);
    }
    return { heldBy: "another process" };
  } catch (error) {
    throw new UserError(
      `cannot take the lock ${file}: ${reason(error)}`,
      "Nothing is sent without it. Set XDG_STATE_HOME to a folder that can be written.",
    );
  }
}

/** Whole or not at all: a lock that is seen is a lock that can be read. */
function create(file: string, owner: LockOwner): boolean {
  const draft = `${file}.${owner.id}`;
  const descriptor = openSync(draft, "wx", 0o600);
  try {
    writeFileSync(descriptor, JSON.stringify(owner));
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @returns undefined where there is none, or nothing that a repair wrote */
function readOwner(file: string): LockOwner | "unreadable" | undefined {
  try {
    const value = JSON.parse(readOwn(file).toString()) as Partial<LockOwner> | null;
    const { pid, host, since, id } = value ?? {};
    if (typeof pid !== "number" || typeof host !== "string" || typeof since !== "number" || typeof id !== "string")
      return undefined;
    return { pid, host, since, id };
  } catch (error) {
    // Root's, where sudo kept the user's home. Nobody can tell whether it is left over; its owner can remove it.
    return errorCode(error) === "EACCES" || error instanceof AnotherUsers ? "unreadable" : undefined;
  }
}

function isHeld(owner: LockOwner, now: number): boolean {
  if (now - owner.since > LOCK_IS_OLD_MS) return false;
  // Another machine's or another container's processes can't be seen from here.
  if (owner.host !== hostname()) return true;
  if (owner.pid === process.pid) return held.has(owner.id);
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

/** Takes a left-over lock away, and puts it back where another process has just taken it over. */
function removeStale(file: string, stale: LockOwner | undefined): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  const taken = readOwner(aside);
  try {
    if (taken === "unreadable" || (taken && taken.id !== stale?.id)) linkSync(aside, file);
  } catch {
    // A third one has it now.
  } finally {
    rmSync(aside, { force: true });
  }
}

function release(file: string, mine: LockOwner): void {
  held.delete(mine.id);
  try {
    const owner = readOwner(file);
    if (owner !== "unreadable" && owner?.id === mine.id) rmSync(file, { force: true });
  } catch {
    // It is known as left over once this process has ended; a repair that is done must not fail for it.
  }
}
