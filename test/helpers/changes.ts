/** What a made gateway knows to have changed, and what a watcher told of it. */
import type { WatchEvent } from "../../src/watch/events.ts";

export interface Change {
  readonly words: string;
  /** Milliseconds since the epoch; of a change that was told, when it was. */
  readonly at: number;
  /** Changes of one moment lie so close together that one look may show them all, in whatever order. */
  readonly moment: number;
}

export interface Told {
  readonly words: string;
  readonly at: number;
}

/** In the words of the truth. */
export function toldOf(event: WatchEvent): Told {
  return { words: wordsOf(event), at: event.time };
}

function wordsOf(event: WatchEvent): string {
  if (event.event === "blocked" && event.runId === null) {
    const lane = /waits for lane (\S+?),/.exec(event.finding.message)?.[1];
    return `blocked ${event.sessionKey}, which waits for ${lane === undefined ? "nobody knows what" : `lane ${lane}`}`;
  }
  if (event.event === "free" && event.runId === null) return `free ${event.sessionKey}, which waited for lane main`;
  return "runId" in event ? `${event.event} ${event.runId}` : event.event;
}

/**
 * Each change must be told exactly once, in the order of the moments, and not
 * before it happened.
 */
export function compare(truth: readonly Change[], told: readonly Told[]) {
  const left = new Map<string, { readonly at: number; readonly place: number }[]>();
  for (const [place, { words, at }] of told.entries()) {
    const same = left.get(words);
    if (same) same.push({ at, place });
    else left.set(words, [{ at, place }]);
  }
  const missing: string[] = [];
  const wrong: string[] = [];
  let moment = -1;
  /** The last place of the moments before, and of this one. */
  let before = -1;
  let newest = -1;
  for (const change of truth) {
    if (change.moment !== moment) {
      moment = change.moment;
      before = newest;
    }
    const it = left.get(change.words)?.shift();
    if (!it) {
      missing.push(`${change.words}, at ${new Date(change.at).toISOString()}`);
      continue;
    }
    if (it.at < change.at) wrong.push(`${change.words}: told before it happened`);
    if (it.place < before) wrong.push(`${change.words}: told before what came before it`);
    newest = Math.max(newest, it.place);
  }
  const extra = [...left].flatMap(([words, all]) =>
    all.map(({ at }) => `${words}: not true, or told before; at ${new Date(at).toISOString()}`),
  );
  return { told: truth.length - missing.length, missing, extra: [...extra, ...wrong] };
}
