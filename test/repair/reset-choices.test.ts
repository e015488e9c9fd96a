/** `reset`: whom it chooses, what it asks and says, and in which order. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { UserError } from "../../src/errors.ts";
import { endedLog, failing, FakeGateway, wedgedLog } from "./fake-gateway.ts";
import { bench, type Bench } from "./run-reset.ts";

const START = Date.parse("2026-01-28T08:00:00Z");
const main = { key: "agent:main:main", sessionId: "id-main" };
const room = { key: "agent:main:room", sessionId: "id-room" };

function wedged(gateway = new FakeGateway([main, room])): { gateway: FakeGateway; it: Bench } {
  wedgedLog(gateway);
  return { gateway, it: bench(gateway) };
}

/** What somebody said went wrong, and what would be right. */
async function saidBy(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => undefined,
    (it: unknown) => it,
  );
  if (!(error instanceof UserError)) throw new Error(`no error of the user: ${String(error)}`);
  return `${error.message}. ${error.help ?? ""}`;
}

/** Sessions a to d hold the four places of lane main across a restart; e waits for one. */
function fullLane(): { gateway: FakeGateway; it: Bench } {
  const names = ["e", "a", "b", "c", "d"];
  const gateway = new FakeGateway(names.map((name) => ({ key: `agent:main:${name}`, sessionId: `id-${name}` })));
  const write = (seconds: number, subsystem: string, message: string, level?: string) =>
    gateway.write(subsystem, message, START + seconds * 1_000, level);
  const lane = (seconds: number, name: string, size: number) => {
    write(seconds, "diagnostic", `lane enqueue: lane=session:${name} queueSize=1`);
    write(seconds, "diagnostic", `lane dequeue: lane=session:${name} waitMs=1 queueSize=0`);
    write(seconds, "diagnostic", `lane enqueue: lane=main queueSize=${size}`);
  };
  write(0, "gateway", "listening on ws://127.0.0.1:18789 (PID 4242)", "INFO");
  names.slice(1).forEach((name, index) => {
    lane(10, name, index + 1);
    write(10, "diagnostic", "lane dequeue: lane=main waitMs=1 queueSize=0");
    write(
      10,
      "agent/embedded",
      `embedded run start: runId=run-${name} sessionId=id-${name} provider=p model=m thinking=off messageChannel=w`,
    );
  });
  write(20, "gateway", "received SIGUSR1; restarting", "INFO");
  write(21, "gateway", "listening on ws://127.0.0.1:18789 (PID 4242)", "INFO");
  lane(60, "e", 5);
  return { gateway, it: bench(gateway) };
}

/** Each `/stop:` ends the run of the session that it names, and with the first of them e gets its place. */
function stopsAll(gateway: FakeGateway, it: Bench): void {
  gateway.does.set("chat.send", ({ sessionKey }) => {
    const name = String(sessionKey);
    endedLog(gateway, it.now, name, `id-${name}`, `run-${name}`);
    if (name === "d") {
      gateway.write("agent/embedded", "embedded run start: runId=run-e sessionId=id-e provider=p model=m", it.now + 1);
    }
    return { status: "started" };
  });
}

describe("a full lane, with --all-blocked", () => {
  test("first those that hold it are freed, and then it is seen whether the others got their turn", async () => {
    const { gateway, it } = fullLane();
    stopsAll(gateway, it);
    const { report } = await it.reset("--all-blocked --yes --json");
    expect(report?.results.map(({ sessionKey, outcome }) => `${sessionKey} ${outcome}`)).toEqual([
      "agent:main:a restored",
      "agent:main:b restored",
      "agent:main:c restored",
      "agent:main:d restored",
      "agent:main:e restored",
    ]);
    expect(gateway.changed.map(({ params }) => params["sessionKey"])).toEqual(["a", "b", "c", "d"]);
    expect(report?.results.at(-1)?.steps).toMatchObject([{ action: "verify", ok: true, detail: "its turn came" }]);
  });

  test("one that does not get its turn is waited for, as long as somebody says", async () => {
    const { gateway, it } = fullLane();
    const before = it.now;
    const { report, exitCode } = await it.reset("--all-blocked --yes --json --verify-timeout 1s");
    expect(exitCode).toBe(1);
    expect(report?.results.at(-1)).toMatchObject({
      outcome: "ineffective",
      steps: [{ ok: false, detail: "its turn has not come yet", ms: 1_000 }],
    });
    expect(it.now - before).toBe(5_000);
    expect(gateway.changed).toHaveLength(4);
  });

  test.each([
    ["--dry-run", [], "planned"],
    ["", ["n"], "declined"],
  ])("nobody is left out where nothing is done (%s)", async (words, answers, outcome) => {
    const { gateway, it } = fullLane();
    const { report } = await it.reset(`--all-blocked --json ${words}`, {}, answers);
    expect(report?.results.map((one) => one.outcome)).toEqual(Array.from({ length: 5 }, () => outcome));
    for (const { evidence, lost } of report?.results ?? []) {
      expect([evidence, lost.runs]).toEqual([[], outcome === "planned" && lost.runs === 1 ? 1 : 0]);
    }
    expect(report?.results.at(-1)).toMatchObject({ sessionKey: "agent:main:e", steps: [] });
    expect(gateway.changed).toEqual([]);
  });

  test("of which nothing is surely dead: each is refused, with the reason, and the waiting one too", async () => {
    const { gateway, it } = fullLane();
    it.now = START + 120_000;
    const { report } = await it.reset("--all-blocked --json");
    expect(report?.results.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => "refused"));
    expect(report?.results[0]?.steps).toEqual([
      {
        action: "look",
        ok: false,
        detail:
          "probably blocked, but it may still be a slow model call; nothing is sent to such a session unless a person names it",
        ms: 0,
      },
    ]);
    expect(report?.results.at(-1)?.steps[0]?.detail).toMatch(/^no run of its own holds it: it waits for a place/);
    expect(report?.results.at(-1)?.evidence).toEqual([]);
    expect(gateway.changed).toEqual([]);
  });

  test("a session that is named and only waits is refused at once", async () => {
    const { it } = fullLane();
    const { report } = await it.reset("e --yes --json");
    expect(report?.results).toMatchObject([{ outcome: "refused" }]);
    expect(report?.results[0]?.steps[0]?.detail).toMatch(/^no run of its own holds it/);
  });
});

describe("who is asked", () => {
  test.each(["y", "Y", " yes ", "YES"])("%j is a yes", async (answer) => {
    const { gateway, it } = wedged();
    await it.reset("main --json", {}, [answer]);
    expect(gateway.changed).toHaveLength(1);
  });

  test.each(["ay", "yess", "y y", "no", ""])("%j is none, and nothing is lost by it", async (answer) => {
    const { gateway, it } = wedged();
    const { report } = await it.reset("main --json", {}, [answer]);
    expect(report?.results).toMatchObject([
      { outcome: "declined", steps: [], evidence: [], lost: { runs: 0, messagesAtLeast: 0 } },
    ]);
    expect(gateway.changed).toEqual([]);
  });

  test("hears what it costs to be sure, too", async () => {
    const told = async (words: string) => (await wedged().it.reset(`main ${words}`, {}, ["n"])).out;
    const [plain, probed] = [await told(""), await told("--probe")];
    expect(plain).toContain("Will ");
    expect(probed).not.toBe(plain);
    expect(probed.length).toBeGreaterThan(plain.length);
  });

  test("where nobody can be", async () => {
    expect(await saidBy(wedged().it.reset("main"))).toBe(
      "there is no terminal to ask on, so nothing was sent. Say --yes if it should be done, or --dry-run to see what would be.",
    );
  });
});

describe("a probe", () => {
  test("that could not be heard is refused before anything is looked at", async () => {
    const { gateway, it } = wedged();
    Object.assign(gateway, { identity: "openclaw gateway call" });
    expect(await saidBy(it.reset("main --yes --probe"))).toBe(
      "--probe: no answer can be heard through openclaw gateway call, the only way that this gateway allows. Leave it out, or approve this tool's device on the gateway.",
    );
    expect(gateway.asked).toEqual([]);
    expect(await it.reset("main --yes --json")).toMatchObject({ outcomes: ["ineffective"] });
  });
});

describe("a dry run", () => {
  test("says what would be done, step by step, and what it would cost", async () => {
    const { gateway, it } = wedged();
    gateway.version = "2026.5.28";
    const { report } = await it.reset("main --dry-run --json");
    const [result] = report?.results ?? [];
    expect(result).toMatchObject({ outcome: "planned", evidence: [], lost: { runs: 1 } });
    expect("next" in (result ?? {})).toBe(false);
    const [plan, ...steps] = result?.steps ?? [];
    expect(plan).toMatchObject({ action: "plan", ok: true, ms: 0 });
    expect(plan?.detail).toContain("abort its run");
    expect(steps.length).toBeGreaterThan(1);
    for (const step of steps)
      expect(step).toMatchObject({ ok: true, ms: 0, detail: expect.stringMatching(/^would be tried: [a-z-]+$/) });
    expect(steps.map(({ action }) => action)).toContain("abort");
  });

  test("leaves an earlier repair as it is", async () => {
    const { gateway, it } = wedged();
    gateway.fallSilentAfterSend();
    await it.reset("main --yes --json");
    gateway.does.clear();
    endedLog(gateway, it.now + 100);
    it.now += 5_000;
    const before = it.journal().length;
    const { report } = await it.reset("main --dry-run --json");
    expect(report?.results).toMatchObject([
      {
        outcome: "restored",
        steps: [{ action: "resume", ok: true, detail: "an earlier call sent stop-command", ms: 0 }],
      },
    ]);
    expect(it.journal()).toHaveLength(before);
    // … which the next call closes.
    await it.reset("main --yes --json");
    expect(it.journal().at(-1)).toMatchObject({ event: "end", outcome: "restored" });
  });
});

describe("a session", () => {
  test("that is named twice is repaired once, under the name that came first", async () => {
    const { gateway, it } = wedged();
    const { report } = await it.reset("main agent:main:main id-main --run run-1 --yes --json");
    expect(report?.results.map(({ id }) => id)).toEqual(["main"]);
    expect(gateway.changed).toHaveLength(1);
  });

  test("that is free is left alone, and said to be", async () => {
    const { report } = await wedged().it.reset("room --yes --json");
    expect(report?.results).toMatchObject([
      {
        outcome: "already-free",
        steps: [{ action: "look", ok: true, detail: "nothing holds it; left alone", ms: 0 }],
        evidence: [],
      },
    ]);
  });

  test("whose run may be alive is refused, and with --force seen to be held still", async () => {
    const gateway = new FakeGateway([main]);
    wedgedLog(gateway);
    // As it is before the restart.
    gateway.log.splice(gateway.log.findIndex((line) => line.includes("SIGUSR1")));
    const it = bench(gateway);
    it.now = START + 60_000;
    const refused = await it.reset("main --yes --json");
    expect(refused.report?.results).toMatchObject([
      {
        before: "busy",
        outcome: "refused",
        next: "clawdbot-sessions reset main --force",
        steps: [{ action: "look", ok: false }],
      },
    ]);
    expect(await it.reset("main --yes --json --force")).toMatchObject({ outcomes: ["ineffective"] });
    expect(gateway.changed.length).toBeGreaterThan(0);
  });

  test("of several: the one that could not be looked at does not hide the others", async () => {
    const { report } = await wedged().it.reset("main nobody --yes --json");
    const looked = (detail: string) => [{ action: "look", ok: false, detail, ms: 0 }];
    expect(report?.results).toMatchObject([
      {
        id: "nobody",
        before: "unknown",
        outcome: "not-found",
        evidence: [],
        steps: looked("the gateway knows 2 sessions, none by that name"),
      },
      {
        id: "main",
        outcome: "refused",
        evidence: [],
        steps: looked("nothing was sent, because not all sessions are known"),
      },
    ]);
  });
});

describe("what an earlier call left open", () => {
  /** The gateway went away after the step, or before it. */
  async function left(sent: boolean, gateway = wedged().gateway) {
    const it = bench(gateway);
    gateway.does.set("chat.send", () => {
      gateway.does.set("sessions.list", failing("timeout", true));
      return sent ? { status: "started" } : failing("closed", false)();
    });
    await it.reset("main --yes --json");
    gateway.does.clear();
    gateway.asked.length = 0;
    return { gateway, it };
  }
  const replaced = (gateway: FakeGateway, it: Bench) => {
    gateway.write("gateway", "listening on ws://127.0.0.1:18789 (PID 9999)", it.now, "INFO");
    it.now += 60_000;
  };

  test("and has helped or not, nobody knows, but the session is free: no proof, and good news", async () => {
    const { gateway, it } = await left(true);
    replaced(gateway, it);
    expect(await it.reset("main --yes --json")).toMatchObject({ exitCode: 0, outcomes: ["already-free"] });
    expect(it.journal().at(-1)).toMatchObject({ event: "end", outcome: "already-free", evidence: [] });
  });

  test("before anything was sent: there is nothing to be proved by a real message", async () => {
    const { gateway, it } = await left(false);
    replaced(gateway, it);
    const { report } = await it.reset("main --yes --json --probe");
    expect(report?.results).toMatchObject([
      { outcome: "already-free", steps: [{ detail: "an earlier call sent nothing" }] },
    ]);
    expect(gateway.changed).toEqual([]);
  });

  test("where the log does not tell, it is gone on with", async () => {
    const gateway = new FakeGateway([main]);
    gateway.write("gateway", "listening on ws://127.0.0.1:18789 (PID 1)", START, "INFO");
    const { it } = await left(true, gateway);
    expect(await it.reset("main --yes --json")).toMatchObject({ exitCode: 1, outcomes: ["unverified"] });
    expect(gateway.changed).toEqual([]);
  });
});

describe("whether it helped", () => {
  test("the list of a later version tells, where it says that the run is active no more", async () => {
    const gateway = new FakeGateway([{ ...main, hasActiveRun: true }]);
    wedgedLog(gateway);
    gateway.version = "2026.9.6";
    for (const method of ["chat.abort", "chat.send", "sessions.abort", "sessions.reset"]) {
      gateway.does.set(method, () => {
        const [session] = gateway.sessions;
        if (session) session.hasActiveRun = false;
        return { ok: true };
      });
    }
    const { report } = await bench(gateway).reset("main --yes --json");
    expect(report?.results).toMatchObject([
      { outcome: "restored", evidence: [{ text: "hasActiveRun=false, was true", source: "sessions.list" }] },
    ]);
  });

  test("neither the log's silence nor the list tells of a session that is held back behind others", async () => {
    const gateway = new FakeGateway([
      { key: "agent:main:a", sessionId: "id-a", hasActiveRun: true },
      { key: "agent:main:b", sessionId: "id-b", hasActiveRun: true },
    ]);
    gateway.version = "2026.9.6";
    const write = (seconds: number, subsystem: string, message: string, level?: string) =>
      gateway.write(subsystem, message, START + seconds * 1_000, level);
    const boot = (seconds: number) => {
      write(seconds, "gateway", "loading configuration…", "INFO");
      write(seconds, "gateway", "ready", "INFO");
    };
    const starts = (seconds: number, name: string, runId: string) =>
      write(seconds, "agent/embedded", `embedded run start: runId=${runId} sessionId=id-${name} provider=p model=m`);
    boot(0);
    for (const name of ["a", "b"]) {
      write(
        5,
        "diagnostic",
        `session turn created: runId=x sessionId=id-${name} sessionKey=agent:main:${name} agentId=main`,
      );
      starts(10, name, `run-${name}`);
    }
    boot(20);
    write(30, "main-session-restart-recovery", "started interrupted main session: agent:main:a", "INFO");
    starts(30, "a", "run-a2");
    write(
      40,
      "diagnostic",
      "message queued: sessionId=id-b sessionKey=agent:main:b source=dispatch queueDepth=1 sessionState=idle",
    );
    const it = bench(gateway);
    it.now = START + 120_000;
    gateway.does.set("sessions.reset", () => {
      for (const session of gateway.sessions) session.hasActiveRun = false;
      return { ok: true };
    });
    const { report } = await it.reset("b --yes --json");
    expect(report?.results).toMatchObject([{ before: "blocked", outcome: "unverified", evidence: [] }]);
  });

  test("the gateway's own log tells, what it has written since a file that was named", async () => {
    const { gateway, it } = wedged();
    const file = path.join(mkdtempSync(path.join(tmpdir(), "sessions-reset-")), "gateway.log");
    writeFileSync(file, gateway.log.map((line) => `${line}\n`).join(""));
    endedLog(gateway, START + 1_800_000);
    expect(await it.reset(`main --yes --json --logs ${file}`)).toMatchObject({
      exitCode: 0,
      outcomes: ["already-free"],
    });
    expect(gateway.changed).toEqual([]);
  });
});

test("what a restart of the process would cost is said where only that is left", async () => {
  const { gateway, it } = wedged();
  const nextOf = async () => {
    const { next, nextNote } = (await it.reset("main --yes --json --force")).report?.results[0] ?? {};
    return [next, nextNote];
  };
  expect(await nextOf()).toEqual([
    "clawdbot gateway restart",
    "ends the process, which frees it; no other run is known to be going on, and 1+ waiting message is lost",
  ]);
  gateway.write("diagnostic", "session turn created: runId=x sessionId=id-room sessionKey=room agentId=main", it.now);
  gateway.write("agent/embedded", "embedded run start: runId=run-2 sessionId=id-room provider=p model=m", it.now);
  gateway.write("diagnostic", "run active check: sessionId=id-room active=true", it.now);
  expect(await nextOf()).toEqual([
    "clawdbot gateway restart",
    "ends the process, which frees it; it cuts 1 running turn (room), and 2+ waiting messages are lost",
  ]);
});

describe("what is hidden", () => {
  test("are the keys of all sessions, also of those that only the log or only the list has", async () => {
    const gateway = new FakeGateway([
      { key: "agent:main:lea", sessionId: "id-lea" },
      { key: "agent:main:leo", sessionId: "id-leo" },
    ]);
    wedgedLog(gateway, "mia", "id-mia");
    const ambiguous = await bench(gateway).reset("le --yes --json --redact");
    expect(ambiguous.outcomes).toEqual(["ambiguous"]);
    expect(ambiguous.out).not.toMatch(/lea|leo/);
    // Its run makes a restart dear, and it is named there.
    wedgedLog(gateway, "lea", "id-lea", "run-2");
    const busy = START + 3_700_000;
    gateway.write("diagnostic", "lane enqueue: lane=session:mia queueSize=2", busy);
    const named = await bench(gateway).reset("lea --yes --json --redact");
    expect(named.out).not.toMatch(/lea|leo|mia/);
  });
});

describe("the gateway", () => {
  test("is named by its own version, else by what its log tells of it", async () => {
    const versionOf = async (version: string | null, lines: readonly string[] = []) => {
      const { gateway, it } = wedged();
      gateway.version = version;
      for (const line of lines) gateway.write("agent/embedded", line, START + 40_000);
      return (await it.reset("room --yes --json")).report?.gateway.version;
    };
    expect(await versionOf("2026.1.30")).toBe("clawdbot 2026.1.30");
    const cleanup = "run cleanup: runId=other sessionId=id-x aborted=false timedOut=false";
    expect(await versionOf(null, [cleanup])).toContain("2026.2.17");
    expect(await versionOf(null)).not.toBe("clawdbot null");
  });

  test("is left again, whatever became of the repair", async () => {
    const { gateway, it } = wedged();
    let closed = 0;
    gateway.close = async () => {
      closed += 1;
      throw new Error("it was gone before");
    };
    await it.reset("room --yes --json");
    await it.reset("main").catch(() => {});
    expect(closed).toBe(2);
  });

  test("that cannot be reached is the user's error", async () => {
    const { it } = wedged();
    const connect = async () => failing("closed", false)();
    await expect(it.reset("main --yes", { connect })).rejects.toBeInstanceOf(UserError);
  });

  test("is asked for as long as somebody says", async () => {
    const { gateway, it } = wedged();
    const patience = new Map<string, unknown>();
    const request = gateway.request.bind(gateway);
    gateway.request = async (method: string, params: Readonly<Record<string, unknown>>, timeoutMs?: number) => {
      patience.set(method, timeoutMs);
      return await request(method, params);
    };
    await it.reset("room --yes --json");
    expect(patience.get("sessions.list")).toBe(5_000);
    await it.reset("room --yes --json --timeout 7s");
    expect(patience.get("sessions.list")).toBe(7_000);
  });
});
