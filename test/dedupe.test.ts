import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { Deduplicator } from "../src/dedupe.ts";
import type { GatewayEvent } from "../src/events/index.ts";

const START = Date.UTC(2026, 0, 28, 8, 0, 0);

/** An event that says `lane`, told by a file at a moment (ms after the start; undefined: it says no time). */
function told(source: number, lane: string, at: number | undefined, line = 1): GatewayEvent {
  return {
    kind: "lane-enqueue",
    lane,
    queueSize: 1,
    time: at === undefined ? undefined : START + at,
    level: "debug",
    location: { path: `${source}.log`, line },
    source,
  };
}

const nameOf = (event: GatewayEvent): string => (event.kind === "lane-enqueue" ? event.lane : event.kind);

/** What comes out, in order. */
function merged(events: readonly GatewayEvent[], areOfOneForm?: () => boolean): GatewayEvent[] {
  const out: GatewayEvent[] = [];
  const deduplicator = new Deduplicator((event) => out.push(event), areOfOneForm);
  for (const event of events) deduplicator.push(event);
  deduplicator.finish();
  return out;
}

/**
 * As the reader merges files: by time, each file in its own order, the first
 * file first. A time in whole seconds stands for the second's end.
 */
function byTime(first: readonly GatewayEvent[], second: readonly GatewayEvent[], coarse = false): GatewayEvent[] {
  const moment = (it: GatewayEvent): number => (it.time ?? 0) + (coarse && it.source === 1 ? 999 : 0);
  return [...first, ...second].toSorted((a, b) => moment(a) - moment(b));
}

function isInOrder(whole: readonly string[], part: readonly string[]): boolean {
  let at = -1;
  return part.every((name) => {
    at = whole.indexOf(name, at + 1);
    return at >= 0;
  });
}

interface Story {
  /** The moments of the events, in order (ms). */
  readonly moments: readonly number[];
  /** Which of the two files tell each of them; at least one does. */
  readonly tellers: readonly ("both" | "first" | "second")[];
  /** How far behind the second file's stamps are (ms). */
  readonly skew: number;
  /** The second file stamps whole seconds. */
  readonly coarse: boolean;
}

const anyGaps = fc.array(fc.oneof(fc.nat(5), fc.nat(800), fc.nat(20_000)), { minLength: 1, maxLength: 40 });

const anyStory: fc.Arbitrary<Story> = anyGaps.chain((gaps) => {
  let now = 0;
  const moments = gaps.map((gap) => (now += gap));
  const teller = fc.constantFrom<Story["tellers"][number]>("both", "both", "both", "first", "second");
  return fc.record({
    moments: fc.constant(moments),
    tellers: fc.array(teller, { minLength: gaps.length, maxLength: gaps.length }),
    skew: fc.nat(1000),
    coarse: fc.boolean(),
  });
});

function filesOf({ moments, tellers, skew, coarse }: Story, name: (index: number) => string) {
  const stamp = (moment: number): number => (coarse ? Math.floor(moment / 1000) * 1000 : moment + skew);
  const first = moments.flatMap((at, i) => (tellers[i] === "second" ? [] : [told(0, name(i), at, i + 1)]));
  const second = moments.flatMap((at, i) => (tellers[i] === "first" ? [] : [told(1, name(i), stamp(at), i + 1)]));
  return { first, second };
}

describe("two files that tell one story, each with parts missing", () => {
  test("make every event once", () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        const { first, second } = filesOf(story, (i) => `e${i}`);
        const names = merged(byTime(first, second, story.coarse)).map(nameOf);
        expect(names.toSorted()).toEqual(story.moments.map((_, i) => `e${i}`).toSorted());
      }),
      { numRuns: 500 },
    );
  });

  test("keep the order that each of them has", () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        const { first, second } = filesOf(story, (i) => `e${i}`);
        const names = merged(byTime(first, second, story.coarse)).map(nameOf);
        expect(isInOrder(names, first.map(nameOf)), `first file: ${names.join()}`).toBe(true);
        expect(isInOrder(names, second.map(nameOf)), `second file: ${names.join()}`).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("are told with the words of the file that spoke first", () => {
    const out = merged(byTime([told(0, "a", 0), told(0, "b", 10)], [told(1, "a", 300), told(1, "b", 310)]));
    expect(out.map((it) => `${nameOf(it)} ${it.location.path}`)).toEqual(["a 0.log", "b 0.log"]);
  });
});

describe("messages that a gateway logs again and again", () => {
  test("are paired the first with the first, the second with the second", () => {
    fc.assert(
      fc.property(anyStory, fc.integer({ min: 1, max: 3 }), (story, kinds) => {
        const whole: Story = { ...story, coarse: false, tellers: story.moments.map(() => "both") };
        const { first, second } = filesOf(whole, (i) => `e${i % kinds}`);
        const out = merged(byTime(first, second));
        expect(out.map(nameOf)).toEqual(first.map(nameOf));
      }),
      { numRuns: 500 },
    );
  });

  test.each<readonly [string, GatewayEvent[], string[]]>([
    ["twice in one file and not at all in the other", [told(0, "a", 0), told(0, "a", 1)], ["a", "a"]],
    ["twice in one file and once in the other", [told(0, "a", 0), told(0, "a", 1), told(1, "a", 2)], ["a", "a"]],
    ["too far apart to be one", [told(0, "a", 0), told(1, "a", 5000)], ["a", "a"]],
    ["in three files", [told(0, "a", 0), told(1, "a", 1), told(2, "a", 2)], ["a"]],
    ["without a time", [told(0, "a", undefined), told(1, "a", undefined)], ["a"]],
    [
      "around another one that one file misses",
      [told(0, "a", 0), told(1, "a", 1), told(0, "b", 2), told(0, "a", 3), told(1, "a", 4)],
      ["a", "b", "a"],
    ],
  ])("%s", (_name, events, expected) => {
    expect(merged(events).map(nameOf)).toEqual(expected);
  });

  test("are not one where a word differs", () => {
    const other: GatewayEvent = { ...told(1, "a", 0), queueSize: 2 } as GatewayEvent;
    expect(merged([told(0, "a", 0), other])).toHaveLength(2);
  });
});

describe("two parts of one file, as rotation leaves them", () => {
  const parts = (events: readonly GatewayEvent[]) => merged(events, () => true).map(nameOf);

  test("have what both hold once, where their stamps are the same", () => {
    const events = byTime([told(0, "a", 0), told(0, "b", 10)], [told(1, "b", 10), told(1, "c", 20)]);
    expect(parts(events)).toEqual(["a", "b", "c"]);
  });

  test("keep a message that the second begins with and the first ends with", () => {
    expect(parts(byTime([told(0, "a", 0)], [told(1, "a", 300), told(1, "b", 310)]))).toEqual(["a", "a", "b"]);
  });

  test("make one whole, however they overlap and whatever repeats", () => {
    const anyCut = fc.record({
      gaps: anyGaps,
      kinds: fc.integer({ min: 1, max: 4 }),
      from: fc.nat(40),
      to: fc.nat(40),
    });
    fc.assert(
      fc.property(anyCut, ({ gaps, kinds, from, to }) => {
        let now = 0;
        // No two in one millisecond: which of them a part begins with could not be told.
        const whole = gaps.map((gap, i) => ({ name: `e${i % kinds}`, at: (now += gap + 1) }));
        const first = whole.slice(0, Math.max(from, to)).map(({ name, at }, i) => told(0, name, at, i + 1));
        const second = whole.slice(Math.min(from, to)).map(({ name, at }, i) => told(1, name, at, i + 1));
        expect(parts(byTime(first, second))).toEqual(whole.map((it) => it.name));
      }),
      { numRuns: 500 },
    );
  });
});

test("what repeats is not taken for what the other file told before a line of both", () => {
  const events = byTime([told(0, "a", 0), told(0, "b", 1)], [told(1, "b", 1), told(1, "a", 200)]);
  expect(merged(events).map(nameOf)).toEqual(["a", "b", "a"]);
});

test("what only the second file tells, before what both tell, stands before it", () => {
  // The second file's stamps are late, so its first line comes after the first file's.
  const events = byTime([told(0, "both", 0)], [told(1, "second", 500), told(1, "both", 500)]);
  expect(merged(events).map(nameOf)).toEqual(["second", "both"]);
});

test("one file is left as it is, whatever its times are", () => {
  const anyEvents = fc.array(
    fc.tuple(fc.constantFrom("a", "b", "c"), fc.option(fc.integer({ min: -5000, max: 60_000 }), { nil: undefined })),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(anyEvents, (pairs) => {
      const events = pairs.map(([lane, at], i) => told(0, lane, at, i + 1));
      expect(merged(events)).toEqual(events);
    }),
  );
});

describe("while the log goes on", () => {
  function following() {
    const out: string[] = [];
    const deduplicator = new Deduplicator((event) => out.push(nameOf(event)));
    return { out, deduplicator };
  }

  test("what no other file will tell again comes out, the rest waits", () => {
    const { out, deduplicator } = following();
    deduplicator.push(told(0, "a", 0));
    deduplicator.push(told(0, "b", 3_000));
    deduplicator.advance(START + 5_000);
    expect(out).toEqual(["a"]);
    deduplicator.advance(START + 7_001);
    expect(out).toEqual(["a", "b"]);
  });

  test("asking in between makes nothing come twice", () => {
    const { out, deduplicator } = following();
    deduplicator.push(told(0, "a", 0));
    deduplicator.advance(START + 1_000);
    deduplicator.push(told(1, "a", 500));
    deduplicator.advance(START + 2_000);
    deduplicator.finish();
    expect(out).toEqual(["a"]);
  });
});
