/** The key by which the journal names what it must not spell out. */
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { UserError } from "../errors.ts";
import { errorCode, reason } from "../sources/fs.ts";
import { readOwn } from "./own-file.ts";

const KEY_BYTES = 32;

/**
 * What a later call must know again, without the secret: a session keeps its
 * name from one repair to the next. The hash has a key of this machine's own, as
 * a short password would be guessed from a plain one.
 */
export function keyedHash(folder: string, secret: string): string {
  const file = path.join(folder, "mask.key");
  return createHmac("sha256", maskKey(folder, file)).update(secret).digest("hex").slice(0, 16);
}

function maskKey(folder: string, file: string): Buffer {
  const draft = `${file}.${randomUUID()}`;
  try {
    if (!existsSync(file)) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(draft, randomBytes(KEY_BYTES), { mode: 0o600, flag: "wx", flush: true });
      // Of two processes at once the first one's counts, and it is seen whole.
      linkSync(draft, file);
    }
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw cannotKeep(file, error);
  } finally {
    rmSync(draft, { force: true });
  }
  try {
    const key = readOwn(file);
    // With an empty one every short password could be guessed from its hash.
    if (key.length < KEY_BYTES) throw new Error("it is cut short; remove it, and a new one is made");
    return key;
  } catch (error) {
    throw cannotKeep(file, error);
  }
}

function cannotKeep(file: string, error: unknown): UserError {
  return new UserError(
    `cannot keep the key of the journal of repairs, ${file}: ${reason(error)}`,
    "Set XDG_STATE_HOME to a folder that can be written.",
  );
}
