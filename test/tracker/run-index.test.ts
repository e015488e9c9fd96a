import { expect, test } from "vitest";

import { RunIndex } from "../../src/tracker/run-index.ts";
import type { Life } from "../../src/tracker/state.ts";
import { Texts } from "../../src/tracker/strings.ts";

const MANY = 1_500;
// Only handed on.
const LIFE = {} as Life;

function indexOf(count: number, runId: (index: number) => string): RunIndex {
  const index = new RunIndex(new Texts());
  for (let at = 0; at < count; at++) {
    const ids = { runId: runId(at), truncatedId: false, sessionId: `s${at}` };
    const origin = { time: at, level: undefined, location: { path: "x.log", line: at + 1 }, source: 0 };
    index.add({ kind: "run-start", ...ids, provider: "p", model: "m", channel: "c", ...origin }, LIFE);
  }
  return index;
}

test("one runId in many sessions: the newest thousand are told apart, and a line looks at no more", () => {
  const index = indexOf(MANY, () => "r");
  expect(index.find("r", `s${MANY - 1}`, false)?.sessionId).toBe(`s${MANY - 1}`);
  expect(index.find("r", "s600", false)?.sessionId).toBe("s600");
  expect(index.find("r", "s0", false)).toBeUndefined();
});

test("the beginning of an id that a thousand runs have names none of them", () => {
  const few = indexOf(3, (at) => `rrrrrrrr${at}`);
  expect(few.find("rrrrrrrr", "s1", true)?.runId).toBe("rrrrrrrr1");
  const many = indexOf(MANY, (at) => `rrrrrrrr${at}`);
  expect(many.find("rrrrrrrr", "s1", true)).toBeUndefined();
  expect(many.find("rrrrrrrr1", "s1", false)?.sessionId).toBe("s1");
});
