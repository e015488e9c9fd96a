/** Runs whole processes and says what they took. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What is run: one program, or several in a pipe. */
export interface Command {
  readonly pipe: readonly (readonly [program: string, ...words: string[]])[];
  readonly env?: Readonly<Record<string, string>>;
}

export function command(program: string, ...words: string[]): Command {
  return { pipe: [[program, ...words]] };
}

export interface Ran {
  /** From the start of the first process to the end of the last one, in milliseconds. */
  readonly ms: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface Used {
  /** Largest resident memory (bytes); of a pipe, the sum of what each of its processes had. */
  readonly peak: number | undefined;
  /** Seconds on a processor, in the program and in the kernel for it. */
  readonly cpu: { readonly user: number; readonly system: number } | undefined;
}

const POLL_MS = 5;

/** Runs a command once, on the clock, with its output in a file. */
export async function time(it: Command, output: string): Promise<Ran> {
  return await run(it, output, undefined);
}

/**
 * Runs a command once for its memory and processor time, apart from the timed
 * rounds, because looking costs time.
 */
export async function use(it: Command, output: string, scratch: string): Promise<Ran & Used> {
  const own = join(scratch, "peak");
  const times = join(scratch, "times");
  rmSync(own, { force: true });
  const watched: Command = {
    pipe: [["sh", "-c", `${shellText(it)}; code=$?; times >${quoted(times)}; exit $code`]],
    env: { ...it.env, BENCH_PEAK_FILE: own },
  };
  const peaks = new Map<number, number>();
  const ran = await run(watched, output, (shell) => {
    for (const pid of descendants(shell)) {
      const peak = highWater(pid);
      if (peak !== undefined) peaks.set(pid, Math.max(peak, peaks.get(pid) ?? 0));
    }
  });
  // Our own process says it by itself at its end; others are looked at until just before.
  const told = readText(own);
  if (told !== undefined) {
    const [pid, bytes] = told.split(" ").map(Number) as [number, number];
    peaks.set(pid, bytes);
  }
  const peak = peaks.size === 0 ? undefined : [...peaks.values()].reduce((sum, bytes) => sum + bytes, 0);
  return { ...ran, peak, cpu: processorTime(readText(times)) };
}

/** The words to put before a script of Node's so that it tells its peak to {@link use}. */
export const TELLS_PEAK = ["--import", fileURLToPath(new URL("./peers/tell-peak.mjs", import.meta.url))] as const;

async function run(it: Command, output: string, look: ((pid: number) => void) | undefined): Promise<Ran> {
  const [program, ...words] = it.pipe.length === 1 && it.pipe[0] ? it.pipe[0] : (["sh", "-c", shellText(it)] as const);
  const out = openSync(output, "w");
  try {
    return await new Promise<Ran>((resolve, reject) => {
      const began = process.hrtime.bigint();
      const child = spawn(program, words, {
        stdio: ["ignore", out, "ignore"],
        env: {
          ...process.env,
          NODE_OPTIONS: undefined,
          NO_COLOR: undefined,
          FORCE_COLOR: undefined,
          TZ: "UTC",
          ...it.env,
        },
      });
      const timer = look && setInterval(() => child.pid !== undefined && look(child.pid), POLL_MS);
      child.once("error", reject);
      child.once("exit", (exitCode, signal) => {
        const ms = Number(process.hrtime.bigint() - began) / 1e6;
        clearInterval(timer);
        resolve({ ms, exitCode, signal });
      });
    });
  } finally {
    closeSync(out);
  }
}

function shellText(it: Command): string {
  return it.pipe.map((words) => words.map(quoted).join(" ")).join(" | ");
}

function quoted(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function descendants(pid: number): number[] {
  const found: number[] = [];
  for (const thread of listing(`/proc/${pid}/task`)) {
    const children = readText(`/proc/${pid}/task/${thread}/children`)?.trim();
    for (const child of children ? children.split(" ").map(Number) : []) found.push(child, ...descendants(child));
  }
  return found;
}

/**
 * The kernel's own mark. It is of this program alone; what `getrusage` calls
 * the maximum counts in the memory of the process that started it.
 */
function highWater(pid: number): number | undefined {
  const match = /^VmHWM:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/status`) ?? "");
  return match?.[1] === undefined ? undefined : Number(match[1]) * 1024;
}

/** The second line of `times`: user and system time of what the shell ran. */
function processorTime(text: string | undefined): Used["cpu"] {
  const match = /\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s/.exec(text ?? "");
  if (!match) return undefined;
  const [, userMinutes, user, systemMinutes, system] = match.map(Number) as [number, number, number, number, number];
  return { user: userMinutes * 60 + user, system: systemMinutes * 60 + system };
}

function listing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
