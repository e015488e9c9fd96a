import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import { type LineCounts, LineSplitter } from "../../src/sources/lines.ts";
import { unpack } from "../../src/sources/unpack.ts";
import { zstdOf } from "../fuzz/large.ts";
import { zstdStored } from "../helpers/forms.ts";

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

function lines(
  bytes: Uint8Array,
  size: number,
  maxLine?: number,
): { found: [number, string][]; counts: LineCounts; unterminated: boolean } {
  const counts = { bytes: 0, lines: 0, overlong: 0 };
  const found: [number, string][] = [];
  let unterminated = false;
  const splitter = new LineSplitter(
    counts,
    (at, start, end, number, isCut) => {
      found.push([number, at.toString("utf8", start, end)]);
      unterminated ||= isCut;
    },
    maxLine,
  );
  // One piece of memory for all chunks, as a reader of files has it.
  const memory = Buffer.alloc(size);
  for (let start = 0; start < bytes.length; start += size) {
    const piece = bytes.subarray(start, start + size);
    memory.fill(0x2e).set(piece);
    splitter.push(memory.subarray(0, piece.length));
  }
  splitter.end();
  return { found, counts, unterminated };
}

async function unpacked(bytes: Uint8Array, size = 1000): Promise<{ text: string; warnings: string[] }> {
  const warnings: string[] = [];
  const parts: Uint8Array[] = [];
  for await (const part of unpack(inChunks(bytes, size), { onTruncated: (what) => warnings.push(what) }))
    parts.push(Buffer.from(part));
  return { text: Buffer.concat(parts).toString("utf8"), warnings };
}

describe("LineSplitter", () => {
  it("gives the same lines, numbers and counts whatever the chunks are", () => {
    const anyLine = fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.constant(""),
      fc.constant("ü…\ud83d\ude00"),
    );
    fc.assert(
      fc.property(fc.array(anyLine), fc.boolean(), fc.integer({ min: 1, max: 40 }), (texts, ends, size) => {
        const clean = texts.map((text) => Buffer.from(text.replaceAll("\n", "")).toString());
        const bytes = Buffer.from(clean.join("\n") + (ends ? "\n" : ""));
        const { found, counts, unterminated } = lines(bytes, size);
        const expected = bytes.toString("utf8").split("\n");
        if (expected.at(-1) === "") expected.pop();
        expect(found).toEqual(expected.map((line, index) => [index + 1, line]));
        expect(counts).toEqual({ bytes: bytes.length, lines: expected.length, overlong: 0 });
        expect(unterminated).toBe(bytes.length > 0 && bytes.at(-1) !== 10);
      }),
    );
  });

  it("keeps the beginning of a line that is too long, and counts it", () => {
    for (const size of [1, 7, 1000]) {
      const { found, counts } = lines(Buffer.from(`ab\n${"é".repeat(50)}\ncd\n${"x".repeat(99)}`), size, 11);
      expect(found).toEqual([
        [1, "ab"],
        [2, "ééééé"],
        [3, "cd"],
        [4, "xxxxxxxxxxx"],
      ]);
      expect(counts).toEqual({ bytes: 206, lines: 4, overlong: 2 });
    }
  });

  it("counts what is too short to be read", () => {
    const bytes = Buffer.from(`${"\n".repeat(100)}a\nlong enough\nshort\n${"b\n".repeat(50)}c`);
    for (const size of [1, 7, 1000]) {
      const counts = { bytes: 0, lines: 0, overlong: 0 };
      const given: string[] = [];
      const onLine = (at: Buffer, start: number, end: number, number: number) =>
        given.push(`${number} ${at.toString("utf8", start, end)}`);
      const splitter = new LineSplitter(counts, onLine, undefined, 8);
      for (let start = 0; start < bytes.length; start += size) splitter.push(bytes.subarray(start, start + size));
      splitter.end();
      expect(given).toEqual(["102 long enough", "154 c"]);
      expect(counts).toEqual({ bytes: bytes.length, lines: 154, overlong: 0 });
    }
  });

  it("survives bytes that are no text", () => {
    const { found } = lines(Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0xe2, 0x82, 0x0a, 0x62]), 1);
    expect(found).toEqual([
      [1, "a\ufffd\ufffd"],
      [2, "\ufffd"],
      [3, "b"],
    ]);
  });
});

describe("unpack", () => {
  const text = Array.from({ length: 3000 }, (_, index) => `line ${index} ${Math.sin(index)}\n`).join("");

  it.each([
    ["plain text", Buffer.from(text)],
    ["gzip", gzipSync(text)],
    ["gzip of several members", Buffer.concat([gzipSync(text.slice(0, 9000)), gzipSync(text.slice(9000))])],
    ["zstd", zstdStored(Buffer.from(text))],
    [
      "zstd of several frames",
      Buffer.concat([zstdStored(Buffer.from(text.slice(0, 9000))), zstdStored(Buffer.from(text.slice(9000)))]),
    ],
    ["UTF-16, little endian", Buffer.from(`\ufeff${text}`, "utf16le")],
    ["UTF-16, big endian", Buffer.from(`\ufeff${text}`, "utf16le").swap16()],
    ["UTF-16 without its mark", Buffer.from(text, "utf16le")],
    ["UTF-16 in gzip", gzipSync(Buffer.from(`\ufeff${text}`, "utf16le"))],
  ])("reads %s in any chunks", async (_kind, bytes) => {
    for (const size of [1, 3, 4096, 1_000_000]) {
      if (size < 9 && bytes.length > 40_000) continue;
      expect(await unpacked(bytes, size)).toEqual({ text, warnings: [] });
    }
  });

  it.each([
    ["gzip", gzipSync(text)],
    ["zstd", zstdStored(Buffer.from(text))],
  ])("reads a %s archive up to where it is cut", async (kind, bytes) => {
    const cut = await unpacked(bytes.subarray(0, Math.floor(bytes.length / 2)));
    expect(cut.warnings).toEqual([`the ${kind} archive is cut off; read up to there`]);
    expect(text.startsWith(cut.text)).toBe(true);
    if (kind === "gzip") expect(cut.text.length).toBeGreaterThan(text.length / 4);
  });

  it("reads what the zstd of Debian wrote", async () => {
    const plain = readFileSync(new URL("../../fixtures/issue-3245/gateway.jsonl", import.meta.url), "utf8");
    const packed = readFileSync(new URL("../../fixtures/issue-3245.jsonl.zst", import.meta.url));
    for (const size of [1, 100, 100_000]) expect(await unpacked(packed, size)).toEqual({ text: plain, warnings: [] });
  });

  const reservedBlock = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50, 0x07, 0x00, 0x00]);
  it.each([
    ["gzip", Buffer.from(gzipSync(text)).fill(0xff, 20_000, 20_100)],
    ["zstd", Buffer.concat([zstdStored(Buffer.from(text)), reservedBlock, Buffer.alloc(5000)])],
  ])("reads a damaged %s archive up to the damage", async (kind, bytes) => {
    const { text: read, warnings } = await unpacked(bytes, 500);
    expect(warnings).toEqual([expect.stringMatching(`^the ${kind} archive is damaged`)]);
    expect(read.slice(0, 1000)).toBe(text.slice(0, 1000));
  });

  it("ends on every archive, whatever became of its bytes", async () => {
    const whole = readFileSync(new URL("../../fixtures/issue-3245.jsonl.zst", import.meta.url));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 5),
        fc.nat(255),
        fc.integer({ min: 1, max: 5000 }),
        async (at, byte, size) => {
          const bytes = Buffer.from(whole);
          bytes[at + 4] = byte;
          // What comes out may look like no log at all, which is an answer too.
          const result = await unpacked(bytes, size).catch((error: unknown) => error);
          if (!(result instanceof UserError)) expect(result).toMatchObject({ text: expect.any(String) as string });
        },
      ),
      { numRuns: 200 },
    );
  });

  it("reads a log that begins with a hole", async () => {
    const { text: read } = await unpacked(Buffer.concat([Buffer.alloc(1500), Buffer.from(text)]));
    expect(read.endsWith(text)).toBe(true);
  });

  it.each([
    ["a tar archive", Buffer.concat([Buffer.alloc(257, 0x61), Buffer.from("ustar\u000000"), Buffer.alloc(300)])],
    [
      "a tar archive in gzip",
      gzipSync(Buffer.concat([Buffer.alloc(257, 0x61), Buffer.from("ustar\u000000"), Buffer.alloc(300)])),
    ],
    ["a zip archive", Buffer.from("PK\u0003\u0004rest")],
    ["an SQLite database", Buffer.from("SQLite format 3\u0000")],
    ["binary data", Buffer.from([1, 2, 3, 4, 0, 5, 6, 0, 200, 201])],
  ])("refuses %s with a reason", async (_kind, bytes) => {
    await expect(unpacked(bytes)).rejects.toThrow(UserError);
    await expect(unpacked(bytes)).rejects.toThrow(/^it is .*, not a log$/);
  });

  describe("a decompression bomb", () => {
    const bomb = { bytes: 1e6, times: 250 };
    const read = async (bytes: Uint8Array, limits = bomb) => {
      const warnings: (readonly [string, string | undefined])[] = [];
      let length = 0;
      const onTruncated = (what: string, help?: string) => void warnings.push([what, help]);
      for await (const part of unpack(inChunks(bytes, 1000), { onTruncated, bomb: limits })) length += part.length;
      return { length, warnings };
    };

    it.each([
      ["gzip", gzipSync(Buffer.alloc(50e6, 10)), "zcat"],
      ["zstd", Buffer.concat([...zstdOf(10, 50e6)]), "zstd -dc --long=31"],
    ])("of %s is read up to the limit", async (kind, bytes, command) => {
      const { length, warnings } = await read(bytes);
      expect(length).toBeGreaterThan(bomb.bytes);
      expect(length).toBeLessThan(2e6);
      expect(warnings).toEqual([
        [
          `the ${kind} archive grows to more than 250 times its size, which a log does not: it was read up to ${(length / 1e6).toFixed(2).replace(/0$/, "")} MB and no further`,
          `if it is a log all the same, pipe it: ${command} FILE | clawdbot-sessions doctor -`,
        ],
      ]);
    });

    it("is no log that is large, and none that grows much and is small", async () => {
      expect((await read(zstdStored(Buffer.alloc(5e6, 10)))).warnings).toEqual([]);
      expect((await read(Buffer.concat([...zstdOf(10, 0.9e6)]))).warnings).toEqual([]);
    });

    it("behind a log: what is read follows what there is on the disk", async () => {
      const log = zstdStored(Buffer.from(text));
      const { length, warnings } = await read(Buffer.concat([log, ...zstdOf(10, 2e9)]), { bytes: 1e6, times: 30 });
      expect(warnings.length).toBe(1);
      expect(length).toBeLessThan(40 * (log.length + 4000));
    });

    it("within another one stays packed", async () => {
      await expect(unpacked(gzipSync(gzipSync(text)))).rejects.toThrow("it is binary data, not a log");
      await expect(unpacked(gzipSync(zstdStored(Buffer.from(text))))).rejects.toThrow("it is binary data, not a log");
    });
  });

  it("refuses a window that would fill the memory, and says what takes it", async () => {
    const told: unknown[] = [];
    const parts = unpack(inChunks(Buffer.concat([...zstdOf(10, 1e6, 28)]), 1000), {
      onTruncated: (...said) => told.push(said),
    });
    for await (const part of parts) expect(part.length).toBe(0);
    expect(told).toEqual([
      [
        "the zstd archive cannot be read on: it needs more than 128 MiB of memory",
        "pipe it: zstd -dc --long=31 FILE | clawdbot-sessions doctor -",
      ],
    ]);
  });

  it("gives back what a look at the head of an archive took", async () => {
    // The windows of these would be 16 GiB, more than its memory can ever be.
    const bytes = Buffer.concat([...zstdOf(10, 2e6, 23)]);
    for (let count = 0; count < 2000; count++) {
      for await (const part of unpack(inChunks(bytes, 1e6), { onTruncated: expect.unreachable })) {
        if (part.length > 0) break;
      }
    }
    expect((await unpacked(bytes, 1e6)).warnings).toEqual([]);
  });

  it("gives nothing for an empty file", async () => {
    expect(await unpacked(Buffer.alloc(0))).toEqual({ text: "", warnings: [] });
  });
});
