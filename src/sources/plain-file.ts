/**
 * Files of a gateway's state dir. Somebody may have sent it: where a file should
 * be, a pipe would make us wait for ever and a device has no end.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

// Windows has none.
const { O_NONBLOCK = 0 } = constants as Partial<typeof constants>;

/**
 * Opens a plain file for reading.
 * @throws the system's error, or one that says that it is none
 */
export async function openPlain(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | O_NONBLOCK);
  try {
    if ((await handle.stat()).isFile()) return handle;
    throw new Error("it is no plain file");
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * The text of a plain file.
 * @param most bytes that it may have
 * @throws as `openPlain` does, or where it is larger
 */
export async function readPlain(file: string, most: number): Promise<string> {
  const handle = await openPlain(file);
  try {
    if ((await handle.stat()).size > most) throw new Error("it is too large");
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}
