/** A real folder, and a look whenever the test says so: nothing here waits for a clock. */
import { appendFile, copyFile, mkdtemp, open, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { FollowedFile } from "../../../src/sources/follow/file.ts";

let folder: string;
let file: string;
let followed: FollowedFile;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sessions-follow-"));
  file = path.join(folder, "gateway.log");
  followed = new FollowedFile(file);
});
afterEach(async () => {
  await followed.close();
  await rm(folder, { recursive: true });
});

/** The lines of one look; `|` where a file begins anew. */
async function look(): Promise<string[]> {
  const { parts } = await followed.poll();
  return parts.flatMap(({ lines, fresh }) => (fresh ? ["|", ...lines] : lines));
}

async function lookTimes(count: number): Promise<string[]> {
  const all: string[] = [];
  for (let index = 0; index < count; index++) all.push(...(await look()));
  return all;
}

test("what is appended, and nothing twice", async () => {
  await writeFile(file, "old\n");
  expect(await followed.openAtEnd()).toMatchObject({ size: 4 });
  expect(await look()).toEqual([]);
  await appendFile(file, "one\ntwo\n");
  expect(await look()).toEqual(["one", "two"]);
  expect(await look()).toEqual([]);
});

test("a file that is not there yet", async () => {
  expect(await followed.openAtEnd()).toBeUndefined();
  expect(await look()).toEqual([]);
  await writeFile(file, "one\n");
  expect(await look()).toEqual(["|", "one"]);
});

describe("a line in two halves", () => {
  test("is one line", async () => {
    await writeFile(file, "");
    await followed.openAtEnd();
    await appendFile(file, "first ha");
    expect(await look()).toEqual([]);
    await appendFile(file, "lf\nsecond\n");
    expect(await look()).toEqual(["first half", "second"]);
  });

  test("also where the first half was there at the start", async () => {
    await writeFile(file, "old\nfirst ha");
    expect(await followed.openAtEnd()).toMatchObject({ size: 4 });
    await appendFile(file, "lf\n");
    expect(await look()).toEqual(["first half"]);
  });

  test("a character and a CRLF cut in the middle", async () => {
    await writeFile(file, "");
    await followed.openAtEnd();
    const bytes = Buffer.from("grüße 🦞\r\nnext\r\n");
    for (const byte of bytes) {
      await appendFile(file, Uint8Array.of(byte));
      if (byte !== 10) expect(await look()).toEqual([]);
      else expect((await look())[0]).toMatch(/^(?:grüße 🦞|next)\r$/);
    }
  });
});

describe("rotation", () => {
  beforeEach(async () => {
    await writeFile(file, "old\n");
    await followed.openAtEnd();
  });

  test("rename and a new file: the rest of the old one first", async () => {
    await appendFile(file, "last of the old\n");
    await rename(file, `${file}.1`);
    await writeFile(file, "first of the new\n");
    expect(await look()).toEqual(["last of the old", "|", "first of the new"]);
    await appendFile(file, "second\n");
    expect(await look()).toEqual(["second"]);
  });

  test("a writer that goes on in the renamed file for a while", async () => {
    const writer = await open(file, "a");
    await rename(file, `${file}.1`);
    expect(await look()).toEqual([]);
    await writer.write("late\n");
    expect(await look()).toEqual(["late"]);
    await writeFile(file, "new\n");
    await writer.write("later\n");
    expect(await look()).toEqual(["later", "|", "new"]);
    await writer.close();
  });

  test("a writer that never notices the rotation is heard as long as nobody writes to the new file", async () => {
    const writer = await open(file, "a");
    await rename(file, `${file}.1`);
    await writeFile(file, "");
    expect(await lookTimes(50)).toEqual(["|"]);
    await writer.write("still here\n");
    expect(await look()).toEqual(["still here"]);
    await writer.close();
  });

  test("half a line before a rename is not glued to the new file", async () => {
    await appendFile(file, "half");
    await look();
    await rename(file, `${file}.1`);
    await writeFile(file, "new line\n");
    expect(await look()).toEqual(["|", "new line"]);
  });

  test("the replaced file is let go once nobody writes to it, and a hundred rotations keep one open", async () => {
    for (let index = 0; index < 100; index++) {
      await rename(file, `${file}.1`);
      await writeFile(file, `${index}\n`);
      expect(await look()).toContain(String(index));
    }
    await lookTimes(25);
    expect(await look()).toEqual([]);
    // On Linux the open descriptors can be counted.
    const { readdir, readlink } = await import("node:fs/promises");
    const descriptors = await readdir("/proc/self/fd").catch(() => []);
    const targets = await Promise.all(descriptors.map((it) => readlink(`/proc/self/fd/${it}`).catch(() => "")));
    expect(targets.filter((it) => it.startsWith(folder)).length).toBeLessThanOrEqual(1);
  });

  test("copytruncate", async () => {
    await appendFile(file, "before\n");
    expect(await look()).toEqual(["before"]);
    await copyFile(file, `${file}.1`);
    await truncate(file, 0);
    expect(await look()).toEqual(["|"]);
    await appendFile(file, "after\n");
    expect(await look()).toEqual(["after"]);
  });

  test("copytruncate, and longer than before by the next look", async () => {
    await appendFile(file, "half");
    await look();
    await truncate(file, 0);
    await appendFile(file, "a line that is longer than all that was there before\n");
    expect(await look()).toEqual(["|", "a line that is longer than all that was there before"]);
  });

  test("copytruncate under a writer that keeps its place leaves a hole of zeros", async () => {
    const writer = await open(file, "r+");
    await writer.write("0123456789\n", 4);
    expect(await look()).toEqual(["0123456789"]);
    await truncate(file, 0);
    expect(await look()).toEqual(["|"]);
    await writer.write("after\n", 15);
    expect(await look()).toEqual(["after"]);
    await writer.close();
  });

  test("cut shorter: what is left is a file that begins again", async () => {
    await appendFile(file, "one\ntwo\n");
    await look();
    await truncate(file, 4);
    expect(await look()).toEqual(["|", "old"]);
  });

  test("deleted and made anew, whatever its inode", async () => {
    await appendFile(file, "one\n");
    expect(await look()).toEqual(["one"]);
    await rm(file);
    expect(await lookTimes(30)).toEqual([]);
    expect(followed.isOpen).toBe(false);
    await writeFile(file, "alpha\nbeta\ngamma\n");
    expect(await look()).toEqual(["|", "alpha", "beta", "gamma"]);
    await rm(file);
    await writeFile(file, "alpha\nbeta\ngamma\ndelta\n");
    expect(await look()).toEqual(["|", "alpha", "beta", "gamma", "delta"]);
  });

  test("renamed away and back is the same file", async () => {
    await appendFile(file, "one\n");
    await look();
    await rename(file, `${file}.aside`);
    expect(await lookTimes(30)).toEqual([]);
    await rename(`${file}.aside`, file);
    await appendFile(file, "two\n");
    expect(await look()).toEqual(["two"]);
  });
});

test("a folder in its place is no file, and is told once it can't be read", async () => {
  await writeFile(file, "old\n");
  await followed.openAtEnd();
  await rm(file);
  const { mkdir } = await import("node:fs/promises");
  await mkdir(file);
  expect(await look()).toEqual([]);
  expect(followed.problem).toBeUndefined();
});

test("more than one look may read waits for the next one", async () => {
  await writeFile(file, "");
  await followed.openAtEnd();
  const line = `${"x".repeat(1023)}\n`;
  await appendFile(file, line.repeat(9 * 1024));
  const first = await followed.poll();
  expect(first.more).toBe(true);
  const second = await followed.poll();
  expect(second.more).toBe(false);
  const counts = [first, second].map(({ parts }) => parts.reduce((sum, { lines }) => sum + lines.length, 0));
  expect(counts.reduce((sum, it) => sum + it, 0)).toBe(9 * 1024);
});
