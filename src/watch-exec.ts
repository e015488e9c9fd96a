/** Runs the command of `--exec`: its own process group, its time limited, and nothing of the log but on its stdin. */
import { execa } from "execa";

export interface CommandRunner {
  /**
   * Runs the command once. Never throws for what the command does.
   * @returns what went wrong, in words; undefined where it ended with 0
   */
  run(input: string): Promise<string | undefined>;
  /** Ends at once what still runs. */
  endAll(): void;
}

/** From the polite signal to the one that cannot be ignored (ms). */
const KILL_AFTER_MS = 5_000;

/**
 * @param command for the shell, as the user typed it; no text of a log is ever put into it
 * @param timeoutMs milliseconds after which the command and its children are ended
 */
export function shellCommand(
  command: string,
  timeoutMs: number,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): CommandRunner {
  const groups = new Set<number>();
  return {
    async run(input) {
      const child = execa(command, {
        shell: true,
        // A group of its own, so that its children end with it, and Ctrl-C is ours to hand on.
        detached: true,
        cleanup: false,
        reject: false,
        buffer: false,
        input,
        // Its output must not mix with ours.
        stdout: 2,
        stderr: 2,
        env: { ...env },
        extendEnv: false,
        cwd,
      });
      const { pid } = child;
      if (pid !== undefined) groups.add(pid);
      let timedOut = false;
      let hardKill: NodeJS.Timeout | undefined;
      const timer = setTimeout(() => {
        timedOut = true;
        signalGroup(pid, "SIGTERM");
        hardKill = setTimeout(() => signalGroup(pid, "SIGKILL"), KILL_AFTER_MS);
      }, timeoutMs);
      try {
        const { exitCode, signal, shortMessage } = await child;
        if (timedOut) return `was ended after ${timeoutMs / 1000} s`;
        if (exitCode === 0) return undefined;
        if (exitCode !== undefined) return `ended with ${exitCode}`;
        return signal === undefined ? (shortMessage ?? "could not be started") : `was ended by ${signal}`;
      } finally {
        clearTimeout(timer);
        clearTimeout(hardKill);
        // What it left behind in its group after its time is not for us to keep.
        if (timedOut) signalGroup(pid, "SIGKILL");
        if (pid !== undefined) groups.delete(pid);
      }
    },
    endAll() {
      for (const pid of groups) signalGroup(pid, "SIGTERM");
    },
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended by itself.
  }
}
