/** The library as a program uses it, on the sources; test/library/package.test.ts looks at what is published. */
import { createReadStream, readFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { diagnose, render, UserError } from "../../src/index.ts";
import type { LogBytes } from "../../src/index.ts";
import { reporters } from "../../src/reporters/index.ts";
import { fakeIo } from "../cli/fake-io.ts";
import { doctor, reportOf } from "../helpers/doctor.ts";
import { REAL_LOGS } from "../helpers/fixtures.ts";

const FILE = "fixtures/issue-3245/console.log";
const LOG = readFileSync(FILE);

describe("says what the command says", () => {
  // A log without any date is of today.
  beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"], now: fakeIo().now() }));
  afterAll(() => void vi.useRealTimers());

  test.each(REAL_LOGS.map(({ name, folder }) => [name, path.join(folder, "console.log")] as const))(
    "%s",
    async (_, file) => {
      const { report } = await reportOf(["-"], [], readFileSync(file, "utf8"));
      const { tool: _ours, ...told } = await diagnose(readFileSync(file));
      const { tool: _theirs, ...expected } = report;
      expect(JSON.parse(JSON.stringify(told))).toEqual(expected);
    },
  );

  test.each(["json", "ndjson", "github", "markdown", "junit"])("as %s", async (format) => {
    const { out } = await doctor([FILE, "--format", format, "--all-runs"]);
    const report = await diagnose(LOG, { name: FILE });
    const text = await render({ ...report, tool: { ...report.tool, version: "0.0.0" } }, format, { allRuns: true });
    expect(text).toBe(out);
  });
});

const SHAPES: readonly (readonly [string, () => LogBytes])[] = [
  ["a Buffer", () => LOG],
  ["a Uint8Array", () => new Uint8Array(LOG)],
  ["an array of pieces", () => [LOG.subarray(0, 1000), LOG.subarray(1000)]],
  ["a file's stream", () => createReadStream(FILE)],
  ["a web stream", () => new Blob([new Uint8Array(LOG)]).stream()],
  ["a generator that uses one buffer again and again", () => reusing(LOG)],
  ["gzip", () => gzipSync(LOG)],
];

async function* reusing(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(512);
  for (let start = 0; start < bytes.length; start += buffer.length) {
    const piece = bytes.subarray(start, start + buffer.length);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
    buffer.fill(0);
  }
}

test.each(SHAPES)("takes %s", async (_, log) => {
  const { verdict, runs, sources } = await diagnose(log());
  expect({ verdict, runs: runs.length, lines: sources[0]?.lines }).toEqual({ verdict: "blocked", runs: 4, lines: 83 });
});

test("does not mind how the bytes are cut", async () => {
  const whole = await diagnose(LOG);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(LOG.length), { maxLength: 8 }), async (cuts) => {
      const edges = [0, ...cuts.toSorted((a, b) => a - b), LOG.length];
      const pieces = edges.slice(1).map((end, index) => LOG.subarray(edges[index], end));
      expect(await diagnose(pieces)).toEqual(whole);
    }),
    { numRuns: 20 },
  );
});

describe("an option", () => {
  test("name is what the report calls the log, and dates what has no date", async () => {
    const pretty = readFileSync("fixtures/clawdbot-2026.1.24-3-c-lanes-exhausted/console.log");
    const { sources, window } = await diagnose(pretty, { name: "clawdbot-2025-03-04.log" });
    expect(sources[0]?.path).toBe("clawdbot-2025-03-04.log");
    expect(window.from).toMatch(/^2025-03-0/);
  });

  test("runTimeout and stallAfter decide what is too long", async () => {
    const sure = async (runTimeout: number) => (await diagnose(LOG, { runTimeout })).findings[0]?.confidence;
    expect([await sure(600_000), await sure(3_600_000)]).toEqual(["high", "medium"]);
    const hanging = readFileSync("fixtures/clawdbot-2026.1.24-3-b-json-console/console.log");
    const stalled = async (stallAfter: number) =>
      (await diagnose(hanging, { stallAfter })).findings.some(({ code }) => code === "run-stalled");
    expect([await stalled(1), await stalled(86_400_000)]).toEqual([true, false]);
  });

  test("now is until when silence counts", async () => {
    const end = (await diagnose(LOG)).window.to ?? "";
    const silence = async (now?: Date | number) =>
      (await diagnose(LOG, { now })).sessions.find(({ state }) => state === "blocked")?.silenceMs ?? 0;
    const before = await silence();
    expect(await silence(Date.parse(end) + 60_000)).toBe(before + 60_000);
    expect(await silence(new Date(Date.parse(end) + 60_000))).toBe(before + 60_000);
  });

  test("allRuns: false leaves only what did not end well", async () => {
    const { runs, sessions, counts } = await diagnose(LOG, { allRuns: false });
    expect(runs.map(({ state }) => state)).toEqual(["orphaned"]);
    expect(sessions.map(({ state }) => state)).toEqual(["blocked"]);
    expect(counts.runs).toBe(4);
  });

  test("maxLine is how much of a line is read, and onWarning hears of it", async () => {
    const warnings: string[] = [];
    const long = Buffer.concat([LOG, Buffer.alloc(5000, "x"), Buffer.from("\n")]);
    await diagnose(long, { onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([]);
    await diagnose(long, { maxLine: 4000, onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([expect.stringContaining("a line was too long")]);
  });

  test("labels, failOn and allowInconclusive are those of the command", async () => {
    expect((await diagnose(LOG, { labels: { host: "a1" } })).labels).toEqual({ host: "a1" });
    expect((await diagnose(LOG, { failOn: "never" })).ok).toBe(true);
    expect((await diagnose([])).ok).toBe(false);
    expect((await diagnose([], { allowInconclusive: true })).ok).toBe(true);
  });
});

describe("goes wrong with", () => {
  test("the error of the bytes, as it is", async () => {
    const error = new Error("disk on fire");
    async function* burning() {
      yield LOG.subarray(0, 3000);
      throw error;
    }
    await expect(diagnose(burning())).rejects.toBe(error);
    await expect(diagnose(createReadStream("/no/such/file"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test.each([
    ["text", "a log" as unknown as LogBytes],
    ["a number", 5 as unknown as LogBytes],
    ["nothing", null as unknown as LogBytes],
    ["pieces of text", ["a log"] as unknown as LogBytes],
    ["a stream of text", Readable.from(LOG).setEncoding("utf8")],
  ])("a TypeError for %s", async (_, log) => {
    await expect(diagnose(log)).rejects.toThrow(TypeError);
  });

  test.each([{ runTimeout: 0 }, { stallAfter: -1 }, { maxLine: Number.NaN }, { now: new Date("x") }])(
    "a TypeError for %j",
    async (options) => {
      await expect(diagnose(LOG, options)).rejects.toThrow(TypeError);
    },
  );

  test("a UserError for what is no text, a label that cannot be, and a format that there is not", async () => {
    await expect(diagnose(new Uint8Array([0, 1, 2, 0, 0, 0, 0, 0, 0, 7]))).rejects.toThrow(UserError);
    await expect(diagnose(LOG, { labels: { Host: "a" } })).rejects.toThrow(/^label "Host" is no name$/);
    await expect(render(await diagnose(LOG), "xml")).rejects.toMatchObject({
      message: "no format xml",
      help: `There is: ${reporters.map(({ name }) => name).join(", ")}`,
    });
  });
});

describe("closes what it was given", () => {
  test.each([
    ["at the end", LOG, undefined],
    ["when it is no log", Buffer.from([0, 1, 2, 0, 0, 0, 0, 0, 0, 7]), UserError],
  ])("%s", async (_, bytes, error) => {
    const stream = Readable.from([bytes, bytes]);
    const outcome = await diagnose(stream).catch((caught: unknown) => caught);
    if (error) expect(outcome).toBeInstanceOf(error);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.destroyed).toBe(true);
  });

  test("when the signal says so between two pieces", async () => {
    const stop = new AbortController();
    const told: number[] = [];
    function* pieces() {
      for (let piece = 0; piece < 100; piece++) {
        told.push(piece);
        if (piece === 3) stop.abort(new Error("enough"));
        yield LOG.subarray(0, 3000);
      }
    }
    await expect(diagnose(pieces(), { signal: stop.signal })).rejects.toThrow("enough");
    expect(told).toEqual([0, 1, 2, 3]);
  });

  test("when the signal says so, also in the middle of a wait", async () => {
    const reason = new Error("enough");
    const stop = new AbortController();
    const stream = new Readable({ read() {} });
    stream.push(LOG.subarray(0, 3000));
    const outcome = diagnose(stream, { signal: stop.signal });
    setImmediate(() => stop.abort(reason));
    await expect(outcome).rejects.toBe(reason);
    expect(stream.destroyed).toBe(true);
    await expect(diagnose(LOG, { signal: stop.signal })).rejects.toBe(reason);
  });
});
