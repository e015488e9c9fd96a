import { afterEach, describe, expect, test, vi } from "vitest";

import { BrokenPipe, UserError } from "../../src/errors.ts";
import { endedLog, failing, FakeGateway, wedgedLog } from "./fake-gateway.ts";
import { bench, type Bench } from "./run-reset.ts";

function wedged(): { gateway: FakeGateway; it: Bench } {
  const gateway = new FakeGateway([
    { key: "agent:main:main", sessionId: "id-main" },
    { key: "agent:main:room", sessionId: "id-room" },
  ]);
  wedgedLog(gateway);
  return { gateway, it: bench(gateway) };
}

/** The gateway that `/stop:` helps on. */
function stops(gateway: FakeGateway, it: Bench): void {
  gateway.does.set("chat.send", ({ sessionKey, message }) => {
    if (message === "/stop:" && sessionKey === "main") endedLog(gateway, it.now);
    return { status: "started" };
  });
}

afterEach(() => vi.useRealTimers());

describe("a session wedged on 2026.1.24-3", () => {
  test("is restored, with the gateway's own lines as the proof", async () => {
    const { gateway, it } = wedged();
    stops(gateway, it);
    const { exitCode, report } = await it.reset("main --yes --json --reason because");
    expect(exitCode).toBe(0);
    expect(report).toMatchObject({
      schemaVersion: 1,
      ok: true,
      gateway: { url: "ws://127.0.0.1:18789", version: "clawdbot 2026.1.24-3" },
      results: [
        {
          id: "main",
          sessionKey: "agent:main:main",
          sessionId: "id-main",
          before: "blocked",
          outcome: "restored",
          lost: { runs: 1, messagesAtLeast: 1 },
          steps: [
            { action: "look", ok: true, detail: "still blocked, same session" },
            { action: "abort", ok: true },
            { action: "verify", ok: true },
          ],
          evidence: [
            {
              text: "run run-1: run done, aborted=true; lane session:main: task done",
              source: "/tmp/clawdbot/clawdbot-2026-01-28.log",
            },
          ],
        },
      ],
    });
    expect(gateway.changed).toEqual([
      {
        method: "chat.send",
        params: { sessionKey: "main", message: "/stop:", idempotencyKey: "repair-1-stop-command" },
      },
    ]);
    expect(it.journal().map(({ event }) => event)).toEqual(["begin", "send", "reply", "verify", "end"]);
    expect(it.journal()[0]).toMatchObject({
      session: "agent:main:main",
      runId: "run-1",
      reason: "because",
      gateway: gateway.url,
    });
  });

  test("in words", async () => {
    const { gateway, it } = wedged();
    stops(gateway, it);
    const { out } = await it.reset("main", {}, ["y"]);
    expect(out).toContain("Gateway  ws://127.0.0.1:18789, clawdbot 2026.1.24-3");
    expect(out).toContain("Session  agent:main:main, held by run run-1 for 1 h 10 min, no sign of life");
    expect(out).toContain("Will     abort its run; the conversation stays");
    expect(out).toContain("Lost     the run and 1+ waiting message: send them again");
    expect(out).toMatch(/RESTORED agent:main:main {3}proof: run run-1: run done/);
  });

  test("that `/stop:` does not help is ineffective, and sessions.reset is not even tried", async () => {
    const { gateway, it } = wedged();
    const { exitCode, report } = await it.reset("main --yes --json");
    expect({ exitCode, outcome: report?.results[0]?.outcome }).toEqual({ exitCode: 1, outcome: "ineffective" });
    expect(report?.results[0]?.next).toBe("clawdbot gateway restart");
    expect(gateway.changed.map(({ method }) => method)).toEqual(["chat.send"]);
  });

  test.each(["sessions.reset", "chat.send"])("an ok of %s and a new sessionId prove nothing", async (method) => {
    const { gateway, it } = wedged();
    gateway.does.set(method, () => {
      const [main] = gateway.sessions;
      if (main) main.sessionId = "id-new";
      return { ok: true, aborted: true };
    });
    const { outcomes } = await it.reset("main --yes --json");
    expect(outcomes).toEqual(["ineffective"]);
  });

  test("--new-session resets, but only after the abort is proved", async () => {
    const { gateway, it } = wedged();
    stops(gateway, it);
    const { outcomes } = await it.reset("main --yes --json --new-session");
    expect(outcomes).toEqual(["restored"]);
    expect(gateway.changed.map(({ method }) => method)).toEqual(["chat.send", "sessions.reset"]);
  });

  test("--new-session does not reset where the abort failed: that would destroy the way out", async () => {
    const { gateway, it } = wedged();
    await it.reset("main --yes --json --new-session");
    expect(gateway.changed.map(({ method }) => method)).toEqual(["chat.send"]);
  });

  test("after a sessions.reset by hand the abort is tried, and then only a restart is offered", async () => {
    const { gateway, it } = wedged();
    const [main] = gateway.sessions;
    if (main) main.sessionId = "id-new";
    const { exitCode, report } = await it.reset("main --yes --json");
    expect(exitCode).toBe(1);
    expect(report?.results[0]).toMatchObject({ outcome: "ineffective" });
    expect(report?.results[0]?.next).toBe("clawdbot gateway restart");
  });
});

describe("nothing is sent", () => {
  test.each([
    ["main --dry-run --json", 0, ["planned"]],
    ["room --yes --json", 0, ["already-free"]],
    ["main nobody --yes --json", 2, ["not-found", "refused"]],
    ["agent:main: --yes --json", 2, ["ambiguous"]],
    ["--run run-9 --yes --json", 2, ["not-found"]],
  ])("by %s", async (words, code, outcomes) => {
    const { gateway, it } = wedged();
    expect(await it.reset(words)).toMatchObject({ exitCode: code, outcomes });
    expect(gateway.changed).toEqual([]);
    expect(it.journal()).toEqual([]);
  });

  test("without a terminal and without --yes", async () => {
    const { gateway, it } = wedged();
    await expect(it.reset("main")).rejects.toThrow(UserError);
    expect(gateway.changed).toEqual([]);
  });

  test.each([[""], ["n"], ["yo"]])("when the person says %j", async (answer) => {
    const { gateway, it } = wedged();
    expect(await it.reset("main --json", {}, [answer])).toMatchObject({ exitCode: 1, outcomes: ["declined"] });
    expect(gateway.changed).toEqual([]);
  });

  test("where the gateway does not answer", async () => {
    const { gateway, it } = wedged();
    gateway.does.set("sessions.list", failing("timeout", true));
    await expect(it.reset("main --yes")).rejects.toThrow(UserError);
    expect(gateway.changed).toEqual([]);
  });

  test.each([undefined, null, "ok", [], {}, { sessions: "none" }, { sessions: {} }])(
    "where its list of sessions is none: %j",
    async (payload) => {
      const { gateway, it } = wedged();
      gateway.does.set("sessions.list", () => payload);
      // It was taken for a gateway without sessions, and a blocked one for unknown.
      await expect(it.reset("main --yes")).rejects.toThrow("is no list of sessions");
      expect(gateway.changed).toEqual([]);
    },
  );

  test("where the journal cannot be written", async () => {
    const { gateway, it } = wedged();
    const store = {
      ...it.store,
      append: () => {
        throw new UserError("no space");
      },
    };
    await expect(it.reset("main --yes", { store: () => store })).rejects.toThrow("no space");
    expect(gateway.changed).toEqual([]);
  });

  test("to a session whose run shows life after the diagnosis", async () => {
    const { gateway, it } = wedged();
    // A repair gets its id after the diagnosis and before the look.
    const newId = (): string => {
      gateway.write("agent/embedded", "embedded run tool end: runId=run-1 tool=exec toolCallId=c", it.now);
      return "repair";
    };
    const { exitCode, report } = await it.reset("main --yes --json", { newId });
    expect({ exitCode, outcome: report?.results[0]?.outcome }).toEqual({ exitCode: 1, outcome: "refused" });
    expect(report?.results[0]?.steps[0]?.detail).toContain("its run lives (tool exec ended)");
    expect(gateway.changed).toEqual([]);
  });

  test("to a session that ended by itself after the diagnosis", async () => {
    const { gateway, it } = wedged();
    const newId = (): string => {
      endedLog(gateway, it.now);
      return "repair";
    };
    expect(await it.reset("main --yes --json", { newId })).toMatchObject({ exitCode: 0, outcomes: ["already-free"] });
    expect(gateway.changed).toEqual([]);
  });

  test("to a session that is another one since the diagnosis", async () => {
    const { gateway, it } = wedged();
    let lists = 0;
    gateway.does.set("sessions.list", () => ({
      sessions: [{ key: "agent:main:main", sessionId: ++lists === 1 ? "id-main" : "id-new" }],
    }));
    expect(await it.reset("main --yes --json")).toMatchObject({ exitCode: 1, outcomes: ["refused"] });
    expect(gateway.changed).toEqual([]);
  });
});

test("--all-blocked leaves alone what is only probably blocked", async () => {
  const { gateway, it } = wedged();
  it.now = Date.parse("2026-01-28T08:01:00Z");
  const { exitCode, report } = await it.reset("--all-blocked --yes --json");
  expect(exitCode).toBe(1);
  expect(report?.results).toMatchObject([{ outcome: "refused", next: "clawdbot-sessions reset agent:main:main" }]);
  expect(gateway.changed).toEqual([]);
  it.now = Date.parse("2026-01-28T09:10:15Z");
  stops(gateway, it);
  expect(await it.reset("--all-blocked --yes --json")).toMatchObject({ exitCode: 0, outcomes: ["restored"] });
});

test("--all-blocked with nothing blocked is good news", async () => {
  const gateway = new FakeGateway();
  gateway.write("diagnostic", "lane enqueue: lane=session:main queueSize=1", Date.parse("2026-01-28T08:00:00Z"));
  gateway.write(
    "diagnostic",
    "lane dequeue: lane=session:main waitMs=1 queueSize=0",
    Date.parse("2026-01-28T08:00:00Z"),
  );
  endedLog(gateway, Date.parse("2026-01-28T08:00:01Z"));
  expect(await bench(gateway).reset("--all-blocked --yes --json")).toMatchObject({ exitCode: 0, outcomes: [] });
});

test("--all-blocked on a log that shows no runs cannot tell", async () => {
  const gateway = new FakeGateway();
  gateway.write("gateway", "listening on ws://127.0.0.1:18789 (PID 1)", Date.parse("2026-01-28T08:00:00Z"), "INFO");
  await expect(bench(gateway).reset("--all-blocked --yes")).rejects.toThrow("does not show runs");
});

describe("a log that shows no runs, and no lock", () => {
  function blind(): { gateway: FakeGateway; it: Bench } {
    const gateway = new FakeGateway([{ key: "agent:main:main", sessionId: "id-main" }]);
    gateway.write("gateway", "listening on ws://127.0.0.1:18789 (PID 1)", Date.parse("2026-01-28T08:00:00Z"), "INFO");
    return { gateway, it: bench(gateway) };
  }

  test("is unverified, and names the proof that is left", async () => {
    const { it } = blind();
    const { exitCode, report } = await it.reset("main --yes --json");
    expect(exitCode).toBe(1);
    expect(report?.results[0]).toMatchObject({
      before: "unknown",
      outcome: "unverified",
      evidence: [],
      next: "clawdbot-sessions reset agent:main:main --probe",
    });
  });

  test("is restored by a real answer, without a step being sent twice", async () => {
    const { gateway, it } = blind();
    await it.reset("main --yes --json");
    gateway.does.set("chat.send", ({ idempotencyKey, message }) => {
      expect(message).not.toBe("/stop:");
      setTimeout(() => {
        gateway.tell("chat", { runId: idempotencyKey, state: "final" });
        gateway.tell("chat", { runId: "other", state: "final", message: { content: [{ type: "text", text: "no" }] } });
        gateway.tell("chat", {
          runId: idempotencyKey,
          state: "final",
          message: { content: [{ type: "text", text: "yes" }] },
        });
      });
      return { status: "started" };
    });
    const { exitCode, report } = await it.reset("main --yes --json --probe");
    expect({ exitCode, outcome: report?.results[0]?.outcome }).toEqual({ exitCode: 0, outcome: "restored" });
    expect(gateway.changed.filter(({ params }) => params["message"] === "/stop:")).toHaveLength(1);
  });

  test("an answer by a new session of the same name proves nothing", async () => {
    const { gateway, it } = blind();
    gateway.does.set("chat.send", ({ idempotencyKey, message }) => {
      if (message !== "/stop:") {
        const [main] = gateway.sessions;
        if (main) main.sessionId = "id-new";
        setTimeout(() => gateway.tell("chat", { runId: idempotencyKey, state: "final", message: { text: "yes" } }));
      }
      return { status: "started" };
    });
    expect(await it.reset("main --yes --json --probe")).toMatchObject({ exitCode: 1, outcomes: ["unverified"] });
  });

  test("a message that nobody answers is no proof either", async () => {
    const { gateway, it } = blind();
    gateway.does.set("chat.send", ({ idempotencyKey, message }) => {
      if (message === "/stop:") {
        const reply = { runId: idempotencyKey, state: "final", message: { text: "⚙️ Agent was aborted." } };
        setTimeout(() => gateway.tell("chat", reply));
      }
      return { status: "started" };
    });
    expect(await it.reset("main --yes --json --probe --probe-timeout 50ms")).toMatchObject({
      exitCode: 1,
      outcomes: ["ineffective"],
    });
  });
});

describe("a repair that is cut in the middle", () => {
  test.each([
    ["timeout", true],
    ["closed", true],
    ["garbage", true],
  ] as const)("a step that may have arrived (%s) is not sent again, and its effect is seen", async (kind, sent) => {
    const { gateway, it } = wedged();
    gateway.does.set("chat.send", () => {
      endedLog(gateway, it.now);
      return failing(kind, sent)();
    });
    const { outcomes } = await it.reset("main --yes --json");
    expect(outcomes).toEqual(["restored"]);
    expect(gateway.changed).toHaveLength(1);
  });

  test("the gateway goes away after the step: unverified, and the next call finishes", async () => {
    const { gateway, it } = wedged();
    gateway.does.set("chat.send", () => {
      gateway.does.set("logs.tail", failing("timeout", true));
      gateway.does.set("sessions.list", failing("timeout", true));
      return { status: "started" };
    });
    const first = await it.reset("main --yes --json");
    expect(first).toMatchObject({ exitCode: 1, outcomes: ["unverified"] });
    expect(it.journal().at(-1)).toMatchObject({ event: "cut" });

    gateway.does.clear();
    endedLog(gateway, it.now + 100);
    it.now += 5_000;
    const second = await it.reset("main --yes --json");
    expect(second).toMatchObject({ exitCode: 0, outcomes: ["restored"] });
    expect(second.report?.results[0]?.evidence[0]?.text).toContain("after the step of the earlier call");
    expect(gateway.changed).toHaveLength(1);
    expect(it.journal().at(-1)).toMatchObject({ event: "end", outcome: "restored", repair: "repair-1" });

    const third = await it.reset("main --yes --json");
    expect(third).toMatchObject({ exitCode: 0, outcomes: ["already-free"] });
  });

  test("free at the next call, with no proof of it: --probe gives one", async () => {
    const { gateway, it } = wedged();
    gateway.fallSilentAfterSend();
    await it.reset("main --yes --json");
    gateway.does.clear();
    // The process is another one now: the run is lost, and its session free.
    gateway.write("gateway", "listening on ws://127.0.0.1:18789 (PID 9999)", it.now, "INFO");
    it.now += 60_000;
    gateway.does.set("chat.send", ({ idempotencyKey }) => {
      setTimeout(() => gateway.tell("chat", { runId: idempotencyKey, state: "final", message: { text: "yes" } }));
      return { status: "started" };
    });
    const { exitCode, report } = await it.reset("main --yes --json --probe");
    expect({ exitCode, outcome: report?.results[0]?.outcome }).toEqual({ exitCode: 0, outcome: "restored" });
    expect(gateway.changed.filter(({ params }) => params["message"] === "/stop:")).toHaveLength(1);
  });

  test("still held at the next call: not sent again, and said so", async () => {
    const { gateway, it } = wedged();
    gateway.fallSilentAfterSend();
    await it.reset("main --yes --json");
    gateway.does.clear();
    const { outcomes, report } = await it.reset("main --yes --json");
    expect(outcomes).toEqual(["ineffective"]);
    expect(report?.results[0]?.steps.map(({ action }) => action)).toEqual(["look", "resume", "verify"]);
    expect(report?.results[0]?.next).toBe("clawdbot gateway restart");
    expect(gateway.changed).toHaveLength(1);
  });

  test("cut off before anybody knows whether the step left: it can be sent again by force", async () => {
    const { gateway, it } = wedged();
    // As a kill leaves it: written down as sent, and nothing after it.
    const store = {
      ...it.store,
      append: (entry: Parameters<typeof it.store.append>[0]) => {
        it.store.append(entry);
        if (entry.event === "send") throw new Error("killed");
      },
    };
    await expect(it.reset("main --yes --json", { store: () => store })).rejects.toThrow("killed");
    const { outcomes, report } = await it.reset("main --yes --json");
    expect(outcomes).toEqual(["ineffective"]);
    expect(report?.results[0]?.next).toBe("clawdbot-sessions reset agent:main:main --force");
    expect(report?.results[0]?.nextNote).toMatch(/^the step .* sends it again$/);
    expect(gateway.changed).toEqual([]);
    stops(gateway, it);
    expect(await it.reset("main --yes --json --force")).toMatchObject({ outcomes: ["restored"] });
  });

  test("nothing left this machine: the next call sends it", async () => {
    const { gateway, it } = wedged();
    gateway.does.set("chat.send", failing("closed", false));
    expect(await it.reset("main --yes --json")).toMatchObject({ exitCode: 1, outcomes: ["failed"] });
    stops(gateway, it);
    // At once: what did not leave wears nothing out.
    expect(await it.reset("main --yes --json")).toMatchObject({ exitCode: 0, outcomes: ["restored"] });
  });

  test("the first step may have helped, and the second could not be sent: unverified, and not sent again", async () => {
    const gateway = new FakeGateway();
    gateway.write("gateway", "listening on ws://127.0.0.1:18789 (PID 1)", Date.parse("2026-01-28T08:00:00Z"), "INFO");
    gateway.version = "2026.3.31";
    gateway.does.set("chat.send", failing("closed", false));
    const it = bench(gateway);
    expect(await it.reset("main --yes --json")).toMatchObject({ exitCode: 1, outcomes: ["unverified"] });
    await it.reset("main --yes --json");
    const aborts = gateway.changed.filter(({ method }) => method === "chat.abort");
    expect(aborts.map(({ params }) => params["sessionKey"])).toEqual(["agent:main:main", "main"]);
  });
});

test("after a step whose effect is seen no other one goes out, also where no real message is answered", async () => {
  const { gateway, it } = wedged();
  gateway.version = "2026.3.31";
  gateway.does.set("chat.abort", () => {
    endedLog(gateway, it.now);
    return { ok: true, aborted: false, runIds: [] };
  });
  const { outcomes } = await it.reset("main --yes --json --probe --probe-timeout 50ms");
  expect(outcomes).toEqual(["unverified"]);
  expect(gateway.changed.map(({ method }) => method).filter((it) => it !== "chat.abort")).toEqual(["chat.send"]);
  expect(gateway.changed.at(-1)?.params["message"]).not.toBe("/stop:");
});

test("a log whose lines can't be read tells nothing: unverified, not ineffective", async () => {
  const { gateway, it } = wedged();
  gateway.does.set("chat.send", () => {
    gateway.does.set("logs.tail", () => ({
      file: "/tmp/gateway.log",
      cursor: 99,
      size: 99,
      lines: [7, null],
      reset: false,
    }));
    return { status: "started" };
  });
  expect(await it.reset("main --yes --json")).toMatchObject({ exitCode: 1, outcomes: ["unverified"] });
});

test("a loop of repairs is slowed down, unless it is forced", async () => {
  const { gateway, it } = wedged();
  await it.reset("main --yes --json");
  const soon = await it.reset("main --yes --json");
  expect(soon.outcomes).toEqual(["refused"]);
  expect(gateway.changed).toHaveLength(1);
  await it.reset("main --yes --json --force");
  expect(gateway.changed).toHaveLength(2);
});

test("two repairs of one session at once: the second keeps its hands off", async () => {
  const { gateway, it } = wedged();
  const lock = it.store.lock(gateway.url, "agent:main:main");
  expect(await it.reset("main --yes --json")).toMatchObject({ outcomes: ["refused"] });
  expect(gateway.changed).toEqual([]);
  if ("release" in lock) lock.release();
  stops(gateway, it);
  expect(await it.reset("main --yes --json")).toMatchObject({ outcomes: ["restored"] });
});

test("2026.2.26 told to stay in its process: only sessions.reset helps, and nothing else is tried", async () => {
  const { gateway, it } = wedged();
  gateway.version = "2026.2.26";
  gateway.does.set("sessions.reset", () => {
    const [main] = gateway.sessions;
    if (main) main.sessionId = "id-new";
    endedLog(gateway, it.now);
    return { ok: true };
  });
  const { outcomes, out } = await it.reset("main --yes --json");
  expect(outcomes).toEqual(["restored"]);
  expect(gateway.changed).toEqual([{ method: "sessions.reset", params: { key: "main" } }]);
  expect(out).not.toContain("token");
});

describe("the journal fails in the middle", () => {
  /** A store whose appends fail from the `nth` on. */
  function failsFrom(it: Bench, nth: number): Bench["store"] {
    let appends = 0;
    return {
      ...it.store,
      append(entry) {
        if (++appends >= nth) throw new UserError("no space left");
        it.store.append(entry);
      },
    };
  }

  test.each([
    [1, "begin"],
    [2, "send"],
  ])("before anything was sent (entry %i, %s): nothing is sent, and it is the user's error", async (nth) => {
    const { gateway, it } = wedged();
    stops(gateway, it);
    await expect(it.reset("main --yes --json", { store: () => failsFrom(it, nth) })).rejects.toThrow("no space left");
    expect(gateway.changed).toEqual([]);
  });

  test.each([
    [3, "reply"],
    [4, "verify"],
    [5, "end"],
  ])("after the step (entry %i, %s): what became of it is seen and told", async (nth) => {
    const { gateway, it } = wedged();
    stops(gateway, it);
    const { exitCode, report } = await it.reset("main --yes --json", { store: () => failsFrom(it, nth) });
    expect({ exitCode, outcome: report?.results[0]?.outcome }).toEqual({ exitCode: 0, outcome: "restored" });
    const told = report?.results[0]?.steps.filter(({ action }) => action === "journal");
    expect(told).toMatchObject([{ ok: false, detail: "no space left" }]);
    // The journal that was mended knows of the step, and does not send it again.
    await it.reset("main --yes --json");
    expect(gateway.changed).toHaveLength(1);
  });

  test.each([3, 4])("after a step that did not help (entry %i): no other one goes out", async (nth) => {
    const { gateway, it } = wedged();
    gateway.version = "2026.5.28";
    const whole = await bench(gateway).reset("main --yes --json");
    const ladder = gateway.changed.map(({ method }) => method);
    expect(new Set(ladder).size).toBeGreaterThan(1);
    expect(whole.outcomes).toEqual(["ineffective"]);

    gateway.asked.length = 0;
    const { exitCode, report } = await it.reset("main --yes --json", { store: () => failsFrom(it, nth) });
    expect(exitCode).toBe(1);
    expect(report?.results[0]).toMatchObject({ outcome: "failed", next: "clawdbot-sessions reset agent:main:main" });
    expect(new Set(gateway.changed.map(({ method }) => method))).toEqual(new Set([ladder[0]]));
  });

  test("at a later session: what became of the first is told all the same", async () => {
    const { gateway, it } = wedged();
    wedgedLog(gateway, "room", "id-room", "run-2");
    gateway.does.set("chat.send", ({ sessionKey }) => {
      if (String(sessionKey).endsWith("main")) endedLog(gateway, it.now);
      return { status: "started" };
    });
    const { exitCode, report } = await it.reset("main room --yes --json", { store: () => failsFrom(it, 6) });
    expect(exitCode).toBe(1);
    expect(report?.results).toMatchObject([
      { sessionKey: "agent:main:main", outcome: "restored" },
      {
        sessionKey: "agent:main:room",
        outcome: "failed",
        steps: [{ action: "look", ok: false, detail: "nothing was sent to it: no space left", ms: 0 }],
        evidence: [],
      },
    ]);
    expect(gateway.changed).toHaveLength(1);
  });
});

test("a command with a hidden name in it says so, also behind a comment of its own", async () => {
  const gateway = new FakeGateway([{ key: "agent:main:lea", sessionId: "id-lea" }]);
  wedgedLog(gateway, "lea", "id-lea");
  const it = bench(gateway);
  const append = it.store.append.bind(it.store);
  const store: Bench["store"] = {
    ...it.store,
    append: (entry) => {
      append(entry);
      if (entry.event === "send") throw new Error("killed");
    },
  };
  await expect(it.reset("lea --yes --json", { store: () => store })).rejects.toThrow("killed");
  const { report } = await it.reset("lea --yes --json --redact");
  expect(report?.results[0]?.next).toMatch(/^clawdbot-sessions reset session-\d+ --force$/);
  expect(report?.results[0]?.nextNote).toMatch(/^the step .* sends it again; a name in it is hidden here/);
  expect(gateway.changed).toEqual([]);
});

describe("nobody reads the output any more", () => {
  /** From the `nth` write on. */
  const failsFrom = (nth: number, error: Error) => {
    let writes = 0;
    return () => {
      if (++writes >= nth) throw error;
    };
  };

  test.each(["main --yes", "main --yes --json"])("reset %s | head: what was begun is finished", async (words) => {
    for (let nth = 1; nth < 8; nth++) {
      const { gateway, it } = wedged();
      stops(gateway, it);
      const { exitCode } = await it.reset(words, {}, undefined, failsFrom(nth, new BrokenPipe()));
      expect(exitCode).toBe(0);
      expect(it.journal().at(-1)).toMatchObject({ event: "end", outcome: "restored" });
    }
  });

  test("the exit code is that of a session that is blocked still", async () => {
    for (let nth = 1; nth < 8; nth++) {
      const { it } = wedged();
      const { exitCode } = await it.reset("main --yes", {}, undefined, failsFrom(nth, new BrokenPipe()));
      expect(exitCode).toBe(1);
      expect(it.journal().at(-1)).toMatchObject({ event: "end", outcome: "ineffective" });
    }
  });

  test("a full disk below the output: an error before anything is sent, and no good news after it", async () => {
    const seen = new Set<string>();
    for (let nth = 1; nth <= 6; nth++) {
      const { gateway, it } = wedged();
      stops(gateway, it);
      const full = new UserError("cannot write the output: no space left on the device");
      const told = await it.reset("main --yes", {}, undefined, failsFrom(nth, full)).catch((error: unknown) => error);
      if (told === full) {
        expect(gateway.changed).toEqual([]);
        seen.add("before");
      } else if (gateway.changed.length > 0) {
        expect(told).toMatchObject({ exitCode: 1 });
        expect(it.journal().at(-1)).toMatchObject({ event: "end", outcome: "restored" });
        seen.add("after");
      }
      if (nth === 1) expect(told).toBe(full);
    }
    expect(seen).toEqual(new Set(["before", "after"]));
  });
});

describe("a probe that says nothing of the session: unverified", () => {
  type Probe = (gateway: FakeGateway, runId: unknown) => unknown;
  const later = (does: () => void): object => (setTimeout(does), { status: "started" });

  test.each<[string, string, Probe]>([
    ["it could not be sent", "not sent: ", failing("closed", false)],
    ["the gateway said no", "not taken: ", failing("rejected", true)],
    ["it may not have arrived", "no sign that it arrived", failing("timeout", true)],
    ["the turn failed", "ended in an error", (it, runId) => later(() => it.tell("chat", { runId, state: "error" }))],
    ["the connection broke while it was waited for", "no answer could be heard", (it) => later(() => it.breakOff())],
  ])("%s", async (_, said, probed) => {
    const gateway = new FakeGateway();
    gateway.write("gateway", "listening on ws://127.0.0.1:18789 (PID 1)", Date.parse("2026-01-28T08:00:00Z"), "INFO");
    gateway.does.set("chat.send", ({ message, idempotencyKey }) =>
      message === "/stop:" ? { status: "started" } : probed(gateway, idempotencyKey),
    );
    const it = bench(gateway);
    const { exitCode, report } = await it.reset("main --yes --json --probe --probe-timeout 300ms");
    expect({ exitCode, outcome: report?.results[0]?.outcome }).toEqual({ exitCode: 1, outcome: "unverified" });
    expect(report?.results[0]?.steps.find(({ action }) => action === "probe")?.detail).toContain(said);
    expect(it.journal().map(({ event }) => event)).toContain("probe");
  });

  test("an answer by who knows which session", async () => {
    const gateway = new FakeGateway();
    gateway.write("gateway", "listening on ws://127.0.0.1:18789 (PID 1)", Date.parse("2026-01-28T08:00:00Z"), "INFO");
    gateway.does.set("chat.send", ({ message, idempotencyKey: runId }) => {
      if (message === "/stop:") return { status: "started" };
      gateway.does.set("sessions.list", failing("timeout", true));
      return later(() => gateway.tell("chat", { runId, state: "final", message: { text: "yes" } }));
    });
    const { report } = await bench(gateway).reset("main --yes --json --probe");
    expect(report?.results[0]).toMatchObject({ outcome: "unverified", evidence: [] });
  });
});
