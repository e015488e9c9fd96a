import type { FailOn } from "../exit-code.ts";
import type { FindingCode, Report } from "../model.ts";
import type { TimeZone } from "../wall-clock.ts";

/** What counts as a failure: a form that has passed and failed tests must agree with the exit code. */
export interface Gate {
  /** The checks that were asked for; one that was not did not pass. */
  readonly codes: ReadonlySet<FindingCode>;
  readonly failOn: FailOn;
  readonly allowInconclusive: boolean;
}

/** What a reporter may know beside the report. All of it is decided before, so that rendering is pure. */
export interface RenderOptions {
  /** Columns of the terminal; 80 where there is none. */
  readonly width: number;
  /** 0 none, 1 the sixteen colours. */
  readonly colorLevel: 0 | 1;
  /** The zone that times are shown in. Machine formats stay in UTC. */
  readonly timeZone: TimeZone;
  /** List everything: nothing is summed up. */
  readonly verbose: boolean;
  /** Only the verdict and the table of blocked sessions. */
  readonly quiet: boolean;
  /** Every run and session, not only those that did not end well. */
  readonly allRuns: boolean;
  /** Milliseconds since the epoch: what the report was cut to, so what a picture shows; null: the whole log. */
  readonly since: number | null;
  readonly until: number | null;
  /** Nothing beyond ASCII is drawn, for a terminal that shows no more. */
  readonly ascii: boolean;
  /** Of all sessions, where the report holds less: those that are free are not remembered without `--all-runs`. */
  readonly sessionCount?: number;
  /** Absent: every check, failing from `error` on and when the log cannot tell. */
  readonly gate?: Gate;
}

export interface ReporterEntry {
  /** As typed after `--format`. */
  readonly name: string;
  /** One line for the help text. */
  readonly description: string;
  /** It shows also the runs that ended well, whatever `--all-runs` says. */
  readonly needsEveryRun?: true;
  readonly load: () => Promise<Reporter>;
}

export interface Reporter {
  /** The whole output, with a newline at its end, or nothing. The report's findings arrive sorted. */
  render(report: Report, options: RenderOptions): string;
  /** The same output in pieces: half a million findings are more than one string can hold. */
  parts?(report: Report, options: RenderOptions): Iterable<string>;
}
