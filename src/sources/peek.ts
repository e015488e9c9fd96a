/** A look at the head and the end of a source before it is read: whose log it is, and of when. */
import { newTally, readLines, type SourceLine } from "./reader.ts";
import type { Source } from "./source.ts";

/** What the lines of one stream of a source say about the gateway that wrote them. */
export interface Evidence {
  /** Ids that are the same in no two gateways. */
  readonly ids: Set<string>;
  /** `ADDRESS PID` of "listening" lines, with their times. */
  readonly listens: Map<string, number | undefined>;
  readonly hosts: Set<string>;
  /** First and last time that were seen, in milliseconds since the epoch. */
  from: number | undefined;
  to: number | undefined;
}

export interface Peek {
  readonly source: Source;
  /** By the name of the container or unit; the empty name where there is none. */
  readonly streams: Map<string, Evidence>;
  /** Lines that say no date, or no zone, before the first that says both. */
  readonly undated: readonly SourceLine[];
  /** The first full time, if the head has one. */
  readonly firstInstant: number | undefined;
  /** How far the machine's clock is ahead of UTC, in milliseconds, where the lines tell. */
  readonly zone: number | undefined;
  /** True where times are in whole seconds. */
  readonly coarse: boolean;
  /** True where the whole source was seen. */
  readonly whole: boolean;
}

const HEAD_LINES = 4000;
/** Enough of the only source, where nothing is to be told apart: its lines have full times and name no container. */
const LINES_OF_ONLY = 500;
const HEAD_BYTES = 1024 * 1024;
const TAIL_BYTES = 256 * 1024;
const IDS_KEPT = 5000;
/** Containers and units of all sources; a line can pretend to be of any, and each costs memory. */
export const MOST_STREAMS = 500;

/**
 * Reads the head of a source, and the end of a plain file.
 *
 * @param isOnly there is no other source that could be of the same gateway
 */
export async function peek(source: Source, isOnly: boolean): Promise<Peek> {
  const seen = new Collector(isOnly);
  const whole = await seen.head(source);
  const size = source.size ?? 0;
  if (!whole && !isOnly && source.readRange !== undefined && size > HEAD_BYTES && (await isPlain(source))) {
    const start = Math.max(0, size - TAIL_BYTES);
    await seen.tail({ ...source, open: () => source.open(start) });
  }
  const { streams, undated, firstInstant, zone, coarse } = seen;
  return { source, streams, undated, firstInstant, zone, coarse, whole };
}

/** Reads the whole source for its ids, where head and end did not settle whose log it is. */
export async function collectIds(source: Source, evidence: ReadonlyMap<string, Evidence>): Promise<void> {
  const mayMatter = (line: string): boolean => line.includes("sessionId");
  for await (const lines of readLines(source, newTally(), { ...LOOK, mayMatter })) {
    for (const line of lines) {
      const found = evidence.get(line.stream ?? "");
      if (found !== undefined) addEvidence(found, line, undefined);
    }
  }
}

class Collector {
  readonly streams = new Map<string, Evidence>();
  readonly undated: SourceLine[] = [];
  firstInstant: number | undefined;
  zone: number | undefined;
  /** Whether times are in whole seconds: all of them, and those that need a date. */
  #wholeSeconds = true;
  #wholeTimes: boolean | undefined;
  readonly #isOnly: boolean;

  constructor(isOnly: boolean) {
    this.#isOnly = isOnly;
  }

  get coarse(): boolean {
    // A console can change from full times to short ones once its config is read.
    return this.#wholeTimes ?? this.#wholeSeconds;
  }

  /**
   * @returns whether the source ended within the head
   * @throws where not even a line of it can be read
   */
  async head(source: Source): Promise<boolean> {
    const tally = newTally();
    let failure: { readonly error: unknown } | undefined;
    const onFailure = (error: unknown): void => void (failure = { error });
    let count = 0;
    for await (const lines of readLines(source, tally, { ...LOOK, onFailure, origins: true })) {
      for (const line of lines) this.#add(line);
      count += lines.length;
      if (count >= HEAD_LINES || tally.bytes >= HEAD_BYTES) return false;
      if (this.#isOnly && count >= LINES_OF_ONLY && this.#hasOneDatedStream()) return false;
    }
    if (failure && tally.lines === 0) throw failure.error;
    return failure === undefined;
  }

  #hasOneDatedStream(): boolean {
    return (
      this.streams.size === 1 && this.streams.has("") && this.undated.length === 0 && this.firstInstant !== undefined
    );
  }

  async tail(source: Source): Promise<void> {
    // A tail that looks like binary data is only no help.
    for await (const lines of readLines(source, newTally(), { ...LOOK, origins: true })) {
      for (const line of lines) if (line.parsed.stamp?.kind === "instant") this.#evidence(line, line.parsed.stamp.ms);
    }
  }

  #add(line: SourceLine): void {
    const { stamp } = line.parsed;
    if (stamp !== undefined) {
      const whole = stamp.ms % 1000 === 0;
      if (!whole) this.#wholeSeconds = false;
      if (stamp.kind === "time-of-day") this.#wholeTimes = whole && this.#wholeTimes !== false;
    }
    if (stamp?.kind === "instant") this.firstInstant ??= stamp.ms;
    else if (stamp !== undefined && this.firstInstant === undefined) this.undated.push(line);
    this.zone ??= line.origin?.zone;
    this.#evidence(line, stamp?.kind === "instant" ? stamp.ms : undefined);
  }

  #evidence(line: SourceLine, time: number | undefined): void {
    const name = line.stream ?? "";
    let evidence = this.streams.get(name);
    if (evidence === undefined) {
      if (this.streams.size === MOST_STREAMS) return;
      this.streams.set(name, (evidence = newEvidence()));
    }
    addEvidence(evidence, line, time);
  }
}

function newEvidence(): Evidence {
  return { ids: new Set(), listens: new Map(), hosts: new Set(), from: undefined, to: undefined };
}

const UUID_AFTER = /\b(?:sessionId|runId)=([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/g;
const LISTENING = /^listening on (wss?:\/\/\S+) \(PID (\d+)\)/;

function addEvidence(evidence: Evidence, line: SourceLine, time: number | undefined): void {
  const { message } = line.parsed;
  if (evidence.ids.size < IDS_KEPT && message.includes("Id=")) {
    for (const found of message.matchAll(UUID_AFTER)) evidence.ids.add(found[1] as string);
  }
  const listening = LISTENING.exec(message);
  if (listening !== null) evidence.listens.set(`${listening[1]} ${listening[2]}`, time);
  const host = line.origin?.host;
  if (host !== undefined) evidence.hosts.add(host);
  if (time !== undefined) {
    evidence.from = Math.min(evidence.from ?? time, time);
    evidence.to = Math.max(evidence.to ?? time, time);
  }
}

async function isPlain(source: Source): Promise<boolean> {
  const magic = await source.readRange?.(0, 4);
  // Text begins with none of: gzip, zstd and its skippable frames, UTF-16.
  return (
    magic !== undefined && ![0x1f, 0x28, 0xff, 0xfe].includes(magic[0] ?? 0) && magic[1] !== 0x2a && magic[1] !== 0
  );
}

/** What goes wrong the reading itself will tell. */
const LOOK = { onWarning: () => {}, onFailure: () => {} };
