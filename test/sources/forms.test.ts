import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { LogRecord } from "../../src/model.ts";
import { bytesSource } from "../../src/sources/source.ts";
import { readSources } from "../../src/streams.ts";
import { everyForm, readJsonl } from "../helpers/forms.ts";

const FIXTURES = ["issue-3245", "ended-by-itself", "clawdbot-2026.1.24-3-d-failover", "openclaw-2026.9.6"];
const MATTERS = /^(?:embedded run (?!agent end|failover)|run |lane |session state)/;

async function read(fileName: string, bytes: Uint8Array): Promise<{ records: LogRecord[]; warnings: unknown[] }> {
  const reading = await readSources([bytesSource(fileName, bytes)], { now: Date.parse("2026-12-01T00:00:00Z") });
  const records: LogRecord[] = [];
  for await (const record of reading) records.push(record);
  return { records, warnings: [...reading.warnings] };
}

describe.each(FIXTURES)("%s", (fixture) => {
  const jsonl = readFileSync(new URL(`../../fixtures/${fixture}/gateway.jsonl`, import.meta.url), "utf8");
  const truth = readJsonl(jsonl).filter((line) => MATTERS.test(line.message));

  it.each(everyForm(jsonl).map((form) => [form.name, form] as const))("is the same log as %s", async (_name, form) => {
    const { records, warnings } = await read(form.fileName, form.bytes);
    const isCut = form.name === "half-json-lines";
    expect(warnings).toEqual(isCut ? [{ path: form.fileName, message: "the last line is cut" }] : []);
    const mattering = records.filter((record) => MATTERS.test(record.message));
    expect(mattering.map((record) => record.message)).toEqual(truth.map((line) => line.message));
    const off = mattering.filter((record, index) => {
      const time = Date.parse(truth[index]?.time ?? "");
      const wanted = form.milliseconds ? time : Math.floor(time / 1000) * 1000;
      return record.time !== wanted;
    });
    expect(off.map((record) => `${record.location.line} ${new Date(record.time ?? 0).toISOString()}`)).toEqual([]);
    expect(new Set(mattering.map((record) => record.stream))).toEqual(new Set([form.stream ?? "gateway"]));
  });
});
