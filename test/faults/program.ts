/** The built program as a process of its own, in front of a served gateway. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import type { Call } from "../../lab/faults/invariants.ts";
import { FaultProxy, type Moment } from "../../lab/faults/proxy.ts";
import type { ResetReport } from "../../src/repair/model.ts";
import { EARLY, serveGateway, type ServedGateway } from "./served-gateway.ts";

const BIN = fileURLToPath(new URL("../../bin/clawdbot-sessions.js", import.meta.url));
/** What takes longer than this hangs (ms). */
const HANGS_MS = 30_000;
/** Longer ago than any run timeout, so that the session is blocked beyond doubt. */
const HELD_SINCE_MS = 70 * 60_000;

export interface Running {
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A module's text, loaded before the program. */
  readonly preload?: string;
  /** Blocks of 512 bytes that a file may have (`ulimit -f`): beyond it a write is short, and then none succeeds. */
  readonly fileBlocks?: number;
  readonly started?: (pid: number) => void;
}

interface Ran {
  readonly call: Call;
  readonly signal: NodeJS.Signals | null;
}

export interface Arena {
  /** `clawdbot-sessions reset main --yes --json …`, or with the names of all that are held */
  readonly run: (running?: Running) => Promise<Ran>;
  readonly proxy: FaultProxy;
  /** Where the program keeps its journal; it makes it. */
  readonly own: string;
  /** The journal's text. */
  readonly journal: () => string;
}

export async function inArena<T>(
  work: (arena: Arena) => Promise<T>,
  onMoment: (moment: Moment) => "drop" | undefined = () => undefined,
  rooms: readonly string[] = ["main"],
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "sessions-faults-"));
  const gateway = await serveGateway(EARLY, Date.now, Date.now() - HELD_SINCE_MS, rooms);
  const proxy = await FaultProxy.start(gateway.port, { onMoment });
  const own = path.join(folder, "own");
  const file = path.join(own, "journal.ndjson");
  try {
    return await work({
      run: (running = {}) => runOnce(folder, gateway, proxy.url, rooms, running),
      proxy,
      own,
      journal: () => (existsSync(file) ? readFileSync(file, "utf8") : ""),
    });
  } finally {
    await proxy.close();
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runOnce(
  folder: string,
  gateway: ServedGateway,
  url: string,
  rooms: readonly string[],
  running: Running,
): Promise<Ran> {
  const { words = [], env = {}, preload, fileBlocks = "unlimited", started = () => {} } = running;
  const before = gateway.arrived.length;
  const first = preload === undefined ? [] : ["--import", `data:text/javascript,${encodeURIComponent(preload)}`];
  const reset = ["reset", ...rooms, "--yes", "--json", "--url", url, "--token", "no-real-token"];
  // The shell becomes the program, so the pid is the program's.
  const shell = `ulimit -f ${fileBlocks}; exec "$0" "$@"`;
  const child = spawn("sh", ["-c", shell, process.execPath, ...first, BIN, ...reset, ...words], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, CLAWDBOT_SESSIONS_STATE_DIR: path.join(folder, "own"), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid !== undefined) started(child.pid);
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    child.kill("SIGKILL");
  }, HANGS_MS);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (...how) => resolve(how));
  });
  clearTimeout(timer);
  // The process has closed its connections; what it sent before that arrives.
  await gateway.idle();
  if (hangs) throw new Error(`it did not end: ${err}`);
  const call: Call = {
    exitCode: code,
    out,
    err,
    report: signal === null && out !== "" ? (JSON.parse(out) as ResetReport) : undefined,
    arrived: gateway.arrived.slice(before),
    free: gateway.free(),
    force: words.includes("--force"),
  };
  return { call, signal };
}

/** Of a call that was killed nothing was said: only what it did counts. */
export function silenced(call: Call): Call {
  return { ...call, exitCode: 1, out: "", report: undefined };
}

/** One call, and where that did not free the session one more with `--force`. */
export async function goOn({ run, proxy }: Arena): Promise<readonly Call[]> {
  proxy.heal();
  const { call } = await run();
  return call.exitCode === 0 ? [call] : [call, (await run({ words: ["--force"] })).call];
}

/** Works off a list, two at a time: each is a process beside us. */
export async function atOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const one = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all([one(), one()]);
}
