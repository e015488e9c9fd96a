/**
 * The library: a gateway's log in, the report out. See docs/library.md.
 * Importing it does nothing; what only the commands need is not loaded.
 */
import { UserError } from "./errors.ts";
import { doctorExitCode } from "./exit-code.ts";
import type { FailOn } from "./exit-code.ts";
import { checkLabels } from "./labels.ts";
import { Masker } from "./mask.ts";
import { FINDING_CODES } from "./model.ts";
import type { Report } from "./model.ts";
import { readLog } from "./read-log.ts";
import { buildReport, retentionFor } from "./report.ts";
import { listedRuns, listedSessions } from "./reporters/listed.ts";
import type { RenderOptions } from "./reporters/reporter.ts";
import { type Bytes, CallersBytes } from "./sources/callers-bytes.ts";
import type { Source } from "./sources/source.ts";
import { readTool } from "./tool.ts";

export { UserError } from "./errors.ts";
export type { FailOn } from "./exit-code.ts";
export type {
  Confidence,
  Finding,
  FindingCode,
  GatewayReport,
  Location,
  OrphanCause,
  Report,
  RunReport,
  RunState,
  SessionReport,
  SessionState,
  Severity,
  SourceSummary,
  TimelineEntry,
  Verdict,
  WaitsFor,
} from "./model.ts";

/** A log as it is stored, in any form and also as .gz or .zst: pieces of bytes (a Node `Readable` too), or all of them. */
export type LogBytes = Bytes;

/** Lengths of time are in milliseconds. */
export interface DiagnoseOptions {
  /** What the report calls the log. A date in it, as in `clawdbot-2026-01-28.log`, dates lines that have none. Default: `-`. */
  readonly name?: string | undefined;
  /** The gateway's `agents.defaults.timeoutSeconds`. Default: that of the version that wrote the log. */
  readonly runTimeout?: number | undefined;
  /** Silence that counts as stalled. Default: the run timeout and a minute. */
  readonly stallAfter?: number | undefined;
  /** The log is whole up to this moment, so silence counts up to it. Default: the last time in the log. */
  readonly now?: Date | number | undefined;
  /** False: only the runs and sessions that did not end well, as in `doctor --json`. Default: true. */
  readonly allRuns?: boolean | undefined;
  /** Bytes of a line that are read at most. Default: 1 MiB. */
  readonly maxLine?: number | undefined;
  /** What the report says of the log beside what is in it, as `--label` does. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** From which severity on the report is not `ok`. Default: `error`. */
  readonly failOn?: FailOn | undefined;
  /** The report is `ok` also if the log cannot show runs. Default: false. */
  readonly allowInconclusive?: boolean | undefined;
  /** Names instead of session keys, persons, numbers and paths, as `--redact` does. Secrets are masked in any case. Default: false. */
  readonly redact?: boolean | undefined;
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined;
  /** Told what stops nothing and is worth knowing, for example that an archive ends early. The text may hold text of the log, its secrets masked. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Reads one gateway's log and says which runs and sessions are well, and which are not.
 *
 * @throws TypeError if `log` gives no bytes, or an option is not of its kind
 * @throws UserError if the bytes are no text, a label cannot be used, or what is to be told does not fit into the memory
 * @throws the signal's reason once it is aborted, and whatever reading `log` throws, as it is
 */
export async function diagnose(log: LogBytes, options: DiagnoseOptions = {}): Promise<Report> {
  const labels = checkLabels(options.labels ?? {});
  const now = momentOf(options.now);
  const settings = {
    runTimeoutMs: positive("runTimeout", options.runTimeout),
    stallAfterMs: positive("stallAfter", options.stallAfter),
    ...(now === undefined ? {} : { now }),
  };
  const maxLine = positive("maxLine", options.maxLine);
  const input = new CallersBytes(log, options.signal);
  const source: Source = { path: options.name ?? "-", reopenable: false, open: () => input.chunks() };
  const allRuns = options.allRuns ?? true;
  const filter = { codes: new Set(FINDING_CODES), since: null, until: null, session: null, run: null };
  const told = await input.during(() =>
    readLog([source], settings, {
      now: now ?? Date.now(),
      retention: retentionFor(filter, allRuns, new Set()),
      ...(maxLine === null ? {} : { maxLine }),
    }),
  );
  const masker = new Masker(options.redact ?? false);
  for (const { message } of told.sourceWarnings) options.onWarning?.(masker.text(message));
  const { body } = buildReport(
    {
      tool: readTool(),
      labels,
      diagnoses: told.diagnoses,
      sources: told.summaries,
      window: told.window,
      masker,
      extra: { findings: [], sessions: [] },
    },
    filter,
  );
  const exitCode = doctorExitCode(body, options.failOn ?? "error", options.allowInconclusive ?? false);
  const { schemaVersion, tool, labels: said, ...rest } = body;
  const report: Report = { schemaVersion, tool, labels: said, ok: exitCode === 0, ...rest };
  return { ...report, runs: listedRuns(report, allRuns), sessions: listedSessions(report, allRuns) };
}

/** How `render` lays a report out; by default as for a file: 80 columns, no colours, UTC. */
export type RenderLayout = Partial<
  Pick<RenderOptions, "width" | "colorLevel" | "timeZone" | "verbose" | "quiet" | "allRuns">
>;

/**
 * The report as text, in any form that `doctor --format` knows: the form's code is loaded then.
 * Give it a report with all runs; `layout.allRuns` decides what is listed.
 *
 * @throws UserError for a format that there is not
 */
export async function render(report: Report, format: string, layout: RenderLayout = {}): Promise<string> {
  const { reporters } = await import("./reporters/index.ts");
  const entry = reporters.find(({ name }) => name === format);
  if (!entry) {
    throw new UserError(`no format ${format}`, `There is: ${reporters.map(({ name }) => name).join(", ")}`);
  }
  const reporter = await entry.load();
  return reporter.render(report, {
    width: 80,
    colorLevel: 0,
    timeZone: "UTC",
    verbose: false,
    quiet: false,
    allRuns: false,
    since: null,
    until: null,
    ascii: false,
    ...layout,
  });
}

function momentOf(now: Date | number | undefined): number | undefined {
  if (now === undefined) return undefined;
  const ms = now instanceof Date ? now.getTime() : now;
  if (!Number.isFinite(ms)) throw new TypeError("diagnose: now must be a time");
  return ms;
}

function positive(option: string, value: number | undefined): number | null {
  if (value === undefined) return null;
  if (!(Number.isFinite(value) && value > 0)) throw new TypeError(`diagnose: ${option} must be more than 0`);
  return value;
}
