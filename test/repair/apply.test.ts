/** One repair, look by look: what is sent, for how long it is waited, what is told and what is written down. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { repair, type RepairOptions } from "../../src/repair/apply.ts";
import { capabilitiesOf } from "../../src/repair/capabilities.ts";
import { NO_FACTS, type Facts } from "../../src/repair/facts.ts";
import type { JournalEntry } from "../../src/repair/journal.ts";
import { repairStore } from "../../src/repair/journal-file.ts";
import { NOTHING_LOST, type Plan, type ResetResult, type Target } from "../../src/repair/model.ts";
import type { Look, Observer } from "../../src/repair/observe.ts";
import { STEPS } from "../../src/repair/steps/index.ts";
import { failing, FakeGateway } from "./fake-gateway.ts";
import { BLOCKED_MAIN } from "./blocked-main.ts";

const START = Date.parse("2026-01-28T09:00:00Z");
const LOCK = { path: "/s/id-main.jsonl.lock", createdAt: 7 };
const END = { time: "2026-01-28T09:00:00.000Z", text: "run run-1: run done", source: "x.log" };
const ENDED: Partial<Facts> = { logEnd: END, logEndIsWhole: true };
const HELD: Partial<Facts> = { logWouldTell: true };
const AWAY: Partial<Facts> = { reachable: false };
const DENIED = failing("rejected", true);

const TARGET = BLOCKED_MAIN;
const OPTIONS: RepairOptions = {
  force: false,
  probe: null,
  reason: null,
  verifyMs: 3_000,
  requestTimeoutMs: 5_000,
  next: { again: "again", force: "force", probe: "probe", restart: "restart", restartNote: "its cost" },
};

/** What a look finds, by the milliseconds since the beginning and how many requests went out before it. */
type Seen = (ms: number, sent: number) => Partial<Facts> & Partial<Pick<Look, "listed">>;

interface Played {
  readonly result: ResetResult;
  /** `look` and what it said; with the milliseconds that it took, where it took any. */
  readonly told: string[];
  readonly sent: string[];
  readonly journal: readonly JournalEntry[];
  readonly ms: number;
}

class Bench {
  readonly gateway = new FakeGateway([
    { key: "agent:main:room", sessionId: "id-room" },
    { key: "agent:main:main", sessionId: "id-main" },
  ]);
  now = START;
  readonly store = repairStore(mkdtempSync(path.join(tmpdir(), "sessions-apply-")), () => this.now);
  #ids = 0;

  async play(
    seen: Seen,
    {
      target,
      plan,
      options,
    }: { target?: Partial<Target>; plan?: Partial<Plan>; options?: Partial<RepairOptions> } = {},
  ): Promise<Played> {
    const began = this.now;
    const before = this.store.read().length;
    const asked = this.gateway.changed.length;
    const listed = {
      key: "agent:main:main",
      canonical: "agent:main:main",
      sessionId: "id-main",
      hasActiveRun: null,
      activeRunIds: [],
    };
    const look = async (): Promise<Look> => {
      const { listed: row = listed, ...facts } = seen(this.now - began, this.gateway.changed.length - asked);
      return { facts: { ...NO_FACTS, ...facts }, listed: row };
    };
    const steps: string[] = [];
    const result = await repair(
      {
        target: { ...TARGET, ...target },
        ladder: ["stop-command"],
        newSession: false,
        lost: { runs: 1, messagesAtLeast: 2 },
        ...plan,
      },
      capabilitiesOf({ version: "2026.1.24-3", atLeast: null, methods: new Set() }),
      { look } as unknown as Observer,
      {
        gateway: this.gateway,
        steps: STEPS,
        store: this.store,
        now: () => this.now,
        sleep: async (ms) => void (this.now += ms),
        newId: () => `repair-${++this.#ids}`,
        isInterrupted: () => false,
        who: "somebody",
        pid: 42,
      },
      { ...OPTIONS, ...options },
      async ({ action, ok, detail, ms }) =>
        void steps.push(`${ok ? "" : "not "}${action}: ${detail}${ms > 0 ? ` (${ms} ms)` : ""}`),
    );
    expect(result.steps).toHaveLength(steps.length);
    return {
      result,
      told: steps,
      sent: this.gateway.changed.slice(asked).map(({ method }) => method),
      journal: this.store.read().slice(before),
      ms: this.now - began,
    };
  }
}

const LOOKED = "look: still blocked, same session";
const SENT = "abort: chat.send /stop: sent";
const later =
  (facts: Partial<Facts>): Seen =>
  (_, sent) =>
    sent > 0 ? facts : HELD;

describe("the look before anything is sent", () => {
  test.each<[string, ReturnType<Seen>, Partial<Target>, Partial<ResetResult>, string]>([
    [
      "a gateway that does not answer",
      AWAY,
      {},
      { outcome: "failed", next: "again" },
      "not look: the gateway does not answer; nothing was sent",
    ],
    [
      "a session that is not listed any more",
      { listed: null },
      {},
      { outcome: "refused", next: "again" },
      "not look: it is not the session any more that was looked at; nothing was sent",
    ],
    [
      "a session that is another one",
      {
        listed: {
          key: "main",
          canonical: "agent:main:main",
          sessionId: "id-new",
          hasActiveRun: null,
          activeRunIds: [],
        },
      },
      {},
      { outcome: "refused", next: "again" },
      "not look: it is not the session any more that was looked at; nothing was sent",
    ],
    [
      "a session that ended by itself",
      ENDED,
      {},
      { outcome: "already-free", evidence: [END] },
      "look: free by itself; nothing was sent",
    ],
    [
      "a session whose run's lock is gone",
      { lock: "gone" },
      { lock: LOCK },
      {
        outcome: "already-free",
        evidence: [{ time: "2026-01-28T09:00:00.000Z", text: "its run's lock is gone", source: LOCK.path }],
      },
      "look: free by itself; nothing was sent",
    ],
    [
      "a run that lives",
      { ...HELD, logLife: "tool x began" },
      {},
      { outcome: "refused", next: "force" },
      "not look: its run lives (tool x began); nothing was sent",
    ],
  ])("%s", async (_, seen, target, expected, told) => {
    const played = await new Bench().play(() => seen, { target });
    expect(played.result).toEqual({
      id: "main",
      sessionKey: "agent:main:main",
      sessionId: "id-main",
      before: "blocked",
      steps: [{ action: "look", ok: !told.startsWith("not "), detail: told.replace(/^(?:not )?look: /, ""), ms: 0 }],
      evidence: [],
      lost: NOTHING_LOST,
      ...expected,
    });
    expect([played.told, played.sent, played.journal]).toEqual([[told], [], []]);
  });

  test("a run that lives is no hindrance to force", async () => {
    const { told, sent } = await new Bench().play(() => ({ ...HELD, logLife: "tool x began" }), {
      options: { force: true },
    });
    expect([told[0], sent]).toEqual([LOOKED, ["chat.send"]]);
  });

  test("of a session that was not known to be blocked, or whose sessionId is not known", async () => {
    const { told, result } = await new Bench().play(later(ENDED), { target: { before: "unknown", sessionId: null } });
    expect([told[0], result.outcome, "sessionId" in result]).toEqual(["look: same session", "restored", false]);
  });
});

describe("after the step it is waited", () => {
  test.each<[string, Seen, number, string, string]>([
    ["not at all, where the lane is free as well", later(ENDED), 0, "verify: run run-1: run done", "restored"],
    [
      "for what the lane says, no longer than it takes",
      (ms, sent) => (sent === 0 ? HELD : { ...HELD, logEnd: END, logEndIsWhole: ms >= 500 }),
      500,
      "verify: run run-1: run done (500 ms)",
      "restored",
    ],
    [
      "for what the lane says, which may be nothing",
      later({ ...HELD, logEnd: END }),
      1_500,
      "verify: run run-1: run done (1500 ms)",
      "restored",
    ],
    [
      "no shorter where the log shows only the run's end",
      later({ logEnd: END }),
      1_500,
      "verify: run run-1: run done (1500 ms)",
      "restored",
    ],
    [
      "for the log, where it shows runs and the list was faster",
      (_, sent) => (sent === 0 ? { ...HELD, activeRun: true } : { ...HELD, activeRun: false }),
      1_500,
      "verify: hasActiveRun=false, was true (1500 ms)",
      "restored",
    ],
    [
      "not for a log that shows no runs",
      (_, sent) => ({ activeRun: sent === 0 }),
      0,
      "verify: hasActiveRun=false, was true",
      "restored",
    ],
    [
      "from when it was free on",
      (ms, sent) => (sent === 0 || ms < 1_000 ? HELD : { ...HELD, logEnd: END }),
      2_500,
      "verify: run run-1: run done (2500 ms)",
      "restored",
    ],
    [
      "to the end of its time, while the log shows no end",
      () => HELD,
      3_000,
      "not verify: still held after 3 s: the log shows no end (3000 ms)",
      "ineffective",
    ],
    [
      "… while the lock is there",
      () => ({ lock: "held" }),
      3_000,
      "not verify: still held after 3 s: its run's lock is still there (3000 ms)",
      "ineffective",
    ],
    [
      "… while the list has it active",
      () => ({ activeRun: true }),
      3_000,
      "not verify: still held after 3 s: hasActiveRun is still true (3000 ms)",
      "ineffective",
    ],
    [
      "… while nothing can tell",
      () => ({}),
      3_000,
      "not verify: nothing here can tell after 3 s: the log does not show runs, and no lock is at hand (3000 ms)",
      "unverified",
    ],
    [
      "… while the gateway does not answer",
      later(AWAY),
      3_000,
      "not verify: the gateway does not answer (3000 ms)",
      "unverified",
    ],
  ])("%s", async (_, seen, ms, told, outcome) => {
    const played = await new Bench().play(seen);
    expect([played.ms, played.told, played.result.outcome]).toEqual([ms, [LOOKED, SENT, told], outcome]);
    expect(played.result.lost).toEqual({ runs: 1, messagesAtLeast: 2 });
  });

  test("as long as its version needs, where nobody says how long", async () => {
    const { settleMs } = capabilitiesOf({ version: "2026.1.24-3", atLeast: null, methods: new Set() });
    expect((await new Bench().play(() => HELD, { options: { verifyMs: null } })).ms).toBe(
      Math.ceil(settleMs / 250) * 250,
    );
    expect((await new Bench().play(() => HELD, { options: { verifyMs: 1_000 } })).ms).toBe(1_000);
  });

  test("all that was seen is told", async () => {
    const { told, result } = await new Bench().play((_, sent) => (sent === 0 ? HELD : { ...ENDED, lock: "gone" }), {
      target: { lock: LOCK },
    });
    // The look before the step did not find the lock, so that it is gone proves nothing.
    expect([told.at(-1), result.evidence.length]).toEqual(["verify: run run-1: run done", 1]);
    const both = await new Bench().play((_, sent) =>
      sent === 0 ? { ...HELD, lock: "held" } : { ...ENDED, lock: "gone" },
    );
    expect([both.told.at(-1), both.result.evidence.length]).toEqual([
      "verify: run run-1: run done; its run's lock is gone",
      2,
    ]);
  });
});

describe("the next step", () => {
  const two = { ladder: ["stop-command", "sessions-reset"] } as const;
  const gentle = { ladder: ["stop-command", "chat-abort"] } as const;
  const outcomeOf = async (seen: Seen, plan: Partial<Plan>, denied = false, options: Partial<RepairOptions> = {}) => {
    const bench = new Bench();
    if (denied) bench.gateway.does.set("chat.send", DENIED);
    const { sent, result, told } = await bench.play(seen, { plan, options });
    return { sent: [...new Set(sent)], outcome: result.outcome, next: result.next, told };
  };

  test("goes out where the session is held still", async () => {
    expect(await outcomeOf(() => HELD, two)).toMatchObject({
      sent: ["chat.send", "sessions.reset"],
      outcome: "ineffective",
      next: "restart",
    });
    expect(await outcomeOf((_, sent) => (sent > 1 ? ENDED : HELD), two)).toMatchObject({
      sent: ["chat.send", "sessions.reset"],
      outcome: "restored",
    });
  });

  test("does not where it is free", async () => {
    expect(await outcomeOf(later(ENDED), two)).toMatchObject({ sent: ["chat.send"], outcome: "restored" });
  });

  test("where nothing tells, goes out only if the first one was denied and it keeps the conversation", async () => {
    expect(await outcomeOf(() => ({}), two)).toMatchObject({
      sent: ["chat.send"],
      outcome: "unverified",
      next: "probe",
    });
    expect(await outcomeOf(() => ({}), gentle)).toMatchObject({
      sent: ["chat.send"],
      outcome: "unverified",
      next: "probe",
    });
    expect(await outcomeOf(() => ({}), two, true)).toMatchObject({
      sent: ["chat.send"],
      outcome: "unverified",
      next: "probe",
    });
    const denied = await outcomeOf(() => ({}), gentle, true);
    expect(denied.sent).toEqual(["chat.send", "chat.abort"]);
    expect(denied.told[1]).toBe("not abort: chat.send /stop: the gateway said rejected");
  });

  test("does not where the gateway went away: the next call goes on", async () => {
    const bench = new Bench();
    const { sent, result, journal } = await bench.play(later(AWAY), { plan: two });
    expect([sent, result.outcome, result.next, result.evidence]).toEqual([["chat.send"], "unverified", "again", []]);
    expect(journal.at(-1)).toMatchObject({ event: "cut", detail: "it could not go on" });
  });

  test("that could not be sent: failed, and after one that may have helped unverified", async () => {
    const bench = new Bench();
    bench.gateway.does.set("chat.send", failing("closed", false));
    const { result, told, journal } = await bench.play(() => HELD, { plan: two });
    expect([result.outcome, result.next, result.lost]).toEqual(["failed", "again", NOTHING_LOST]);
    expect(told).toEqual([LOOKED, "not abort: not sent: the gateway said closed"]);
    expect(journal.map(({ event, result: came }) => came ?? event)).toEqual(["begin", "send", "not-sent", "cut"]);
  });

  test("an error that is none of the gateway's is not swallowed", async () => {
    const bench = new Bench();
    bench.gateway.does.set("chat.send", () => {
      throw new TypeError("a bug");
    });
    await expect(bench.play(() => HELD)).rejects.toThrow("a bug");
  });
});

describe("a new conversation", () => {
  const anew: Partial<Plan> = { newSession: true };

  test("begins once it is free, and not before", async () => {
    expect(await new Bench().play(later(ENDED), { plan: anew })).toMatchObject({
      sent: ["chat.send", "sessions.reset"],
      result: { outcome: "restored" },
    });
    expect((await new Bench().play(() => HELD, { plan: anew })).sent).toEqual(["chat.send"]);
    expect((await new Bench().play(() => ({}), { plan: anew })).sent).toEqual(["chat.send"]);
  });

  test("does not begin a second time where the step that helped began it", async () => {
    const plan: Partial<Plan> = { ...anew, ladder: ["stop-command", "sessions-reset"] };
    const { sent, result } = await new Bench().play((_, count) => (count > 1 ? ENDED : HELD), { plan });
    expect([sent, result.outcome]).toEqual([["chat.send", "sessions.reset"], "restored"]);
  });

  test("… also where that was the step of an earlier call", async () => {
    const ladder = { ladder: ["sessions-reset", "stop-command"] } as const;
    const bench = new Bench();
    await bench.play(later(AWAY), { plan: ladder });
    const { sent } = await bench.play((ms) => (ms < 250 ? HELD : ENDED), { plan: { ...anew, ...ladder } });
    expect(sent).toEqual([]);
    const both: Partial<Plan> = { ladder: ["stop-command", "sessions-reset"] };
    const after = new Bench();
    await after.play((_, count) => (count > 1 ? AWAY : HELD), { plan: both });
    expect((await after.play((ms) => (ms < 250 ? HELD : ENDED), { plan: { ...anew, ...both } })).sent).toEqual([]);
    const other = new Bench();
    await other.play(later(AWAY));
    expect((await other.play((ms) => (ms < 250 ? HELD : ENDED), { plan: anew })).sent).toEqual(["sessions.reset"]);
  });
});

describe("a repair that an earlier call left open", () => {
  const left = async (ladder: Plan["ladder"] = ["stop-command"]) => {
    const bench = new Bench();
    await bench.play(later(AWAY), { plan: { ladder } });
    bench.now += 1_000;
    return bench;
  };
  const RESUMED = "resume: an earlier call sent 1 step (stop-command); not sent again";

  test("is gone on with under its own id, and nothing is sent again", async () => {
    const { told, sent, journal, result } = await (await left()).play((ms) => (ms < 250 ? HELD : ENDED));
    expect(told).toEqual([LOOKED, RESUMED, "verify: run run-1: run done (250 ms)"]);
    expect([sent, result.outcome, result.lost]).toEqual([[], "restored", { runs: 1, messagesAtLeast: 2 }]);
    expect(journal.map(({ event, repair: id }) => `${id} ${event}`)).toEqual(["repair-1 verify", "repair-1 end"]);
  });

  test("goes on with the next step only where the session is held still", async () => {
    const plan = { ladder: ["stop-command", "chat-abort"] } as const;
    const held = await (await left()).play(() => HELD, { plan });
    expect([[...new Set(held.sent)], held.result.outcome]).toEqual([["chat.abort"], "ineffective"]);
    const unknown = await (await left()).play(() => ({}), { plan });
    expect([unknown.sent, unknown.result.outcome, unknown.result.next]).toEqual([[], "unverified", "probe"]);
  });

  test("names all steps that it sent", async () => {
    const bench = new Bench();
    await bench.play((_, sent) => (sent > 1 ? AWAY : HELD), { plan: { ladder: ["stop-command", "sessions-reset"] } });
    const { told } = await bench.play((ms) => (ms < 250 ? HELD : ENDED));
    expect(told[1]).toBe("resume: an earlier call sent 2 steps (stop-command, sessions-reset); not sent again");
  });

  test("is not gone on with where another run holds the session, or where nothing had left", async () => {
    const other = await left();
    other.now += 120_000;
    expect(await other.play(later(ENDED), { target: { runId: "run-2" } })).toMatchObject({
      sent: ["chat.send"],
      result: { outcome: "restored" },
    });
    const bench = new Bench();
    bench.gateway.does.set("chat.send", failing("closed", false));
    await bench.play(() => HELD);
    bench.gateway.does.clear();
    const { told, journal } = await bench.play(later(ENDED));
    expect(told).toEqual([LOOKED, SENT, "verify: run run-1: run done"]);
    expect(journal[0]).toMatchObject({ event: "begin", repair: "repair-2" });
  });
});

describe("nothing is sent", () => {
  test("a moment after the last repair", async () => {
    const bench = new Bench();
    await bench.play(() => HELD);
    const { result, told } = await bench.play(() => HELD);
    expect(told).toEqual(["not look: it was repaired a moment ago; wait 1 min, or --force"]);
    expect(result).toMatchObject({ outcome: "refused", evidence: [], lost: NOTHING_LOST, next: "force" });
  });

  test("while another repair of the session goes on", async () => {
    const bench = new Bench();
    const lock = bench.store.lock(bench.gateway.url, "agent:main:main");
    const { result, told } = await bench.play(() => HELD);
    expect(result).toMatchObject({ outcome: "refused", steps: [], evidence: [] });
    expect(result.next).toMatch(/^another repair of this session is going on \(.+\)$/);
    expect(told).toEqual([]);
    if ("release" in lock) lock.release();
    expect((await bench.play(later(ENDED))).result.outcome).toBe("restored");
  });
});

describe("a real message", () => {
  const answers = (bench: Bench, does: () => void = () => {}) =>
    bench.gateway.does.set("chat.send", ({ message, idempotencyKey: runId }) => {
      if (message !== "/stop:") {
        does();
        setTimeout(() => bench.gateway.tell("chat", { runId, state: "final", message: { text: "yes" } }));
      }
      return { status: "started" };
    });
  const probe = { text: "are you there?", timeoutMs: 50 };

  test("is sent where nothing else can tell, as soon as that is clear", async () => {
    const bench = new Bench();
    answers(bench);
    const { told, ms, result } = await bench.play(() => ({}), { options: { probe } });
    expect(told.slice(2)).toEqual([
      "not verify: nothing here can tell after 2 s: the log does not show runs, and no lock is at hand (1500 ms)",
      "probe: answered",
    ]);
    expect([ms, result.outcome, result.evidence[0]?.text]).toEqual([1_500, "restored", "a real message was answered"]);
    expect(bench.gateway.changed.at(-1)?.params).toEqual({
      sessionKey: "main",
      message: "are you there?",
      idempotencyKey: `repair-1-probe-${START + 1_500}`,
    });
  });

  test("is sent after what was seen, too, and not where the session is held", async () => {
    const free = new Bench();
    answers(free);
    const seen = await free.play(later(ENDED), { options: { probe } });
    expect([seen.told.at(-1), seen.result.evidence.length]).toEqual(["probe: answered", 2]);
    const held = new Bench();
    answers(held);
    const { ms, sent } = await held.play(() => HELD, { options: { probe } });
    expect([ms, sent]).toEqual([3_000, ["chat.send"]]);
  });

  test("is not sent while the gateway does not answer", async () => {
    const { ms, sent } = await new Bench().play(later(AWAY), { options: { probe } });
    expect([ms, sent]).toEqual([3_000, ["chat.send"]]);
  });

  test("that could not be sent says nothing, and after a step that was denied it is still what is left", async () => {
    const bench = new Bench();
    bench.gateway.does.set("chat.send", DENIED);
    const { result } = await bench.play(() => ({}), { options: { probe } });
    expect([result.outcome, result.next]).toEqual(["unverified", "probe"]);
    const taken = new Bench();
    taken.gateway.does.set("chat.send", ({ message }) => (message === "/stop:" ? { status: "started" } : DENIED()));
    const second = await taken.play(() => ({}), { options: { probe } });
    expect([second.result.outcome, second.result.next]).toEqual(["unverified", "restart"]);
  });

  test("that nobody answered is told, and then only a restart is left", async () => {
    const { told, result } = await new Bench().play(later(ENDED), { options: { probe } });
    expect(told.at(-1)).toBe("not probe: no answer within 0 s");
    expect([result.outcome, result.next]).toEqual(["unverified", "restart"]);
  });

  test.each<[string, (bench: Bench) => void, string]>([
    [
      "a new session of that name answered",
      ({ gateway }) => void (gateway.sessions[1] && (gateway.sessions[1].sessionId = "id-new")),
      "not probe: answered by a new session of that name, so it proves nothing",
    ],
    [
      "nobody can say which session answered",
      ({ gateway }) => void gateway.does.set("sessions.list", failing("timeout", true)),
      "not probe: answered, but nothing tells by which session, so it proves nothing",
    ],
    [
      "the session is not listed any more",
      ({ gateway }) => void gateway.sessions.pop(),
      "not probe: answered, but nothing tells by which session, so it proves nothing",
    ],
    [
      "another session is a new one",
      ({ gateway }) => void (gateway.sessions[0] && (gateway.sessions[0].sessionId = "id-x")),
      "probe: answered",
    ],
  ])("%s", async (_, change, told) => {
    const bench = new Bench();
    answers(bench, () => change(bench));
    const played = await bench.play(() => ({}), { options: { probe } });
    expect(played.told.at(-1)).toBe(told);
    expect(played.result.outcome).toBe(told.startsWith("not") ? "unverified" : "restored");
  });

  test("proves nothing where nobody could say before which session it is", async () => {
    const bench = new Bench();
    bench.gateway.sessions.pop();
    answers(bench, () => bench.gateway.sessions.push({ key: "agent:main:main", sessionId: "id-main" }));
    const { told } = await bench.play(() => ({}), { options: { probe } });
    expect(told.at(-1)).toBe("not probe: answered, but nothing tells by which session, so it proves nothing");
  });
});

describe("the journal has", () => {
  const common = {
    v: 1,
    time: "2026-01-28T09:00:00.000Z",
    repair: "repair-1",
    who: "somebody",
    pid: 42,
    gateway: "ws://127.0.0.1:18789",
    session: "agent:main:main",
  };

  test("each thing before and after it", async () => {
    const { journal } = await new Bench().play(later(ENDED), {
      target: { lock: LOCK },
      options: { reason: "because" },
    });
    const versioned = { ...common, gatewayVersion: "2026.1.24-3" };
    expect(journal).toEqual([
      { ...versioned, event: "begin", sessionId: "id-main", runId: "run-1", lock: LOCK, reason: "because" },
      { ...versioned, event: "send", step: "stop-command" },
      { ...versioned, event: "reply", step: "stop-command", result: "claimed", detail: "chat.send /stop: sent" },
      { ...versioned, event: "verify", result: "free", evidence: [END] },
      { ...versioned, event: "end", outcome: "restored", evidence: [END] },
    ]);
  });

  test("nothing of what is not known", async () => {
    const bench = new Bench();
    bench.gateway.version = null;
    const { journal } = await bench.play(later(ENDED), { target: { sessionId: null, runId: null } });
    expect(journal[0]).toEqual({ ...common, event: "begin" });
  });
});
