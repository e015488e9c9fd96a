/** Runs the doctor as a user would: the built program, in a process of its own. */
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { Report } from "../src/model.ts";

const BIN = fileURLToPath(new URL("../bin/clawdbot-sessions.js", import.meta.url));

export interface DoctorResult {
  readonly exitCode: number;
  readonly report: Report;
}

export async function runDoctor(logs: readonly string[], options: readonly string[] = []): Promise<DoctorResult> {
  const result = await execa(process.execPath, [BIN, "doctor", ...logs, "--json", "--all-runs", ...options], {
    reject: false,
    timeout: 60_000,
    stdin: "ignore",
    // The console's times are of the gateway's zone, which the lab sets.
    env: { TZ: "UTC", NO_COLOR: "1" },
  });
  try {
    return { exitCode: result.exitCode ?? -1, report: JSON.parse(result.stdout) as Report };
  } catch {
    throw new Error(
      `doctor (exit ${result.exitCode}) gave no report: ${(result.stderr || result.stdout).slice(0, 400)}`,
    );
  }
}
