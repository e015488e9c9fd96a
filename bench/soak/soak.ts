/** One soak: writes, injures, looks, and holds what was told against what happened. */
import { cpus, release, totalmem } from "node:os";

import { FileFollower } from "../../src/sources/follow/files.ts";
import { namedLogs } from "../../src/sources/follow/locate.ts";
import { nodeFs } from "../../src/sources/fs.ts";
import { Watcher } from "../../src/watch/watcher.ts";
import { BusyGateway } from "../../test/helpers/busy-gateway.ts";
import { type Change, compare, type Told, toldOf } from "../../test/helpers/changes.ts";
import { Random } from "../logs/random.ts";
import { FAULTS } from "./faults.ts";
import { LogFolder } from "./log-folder.ts";
import type { Figures } from "./render.ts";

export interface SoakOptions {
  readonly lines: number;
  readonly restarts: number;
  readonly seed: number;
}

const START = Date.parse("2026-01-01T00:00:00Z");
const DAY_MS = 86_400_000;
/** A block lasts longer than the longest fault, else no one who can't read could tell of it. */
const HANG_TURNS = 150;
/** Looks after which a new day's file is surely found: what is destroyed before that, nobody could read. */
const FOUND_AFTER = 4;
const LEAST_LINES_PER_LIFE = 6_000;
const REPORTS = 20;

export async function soak(options: SoakOptions, say: (text: string) => void): Promise<Figures> {
  const { lines, restarts, seed } = options;
  if (!(lines / restarts >= LEAST_LINES_PER_LIFE)) {
    throw new Error(`at least ${LEAST_LINES_PER_LIFE} lines for each restart are needed`);
  }
  const begun = performance.now();
  const random = new Random(seed);
  const linesPerLife = Math.ceil(lines / (restarts + 0.5));
  const gateway = new BusyGateway({ linesPerLife, sessions: 50, hangTurns: HANG_TURNS, start: START });
  const folder = new LogFolder();
  const ledger = new Ledger();
  const possible = FAULTS.filter((it) => it.isPossible?.(folder) ?? true);
  const faults = new Map<string, number>();
  let now = START;
  let day = dayOf(now);
  const env = { fs: nodeFs, cwd: folder.logs, home: folder.disk, tmp: folder.disk, variables: {} };
  const follower = new FileFollower(namedLogs([folder.file(day)], env), env, { now: () => now, mayTellTwice: false });
  // Silence stalls nobody here: while a log can't be read, all look silent, and that is no fault of ours.
  const settings = { runTimeoutMs: 600_000, stallAfterMs: DAY_MS, afterMs: 10_000, minConfidence: "low" as const };
  const watcher = new Watcher(settings, false);

  let looks = 0;
  let refused = 0;
  const look = async (): Promise<void> => {
    looks++;
    for (let more = true; more;) {
      const polled = await folder.asReader(async () => await follower.poll());
      ({ more } = polled);
      for (const record of polled.records) {
        ledger.read(record.time);
        watcher.push(record);
      }
      for (const { kind } of polled.notices) {
        if (kind === "unreadable") refused++;
        else if (kind !== "found") ledger.tell({ words: kind, at: now });
      }
    }
    for (const event of watcher.tick(now, follower.sources())) ledger.tell(toldOf(event));
  };

  let rest = "";
  let heal: (() => void) | undefined;
  let healAt = 0;
  let foundAt = FOUND_AFTER;
  const end = (): void => {
    folder.write(day, rest);
    rest = "";
    heal?.();
    heal = undefined;
    // What a full disk had refused.
    folder.write(day, "");
  };
  const memory = new Memory(lines, say);
  let written = 0;
  let bytes = 0;
  try {
    await folder.asReader(async () => {
      await follower.open();
      for await (const batch of follower.history()) ledger.unknown += batch.length;
    });
    watcher.start(now, follower.sources());
    while (written < lines) {
      const part = gateway.next(random.between(50, 250));
      written += part.lines;
      ({ now } = part);
      bytes += part.text.length;
      for (const [itsDay, text] of byDay(part.text, (time) => ledger.wrote(time))) {
        if (itsDay !== day) {
          end();
          day = itsDay;
          foundAt = looks + FOUND_AFTER;
          faults.set("midnight", (faults.get("midnight") ?? 0) + 1);
        }
        // A look may come in the middle of a line.
        const all = rest + text;
        const cut = random.chance(30) ? all.length - random.between(0, Math.min(300, all.length)) : all.length;
        folder.write(day, all.slice(0, cut));
        rest = all.slice(cut);
      }
      await look();
      if (heal && looks >= healAt) {
        end();
        await look();
      }
      if (!heal && looks > foundAt && random.chance(20)) {
        end();
        await look();
        folder.tidy();
        const fault = random.pick(possible as [(typeof possible)[0]]);
        heal = fault.begin(folder, day);
        healAt = looks + random.between(1, 3);
        faults.set(fault.name, (faults.get(fault.name) ?? 0) + 1);
        ledger.note(now, fault.name);
      }
      memory.at(written);
    }
    end();
    // Long enough for what comes late: a new day's file, and a block, which is told after ten seconds.
    for (let late = 0; late < 2 * FOUND_AFTER; late++) {
      now += 11_000;
      await look();
    }
  } finally {
    await follower.close();
    folder.end();
  }
  return {
    machine: machine(),
    command: `npm run soak -- --lines ${lines} --restarts ${restarts} --seed ${seed}`,
    lines: written,
    bytes,
    days: Math.ceil((now - START) / DAY_MS),
    restarts: gateway.restarts,
    crashes: gateway.truth.filter(({ words }) => words === "gateway-crashed").length,
    waits: gateway.truth.filter(({ words }) => words.startsWith("blocked") && words.includes("waits for lane")).length,
    looks,
    refused,
    fullDisks: folder.fullDisks,
    seconds: (performance.now() - begun) / 1000,
    faults,
    notHad: FAULTS.filter((it) => !possible.includes(it)).map(({ name }) => name),
    ...ledger.against(gateway.truth),
    ...memory.result(),
  };
}

/** What was written and not read yet, by the lines' times: no two lines have the same. */
class Ledger {
  readonly #pending = new Set<number>();
  readonly #told: Told[] = [];
  readonly #faults: (readonly [number, string])[] = [];
  #newest = 0;
  unknown = 0;
  #twice = 0;

  wrote(time: number): void {
    this.#pending.add(time);
    this.#newest = time;
  }

  read(time: number | undefined): void {
    if (time !== undefined && this.#pending.delete(time)) return;
    if (time !== undefined && time <= this.#newest) this.#twice++;
    else this.unknown++;
  }

  /** For whoever has to find out what lost a line. */
  note(time: number, fault: string): void {
    this.#faults.push([time, fault]);
  }

  tell(told: Told): void {
    this.#told.push(told);
  }

  against(truth: readonly Change[]) {
    return {
      lost: this.#pending.size,
      lostAt: [...this.#pending].map((time) => {
        const fault = this.#faults.findLast(([at]) => at < time);
        return `${new Date(time).toISOString()}, after: ${fault ? `${fault[1]} at ${new Date(fault[0]).toISOString()}` : "nothing"}`;
      }),
      unknown: this.unknown,
      twice: this.#twice,
      ...compare(truth, this.#told),
    };
  }
}

class Memory {
  readonly #lines: number;
  readonly #say: (text: string) => void;
  #next: number;
  #baseline = 0;
  #peakRss = 0;

  constructor(lines: number, say: (text: string) => void) {
    this.#lines = lines;
    this.#say = say;
    this.#next = lines / REPORTS;
  }

  at(written: number): void {
    if (written < this.#next) return;
    this.#next += this.#lines / REPORTS;
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    this.#peakRss = Math.max(this.#peakRss, rss);
    if (this.#baseline === 0 && written >= this.#lines / 5) this.#baseline = heapUsed;
    this.#say(`${written.toLocaleString("en-US")} lines, heap ${heapUsed >> 20} MB, RSS ${rss >> 20} MB`);
  }

  result() {
    globalThis.gc?.();
    const { heapUsed } = process.memoryUsage();
    return { heapBytes: heapUsed, peakRssBytes: this.#peakRss, grownBytes: heapUsed - this.#baseline };
  }
}

/** A gateway names its file by the day of the line. */
function byDay(text: string, wrote: (time: number) => void): ReadonlyMap<string, string> {
  const days = new Map<string, string>();
  for (const line of text.trimEnd().split("\n")) {
    const time = Date.parse(line.slice(-26, -2));
    wrote(time);
    const day = dayOf(time);
    days.set(day, `${days.get(day) ?? ""}${line}\n`);
  }
  return days;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function machine(): string {
  const [cpu] = cpus();
  const gb = Math.round(totalmem() / 1024 ** 3);
  return `${process.platform} ${release()}, ${cpus().length} × ${cpu?.model.trim() ?? "?"}, ${gb} GB, Node ${process.versions.node}`;
}
