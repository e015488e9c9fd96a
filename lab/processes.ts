/**
 * The processes of the lab's gateways, found by the mark that we put in their
 * environment and by the port they listen on (Linux: /proc), and always ended
 * by their own pid. A gateway may start another process and leave: the mark is
 * inherited, so nothing of it outlives the lab.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** In the environment of every process that this lab starts, directly or not. */
export const MARK_NAME = "SESSIONS_LAB_MARK";
export const LAB_MARK = `lab-${process.pid}-${randomBytes(4).toString("hex")}`;

const LONGEST_LAB_SECONDS = 3 * 60 * 60;

export function pidsMarked(mark: string): number[] {
  return allPids().filter((pid) => {
    const env = read(`/proc/${pid}/environ`);
    return env !== undefined && env.split("\0").some((entry) => entry.startsWith(`${MARK_NAME}=${mark}`));
  });
}

export function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  // A zombie is dead: only its parent has not looked yet.
  return stat !== undefined && stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
}

/** The process among `pids` that listens on a loopback port. */
export function listenerOn(port: number, pids: readonly number[]): number | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  return pids.find((pid) => socketInodes(pid).some((inode) => inodes.has(inode)));
}

export function endMarked(mark: string): void {
  for (let round = 0; round < 5; round++) {
    const pids = pidsMarked(mark);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid, "SIGKILL");
  }
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}

/**
 * Ends what this lab started when the lab itself is gone, however it went, or
 * runs far too long. Detached, one for the whole lab; it ends by itself.
 */
export function startWatchdog(): void {
  if (watching) return;
  watching = true;
  const script = `
    end=$(( $(date +%s) + ${LONGEST_LAB_SECONDS} ))
    while kill -0 ${process.pid} 2>/dev/null && [ "$(date +%s)" -lt "$end" ]; do sleep 2; done
    for round in 1 2 3; do
      for dir in /proc/[0-9]*; do
        if tr '\\0' '\\n' < "$dir/environ" 2>/dev/null | grep -q "^${MARK_NAME}=${LAB_MARK}"; then kill -9 "\${dir#/proc/}" 2>/dev/null; fi
      done
      sleep 1
    done`;
  spawn("sh", ["-c", script], { detached: true, stdio: "ignore" }).unref();
  process.on("exit", () => endMarked(LAB_MARK));
}
let watching = false;

function allPids(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid);
}

function listeningInodes(port: number): Set<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => (read(file) ?? "").split("\n").slice(1));
  const LISTEN = "0A";
  return new Set(
    rows
      .map((row) => row.trim().split(/\s+/))
      .filter((cells) => cells[1]?.endsWith(wanted) && cells[3] === LISTEN)
      .map((cells) => cells[9]!),
  );
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
