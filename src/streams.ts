/** From sources to one stream of records: dated, labelled with their gateway, merged by time. */
import { type Anchor, type DateOrigin, SourceClock } from "./clock.ts";
import { UserError } from "./errors.ts";
import type { LineFilter } from "./line-filter.ts";
import type { LogRecord, SourceSummary } from "./model.ts";
import { findAnchor } from "./sources/anchor.ts";
import { reason } from "./sources/fs.ts";
import { groupUnits, openPairs, type Unit } from "./sources/gateways.ts";
import { mergeByTime } from "./sources/merge.ts";
import { collectIds, MOST_STREAMS, peek, type Peek } from "./sources/peek.ts";
import { newTally, readLines, type SourceLine, type Tally } from "./sources/reader.ts";
import { replayable } from "./sources/replay.ts";
import type { Source } from "./sources/source.ts";

export interface ReadOptions {
  /** Now, in milliseconds since the epoch: the day of last resort for lines without a date. */
  readonly now: number;
  /** How far the undated lines of a source are ahead of UTC, in milliseconds, on a day; 0 by default. */
  readonly zoneOffset?: (path: string, day: number) => number;
  /** Knows lines that carry no event; but for their number and the time they are left out. Absent: every line is read. */
  readonly filter?: LineFilter;
  /** Longest part of a line that is kept, in bytes. */
  readonly maxLine?: number;
}

/** Something that the user should know, and that stops nothing. */
export interface SourceWarning {
  readonly path: string;
  readonly message: string;
  readonly help?: string;
}

/** The reading of all sources. Its counts and warnings are whole once the records are read. */
export interface Reading extends AsyncIterable<LogRecord> {
  /** The records, many at a time: faster than one by one. */
  batches(): AsyncGenerator<readonly LogRecord[]>;
  /** The sources in the order of their numbers: by their first time, then by path, whatever order the user gave. */
  summaries(): SourceSummary[];
  /** How many bytes of all sources were read so far, unpacked. */
  readonly bytesRead: number;
  /** Counts a line of a source that carries, or looks as if it carried, an event. */
  countCandidate(source: number, parsed: boolean): void;
  readonly warnings: readonly SourceWarning[];
  /** The forms of a source's lines as far as it was read, as the summary names them. */
  form(source: number): string | null;
  /** How the dates of a source were found whose lines have none; undefined where they have. */
  dateOrigin(source: number): DateOrigin | undefined;
  /** True where a source had no date anywhere and today's was taken. */
  readonly datesAssumed: boolean;
}

/**
 * Looks at the sources and prepares their reading.
 *
 * @throws UserError where none of them can be read
 */
export async function readSources(sources: readonly Source[], options: ReadOptions): Promise<Reading> {
  const warnings: SourceWarning[] = [];
  const peeks: Peek[] = [];
  const failures: UserError[] = [];
  const unread: SourceSummary[] = [];
  for (const source of sources.map(replayable)) {
    try {
      peeks.push(await peek(source, sources.length === 1));
    } catch (error) {
      const failure = cannotRead(source.path, error);
      failures.push(failure);
      const warning = warningOf(source.path, error);
      warnings.push(warning);
      unread.push({ ...NOTHING_READ, path: source.path, unread: warning.message });
      source.close?.();
    }
  }
  if (peeks.length === 0) throw failures[0] ?? new UserError("there is nothing to read");
  const anchors = await findAnchors(peeks, options);
  const ordered = inOrder(peeks, anchors);
  const streams = await nameStreams(ordered);
  return new MergedReading(ordered, streams, options, warnings, unread);
}

/** The figures of a source that gave nothing. */
export const NOTHING_READ = { format: null, bytes: 0, lines: 0, candidates: 0, unparsedCandidates: 0 };

interface Dated {
  readonly peeked: Peek;
  readonly anchor: Anchor;
  /** The first time of the source, if its head has one. */
  readonly from: number | undefined;
}

async function findAnchors(peeks: readonly Peek[], options: ReadOptions): Promise<readonly Anchor[]> {
  const peers = peeks.filter((peeked) => peeked.firstInstant !== undefined && peeked.undated.length === 0);
  const zoneOffset = options.zoneOffset ?? (() => 0);
  const anchors: Anchor[] = [];
  for (const peeked of peeks) anchors.push(await findAnchor(peeked, peers, { now: options.now, zoneOffset }));
  return anchors;
}

function inOrder(peeks: readonly Peek[], anchors: readonly Anchor[]): readonly Dated[] {
  const dated = peeks.map((peeked, index): Dated => {
    const anchor = anchors[index] as Anchor;
    dateUndated(peeked, anchor);
    const starts = [...peeked.streams.values()].flatMap((evidence) => evidence.from ?? []);
    return { peeked, anchor, from: starts.length === 0 ? undefined : Math.min(...starts) };
  });
  return dated.sort((a, b) => {
    const byTime = (a.from ?? Number.NEGATIVE_INFINITY) - (b.from ?? Number.NEGATIVE_INFINITY);
    if (byTime !== 0 && !Number.isNaN(byTime)) return byTime;
    return a.peeked.source.path < b.peeked.source.path ? -1 : 1;
  });
}

/** Now that their days are known, the undated lines of a head say when its streams began. */
function dateUndated(peeked: Peek, anchor: Anchor): void {
  const clock = new SourceClock(anchor);
  for (const line of peeked.undated) {
    const evidence = peeked.streams.get(line.stream ?? "");
    const time = clock.time(line.stream ?? "", line.parsed.stamp);
    if (evidence === undefined || time === undefined) continue;
    evidence.from = Math.min(evidence.from ?? time, time);
    evidence.to = Math.max(evidence.to ?? time, time);
  }
  // A head that is not all of an undated source: it ends when it was written last.
  const end = peeked.source.mtimeMs;
  if (peeked.whole || peeked.undated.length === 0 || end === undefined || anchor.origin === "assumed") return;
  for (const evidence of peeked.streams.values()) evidence.to = Math.max(evidence.to ?? end, end);
}

class StreamNames {
  readonly #bySource: readonly ReadonlyMap<string, string>[];
  readonly #byContainer = new Map<string, string>();
  readonly #seen = new Set<string>();

  constructor(bySource: readonly ReadonlyMap<string, string>[]) {
    this.#bySource = bySource;
    for (const names of bySource) for (const [container, name] of names) this.#byContainer.set(container, name);
  }

  /** @returns undefined where there are too many already */
  of(source: number, container: string): string | undefined {
    const name = this.#find(source, container);
    if (this.#seen.has(name)) return name;
    if (this.#seen.size === MOST_STREAMS) return undefined;
    this.#seen.add(name);
    return name;
  }

  #find(source: number, container: string): string {
    const names = this.#bySource[source];
    const name = names?.get(container);
    if (name !== undefined) return name;
    if (container !== "") {
      // A container that starts late was in no head.
      return this.#byContainer.get(container) ?? container;
    }
    return names?.values().next().value ?? "gateway";
  }
}

async function nameStreams(ordered: readonly Dated[]): Promise<StreamNames> {
  const units = ordered.flatMap(({ peeked }, source) =>
    [...peeked.streams].map(([stream, evidence]) => {
      const { path, group, profile } = peeked.source;
      return { source, unit: { ...evidence, path, stream, group, profile } satisfies Unit };
    }),
  );
  const plain = units.map(({ unit }) => unit);
  await settle(ordered, plain);
  const groups = groupUnits(plain);
  const several = new Set(groups).size > 1;
  const taken = new Map<string, number>();
  const bySource = ordered.map(() => new Map<string, string>());
  units.forEach(({ source, unit }, index) => {
    const group = groups[index] as number;
    const owner = plain[group] as Unit;
    const plainName = owner.stream !== "" ? owner.stream : several ? owner.path : "gateway";
    const clash = taken.get(plainName);
    if (clash === undefined) taken.set(plainName, group);
    bySource[source]?.set(unit.stream, clash === undefined || clash === group ? plainName : `${plainName}#${group}`);
  });
  return new StreamNames(bySource);
}

/** Reads on in large sources whose heads and ends leave open whether they are of one gateway. */
async function settle(ordered: readonly Dated[], units: readonly Unit[]): Promise<void> {
  if (ordered.length < 2) return;
  const unsettled = new Set(openPairs(units).flat());
  for (const { peeked } of ordered) {
    if (peeked.whole || !peeked.source.reopenable) continue;
    const mine = units.some((unit) => unsettled.has(unit) && unit.path === peeked.source.path);
    if (mine) await collectIds(peeked.source, peeked.streams);
  }
}

class MergedReading implements Reading {
  readonly warnings: SourceWarning[];
  readonly #sources: readonly Dated[];
  readonly #streams: StreamNames;
  readonly #options: ReadOptions;
  readonly #unread: readonly SourceSummary[];
  /** Why not all of a source was read, by its number. */
  readonly #cutShort = new Map<number, string>();
  readonly #tallies: readonly (Tally & { candidates: number; unparsed: number })[];
  readonly #clocks: readonly SourceClock[];

  constructor(
    sources: readonly Dated[],
    streams: StreamNames,
    options: ReadOptions,
    warnings: SourceWarning[],
    unread: readonly SourceSummary[],
  ) {
    this.#sources = sources;
    this.#streams = streams;
    this.#options = options;
    this.warnings = warnings;
    this.#unread = unread;
    this.#tallies = sources.map(() => ({ ...newTally(), candidates: 0, unparsed: 0 }));
    this.#clocks = sources.map(({ anchor }) => new SourceClock(anchor));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogRecord> {
    for await (const batch of this.batches()) yield* batch;
  }

  async *batches(): AsyncGenerator<readonly LogRecord[]> {
    try {
      yield* this.#merged();
    } finally {
      for (const { peeked } of this.#sources) peeked.source.close?.();
    }
  }

  #merged(): AsyncGenerator<readonly LogRecord[]> {
    return mergeByTime(
      this.#sources.map(({ from, peeked }, source) => ({
        from,
        open: () => this.#records(source),
        // Times in whole seconds stand for the second's end: a console's copy of a line then follows the file's.
        timeOf: ({ time }) => (time !== undefined && peeked.coarse && time % 1000 === 0 ? time + 999 : time),
      })),
    );
  }

  summaries(): SourceSummary[] {
    const read = this.#sources.map(({ peeked }, index) => {
      const tally = this.#tallies[index] as Tally & { candidates: number; unparsed: number };
      const unread = this.#cutShort.get(index);
      return {
        path: peeked.source.path,
        format: formatNames(tally.formats),
        bytes: tally.bytes,
        lines: tally.lines,
        candidates: tally.candidates,
        unparsedCandidates: tally.unparsed,
        ...(unread === undefined ? {} : { unread }),
      };
    });
    // Behind them: records name their source by its number.
    return [...read, ...this.#unread];
  }

  get bytesRead(): number {
    return this.#tallies.reduce((sum, tally) => sum + tally.bytes, 0);
  }

  countCandidate(source: number, parsed: boolean): void {
    const tally = this.#tallies[source];
    if (tally === undefined) return;
    if (parsed) tally.candidates++;
    else tally.unparsed++;
  }

  form(source: number): string | null {
    const tally = this.#tallies[source];
    return tally === undefined ? null : formatNames(tally.formats);
  }

  dateOrigin(source: number): DateOrigin | undefined {
    return this.#clocks[source]?.origin;
  }

  get datesAssumed(): boolean {
    return this.#clocks.some((clock) => clock.origin === "assumed");
  }

  async *#records(index: number): AsyncGenerator<readonly LogRecord[]> {
    const { source } = (this.#sources[index] as Dated).peeked;
    const onWarning = (message: string, help?: string): void =>
      void this.warnings.push({ path: source.path, message, ...(help === undefined ? {} : { help }) });
    const onCutShort = (message: string, help?: string): void => {
      onWarning(message, help);
      this.#cutShort.set(index, message);
    };
    const { filter, maxLine } = this.#options;
    const clock = this.#clocks[index] as SourceClock;
    const tally = this.#tallies[index] as Tally;
    let waiting: [SourceLine, string][] | undefined = [];
    let strangers = 0;
    try {
      for await (const lines of readLines(source, tally, { onWarning, onCutShort, filter, maxLine })) {
        const records: LogRecord[] = [];
        for (const line of lines) {
          const stream = this.#streams.of(index, line.stream ?? "");
          if (stream === undefined) {
            strangers++;
            continue;
          }
          const time = clock.time(line.stream ?? "", line.parsed.stamp);
          if (time === undefined && waiting !== undefined && waiting.length < MOST_WAITING) {
            waiting.push([line, stream]);
            continue;
          }
          if (waiting !== undefined) {
            for (const early of waiting) records.push(this.#record(index, source.path, ...early, time));
            waiting = undefined;
          }
          records.push(this.#record(index, source.path, line, stream, time));
        }
        // Also where there are none: whoever reads sees how far it went, and may end it.
        yield records;
      }
    } catch (error) {
      // What was read so far is still worth a report.
      const { message, help } = warningOf(source.path, error, tally.lines);
      onCutShort(message, help);
    } finally {
      source.close?.();
    }
    if (waiting !== undefined && waiting.length > 0) {
      yield waiting.map((early) => this.#record(index, source.path, ...early, undefined));
    }
    if (strangers > 0) {
      onCutShort(`more than ${MOST_STREAMS} containers or units: ${strangers} lines of others were not judged`);
    }
  }

  #record(source: number, path: string, line: SourceLine, stream: string, time: number | undefined): LogRecord {
    const { level, subsystem, message, meta, product, loose } = line.parsed;
    // Field by field: copying objects took most of the time of reading a log.
    const record: { -readonly [Key in keyof LogRecord]: LogRecord[Key] } = {
      message,
      location: { path, line: line.line },
      source,
      stream,
    };
    if (time !== undefined) record.time = time;
    if (subsystem !== undefined) record.subsystem = subsystem;
    if (level !== undefined) record.level = level;
    if (meta !== undefined) record.meta = meta;
    if (product !== undefined) record.product = product;
    if (loose !== undefined) record.loose = loose;
    return record;
  }
}

// Lines before a source's first time; a log that has none at all must not be kept in memory.
const MOST_WAITING = 10_000;

function formatNames(formats: ReadonlyMap<string, number>): string | null {
  if (formats.size === 0) return null;
  return [...formats]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([name]) => name)
    .join(", ");
}

function cannotRead(path: string, error: unknown): UserError {
  return new UserError(`cannot read ${path}: ${reason(error)}`, error instanceof UserError ? error.help : undefined);
}

/** @param lines that were read before */
function warningOf(path: string, error: unknown, lines = 0): SourceWarning {
  const help = error instanceof UserError ? error.help : undefined;
  const message = `${lines === 0 ? "cannot be read" : `could be read up to line ${lines} only`}: ${reason(error)}`;
  return help === undefined ? { path, message } : { path, message, help };
}
