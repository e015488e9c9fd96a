/**
 * One file followed by its name, through whatever rotates it.
 *
 * Own code, because no library does it: `@logdna/tail-file` 4.0.2, the best
 * kept, was tried on these cases. A file that was deleted and made anew (its
 * inode is given out again) lost its first bytes, so did one that was emptied
 * and had grown past its old size by the next look; half a line before a rename
 * was glued to the first line of the new file; what was still written to the
 * renamed file was lost; a file that is not there yet is an error. `tail`
 * watches names only as well, and chokidar tells of changes but reads nothing;
 * file system events do not cross bind mounts and network shares, where logs
 * often lie. So this looks at the file itself, by its open descriptor.
 */
import { type FileHandle, open, stat } from "node:fs/promises";
import { errorCode, reason } from "../fs.ts";
import { LineCutter } from "./line-cutter.ts";

/** What was read of one file at one look. */
export interface FilePart {
  readonly lines: readonly string[];
  /** The lines begin at a file's first byte again: another file has the name, or it was emptied. */
  readonly fresh: boolean;
}

/** What was read last is compared with what stands there now: in a file that was rewritten it differs. */
const MARK_BYTES = 256;
const CHUNK_BYTES = 256 * 1024;
/** The most that one look reads of one file: more waits for the next look, so that memory stays small. */
const BUDGET_BYTES = 8 * 1024 * 1024;
/** Looks without a byte after which a file that another one replaced is let go. */
const IDLE_LOOKS = 20;
/** Files of one name that are held open, where none of the newer ones is written to. */
const MOST_GENERATIONS = 4;

export class FollowedFile {
  /** As it is opened; absolute. */
  readonly path: string;
  /** The files that had the name, oldest first: a writer may go on writing to one that was renamed. */
  #generations: Generation[] = [];
  #problem: string | undefined;
  /** Looks without a byte and without change. */
  idle = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** It is there and open. */
  get isOpen(): boolean {
    return this.#generations.length > 0;
  }

  /** Why it can't be read; undefined while it can, or while it is not there. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Opens the file at its end as it is now.
   * @returns how many bytes of whole lines are before that, and a way to read them; undefined where it is not there
   */
  async openAtEnd(): Promise<
    { readonly size: number; read: (start: number) => AsyncIterable<Uint8Array> } | undefined
  > {
    await this.#lookAtName();
    const generation = this.#generations[0];
    if (!generation) return undefined;
    const size = await generation.skipToEnd();
    return { size, read: (start) => generation.bytes(start, size) };
  }

  /** What came since the last look; at most BUDGET_BYTES of it. */
  async poll(): Promise<{ readonly parts: readonly FilePart[]; readonly more: boolean }> {
    const isGone = !(await this.#lookAtName());
    const parts: FilePart[] = [];
    let more = false;
    let budget = BUDGET_BYTES;
    for (const generation of this.#generations) {
      const read = await generation.read(budget).catch((error: unknown) => void (this.#problem = reason(error)));
      if (!read) continue;
      budget -= read.bytes;
      more ||= read.more;
      if (read.lines.length > 0 || read.fresh) parts.push(read);
    }
    await this.#letGo(isGone);
    this.idle = parts.length > 0 ? 0 : this.idle + 1;
    return { parts, more };
  }

  async close(): Promise<void> {
    const all = this.#generations;
    this.#generations = [];
    for (const generation of all) await generation.close();
  }

  /** @returns whether a file has the name */
  async #lookAtName(): Promise<boolean> {
    try {
      const found = await stat(this.path, { bigint: true });
      if (!found.isFile()) return false;
      if (this.#generations.at(-1)?.isSame(found)) return true;
      const handle = await open(this.path, "r");
      // Whoever renames may be faster than we are, so what was opened is asked who it is.
      const opened = await handle.stat({ bigint: true });
      if (this.#generations.at(-1)?.isSame(opened)) await handle.close();
      else this.#generations.push(new Generation(handle, opened));
      this.#problem = undefined;
      return true;
    } catch (error) {
      const code = errorCode(error);
      this.#problem = code === "ENOENT" || code === "ENOTDIR" ? undefined : reason(error);
      return false;
    }
  }

  /** Closes what nobody writes to any more: a file that was replaced, or one that was deleted. */
  async #letGo(isGone: boolean): Promise<void> {
    const newest = this.#generations.at(-1);
    for (const generation of this.#generations) {
      // As long as nothing stands in the new file, its writer may never have noticed the rotation.
      const isReplaced = generation !== newest && (newest?.hasBytes || this.#generations.length > MOST_GENERATIONS);
      const isLeft = isReplaced || (isGone && (await generation.isDeleted()));
      if (!isLeft || generation.idle < IDLE_LOOKS) continue;
      this.#generations = this.#generations.filter((it) => it !== generation);
      await generation.close();
    }
  }
}

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** One file under the name, held open: as long as it is, its inode is nobody else's. */
class Generation {
  readonly #handle: FileHandle;
  readonly #identity: Identity;
  readonly #cutter = new LineCutter();
  #position = 0;
  /** The bytes before the position, to know the file again. */
  #mark: Uint8Array = new Uint8Array(0);
  #modified = 0n;
  #isNew = true;
  idle = 0;

  constructor(handle: FileHandle, { dev, ino }: Identity) {
    this.#handle = handle;
    this.#identity = { dev, ino };
  }

  isSame({ dev, ino }: Identity): boolean {
    return dev === this.#identity.dev && ino === this.#identity.ino;
  }

  get hasBytes(): boolean {
    return this.#position > 0;
  }

  async isDeleted(): Promise<boolean> {
    const facts = await this.#handle.stat().catch(() => undefined);
    return facts === undefined || facts.nlink === 0;
  }

  /** Goes to the end; half a line there is read when it is whole. @returns the bytes of whole lines before it */
  async skipToEnd(): Promise<number> {
    const { size } = await this.#handle.stat();
    this.#position = await this.#lastLineEnd(size);
    await this.#setMark();
    this.#isNew = false;
    return this.#position;
  }

  async *bytes(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end;) {
      const bytes = await this.#readAt(at, Math.min(CHUNK_BYTES, end - at));
      if (bytes.length === 0) return;
      at += bytes.length;
      yield bytes;
    }
  }

  async read(budget: number): Promise<FilePart & { readonly bytes: number; readonly more: boolean }> {
    const facts = await this.#handle.stat({ bigint: true });
    const size = Number(facts.size);
    const touched = facts.mtimeNs !== this.#modified;
    this.#modified = facts.mtimeNs;
    let fresh = this.#isNew;
    this.#isNew = false;
    if (size < this.#position || (touched && !(await this.#knowsMark()))) {
      // Emptied, and perhaps written anew beyond its old size since.
      this.#cutter.drop();
      this.#position = 0;
      this.#mark = new Uint8Array(0);
      fresh = true;
    }
    const lines: string[] = [];
    let bytes = 0;
    while (bytes < budget && this.#position < size) {
      const chunk = await this.#readAt(this.#position, CHUNK_BYTES);
      if (chunk.length === 0) break;
      bytes += chunk.length;
      this.#position += chunk.length;
      this.#mark = Buffer.concat([this.#mark, chunk.subarray(-MARK_BYTES)]).subarray(-MARK_BYTES);
      // One by one: a piece of nothing but line feeds has more than a call can have arguments.
      for (const line of this.#cutter.push(chunk)) lines.push(line);
    }
    this.idle = bytes > 0 ? 0 : this.idle + 1;
    return { lines, fresh, bytes, more: bytes >= budget };
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => {});
  }

  async #knowsMark(): Promise<boolean> {
    const mark = this.#mark;
    if (mark.length === 0) return true;
    const there = await this.#readAt(this.#position - mark.length, mark.length);
    return Buffer.compare(there, mark) === 0;
  }

  async #setMark(): Promise<void> {
    const length = Math.min(MARK_BYTES, this.#position);
    this.#mark = await this.#readAt(this.#position - length, length);
  }

  /** The place behind the last line feed before `size`. */
  async #lastLineEnd(size: number): Promise<number> {
    for (let end = size; end > 0;) {
      const start = Math.max(0, end - CHUNK_BYTES);
      const found = Buffer.from(await this.#readAt(start, end - start)).lastIndexOf(10);
      if (found >= 0) return start + found + 1;
      end = start;
    }
    return 0;
  }

  /** At most `length` bytes; fewer at the end of the file only. */
  async #readAt(position: number, length: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }
}
