/** What is seen of one session of a running gateway: its log by logs.tail, its list, its lock. */
import { describe, expect, test } from "vitest";

import { GatewayError } from "../../src/gateway/gateway.ts";
import { LogTail } from "../../src/repair/log-tail.ts";
import type { Target } from "../../src/repair/model.ts";
import { Observer, type ObserverSettings } from "../../src/repair/observe.ts";
import { failing, FakeGateway } from "./fake-gateway.ts";
import { BLOCKED_MAIN } from "./blocked-main.ts";

const START = Date.parse("2026-01-28T08:00:00Z");
const done = (gateway: FakeGateway, seconds: number, runId = "run-1") =>
  gateway.write(
    "agent/embedded",
    `embedded run done: runId=${runId} sessionId=id-main durationMs=1 aborted=true`,
    START + seconds * 1_000,
  );

describe("the tail of the gateway's log", () => {
  const kinds = async (tail: LogTail) => (await tail.read()).events.map(({ kind }) => kind);

  test("goes on where it ended, and says in which file each line stands", async () => {
    const gateway = new FakeGateway();
    done(gateway, 0);
    const tail = new LogTail(gateway, 5_000);
    expect(tail.file).toBe("logs.tail");
    tail.beginAt(await tail.end());
    expect(await tail.read()).toEqual({ events: [], gap: false });
    done(gateway, 1);
    gateway.log.push("no line of a log", "");
    done(gateway, 2);
    const { events, gap } = await tail.read();
    expect(events.map(({ time }) => time)).toEqual([START + 1_000, START + 2_000]);
    expect(events.map(({ location }) => location)).toEqual([
      { path: "/tmp/clawdbot/clawdbot-2026-01-28.log", line: 1 },
      { path: "/tmp/clawdbot/clawdbot-2026-01-28.log", line: 4 },
    ]);
    expect(gap).toBe(false);
    expect(await kinds(tail)).toEqual([]);
    expect(gateway.asked.map(({ params }) => params)).toEqual([
      { limit: 1, maxBytes: 1_000 },
      { cursor: 1, limit: 5_000, maxBytes: 1_000_000 },
      { cursor: 1, limit: 5_000, maxBytes: 1_000_000 },
      { cursor: 5, limit: 5_000, maxBytes: 1_000_000 },
    ]);
  });

  test("without a place to begin at is the end of the log, and nobody knows what came before", async () => {
    const gateway = new FakeGateway();
    done(gateway, 0);
    const tail = new LogTail(gateway, 5_000);
    const first = await tail.read();
    expect([first.events.length, first.gap]).toEqual([1, true]);
    expect(await tail.read()).toEqual({ events: [], gap: false });
  });

  test.each<[string, object, boolean]>([
    ["as many lines as one answer holds", { lines: Array.from({ length: 5_000 }, () => "x") }, true],
    ["one line less", { lines: Array.from({ length: 4_999 }, () => "x") }, false],
    ["another file", { lines: [], reset: true }, true],
    ["what only looks like another file", { lines: [], reset: "no" }, false],
  ])("%s: whether lines may be missing", async (_, answer, gap) => {
    const gateway = new FakeGateway();
    gateway.does.set("logs.tail", () => ({ cursor: 1, ...answer }));
    const tail = new LogTail(gateway, 5_000);
    tail.beginAt(0);
    expect((await tail.read()).gap).toBe(gap);
    expect(tail.file).toBe("logs.tail");
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["no object", "log"],
    ["no cursor", { lines: [] }],
    ["a cursor that is no number", { cursor: "1", lines: [] }],
    ["no lines", { cursor: 1 }],
    ["lines that are none", { cursor: 1, lines: "x" }],
    ["a line that is none", { cursor: 1, lines: ["x", 7] }],
  ])("%s is no log: nobody may take it for one without an end", async (_, answer) => {
    const gateway = new FakeGateway();
    gateway.does.set("logs.tail", () => answer);
    await expect(new LogTail(gateway, 5_000).read()).rejects.toThrow(
      new GatewayError("garbage", "logs.tail answered something else than a log", true),
    );
    await expect(new LogTail(gateway, 5_000).end()).rejects.toThrow("something else than a log");
  });
});

const TARGET: Target = { ...BLOCKED_MAIN, lock: { path: "/s/id-main.jsonl.lock", createdAt: START } };

function observer(
  gateway: FakeGateway,
  settings: Partial<ObserverSettings> = {},
  target: Partial<Target> = {},
): Observer {
  return new Observer(
    gateway,
    { ...TARGET, ...target },
    {
      readLock: undefined,
      trustsActiveRun: false,
      logShowsRuns: true,
      requestTimeoutMs: 5_000,
      ...settings,
    },
  );
}

describe("the log, from a moment on", () => {
  const facts = async (it: Observer) => (await it.look()).facts;

  test("adds up: an end that was seen once is not forgotten", async () => {
    const gateway = new FakeGateway();
    const it = observer(gateway);
    await it.begin(0);
    expect(await facts(it)).toMatchObject({ logEnd: null, logEndIsWhole: false, logLife: null, logWouldTell: true });
    done(gateway, 1);
    const seen = await facts(it);
    expect(seen.logEnd?.source).toBe("/tmp/clawdbot/clawdbot-2026-01-28.log");
    expect(seen).toMatchObject({ logEndIsWhole: false, logWouldTell: true });
    gateway.write("diagnostic", "lane task done: lane=session:main durationMs=1 active=0 queued=0", START + 2_000);
    expect(await facts(it)).toMatchObject({ logEndIsWhole: true });
  });

  test("shows that the run lives", async () => {
    const gateway = new FakeGateway();
    const it = observer(gateway);
    await it.begin(0);
    gateway.write("agent/embedded", "embedded run tool start: runId=run-1 tool=x toolCallId=y", START);
    expect((await facts(it)).logLife).not.toBeNull();
  });

  test("of what was there before it counts what came since then", async () => {
    const gateway = new FakeGateway();
    done(gateway, 1);
    const since = async (seconds: number) => {
      const it = observer(gateway);
      await it.begin(null, START + seconds * 1_000);
      return (await facts(it)).logEnd !== null;
    };
    expect([await since(0), await since(1), await since(1.001)]).toEqual([true, true, false]);
    const whole = observer(gateway);
    await whole.begin(null);
    expect((await facts(whole)).logEnd).not.toBeNull();
  });

  test("would tell an end only as long as it shows runs and no line of it was missed", async () => {
    const gateway = new FakeGateway();
    const blind = observer(gateway, { logShowsRuns: false });
    await blind.begin(0);
    expect((await facts(blind)).logWouldTell).toBe(false);

    const it = observer(gateway);
    await it.begin(0);
    gateway.does.set("logs.tail", () => ({ cursor: 0, lines: [], reset: true }));
    expect((await facts(it)).logWouldTell).toBe(false);
    gateway.does.delete("logs.tail");
    expect((await facts(it)).logWouldTell).toBe(false);
  });

  test("that a gateway does not give tells nothing, and nothing is asked of it again", async () => {
    const gateway = new FakeGateway();
    gateway.does.set("logs.tail", failing("rejected", true));
    const it = observer(gateway);
    await it.begin(null);
    expect(await facts(it)).toMatchObject({ logEnd: null, logWouldTell: false, reachable: true });
    expect(gateway.asked.filter(({ method }) => method === "logs.tail")).toHaveLength(1);
    // One that fails once only is asked again.
    const other = observer(gateway);
    await other.begin(0);
    expect((await facts(other)).logWouldTell).toBe(false);
    gateway.does.delete("logs.tail");
    expect((await facts(other)).logWouldTell).toBe(true);
  });

  test("an error that is none of the gateway's is not swallowed", async () => {
    const gateway = new FakeGateway();
    gateway.does.set("logs.tail", () => {
      throw new TypeError("a bug");
    });
    await expect(observer(gateway).begin(null)).rejects.toThrow("a bug");
  });
});

describe("the gateway's list", () => {
  test("says what is listed, and whether the gateway answers at all", async () => {
    const gateway = new FakeGateway([{ key: "main", sessionId: "id-main", hasActiveRun: true }]);
    const look = async () => {
      const it = observer(gateway, { trustsActiveRun: true });
      await it.begin(0);
      return await it.look();
    };
    expect(await look()).toMatchObject({
      listed: { key: "main", sessionId: "id-main" },
      facts: { reachable: true, activeRun: true },
    });
    gateway.sessions.pop();
    expect(await look()).toMatchObject({ listed: null, facts: { reachable: true, activeRun: null } });
    gateway.does.set("sessions.list", failing("timeout", true));
    expect(await look()).toMatchObject({ listed: undefined, facts: { reachable: false, activeRun: null } });
  });

  test("tells of active runs only where the version is to be trusted with it", async () => {
    const gateway = new FakeGateway([{ key: "main", sessionId: "id-main", hasActiveRun: false }]);
    const activeRun = async (trustsActiveRun: boolean) => {
      const it = observer(gateway, { trustsActiveRun });
      await it.begin(0);
      return (await it.look()).facts.activeRun;
    };
    expect([await activeRun(true), await activeRun(false)]).toEqual([false, null]);
  });
});

describe("the run's lock", () => {
  test.each<[string, ObserverSettings["readLock"], Partial<Target>, string]>([
    ["the one that it held before", async () => START, {}, "held"],
    ["one that another run made since", async () => START + 1, {}, "replaced"],
    ["none any more", async () => null, {}, "gone"],
    ["one that can't be read", async () => Promise.reject(new Error("EACCES")), {}, "unknown"],
    ["where the files are not at hand", undefined, {}, "unknown"],
    ["where none was seen before", async () => null, { lock: null }, "unknown"],
  ])("%s", async (_, readLock, target, state) => {
    const it = observer(new FakeGateway(), { readLock }, target);
    await it.begin(0);
    expect((await it.look()).facts.lock).toBe(state);
  });

  test("is looked for where it was", async () => {
    const asked: string[] = [];
    const readLock = async (path: string) => {
      asked.push(path);
      return null;
    };
    await observer(new FakeGateway(), { readLock }).look();
    expect(asked).toEqual(["/s/id-main.jsonl.lock"]);
  });
});
