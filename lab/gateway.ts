/**
 * One throwaway gateway: its own home and state, loopback only, no channels,
 * and log files that go on when it is started again. It follows the gateway
 * from process to process and remembers when each one began and died.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import type { InstalledGateway } from "./install.ts";
import { isAlive, kill, LAB_MARK, listenerOn, MARK_NAME, pidsMarked, endMarked, startWatchdog } from "./processes.ts";
import { createDevice, RpcClient, type DeviceIdentity, type RpcEvent } from "./rpc.ts";

export type ConsoleStyle = "compact" | "pretty" | "json";

export interface GatewayOptions {
  readonly installed: InstalledGateway;
  /** An empty folder for home, state and logs. */
  readonly root: string;
  readonly modelUrl: (provider: string) => string;
  readonly debug: boolean;
  readonly consoleStyle: ConsoleStyle;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs it as in a container: a PID namespace of its own, so that every life has the same small pid. */
  readonly container?: boolean;
  /** Merged over `agents.defaults` of the config. */
  readonly agentDefaults?: Readonly<Record<string, unknown>>;
}

/** A process that was the gateway. `pid` is the machine's number, not a namespace's. */
export interface GatewayProcess {
  readonly pid: number;
  readonly since: number;
  diedAt?: number;
}

const TOKEN = "lab-token-0123456789";
/** Where the versions that ignore `logging.file` write; each lab gateway sees a folder of its own there. */
const SHARED_LOG_DIR = "/tmp/openclaw";
const READY_MS = 120_000;
const POLL_MS = 25;

let marks = 0;

export class Gateway {
  readonly consoleLog: string;
  readonly processes: GatewayProcess[] = [];
  readonly #options: GatewayOptions;
  readonly #mark = `${LAB_MARK}-${++marks}`;
  readonly #device: DeviceIdentity | undefined;
  readonly #watch: NodeJS.Timeout;
  #port = 0;

  private constructor(options: GatewayOptions) {
    this.#options = options;
    this.consoleLog = join(options.root, "console.log");
    this.#device = options.installed.version.device ? createDevice() : undefined;
    this.#watch = setInterval(() => this.#followProcess(), POLL_MS);
    this.#watch.unref();
    startWatchdog();
  }

  static async create(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    gateway.#port = await freePort();
    for (const dir of ["home", "state", "workspace", "logs"]) mkdirSync(join(options.root, dir), { mode: 0o700 });
    writeFileSync(gateway.#path("config.json"), JSON.stringify(gateway.#config(), null, 2));
    if (options.installed.version.debug.by === "env") mkdirSync(SHARED_LOG_DIR, { recursive: true, mode: 0o700 });
    return gateway;
  }

  get stateDir(): string {
    return this.#path("state");
  }

  /** The process that is the gateway now. */
  get process(): GatewayProcess | undefined {
    const last = this.processes.at(-1);
    return last?.diedAt === undefined ? last : undefined;
  }

  /** Starts it; a second start after a crash or a stop goes on with the same state and logs. */
  async start(): Promise<void> {
    this.#wanted = true;
    this.#launch();
    await this.waitUntilReady();
  }

  /** Starts the gateway once more beside itself, and waits until that one has left. */
  async startSecondInstance(): Promise<void> {
    const second = this.#spawn();
    const gone = new Promise((resolve) => second.once("exit", resolve));
    await Promise.race([gone, sleep(30_000)]);
    if (second.pid !== undefined && second.exitCode === null) kill(second.pid, "SIGKILL");
  }

  #launch(): void {
    const child = this.#spawn();
    // A container that ends by itself is started again by its engine.
    const launch = ++this.#launches;
    const again = (): void => {
      if (this.#wanted && launch === this.#launches) this.#launch();
    };
    if (this.#options.container) child.on("exit", () => setTimeout(again, 500));
    child.unref();
  }
  #wanted = false;
  #launches = 0;

  #spawn(): ChildProcess {
    const { installed } = this.#options;
    const out = openSync(this.consoleLog, "a");
    const command = [
      installed.node,
      installed.entry,
      "gateway",
      "run",
      "--port",
      String(this.#port),
      "--allow-unconfigured",
    ];
    const [program, ...args] = [...this.#isolation(), ...command] as [string, ...string[]];
    const child = spawn(program, args, {
      cwd: this.#path("workspace"),
      env: this.#environment(),
      stdio: ["ignore", out, out],
    });
    child.on("error", () => {});
    closeSync(out);
    return child;
  }

  /** What stands before the command so that it has its own pids, as in a container, or its own log folder. */
  #isolation(): string[] {
    const { container, installed } = this.#options;
    const ownLogs = installed.version.debug.by === "env";
    if (!container && !ownLogs) return [];
    return [
      "unshare",
      ...(process.getuid?.() === 0 ? [] : ["--map-root-user"]),
      ...(container ? ["--pid", "--fork", "--mount-proc", "--kill-child"] : []),
      ...(ownLogs
        ? ["--mount", "sh", "-c", `mount --bind "$0" ${SHARED_LOG_DIR} && exec "$@"`, this.#path("logs")]
        : []),
    ];
  }

  async waitUntilReady(timeoutMs = READY_MS): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      try {
        const client = await this.connect(() => {}, 2_000);
        const reply = await client.request("sessions.list", {}, 5_000);
        client.close();
        if (reply.ok && this.process) return;
        this.#lastProblem = reply.error?.message ?? "no process";
      } catch (error) {
        this.#lastProblem = String(error);
      }
      if (Date.now() > deadline)
        throw new Error(`the gateway did not get ready: ${this.#lastProblem}; see ${this.consoleLog}`);
      await sleep(200);
    }
  }
  #lastProblem = "";

  connect(onEvent: (event: RpcEvent) => void, timeoutMs?: number): Promise<RpcClient> {
    return RpcClient.connect({
      url: `ws://127.0.0.1:${this.#port}`,
      token: TOKEN,
      device: this.#device,
      onEvent,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  /** What 9.x wants to be told before it restarts by RPC: who it is, from the lock that it holds. */
  identity(): { pid: number; ownerId: string; port: number } {
    const dir = join(this.stateDir, "tmp", `openclaw-${process.getuid?.() ?? 0}`);
    const { pid, ownerId, port } = JSON.parse(readFileSync(join(dir, "gateway.state.lock"), "utf8"));
    return { pid, ownerId, port };
  }

  /** Sends a signal to the gateway itself, not to the launcher in front of it. */
  signal(signal: NodeJS.Signals): void {
    const running = this.process;
    if (!running) throw new Error("no gateway process to signal");
    kill(running.pid, signal);
  }

  /** Ends the gateway's process and its launcher at once, as a crash or the kernel would. */
  async crash(): Promise<void> {
    this.#wanted = false;
    endMarked(this.#mark);
    await this.waitUntilDead();
  }

  async waitUntilDead(timeoutMs = 10_000): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (this.process && Date.now() < deadline) await sleep(POLL_MS);
    return !this.process;
  }

  /** Ends everything that belongs to this gateway. */
  async end(): Promise<void> {
    this.#wanted = false;
    endMarked(this.#mark);
    await this.waitUntilDead(2_000);
    clearInterval(this.#watch);
  }

  /** What the gateway's own command prints, run as its user would. */
  async ownCli(...words: readonly string[]): Promise<string> {
    const { installed } = this.#options;
    const { stdout } = await execa(installed.node, [installed.entry, ...words], {
      cwd: this.#path("workspace"),
      env: this.#environment(),
      extendEnv: false,
      stdin: "ignore",
      timeout: 60_000,
    });
    return stdout;
  }

  /** The lines of the log file, wherever this version writes them. */
  logText(): string {
    const own = this.#path("gateway.jsonl");
    if (existsSync(own)) return readFileSync(own, "utf8");
    const logs = this.#path("logs");
    return readdirSync(logs)
      .toSorted()
      .map((name) => readFileSync(join(logs, name), "utf8"))
      .join("");
  }

  /** Replaces what is of this machine in a text by what any machine could have. */
  clean(text: string): string {
    const { root, installed } = this.#options;
    const packages = join(installed.entry, "..", "..", "..");
    return text
      .replaceAll(this.#path("home"), "/home/user")
      .replaceAll(this.#path("state"), "/home/user/.state")
      .replaceAll(this.#path("config.json"), "/home/user/.state/config.json")
      .replaceAll(root, "/home/user")
      .replaceAll(packages, "/opt/gateway/node_modules")
      .replaceAll(installed.node, "/usr/bin/node")
      .replaceAll(TOKEN, "token");
  }

  #followProcess(): void {
    const last = this.processes.at(-1);
    if (last && last.diedAt === undefined) {
      if (!isAlive(last.pid)) last.diedAt = Date.now();
      else if (++this.#polls % 20 !== 0) return;
    } else if (++this.#polls % 4 !== 0) return;
    const pid = listenerOn(this.#port, pidsMarked(this.#mark));
    if (pid !== undefined && pid !== this.process?.pid) this.processes.push({ pid, since: Date.now() });
  }
  #polls = 0;

  #path(name: string): string {
    return join(this.#options.root, name);
  }

  #environment(): NodeJS.ProcessEnv {
    const { version } = this.#options.installed;
    const prefix = version.env;
    return {
      PATH: process.env["PATH"],
      LANG: "C.UTF-8",
      TZ: "UTC",
      HOME: this.#path("home"),
      [`${prefix}_STATE_DIR`]: this.#path("state"),
      [`${prefix}_CONFIG_PATH`]: this.#path("config.json"),
      [`${prefix}_GATEWAY_TOKEN`]: TOKEN,
      [`${prefix}_SKIP_CHANNELS`]: "1",
      [`${prefix}_DISABLE_BONJOUR`]: "1",
      ...(this.#options.debug && version.debug.by === "env"
        ? { [`${prefix}_LOG_LEVEL`]: version.debug.fileLevel }
        : {}),
      ...this.#options.env,
      [MARK_NAME]: this.#mark,
    };
  }

  #config(): object {
    const { debug, consoleStyle, modelUrl, installed } = this.#options;
    const { restart } = installed.version;
    const provider = (name: string): object => ({
      baseUrl: modelUrl(name),
      apiKey: "none",
      api: "openai-completions",
      models: [
        {
          id: "model",
          name: `${name} model`,
          reasoning: false,
          input: ["text"],
          cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
          contextWindow: 128_000,
          maxTokens: 4_096,
        },
      ],
    });
    return {
      gateway: {
        mode: "local",
        port: this.#port,
        bind: "loopback",
        auth: { mode: "token", token: TOKEN },
        ...(restart.deferralMs !== undefined && { reload: { deferralTimeoutMs: restart.deferralMs } }),
      },
      // Without it the early versions ignore the signal.
      commands: { restart: true },
      logging: {
        file: this.#path("gateway.jsonl"),
        consoleStyle,
        ...(debug ? { level: installed.version.debug.fileLevel, consoleLevel: "debug" } : {}),
      },
      models: { mode: "replace", providers: { first: provider("first"), spare: provider("spare") } },
      agents: {
        defaults: {
          model: { primary: "first/model", fallbacks: ["spare/model"] },
          workspace: this.#path("workspace"),
          skipBootstrap: true,
          ...this.#options.agentDefaults,
        },
      },
    };
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
