/** From sources to diagnoses: everything of a log that a report needs. */
import type { Diagnosis } from "./diagnosis.ts";
import { type DiagnoseSettings, Diagnostician } from "./diagnose.ts";
import { eventFilter } from "./event-filter.ts";
import type { LineFilter } from "./line-filter.ts";
import { MemoryGuard } from "./memory-guard.ts";
import type { LogRecord, SourceSummary } from "./model.ts";
import type { Source } from "./sources/source.ts";
import { type Reading, readSources, type SourceWarning } from "./streams.ts";
import type { Retention } from "./tracker/retention.ts";

export interface LogDiagnosis {
  /** One for each gateway. */
  readonly diagnoses: readonly Diagnosis[];
  readonly summaries: readonly SourceSummary[];
  /** Milliseconds since the epoch. */
  readonly window: { readonly from: number | undefined; readonly to: number | undefined };
  readonly warnings: readonly string[];
  /** Those of them that are of one source. */
  readonly sourceWarnings: readonly SourceWarning[];
  /** A source's lines have no date, and nothing in the log or its name tells one. */
  readonly datesAreGuessed: boolean;
}

export interface ReadLogOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Its reason is thrown when it is aborted. */
  readonly signal?: AbortSignal;
  /** Which runs and sessions are remembered to the end; absent: all. */
  readonly retention?: Retention;
  /** Called before the reading with the bytes read so far; what it returns is called after it. */
  readonly onStart?: ((bytesRead: () => number) => () => void) | undefined;
  /** In a warning a line that could not be read is shown. */
  readonly verbose?: boolean;
  /** What is shown of that line; it is cut short only then, because half a secret is not known as one. */
  readonly unparsed?: (text: string) => string;
  /** Which lines need not be read; null: every line is read, which must make no difference but in time. */
  readonly filter?: LineFilter | null;
  /** Longest part of a line that is kept, in bytes. */
  readonly maxLine?: number;
}

/** @throws UserError where none of the sources can be read, or what is to be remembered does not fit into the memory */
export async function readLog(
  sources: readonly Source[],
  settings: DiagnoseSettings,
  options: ReadLogOptions,
): Promise<LogDiagnosis> {
  if (sources.length === 0) return NOTHING;
  const filter = options.filter === undefined ? eventFilter() : options.filter;
  let reading: Reading | undefined;
  // Already the first look at a pipe may have to wait.
  const onEnd = options.onStart?.(() => reading?.bytesRead ?? 0);
  try {
    reading = await readSources(sources, {
      now: options.now,
      ...(filter === null ? {} : { filter }),
      ...(options.maxLine === undefined ? {} : { maxLine: options.maxLine }),
    });
    return await diagnose(reading, settings, sources.length > 1, options);
  } finally {
    onEnd?.();
  }
}

async function diagnose(
  reading: Reading,
  settings: DiagnoseSettings,
  severalSources: boolean,
  options: ReadLogOptions,
): Promise<LogDiagnosis> {
  const diagnostician = new Diagnostician(
    severalSources,
    (source, other) => reading.form(source) === reading.form(other),
    options.retention,
  );
  const window = new TimeWindow();
  let unparsed: LogRecord | undefined;
  const memory = new MemoryGuard();
  for await (const batch of reading.batches()) {
    options.signal?.throwIfAborted();
    memory.look();
    for (const record of batch) {
      const outcome = diagnostician.push(record);
      window.add(record.time, outcome === "other");
      if (outcome === "other") continue;
      reading.countCandidate(record.source, outcome === "event");
      if (outcome === "unparsed") unparsed ??= record;
    }
  }
  const summaries = reading.summaries();
  return {
    diagnoses: diagnostician.finish(settings, summaries),
    summaries,
    window: window.get(),
    sourceWarnings: reading.warnings,
    warnings: warningsOf(reading, summaries, unparsed, options),
    datesAreGuessed: summaries.some((_, index) => ["mtime", "assumed"].includes(reading.dateOrigin(index) ?? "")),
  };
}

const NOTHING: LogDiagnosis = {
  diagnoses: [],
  summaries: [],
  window: { from: undefined, to: undefined },
  warnings: [],
  sourceWarnings: [],
  datesAreGuessed: false,
};

/** From the first to the last time of the records, of which any that is no event may have been left out. */
class TimeWindow {
  #from: number | undefined;
  #to: number | undefined;
  #last: number | undefined;

  add(time: number | undefined, mayBeLeftOut: boolean): void {
    if (time === undefined) return;
    this.#last = time;
    if (!mayBeLeftOut || this.#from === undefined) this.#widen(time);
  }

  get(): LogDiagnosis["window"] {
    if (this.#last !== undefined) this.#widen(this.#last);
    return { from: this.#from, to: this.#to };
  }

  #widen(time: number): void {
    if (this.#from === undefined || time < this.#from) this.#from = time;
    if (this.#to === undefined || time > this.#to) this.#to = time;
  }
}

/** A line may have 1 MiB, of which 200 characters are shown. */
const LONGEST_LOOKED_AT = 10_000;

function warningsOf(
  reading: Reading,
  summaries: readonly SourceSummary[],
  unparsed: LogRecord | undefined,
  { verbose = false, unparsed: shown = (text) => text }: ReadLogOptions,
): string[] {
  const warnings = reading.warnings.map(
    (it) => `${it.path}: ${it.message}${it.help === undefined ? "" : ` (${it.help})`}`,
  );
  if (reading.datesAssumed) warnings.push("no line and no file name tells a date: today's was taken");
  const count = summaries.reduce((sum, it) => sum + it.unparsedCandidates, 0);
  if (count > 0) {
    const where = unparsed && `${unparsed.location.path}:${unparsed.location.line}`;
    const example = verbose && unparsed ? `: ${shown(unparsed.message.slice(0, LONGEST_LOOKED_AT)).slice(0, 200)}` : "";
    warnings.push(`${count} lines look like run or lane lines and could not be read, the first at ${where}${example}`);
  }
  return warnings;
}
