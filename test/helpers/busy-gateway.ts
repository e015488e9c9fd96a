/**
 * The log of a gateway that is busy for months, as its file has it: turn after
 * turn in many sessions, restarts, crashes, and before each restart runs that
 * hang, are orphaned by it and aborted later. The same on every machine.
 *
 * It has lanes of its own, so that it knows who waits: four runs that hang at
 * once fill lane `main`, and whoever writes then waits until one is aborted, or
 * the process dies. Only cron jobs, which have another lane, go on meanwhile.
 */
import { BusyLanes } from "./busy-lanes.ts";
import type { Change } from "./changes.ts";

export interface BusyOptions {
  /** Lines between two restarts. */
  readonly linesPerLife: number;
  readonly sessions: number;
  /** Orphaned runs are aborted after so many turns of others. */
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

interface Turn {
  readonly session: string;
  readonly sessionId: string;
  readonly runId: string;
  readonly lane: string;
}

const SUBSYSTEM_META = { runtime: "node", hostname: "unknown" };
const TOOLS = 5;
/** As gateways have them by default. */
const LIMITS = { main: 4, cron: 1 };
/** Every so manieth restart is a crash. */
const CRASH_EVERY = 10;
/** Every so manieth restart cuts as many runs as fill the main lane; every other time a crash follows. */
const FULL_EVERY = 5;
const FULL_REST = 4;
/** Who writes while the lane is full. */
const WAITERS = 3;

export class BusyGateway {
  readonly #options: BusyOptions;
  #now: number;
  #out: string[] = [];
  #turns = 0;
  #runs = 0;
  #pid = 4_000;
  #sinceRestart = 0;
  #lanes: BusyLanes;
  /** Runs that hang, oldest first, and that a restart cut. */
  #hanging: Turn[] = [];
  #hangsSince = 0;
  /** Turns that wait for room in lane `main`, oldest first. */
  #waiting: Turn[] = [];
  /** Those of them that got it and are at work. */
  #letIn: Turn[] = [];
  /** Counts the rows of changes that one look may show together. */
  #moment = 0;
  restarts = 0;
  /** What a watcher must tell of it. */
  readonly truth: Change[] = [];

  constructor(options: BusyOptions) {
    this.#options = options;
    this.#now = options.start;
    this.#lanes = this.#newLanes();
    this.#listening("gateway-started");
  }

  /** Goes on for at least so many lines. */
  next(lines: number): BusyPart {
    while (this.#out.length < lines) this.#goOn();
    const part = {
      text: this.#out.join(""),
      lines: this.#out.length,
      restarts: this.restarts,
      now: this.#now,
    };
    this.#out = [];
    return part;
  }

  #goOn(): void {
    this.#work(this.#begin(this.#lanes.isFull("main") ? this.#cronJob() : this.#message()));
    const { linesPerLife, hangTurns } = this.#options;
    const isLong = this.#turns - this.#hangsSince >= hangTurns;
    // A full lane that only the process's death empties lasts as long as the life.
    if (this.#hanging.length > 0 && isLong && !this.#endsByCrash) this.#abortAll();
    if (this.#sinceRestart >= linesPerLife) this.#restart();
  }

  get #endsByCrash(): boolean {
    return this.#waiting.length > 0 && (this.restarts + 1) % CRASH_EVERY === 0;
  }

  #message(): Turn {
    const session = `room-${this.#turns++ % this.#options.sessions}`;
    // A session begins a new conversation from time to time.
    const sessionId = `${session}-${Math.floor(this.#turns / (this.#options.sessions * 20))}`;
    return { session, sessionId, runId: `run-${++this.#runs}`, lane: "main" };
  }

  #cronJob(): Turn {
    this.#turns++;
    const runId = `run-${++this.#runs}`;
    return { session: "agent:main:cron:job", sessionId: `cron-${runId}`, runId, lane: "cron" };
  }

  /** Somebody asks for a turn. It starts at once if its lane has room. */
  #begin(turn: Turn): Turn {
    this.#lanes.enqueue(`session:${turn.session}`, () => {
      this.#lanes.enqueue(turn.lane, () => this.#start(turn));
    });
    return turn;
  }

  #start({ runId, sessionId }: Turn): void {
    const model = "provider=p model=m thinking=off messageChannel=webchat";
    this.#log("agent/embedded", `embedded run start: runId=${runId} sessionId=${sessionId} ${model}`);
    this.#log("diagnostic", `run registered: sessionId=${sessionId} totalActive=${this.#lanes.running}`);
    this.#log("agent/embedded", `embedded run prompt start: runId=${runId} sessionId=${sessionId}`);
  }

  #work(turn: Turn): void {
    for (let tool = 0; tool < TOOLS; tool++) {
      const call = `runId=${turn.runId} tool=read toolCallId=call-${tool}`;
      this.#log("agent/embedded", `embedded run tool start: ${call}`, 100);
      this.#log("agent/embedded", `embedded run tool end: ${call}`, 400);
    }
    this.#end(turn, false);
  }

  #end({ session, sessionId, runId, lane }: Turn, aborted: boolean): void {
    const ended = `runId=${runId} sessionId=${sessionId}`;
    this.#log("diagnostic", `run cleared: sessionId=${sessionId} totalActive=${this.#lanes.running - 1}`, 15_000);
    this.#log("agent/embedded", `embedded run done: ${ended} durationMs=20000 aborted=${aborted}`);
    this.#lanes.finish(lane);
    this.#lanes.finish(`session:${session}`);
  }

  #restart(): void {
    if (this.#hanging.length > 0 && !this.#endsByCrash) this.#abortAll();
    this.#sinceRestart = 0;
    this.restarts++;
    this.#moment++;
    const isFull = this.restarts % FULL_EVERY === FULL_REST;
    const isCrash = this.restarts % CRASH_EVERY === 0;
    if (!this.#lanes.isFull("main")) for (let n = 1; n <= (isFull ? LIMITS.main : 1); n++) this.#hang(n);
    if (isCrash) return this.#crash();
    this.#hangsSince = this.#turns;
    this.#log("gateway", "signal SIGUSR1 received");
    this.#log("gateway", "received SIGUSR1; restarting");
    this.#listening("gateway-restarted");
    for (const { runId } of this.#hanging) this.#happened(`blocked ${runId}`);
    if (isFull) for (let n = 0; n < WAITERS; n++) this.#wait();
  }

  /** A turn that no answer will end. */
  #hang(n: number): void {
    const session = n === 1 ? "hangs" : `hangs-${n}`;
    const runId = n === 1 ? `hang-${this.restarts}` : `hang-${this.restarts}-${n}`;
    this.#hanging.push(this.#begin({ session, sessionId: session, runId, lane: "main" }));
  }

  #wait(): void {
    const turn = this.#message();
    this.#lanes.enqueue(`session:${turn.session}`, () => {
      this.#lanes.enqueue(turn.lane, () => {
        // Somebody made room.
        this.#waiting = this.#waiting.filter((it) => it !== turn);
        this.#letIn.push(turn);
        this.#happened(`free ${turn.session}, which waited for lane main`);
        this.#start(turn);
      });
    });
    this.#waiting.push(turn);
    this.#happened(`blocked ${turn.session}, which waits for lane main`);
  }

  /** Runs that began before it die with the process, and its lanes are gone. */
  #crash(): void {
    const freed = [
      ...this.#waiting.map(({ session }) => `free ${session}, which waited for lane main`),
      // What hung before this process ended was told; what hangs since a moment was not.
      ...this.#hanging.filter(({ runId }) => this.#isTold(runId)).map(({ runId }) => `free ${runId}`),
    ];
    this.#waiting = [];
    this.#hanging = [];
    this.#lanes = this.#newLanes();
    this.#pid++;
    this.#listening("gateway-crashed");
    for (const it of freed) this.#happened(it);
  }

  #isTold(runId: string): boolean {
    return this.truth.some(({ words }) => words === `blocked ${runId}`);
  }

  /** One after the other; who waited takes the room that each leaves, so that living and dead runs share the lane. */
  #abortAll(): void {
    this.#moment++;
    for (const turn of this.#hanging) {
      this.#end(turn, true);
      this.#happened(`free ${turn.runId}`);
      if (this.#letIn.length > 1) this.#workOldest();
    }
    while (this.#letIn.length > 0) this.#workOldest();
    this.#hanging = [];
  }

  #workOldest(): void {
    const turn = this.#letIn.shift();
    if (turn) this.#work(turn);
  }

  #newLanes(): BusyLanes {
    return new BusyLanes(LIMITS, (message) => this.#log("diagnostic", message));
  }

  /** @param how it came to start */
  #listening(how: string): void {
    this.#log("gateway", `listening on ws://127.0.0.1:18789 (PID ${this.#pid})`, 1_000);
    this.#happened(how);
  }

  #happened(words: string): void {
    this.truth.push({ words, at: this.#now, moment: this.#moment });
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
