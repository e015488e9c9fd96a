import { isAbsolute, join, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { reason, type SourceFs } from "./fs.ts";
import type { HeldFile } from "./held-file.ts";
import { mayBeLog, mayHoldLogs, rollingLog } from "./names.ts";
import { newTally, readLines } from "./reader.ts";
import type { Source } from "./source.ts";

/** What the reading side needs of the machine it runs on. */
export interface SourceEnv {
  readonly fs: SourceFs;
  /** The working directory. */
  readonly cwd: string;
  /** The user's home. */
  readonly home: string;
  /** Where gateways put their dated files: `/tmp`. */
  readonly tmp: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
}

export interface Resolved {
  readonly sources: readonly Source[];
  /** One for every argument that gave nothing. */
  readonly errors: readonly InputError[];
}

interface InputError {
  /** As it was named. */
  readonly path: string;
  readonly error: UserError;
}

/**
 * The sources that a user's arguments mean: files, folders (all logs in them),
 * globs that no shell expanded, `-`. A file that is named twice is read once.
 */
export async function resolveInputs(args: readonly string[], env: SourceEnv): Promise<Resolved> {
  const sources = new Map<string, Source>();
  const errors: InputError[] = [];
  for (const arg of args) {
    try {
      const found = await resolveOne(arg, env);
      for (const { key, source } of found) {
        if (sources.has(key)) source.close?.();
        else sources.set(key, source);
      }
    } catch (error) {
      const said = error instanceof UserError ? error : new UserError(`cannot read ${arg}: ${reason(error)}`);
      errors.push({ path: arg, error: said });
    }
  }
  return { sources: [...sources.values()], errors };
}

interface Found {
  readonly key: string;
  readonly source: Source;
}

async function resolveOne(arg: string, env: SourceEnv): Promise<readonly Found[]> {
  if (arg === "-") return [{ key: "-", source: stdinSource(env) }];
  const path = absolute(arg, env);
  const facts = await env.fs.facts(path);
  if (facts?.kind === "folder") return inFolder(arg, env);
  if (facts !== undefined) return [await found(arg, env)];
  if (isGlob(arg)) return expand(arg, env);
  throw new UserError(`no such file: ${arg}`);
}

function absolute(path: string, env: SourceEnv): string {
  return isAbsolute(path) ? path : resolve(env.cwd, path);
}

async function found(shown: string, env: SourceEnv): Promise<Found> {
  const path = absolute(shown, env);
  const source = await fileSource(shown, path, env.fs);
  // What the shell's `<(…)` names has no place on a disk.
  const key = source.reopenable ? await env.fs.real(path) : path;
  return { key, source };
}

/**
 * A source over a file or a pipe that has a name.
 *
 * @param shown the path as the user would type it
 */
export async function fileSource(
  shown: string,
  path: string,
  fs: SourceFs,
  more: Partial<Source> = {},
): Promise<Source> {
  const facts = await fs.facts(path);
  if (facts === undefined) throw new UserError(`no such file: ${shown}`);
  const profile = rollingLog(path)?.profile;
  const common = { path: shown, ...(profile === undefined ? {} : { profile }), ...more };
  if (facts.kind === "stream") return { ...common, reopenable: false, open: () => fs.read(path) };
  return {
    ...common,
    reopenable: true,
    size: facts.size,
    mtimeMs: facts.mtimeMs,
    ...held(() => fs.hold(path)),
  };
}

/** Looks at it and readings of it are of the file that the first of them found. */
function held(hold: () => HeldFile): Pick<Source, "open" | "readRange" | "hasGrown" | "close"> {
  let file: HeldFile | undefined;
  const get = (): HeldFile => (file ??= hold());
  return {
    open: (start) => get().read(start),
    // eslint-disable-next-line @typescript-eslint/require-await
    readRange: async (start, length) => get().readRange(start, length),
    hasGrown: () => file?.hasGrown() ?? false,
    close() {
      file?.close();
      file = undefined;
    },
  };
}

function stdinSource(env: SourceEnv): Source {
  const { stdin } = env;
  if (stdin === undefined) throw new UserError("nothing is piped to standard input");
  return { path: "-", reopenable: false, open: () => stdin };
}

function isGlob(arg: string): boolean {
  return /[*?{[]|\*\*/.test(arg);
}

async function expand(pattern: string, env: SourceEnv): Promise<readonly Found[]> {
  const { glob } = await import("tinyglobby");
  const names = await glob(pattern.replaceAll("\\", "/"), {
    cwd: env.cwd,
    dot: true,
    onlyFiles: true,
    absolute: isAbsolute(pattern),
    expandDirectories: false,
  });
  if (names.length === 0) throw new UserError(`no file matches ${pattern}`);
  return Promise.all(names.sort().map((name) => found(name, env)));
}

const DEEPEST = 5;

async function inFolder(folder: string, env: SourceEnv): Promise<readonly Found[]> {
  const logs: Found[] = [];
  let looked = 0;
  const walk = async (shown: string, depth: number): Promise<void> => {
    for (const name of await env.fs.list(absolute(shown, env))) {
      const path = join(shown, name);
      const facts = await env.fs.facts(absolute(path, env)).catch(() => undefined);
      if (facts?.kind === "folder") {
        if (depth < DEEPEST && mayHoldLogs(name)) await walk(path, depth + 1);
      } else if (facts?.kind === "file" && mayBeLog(name)) {
        looked++;
        const candidate = await found(path, env);
        if (await looksLikeLog(candidate.source)) logs.push(candidate);
        else candidate.source.close?.();
      }
    }
  };
  await walk(folder, 0);
  if (logs.length === 0) {
    throw new UserError(
      `no gateway log in folder ${folder}`,
      looked === 0 ? undefined : `it has ${looked} that could be one by name, and none by what is in it`,
    );
  }
  return logs;
}

const SNIFF_BYTES = 256 * 1024;
const SNIFF_LINES = 3;

/** Whether some of the first lines of a file have a form that the tool knows. */
async function looksLikeLog(source: Source): Promise<boolean> {
  const tally = newTally();
  let known = 0;
  try {
    for await (const lines of readLines(source, tally, { onWarning: () => {} })) {
      known += lines.length;
      if (known >= SNIFF_LINES || tally.bytes >= SNIFF_BYTES) break;
    }
  } catch (error) {
    // What cannot be opened is named later, when it is read; what is no text is no log.
    return !(error instanceof UserError);
  }
  return known > 0;
}
