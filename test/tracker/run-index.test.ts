/** Which run an id means: whole, cut short, or shared by several. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { RunIndex } from "../../src/tracker/run-index.ts";
import type { Life, Run } from "../../src/tracker/state.ts";
import { Texts } from "../../src/tracker/strings.ts";

/** Of so many runs with one id, or one beginning, none is told apart from the others any more. */
const MOST = 1_000;
// Only handed on.
const LIFE = {} as Life;
const ENDED = { time: 0, state: "completed", strength: 4 } as const;

function add(index: RunIndex, runId: string, sessionId?: string, truncatedId = false): Run {
  const origin = { time: 0, level: undefined, location: { path: "x.log", line: 1 }, source: 0 };
  const told = { runId, truncatedId, sessionId, provider: "p", model: "m", channel: "c" };
  return index.add({ kind: "run-start", ...told, ...origin }, LIFE);
}

function indexOf(...ids: readonly (readonly [runId: string, sessionId?: string, truncated?: boolean])[]) {
  const index = new RunIndex(new Texts());
  return { index, runs: ids.map((it) => add(index, ...it)) };
}

const many = (count: number, runId: (at: number) => string, truncated = false) =>
  indexOf(...Array.from({ length: count }, (_, at) => [runId(at), `s${at}`, truncated] as const)).index;

describe("one runId in many sessions", () => {
  test("the newest thousand are told apart, and a line looks at no more", () => {
    const index = many(MOST + 500, () => "r");
    expect(index.find("r", "s1499", false)?.sessionId).toBe("s1499");
    expect(index.find("r", "s500", false)?.sessionId).toBe("s500");
    expect(index.find("r", "s499", false)).toBeUndefined();
  });

  test("where no session is named: the newest that is open, else the newest", () => {
    const { index, runs } = indexOf(["r", "s0"], ["r", "s1"], ["r", "s2"]);
    expect(index.find("r", undefined, false)).toBe(runs[2]);
    for (const run of [runs[2], runs[0]]) if (run) run.end = ENDED;
    expect(index.find("r", undefined, false)).toBe(runs[1]);
    if (runs[1]) runs[1].end = ENDED;
    expect(index.find("r", undefined, false)).toBe(runs[2]);
    expect(index.find("r", "s0", false)).toBe(runs[0]);
    expect(index.find("r", "s9", false)).toBeUndefined();
  });

  test("a run whose session is not known may be any session's", () => {
    const { index, runs } = indexOf(["r"]);
    expect(index.find("r", "s1", false)).toBe(runs[0]);
    if (runs[0]) index.setSession(runs[0], "s0");
    expect(index.find("r", "s1", false)).toBeUndefined();
    expect(index.find("r", "s0", false)).toBe(runs[0]);
  });
});

describe("the beginning of an id", () => {
  test("names the newest run that begins so", () => {
    const { index, runs } = indexOf(["abcdefgh-1"], ["abcdefgh-2"], ["abcdefgX-3"], ["abc"]);
    expect(index.find("abcdefgh", undefined, true)).toBe(runs[1]);
    expect(index.find("abcdefgh-1", undefined, true)).toBe(runs[0]);
    expect(index.find("abcdefg", undefined, true)).toBe(runs[2]);
    expect(index.find("abc", undefined, true)).toBe(runs[3]);
    expect(index.find("abcdefgh-3", undefined, true)).toBeUndefined();
    expect(index.find("x", undefined, true)).toBeUndefined();
    // Asked before, and one more since.
    expect(index.find("abcdefgh", undefined, true)).not.toBe(add(index, "abcdefgh-4"));
    expect(index.find("abcdefgh", undefined, true)?.runId).toBe("abcdefgh-4");
  });

  test("that a thousand runs have tells them apart, one that more have names none", () => {
    expect(many(MOST, (at) => `rrrrrrrr${at}`).find("rrrrrrrr", "s1", true)?.runId).toBe("rrrrrrrr1");
    const more = many(MOST + 1, (at) => `rrrrrrrr${at}`);
    expect(more.find("rrrrrrrr", "s1", true)).toBeUndefined();
    expect(more.find("rrrrrrrr1", "s1", false)?.sessionId).toBe("s1");
  });
});

describe("a run whose id was cut short", () => {
  test("is meant by every whole id that begins so, the newest first", () => {
    const { index, runs } = indexOf(["12cbe357", "s", true], ["12cb", "s", true], ["12cbe357-9"]);
    expect(index.find("12cbe357-0a5b", undefined, false)).toBe(runs[1]);
    if (runs[1]) runs[1].end = ENDED;
    expect(index.find("12cbe357-0a5b", undefined, false)).toBe(runs[0]);
    expect(index.find("12cbe357", undefined, false)).toBe(runs[0]);
    expect(index.find("12cbX", undefined, false)).toBe(runs[1]);
    expect(index.find("12c", undefined, false)).toBeUndefined();
    // One that is known whole needs no guess.
    expect(index.find("12cbe357-9", undefined, false)).toBe(runs[2]);
  });

  test("as a thousand others were is told apart, as more were is not", () => {
    expect(many(MOST, () => "rrrr", true).find("rrrr-1", "s1", false)?.sessionId).toBe("s1");
    expect(many(MOST + 1, () => "rrrr", true).find("rrrr-1", "s1", false)).toBeUndefined();
  });
});

test("the ids of the first ten runs are known for good, and how many there were", () => {
  const { index, runs } = indexOf(...Array.from({ length: 12 }, (_, at) => [`r${at}`] as const));
  for (const run of runs) index.forget(run);
  expect(index.firstIds).toEqual(Array.from({ length: 10 }, (_, at) => `r${at}`));
  expect([index.count, index.size, index.all().length]).toEqual([12, 0, 0]);
});

test("what a later line of the start leaves out is kept", () => {
  const { index, runs } = indexOf(["r"]);
  const [run] = runs;
  if (!run) throw new Error("no run");
  index.describe(run, { provider: "p", model: "m", channel: "c" });
  index.describe(run, { provider: undefined, model: undefined, channel: undefined });
  expect(run).toMatchObject({ provider: "p", model: "m", channel: "c" });
});

/** The same with nothing but a list: what is found, whatever was added and forgotten, in whatever order. */
class Plain {
  readonly runs: Run[] = [];

  find(id: string, sessionId: string | undefined, truncated: boolean): Run | undefined {
    const whole = this.runs.filter((it) => it.runId === id);
    const cut = this.runs.filter((it) => it.truncatedId && id.startsWith(it.runId));
    const alike = truncated ? this.runs.filter((it) => it.runId.startsWith(id)) : whole.length > 0 ? whole : cut;
    const fitting = alike.filter((it) => !sessionId || !it.sessionId || it.sessionId === sessionId).toReversed();
    return fitting.find((it) => !it.end) ?? fitting[0];
  }
}

test("finds what a list of all runs finds, whatever is added, ended, named and forgotten", () => {
  const id = fc.constantFrom("a", "ab", "abc", "abcdefgh", "abcdefghi", "abcdefghij", "b");
  const session = fc.constantFrom(undefined, "s", "t");
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ add: id, session, truncated: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ forget: fc.nat(9) }) },
    fc.record({ end: fc.nat(9) }),
    fc.record({ name: fc.nat(9), session: fc.constantFrom("s", "t") }),
    { weight: 3, arbitrary: fc.record({ find: id, session, truncated: fc.boolean() }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const index = new RunIndex(new Texts());
      const plain = new Plain();
      for (const it of steps) {
        if ("add" in it) plain.runs.push(add(index, it.add, it.session, it.truncated));
        else if ("find" in it)
          expect(index.find(it.find, it.session, it.truncated)).toBe(plain.find(it.find, it.session, it.truncated));
        else if ("forget" in it) {
          const [run] = plain.runs.splice(it.forget, 1);
          if (run) index.forget(run);
        } else if ("end" in it) {
          const run = plain.runs[it.end];
          if (run) run.end = ENDED;
        } else {
          const run = plain.runs[it.name];
          if (run) index.setSession(run, it.session);
        }
      }
      expect(index.all()).toEqual(plain.runs);
      expect(index.size).toBe(plain.runs.length);
      for (const name of ["s", "t"]) {
        expect(index.hasOfSession(name)).toBe(plain.runs.some((run) => run.sessionId === name));
      }
    }),
    { numRuns: 300 },
  );
});
