/** Where the log of `watch` comes from: this machine's files, a pipe, or a running gateway. */
import { asUserError } from "./gateway/connect.ts";
import type { Io } from "./io.ts";
import type { ResetWorld } from "./reset.ts";
import { FileFollower } from "./sources/follow/files.ts";
import type { Follower } from "./sources/follow/follower.ts";
import { GatewayFollower } from "./sources/follow/gateway.ts";
import { assertMayCome, machineLogs, namedLogs, type Locator } from "./sources/follow/locate.ts";
import { PipeFollower } from "./sources/follow/pipe.ts";
import { nodeFs } from "./sources/fs.ts";
import { activeRunTimeoutMs } from "./sources/gateway-config.ts";
import { readGatewayLog } from "./sources/gateway-log.ts";
import type { SourceEnv } from "./sources/resolve.ts";
import type { WatchOptions } from "./watch-options.ts";

export interface Followed {
  readonly follower: Follower;
  /** See Healer. */
  readonly pathsOf: ((stream: string) => Promise<readonly string[]>) | undefined;
  /** Where the log is, for the case that nothing is there yet. */
  readonly looked: readonly string[];
  /** Milliseconds; of the gateway's config. */
  readonly runTimeoutMs: number | null;
}

/** @throws UserError where there is nothing that could ever be followed */
export async function chooseFollower(
  options: WatchOptions,
  io: Io,
  world: Pick<ResetWorld, "connect">,
): Promise<Followed> {
  const { cwd, homedir, tmp, env, stdin } = io;
  const sources: SourceEnv = { fs: nodeFs, cwd, home: homedir, tmp, variables: env, stdin };
  const now = (): number => io.now();
  if (options.fromGateway) return await followGateway(options, io, world, sources);
  if (options.logs.includes("-")) {
    const follower = new PipeFollower("-", stdin, now);
    return { follower, pathsOf: undefined, looked: ["-"], runTimeoutMs: null };
  }
  if (options.logs.length === 0) {
    const runTimeoutMs = (await activeRunTimeoutMs(sources, null)) ?? null;
    return followFiles(await machineLogs(sources), sources, now, true, runTimeoutMs);
  }
  await assertMayCome(options.logs, sources);
  const [only] = options.logs;
  const pipe = options.logs.length === 1 && only !== undefined ? await namedPipe(only, sources) : undefined;
  if (pipe)
    return {
      follower: new PipeFollower(pipe.shown, nodeFs.read(pipe.path), now),
      pathsOf: undefined,
      looked: [],
      runTimeoutMs: null,
    };
  return followFiles(namedLogs(options.logs, sources), sources, now, options.logs.length > 1, null);
}

/** A pipe that has a name, as the shell's `<(…)` makes one. */
async function namedPipe(log: string, env: SourceEnv): Promise<{ shown: string; path: string } | undefined> {
  const [found] = await namedLogs([log], env)
    .find()
    .catch(() => []);
  return found?.isStream ? found : undefined;
}

function followFiles(
  locator: Locator,
  env: SourceEnv,
  now: () => number,
  mayTellTwice: boolean,
  runTimeoutMs: number | null,
): Followed {
  const follower = new FileFollower(locator, env, { now, mayTellTwice });
  return { follower, pathsOf: (stream) => follower.realPathsOf(stream), looked: locator.looked, runTimeoutMs };
}

/** Its file where that is on this machine: what stands in it reaches further back than what the gateway gives. */
async function followGateway(
  options: WatchOptions,
  io: Io,
  world: Pick<ResetWorld, "connect">,
  env: SourceEnv,
): Promise<Followed> {
  const connect = async () => await world.connect(options.gateway, io);
  try {
    const { gateway, isLocal, runTimeoutMs } = await connect();
    const log = await readGatewayLog(gateway, isLocal ? nodeFs : undefined).finally(() =>
      gateway.close().catch(() => {}),
    );
    const now = (): number => io.now();
    if (log.isOnThisMachine) return followFiles(namedLogs([log.file], env), env, now, false, runTimeoutMs);
    const follower = new GatewayFollower(async () => (await connect()).gateway, now);
    return { follower, pathsOf: undefined, looked: [gateway.url], runTimeoutMs };
  } catch (error) {
    throw asUserError(error);
  }
}
