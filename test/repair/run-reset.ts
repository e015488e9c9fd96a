/** Runs `reset` on an imagined gateway, with a clock that only sleeping moves. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll } from "vitest";

import { parse } from "../../src/cli.ts";
import type { JournalEntry } from "../../src/repair/journal.ts";
import type { RepairStore } from "../../src/repair/journal-file.ts";
import { repairStore } from "../../src/repair/journal-file.ts";
import type { ResetReport } from "../../src/repair/model.ts";
import { STEPS } from "../../src/repair/steps/index.ts";
import { runReset, type ResetWorld } from "../../src/reset.ts";
import { fakeIo } from "../cli/fake-io.ts";
import type { FakeGateway } from "./fake-gateway.ts";

/** A property makes thousands of them. */
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An hour after the log of `wedgedLog`: past any run timeout. */
const NOW = Date.parse("2026-01-28T09:10:15Z");

export interface Bench {
  readonly store: RepairStore;
  now: number;
  readonly journal: () => readonly JournalEntry[];
  /** @param onWrite what each write of output does first */
  reset(
    words: string,
    world?: Partial<ResetWorld>,
    answers?: readonly string[],
    onWrite?: () => void,
  ): Promise<Outcome>;
}

interface Outcome {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  readonly report: ResetReport | undefined;
  readonly outcomes: readonly string[];
}

export function bench(gateway: FakeGateway): Bench {
  const folder = mkdtempSync(path.join(tmpdir(), "sessions-repair-"));
  folders.push(folder);
  let ids = 0;
  const it: Bench = {
    store: repairStore(folder, () => it.now),
    now: NOW,
    journal: () => it.store.read(),
    async reset(words, world = {}, answers, onWrite) {
      const values = { ...(answers === undefined ? {} : { answers }), ...(onWrite === undefined ? {} : { onWrite }) };
      const io = { ...fakeIo(values), now: () => it.now };
      const argv = ["reset", ...words.split(" ").filter(Boolean)];
      const invocation = parse(argv, io);
      if (invocation.command !== "reset") throw new Error(JSON.stringify(invocation));
      const exitCode = await runReset(invocation.options, io, {
        connect: async () => ({ gateway, isLocal: false, runTimeoutMs: null }),
        steps: STEPS,
        store: () => it.store,
        sleep: async (ms) => void (it.now += ms),
        newId: () => `repair-${++ids}`,
        ...world,
      });
      const report = argv.includes("--json") && io.out() !== "" ? (JSON.parse(io.out()) as ResetReport) : undefined;
      return {
        exitCode,
        out: io.out(),
        err: io.err(),
        report,
        outcomes: report?.results.map(({ outcome }) => outcome) ?? [],
      };
    },
  };
  return it;
}
