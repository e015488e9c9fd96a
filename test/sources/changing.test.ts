/** A log that changes while it is read: each read is a moment in which something may befall it. */
import { spawn } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { UserError } from "../../src/errors.ts";
import { readDescriptorBytes } from "../../src/sources/read-bytes.ts";
import { changingFs, readAll, Writer } from "../helpers/changing-log.ts";
import { reportOf } from "../helpers/doctor.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sessions-changing-"));
  file = path.join(folder, "gateway.log");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** What stands in the file that takes the name of the one that is read; only by its name it can be taken for it. */
const OF_ANOTHER = "2026-01-28T08:59:59.000Z [ws] of another file\n";

type Action =
  | { readonly kind: "grow" | "halfLine" | "empty" | "emptyAndGrow" | "rename" | "replace" | "delete" }
  | { readonly kind: "cutShort"; readonly part: number };

const anyAction: fc.Arbitrary<Action> = fc.oneof(
  fc
    .constantFrom("grow", "grow", "halfLine", "halfLine", "empty", "emptyAndGrow", "rename", "replace", "delete")
    .map((kind): Action => ({ kind })),
  fc.record({ kind: fc.constant("cutShort" as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
);
/** Two looks at a file of some ten pieces; the second one is the reading. */
const anySchedule = fc.array(fc.record({ at: fc.nat(26), action: anyAction }), { maxLength: 6 });

/** The file that is read, under whatever name, and its writer. */
class Log {
  readonly #writer = new Writer();
  /** Where the file is that was there at first; undefined: nowhere. */
  #place: string | undefined = file;
  #half = "";
  /** All that was ever written to it. */
  written = "";
  isCutShort = false;
  /** It has lost bytes. */
  hasLost = false;

  constructor() {
    writeFileSync(file, "");
    this.#write(this.#writer.lines(60));
  }

  do(action: Action): void {
    switch (action.kind) {
      case "grow":
        return this.#write(this.#half + this.#writer.lines(20));
      case "halfLine": {
        const line = this.#half === "" ? this.#writer.line() : this.#half;
        const end = Math.ceil(line.length / 2);
        this.#write(line.slice(0, end));
        this.#half = line.slice(end);
        return;
      }
      case "cutShort":
        if (this.#place === undefined) return;
        truncateSync(this.#place, Math.floor(statSync(this.#place).size * action.part));
        this.isCutShort = true;
        this.hasLost = true;
        return;
      case "empty":
      case "emptyAndGrow":
        if (this.#place === undefined) return;
        truncateSync(this.#place);
        this.hasLost = true;
        this.#half = "";
        this.written += "\n";
        if (action.kind === "emptyAndGrow") this.#write(this.#writer.lines(150));
        return;
      case "rename":
      case "replace": {
        const old = `${file}.old`;
        if (this.#place === file && action.kind === "rename") {
          renameSync(file, old);
          this.#place = old;
        } else if (this.#place === file) this.#place = undefined;
        writeFileSync(`${file}.new`, OF_ANOTHER);
        renameSync(`${file}.new`, file);
        return;
      }
      case "delete":
        rmSync(file, { force: true });
        if (this.#place === file) this.#place = undefined;
    }
  }

  #write(text: string): void {
    this.#half = "";
    // What was cut within a line is not written on: that would make a line that nobody wrote.
    if (this.#place === undefined || this.isCutShort) return;
    appendFileSync(this.#place, text);
    this.written += text;
  }
}

describe("a file that changes while it is read", () => {
  it("is read as it was when it was opened, each line once; what could not be had is told", async () => {
    await fc.assert(
      fc.asyncProperty(
        anySchedule,
        fc.constantFrom(undefined, 0),
        fc.boolean(),
        async (schedule, mostHeld, endsHalf) => {
          for (const it of [file, `${file}.old`, `${file}.new`]) rmSync(it, { force: true });
          const log = new Log();
          if (endsHalf) log.do({ kind: "halfLine" });
          let reads = 0;
          let opened: string | undefined;
          const onRead = (): void => {
            for (const { action } of schedule.filter(({ at }) => at === reads)) if (reads > 0) log.do(action);
            opened ??= readFileSync(file, "utf8");
            reads++;
          };
          const fs = changingFs({ onRead, ...(mostHeld === undefined ? {} : { mostHeld }) });
          const { records, summaries, warnings } = await readAll(folder, ["gateway.log"], fs).catch(
            (error: unknown) => {
              // Nothing at all could be read.
              expect(error).toBeInstanceOf(UserError);
              return {
                records: [],
                summaries: [],
                warnings: [String(error).replace(/^.*cannot read gateway.log/, "cannot be read")],
              };
            },
          );
          const [summary] = summaries;
          const snapshot = opened ?? "";
          const told = records.map(({ message }) => message);
          const wrote = `${log.written}${mostHeld === 0 ? OF_ANOTHER : ""}`
            .split("\n")
            .map((it) => it.slice("2026-01-28T08:00:00.000Z [ws] ".length));

          // No line twice, none of another file, none that nobody wrote; the last one may be the beginning of one.
          expect(new Set(told).size).toBe(told.length);
          const last = told.at(-1);
          expect(told.slice(0, -1).filter((it) => !wrote.includes(it))).toEqual([]);
          if (last !== undefined) expect(wrote.some((it) => it.startsWith(last))).toBe(true);
          // What is counted is what was read.
          expect(summary?.bytes ?? 0).toBeLessThanOrEqual(Buffer.byteLength(snapshot));
          const failures = warnings.filter((it) => !it.startsWith("the last line is cut"));
          const isWhole = summary?.bytes === Buffer.byteLength(snapshot) && failures.length === 0;
          if (isWhole) {
            const lines = snapshot.split("\n").filter((it) => it !== "");
            expect(summary.lines).toBe(lines.length);
            expect(told).toEqual(
              lines.map((it) => it.slice("2026-01-28T08:00:00.000Z [ws] ".length).trimEnd()).filter((it) => it !== ""),
            );
            // It goes on behind what was read, so what was read of it is half of it.
            const isHalf = endsHalf && log.written.length > snapshot.length;
            if (!log.hasLost && mostHeld !== 0) {
              expect(warnings).toEqual(isHalf ? ["the last line is cut: it was still being written"] : []);
            }
          } else {
            // Only what was taken away, and where files are opened anew another one's name, excuses that.
            expect(log.hasLost || mostHeld === 0).toBe(true);
            expect(failures).toHaveLength(1);
            expect(failures[0]).toMatch(
              /^(?:cannot be read|could be read up to line \d+ only): (?:it was cut short while it was read|it was written anew|it is not there)/,
            );
            const upTo = /up to line (\d+)/.exec(failures[0] ?? "")?.[1];
            expect(summary?.lines ?? 0).toBe(Number(upTo ?? 0));
          }
        },
      ),
      { numRuns: 1000 },
    );
  }, 120_000);
});

describe("a writer that is faster than the reader", () => {
  it("does not keep it for ever", async () => {
    const writer = new Writer();
    writeFileSync(file, writer.lines(60));
    let opened: number | undefined;
    const onRead = (): void => {
      // The first call is the one before it is opened.
      appendFileSync(file, writer.lines(200));
      opened ??= statSync(file).size;
    };
    const { summaries } = await readAll(folder, ["gateway.log"], changingFs({ onRead }));
    expect(summaries[0]?.bytes).toBe(opened);
  });

  it("does not keep who reads it as standard input", async () => {
    const piece = "x".repeat(600_000);
    writeFileSync(file, piece);
    const descriptor = openSync(file, "r");
    try {
      let read = 0;
      for await (const bytes of readDescriptorBytes(descriptor)) {
        read += bytes.length;
        appendFileSync(file, piece);
      }
      expect(read).toBe(piece.length);
    } finally {
      closeSync(descriptor);
    }
  });

  it("is a process of its own: doctor ends, and counts what it read", async () => {
    writeFileSync(file, new Writer().lines(20_000));
    const script = `
      const { appendFileSync } = require("node:fs");
      const piece = (${JSON.stringify(new Writer().lines(500))}).repeat(10);
      for (let left = 400; left > 0; left--) appendFileSync(process.argv[1], piece);
      process.stdin.resume();
      process.stdin.on("end", () => process.exit());
    `;
    const child = spawn(process.execPath, ["-e", script, file], { stdio: ["pipe", "ignore", "inherit"] });
    try {
      const { size } = statSync(file);
      await new Promise<void>((resolve) => {
        const wait = (): void => void (statSync(file).size > size ? resolve() : setImmediate(wait));
        wait();
      });
      const { report, err } = await reportOf([file], ["--allow-inconclusive"]);
      const [source] = report.sources;
      const text = readFileSync(file).subarray(0, source?.bytes);
      expect(source?.bytes).toBeGreaterThan(size);
      expect(source?.lines).toBe(text.toString().trimEnd().split("\n").length);
      expect(err).toBe(
        text.at(-1) === 10 ? "" : `warning: ${file}: the last line is cut: it was still being written\n`,
      );
    } finally {
      child.kill("SIGKILL");
    }
  });
});
