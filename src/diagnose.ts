/**
 * From records to a diagnosis, one gateway at a time. Pure: it is fed records
 * and asked for what they mean.
 */
import { Deduplicator } from "./dedupe.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { parseEvent } from "./events/index.ts";
import { defaultRunTimeoutMs, defaultStallAfterMs, inferVersion, versionNamedBy } from "./gateway-version.ts";
import type { LogRecord, SourceSummary } from "./model.ts";
import { settle } from "./tracker/settle.ts";
import { KEEP_ALL, type Retention } from "./tracker/retention.ts";
import { Tracker } from "./tracker/tracker.ts";

export interface DiagnoseSettings {
  /** Milliseconds; null: the default of the version that wrote the log. */
  readonly runTimeoutMs: number | null;
  /** Milliseconds; null: a minute past the run timeout, see defaultStallAfterMs. */
  readonly stallAfterMs: number | null;
  /** The clock, while the log is followed; absent: the last time in the log. */
  readonly now?: number;
}

/** What became of one record. */
export type RecordOutcome = "event" | "unparsed" | "other";

/** Whether two sources are written in one form: then one is a part or a copy of the other's file. */
type AreOfOneForm = (source: number, other: number) => boolean;

class GatewayStory {
  readonly tracker: Tracker;
  readonly sources = new Set<number>();
  /** The time of the newest record. Of those that are no events a reading may leave out all but the last. */
  #lastAt: number | undefined;
  product: string | undefined;
  version: string | undefined;
  /** Without a second source there is nothing that could be told twice. */
  readonly #twice: Deduplicator | undefined;

  constructor(severalSources: boolean, areOfOneForm: AreOfOneForm | undefined, retention: Retention) {
    this.tracker = new Tracker(retention);
    this.#twice = severalSources ? new Deduplicator((event) => this.tracker.push(event), areOfOneForm) : undefined;
  }

  push(record: LogRecord): RecordOutcome {
    this.sources.add(record.source);
    this.#lastAt = record.time ?? this.#lastAt;
    this.product ??= record.product;
    this.version = versionNamedBy(record) ?? this.version;
    const parsed = parseEvent(record);
    if (parsed.outcome !== "event") return parsed.outcome;
    if (this.#twice) this.#twice.push(parsed.event);
    else this.tracker.push(parsed.event);
    return "event";
  }

  finish(settings: DiagnoseSettings, sources: readonly SourceSummary[]): Diagnosis {
    this.#twice?.finish();
    return this.#diagnose(settings, sources);
  }

  look(settings: DiagnoseSettings & { readonly now: number }, sources: readonly SourceSummary[]): Diagnosis {
    this.#twice?.advance(settings.now);
    return this.#diagnose(settings, sources);
  }

  #diagnose(settings: DiagnoseSettings, sources: readonly SourceSummary[]): Diagnosis {
    const { tracker } = this;
    const version = inferVersion(tracker.counters, this.product, this.version);
    const runTimeoutMs = settings.runTimeoutMs ?? defaultRunTimeoutMs(version);
    const stallAfterMs = settings.stallAfterMs ?? defaultStallAfterMs(runTimeoutMs);
    const settleSettings = { now: settings.now ?? later(this.#lastAt, tracker.lastAt), runTimeoutMs, stallAfterMs };
    return {
      tracker,
      settings: settleSettings,
      settled: settle(tracker, settleSettings),
      version,
      sources: [...this.sources].map((index) => sources[index]).filter((it) => it !== undefined),
    };
  }
}

function later(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/** Feed it records in the order of time; each gateway's stream is followed on its own. */
export class Diagnostician {
  readonly #stories = new Map<string, GatewayStory>();
  readonly #severalSources: boolean;
  readonly #areOfOneForm: AreOfOneForm | undefined;
  readonly #retention: Retention;

  /**
   * @param severalSources whether more than one file may tell the same gateway's story
   * @param retention what the trackers remember; by default every run and session
   */
  constructor(severalSources: boolean, areOfOneForm?: AreOfOneForm, retention: Retention = KEEP_ALL) {
    this.#severalSources = severalSources;
    this.#areOfOneForm = areOfOneForm;
    this.#retention = retention;
  }

  push(record: LogRecord): RecordOutcome {
    let story = this.#stories.get(record.stream);
    if (!story) {
      story = new GatewayStory(this.#severalSources, this.#areOfOneForm, this.#retention);
      this.#stories.set(record.stream, story);
    }
    return story.push(record);
  }

  /**
   * The diagnosis of each gateway. Streams in which no line of a gateway was
   * seen (a database beside it in the same compose log) are left out, unless
   * there is no other.
   */
  finish(settings: DiagnoseSettings, sources: readonly SourceSummary[]): Diagnosis[] {
    const stories = [...this.#stories].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, story]) => story);
    const diagnoses = stories.map((story) => story.finish(settings, sources));
    const gateways = diagnoses.filter((it) => it.tracker.counters.size > 0);
    if (gateways.length > 0) return gateways;
    const [first] = diagnoses;
    return [first ?? new GatewayStory(false, undefined, this.#retention).finish(settings, sources)];
  }

  /**
   * What is true now of each gateway, by the name of its stream, in the midst of
   * a log that goes on. May be asked again and again: it only holds back what a
   * second file may still tell as well.
   */
  look(
    settings: DiagnoseSettings & { readonly now: number },
    sources: readonly SourceSummary[],
  ): ReadonlyMap<string, Diagnosis> {
    const diagnoses = [...this.#stories].map(([stream, story]) => [stream, story.look(settings, sources)] as const);
    return new Map(diagnoses.filter(([, { tracker }]) => tracker.counters.size > 0));
  }
}
