import { main } from "../../src/cli.ts";
import type { Report } from "../../src/model.ts";
import { fakeIo } from "../cli/fake-io.ts";

export interface Told {
  readonly report: Report;
  readonly exitCode: number;
  readonly err: string;
}

/** What `doctor --json --all-runs` tells of these files, and with these options. */
export async function reportOf(
  logs: readonly string[],
  options: readonly string[] = [],
  stdin?: string,
): Promise<Told> {
  const io = fakeIo({ cwd: process.cwd(), ...(stdin === undefined ? {} : { stdin }) });
  const exitCode = await main(["doctor", ...logs, "--json", "--all-runs", ...options], io);
  const report = io.out() === "" ? undefined : (JSON.parse(io.out()) as Report);
  if (!report) throw new Error(`no report, exit ${exitCode}: ${io.err()}`);
  return { report, exitCode, err: io.err() };
}

/** The whole of what `doctor` does: text, errors and exit code. */
export async function doctor(
  words: readonly string[],
  stdin?: string,
): Promise<{ readonly out: string; readonly err: string; readonly exitCode: number }> {
  const io = fakeIo({ cwd: process.cwd(), timeZone: "UTC", ...(stdin === undefined ? {} : { stdin }) });
  const exitCode = await main(["doctor", ...words], io);
  return { out: io.out(), err: io.err(), exitCode };
}
