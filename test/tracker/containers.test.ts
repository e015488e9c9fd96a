import fc from "fast-check";
import { expect, test } from "vitest";

import { Fifo } from "../../src/tracker/fifo.ts";
import { Fingerprints } from "../../src/tracker/fingerprints.ts";
import { SmallSet } from "../../src/tracker/small-set.ts";
import { copyOf, Texts } from "../../src/tracker/strings.ts";
import { Timeline } from "../../src/tracker/timeline.ts";

/** What is done to a set: added or taken out, one of a few values. */
const anyChanges = fc.array(fc.record({ add: fc.boolean(), value: fc.nat(12).map(String) }), { maxLength: 60 });

test.each([
  ["SmallSet", () => new SmallSet<string>()],
  ["Fingerprints", () => new Fingerprints()],
])("%s holds what a set holds", (_, make) => {
  fc.assert(
    fc.property(anyChanges, (changes) => {
      const it = make();
      const set = new Set<string>();
      for (const { add, value } of changes) {
        if (add) it.add(value);
        else it.delete(value);
        if (add) set.add(value);
        else set.delete(value);
        expect(it.size).toBe(set.size);
        expect(it.has(value)).toBe(set.has(value));
      }
      if (it instanceof SmallSet) expect([...it]).toEqual([...set]);
    }),
  );
});

test("Fingerprints count 100,000 names rightly", () => {
  const prints = new Fingerprints();
  for (let i = 0; i < 100_000; i++) prints.add(`agent:main:room-${i}`);
  for (let i = 0; i < 100_000; i += 2) prints.delete(`agent:main:room-${i}`);
  for (let i = 0; i < 100_000; i += 4) prints.add(`agent:main:room-${i}`);
  expect(prints.size).toBe(75_000);
  expect(prints.has("agent:main:room-2")).toBe(false);
  expect(prints.has("agent:main:room-99999")).toBe(true);
});

test("Fifo gives what was put in, in its order", () => {
  const fifo = new Fifo<number>();
  const out: number[] = [];
  for (let i = 0; i < 10_000; i++) {
    fifo.push(i);
    if (i % 3 > 0) out.push(fifo.shift() ?? -1);
  }
  expect(fifo.first).toBe(out.length);
  while (fifo.size > 0) out.push(fifo.shift() ?? -1);
  expect(out).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
  expect(fifo.shift()).toBeUndefined();
  fifo.push(7);
  expect([fifo.size, fifo.first, fifo.shift(), fifo.size]).toEqual([1, 7, 7, 0]);
});

test.each([0, 1, 8, 9, 32, 33, 100])("a timeline of %i events keeps the first and the newest", (count) => {
  const timeline = new Timeline();
  const all = Array.from({ length: count }, (_, sequence) => sequence);
  for (const sequence of all) timeline.push({ sequence, time: undefined, text: "", path: "", line: 1 });
  const kept = count <= 32 ? all : [...all.slice(0, 8), ...all.slice(-24)];
  expect(timeline.items.map((it) => it.sequence)).toEqual(kept);
  expect(timeline.omitted).toBe(count - kept.length);
});

test("a copy of a text is the same text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      expect(copyOf(text)).toBe(text);
      expect(new Texts().of(text)).toBe(text);
    }),
  );
});
