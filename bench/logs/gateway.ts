/**
 * A gateway as far as its log tells of it: lanes, runs, restarts, in the words
 * and the order of clawdbot 2026.1.24-3 (taken from fixtures/clawdbot-2026.1.24-3-*).
 */
import type { Line } from "./line.ts";
import type { Random } from "./random.ts";
import type { TruthKeeper } from "./truth.ts";

export interface Room {
  readonly name: string;
  readonly sessionId: string;
}

export interface Run {
  readonly runId: string;
  readonly room: Room;
  enqueuedAt: number;
  promptAt: number;
}

/** How many runs the lane `main` lets go on at once. */
export const MAIN_LANE = 4;

export class Gateway {
  now: number;
  /** Runs in hand, orphans too: an orphan keeps its place in the lane. */
  readonly active: Run[] = [];
  readonly #random: Random;
  readonly #truth: TruthKeeper;
  #pid = 4100;

  constructor(random: Random, truth: TruthKeeper, now: number) {
    this.#random = random;
    this.#truth = truth;
    this.now = now;
  }

  /** A new process. What the last one held is gone with it. */
  *boot(): Generator<Line> {
    this.active.length = 0;
    this.#pid += this.#random.between(20, 900);
    yield* this.#startLines();
  }

  *restart(): Generator<Line> {
    yield this.#info("gateway", "signal SIGUSR1 received");
    yield this.#info("gateway", "received SIGUSR1; restarting");
    yield this.#info("gmail-watcher", "gmail watcher stopped");
    this.now += 330;
    yield* this.#startLines();
  }

  /** An ordered stop; {@link boot} follows. */
  *stop(): Generator<Line> {
    yield this.#info("gateway", "signal SIGTERM received");
    yield this.#info("gateway", "received SIGTERM; shutting down");
    yield this.#info("gmail-watcher", "gmail watcher stopped");
  }

  begin(room: Room): Run {
    const run = { runId: this.#random.uuid(), room, enqueuedAt: this.now, promptAt: this.now };
    this.active.push(run);
    return run;
  }

  /** From the message to the model's first call. */
  *startLines(run: Run, provider = "fake"): Generator<Line> {
    const { runId, room } = run;
    run.enqueuedAt = this.now;
    const main = this.active.length;
    yield this.#lane(`lane enqueue: lane=session:${room.name} queueSize=1`);
    yield this.#lane(`lane dequeue: lane=session:${room.name} waitMs=1 queueSize=0`);
    yield this.#lane(`lane enqueue: lane=main queueSize=${main}`);
    yield this.#lane(`lane dequeue: lane=main waitMs=0 queueSize=0`);
    this.now += 20;
    this.#truth.started();
    yield this.#agent(
      `embedded run start: runId=${runId} sessionId=${room.sessionId} provider=${provider} model=fake thinking=off messageChannel=webchat`,
    );
    yield this.#state(room, "idle", "processing", "run_started");
    yield this.#lane(`run registered: sessionId=${room.sessionId} totalActive=${main}`);
    run.promptAt = this.now;
    yield this.#agent(`embedded run prompt start: runId=${runId} sessionId=${room.sessionId}`);
    yield this.#agent(`embedded run agent start: runId=${runId}`);
  }

  *toolLine(run: Run, which: "start" | "end", tool: string, call: string): Generator<Line> {
    yield this.#agent(`embedded run tool ${which}: runId=${run.runId} tool=${tool} toolCallId=${call}`);
  }

  *endLines(run: Run, aborted: boolean): Generator<Line> {
    const { runId, room } = run;
    if (!aborted) yield this.#agent(`embedded run agent end: runId=${runId}`);
    yield* this.#promptEnd(run);
    this.#truth.done();
    yield this.#agent(
      `embedded run done: runId=${runId} sessionId=${room.sessionId} durationMs=${this.now - run.enqueuedAt} aborted=${aborted}`,
    );
    const left = this.active.length;
    yield this.#lane(`lane task done: lane=main durationMs=${this.now - run.enqueuedAt} active=${left} queued=0`);
    yield this.#lane(
      `lane task done: lane=session:${room.name} durationMs=${this.now - run.enqueuedAt} active=0 queued=0`,
    );
  }

  /** Both models refuse. There is no `done` line. */
  *failingRun(run: Run): Generator<Line> {
    for (const provider of ["fake", "fake2"]) {
      yield* this.startLines(run, provider);
      yield this.#agent(`embedded run agent end: runId=${run.runId}`);
      yield* this.#promptEnd(run);
      if (provider === "fake") this.active.push(run);
      for (const lane of ["main", `session:${run.room.name}`]) {
        yield this.#lane(
          `lane task error: lane=${lane} durationMs=${this.now - run.enqueuedAt} error="FailoverError: 403 fake status 403"`,
        );
      }
    }
    yield {
      time: this.#tick(),
      level: "ERROR",
      message:
        "Embedded agent failed before reply: All models failed (2): fake/fake: 403 fake status 403 (auth) | fake2/fake: 403 fake status 403 (auth)",
    };
  }

  /** A message for a room whose run is at work: it waits. */
  *waitingMessage(room: Room): Generator<Line> {
    yield this.#lane(`run active check: sessionId=${room.sessionId} active=true`);
  }

  *#promptEnd(run: Run): Generator<Line> {
    const { runId, room } = run;
    const at = this.active.indexOf(run);
    if (at >= 0) this.active.splice(at, 1);
    yield this.#agent(
      `embedded run prompt end: runId=${runId} sessionId=${room.sessionId} durationMs=${this.now - run.promptAt}`,
    );
    yield this.#state(room, "processing", "idle", "run_completed");
    yield this.#lane(`run cleared: sessionId=${room.sessionId} totalActive=${this.active.length}`);
  }

  *#startLines(): Generator<Line> {
    const canvas = "canvas host mounted at http://127.0.0.1:18789/__clawdbot__/canvas/ (root /home/user/clawd/canvas)";
    yield this.#info("gateway/canvas", canvas);
    const bonjour = 'bonjour: starting (hostname=vm, instance="vm (Clawdbot)", gatewayPort=18789, sshPort=22)';
    yield { time: this.#tick(), level: "DEBUG", message: bonjour, fileOnly: true };
    yield { ...this.#info("gateway/heartbeat", "heartbeat: started"), meta: { intervalMs: 1_800_000 } };
    yield this.#info("gateway", "agent model: fake/fake");
    yield this.#info("gateway", `listening on ws://127.0.0.1:18789 (PID ${this.#pid})`);
    yield this.#info("gateway", "listening on ws://[::1]:18789");
    yield this.#info("gateway", "log file: /home/user/gateway.log");
    yield this.#info("browser/server", "Browser control listening on http://127.0.0.1:18791/");
    this.now += this.#random.between(1000, 2000);
  }

  #state(room: Room, from: string, to: string, reason: string): Line {
    return this.#lane(
      `session state: sessionId=${room.sessionId} sessionKey=unknown prev=${from} new=${to} reason="${reason}" queueDepth=0`,
    );
  }

  #lane(message: string): Line {
    return { time: this.#tick(), level: "DEBUG", subsystem: "diagnostic", message };
  }

  #agent(message: string): Line {
    return { time: this.#tick(), level: "DEBUG", subsystem: "agent/embedded", message };
  }

  #info(subsystem: string, message: string): Line {
    return { time: this.#tick(), level: "INFO", subsystem, message };
  }

  /** Lines of one moment stand a millisecond or two apart. */
  #tick(): number {
    this.now += this.#random.bits() % 3;
    return this.now;
  }
}
