import type { GatewayEvent } from "./events/index.ts";
import { Fifo } from "./tracker/fifo.ts";

/** Two files tell the same moment with stamps this far apart at most: a console may stamp whole seconds (ms). */
const SKEW_MS = 2_000;
/** Events are held back this long, so that the second telling can still be matched (ms). */
const WINDOW_MS = 2 * SKEW_MS;
/** No gateway logs more events in that time; where no line has a time, this is what is held back. */
const MOST_HELD = 20_000;
const SMALLEST_STEP = 1e-6;

interface Held {
  readonly event: GatewayEvent;
  readonly key: string;
  /** Sources that told it. */
  readonly toldBy: Set<number>;
  /** Its place among the others: what is told later stands behind, until its place proves to be another. */
  place: number;
  before: Held | undefined;
  after: Held | undefined;
  /** It stands in the list of what its source told alone. */
  alone: boolean;
  released: boolean;
}

/**
 * Makes one story of several files of one gateway that tell it in part twice
 * (its log file and its service log; overlapping copies): every event once, in
 * the order in which the gateway logged it.
 *
 * Each file alone is in true order, but their stamps differ by a little. An
 * event that two files tell ties their orders together; what only one tells
 * keeps its place between its neighbours of the same file.
 */
export class Deduplicator {
  #first: Held | undefined;
  #last: Held | undefined;
  #size = 0;
  readonly #byKey = new Map<string, Held[]>();
  /** What a source told alone since it last told something together with another. */
  readonly #alone = new Map<number, Fifo<Held>>();
  /** What a source told last together with another. */
  readonly #together = new Map<number, Held>();
  readonly #emit: (event: GatewayEvent) => void;
  readonly #areOfOneForm: (source: number, other: number) => boolean;

  /**
   * @param areOfOneForm whether two sources are written in one form: then they are parts or copies of one file, and
   * what both tell has one stamp
   */
  constructor(
    emit: (event: GatewayEvent) => void,
    areOfOneForm: (source: number, other: number) => boolean = () => false,
  ) {
    this.#emit = emit;
    this.#areOfOneForm = areOfOneForm;
  }

  push(event: GatewayEvent): void {
    const key = eventKey(event);
    if (event.time !== undefined) this.#release(event.time - WINDOW_MS);
    // A file is in true order: what it tells now comes after what it told before together with another.
    const together = this.#together.get(event.source);
    const from = together && !together.released ? together.place : Number.NEGATIVE_INFINITY;
    let twin: Held | undefined;
    for (const it of this.#byKey.get(key) ?? []) {
      if (it.place <= from || it.toldBy.has(event.source) || (twin && it.place > twin.place)) continue;
      if (this.#mayBeOne(it.event, event)) twin = it;
    }
    if (!twin) {
      this.#append(event, key);
      return;
    }
    twin.toldBy.add(event.source);
    this.#moveBefore(twin, event.source);
    for (const source of twin.toldBy) {
      const last = this.#together.get(source);
      if (!last || last.released || last.place < twin.place) this.#together.set(source, twin);
      if (source !== event.source) this.#forgetUpTo(twin, source);
    }
  }

  finish(): void {
    this.#release(Number.POSITIVE_INFINITY);
  }

  /** While a log is followed: lets go of what no other file will tell again by `now`, and keeps the rest. */
  advance(now: number): void {
    this.#release(now - WINDOW_MS);
  }

  #mayBeOne(one: GatewayEvent, other: GatewayEvent): boolean {
    if (one.time === undefined || other.time === undefined) return true;
    const skew = this.#areOfOneForm(one.source, other.source) ? 0 : SKEW_MS;
    return Math.abs(one.time - other.time) <= skew;
  }

  #append(event: GatewayEvent, key: string): void {
    const before = this.#last;
    const place = before ? before.place + 1 : 0;
    const held: Held = {
      event,
      key,
      toldBy: new Set([event.source]),
      place,
      before,
      after: undefined,
      alone: true,
      released: false,
    };
    if (before) before.after = held;
    else this.#first = held;
    this.#last = held;
    this.#size += 1;
    const same = this.#byKey.get(key);
    if (same) same.push(held);
    else this.#byKey.set(key, [held]);
    const alone = this.#alone.get(event.source) ?? new Fifo<Held>();
    alone.push(held);
    this.#alone.set(event.source, alone);
    if (this.#size > MOST_HELD && this.#first) this.#releaseOne(this.#first);
  }

  /** What the source told alone before `twin` stands before it in its file. */
  #moveBefore(twin: Held, source: number): void {
    const alone = this.#alone.get(source);
    if (!alone) return;
    const { before } = twin;
    let moved = 0;
    for (let it = alone.shift(); it; it = alone.shift()) {
      it.alone = false;
      if (it.released || it.toldBy.size > 1 || it.place < twin.place) continue;
      this.#unlink(it);
      it.before = twin.before;
      it.after = twin;
      if (twin.before) twin.before.after = it;
      else this.#first = it;
      twin.before = it;
      moved += 1;
    }
    if (moved > 0) this.#placeBetween(before, twin, moved);
  }

  /** Gives the events that were put between two others places between theirs. */
  #placeBetween(before: Held | undefined, after: Held, count: number): void {
    let place = before?.place ?? after.place - 1;
    const step = (after.place - place) / (count + 1);
    const first = before ? before.after : this.#first;
    // Where halves of halves get too small, all that follows moves on.
    const isTight = step < SMALLEST_STEP;
    for (let it = first; it && (isTight || it !== after); it = it.after) it.place = place += isTight ? 1 : step;
  }

  /** What stands up to `twin` in a source's file has found its place. */
  #forgetUpTo(twin: Held, source: number): void {
    if (!twin.alone || twin.event.source !== source) return;
    const alone = this.#alone.get(source);
    for (let it = alone?.shift(); it; it = alone?.shift()) {
      it.alone = false;
      if (it === twin) return;
    }
  }

  #release(until: number): void {
    while (this.#first && (this.#first.event.time ?? Number.NEGATIVE_INFINITY) < until) this.#releaseOne(this.#first);
  }

  #releaseOne(held: Held): void {
    held.released = true;
    this.#unlink(held);
    this.#size -= 1;
    const same = this.#byKey.get(held.key);
    if (same && same.length > 1) same.splice(same.indexOf(held), 1);
    else this.#byKey.delete(held.key);
    // What is out can no longer be moved; kept, it would fill the memory where nothing is ever told twice.
    const alone = this.#alone.get(held.event.source);
    while (alone?.first?.released) alone.shift();
    this.#emit(held.event);
  }

  #unlink(held: Held): void {
    if (held.before) held.before.after = held.after;
    else this.#first = held.after;
    if (held.after) held.after.before = held.before;
    else this.#last = held.before;
  }
}

/** What two tellings of one event share: all that it says, but not where and when it stands. */
function eventKey(event: GatewayEvent): string {
  const { time: _time, level: _level, location: _location, source: _source, ...body } = event;
  return JSON.stringify(body);
}
