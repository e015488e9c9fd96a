import type { Diagnosis } from "../diagnosis.ts";
import type { Finding, FindingCode } from "../model.ts";

/** Logs, as console lines, that a check must and must not report: run by its contract test. */
export interface CheckExamples {
  readonly bad: readonly string[];
  readonly good: readonly string[];
}

/** One kind of finding. A check reads the diagnosis and says what it finds; it decides nothing again. */
export interface Check {
  readonly code: FindingCode;
  readonly examples: CheckExamples;
  readonly run: (diagnosis: Diagnosis) => readonly Finding[];
}

/** The gateway of the examples, up and running. */
const UP = "2026-01-28T08:00:00.000Z [gateway] listening on ws://127.0.0.1:18789 (PID 4711)";

/** An example log: the start line of a gateway, then `HH:MM:SS [subsystem] message` lines of one day. */
export function exampleLog(lines: string): string {
  const rest = lines
    .trim()
    .split("\n")
    .map((line) => line.trim().replace(/^(\d\d:\d\d:\d\d)/, "2026-01-28T$1.000Z"));
  return [UP, ...rest].join("\n");
}

/** The lines of one run that starts on a session lane, as 2026.1.24-3 logs them. */
export function exampleRun(time: string, key: string, runId: string): string {
  return `
    ${time} [diagnostic] lane enqueue: lane=session:${key} queueSize=1
    ${time} [diagnostic] lane dequeue: lane=session:${key} waitMs=1 queueSize=0
    ${time} [diagnostic] lane enqueue: lane=main queueSize=1
    ${time} [diagnostic] lane dequeue: lane=main waitMs=1 queueSize=0
    ${time} [agent/embedded] embedded run start: runId=${runId} sessionId=id-of-${key} provider=p model=m thinking=off messageChannel=webchat
    ${time} [agent/embedded] embedded run prompt start: runId=${runId} sessionId=id-of-${key}`.trim();
}

/** The lines of its good end. */
export function exampleEnd(time: string, key: string, runId: string): string {
  return `
    ${time} [agent/embedded] embedded run done: runId=${runId} sessionId=id-of-${key} durationMs=1000 aborted=false
    ${time} [diagnostic] lane task done: lane=main durationMs=1000 active=0 queued=0
    ${time} [diagnostic] lane task done: lane=session:${key} durationMs=1000 active=0 queued=0`.trim();
}

/** An in-process restart, as 2026.1.24-3 logs it. */
export function exampleRestart(time: string): string {
  return `
    ${time} [gateway] signal SIGUSR1 received
    ${time} [gateway] received SIGUSR1; restarting
    ${time} [gateway] listening on ws://127.0.0.1:18789 (PID 4711)`.trim();
}
