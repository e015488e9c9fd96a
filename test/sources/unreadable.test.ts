/** Logs that can't be read, or not to their end: what can be is, and the rest is told. */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { nodeFs, type SourceFs } from "../../src/sources/fs.ts";
import { type HeldFile, holdFile } from "../../src/sources/held-file.ts";
import { changingFs, readAll, Writer } from "../helpers/changing-log.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sessions-unreadable-"));
  file = path.join(folder, "gateway.log");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("a file that cannot be read to its end", () => {
  const failure = (code: string): Error => Object.assign(new Error(`${code}: of the test`), { code });

  it("is told of up to where the disk fails, whichever look or reading meets it", async () => {
    const writer = new Writer();
    const lines = Array.from({ length: 60 }, () => writer.line().replace(" line", ` sessionId=${randomUUID()} line`));
    writeFileSync(file, lines.join(""));
    // Its dates are found in the other one, for which both are read once more.
    writeFileSync(path.join(folder, "console.log"), lines.map((it) => it.slice(11, 19) + it.slice(24)).join(""));
    const names = ["console.log", "gateway.log"];
    const wholeReads = await countReads(names);
    expect(wholeReads).toBeGreaterThan(40);
    for (let at = 0; at < wholeReads; at++) {
      for (const stays of [true, false]) {
        let reads = 0;
        let failed: string | undefined;
        const onRead = (target: string): void => {
          if (reads++ === at) failed = target;
          else if (!stays || target !== failed) return;
          throw failure("EIO");
        };
        const { records, summaries, warnings } = await readAll(folder, names, changingFs({ onRead }));
        const counted = summaries.reduce((sum, it) => sum + it.lines, 0);
        // A few bytes of a line make no record.
        expect(counted - records.length).toBeOneOf([0, 1]);
        if (warnings.length > 0 || stays) {
          expect(warnings).toEqual([
            expect.stringMatching(/^(?:cannot be read|could be read up to line \d+ only): the disk gave an error$/),
          ]);
        } else expect(summaries.map((it) => it.lines)).toEqual([lines.length, lines.length]);
      }
    }
  });

  async function countReads(names: readonly string[]): Promise<number> {
    let count = 0;
    await readAll(folder, names, changingFs({ onRead: () => void count++ }));
    return count;
  }

  it.each([
    ["vanished", "ENOENT", "it is not there"],
    ["may not be read any more", "EACCES", "permission denied"],
  ])("one of several that %s after it was found is named, and the others are read", async (_, code, why) => {
    const writer = new Writer();
    for (const name of ["a.log", "b.log"]) writeFileSync(path.join(folder, name), writer.lines(10));
    const onRead = (target: string): void => {
      if (target.endsWith("a.log")) throw failure(code);
    };
    const { records, warnings } = await readAll(folder, ["a.log", "b.log"], changingFs({ onRead }));
    expect(records).toHaveLength(10);
    expect(warnings).toEqual([`cannot be read: ${why}`]);
    await expect(readAll(folder, ["a.log"], changingFs({ onRead }))).rejects.toThrow(`cannot read a.log: ${why}`);
  });

  it.each([
    ["is read all the same, for it is open", undefined, 10, []],
    ["is told of where it had to be opened again", 0, 0, ["cannot be read: permission denied"]],
  ])("one whose permission is taken between look and reading %s", async (_, mostHeld, lines, expected) => {
    writeFileSync(file, new Writer().lines(10));
    let isTaken = false;
    const fs = changingFs({ onRead: () => {}, ...(mostHeld === undefined ? {} : { mostHeld }) });
    const taking: SourceFs = {
      ...fs,
      hold(target) {
        const held = fs.hold(target);
        async function* read(start?: number): AsyncGenerator<Uint8Array> {
          // Root may read everything, so the system's answer is played.
          if (isTaken && mostHeld === 0) throw failure("EACCES");
          yield* held.read(start);
          isTaken = true;
          chmodSync(file, 0);
        }
        return Object.assign(Object.create(held) as HeldFile, { read });
      },
    };
    const { records, warnings } = await readAll(folder, ["gateway.log"], taking);
    expect(records).toHaveLength(lines);
    expect(warnings).toEqual(expected);
  });

  it("a pipe that took the file's name is not waited for", () => {
    execFileSync("mkfifo", [file]);
    expect(() => holdFile(file)).toThrow("it is no file any more");
  });

  it("leaves no file open", async () => {
    const names = Array.from({ length: 150 }, (_, index) => `${index}.log`);
    const writer = new Writer();
    for (const name of names) writeFileSync(path.join(folder, name), writer.lines(3));
    writeFileSync(path.join(folder, "no-log.log"), "buy milk\n");
    const open = new Set<HeldFile>();
    const fs: SourceFs = {
      ...nodeFs,
      hold(target) {
        const held = holdFile(target);
        open.add(held);
        const close = held.close.bind(held);
        held.close = () => {
          open.delete(held);
          close();
        };
        return held;
      },
    };
    const { records } = await readAll(folder, ["."], fs);
    expect(records).toHaveLength(450);
    expect(open.size).toBe(0);
    // As many can be held as before.
    const again = names.slice(0, 128).map((name) => holdFile(path.join(folder, name)));
    for (const it of again) it.close();
  });
});
