import type { ChalkInstance } from "chalk";

import { escapeTerminal } from "../../escape.ts";
import type { Finding, Report, SessionReport, TimelineEntry } from "../../model.ts";
import { spanText } from "../../words.ts";
import { between, count } from "../wording.ts";
import { hang, hangWithEdge } from "./layout.ts";
import type { Clock } from "./times.ts";

/** A pause this long between two lines of evidence is written out; milliseconds. */
const PAUSE = 60_000;
/** A timeline longer than both together is shortened to its first and last lines. */
const FIRST_LINES = 5;
const LAST_LINES = 9;
const END_OF_LOG = "end of log";
const INDENT = " ".repeat(12);

export interface TimelineOptions {
  /** Columns of text. */
  readonly width: number;
  readonly verbose: boolean;
  readonly clock: Clock;
  readonly paint: ChalkInstance;
}

/** What stands in a timeline: something at a time, or a remark. */
type Piece =
  | { readonly time: string | null; readonly text: string; readonly place: string; readonly pause: string }
  | { readonly remark: string };

/** The evidence of a finding, a line each, with pauses written out and the day where it changes. */
export function timelineLines(finding: Finding, report: Report, options: TimelineOptions): string[] {
  const { clock, paint, width } = options;
  const lines: string[] = [];
  let before: string | null = null;
  let day: string | undefined;
  for (const piece of pieces(finding, report, options)) {
    if ("remark" in piece) {
      lines.push(paint.dim(`${INDENT}${piece.remark}`));
      before = null;
      continue;
    }
    const { time, text, place, pause } = piece;
    const gap = between(before, time);
    if (gap !== undefined && gap >= PAUSE) {
      lines.push(...hang(INDENT, `… ${spanText(gap)}${pause} …`, width).map((line) => paint.yellow(line)));
    }
    if (time !== null && !clock.oneDay && clock.day(time) !== day) {
      day = clock.day(time);
      lines.push(paint.dim(`  ${day}`));
    }
    const lead = `  ${paint.dim((time === null ? "" : clock.time(time)).padEnd(8))}  `;
    lines.push(...hangWithEdge(lead, escapeTerminal(text), paint.dim(escapeTerminal(place)), width));
    before = time ?? before;
  }
  return lines;
}

function pieces(finding: Finding, report: Report, { verbose }: TimelineOptions): readonly Piece[] {
  const { timeline, timelineOmitted } = finding;
  // Where lines were left out, a pause between those that are left is no silence.
  const pause = timelineOmitted === 0 ? " of silence" : "";
  const place = placesOf(timeline, verbose);
  const all = timeline.map((entry): Piece => ({ time: entry.time, text: entry.text, place: place(entry), pause }));
  return [...shorten(all, timelineOmitted, verbose), ...ending(finding, report)];
}

function shorten(all: readonly Piece[], omitted: number, verbose: boolean): readonly Piece[] {
  // One line more is shown rather than a line that says there is one more.
  const hidden = verbose || all.length <= FIRST_LINES + LAST_LINES + 1 ? 0 : all.length - FIRST_LINES - LAST_LINES;
  if (hidden > 0) {
    const remark = `… ${count(hidden + omitted, "more line")} (--verbose shows ${omitted > 0 ? hidden : "them"}) …`;
    return [...all.slice(0, FIRST_LINES), { remark }, ...all.slice(-LAST_LINES)];
  }
  return omitted === 0
    ? all
    : [{ remark: `(${count(omitted, "line")} between the first and the last left out)` }, ...all];
}

/** `:12` where all lines are of one file, else `name:12`; the whole path if asked for or if names are ambiguous. */
function placesOf(timeline: readonly TimelineEntry[], verbose: boolean): (entry: TimelineEntry) => string {
  const paths = [...new Set(timeline.map(({ path }) => path))];
  if (paths.length === 1) return ({ line }) => `:${line}`;
  const names = new Set(paths.map(baseName));
  return ({ path, line }) => `${verbose || names.size < paths.length ? path : baseName(path)}:${line}`;
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** The end of the log, for what had not ended by then and whose evidence does not say it itself. */
function ending(finding: Finding, report: Report): readonly Piece[] {
  const isOpen = ["session-blocked", "run-orphaned", "run-stalled"].includes(finding.code);
  const last = finding.timeline.findLast(({ time }) => time !== null);
  const end = report.window.to;
  const silence = between(last?.time, end);
  if (!isOpen || finding.timeline.at(-1)?.text === END_OF_LOG || silence === undefined) return [];
  const queued = waitingSince(silence, heldSession(finding, report));
  const pause = ` of silence${queued > 0 ? `, ${count(queued, "message")} queued` : ""}`;
  return [{ time: end, text: END_OF_LOG, place: "", pause }];
}

/** Messages that came in the final silence: all that wait if the holder was silent as long, else the timeline shows them. */
function waitingSince(silence: number, session: SessionReport | undefined): number {
  if (session?.state !== "blocked" || session.silenceMs === null) return 0;
  return session.silenceMs - silence < PAUSE ? session.waitingAtLeast : 0;
}

interface SessionNames {
  readonly byKey: ReadonlyMap<string, SessionReport>;
  readonly byHolder: ReadonlyMap<string, SessionReport>;
}

/** Asked for by every finding of one output. */
const namesOf = new WeakMap<Report, SessionNames>();

function heldSession({ runId, sessionKey }: Finding, report: Report): SessionReport | undefined {
  let names = namesOf.get(report);
  if (!names) {
    // Of several under one name the first counts.
    const sessions = report.sessions.toReversed();
    names = {
      byKey: new Map(sessions.map((it) => [it.sessionKey, it])),
      byHolder: new Map(sessions.flatMap((it) => (it.heldByRunId === null ? [] : [[it.heldByRunId, it]]))),
    };
    namesOf.set(report, names);
  }
  if (runId !== undefined) return names.byHolder.get(runId);
  return sessionKey === undefined ? undefined : names.byKey.get(sessionKey);
}
