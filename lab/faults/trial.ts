/** One schedule in front of a real gateway: the built program is run as a user runs it, and the truth is asked for. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { execa } from "execa";

import type { ResetReport } from "../../src/repair/model.ts";
import type { Arena } from "../reset/arena.ts";
import { violations, type Call } from "./invariants.ts";
import type { FaultProxy } from "./proxy.ts";
import { scheduleText, type Schedule } from "./schedule.ts";

const BIN = fileURLToPath(new URL("../../bin/clawdbot-sessions.js", import.meta.url));
/** No call takes longer (ms): two half-open connections, each until the longest time-out. */
const HANGS_MS = 120_000;
/** Between the end of a run and its stream's (seconds). */
const SETTLES_S = 3;

/** A session that a hanging run holds. */
export interface Held {
  readonly room: string;
  /** Of the message whose run hangs. */
  readonly message: string;
}

export interface Played {
  readonly schedule: string;
  readonly befallen: readonly string[];
  /** What each call said. */
  readonly outcomes: readonly string[];
  /** Steps that reached the gateway in the call under faults and the one after it. */
  readonly steps: number;
  readonly problems: readonly string[];
}

interface Setting {
  readonly arena: Arena;
  readonly proxy: FaultProxy;
  readonly token: string;
  /** Words for the first call, beside the session's name. */
  readonly words: readonly string[];
}

export async function play(setting: Setting, held: Held, schedule: Schedule): Promise<Played> {
  const { arena, proxy } = setting;
  const journalBefore = journalOf(arena).length;
  const calls: Call[] = [];
  proxy.befallen.length = 0;
  proxy.arm(schedule);
  calls.push(await callOnce(setting, held, setting.words));
  const befallen = [...proxy.befallen];
  proxy.heal();
  calls.push(await callOnce(setting, held, []));
  if (calls.at(-1)?.exitCode !== 0) calls.push(await callOnce(setting, held, ["--force"], true));
  const keys = formsOf(held.room);
  const problems = violations({ keys, calls, journal: journalOf(arena).slice(journalBefore), cuts: 0 });
  if (calls.at(-1)?.exitCode !== 0) problems.push(`it was never freed: ${calls.at(-1)?.err}`);
  if (!(await arena.answers(held.room))) problems.push("it does not answer a real message");
  return {
    schedule: scheduleText(schedule),
    befallen,
    outcomes: calls.map((it) => it.report?.results[0]?.outcome ?? `exit ${it.exitCode}`),
    steps: calls.filter(({ force }) => !force).flatMap((it) => it.arrived).length,
    problems,
  };
}

async function callOnce(setting: Setting, held: Held, words: readonly string[], force = false): Promise<Call> {
  const { arena, proxy, token } = setting;
  const before = proxy.passed.length;
  const target = ["--url", proxy.url, "--timeout", "1s", "--verify-timeout", "4s"];
  const { env } = arena.io().io;
  const { stdout, stderr, exitCode, timedOut } = await execa(
    process.execPath,
    [BIN, "reset", held.room, "--yes", "--json", ...target, ...words],
    {
      cwd: arena.root,
      env: { ...env, HOME: join(arena.root, "home"), [`${arena.version.env}_GATEWAY_TOKEN`]: token },
      extendEnv: false,
      stdin: "ignore",
      reject: false,
      timeout: HANGS_MS,
    },
  );
  const ended = (): boolean => arena.wasEnded(held.message);
  // Whoever says that it is free is given the moment that the gateway's own stream takes to end.
  if (exitCode === 0) await arena.stage.until(ended, SETTLES_S);
  return {
    exitCode: timedOut ? null : (exitCode ?? null),
    out: stdout,
    err: stderr,
    report: stdout.startsWith("{") ? (JSON.parse(stdout) as ResetReport) : undefined,
    arrived: proxy.passed.slice(before),
    free: ended() ? formsOf(held.room) : new Set(),
    force,
  };
}

function formsOf(room: string): ReadonlySet<string> {
  return new Set([room, `agent:main:${room}`]);
}

function journalOf(arena: Arena): string {
  const file = join(arena.root, "xdg", "clawdbot-sessions", "journal.ndjson");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
