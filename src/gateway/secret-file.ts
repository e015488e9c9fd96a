import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../errors.ts";
import { shellOperands } from "../escape.ts";
import { errorCode, reason } from "../sources/fs.ts";
import { Secret } from "./secret.ts";

/** More than any token; a file that is larger is the wrong one. */
const LARGEST_BYTES = 16 * 1024;
const GROUP_OR_OTHERS_READ = 0o044;

/**
 * Reads the one line of a `--token-file` or `--password-file`. What of it is
 * wrong is said without a word of its content.
 * @param option the option's name, for the error
 * @param typed the path as the user typed it
 * @throws UserError if it cannot be read, if others can read it too, or if it holds no single line
 */
export async function readSecretFile(option: string, typed: string, cwd: string): Promise<Secret> {
  const text = await readPrivate(option, typed, path.resolve(cwd, typed));
  const secret = text.trim();
  if (secret === "") throw new UserError(`${option} ${typed} is empty`, "It should hold the secret and nothing else.");
  if (/[\r\n]/.test(secret)) {
    throw new UserError(`${option} ${typed} has more than one line`, "It should hold the secret and nothing else.");
  }
  return new Secret(secret);
}

/** What a file or a pipe holds, and of one that never ends no more than so many bytes: a device tells no size. */
async function firstBytes(handle: FileHandle, most: number): Promise<Buffer> {
  const bytes = Buffer.alloc(most);
  let length = 0;
  while (length < most) {
    const { bytesRead } = await handle.read(bytes, length, most - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

async function readPrivate(option: string, typed: string, file: string): Promise<string> {
  const handle = await open(file, "r").catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") throw new UserError(`${option}: no such file: ${typed}`);
    throw new UserError(`${option}: cannot read ${typed}: ${reason(error)}`);
  });
  try {
    // Of the open file, so that it cannot be changed for another between the look and the reading.
    const facts = await handle.stat();
    if (facts.isDirectory()) throw new UserError(`${option}: cannot read ${typed}: it is a folder`);
    // A pipe (`--token-file <(pass show gateway)`) is nobody else's; Windows has no such bits.
    const isShared = facts.isFile() && process.platform !== "win32" && (facts.mode & GROUP_OR_OTHERS_READ) !== 0;
    if (isShared)
      throw new UserError(`${option} ${typed} can be read by others`, `Mend it: chmod 600 ${shellOperands([typed])}`);
    const bytes = await firstBytes(handle, LARGEST_BYTES + 1);
    if (bytes.length > LARGEST_BYTES) throw new UserError(`${option} ${typed} is too large to be a secret`);
    return bytes.toString("utf8");
  } finally {
    await handle.close();
  }
}
