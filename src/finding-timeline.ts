import { describeEvent } from "./describe.ts";
import type { TimelineEntry } from "./model.ts";
import type { GatewayNote } from "./tracker/gateway-lives.ts";
import type { Run, Session } from "./tracker/state.ts";
import type { TimelineItem } from "./tracker/timeline.ts";
import type { Tracker } from "./tracker/tracker.ts";

/** Entries that a finding shows at most; the ones in the middle are left out and counted. */
const FIRST = 12;
const LAST = 20;

export interface FindingTimeline {
  readonly timeline: readonly TimelineEntry[];
  readonly timelineOmitted: number;
}

/**
 * The evidence around a run: its own lines, the lines of its session since, and
 * what the gateway did meanwhile.
 */
export function timelineOf(tracker: Tracker, run: Run | undefined, session: Session | undefined): FindingTimeline {
  const own = run?.timeline?.items ?? [];
  const since = session?.timeline?.items ?? [];
  const from = own[0]?.sequence ?? since[0]?.sequence ?? 0;
  const until = run?.lost ? endOfStory(tracker, run) : Number.POSITIVE_INFINITY;
  const items = new Map<number, TimelineItem | GatewayNote>();
  for (const it of own) items.set(it.sequence, it);
  for (const it of since) if (it.sequence >= from && it.sequence <= until) items.set(it.sequence, it);
  // The gateway's lines are the frame of every finding: only the ones that can be shown are looked at.
  const notes = tracker.gateway.timeline;
  const begin = indexFrom(notes, from);
  const end = indexFrom(notes, until + 1);
  let omitted = 0;
  for (let at = begin; at < end; at++) {
    if (at === begin + FIRST && end - LAST > at) {
      omitted = end - LAST - at;
      // What a run's own line tells as well is no line that is left out.
      for (const { sequence } of items.values()) {
        const twin = indexFrom(notes, sequence);
        if (twin >= at && twin < end - LAST && notes[twin]?.sequence === sequence) omitted -= 1;
      }
      at = end - LAST;
    }
    const note = notes[at];
    if (note) items.set(note.sequence, note);
  }
  const sorted = [...items.values()].toSorted((a, b) => a.sequence - b.sequence);
  const shown = sorted.length + omitted <= FIRST + LAST ? sorted : [...sorted.slice(0, FIRST), ...sorted.slice(-LAST)];
  return {
    timeline: shown.map((it) => ("event" in it ? entryOfNote(it) : entryOf(it))),
    timelineOmitted: (run?.timeline?.omitted ?? 0) + omitted + sorted.length - shown.length,
  };
}

/** Index of the first note that is not before a place in the order of events. */
function indexFrom(notes: readonly GatewayNote[], sequence: number): number {
  let low = 0;
  let high = notes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((notes[middle]?.sequence ?? 0) < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}

function entryOf({ time, text, path, line }: TimelineItem): TimelineEntry {
  return { time: isoTime(time), text, path, line };
}

/** Shared by all findings that show it. */
const entries = new WeakMap<GatewayNote, TimelineEntry>();

function entryOfNote(note: GatewayNote): TimelineEntry {
  const known = entries.get(note);
  if (known) return known;
  const { time, location } = note.event;
  const entry = { time: isoTime(time), text: describeEvent(note.event), path: location.path, line: location.line };
  entries.set(note, entry);
  return entry;
}

/** A lost run's story ends when the next process is up; what comes later is another one. */
function endOfStory(tracker: Tracker, run: Run): number {
  const life = tracker.gateway.lives[run.cut?.life ?? -1];
  // The last of its moment: with times in whole seconds the signal before it can have the same.
  const boot = tracker.gateway.timeline.findLast(
    (it) => life?.startedAt !== undefined && it.event.time === life.startedAt,
  );
  return boot?.sequence ?? Number.POSITIVE_INFINITY;
}

/** RFC 3339 in UTC; null where the log gives no time, or one that no calendar has. */
export function isoTime(ms: number | undefined): string | null {
  if (ms === undefined) return null;
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
