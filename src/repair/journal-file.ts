import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import path from "node:path";

import ndjson from "ndjson";

import { UserError } from "../errors.ts";
import { mapTexts } from "../mask-texts.ts";
import { maskSecrets } from "../secrets.ts";
import { errorCode, reason } from "../sources/fs.ts";
import { parseEntry, type JournalEntry } from "./journal.ts";

/** Where repairs are remembered, and how two of one session are kept apart. */
export interface RepairStore {
  /** As the user would type it. */
  readonly path: string;
  /** The name that a session has in the entries: its canonical key, but for what looks like a secret. */
  nameOf(session: string): string;
  /** All entries, oldest first; lines that are cut or not ours are passed over. */
  read(): readonly JournalEntry[];
  /**
   * Appends one entry, without the secrets in it, and returns when it is on the disk.
   * @throws UserError if that can't be done: nothing may be sent that is not written down
   */
  append(entry: JournalEntry): void;
  /** @returns how to let go again, or who holds it */
  lock(gateway: string, session: string): { readonly release: () => void } | { readonly heldBy: string };
}

/** No repair takes this long (ms): a lock of that age is left over, whatever its number says. */
const LOCK_IS_OLD_MS = 3_600_000;

/**
 * @param folder is made where it does not exist, readable by its owner only
 * @param now milliseconds since the epoch
 */
export function repairStore(folder: string, now: () => number): RepairStore {
  const file = path.join(folder, "journal.ndjson");
  const mask = (text: string): string => maskSecrets(text, (secret) => `[secret:${keyedHash(folder, secret)}]`);
  return {
    path: file,
    nameOf: mask,
    read: () => readEntries(file),
    append(entry) {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        appendLine(file, serialize(mapTexts(entry, mask) as JournalEntry));
      } catch (error) {
        throw new UserError(
          `cannot write the journal of repairs, ${file}: ${reason(error)}`,
          "Nothing is sent that is not written down first. Set XDG_STATE_HOME to a folder that can be written.",
        );
      }
    },
    lock: (gateway, session) => takeLock(path.join(folder, "locks"), `${gateway}\n${session}`, now),
  };
}

/**
 * What a later call must know again, without the secret: a session keeps its
 * name from one repair to the next. The hash has a key of this machine's own, as
 * a short password would be guessed from a plain one.
 */
function keyedHash(folder: string, secret: string): string {
  const file = path.join(folder, "mask.key");
  return createHmac("sha256", maskKey(folder, file)).update(secret).digest("hex").slice(0, 16);
}

function maskKey(folder: string, file: string): Buffer {
  const draft = `${file}.${randomUUID()}`;
  try {
    if (!existsSync(file)) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(draft, randomBytes(32), { mode: 0o600, flag: "wx" });
      // Of two processes at once the first one's counts, and it is seen whole.
      linkSync(draft, file);
    }
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw cannotKeep(file, error);
  } finally {
    rmSync(draft, { force: true });
  }
  try {
    return readFileSync(file);
  } catch (error) {
    throw cannotKeep(file, error);
  }
}

function cannotKeep(file: string, error: unknown): UserError {
  return new UserError(
    `cannot write the key of the journal of repairs, ${file}: ${reason(error)}`,
    "Set XDG_STATE_HOME to a folder that can be written.",
  );
}

function readEntries(file: string): readonly JournalEntry[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line) => parseEntry(line) ?? []);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw new UserError(`cannot read the journal of repairs, ${file}: ${reason(error)}`);
  }
}

function serialize(entry: JournalEntry): string {
  const stream = ndjson.stringify();
  stream.write(entry);
  // Synchronous: one entry never fills its buffer.
  return String(stream.read() ?? "");
}

/** One write with O_APPEND: two processes never mix their lines. */
function appendLine(file: string, line: string): void {
  const descriptor = openSync(file, "a+", 0o600);
  try {
    const { size } = fstatSync(descriptor);
    const last = Buffer.alloc(1);
    // A line that was cut by a crash must not swallow this one.
    if (size > 0) readSync(descriptor, last, 0, 1, size - 1);
    writeSync(descriptor, size > 0 && last.toString() !== "\n" ? `\n${line}` : line);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

interface LockOwner {
  readonly pid: number;
  readonly host: string;
  readonly since: number;
  readonly id: string;
}

function takeLock(folder: string, name: string, now: () => number): ReturnType<RepairStore["lock"]> {
  const file = path.join(folder, `${createHash("sha256").update(name).digest("hex").slice(0, 32)}.lock`);
  const mine: LockOwner = { pid: process.pid, host: hostname(), since: now(), id: randomUUID() };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let attempt = 0; attempt < 3; attempt++) {
      if (create(file, mine)) return { release: () => release(file, mine) };
      const owner = readOwner(file);
      if (owner && isHeld(owner, now()))
        return { heldBy: `PID ${owner.pid}${owner.host === mine.host ? "" : ` on ${owner.host}`}` };
      removeStale(file, owner);
    }
    return { heldBy: "another process" };
  } catch (error) {
    throw new UserError(`cannot take the lock ${file}: ${reason(error)}`);
  }
}

/** Whole or not at all: a lock that is seen is a lock that can be read. */
function create(file: string, owner: LockOwner): boolean {
  const draft = `${file}.${owner.id}`;
  const descriptor = openSync(draft, "wx", 0o600);
  try {
    writeSync(descriptor, JSON.stringify(owner));
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

function readOwner(file: string): LockOwner | undefined {
  try {
    const value = JSON.parse(readFileSync(file, "utf8")) as Partial<LockOwner> | null;
    const { pid, host, since, id } = value ?? {};
    if (typeof pid !== "number" || typeof host !== "string" || typeof since !== "number" || typeof id !== "string")
      return undefined;
    return { pid, host, since, id };
  } catch {
    return undefined;
  }
}

function isHeld(owner: LockOwner, now: number): boolean {
  if (now - owner.since > LOCK_IS_OLD_MS) return false;
  // Another machine's or another container's processes can't be seen from here.
  if (owner.host !== hostname()) return true;
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
    if (taken && taken.id !== stale?.id) linkSync(aside, file);
  } catch {
    // A third one has it now.
  } finally {
    rmSync(aside, { force: true });
  }
}

function release(file: string, mine: LockOwner): void {
  if (readOwner(file)?.id === mine.id) rmSync(file, { force: true });
}
