/** A program of somebody else: compiled against what is published, see package.test.ts. */
import { diagnose, render, UserError } from "clawdbot-sessions";
import type { DiagnoseOptions, Finding, LogBytes, Report, RunState, Verdict } from "clawdbot-sessions";

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([0x61, 0x0a]);
}

export async function main(signal: AbortSignal, log: LogBytes = bytes()): Promise<string> {
  const options: DiagnoseOptions = {
    name: "gateway.log",
    runTimeout: 600_000,
    now: new Date(),
    signal,
    failOn: "warning",
  };
  const report: Report = await diagnose(log, options);
  const verdict: Verdict = report.verdict;
  const states: readonly RunState[] = report.runs.map((run) => run.state);
  const findings: readonly Finding[] = report.findings;
  try {
    return await render(report, "markdown", { timeZone: "UTC", allRuns: true });
  } catch (error) {
    return error instanceof UserError
      ? `${error.message} ${error.help}`
      : `${verdict} ${states.join()} ${findings.length}`;
  }
}

// @ts-expect-error text is not bytes
await diagnose("a log");
// @ts-expect-error pieces of text neither
await diagnose(["a log"]);
// @ts-expect-error no such option
await diagnose(bytes(), { runtime: 5 });
// @ts-expect-error no such severity
await diagnose(bytes(), { failOn: "fatal" });
const report = await diagnose([]);
// @ts-expect-error a report is not to be changed
report.verdict = "clean";
