/** Which files are the log: those that were named, and those that the gateway goes on in. */
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { discoverLocalGateways, logFamily } from "../discover.ts";
import { resolveInputs, type SourceEnv } from "../resolve.ts";
import type { Source } from "../source.ts";

export interface Located {
  /** As the user would type it. */
  readonly shown: string;
  /** Absolute. */
  readonly path: string;
  readonly group?: string | undefined;
  readonly profile?: string | undefined;
  readonly isStream: boolean;
  /** The user named this very file. */
  readonly isNamed: boolean;
}

export interface Locator {
  /** All files of the log that there are now, archives included. */
  find(): Promise<readonly Located[]>;
  /** Where a log was looked for. */
  readonly looked: readonly string[];
}

/** The files that the user named, with their other days and rotated parts. */
export function namedLogs(args: readonly string[], env: SourceEnv): Locator {
  return {
    looked: args,
    async find() {
      const found = new Map<string, Located>();
      for (const arg of args) for (const it of await locate(arg, env)) if (!found.has(it.path)) found.set(it.path, it);
      return [...found.values()];
    },
  };
}

/** This machine's gateways, as `doctor` finds them. */
export async function machineLogs(env: SourceEnv): Promise<Locator> {
  const { looked } = await discoverLocalGateways(env);
  return { looked, find: async () => (await discoverLocalGateways(env)).sources.map((it) => located(it, env)) };
}

/**
 * Refuses what can never become a log.
 * @throws UserError for a file in a folder that does not exist
 */
export async function assertMayCome(args: readonly string[], env: SourceEnv): Promise<void> {
  for (const arg of args) {
    const path = absolute(arg, env);
    const folder = await env.fs.facts(dirname(path)).catch(() => undefined);
    if (isGlob(arg) || folder?.kind === "folder" || (await env.fs.facts(path).catch(() => undefined))) continue;
    throw new UserError(`no such file: ${arg}`, "Its folder is not there either, so there is nothing to wait for.");
  }
}

async function locate(arg: string, env: SourceEnv): Promise<readonly Located[]> {
  const path = absolute(arg, env);
  const facts = await env.fs.facts(path).catch(() => undefined);
  if (facts?.kind === "stream") return [{ shown: arg, path, isStream: true, isNamed: true }];
  if (facts?.kind !== "folder" && !isGlob(arg)) return await family(arg, path, env);
  // A folder or a pattern in which nothing is yet may have something later.
  const { sources } = await resolveInputs([arg], env);
  return sources.map((it) => located(it, env));
}

/** A name with a date stands for every day's file; other members of its family are its past. */
async function family(arg: string, path: string, env: SourceEnv): Promise<readonly Located[]> {
  const members = await logFamily(path, env.fs);
  const all = members.includes(path) ? members : [...members, path];
  const exists = async (it: string): Promise<boolean> =>
    (await env.fs.facts(it).catch(() => undefined))?.kind === "file";
  const there = await Promise.all(all.map(async (it) => ((await exists(it)) ? it : undefined)));
  return there
    .filter((it) => it !== undefined)
    .map((it) => ({
      shown: it === path ? arg : join(dirname(arg), basename(it)),
      path: it,
      isStream: false,
      isNamed: it === path,
    }));
}

function located(source: Source, env: SourceEnv): Located {
  const path = absolute(source.path, env);
  const { group, profile, reopenable } = source;
  return { shown: source.path, path, group, profile, isStream: !reopenable, isNamed: false };
}

function absolute(path: string, env: SourceEnv): string {
  return isAbsolute(path) ? path : resolve(env.cwd, path);
}

function isGlob(arg: string): boolean {
  return /[*?{[]/.test(arg);
}

/** A part of a log that nobody writes to any more: packed, or numbered by a rotation. */
export function isPast({ path, isNamed }: Pick<Located, "path" | "isNamed">): boolean {
  const name = basename(path);
  if (/\.(?:gz|zst)$/.test(name)) return true;
  return !isNamed && /(?:\.(?:old|bak)|\.\d{1,3}|\.\d{1,3}\.\w+|[.-]\d{8}(?:-\d+)?)$/.test(name);
}

const DATE = /\d{4}-\d{2}-\d{2}/;

/** Whether one of the other files is a later day of the same log. */
export function hasLaterDay(path: string, others: Iterable<string>): boolean {
  const day = DATE.exec(basename(path))?.[0];
  if (day === undefined) return false;
  const stem = path.replace(DATE, "");
  for (const other of others) {
    const otherDay = DATE.exec(basename(other))?.[0];
    if (otherDay !== undefined && otherDay > day && other.replace(DATE, "") === stem) return true;
  }
  return false;
}
