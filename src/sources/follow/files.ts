/** Follows the files of a log: reads what is there, then each of them as it grows, and the ones that come. */
import { eventFilter } from "../../event-filter.ts";
import { Decoder } from "../../formats/decode.ts";
import type { LogRecord, SourceSummary } from "../../model.ts";
import { readSources, type Reading } from "../../streams.ts";
import { fileSource, type SourceEnv } from "../resolve.ts";
import type { Source } from "../source.ts";
import { FollowedFile } from "./file.ts";
import type { FollowedPart, Follower, FollowNotice } from "./follower.ts";
import { LiveLines } from "./live-lines.ts";
import { hasLaterDay, isPast, type Located, type Locator } from "./locate.ts";
import { RecentLines } from "./recent-lines.ts";
import { zoneOf } from "./zone.ts";

interface Followed {
  readonly file: FollowedFile;
  readonly located: Located;
  lines: LiveLines | undefined;
  /** What stood in it at the start, until it is read. */
  opened: { readonly size: number; read: (start: number) => AsyncIterable<Uint8Array> } | undefined;
  problem: string | undefined;
}

export interface FileFollowOptions {
  readonly now: () => number;
  /** More files of one gateway may come that tell its story twice. */
  readonly mayTellTwice: boolean;
}

const PAUSE_MS = 500;
/** Folders are looked at on every so manieth poll: a new file is found within two seconds. */
const LOCATE_EVERY = 4;
/** Polls without a line after which yesterday's file is let go. */
const IDLE_POLLS = 120;
/** No run is older than the longest run timeout; what was written before that is not read (ms). */
const PAST_MS = 48 * 3_600_000;

export class FileFollower implements Follower {
  readonly pauseMs = PAUSE_MS;
  readonly skewMs = 0;
  readonly #locator: Locator;
  readonly #env: SourceEnv;
  readonly #options: FileFollowOptions;
  readonly #followed = new Map<string, Followed>();
  /** Files that are over: yesterday's, and archives. */
  readonly #done = new Set<string>();
  readonly #summaries: SourceSummary[] = [];
  readonly #forms: (() => string | null)[] = [];
  /** The stream of each source's own lines, as the reading named it. */
  readonly #streams = new Map<number, string>();
  #reading: Reading | undefined;
  /** What could not be read of the past, to be told at the first poll. */
  #warnings: FollowNotice[] = [];
  #severalSources = false;
  #polls = 0;

  constructor(locator: Locator, env: SourceEnv, options: FileFollowOptions) {
    this.#locator = locator;
    this.#env = env;
    this.#options = options;
  }

  async open(): Promise<void> {
    const now = this.#options.now();
    const sources: Source[] = [];
    const found = (await this.#locator.find()).filter(({ isStream }) => !isStream);
    const paths = found.map(({ path }) => path);
    for (const it of found) {
      const past = isPast(it) || (!it.isNamed && hasLaterDay(it.path, paths));
      const source = await fileSource(it.shown, it.path, this.#env.fs, shared(it)).catch(() => undefined);
      const isOld = source?.mtimeMs !== undefined && now - source.mtimeMs > PAST_MS;
      if (past) this.#done.add(it.path);
      if (past && source && !isOld) sources.push(source);
      if (!past) {
        const followed = this.#follow(it);
        followed.opened = await followed.file.openAtEnd();
        if (followed.opened && source) sources.push(cutAt(source, followed.opened));
      }
    }
    const filled = sources.filter((it) => it.size !== 0);
    this.#severalSources = this.#options.mayTellTwice || filled.length > 1;
    const zones = new Map<string, number>();
    for (const source of filled) {
      const zone = await zoneOfEnd(source);
      if (zone !== undefined) zones.set(source.path, zone);
    }
    const zoneOffset = (path: string): number => zones.get(path) ?? 0;
    if (filled.length > 0) this.#reading = await readSources(filled, { now, zoneOffset, filter: eventFilter() });
  }

  get severalSources(): boolean {
    return this.#severalSources;
  }

  /** The real paths of the files that tell of one gateway, to know whose log they are. */
  async realPathsOf(stream: string): Promise<readonly string[]> {
    const shown = new Set(
      [...this.#streams].filter(([, it]) => it === stream).map(([index]) => this.#summaries[index]?.path),
    );
    const paths = [...this.#followed.values()].filter(({ located }) => shown.has(located.shown));
    return await Promise.all(paths.map(({ located }) => this.#env.fs.real(located.path).catch(() => located.path)));
  }

  async *history(): AsyncGenerator<readonly LogRecord[]> {
    const reading = this.#reading;
    const recent = new Map<string, RecentLines>();
    if (reading) {
      for await (const batch of reading.batches()) {
        for (const record of batch) {
          const { path } = record.location;
          const lines = recent.get(path) ?? new RecentLines();
          lines.add(record);
          recent.set(path, lines);
          this.#streams.set(record.source, record.stream);
        }
        yield batch;
      }
      this.#summaries.push(...reading.summaries());
      this.#warnings = reading.warnings.map(({ path, message }) => ({
        kind: "unreadable",
        text: `${path}: ${message}`,
      }));
    }
    for (const followed of this.#followed.values()) {
      const index = this.#summaries.findIndex(({ path }) => path === followed.located.shown);
      if (index >= 0) this.#live(followed, index, this.#summaries[index]?.lines, recent.get(followed.located.shown));
      followed.opened = undefined;
    }
  }

  async poll(): Promise<FollowedPart> {
    const notices = this.#warnings;
    this.#warnings = [];
    if (this.#polls++ % LOCATE_EVERY === 0) await this.#findNew(notices);
    const now = this.#options.now();
    const batches: LogRecord[][] = [];
    let more = false;
    for (const followed of this.#followed.values()) {
      const { parts, more: hasMore } = await followed.file.poll();
      more ||= hasMore;
      for (const part of parts) batches.push(this.#take(followed, part, now));
      const { problem } = followed.file;
      if (problem !== undefined && problem !== followed.problem) {
        notices.push({ kind: "unreadable", text: `cannot read ${followed.located.shown}: ${problem}` });
      }
      followed.problem = problem;
    }
    await this.#letGo();
    return { records: byTime(batches), more, ended: false, notices };
  }

  sources(): readonly SourceSummary[] {
    return this.#summaries;
  }

  areOfOneForm(source: number, other: number): boolean {
    return this.#form(source) === this.#form(other);
  }

  #form(source: number): string | null {
    return this.#forms[source]?.() ?? this.#reading?.form(source) ?? null;
  }

  async close(): Promise<void> {
    for (const { file } of this.#followed.values()) await file.close();
    this.#followed.clear();
  }

  #take(
    followed: Followed,
    part: { readonly lines: readonly string[]; readonly fresh: boolean },
    now: number,
  ): LogRecord[] {
    const lines = followed.lines ?? this.#live(followed, this.#addSource(followed.located));
    if (part.fresh) lines.restart();
    return lines.take(part.lines, now);
  }

  #follow(located: Located): Followed {
    const file = new FollowedFile(located.path);
    const followed: Followed = { file, located, lines: undefined, opened: undefined, problem: undefined };
    this.#followed.set(located.path, followed);
    return followed;
  }

  #addSource({ shown }: Located): number {
    const summary = { path: shown, format: null, bytes: 0, lines: 0, candidates: 0, unparsedCandidates: 0 };
    return this.#summaries.push(summary) - 1;
  }

  #live(followed: Followed, source: number, lines?: number, recent?: RecentLines): LiveLines {
    const stream = (container: string | undefined): string => container ?? this.#streamOf(source);
    const live = new LiveLines({ path: followed.located.shown, source, stream }, lines, recent);
    this.#forms[source] = () => live.form;
    followed.lines = live;
    return live;
  }

  /** A file that comes later is of the gateway that is followed; of several, it is one of its own. */
  #streamOf(source: number): string {
    const own = this.#streams.get(source);
    if (own !== undefined) return own;
    const path = this.#summaries[source]?.path ?? "";
    const names = new Set(this.#streams.values());
    const sibling = [...this.#streams].findLast(([index]) =>
      hasLaterDay(this.#summaries[index]?.path ?? "", [path]),
    )?.[1];
    const [only = "gateway"] = names;
    const stream = sibling ?? (names.size <= 1 ? only : path);
    this.#streams.set(source, stream);
    return stream;
  }

  async #findNew(notices: FollowNotice[]): Promise<void> {
    // What cannot be looked at now may be there again at the next look.
    const found = await this.#locator.find().catch(() => []);
    for (const it of found) {
      if (it.isStream || isPast(it) || this.#followed.has(it.path) || this.#done.has(it.path)) continue;
      this.#follow(it);
      notices.push({ kind: "found", text: `following ${it.shown}` });
    }
  }

  /** A day that is over: another day's file is there, and nobody has written to this one for a while. */
  async #letGo(): Promise<void> {
    for (const [path, { file }] of this.#followed) {
      if (file.idle < IDLE_POLLS || !hasLaterDay(path, this.#followed.keys())) continue;
      this.#followed.delete(path);
      this.#done.add(path);
      await file.close();
    }
    // Only names that may be found again need be remembered.
    for (const path of this.#done) {
      if (this.#done.size <= MOST_DONE) break;
      this.#done.delete(path);
    }
  }
}

/** Gateways delete their files after a day or two, so that far fewer are ever there. */
const MOST_DONE = 1_000;

/** The end of a file tells the zone of the times in it that have none. */
async function zoneOfEnd(source: Source): Promise<number | undefined> {
  const { mtimeMs, size = 0 } = source;
  if (mtimeMs === undefined || !source.readRange) return undefined;
  const start = Math.max(0, size - END_BYTES);
  const text = new TextDecoder().decode(await source.readRange(start, size - start));
  const decoder = new Decoder();
  const stamps = text.split("\n").map((line) => decoder.decode(line)?.parsed.stamp);
  return zoneOf(
    stamps.findLast((it) => it !== undefined),
    mtimeMs,
  );
}

const END_BYTES = 64 * 1024;

function shared({ group, profile }: Located): Partial<Source> {
  return { ...(group === undefined ? {} : { group }), ...(profile === undefined ? {} : { profile }) };
}

/** The source up to where its following begins, read by the descriptor that is followed. */
function cutAt(source: Source, { size, read }: NonNullable<Followed["opened"]>): Source {
  return {
    ...source,
    size,
    open: (start = 0) => read(start),
    readRange: async (start, length) => {
      const pieces: Uint8Array[] = [];
      let rest = Math.min(length, size - start);
      for await (const piece of read(start)) {
        pieces.push(piece.subarray(0, rest));
        rest -= piece.length;
        if (rest <= 0) break;
      }
      return Buffer.concat(pieces);
    },
  };
}

/** Each file keeps its own order; between files time decides. */
function byTime(batches: readonly LogRecord[][]): readonly LogRecord[] {
  if (batches.length <= 1) return batches[0] ?? [];
  let last = Number.NEGATIVE_INFINITY;
  const keyed = batches.flatMap((records) => {
    last = Number.NEGATIVE_INFINITY;
    return records.map((record) => ({ record, key: (last = Math.max(last, record.time ?? last)) }));
  });
  return keyed.sort((a, b) => a.key - b.key).map(({ record }) => record);
}
