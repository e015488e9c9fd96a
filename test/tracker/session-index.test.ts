/** Sessions by any of their names, and what becomes of what was known under one name when another is told. */
import { describe, expect, test } from "vitest";

import { SessionIndex } from "../../src/tracker/session-index.ts";
import type { Session } from "../../src/tracker/state.ts";
import { Timeline } from "../../src/tracker/timeline.ts";

const item = (sequence: number) => ({
  sequence,
  time: sequence,
  text: `line ${sequence}`,
  path: "x.log",
  line: sequence,
});

function lines(...sequences: readonly number[]): Timeline {
  const timeline = new Timeline();
  for (const sequence of sequences) timeline.push(item(sequence));
  return timeline;
}

describe("a session's key", () => {
  test("is one in all of its forms", () => {
    const index = new SessionIndex();
    const room = index.ofKey("Room");
    expect([index.ofKey("agent:main:room"), index.ofKey("room"), index.findByKey("agent:main:room")]).toEqual([
      room,
      room,
      room,
    ]);
    expect(room.canonicalKey).toBe("agent:main:room");
    expect([...room.keys]).toEqual(["Room", "agent:main:room", "room"]);
    expect(index.ofKey("agent:ops:room")).not.toBe(room);
    expect(index.findByKey("agent:main:other")).toBeUndefined();
    expect(index.size).toBe(2);
  });
});

describe("a sessionId is bound to a key", () => {
  const keyOf = (binds: readonly (readonly [key: string, how: "told" | "inferred"])[]) => {
    const index = new SessionIndex();
    for (const [key, how] of binds) index.bind("id", key, how);
    const owners = index.all().filter(({ sessionIds }) => sessionIds.has("id"));
    expect(owners).toEqual([index.find("id")]);
    return [index.keyOf("id"), index.isInferred("id")];
  };

  test.each<[string, Parameters<typeof keyOf>[0], [string, boolean]]>([
    ["as it is told", [["a", "told"]], ["agent:main:a", false]],
    ["as it is inferred", [["a", "inferred"]], ["agent:main:a", true]],
    [
      "what is told outweighs what was inferred",
      [
        ["a", "inferred"],
        ["b", "told"],
      ],
      ["agent:main:b", false],
    ],
    [
      "… and confirms it",
      [
        ["a", "inferred"],
        ["a", "told"],
      ],
      ["agent:main:a", false],
    ],
    [
      "what is inferred outweighs nothing that was told",
      [
        ["a", "told"],
        ["b", "inferred"],
      ],
      ["agent:main:a", false],
    ],
    [
      "… and leaves it told",
      [
        ["a", "told"],
        ["a", "inferred"],
      ],
      ["agent:main:a", false],
    ],
    [
      "a later inference outweighs an earlier one",
      [
        ["a", "inferred"],
        ["b", "inferred"],
      ],
      ["agent:main:b", true],
    ],
    [
      "what is told later outweighs what was told",
      [
        ["a", "told"],
        ["b", "told"],
      ],
      ["agent:main:b", false],
    ],
  ])("%s", (_, binds, expected) => expect(keyOf(binds)).toEqual(expected));
});

describe("what was known of a sessionId alone", () => {
  const bound = (of: { id?: Partial<Session>; key?: Partial<Session> }) => {
    const index = new SessionIndex();
    Object.assign(index.ofId("id"), of.id);
    Object.assign(index.ofKey("a"), of.key);
    const session = index.bind("id", "a", "told");
    expect(index.all()).toEqual([session]);
    expect(index.find("id")).toBe(session);
    return session;
  };

  test("is its session's: who waits, and since when one was seen at work", () => {
    expect(bound({ id: { waiting: [1], activeSeen: { time: 1 } } })).toMatchObject({
      waiting: [1],
      activeSeen: { time: 1 },
    });
    expect(
      bound({ id: { waiting: [2], activeSeen: { time: 2 } }, key: { waiting: [1], activeSeen: { time: 1 } } }),
    ).toMatchObject({
      waiting: [1, 2],
      activeSeen: { time: 1 },
    });
    expect(bound({ key: { waiting: [1] } }).waiting).toEqual([1]);
  });

  test("and the messages that nobody took up", () => {
    const one = { oldestAt: 10, oldest: 1, newest: 3, count: 2 };
    const other = { oldestAt: 20, oldest: 5, newest: 8, count: 3 };
    expect(bound({ id: { undispatched: one } }).undispatched).toEqual(one);
    expect(bound({ key: { undispatched: one } }).undispatched).toEqual(one);
    expect(bound({ id: { undispatched: other }, key: { undispatched: one } }).undispatched).toEqual({
      oldestAt: 10,
      oldest: 1,
      newest: 8,
      count: 5,
    });
  });

  test("and its lines, and its last answer", () => {
    const told = (session: Session) => session.timeline?.items.map(({ sequence }) => sequence);
    expect(told(bound({ id: { timeline: lines(1, 2) } }))).toEqual([1, 2]);
    expect(told(bound({ id: { timeline: lines(3) }, key: { timeline: lines(1, 2) } }))).toEqual([1, 2, 3]);
    expect(told(bound({ key: { timeline: lines(1) } }))).toEqual([1]);
    expect(bound({ id: { answeredSequence: 7 }, key: { answeredSequence: 5 } }).answeredSequence).toBe(7);
    expect(bound({ id: { answeredSequence: 5 }, key: { answeredSequence: 7 } }).answeredSequence).toBe(7);
  });

  test("stays with a key that it was told of before", () => {
    const index = new SessionIndex();
    const a = index.bind("id", "a", "told");
    a.waiting = [1];
    const b = index.bind("id", "b", "told");
    expect([a.waiting, b.waiting, [...a.sessionIds], [...b.sessionIds]]).toEqual([[1], undefined, [], ["id"]]);
  });
});

describe("a session that is forgotten", () => {
  test("is known by none of its names, and counts once, until it comes again", () => {
    const index = new SessionIndex();
    const a = index.bind("id-a", "a", "inferred");
    const b = index.ofId("id-b");
    index.ofKey("c");
    expect(index.forgottenCount).toBe(0);
    index.forget(a);
    index.forget(b);
    expect([index.find("id-a"), index.findByKey("agent:main:a"), index.find("id-b"), index.isInferred("id-a")]).toEqual(
      [undefined, undefined, undefined, false],
    );
    expect([index.forgottenCount, index.all().length]).toEqual([2, 1]);
    index.ofKey("A");
    expect([index.forgottenCount, index.all().length]).toEqual([1, 2]);
    index.ofId("id-b");
    expect([index.forgottenCount, index.all().length]).toEqual([0, 3]);
    // A conversation of a session that was not forgotten is no session that comes again.
    index.ofId("id-z");
    expect([index.forgottenCount, index.all().length]).toEqual([0, 4]);
  });

  test("by its id alone, and whose key is told later, is that key's session", () => {
    const index = new SessionIndex();
    index.forget(index.ofId("id"));
    index.bind("id", "a", "told");
    expect([index.forgottenCount, index.all().length]).toEqual([0, 1]);
  });

  test("in part: an old conversation's id names it no more", () => {
    const index = new SessionIndex();
    const a = index.bind("id-1", "a", "inferred");
    index.bind("id-2", "a", "told");
    index.forgetId(a, "id-1");
    expect([index.find("id-1"), index.isInferred("id-1"), [...a.sessionIds], index.find("id-2")]).toEqual([
      undefined,
      false,
      ["id-2"],
      a,
    ]);
  });
});

test("whoever looks for idle sessions hears of each that is named, and that it was", () => {
  const heard: (string | undefined)[] = [];
  const index = new SessionIndex((session) => heard.push(session.canonicalKey));
  const a = index.ofKey("a");
  expect([heard, a.touched]).toEqual([["agent:main:a"], true]);
  a.touched = false;
  a.queued = true;
  index.ofKey("a");
  expect([heard.length, a.touched]).toEqual([1, true]);
  a.queued = false;
  index.ofId("id");
  index.bind("id", "a", "told");
  expect(heard).toContain(undefined);
  expect(heard.length).toBeGreaterThan(2);
});
