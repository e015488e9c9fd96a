/** What is looked at before a plan is made: whose log, whose files, and by which times. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { parse } from "../../src/cli.ts";
import { UserError } from "../../src/errors.ts";
import { survey, type Reached, type Survey } from "../../src/repair/survey.ts";
import { fakeIo } from "../cli/fake-io.ts";
import { failing, FakeGateway, wedgedLog } from "./fake-gateway.ts";

const folder = () => mkdtempSync(path.join(tmpdir(), "sessions-survey-"));

/** A gateway with `main` wedged, and its log as a file. */
function wedged() {
  const gateway = new FakeGateway([{ key: "agent:main:main", sessionId: "id-new" }]);
  wedgedLog(gateway);
  const file = path.join(folder(), "clawdbot-2026-01-28.log");
  const text = gateway.log.map((line) => `${line}\n`).join("");
  writeFileSync(file, text);
  return { gateway, file, size: Buffer.byteLength(text) };
}

async function look(
  gateway: FakeGateway,
  words: string,
  reached: Partial<Reached> = {},
  home = "/nowhere",
): Promise<Survey> {
  const io = fakeIo({ homedir: home });
  const invocation = parse(["reset", "main", ...words.split(" ").filter(Boolean)], io);
  if (invocation.command !== "reset") throw new Error("not a reset");
  return await survey({ gateway, isLocal: false, runTimeoutMs: null, ...reached }, invocation.options, io, 5_000);
}

/** A state dir with the store of one agent and no lock. */
function stateDir(parent = folder(), name = ".clawdbot"): string {
  const dir = path.join(parent, name);
  mkdirSync(path.join(dir, "agents/main/sessions"), { recursive: true });
  writeFileSync(path.join(dir, "agents/main/sessions/sessions.json"), "{}");
  return dir;
}

describe("the log", () => {
  test("is the gateway's own, from before all else on", async () => {
    const { gateway } = wedged();
    const { known, cursor, sessions } = await look(gateway, "");
    expect(cursor).toBe(gateway.log.length);
    expect(gateway.asked.map(({ method }) => method)).toEqual(["logs.tail", "sessions.list", "logs.tail"]);
    expect(known.diagnosis.settled.sessions).toMatchObject([{ state: "blocked" }]);
    // The list has the session under another id now; by the log it is known by its former one and by its run.
    expect(sessions).toEqual([
      { key: "agent:main:main", canonical: "agent:main:main", sessionIds: ["id-new", "id-main"], runIds: ["run-1"] },
    ]);
  });

  test("knows runs of the session that it is of, and of no other one", async () => {
    const { gateway } = wedged();
    gateway.sessions.push({ key: "agent:main:room", sessionId: "id-room" });
    const start = Date.parse("2026-01-28T08:05:00Z");
    gateway.write("agent/embedded", "embedded run start: runId=bare", start);
    gateway.write("diagnostic", "session turn created: runId=x sessionId=id-room sessionKey=room agentId=main", start);
    gateway.write("agent/embedded", "embedded run start: runId=run-2 sessionId=id-room provider=p model=m", start);
    gateway.write("agent/embedded", "embedded run start: runId=run-3 sessionId=id-nobody provider=p model=m", start);
    const { sessions } = await look(gateway, "");
    expect(sessions.map(({ key, runIds }) => [key, runIds])).toEqual([
      ["agent:main:main", ["run-1"]],
      ["agent:main:room", ["run-2"]],
    ]);
  });

  test("that the gateway does not give can be a file, if one is named", async () => {
    const { gateway, file } = wedged();
    gateway.does.set("logs.tail", failing("rejected", true));
    await expect(look(gateway, "")).rejects.toThrow("the gateway said rejected");
    const { known, cursor } = await look(gateway, `--logs ${file}`);
    expect([cursor, known.diagnosis.settled.sessions[0]?.state]).toEqual([null, "blocked"]);
    gateway.does.set("logs.tail", failing("timeout", true));
    await expect(look(gateway, `--logs ${file}`)).rejects.toBeInstanceOf(UserError);
  });

  test("that is named counts, whatever the gateway's own says", async () => {
    const { gateway, file } = wedged();
    gateway.log.length = 0;
    const { known, cursor } = await look(gateway, `--logs ${file}`);
    expect([cursor, known.diagnosis.settled.sessions[0]?.state]).toEqual([0, "blocked"]);
    expect((await look(gateway, "")).known.diagnosis.settled.sessions).toEqual([]);
  });
});

describe("the times", () => {
  const times = async (words: string, runTimeoutMs: number | null = null) => {
    const { known } = await look(wedged().gateway, words, { runTimeoutMs });
    expect(known.context).toMatchObject({
      isOwn: true,
      datesAreGuessed: false,
      runTimeoutMs: known.diagnosis.settings.runTimeoutMs,
    });
    expect(known.context.now).toBe(Date.parse("2026-01-28T09:10:15Z"));
    return [
      known.diagnosis.settings.runTimeoutMs,
      known.diagnosis.settings.stallAfterMs,
      known.context.stallAfterMs,
    ].map((ms) => ms / 1_000);
  };

  test("are what somebody says, else what the gateway's config says, else its version's", async () => {
    expect(await times("")).toEqual([600, 660, 660]);
    expect(await times("", 120_000)).toEqual([120, 180, 180]);
    expect(await times("--run-timeout 5m", 120_000)).toEqual([300, 360, 360]);
    expect(await times("--stall-after 2m")).toEqual([600, 120, 120]);
  });
});

describe("the state dir", () => {
  /** The gateway's log lies on this machine, so this is where it runs. */
  function here(own: string | null) {
    const { gateway, file, size } = wedged();
    gateway.does.set("logs.tail", () => ({
      file,
      cursor: size,
      size,
      lines: gateway.log,
      truncated: false,
      reset: false,
    }));
    Object.assign(gateway, { stateDir: own });
    return gateway;
  }
  const states = async (gateway: FakeGateway, words = "", home?: string, isLocal = true) => {
    const { known } = await look(gateway, words, { isLocal }, home);
    return [known.states.map((it) => it.path), known.areTheGateways];
  };

  test("is the one that somebody names, on whatever machine", async () => {
    const dir = stateDir();
    expect(await states(wedged().gateway, `--state-dir ${dir}`, undefined, false)).toEqual([[dir], true]);
    await expect(look(wedged().gateway, `--state-dir ${folder()}`)).rejects.toThrow("no gateway state");
  });

  test("is the gateway's own, where that runs on this machine", async () => {
    const dir = stateDir();
    expect(await states(here(dir))).toEqual([[dir], true]);
    expect(await states(here(dir), "--no-state")).toEqual([[], false]);
    expect(await states(here(dir), "", undefined, false)).toEqual([[], false]);
    // It says that it has one, and it is not to be read.
    expect(await states(here(path.join(dir, "gone")))).toEqual([[], false]);
  });

  test("may be any of this machine's, where the gateway does not say", async () => {
    const home = folder();
    const dir = stateDir(home);
    mkdirSync(path.join(home, ".openclaw"));
    expect(await states(here(null), "", home)).toEqual([[dir], false]);
    expect(await states(here(null), "", folder())).toEqual([[], false]);
  });

  test("of this machine tells nothing of a gateway whose log is elsewhere", async () => {
    const home = folder();
    stateDir(home);
    expect(await states(wedged().gateway, "", home)).toEqual([[], false]);
  });
});
