import { open, readdir, realpath, stat } from "node:fs/promises";

import { type HeldFile, holdFile } from "./held-file.ts";
import { readPathBytes } from "./read-bytes.ts";

export interface FileFacts {
  /** `stream` is a pipe or a device: it can be read once. */
  readonly kind: "file" | "folder" | "stream";
  readonly size: number;
  readonly mtimeMs: number;
}

/** All that the reading side asks of a file system, so that tests can give it another one. */
export interface SourceFs {
  /** @returns undefined where nothing has that name; throws where it can't be looked at */
  facts(path: string): Promise<FileFacts | undefined>;
  /** The names in a folder, sorted; empty where there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** The path without symbolic links, to tell one file under two names. */
  real(path: string): Promise<string>;
  /** Takes hold of a file, so that all that is read of it is of one file and one moment. */
  hold(path: string): HeldFile;
  /**
   * The bytes of a pipe or device. Each piece is valid until the next one is asked for. Ending the iteration closes
   * it.
   */
  read(path: string): AsyncIterable<Uint8Array>;
  /** At most `length` bytes from `start` on. */
  readRange(path: string, start: number, length: number): Promise<Uint8Array>;
}

/** The file system of this machine. */
export const nodeFs: SourceFs = {
  async facts(path) {
    try {
      const facts = await stat(path);
      const kind = facts.isFile() ? "file" : facts.isDirectory() ? "folder" : "stream";
      return { kind, size: facts.size, mtimeMs: facts.mtimeMs };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  async list(folder) {
    try {
      return (await readdir(folder)).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
  real: (path) => realpath(path),
  hold: (path) => holdFile(path),
  read: readPathBytes,
  async readRange(path, start, length) {
    const file = await open(path, "r");
    try {
      const buffer = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    } finally {
      await file.close();
    }
  },
};

function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** The system's code of an error, for example `EACCES`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "it is not there",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  EMFILE: "too many open files",
  ELOOP: "its symbolic links go in a circle",
  EIO: "the disk gave an error",
};

/** Why reading failed, in words. */
export function reason(error: unknown): string {
  const code = errorCode(error);
  if (code !== undefined && Object.hasOwn(REASONS, code)) return REASONS[code] as string;
  return error instanceof Error ? error.message : String(error);
}
