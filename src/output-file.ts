/** A file that the user named for an output: whole or not at all, its owner's only, and never another user's trap. */
import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { UserError } from "./errors.ts";

// Windows has none.
const { O_NOFOLLOW = 0 } = constants as Partial<typeof constants>;

/**
 * Synchronous on purpose: Ctrl-C cannot come between and leave the temporary file behind.
 * @param typed the path as the user wrote it, for the error message
 * @throws UserError if it cannot be written
 */
export function writeWhole(file: string, typed: string, pieces: Iterable<string>): void {
  try {
    const entry = lstatSync(file, { throwIfNoEntry: false });
    if (entry && isTrap(entry, file)) {
      throw new UserError(
        `cannot write ${typed}: another user put it there, in a folder that everybody may write to`,
        "Name a file in a folder of your own.",
      );
    }
    const isLink = entry?.isSymbolicLink() ?? false;
    const existing = isLink ? statSync(file, { throwIfNoEntry: false }) : entry;
    if (existing?.isDirectory()) throw new UserError(`cannot write ${typed}: it is a folder`);
    // A device or a pipe cannot be replaced by a rename, and must not be.
    if (existing && !existing.isFile()) {
      writePieces(file, constants.O_WRONLY | (isLink ? 0 : O_NOFOLLOW), pieces);
      return;
    }
    // What is no link by now is not followed later either: a rename replaces what stands there.
    replaceFile(isLink && existing ? realpathSync(file) : file, pieces);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot write ${typed}: ${writeError(error)}`);
  }
}

function isTrap(entry: Stats, file: string): boolean {
  if (!entry.isSymbolicLink() && !entry.isFIFO()) return false;
  return isAnothers(entry.uid, statSync(path.dirname(file)), process.geteuid?.());
}

/**
 * Whether a link or a pipe may be there to make us overwrite a file of ours, or to read along: the rule of Linux's
 * `protected_symlinks`, which not every system has on.
 * @param uid who owns it
 * @param me undefined where the system has no numbers for users
 */
export function isAnothers(uid: number, folder: Pick<Stats, "mode" | "uid">, me: number | undefined): boolean {
  const isEverybodys = (folder.mode & constants.S_IWOTH) !== 0;
  return me !== undefined && isEverybodys && uid !== me && uid !== folder.uid;
}

function replaceFile(file: string, pieces: Iterable<string>): void {
  const temporary = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${process.pid}-${Date.now().toString(36)}.tmp`,
  );
  try {
    writePieces(temporary, "wx", pieces);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function writePieces(file: string, flag: "wx" | number, pieces: Iterable<string>): void {
  const descriptor = openSync(file, flag, 0o600);
  try {
    for (const piece of pieces) writeFileSync(descriptor, piece);
    // The name must not be on the disk before what it names.
    if (flag === "wx") fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Why a file could not be written, in words. */
export function writeError(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") return "its folder does not exist";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ENOSPC") return "no space left on the device";
  if (code === "ENAMETOOLONG") return "its name is too long";
  if (code === "ELOOP") return "its symbolic links go in a circle";
  if (code === "EROFS") return "the file system is read-only";
  return error instanceof Error ? error.message : String(error);
}
