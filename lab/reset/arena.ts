/**
 * One real gateway with a repair beside it: the tool is run as a user runs it
 * (its own words, the config found by itself), every request that it makes is
 * noted, and what became of the runs is seen at the model server.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, main } from "../../src/cli.ts";
import type { Gateway as Peer } from "../../src/gateway/gateway.ts";
import { nodeIo, type Io } from "../../src/io.ts";
import type { Report } from "../../src/model.ts";
import type { ResetReport, ResetResult } from "../../src/repair/model.ts";
import { STEPS, type StepName } from "../../src/repair/steps/index.ts";
import type { RepairStep } from "../../src/repair/steps/step.ts";
import { NODE_WORLD, runReset, type ResetWorld } from "../../src/reset.ts";
import { Gateway, sleep } from "../gateway.ts";
import { installGateway } from "../install.ts";
import { ModelServer } from "../model-server.ts";
import { Stage } from "../stage.ts";
import type { GatewayVersion } from "../versions.ts";

interface Sent {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Methods that change nothing on the gateway. */
export const READING = new Set(["sessions.list", "logs.tail", "chat.history", "status", "health", "diagnostics.lanes"]);

export interface ResetCall {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  readonly report: ResetReport | undefined;
  readonly result: ResetResult | undefined;
  /** What was asked of the gateway. */
  readonly sent: readonly Sent[];
}

export interface CallOptions {
  readonly steps?: Partial<Record<StepName, RepairStep>>;
  /** Stands between the tool and the gateway; may do harm. */
  readonly between?: (
    peer: Peer,
    method: string,
    params: Sent["params"],
    go: () => Promise<unknown>,
  ) => Promise<unknown>;
}

export interface ArenaOptions {
  readonly debug?: boolean;
  readonly noRespawn?: boolean;
  /** Merged over `agents.defaults` of the gateway's config. */
  readonly agentDefaults?: Readonly<Record<string, unknown>>;
}

export class Arena {
  readonly stage: Stage;
  readonly gateway: Gateway;
  readonly model: ModelServer;
  readonly version: GatewayVersion;
  readonly root: string;
  readonly #say: (line: string) => void;

  private constructor(
    stage: Stage,
    gateway: Gateway,
    model: ModelServer,
    version: GatewayVersion,
    root: string,
    say: (line: string) => void,
  ) {
    this.stage = stage;
    this.gateway = gateway;
    this.model = model;
    this.version = version;
    this.root = root;
    this.#say = say;
  }

  static async open(
    version: GatewayVersion,
    options: ArenaOptions,
    say: (line: string) => void = () => {},
  ): Promise<Arena> {
    const installed = await installGateway(version, say);
    const root = mkdtempSync(join(tmpdir(), "sessions-lab-"));
    const model = await ModelServer.start();
    const noRespawn = options.noRespawn ?? false;
    const gateway = await Gateway.create({
      installed,
      root,
      modelUrl: (provider) => model.url(provider),
      debug: options.debug ?? true,
      consoleStyle: "compact",
      env: noRespawn ? { [`${version.env}_NO_RESPAWN`]: "1" } : {},
      ...(options.agentDefaults ? { agentDefaults: options.agentDefaults } : {}),
    });
    const stage = new Stage({ version, gateway, model, noRespawn, note: say });
    const arena = new Arena(stage, gateway, model, version, root, say);
    await stage.start();
    return arena;
  }

  async close(keep = false): Promise<void> {
    this.stage.close();
    await this.gateway.end();
    await this.model.close();
    if (keep) this.#say(`everything stays in ${this.root}`);
    else rmSync(this.root, { recursive: true, force: true });
  }

  /** `clawdbot-sessions reset …words --json`, on this gateway. */
  async reset(words: readonly string[], options: CallOptions = {}): Promise<ResetCall> {
    const sent: Sent[] = [];
    const { io, out, err } = this.io();
    const invocation = parse(["reset", ...words, "--json"], io);
    if (invocation.command !== "reset") throw new Error(`not understood: ${JSON.stringify(invocation)}`);
    const world: ResetWorld = {
      ...NODE_WORLD,
      steps: { ...STEPS, ...options.steps },
      connect: async (raw, io) => {
        const reached = await NODE_WORLD.connect(raw, io);
        return { ...reached, gateway: watched(reached.gateway, sent, options.between) };
      },
    };
    let exitCode: number;
    let problem = "";
    try {
      exitCode = await runReset(invocation.options, io, world);
    } catch (error) {
      exitCode = 2;
      problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
    const report = out() === "" ? undefined : (JSON.parse(out()) as ResetReport);
    const call = { exitCode, out: out(), err: err() + problem, report, result: report?.results[0], sent };
    this.#say(
      `reset ${words.join(" ")}: exit ${exitCode}, ${report?.results.map((it) => `${it.sessionKey ?? it.id} ${it.outcome}`).join(", ") ?? problem}`,
    );
    for (const result of report?.results ?? []) {
      for (const step of result.steps)
        this.#say(`    ${step.action} ${step.ok ? "ok" : "no"} ${step.detail} (${step.ms} ms)`);
      for (const one of result.evidence) this.#say(`    proof: ${one.text} [${one.source.replaceAll(this.root, "")}]`);
      if (result.next) this.#say(`    next: ${result.next}`);
    }
    return call;
  }

  /** The same in words, as on a terminal. */
  async resetInWords(words: readonly string[]): Promise<{ exitCode: number; out: string }> {
    const { io, out } = this.io();
    const exitCode = await main(["reset", ...words], io);
    return { exitCode, out: out() };
  }

  async doctor(words: readonly string[] = []): Promise<{ exitCode: number; report: Report }> {
    const { io, out } = this.io();
    // The versions that write to the machine's own log are read from their console.
    const log = this.version.debug.by === "env" ? this.gateway.consoleLog : join(this.root, "gateway.jsonl");
    const exitCode = await main(["doctor", log, "--json", "--all-runs", ...words], io);
    return { exitCode, report: JSON.parse(out()) as Report };
  }

  /** The request that was sent last, as its method is called. */
  lastStep(): string {
    const step = this.journal().findLast(({ event }) => event === "send")?.["step"] as StepName | undefined;
    if (step === undefined) return "nothing";
    return step === "stop-command" ? "chat.send `/stop:`" : `\`${STEPS[step].method}\``;
  }

  /** The journal's lines. */
  journal(): readonly Record<string, unknown>[] {
    const file = join(this.root, "xdg", "clawdbot-sessions", "journal.ndjson");
    return readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  io(): { io: Io; out: () => string; err: () => string } {
    let out = "";
    let err = "";
    const { env } = this.version;
    const output = (append: (text: string) => void): Io["stdout"] => ({
      isTTY: false,
      columns: 100,
      write: async (text) => append(text),
    });
    const io: Io = {
      ...base(),
      stdin: { isPiped: false, async *[Symbol.asyncIterator]() {} },
      stdout: output((text) => (out += text)),
      stderr: output((text) => (err += text)),
      ask: null,
      env: {
        PATH: process.env["PATH"],
        [`${env}_STATE_DIR`]: this.gateway.stateDir,
        [`${env}_CONFIG_PATH`]: join(this.root, "config.json"),
        XDG_STATE_HOME: join(this.root, "xdg"),
      },
      cwd: this.root,
      homedir: join(this.root, "home"),
    };
    return { io, out: () => out, err: () => err };
  }

  /** Whether the model server saw the gateway give the hanging stream up. */
  wasEnded(id: string): boolean {
    return this.model.streamsOf(id).every((stream) => stream.end !== undefined);
  }

  /** A message by the key as people write it: is it answered? */
  async answers(room: string, seconds = 10): Promise<boolean> {
    const id = await this.stage.say(room, "ok");
    return await this.stage.until(() => this.stage.isOver(id), seconds);
  }

  async sessionId(room: string): Promise<string | undefined> {
    const reply = await this.stage.request("sessions.list", { limit: 1000 });
    const rows = (reply.payload?.["sessions"] ?? []) as { key: string; sessionId: string }[];
    return rows.find(({ key }) => key === room || key === `agent:main:${room}`)?.sessionId;
  }

  /** Whether the transcript of a session holds an earlier message. */
  remembers(sessionId: string | undefined, id: string): boolean {
    try {
      const file = join(this.gateway.stateDir, "agents", "main", "sessions", `${sessionId}.jsonl`);
      return readFileSync(file, "utf8").includes(`#${id}]`);
    } catch {
      return false;
    }
  }

  async pause(ms: number): Promise<void> {
    await sleep(ms);
  }
}

let shared: Io | undefined;

/** It listens to the process's signals, so there is one. */
function base(): Io {
  shared ??= nodeIo();
  return shared;
}

function watched(peer: Peer, sent: Sent[], between: CallOptions["between"]): Peer {
  return {
    url: peer.url,
    version: peer.version,
    methods: peer.methods,
    stateDir: peer.stateDir,
    identity: peer.identity,
    onEvent: (hear) => peer.onEvent(hear),
    onEnd: (hear) => peer.onEnd(hear),
    close: () => peer.close(),
    request(method, params, timeoutMs) {
      sent.push({ method, params });
      const go = (): Promise<unknown> => peer.request(method, params, timeoutMs);
      return between ? between(peer, method, params, go) : go();
    },
  };
}
