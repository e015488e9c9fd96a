/** The sessions of this machine's gateways, as their stores name them: fast enough for a key press. */
import { readdir } from "node:fs/promises";
import path from "node:path";

import type { Io } from "../io.ts";
import { readPlain } from "../sources/plain-file.ts";
import { findStateDirs } from "../sources/state-dir.ts";

/** A store larger than this takes longer than a person waits for a completion. */
const LARGEST_STORE = 4 * 1024 * 1024;

/** @returns the keys, sorted; nothing where there is no store, it can't be read, or the version keeps a database */
export async function knownSessionKeys(io: Io): Promise<string[]> {
  const keys = new Set<string>();
  for (const dir of await findStateDirs(io.homedir, io.env)) {
    const agents = path.join(dir, "agents");
    for (const agent of await readdir(agents).catch(() => [])) {
      for (const key of await keysOf(path.join(agents, agent, "sessions", "sessions.json"))) keys.add(key);
    }
  }
  return [...keys].toSorted();
}

async function keysOf(store: string): Promise<string[]> {
  try {
    return Object.keys(JSON.parse(await readPlain(store, LARGEST_STORE)) as object);
  } catch {
    // Between two writes, or not ours to read: a completion is no place for errors.
    return [];
  }
}
