/** Runs `watch` in a folder of its own; what happens between two looks, and the time, are the test's. */
import { mkdtempSync, rmSync } from "node:fs";
import { appendFile, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { parse } from "../../src/cli.ts";
import type { JournalEntry } from "../../src/repair/journal.ts";
import { repairStore } from "../../src/repair/journal-file.ts";
import { STEPS } from "../../src/repair/steps/index.ts";
import { runWatch, type WatchWorld } from "../../src/watch.ts";
import { fakeIo } from "../cli/fake-io.ts";
import { FakeGateway } from "../repair/fake-gateway.ts";

export type Told = Readonly<Record<string, unknown>> & { readonly event: string };

export interface WatchBench {
  readonly folder: string;
  readonly gateway: FakeGateway;
  /** Milliseconds since the epoch. */
  now: number;
  readonly executed: string[];
  readonly log: string;
  append(lines: string): Promise<void>;
  journal(): readonly JournalEntry[];
  /**
   * Runs `watch` with the words; a step runs at each pause between two looks, and after the last one comes SIGTERM.
   * The words `--format ndjson` are added.
   * @param onWrite what each write of output does first
   */
  watch(
    words: string,
    steps?: readonly (() => unknown)[],
    world?: Partial<WatchWorld>,
    onWrite?: () => void,
  ): Promise<WatchResult>;
  end(): void;
}

interface WatchResult {
  readonly exitCode: number;
  readonly told: readonly Told[];
  /** `blocked main` for each. */
  readonly short: readonly string[];
  readonly out: string;
  readonly err: string;
}

export function watchBench(): WatchBench {
  const folder = mkdtempSync(path.join(tmpdir(), "sessions-watch-"));
  const log = path.join(folder, "gateway.log");
  const gateway = new FakeGateway();
  const store = repairStore(path.join(folder, "state"), () => it.now);
  let ids = 0;
  // A gateway's own log is the file that is watched; it counts lines where a real one counts bytes.
  gateway.does.set("logs.tail", async ({ cursor }) => {
    const text = await readFile(log, "utf8").catch(() => "");
    const lines = text.split("\n").slice(0, -1);
    const from = typeof cursor === "number" ? cursor : 0;
    return { file: log, cursor: lines.length, size: Buffer.byteLength(text), lines: lines.slice(from) };
  });
  gateway.does.set("sessions.list", () => ({ ts: it.now, sessions: gateway.sessions }));
  const it: WatchBench = {
    folder,
    gateway,
    now: Date.parse("2026-01-28T08:00:00Z"),
    executed: [],
    log,
    append: async (lines) => await appendFile(log, lines.split("\n").map(asFileLine).join("")),
    journal: () => store.read(),
    async watch(words, steps = [], world = {}, onWrite = () => {}) {
      const io = { ...fakeIo({ cwd: folder, homedir: folder, onWrite }), now: () => it.now };
      const argv = ["watch", ...words.split(" ").filter(Boolean)];
      if (!argv.includes("--format")) argv.push("--format", "ndjson");
      const invocation = parse(argv, io);
      if (invocation.command !== "watch") throw new Error(JSON.stringify(invocation));
      const rest = [...steps];
      let terminate = (): void => {};
      const exitCode = await runWatch(invocation.options, io, {
        reset: {
          connect: async () => ({ gateway, isLocal: true, runTimeoutMs: null }),
          steps: STEPS,
          store: () => store,
          sleep: async (ms) => void (it.now += ms),
          newId: () => `repair-${++ids}`,
        },
        sleep: async () => {
          const step = rest.shift();
          if (step) await step();
          else terminate();
        },
        onTerminate: (hear) => {
          terminate = hear;
          return () => {};
        },
        releaseInput: () => {},
        command: () => ({ run: async (input) => void it.executed.push(input), endAll: () => {} }),
        ...world,
      });
      const out = io.out();
      const isJson = argv.includes("ndjson");
      const told = isJson
        ? out
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Told)
        : [];
      const short = told.map(({ event, sessionKey, outcome }) =>
        [event, outcome, sessionKey].filter(Boolean).join(" "),
      );
      return { exitCode, told, short, out, err: io.err() };
    },
    end: () => rmSync(folder, { recursive: true }),
  };
  return it;
}

/** A console's line as the gateway writes it to its file. */
function asFileLine(line: string): string {
  const [, time, subsystem, message] = /^(\S+Z) \[(.+?)\] (.*)$/.exec(line) ?? [];
  const meta = { name: JSON.stringify({ subsystem }), parentNames: ["clawdbot"], date: time, logLevelName: "DEBUG" };
  return `${JSON.stringify({ 0: JSON.stringify({ subsystem }), 1: message, _meta: meta, time })}\n`;
}
