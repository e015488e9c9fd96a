/**
 * The log of a gateway that is busy for months, as its file has it: turn after
 * turn in many sessions, restarts, crashes, and before each restart a run that
 * hangs, is orphaned by it and aborted later. The same on every machine.
 */

export interface BusyOptions {
  /** Lines between two restarts. */
  readonly linesPerLife: number;
  readonly sessions: number;
  /** An orphaned run is aborted after so many turns of others. */
  readonly hangTurns: number;
  /** Milliseconds since the epoch. */
  readonly start: number;
}

/** A piece of the log, and the time of its last line (ms since the epoch). */
export interface BusyPart {
  readonly text: string;
  readonly lines: number;
  readonly restarts: number;
  readonly now: number;
}

const SUBSYSTEM_META = { runtime: "node", hostname: "unknown" };
const TOOLS = 5;
/** Every so manieth restart is a crash. */
const CRASH_EVERY = 10;

export class BusyGateway {
  readonly #options: BusyOptions;
  #now: number;
  #out: string[] = [];
  #turns = 0;
  #runs = 0;
  #pid = 4_000;
  #sinceRestart = 0;
  #hanging: { readonly runId: string; readonly since: number } | undefined;
  restarts = 0;
  /** What a watcher must tell of it, in this order: `blocked hang-1`. */
  readonly truth: string[] = [];

  constructor(options: BusyOptions) {
    this.#options = options;
    this.#now = options.start;
    this.#listening();
    this.truth.push("gateway-started");
  }

  /** Goes on for at least so many lines. */
  next(lines: number): BusyPart {
    while (this.#out.length < lines) this.#turn();
    const part = {
      text: this.#out.join(""),
      lines: this.#out.length,
      restarts: this.restarts,
      now: this.#now,
    };
    this.#out = [];
    return part;
  }

  #turn(): void {
    const session = `room-${this.#turns++ % this.#options.sessions}`;
    // A session begins a new conversation from time to time.
    const sessionId = `${session}-${Math.floor(this.#turns / (this.#options.sessions * 20))}`;
    const runId = `run-${++this.#runs}`;
    this.#begin(session, sessionId, runId);
    for (let tool = 0; tool < TOOLS; tool++) {
      const call = `runId=${runId} tool=read toolCallId=call-${tool}`;
      this.#log("agent/embedded", `embedded run tool start: ${call}`, 100);
      this.#log("agent/embedded", `embedded run tool end: ${call}`, 400);
    }
    this.#end(session, sessionId, runId, false);
    const { linesPerLife, hangTurns } = this.#options;
    if (this.#hanging && this.#turns - this.#hanging.since >= hangTurns) this.#abortHanging();
    if (this.#sinceRestart >= linesPerLife) this.#restart();
  }

  #begin(session: string, sessionId: string, runId: string): void {
    this.#log("diagnostic", `lane enqueue: lane=session:${session} queueSize=1`);
    this.#log("diagnostic", `lane dequeue: lane=session:${session} waitMs=1 queueSize=0`);
    this.#log("diagnostic", `lane enqueue: lane=main queueSize=${this.#hanging ? 2 : 1}`);
    this.#log("diagnostic", "lane dequeue: lane=main waitMs=1 queueSize=0");
    const model = "provider=p model=m thinking=off messageChannel=webchat";
    this.#log("agent/embedded", `embedded run start: runId=${runId} sessionId=${sessionId} ${model}`);
    this.#log("diagnostic", `run registered: sessionId=${sessionId} totalActive=${this.#hanging ? 2 : 1}`);
    this.#log("agent/embedded", `embedded run prompt start: runId=${runId} sessionId=${sessionId}`);
  }

  #end(session: string, sessionId: string, runId: string, aborted: boolean): void {
    const left = this.#hanging ? 1 : 0;
    const ended = `runId=${runId} sessionId=${sessionId}`;
    this.#log("diagnostic", `run cleared: sessionId=${sessionId} totalActive=${left}`, 15_000);
    this.#log("agent/embedded", `embedded run done: ${ended} durationMs=20000 aborted=${aborted}`);
    this.#log("diagnostic", `lane task done: lane=main durationMs=20000 active=${left} queued=0`);
    this.#log("diagnostic", `lane task done: lane=session:${session} durationMs=20000 active=0 queued=0`);
  }

  #restart(): void {
    if (this.#hanging) this.#abortHanging();
    this.#sinceRestart = 0;
    this.restarts++;
    const runId = `hang-${this.restarts}`;
    this.#begin("hangs", "hangs", runId);
    if (this.restarts % CRASH_EVERY === 0) {
      // The run dies with its process.
      this.#pid++;
      this.#listening();
      this.truth.push("gateway-crashed");
      return;
    }
    this.#hanging = { runId, since: this.#turns };
    this.#log("gateway", "signal SIGUSR1 received");
    this.#log("gateway", "received SIGUSR1; restarting");
    this.#listening();
    this.truth.push("gateway-restarted", `blocked ${runId}`);
  }

  #abortHanging(): void {
    const { runId } = this.#hanging ?? { runId: "" };
    this.#hanging = undefined;
    this.#end("hangs", "hangs", runId, true);
    this.truth.push(`free ${runId}`);
  }

  #listening(): void {
    this.#log("gateway", `listening on ws://127.0.0.1:18789 (PID ${this.#pid})`, 1_000);
  }

  /** @param after milliseconds since the line before */
  #log(subsystem: string, message: string, after = 5): void {
    this.#now += after;
    this.#sinceRestart++;
    const time = new Date(this.#now).toISOString();
    const name = JSON.stringify({ subsystem });
    const meta = { ...SUBSYSTEM_META, name, parentNames: ["openclaw"], date: time, logLevelName: "DEBUG" };
    this.#out.push(`${JSON.stringify({ 0: name, 1: message, _meta: meta, time })}\n`);
  }
}
