/** Lines typed into a shell that has our wrapper; also for the lab, which puts a real gateway's command on the PATH. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { shellInit } from "../../src/shell-init.ts";
import type { Shell } from "../../src/shell-init.ts";

export interface ThroughShell {
  readonly shell: Shell;
  /** What is typed, in the shell's own language; it runs after the wrapper was evaluated. */
  readonly line: string;
  /** Folders searched for commands before the system's: the gateway's command and `clawdbot-sessions`. */
  readonly path: readonly string[];
  /** An empty folder of its own, used as HOME and for the wrapper's code. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Code before the wrapper is evaluated, for example `set -eu`. */
  readonly before?: string;
  /** How often the wrapper is evaluated. Default: once. */
  readonly times?: number;
}

export interface ShellResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

const ARGUMENTS: Readonly<Record<Shell, readonly string[]>> = {
  bash: ["--norc", "--noprofile"],
  zsh: ["-f"],
  fish: ["--no-config"],
};

/** Whether the shell is installed. */
export function hasShell(shell: Shell): boolean {
  return spawnSync(shell, ["-c", "exit 0"]).status === 0;
}

/** @throws if the shell cannot be started */
export function throughShell(run: ThroughShell): ShellResult {
  const { shell, line, home, input = "", before = "", times = 1 } = run;
  mkdirSync(home, { recursive: true });
  const wrapper = path.join(home, `wrapper.${shell}`);
  writeFileSync(wrapper, shellInit(shell));
  const load = shell === "fish" ? `source '${wrapper}'` : `eval "$(cat '${wrapper}')"`;
  const script = path.join(home, `script.${shell}`);
  writeFileSync(script, [before, ...Array.from({ length: times }, () => load), line, ""].join("\n"));
  const { stdout, stderr, status, error } = spawnSync(shell, [...ARGUMENTS[shell], script], {
    encoding: "utf8",
    input,
    env: { PATH: [...run.path, "/usr/bin", "/bin"].join(path.delimiter), HOME: home, ...run.env },
  });
  if (error) throw error;
  return { stdout, stderr, status };
}
