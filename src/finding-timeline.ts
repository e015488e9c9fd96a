import { describeEvent } from "./describe.ts";
import type { TimelineEntry } from "./model.ts";
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
  const from = run?.timeline.items[0]?.sequence ?? session?.timeline.items[0]?.sequence ?? 0;
  const until = run?.lost ? endOfStory(tracker, run) : Number.POSITIVE_INFINITY;
  const within = (it: TimelineItem) => it.sequence >= from && it.sequence <= until;
  const own = run?.timeline.items ?? [];
  const items = new Map(
    [...own, ...(session?.timeline.items ?? []), ...tracker.gateway.timeline]
      .filter((it) => within(it) || own.includes(it))
      .map((it) => [it.sequence, it]),
  );
  const sorted = [...items.values()].toSorted((a, b) => a.sequence - b.sequence);
  const shown = sorted.length <= FIRST + LAST ? sorted : [...sorted.slice(0, FIRST), ...sorted.slice(-LAST)];
  return {
    timeline: shown.map(({ event }) => ({
      time: isoTime(event.time),
      text: describeEvent(event),
      path: event.location.path,
      line: event.location.line,
    })),
    timelineOmitted: (run?.timeline.omitted ?? 0) + sorted.length - shown.length,
  };
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
