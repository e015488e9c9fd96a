/** A log read with the fast path and line by line: nobody may tell the two apart. */
import { expect } from "vitest";

import { UserError } from "../../src/errors.ts";
import { Masker } from "../../src/mask.ts";
import { FINDING_CODES } from "../../src/model.ts";
import { readLog } from "../../src/read-log.ts";
import { buildReport } from "../../src/report.ts";
import type { Source } from "../../src/sources/source.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");

/** Gives its bytes in pieces of one size, each in the memory of the one before. */
export function chunked(name: string, bytes: Uint8Array, size: number): Source {
  return {
    path: name,
    reopenable: true,
    size: bytes.length,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *open(start = 0) {
      const memory = Buffer.alloc(size);
      for (let at = start; at < bytes.length; at += size) {
        const piece = bytes.subarray(at, at + size);
        memory.fill(0x2e).set(piece);
        yield memory.subarray(0, piece.length);
      }
    },
    readRange: (start, length) => Promise.resolve(bytes.subarray(start, start + length)),
  };
}

export async function told(sources: readonly Source[], way: "fast" | "line by line"): Promise<unknown> {
  const settings = { runTimeoutMs: null, stallAfterMs: null };
  const log = await readLog(sources, settings, { now: NOW, ...(way === "fast" ? {} : { filter: null }) });
  const { diagnoses, summaries, window, warnings, datesAreGuessed } = log;
  const tool = { name: "x", version: "0" };
  const { body: report } = buildReport(
    {
      tool,
      labels: {},
      diagnoses,
      sources: summaries,
      window,
      masker: new Masker(),
      extra: { findings: [], sessions: [] },
    },
    {
      since: null,
      until: null,
      session: null,
      run: null,
      codes: new Set(FINDING_CODES),
      render: { allRuns: true },
    } as unknown as Parameters<typeof buildReport>[1],
  );
  return { report, warnings, datesAreGuessed };
}

export async function expectSame(sources: readonly Source[]): Promise<void> {
  // That nothing could be read is an answer too.
  const [fast, reference] = await Promise.all(
    (["fast", "line by line"] as const).map((way) => told(sources, way).catch((error: unknown) => error)),
  );
  if (reference instanceof Error && !(reference instanceof UserError)) throw reference;
  expect(fast).toEqual(reference);
}
