/**
 * The folder that a gateway logs to, and a gateway's way of writing there: by
 * name, day by day, whatever becomes of the folder. All bytes that it was given
 * are there in the end: what a full disk refused is written when there is room.
 */
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `nobody` wherever this matters; a user whom permissions bind, unlike root. */
const NOBODY = 65_534;
const DISK_MB = 128;

export class LogFolder {
  /** What a test may fill or unmount. */
  readonly disk: string;
  /** As it is followed. */
  readonly logs: string;
  /** A small disk of its own, so that a full one can be had. */
  readonly isMounted: boolean;
  readonly isRoot = process.getuid?.() === 0;
  /** Bytes that could not be written yet. */
  #left = Buffer.alloc(0);
  /** Where the writer goes on although the name is another file's; undefined: it opens by name. */
  #held: number | undefined;
  fullDisks = 0;

  constructor() {
    this.disk = mkdtempSync(join(tmpdir(), "sessions-soak-"));
    this.logs = join(this.disk, "logs");
    this.isMounted = this.isRoot && mounts(this.disk);
    mkdirSync(this.logs);
    if (this.isRoot) for (const it of [this.disk, this.logs]) chownSync(it, NOBODY, NOBODY);
  }

  file(day: string): string {
    return join(this.logs, `openclaw-${day}.log`);
  }

  /** Writes what it can of all that is due. */
  write(day: string, text: string): void {
    this.#left = Buffer.concat([this.#left, Buffer.from(text)]);
    try {
      const fd = this.#held ?? openSync(this.file(day), "a", 0o644);
      try {
        while (this.#left.length > 0) this.#left = this.#left.subarray(writeSync(fd, this.#left));
      } finally {
        if (fd !== this.#held) closeSync(fd);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      this.fullDisks++;
    }
  }

  /** Goes on in today's file, whatever name it gets. */
  hold(day: string): void {
    this.#held ??= openSync(this.file(day), "a", 0o644);
  }

  /** Opens by name again, as a gateway does that was told of the rotation. */
  release(): void {
    if (this.#held !== undefined) closeSync(this.#held);
    this.#held = undefined;
  }

  /** Fills the disk to the last byte. */
  fill(): void {
    for (const size of [8_388_608, 4_096, 1]) {
      const piece = Buffer.alloc(size, "x");
      try {
        for (;;) appendFileSync(join(this.disk, "filler"), piece);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    }
  }

  makeRoom(): void {
    rmSync(join(this.disk, "filler"), { force: true });
  }

  /** Deletes what is no day's file: a machine that is soaked for long must not run out of disk. */
  tidy(): void {
    const days = readdirSync(this.logs)
      .filter((it) => /\d\.log$/.test(it))
      .toSorted();
    const keep = new Set(days.slice(-2));
    for (const it of readdirSync(this.logs)) if (!keep.has(it)) rmSync(join(this.logs, it), { force: true });
  }

  /** Runs it as a user whom permissions bind. */
  async asReader<T>(work: () => Promise<T>): Promise<T> {
    if (!this.isRoot) return await work();
    process.seteuid?.(NOBODY);
    try {
      return await work();
    } finally {
      process.seteuid?.(0);
    }
  }

  end(): void {
    this.release();
    chmodSync(this.disk, 0o755);
    if (this.isMounted) execFileSync("umount", [this.disk]);
    rmSync(this.disk, { recursive: true, force: true });
  }
}

function mounts(folder: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MB}m,mode=0755`, "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
