/** All that is looked at before a plan is made: the gateway's list, its log or the user's, the state dir. Changes nothing. */
import path from "node:path";

import type { Diagnosis } from "../diagnosis.ts";
import { asUserError } from "../gateway/connect.ts";
import { readSessionsAnswer } from "../gateway/cross-check.ts";
import { GatewayError, type Gateway } from "../gateway/gateway.ts";
import { defaultStallAfterMs } from "../gateway-version.ts";
import type { Io } from "../io.ts";
import type { ResetOptions } from "../reset-options.ts";
import { nodeFs } from "../sources/fs.ts";
import { readGatewayLog, type GatewayLog } from "../sources/gateway-log.ts";
import { findStateDirs, readStateDir } from "../sources/state-dir.ts";
import type { StateDir } from "../state-evidence.ts";
import { capabilitiesOf, type Capabilities } from "./capabilities.ts";
import { LogTail } from "./log-tail.ts";
import { diagnoseFiles, diagnoseLive } from "./read-diagnosis.ts";
import { namedSessions, type NamedSession } from "./resolve.ts";
import { LIST_PARAMS } from "./sessions-list.ts";
import { atLeastOf, type Known } from "./target.ts";

/** A gateway, and what this machine knows of it. */
export interface Reached {
  readonly gateway: Gateway;
  /** Its address is this machine's; it may still be a tunnel's end. */
  readonly isLocal: boolean;
  /** The run timeout of its config (ms), where that is on this machine and says so. */
  readonly runTimeoutMs: number | null;
}

export interface Survey {
  readonly known: Known;
  readonly can: Capabilities;
  readonly sessions: readonly NamedSession[];
  /** Where the gateway's log ended before all this; null where it gives none. */
  readonly cursor: number | null;
}

/**
 * @param requestTimeoutMs milliseconds for one question
 * @throws UserError where the gateway or a file can't be read
 */
export async function survey(
  reached: Reached,
  options: ResetOptions,
  io: Io,
  requestTimeoutMs: number,
): Promise<Survey> {
  try {
    return await new Surveyor(reached, options, io, requestTimeoutMs).survey();
  } catch (error) {
    // Nothing was sent yet: what goes wrong on the gateway's side is the user's to know, and no bug of ours.
    throw asUserError(error);
  }
}

class Surveyor {
  readonly #reached: Reached;
  readonly #options: ResetOptions;
  readonly #io: Io;
  readonly #requestTimeoutMs: number;

  constructor(reached: Reached, options: ResetOptions, io: Io, requestTimeoutMs: number) {
    this.#reached = reached;
    this.#options = options;
    this.#io = io;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  async survey(): Promise<Survey> {
    const { gateway } = this.#reached;
    // Before the diagnosis, so that nothing which happens meanwhile is missed.
    const cursor = await this.#unlessNamed(new LogTail(gateway, this.#requestTimeoutMs).end());
    const answer = await gateway.request("sessions.list", LIST_PARAMS, this.#requestTimeoutMs);
    const { sessions: listed, now = this.#io.now() } = readSessionsAnswer(answer);
    // Also where the user named files: it tells whether the gateway is on this machine.
    const fs = this.#reached.isLocal ? nodeFs : undefined;
    const log = await this.#unlessNamed(readGatewayLog(gateway, fs, this.#options.timeoutMs ?? undefined));
    const diagnosis = await this.#diagnose(log, now);
    const { version, methods } = gateway;
    const can = capabilitiesOf({ version, atLeast: atLeastOf(diagnosis), methods });
    const { runTimeoutMs } = diagnosis.settings;
    const stallAfterMs = this.#options.stallAfterMs ?? defaultStallAfterMs(runTimeoutMs);
    const known: Known = {
      diagnosis,
      ...(await this.#states(log?.isOnThisMachine ?? false)),
      listed,
      context: { now, isOwn: true, runTimeoutMs, stallAfterMs, datesAreGuessed: false },
      trustsActiveRun: can.trustsActiveRun,
    };
    return { known, can, sessions: namedSessions(listed, diagnosed(diagnosis)), cursor };
  }

  /** A gateway that gives no log can do without, if the user named one. */
  async #unlessNamed<T>(work: Promise<T>): Promise<T | null> {
    return await work.catch((error: unknown) => {
      if (this.#options.logs.length > 0 && error instanceof GatewayError && error.kind === "rejected") return null;
      throw error;
    });
  }

  async #diagnose(log: GatewayLog | null, now: number): Promise<Diagnosis> {
    const { logs, stallAfterMs } = this.#options;
    const { cwd, homedir, tmp, env, stdin } = this.#io;
    const settings = {
      runTimeoutMs: this.#options.runTimeoutMs ?? this.#reached.runTimeoutMs,
      stallAfterMs,
    };
    if (logs.length === 0 && log) return await diagnoseLive(log.sources, settings, now);
    const sourceEnv = { fs: nodeFs, cwd, home: homedir, tmp, variables: env, stdin };
    return await diagnoseFiles(logs, sourceEnv, settings, this.#io.now());
  }

  /** The state dir is looked at on the gateway's own machine only, or where the user named it. */
  async #states(isOnThisMachine: boolean): Promise<{ states: readonly StateDir[]; areTheGateways: boolean }> {
    const { state, stateDir } = this.#options;
    const { cwd, homedir, env } = this.#io;
    if (stateDir !== null) {
      return {
        states: [await readStateDir(stateDir, path.resolve(cwd, stateDir))],
        areTheGateways: true,
      };
    }
    if (!state || !isOnThisMachine) return { states: [], areTheGateways: false };
    const own = this.#reached.gateway.stateDir;
    const dirs = own === null ? await findStateDirs(homedir, env) : [own];
    const read = await Promise.all(dirs.map((dir) => readStateDir(dir, dir).catch(() => undefined)));
    const states = read.filter((it) => it !== undefined);
    return { states, areTheGateways: own !== null && states.length > 0 };
  }
}

/** What the log knows the sessions by, beside the names of the gateway's list. */
function diagnosed(diagnosis: Diagnosis): { key: string; sessionIds: readonly string[]; runIds: readonly string[] }[] {
  const { sessions, runs } = diagnosis.settled;
  return sessions
    .filter((it) => it.session.canonicalKey !== undefined)
    .map((it) => ({
      key: it.session.canonicalKey ?? it.key,
      sessionIds: [...it.session.sessionIds],
      runIds: runs
        .filter(({ run }) => run.sessionId !== undefined && it.session.sessionIds.has(run.sessionId))
        .map(({ run }) => run.runId),
    }));
}
