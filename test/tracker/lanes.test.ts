/** Lanes rebuilt from their lines: who holds one, who waits in it, and which task a run or an end belongs to. */
import { describe, expect, test } from "vitest";

import { Lanes } from "../../src/tracker/lanes.ts";
import type { LaneTask, Run } from "../../src/tracker/state.ts";

const A = "agent:main:a";
const MAIN = "main";

/** The lines of a process, a second apart unless a time (s) is given; null: the line has none. */
class Play {
  readonly lanes = new Lanes();
  #sequence = 0;
  #seconds = 0;

  #event(at: number | null | undefined) {
    this.#sequence += 1;
    this.#seconds = at ?? this.#seconds + 1;
    return {
      time: at === null ? undefined : this.#seconds * 1_000,
      level: undefined,
      location: { path: "x.log", line: 1 },
      source: 0,
    };
  }

  enqueue(lane: string, queueSize = 1, at?: number | null): this {
    this.lanes.enqueue({ kind: "lane-enqueue", lane, queueSize, ...this.#event(at) }, this.#sequence);
    return this;
  }

  dequeue(lane: string, queueSize = 0, at?: number | null): this {
    this.lanes.dequeue({ kind: "lane-dequeue", lane, queueSize, waitMs: 0, ...this.#event(at) });
    return this;
  }

  /** A session's task that goes on into lane main, of which it is the n-th. */
  enter(session: string, inMain = 1): this {
    return this.enqueue(session).dequeue(session).enqueue(MAIN, inMain).dequeue(MAIN);
  }

  done(lane: string, durationMs = 0, at?: number | null): LaneTask | undefined {
    return this.lanes.finish({ kind: "lane-done", lane, durationMs, active: 0, ...this.#event(at) });
  }

  /** A run that starts; the key of its session where that is known. */
  claim(key?: string, at?: number | null, isOther: (key: string) => boolean = () => false): LaneTask | undefined {
    const run = { attemptStartedAt: this.#event(at).time, end: undefined } as Run;
    return this.lanes.claim(run, key, isOther);
  }

  /** Who is in lane main, and how many wait there, as a later line shows it. */
  main(): { active: (string | undefined)[]; waiting: number } | undefined {
    const lane = this.lanes.waitingGlobal(this.#sequence + 1).find((it) => it.lane === MAIN);
    return lane && { active: lane.active.map((it) => it.parent?.lane), waiting: lane.queue.length };
  }

  waitTimes(key = A): (number | undefined)[] {
    return this.lanes.waitTimesBehind(key).map((it) => it && it / 1_000);
  }
}

const play = () => new Play();

describe("a session under its short and its full key", () => {
  const both = () =>
    play().enqueue("session:a").enqueue("session:agent:main:a").enqueue("session:A").enqueue("session:A", 2);

  test("is one session with several lanes", () => {
    const it = both();
    expect([...it.lanes.sessions()]).toEqual([A]);
    expect(it.lanes.waitingBehind(A)).toBe(4);
    expect(it.waitTimes()).toEqual([1, 2, 3, 4]);
    expect(it.lanes.waitingBehind("agent:main:b")).toBe(0);
  });

  test("is held by whoever holds one of them, and idle when nobody is in any", () => {
    const it = play();
    expect(it.lanes.isIdle(A)).toBe(true);
    it.enqueue("session:a");
    expect(it.lanes.isIdle(A)).toBe(false);
    it.dequeue("session:a").done("session:a");
    expect(it.lanes.isIdle(A)).toBe(true);
    expect(it.lanes.holderOf(A)).toBeUndefined();
    it.enqueue("session:agent:main:a").dequeue("session:agent:main:a");
    expect(it.lanes.isIdle(A)).toBe(false);
    expect(it.lanes.holderOf(A)?.lane).toBe("session:agent:main:a");
  });

  test("is forgotten with all of them", () => {
    const { lanes } = both().dequeue("session:a").dequeue("session:agent:main:a");
    lanes.forget(A);
    expect([...lanes.sessions()]).toEqual([]);
    expect([lanes.holds("session:a"), lanes.holds("session:agent:main:a"), lanes.isIdle(A)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe("lines count more tasks than were seen", () => {
  test("in a session's lane: the first of them holds it, the others wait before the new one", () => {
    const it = play().enqueue("session:a", 3);
    expect(it.lanes.holderOf(A)).toMatchObject({ fromBefore: true, lane: "session:a" });
    expect(it.waitTimes()).toEqual([undefined, 1]);
  });

  test("behind one that holds it", () => {
    const it = play().enqueue("session:a").dequeue("session:a").enqueue("session:a", 2).enqueue("session:a", 4);
    expect(it.lanes.holderOf(A)?.fromBefore).toBe(false);
    expect(it.waitTimes()).toEqual([undefined, 3, 4]);
  });

  test("just as many as were seen: nobody is added", () => {
    const it = play().enqueue("session:a").dequeue("session:a").enqueue("session:a", 2).enqueue("session:a", 3);
    expect(it.waitTimes()).toEqual([3, 4]);
    expect(it.lanes.holderOf(A)?.enqueuedAt).toBe(1_000);
  });

  test("in lane main: they are at work there", () => {
    const it = play().enqueue(MAIN, 3);
    expect(it.main()).toEqual({ active: [undefined, undefined], waiting: 1 });
    expect(it.enqueue(MAIN, 5).main()).toEqual({ active: [undefined, undefined, undefined], waiting: 2 });
  });

  test("one that is let in and was not seen before was there before the log", () => {
    const it = play().dequeue("session:a", 2);
    expect(it.lanes.holderOf(A)?.fromBefore).toBe(true);
    expect(it.waitTimes()).toEqual([undefined, undefined]);
    it.dequeue("session:a", 1);
    expect(it.waitTimes()).toEqual([undefined]);
    it.enqueue("session:a", 3).dequeue("session:a", 3);
    expect(it.waitTimes()).toEqual([undefined, undefined, 3]);
  });
});

describe("lines count fewer tasks than were seen: those that came first are gone", () => {
  const three = () => play().enqueue("session:a").dequeue("session:a").enqueue("session:a", 2).enqueue("session:a", 3);

  test("of those that wait", () => {
    const it = three().enqueue("session:a", 3);
    expect(it.waitTimes()).toEqual([4, 5]);
    expect(it.lanes.holderOf(A)?.enqueuedAt).toBe(1_000);
  });

  test("and of those that hold it", () => {
    expect(three().enqueue("session:a", 2).waitTimes()).toEqual([5]);
    expect(three().enqueue("session:a", 2).lanes.holderOf(A)).toBeDefined();
    expect(three().enqueue("session:a", 1).waitTimes()).toEqual([5]);
    expect(three().enqueue("session:a", 1).lanes.holderOf(A)).toBeUndefined();
  });

  test("when the next one is let in", () => {
    expect(three().dequeue("session:a", 1).waitTimes()).toEqual([4]);
    expect(three().dequeue("session:a", 0).waitTimes()).toEqual([]);
    expect(three().enqueue("session:a", 4).dequeue("session:a", 1).waitTimes()).toEqual([5]);
  });

  test("in lane main: with their sessions' lanes", () => {
    const it = play().enter("session:a", 1).enter("session:b", 2).enter("session:c", 3);
    it.enqueue(MAIN, 5);
    expect(it.main()?.active).toEqual(["session:a", "session:b", "session:c", undefined]);
    it.enqueue(MAIN, 3);
    expect(it.main()?.active).toEqual(["session:c", undefined]);
    expect([A, "agent:main:b", "agent:main:c"].map((key) => it.lanes.isIdle(key))).toEqual([true, true, false]);
  });
});

describe("a session's lane", () => {
  test("has one holder: the next one that is let in shows that the one before is gone, from lane main as well", () => {
    const it = play().enter("session:a").enqueue("session:a", 2).dequeue("session:a");
    expect(it.lanes.holderOf(A)?.enqueuedAt).toBe(5_000);
    expect(it.lanes.holds(MAIN)).toBe(false);
  });

  test("that ends takes what waits for it in lane main along", () => {
    const it = play().enqueue(MAIN, 5).enqueue("session:a").dequeue("session:a").enqueue(MAIN, 6);
    expect(it.main()?.waiting).toBe(2);
    const task = it.lanes.holderOf(A);
    expect(task?.child && it.lanes.isWaiting(task.child)).toBe(true);
    it.done("session:a");
    expect(it.main()?.waiting).toBe(1);
    expect(task?.child && it.lanes.isWaiting(task.child)).toBe(false);
  });

  test("without anybody in it ends nothing", () => {
    const it = play();
    expect(it.done("session:a")).toBeUndefined();
    it.enqueue("session:a");
    expect([it.lanes.holds("session:a"), it.done("session:a")]).toEqual([false, undefined]);
    it.dequeue("session:a");
    expect(it.lanes.holds("session:a")).toBe(true);
    expect(it.done("session:a")?.enqueuedAt).toBe(2_000);
    expect(it.done("session:a")).toBeUndefined();
  });

  test("a task of a lane that is forgotten waits nowhere", () => {
    const it = play().enqueue("session:a").dequeue("session:a");
    const task = it.lanes.holderOf(A);
    it.lanes.forget(A);
    expect(task && it.lanes.isWaiting(task)).toBe(false);
  });
});

describe("a task of lane main is of the session", () => {
  const tied = (seconds: number) => {
    const it = play().enqueue("session:a", 1, 1).dequeue("session:a", 0, 2);
    return it
      .enqueue(MAIN, 1, 2 + seconds)
      .dequeue(MAIN, 0, 2 + seconds)
      .lanes.holderOf(A)?.child?.lane;
  };

  test("whose task was let in within ten seconds before", () => {
    expect([tied(0), tied(10), tied(10.001)]).toEqual([MAIN, MAIN, undefined]);
  });

  test("that has waited longest", () => {
    const it = play().enqueue("session:a").dequeue("session:a").enqueue("session:b").dequeue("session:b");
    it.enqueue(MAIN, 1).dequeue(MAIN);
    expect([it.lanes.holderOf(A)?.child?.lane, it.lanes.holderOf("agent:main:b")?.child]).toEqual([MAIN, undefined]);
  });
});

describe("a run that starts", () => {
  const two = () => play().enter("session:a", 1).enter("session:b", 2);

  test("whose session is known claims that one's task, however long it took, up to an hour", () => {
    expect(two().claim("agent:main:b")?.lane).toBe("session:b");
    expect(two().claim("agent:main:c")).toBeUndefined();
    expect(two().claim(A, 4 + 3_600)?.lane).toBe("session:a");
    const late = two();
    expect(late.claim(A, 4.001 + 3_600)).toBeUndefined();
    expect(late.claim("agent:main:b", 8 + 3_600)?.lane).toBe("session:b");
  });

  test("whose session is not known claims the task that has waited longest, for up to ten seconds", () => {
    expect(two().claim()?.lane).toBe("session:a");
    expect(two().claim(undefined, 14)?.lane).toBe("session:a");
    expect(two().claim(undefined, 14.001)?.lane).toBe("session:b");
    expect(two().claim(undefined, 18)?.lane).toBe("session:b");
    expect(two().claim(undefined, 18.001)).toBeUndefined();
  });

  test("… and rather one of a session that is no other run's", () => {
    const isOther = (key: string) => key === A;
    expect(two().claim(undefined, undefined, isOther)?.lane).toBe("session:b");
    expect(two().claim(undefined, undefined, () => true)?.lane).toBe("session:a");
    // A task of main alone has no key.
    const bare = play().enqueue(MAIN).dequeue(MAIN);
    expect(bare.claim(undefined, undefined, (key) => key !== "")?.lane).toBe(MAIN);
  });

  test("whose line has no time, or whose task's lines have none, may have waited for however long", () => {
    expect(two().claim(undefined, null)?.lane).toBe("session:a");
    const it = play()
      .enqueue("session:a", 1, null)
      .dequeue("session:a", 0, null)
      .enqueue(MAIN, 1, null)
      .dequeue(MAIN, 0, null);
    expect(it.claim(undefined, 9_999)?.lane).toBe("session:a");
  });

  test("leaves no task for the next one", () => {
    const it = two();
    expect([it.claim()?.lane, it.claim()?.lane, it.claim()]).toEqual(["session:a", "session:b", undefined]);
  });

  test("leaves those alone that a hidden run has taken up", () => {
    const it = two();
    it.lanes.claimHidden("probe-1", A, 9_000);
    it.lanes.claimHidden("probe-2", "agent:main:c", 9_000);
    it.lanes.claimHidden("probe-3", undefined, 9_000);
    expect(it.lanes.holderOf(A)?.sessionId).toBe("probe-1");
    expect(it.lanes.holderOf("agent:main:b")?.sessionId).toBeUndefined();
    expect([it.claim()?.lane, it.claim()]).toEqual(["session:b", undefined]);
    const late = two();
    late.lanes.claimHidden("probe-1", A, 14_001);
    expect(late.lanes.holderOf(A)?.sessionId).toBeUndefined();
  });
});

describe("which task of lane main ends", () => {
  /** Three that were let in at 10, 20 and 30 s; the runs named have ended. */
  const three = (...ended: readonly number[]) => {
    const it = play();
    for (const [index, at] of [10, 20, 30].entries()) {
      it.enqueue(`session:${at}`, 1, at)
        .dequeue(`session:${at}`, 0, at)
        .enqueue(MAIN, index + 1, at)
        .dequeue(MAIN, 0, at);
      const task = it.claim(undefined, at);
      if (task?.run && ended.includes(at)) task.run.end = { time: 0, state: "completed", strength: 4 };
    }
    return it;
  };
  const ends = (it: Play, durationMs: number, at: number | null) => it.done(MAIN, durationMs, at)?.parent?.lane;

  test.each<[string, number[], number, string]>([
    ["the one whose age fits", [], 20_000, "session:20"],
    ["… as near as any", [], 12_000, "session:30"],
    ["… on either side", [], 16_000, "session:20"],
    ["of two that fit alike, the first", [], 15_000, "session:20"],
    ["one whose run ended, if it fits nearly as well", [10], 25_500, "session:10"],
    ["… but not at any price", [10], 24_000 - 500, "session:20"],
    ["one whose run ended, of two that fit alike", [30], 15_000, "session:30"],
  ])("%s", (_, ended, durationMs, lane) => expect(ends(three(...ended), durationMs, 40)).toBe(lane));

  test("one that was there before the log is as good as one whose run ended, but of no known age", () => {
    const it = play().enqueue(MAIN, 2, 10).dequeue(MAIN, 0, 10);
    expect(it.done(MAIN, 5_000, 40)?.fromBefore).toBe(false);
    expect(it.done(MAIN, 5_000, 40)?.fromBefore).toBe(true);
  });

  test("where lines have no times: one whose run ended, else the first", () => {
    expect(ends(three(30), 15_000, null)).toBe("session:30");
    expect(ends(three(), 15_000, null)).toBe("session:10");
    const it = play().enqueue("session:a").dequeue("session:a").enqueue(MAIN).dequeue(MAIN, 0, null);
    it.enqueue("session:b").dequeue("session:b").enqueue(MAIN, 2).dequeue(MAIN, 0, 20);
    expect(ends(it, 1_000, 40)).toBe("session:b");
  });

  test("is gone from its session's lane only with that lane's own end", () => {
    const it = three();
    expect(ends(it, 20_000, 40)).toBe("session:20");
    expect(it.lanes.holds("session:20")).toBe(true);
    expect(it.enqueue(MAIN, 3).main()?.active).toEqual(["session:10", "session:30"]);
  });

  test("released by either of the two, both are gone", () => {
    for (const which of ["parent", "child"] as const) {
      const it = three();
      const parent = it.lanes.holderOf("agent:main:20");
      const task = which === "parent" ? parent : parent?.child;
      if (task) it.lanes.release(task);
      expect(it.lanes.holds("session:20")).toBe(false);
      expect(it.enqueue(MAIN, 3).main()?.active).toEqual(["session:10", "session:30"]);
    }
  });
});

describe("who waits in lane main", () => {
  const waiting = (it: Play, sequence: number) => it.lanes.waitingGlobal(sequence).map(({ queue }) => queue.length);
  const full = (count: number) => play().enqueue(MAIN, count + 1);

  test("shows once a later line did not let him in, or where the lane is full, or another one waits as well", () => {
    expect(waiting(full(1), 1)).toEqual([]);
    expect(waiting(full(1), 2)).toEqual([1]);
    expect(waiting(full(3), 1)).toEqual([]);
    expect(waiting(full(4), 1)).toEqual([1]);
    expect(waiting(full(1).enqueue(MAIN, 3), 2)).toEqual([2]);
    expect(waiting(play().enqueue(MAIN).dequeue(MAIN), 9)).toEqual([]);
  });
});

test("of very many global lanes, those that somebody is in are kept", () => {
  const it = play();
  for (let index = 0; index < 70; index++) it.enqueue(`cron-${index}`).dequeue(`cron-${index}`);
  it.enqueue("busy")
    .dequeue("busy")
    .enqueue("busy", 2)
    .dequeue("busy")
    .enqueue("full")
    .dequeue("full")
    .enqueue("full", 2);
  it.done("busy");
  it.done("full");
  expect([it.lanes.holds("busy"), it.lanes.holds("full"), it.lanes.holds("cron-3")]).toEqual([true, false, true]);
  expect(it.lanes.waitingGlobal(1_000).map(({ lane }) => lane)).toEqual(["full"]);
  it.done("busy");
  expect(it.lanes.holds("busy")).toBe(false);
});

test("what a task held when its process restarted, it holds across the restart", () => {
  const it = play().enqueue("session:a").dequeue("session:a").enqueue("session:b");
  const [a, crossed] = [it.lanes.holderOf(A), () => it.lanes.holderOf("agent:main:b")];
  expect(a && it.lanes.hasCrossedRestart(a)).toBe(false);
  it.lanes.restarted();
  expect(a && it.lanes.hasCrossedRestart(a)).toBe(true);
  it.dequeue("session:b");
  const b = crossed();
  expect(b && it.lanes.hasCrossedRestart(b)).toBe(false);
});
