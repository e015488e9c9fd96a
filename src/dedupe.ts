import type { GatewayEvent } from "./events/index.ts";

/** Two files tell the same moment with stamps this far apart at most: a console may stamp whole seconds (ms). */
const SKEW_MS = 2_000;
/** Events are held back this long, so that the second telling can still be matched (ms). */
const WINDOW_MS = 2 * SKEW_MS;

interface Held {
  readonly event: GatewayEvent;
  readonly key: string;
  /** Sources that told it. */
  readonly toldBy: Set<number>;
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
  #held: Held[] = [];
  /** What a source told alone since it last told something together with another. */
  readonly #alone = new Map<number, Held[]>();
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
    const from = this.#held.findLastIndex((it) => it.toldBy.size > 1 && it.toldBy.has(event.source)) + 1;
    const twin = this.#held.find(
      (it, index) => index >= from && it.key === key && !it.toldBy.has(event.source) && this.#mayBeOne(it.event, event),
    );
    if (!twin) {
      const held: Held = { event, key, toldBy: new Set([event.source]) };
      this.#held.push(held);
      const alone = this.#alone.get(event.source) ?? [];
      alone.push(held);
      this.#alone.set(event.source, alone);
      return;
    }
    twin.toldBy.add(event.source);
    this.#moveBefore(twin, this.#alone.get(event.source) ?? []);
    this.#alone.set(event.source, []);
    for (const source of twin.toldBy) {
      if (source !== event.source) {
        const rest = this.#alone.get(source) ?? [];
        this.#alone.set(source, rest.slice(rest.indexOf(twin) + 1));
      }
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

  /** What a source told alone before `twin` stands before it in its file. */
  #moveBefore(twin: Held, alone: readonly Held[]): void {
    const at = this.#held.indexOf(twin);
    const late = alone.filter((it) => it.toldBy.size === 1 && this.#held.indexOf(it) > at);
    if (late.length === 0) return;
    const moved = new Set(late);
    const rest = this.#held.filter((it) => !moved.has(it));
    rest.splice(rest.indexOf(twin), 0, ...late);
    this.#held = rest;
  }

  #release(until: number): void {
    let count = 0;
    while (count < this.#held.length && (this.#held[count]?.event.time ?? Number.NEGATIVE_INFINITY) < until) count++;
    if (count === 0) return;
    const released = new Set(this.#held.splice(0, count));
    for (const held of released) this.#emit(held.event);
    // What is out can no longer be moved; kept, it would fill the memory where nothing is ever told twice.
    for (const [source, alone] of this.#alone) {
      this.#alone.set(
        source,
        alone.filter((it) => !released.has(it)),
      );
    }
  }
}

/** What two tellings of one event share: all that it says, but not where and when it stands. */
function eventKey(event: GatewayEvent): string {
  const { time: _time, level: _level, location: _location, source: _source, ...body } = event;
  return JSON.stringify(body);
}
