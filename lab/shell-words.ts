/**
 * `clawdbot sessions doctor` as typed, with the real gateway's command
 * installed: our words reach us, every other word reaches the gateway's.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SHELLS } from "../src/shell-init.ts";
import { hasShell, throughShell, type ShellResult } from "../test/cli/through-shell.ts";
import type { InstalledGateway } from "./install.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const LOG = join(ROOT, "fixtures/issue-3245/console.log");

/** A folder for PATH with the gateway's command, as npm would link it, and ours. */
export function layCommands(root: string, { version, node, entry }: InstalledGateway): string {
  const bin = join(root, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, version.package), `#!/bin/sh\nexec "${node}" "${entry}" "$@"\n`, { mode: 0o755 });
  symlinkSync(join(ROOT, "bin/clawdbot-sessions.js"), join(bin, "clawdbot-sessions"));
  symlinkSync(process.execPath, join(bin, "node"));
  return bin;
}

export interface Words {
  readonly line: string;
  readonly isRight: (result: ShellResult) => boolean;
}

/** @returns one line for everything that went wrong */
export function tryShellWords({ version, node, entry }: InstalledGateway): string[] {
  const root = mkdtempSync(join(tmpdir(), "sessions-lab-shell-"));
  try {
    const bin = layCommands(root, { version, node, entry });
    return SHELLS.flatMap((shell) => {
      if (!hasShell(shell)) return [`${shell} is not installed`];
      return words(version.package, version.version).flatMap(({ line, isRight }) => {
        const env = { [`${version.env}_STATE_DIR`]: join(root, "state"), NO_COLOR: "1" };
        const result = throughShell({ shell, line, path: [bin], home: join(root, shell), env, input: "" });
        return isRight(result)
          ? []
          : [`${shell}: ${line}: exit ${result.status}, ${(result.stderr || result.stdout).slice(0, 200)}`];
      });
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** What is typed, and whether the right one of the two answered. */
export function words(command: string, version: string): Words[] {
  return [
    { line: `${command} sessions doctor ${LOG}`, isRight: (it) => it.status === 1 && it.stdout.startsWith("BLOCKED") },
    {
      line: `cat ${LOG} | ${command} sessions doctor - --json`,
      isRight: (it) => it.stdout.includes('"verdict": "blocked"'),
    },
    {
      line: `${command} sessions explain run-lost`,
      isRight: (it) => it.status === 0 && it.stdout.includes("run-lost"),
    },
    {
      line: `${command} sessions watch ${LOG} --for 1s`,
      isRight: (it) => it.status === 0 && it.stdout.includes("BLOCKED"),
    },
    { line: `${command} --version`, isRight: (it) => it.status === 0 && it.stdout.includes(version) },
    { line: `${command} sessions --json`, isRight: (it) => it.status === 0 && it.stdout.includes('"sessions"') },
    { line: `${command} no-such-word`, isRight: (it) => it.status !== 0 && it.stderr.includes("no-such-word") },
  ];
}
