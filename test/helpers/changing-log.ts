/** Files of a log that change, and a file system that says when they are read. */
import { expect } from "vitest";

import type { LogRecord } from "../../src/model.ts";
import { nodeFs, type SourceFs } from "../../src/sources/fs.ts";
import { type HeldFile, holdFile } from "../../src/sources/held-file.ts";
import { resolveInputs } from "../../src/sources/resolve.ts";
import { readSources } from "../../src/streams.ts";

const CHUNK = 512;
const NOW = Date.parse("2026-01-28T09:00:00Z");

/** No two lines are the same. */
export class Writer {
  #count = 0;

  line(): string {
    const time = new Date(NOW - 3_600_000 + this.#count * 10).toISOString();
    return `${time} [ws] line ${this.#count++} ${"x".repeat((this.#count * 37) % 90)}\n`;
  }

  lines(count: number): string {
    return Array.from({ length: count }, () => this.line()).join("");
  }
}

interface World {
  /** Called before a file is opened, and before each piece of it is read. */
  readonly onRead: (target: string) => void;
  readonly mostHeld?: number;
}

export function changingFs({ onRead, mostHeld }: World): SourceFs {
  return {
    ...nodeFs,
    hold(target) {
      onRead(target);
      const held = holdFile(target, { chunk: CHUNK, ...(mostHeld === undefined ? {} : { mostHeld }) });
      async function* read(start?: number): AsyncGenerator<Uint8Array> {
        const pieces = held.read(start);
        for (;;) {
          onRead(target);
          const next = await pieces.next();
          if (next.done === true) return;
          yield next.value;
        }
      }
      return {
        size: held.size,
        hasGrown: () => held.hasGrown(),
        readRange: (...it) => held.readRange(...it),
        read,
        close: () => held.close(),
      } satisfies HeldFile;
    },
  };
}

export async function readAll(folder: string, names: readonly string[], fs: SourceFs) {
  const env = { fs, cwd: folder, home: folder, tmp: folder, variables: {} };
  const { sources, errors } = await resolveInputs(names, env);
  expect(errors).toEqual([]);
  const reading = await readSources(sources, { now: NOW });
  const records: LogRecord[] = [];
  for await (const record of reading) records.push(record);
  return { records, summaries: reading.summaries(), warnings: reading.warnings.map(({ message }) => message) };
}
