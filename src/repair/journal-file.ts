import { closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import path from "node:path";

import ndjson from "ndjson";

import { UserError } from "../errors.ts";
import { mapTexts } from "../mask-texts.ts";
import { maskSecrets } from "../secrets.ts";
import { errorCode, reason } from "../sources/fs.ts";
import { gatewayName, parseEntry, type JournalEntry } from "./journal.ts";
import { keyedHash } from "./mask-key.ts";
import { openOwn, readOwn } from "./own-file.ts";
import { takeLock, type Lock } from "./repair-lock.ts";

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
  /** Keeps others off a session: two repairs of it at once would take each other's steps for their own. */
  lock(gateway: string, session: string): Lock;
}

const ELSEWHERE = "Set XDG_STATE_HOME to a folder that can be written, or mend what stands there.";

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
          `Nothing is sent that is not written down first. ${ELSEWHERE}`,
        );
      }
    },
    lock: (gateway, session) => takeLock(path.join(folder, "locks"), `${gatewayName(gateway)}\n${session}`, now),
  };
}

function readEntries(file: string): readonly JournalEntry[] {
  try {
    return readOwn(file)
      .toString()
      .split("\n")
      .flatMap((line) => parseEntry(line) ?? []);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw new UserError(`cannot read the journal of repairs, ${file}: ${reason(error)}`, ELSEWHERE);
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
  const { O_RDWR, O_APPEND, O_CREAT } = constants;
  const descriptor = openOwn(file, O_RDWR | O_APPEND | O_CREAT);
  try {
    const { size } = fstatSync(descriptor);
    const last = Buffer.alloc(1);
    // A line that was cut by a crash must not swallow this one.
    if (size > 0) readSync(descriptor, last, 0, 1, size - 1);
    const bytes = Buffer.from(size > 0 && last.toString() !== "\n" ? `\n${line}` : line);
    // The rest of a line that was taken in part is not sent after it: another process's line may stand between.
    const written = writeSync(descriptor, bytes);
    if (written < bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes could be written`);
    fsyncSync(descriptor);
    if (size === 0) syncFolder(path.dirname(file));
  } finally {
    closeSync(descriptor);
  }
}

/** A new file is on the disk only when its name is. */
function syncFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, constants.O_RDONLY);
  } catch {
    // Windows opens no folders.
    return;
  }
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
