import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../src/errors.ts";
import { eventFilter } from "../src/event-filter.ts";
import { parseEvent } from "../src/events/index.ts";
import type { LogRecord } from "../src/model.ts";
import { bytesSource, type Source } from "../src/sources/source.ts";
import { type Reading, type ReadOptions, readSources } from "../src/streams.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const fixture = (path: string): string => readFileSync(new URL(`../fixtures/${path}`, import.meta.url), "utf8");

async function read(
  sources: readonly Source[],
  options: Partial<ReadOptions> = {},
): Promise<{ reading: Reading; records: LogRecord[] }> {
  const reading = await readSources(sources, { now: NOW, ...options });
  const records: LogRecord[] = [];
  for await (const record of reading) records.push(record);
  return { reading, records };
}

const text = (path: string, content: string, more: Partial<Source> = {}): Source =>
  bytesSource(path, Buffer.from(content), more);

/** A source that gives its bytes in pieces and can be opened once, as a pipe. */
function pipe(path: string, content: string, size: number): Source {
  const bytes = Buffer.from(content);
  let opened = false;
  return {
    path,
    reopenable: false,
    async *open() {
      if (opened) throw new Error("opened twice");
      opened = true;
      const buffer = Buffer.alloc(size);
      for (let start = 0; start < bytes.length; start += size) {
        const length = bytes.copy(buffer, 0, start, start + size);
        yield buffer.subarray(0, length);
        await Promise.resolve();
      }
    },
  };
}

describe("readSources", () => {
  const console_ = fixture("issue-3245/console.log");
  const jsonl = fixture("issue-3245/gateway.jsonl");

  it("gives the same records whatever the chunks are, from a file or a pipe", async () => {
    const { records: whole } = await read([text("x", console_)]);
    expect(whole).toHaveLength(83);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5000 }), async (size) => {
        const { records } = await read([pipe("x", console_, size)]);
        expect(records).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  it("gives the same records whatever the order of the files is", async () => {
    const lines = jsonl.trimEnd().split("\n");
    const files = [
      text("t/clawdbot-2026-11-23.2.log", `${lines.slice(0, 30).join("\n")}\n`),
      text("t/clawdbot-2026-11-23.1.log", `${lines.slice(25, 60).join("\n")}\n`),
      text("t/clawdbot-2026-11-23.log", `${lines.slice(60).join("\n")}\n`),
      text("t/console.log", console_),
      text("t/pretty.log", console_.replace(/^\S{11}(\S{8})\S+/gm, "$1")),
    ];
    const { records: expected, reading } = await read(files);
    expect(new Set(expected.map((record) => record.stream))).toEqual(new Set(["gateway"]));
    expect(expected).toHaveLength(94 + 83 + 83);
    const late = expected.filter((record, index) => (expected[index - 1]?.time ?? 0) > (record.time ?? 0) + 999);
    expect(late).toEqual([]);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(files, { minLength: files.length }), async (shuffled) => {
        const again = await read(shuffled);
        expect(again.records).toEqual(expected);
        expect(again.reading.summaries()).toEqual(reading.summaries());
      }),
      { numRuns: 30 },
    );
  });

  it("counts every byte and line", async () => {
    const content = `${console_}    at a stack trace\n\n{"cut`;
    const { reading, records } = await read([text("x.log", content)]);
    expect(records).toHaveLength(83);
    reading.countCandidate(0, true);
    reading.countCandidate(0, false);
    expect(reading.summaries()).toEqual([
      {
        path: "x.log",
        format: "console",
        bytes: Buffer.byteLength(content),
        lines: 86,
        candidates: 1,
        unparsedCandidates: 1,
      },
    ]);
  });

  it("finds date and zone of an undated console by the log file beside it", async () => {
    const undated = fixture("clawdbot-2026.1.24-3-c-lanes-exhausted/console.log");
    const dated = fixture("clawdbot-2026.1.24-3-c-lanes-exhausted/gateway.jsonl");
    // As a machine in Delhi would have printed it.
    const local = undated.replace(/^(\d\d):(\d\d):(\d\d)/gm, (time) =>
      new Date(Date.parse(`1970-01-01T${time}Z`) + 5.5 * 3_600_000).toISOString().slice(11, 19),
    );
    const alone = await read([text("gateway.jsonl", dated)]);
    const both = await read([text("console.log", local), text("gateway.jsonl", dated)]);
    const start = (record: LogRecord): boolean => record.message.startsWith("embedded run start");
    const exact = alone.records.filter(start).map((record) => [record.message, Math.floor((record.time ?? 0) / 1000)]);
    const found = both.records.filter((record) => start(record) && record.location.path === "console.log");
    const times = new Map(exact as [string, number][]);
    expect(found.length).toBeGreaterThan(10);
    for (const record of found)
      expect((record.time ?? 0) / 1000 - (times.get(record.message) ?? 0)).toBeLessThanOrEqual(1);
    expect(new Set(both.records.map((record) => record.stream))).toEqual(new Set(["gateway"]));
    expect(both.reading.datesAssumed).toBe(false);
  });

  it("dates a console without dates by the time of its last line", async () => {
    const undated = "23:59:00 [ws] a\n00:01:00 [ws] b\n00:02:00 [ws] c\n";
    const mtimeMs = Date.parse("2026-11-20T00:02:03Z");
    const { records, reading } = await read([text("console.log", undated, { mtimeMs })]);
    expect(records.map((record) => new Date(record.time ?? 0).toISOString().slice(0, 16))).toEqual([
      "2026-11-19T23:59",
      "2026-11-20T00:01",
      "2026-11-20T00:02",
    ]);
    expect(reading.dateOrigin(0)).toBe("mtime");
  });

  it("reads a timeline from an issue, on a day that it says is assumed", async () => {
    const pasted = [
      "08:23:20 - embedded run start: runId=12cbe357...",
      "08:23:33 - SIGUSR1 received, gateway restarting",
      "... 47 MINUTES OF SILENCE ...",
      "09:10:15 - Next run finally started (after page refresh)",
    ].join("\n");
    const { records, reading } = await read([pipe("-", pasted, 7)]);
    expect(records.map((record) => record.message)).toEqual([
      "embedded run start: runId=12cbe357...",
      "SIGUSR1 received, gateway restarting",
      "Next run finally started (after page refresh)",
    ]);
    expect(new Date(records[0]?.time ?? 0).toISOString()).toBe("2026-11-24T08:23:20.000Z");
    expect(reading.datesAssumed).toBe(true);
  });

  it("splits containers, also those that start late", async () => {
    const line = (name: string, minute: number, id: string) =>
      `${name}  | 2026-11-23T08:${String(minute % 60).padStart(2, "0")}:00.000Z [agent/embedded] embedded run start: runId=${id} sessionId=${id}`;
    const many = Array.from({ length: 5000 }, () => line("a-1", 1, "r"));
    const { records } = await read([
      text("compose.log", [...many, line("b-1", 2, "s"), line("a-1", 3, "t")].join("\n")),
    ]);
    expect(records.slice(-2).map((record) => record.stream)).toEqual(["b-1", "a-1"]);
  });

  it("keeps two gateways apart that were logged at the same time", async () => {
    const { records } = await read([
      text("a/gateway.jsonl", jsonl),
      text(
        "b/gateway.jsonl",
        fixture("openclaw-2026.9.6/gateway.jsonl").replaceAll("2026-11-23T06:", "2026-11-23T07:"),
      ),
    ]);
    expect(new Set(records.map((record) => record.stream))).toEqual(new Set(["a/gateway.jsonl", "b/gateway.jsonl"]));
  });

  it("gives early lines without a time that of the first one that has it", async () => {
    const { records } = await read([text("x.log", "[plugins] early\n2026-11-23T08:00:00.000Z [ws] a\n")]);
    expect(records.map((record) => record.time)).toEqual([
      Date.parse("2026-11-23T08:00:00Z"),
      Date.parse("2026-11-23T08:00:00Z"),
    ]);
    const { records: never } = await read([text("x.log", "[ws] one\nembedded run start: runId=r sessionId=s\n")]);
    expect(never.map((record) => record.time)).toEqual([undefined, undefined]);
  });

  it("marks an id that a cut-off end left incomplete", async () => {
    const cut = "2026-11-23T08:00:00.000Z [agent/embedded] embedded run agent start: runId=12cbe";
    const last = async (content: string) => (await read([text("x.log", content)])).records.at(-1)?.message;
    expect(await last(cut)).toBe("embedded run agent start: runId=12cbe...");
    expect(await last(`${cut}\n`)).toBe("embedded run agent start: runId=12cbe");
    expect(await last(`${cut}357-0a5b-4f43-9a66-6d2a4b0c9f11`)).toBe(
      "embedded run agent start: runId=12cbe357-0a5b-4f43-9a66-6d2a4b0c9f11",
    );
  });

  it("leaves lines unread that nobody needs, and counts them", async () => {
    const big = fixture("openclaw-2026.9.6/gateway.jsonl").repeat(5);
    const { records: all, reading: whole } = await read([pipe("x", big, 10_000)]);
    const { records: some, reading } = await read([pipe("x", big, 10_000)], { filter: eventFilter() });
    const events = (records: readonly LogRecord[]) => records.filter((it) => parseEvent(it).outcome !== "other");
    expect(some.length).toBeLessThan(all.length * 0.8);
    expect(events(some)).toEqual(events(all));
    expect(some.at(-1)).toEqual(all.at(-1));
    expect(reading.summaries()).toEqual(whole.summaries());
  });

  it("warns of what it cannot read beside what it can", async () => {
    const denied: Source = {
      path: "secret.log",
      reopenable: true,
      // eslint-disable-next-line require-yield
      async *open() {
        await Promise.resolve();
        throw Object.assign(new Error("no"), { code: "EACCES" });
      },
    };
    const { reading, records } = await read([denied, text("x.log", console_)]);
    expect(records).toHaveLength(83);
    expect(reading.warnings).toEqual([{ path: "secret.log", message: "cannot be read: permission denied" }]);
    await expect(read([denied])).rejects.toThrow(new UserError("cannot read secret.log: permission denied"));
    await expect(read([text("x.zip", "PK\u0003\u0004")])).rejects.toThrow(
      "cannot read x.zip: it is a zip archive, not a log",
    );
  });
});
