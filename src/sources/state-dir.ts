import { readFile, readdir, realpath } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";

import ndjson from "ndjson";

import { UserError } from "../errors.ts";
import type { SessionLock, StateDir, TranscriptEnd } from "../state-evidence.ts";
import { errorCode, reason } from "./fs.ts";
import { openPlain, readPlain } from "./plain-file.ts";

const LOCK = ".jsonl.lock";
/** Of a store of sessions; the largest that was seen have a few megabytes (bytes). */
const LARGEST_JSON = 256 * 1024 * 1024;

/**
 * Reads the locks of a gateway's state dir, and only reads: the store for the
 * sessions' keys, each lock, and how the transcript beside it ends. The texts
 * of the chats are read past and not kept.
 *
 * @param shown the path as the user typed it
 * @param dir the same, absolute
 * @throws UserError if the folder is no state dir or can't be read
 */
export async function readStateDir(shown: string, dir: string): Promise<StateDir> {
  const agents = path.join(dir, "agents");
  const names = await readdir(agents).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") {
      throw new UserError(
        `no gateway state in ${shown}: it has no folder agents/`,
        "Give the folder that holds agents/<agent>/sessions/, for example ~/.clawdbot or ~/.openclaw.",
      );
    }
    throw new UserError(`cannot read ${shown}: ${reason(error)}`);
  });
  const found = {
    locks: [] as SessionLock[],
    bytes: 0,
    hasDatabase: false,
    updatedAt: undefined as number | undefined,
  };
  for (const agent of names.toSorted()) {
    await readAgent(agent, path.join(agents, agent), found);
  }
  return { path: shown, ...found };
}

/** The state dirs of this machine's gateways: from the environment, or where they are by default, profiles included. */
export async function findStateDirs(
  home: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<string[]> {
  const dirs = new Set<string>();
  for (const product of ["clawdbot", "moltbot", "openclaw"]) {
    const named = variables[`${product.toUpperCase()}_STATE_DIR`]?.trim();
    dirs.add(named ? path.resolve(named.replace(/^~(?=$|\/)/, home)) : path.join(home, `.${product}`));
  }
  const names = await readdir(home).catch(() => []);
  for (const name of names) if (/^\.(?:clawdbot|moltbot|openclaw)-[\w-]+$/.test(name)) dirs.add(path.join(home, name));
  const real = new Map<string, string>();
  for (const dir of dirs) {
    // One folder is often a link to another: the product changed its name.
    const target = await realpath(path.join(dir, "agents")).catch(() => undefined);
    if (target !== undefined && !real.has(target)) real.set(target, dir);
  }
  return [...real.values()];
}

async function readAgent(
  agent: string,
  folder: string,
  found: { locks: SessionLock[]; bytes: number; hasDatabase: boolean; updatedAt: number | undefined },
): Promise<void> {
  const inner = await readdir(path.join(folder, "agent")).catch(() => []);
  if (inner.some((name) => name.endsWith(".sqlite"))) found.hasDatabase = true;
  const sessions = path.join(folder, "sessions");
  const files = await readdir(sessions).catch(() => []);
  const locks = files.filter((name) => name.endsWith(LOCK)).toSorted();
  if (locks.length === 0) return;
  const { keys, updatedAt } = await readStore(agent, path.join(sessions, "sessions.json"));
  found.updatedAt = Math.max(found.updatedAt ?? 0, updatedAt);
  for (const name of locks) {
    const file = path.join(sessions, name);
    const lock = await readLock(file);
    // A lock comes and goes within milliseconds: one that is gone or half written is nobody's.
    if (!lock) continue;
    const sessionId = name.slice(0, -LOCK.length);
    const transcript = path.join(sessions, `${sessionId}.jsonl`);
    found.bytes += lock.bytes;
    found.locks.push({
      path: file,
      sessionId,
      keys: keys.get(sessionId) ?? [],
      pid: lock.pid,
      createdAt: lock.createdAt,
      processLives: await livesSince(lock.pid, lock.createdAt),
      transcript: { path: transcript, ...(await readTranscriptEnd(transcript)) },
    });
  }
}

async function readLock(file: string): Promise<{ pid: number; createdAt: number; bytes: number } | undefined> {
  const json = await readJson(file);
  if (typeof json?.["pid"] !== "number" || typeof json["createdAt"] !== "string") return undefined;
  const createdAt = Date.parse(json["createdAt"]);
  return Number.isNaN(createdAt) ? undefined : { pid: json["pid"], createdAt, bytes: JSON.stringify(json).length };
}

/** The store maps key → {sessionId}; the same session can stand under `main` and `agent:main:main`. */
async function readStore(agent: string, store: string): Promise<{ keys: Map<string, string[]>; updatedAt: number }> {
  const keys = new Map<string, string[]>();
  let updatedAt = 0;
  for (const [key, entry] of Object.entries((await readJson(store)) ?? {})) {
    const id = typeof entry === "object" && entry !== null && "sessionId" in entry ? entry.sessionId : undefined;
    if (typeof entry === "object" && entry !== null && "updatedAt" in entry && typeof entry.updatedAt === "number") {
      updatedAt = Math.max(updatedAt, entry.updatedAt);
    }
    if (typeof id !== "string") continue;
    const full = key.startsWith("agent:") || agent === "main" ? key : `agent:${agent}:${key}`;
    keys.set(id, [...(keys.get(id) ?? []), full]);
  }
  return { keys, updatedAt };
}

async function readJson(file: string): Promise<Record<string, unknown> | undefined> {
  try {
    const json: unknown = JSON.parse(await readPlain(file, LARGEST_JSON));
    return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function readTranscriptEnd(file: string): Promise<{ end: TranscriptEnd; lastAt: number | undefined }> {
  let end: TranscriptEnd = "empty";
  let lastAt: number | undefined;
  try {
    // Not strict: a transcript's last line may be half written.
    const transcript = await openPlain(file);
    await pipeline(
      transcript.createReadStream(),
      ndjson.parse({ strict: false }),
      async (entries: AsyncIterable<unknown>) => {
        for await (const entry of entries) {
          const turn = turnOf(entry);
          if (!turn) continue;
          end = turn.end;
          lastAt = turn.at;
        }
      },
    );
  } catch (error) {
    // A transcript that is damaged or not ours to read must not stop the rest from being told.
    if (errorCode(error) !== "ENOENT") end = "unreadable";
  }
  return { end, lastAt };
}

function turnOf(entry: unknown): { end: TranscriptEnd; at: number | undefined } | undefined {
  if (typeof entry !== "object" || entry === null || !("message" in entry)) return undefined;
  const { message } = entry;
  if (typeof message !== "object" || message === null || !("role" in message)) return undefined;
  const parsed = "timestamp" in entry && typeof entry.timestamp === "string" ? Date.parse(entry.timestamp) : Number.NaN;
  const at = Number.isNaN(parsed) ? undefined : parsed;
  if (message.role === "user") return { end: "user", at };
  if (message.role === "toolResult") return { end: "tool-result", at };
  if (message.role !== "assistant") return undefined;
  const stop = "stopReason" in message ? message.stopReason : undefined;
  return { end: stop === "toolUse" ? "tool-call" : "answered", at };
}

/** Whether a process lives here that is at least as old as the lock: a PID alone may have been given out again. */
async function livesSince(pid: number, createdAt: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and is another user's.
    if (errorCode(error) !== "EPERM") return false;
  }
  const startedAt = await processStart(pid);
  // Boot time is known to the second only.
  return startedAt === undefined || startedAt <= createdAt + 2_000;
}

/** When a process started (ms since the epoch); undefined where the system does not tell (only Linux does, in /proc). */
async function processStart(pid: number): Promise<number | undefined> {
  try {
    const [stat, system] = await Promise.all([readFile(`/proc/${pid}/stat`, "utf8"), readFile("/proc/stat", "utf8")]);
    // The name stands in brackets and may hold spaces; starttime is the 20th field behind it, in hundredths of a second.
    const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    const boot = Number(/^btime (\d+)$/m.exec(system)?.[1]);
    return Number.isNaN(ticks) || Number.isNaN(boot) ? undefined : boot * 1000 + ticks * 10;
  } catch {
    return undefined;
  }
}
