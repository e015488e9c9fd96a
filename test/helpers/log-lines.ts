/** Lines of a gateway's console for table tests: `at("08:00:01", "diagnostic", "…")`, one day, UTC. */
export function at(time: string, subsystem: string, message: string): string {
  return `2026-01-28T${time}${time.includes(".") ? "" : ".000"}Z [${subsystem}] ${message}`;
}

export function log(...lines: readonly (string | readonly string[])[]): string {
  return lines.flat().join("\n");
}

export function up(time: string, pid = 4711): string {
  return at(time, "gateway", `listening on ws://127.0.0.1:18789 (PID ${pid})`);
}

export function enqueue(time: string, lane: string, queueSize = 1): string {
  return at(time, "diagnostic", `lane enqueue: lane=${lane} queueSize=${queueSize}`);
}

export function dequeue(time: string, lane: string, queueSize = 0): string {
  return at(time, "diagnostic", `lane dequeue: lane=${lane} waitMs=1 queueSize=${queueSize}`);
}

export function laneDone(time: string, lane: string, durationMs = 1000): string {
  return at(time, "diagnostic", `lane task done: lane=${lane} durationMs=${durationMs} active=0 queued=0`);
}

export function laneError(time: string, lane: string, error: string, name = ""): string {
  const suffix = name === "" ? "" : ` errorName=${name}`;
  return at(time, "diagnostic", `lane task error: lane=${lane} durationMs=1000 error="${error}"${suffix}`);
}

export interface RunLines {
  readonly key: string;
  readonly runId: string;
  readonly sessionId?: string;
  /** Tasks in lane main, this one included. */
  readonly inMain?: number;
}

const idOf = (run: RunLines) => run.sessionId ?? `id-${run.key}`;

export function starts(time: string, run: RunLines): string[] {
  return [
    enqueue(time, `session:${run.key}`),
    dequeue(time, `session:${run.key}`),
    enqueue(time, "main", run.inMain ?? 1),
    dequeue(time, "main"),
    startLine(time, run),
    at(time, "diagnostic", `run registered: sessionId=${idOf(run)} totalActive=${run.inMain ?? 1}`),
    at(time, "agent/embedded", `embedded run prompt start: runId=${run.runId} sessionId=${idOf(run)}`),
  ];
}

export function startLine(time: string, run: RunLines): string {
  return at(
    time,
    "agent/embedded",
    `embedded run start: runId=${run.runId} sessionId=${idOf(run)} provider=p model=m thinking=off messageChannel=webchat`,
  );
}

export function doneLine(time: string, run: RunLines, aborted = false): string {
  return at(
    time,
    "agent/embedded",
    `embedded run done: runId=${run.runId} sessionId=${idOf(run)} durationMs=1000 aborted=${aborted}`,
  );
}

export function cleared(time: string, run: RunLines, totalActive = 0): string {
  return at(time, "diagnostic", `run cleared: sessionId=${idOf(run)} totalActive=${totalActive}`);
}

export function ends(time: string, run: RunLines, aborted = false): string[] {
  return [
    cleared(time, run),
    doneLine(time, run, aborted),
    laneDone(time, "main"),
    laneDone(time, `session:${run.key}`),
  ];
}

export function restartInProcess(time: string, pid = 4711): string[] {
  return [
    at(time, "gateway", "signal SIGUSR1 received"),
    at(time, "gateway", "received SIGUSR1; restarting"),
    up(time, pid),
  ];
}

export function heartbeat(time: string): string {
  return at(time, "heartbeat", "started");
}

export function waits(time: string, run: RunLines): string {
  return at(time, "diagnostic", `run active check: sessionId=${idOf(run)} active=true`);
}

export function agent(time: string, message: string): string {
  return at(time, "agent/embedded", message);
}

export function tool(time: string, runId = "ra"): string {
  return agent(time, `embedded run tool start: runId=${runId} tool=x toolCallId=y`);
}
