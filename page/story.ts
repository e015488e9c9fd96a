/** A run's timeline: the lines of evidence where a finding has them, else what the report knows of it. */
import type { Finding, TimelineEntry } from "../src/model.ts";
import { MARK_TEXT } from "../src/reporters/picture/model.ts";
import type { Bar, Picture, Row } from "../src/reporters/picture/model.ts";
import { STATE_TEXT } from "./words.ts";

export interface Moment {
  readonly at: number | null;
  readonly text: string;
  readonly place: string;
}

export function findingsOf(bar: Bar, findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(
    (it) =>
      it.runId === bar.runId &&
      (it.sessionId === undefined || bar.sessionId === null || it.sessionId === bar.sessionId),
  );
}

export function storyOf(bar: Bar, row: Row, picture: Picture, findings: readonly Finding[]): readonly Moment[] {
  const own = findings.toSorted((a, b) => b.timeline.length - a.timeline.length)[0];
  const told = own && own.timeline.length > 0 ? own.timeline.map(momentOf) : factsOf(bar, row, picture);
  if (bar.silentTo === null) return told;
  const last = bar.goesOn ? "end of log" : "gone: its process was replaced, or another run took its place";
  return [...told, { at: bar.silentTo, text: last, place: "" }];
}

function momentOf({ time, text, path, line }: TimelineEntry): Moment {
  const at = time === null ? Number.NaN : Date.parse(time);
  return { at: Number.isNaN(at) ? null : at, text, place: `${path}:${line}` };
}

/** Lines of runs that ended are not kept by the report; these are the moments that it knows. */
function factsOf(bar: Bar, row: Row, picture: Picture): Moment[] {
  const until = bar.silentTo ?? bar.to;
  const moments: Moment[] = [
    {
      at: bar.from,
      text: bar.startUnseen
        ? "first line seen; it started before"
        : `run started${bar.model === null ? "" : ` on ${bar.model}`}`,
      place: `${bar.path}:${bar.line}`,
    },
    ...picture.marks
      .filter((it) => it.log === row.log && it.at >= bar.from && it.at <= until)
      .map((it) => ({ at: it.at, text: MARK_TEXT[it.kind], place: "" })),
    bar.silentTo === null
      ? { at: bar.to, text: `run ended: ${STATE_TEXT[bar.state]}`, place: "" }
      : { at: bar.to, text: "last line of the run", place: "" },
  ];
  if (bar.queuedAt !== null) moments.push({ at: bar.queuedAt, text: "message queued", place: "" });
  return moments.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0));
}
