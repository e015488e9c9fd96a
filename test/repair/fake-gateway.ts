/** A gateway of the imagination: sessions, a log, and what each request does to them. */
import { GatewayError, type Gateway } from "../../src/gateway/gateway.ts";
import { canonicalKey } from "../../src/tracker/session-index.ts";

export interface FakeSession {
  readonly key: string;
  sessionId: string;
  hasActiveRun?: boolean;
}

export interface Asked {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Methods that change nothing. */
export const READING: ReadonlySet<string> = new Set(["sessions.list", "logs.tail", "chat.history"]);

export class FakeGateway implements Gateway {
  readonly url = "ws://127.0.0.1:18789";
  version: string | null = "2026.1.24-3";
  methods: ReadonlySet<string> = new Set();
  readonly stateDir = null;
  readonly identity = "fake";
  readonly asked: Asked[] = [];
  readonly sessions: FakeSession[];
  readonly log: string[] = [];
  /** What a method does, beside being written down; a throw is the answer. */
  readonly does = new Map<string, (params: Asked["params"]) => unknown>();
  readonly #endEars = new Set<(why: string) => void>();
  readonly #ears = new Set<(event: string, payload: unknown) => void>();

  constructor(sessions: FakeSession[] = [{ key: "agent:main:main", sessionId: "id-main" }]) {
    this.sessions = sessions;
  }

  /** What was asked that could change something. */
  get changed(): readonly Asked[] {
    return this.asked.filter(({ method }) => !READING.has(method));
  }

  async request(method: string, params: Asked["params"]): Promise<unknown> {
    this.asked.push({ method, params });
    const own = this.does.get(method);
    if (own) return own(params);
    switch (method) {
      case "sessions.list":
        return { sessions: this.sessions.map((it) => ({ ...it })) };
      case "logs.tail":
        return this.#tail(params["cursor"]);
      case "chat.history":
        return {
          sessionId: this.sessions.find(({ key }) => canonicalKey(key) === canonicalKey(String(params["sessionKey"])))
            ?.sessionId,
        };
      default:
        return { ok: true, aborted: false, runIds: [] };
    }
  }

  onEvent(hear: (event: string, payload: unknown) => void): () => void {
    this.#ears.add(hear);
    return () => this.#ears.delete(hear);
  }

  tell(event: string, payload: unknown): void {
    for (const hear of this.#ears) hear(event, payload);
  }

  onEnd(hear: (why: string) => void): () => void {
    this.#endEars.add(hear);
    return () => this.#endEars.delete(hear);
  }

  /** The connection breaks: whoever waits is told, and nothing more can be sent. */
  breakOff(): void {
    for (const method of [...READING, "chat.send", "chat.abort", "sessions.abort", "sessions.reset"]) {
      this.does.set(method, failing("closed", false));
    }
    for (const hear of this.#endEars) hear("the connection broke off");
  }

  /** It takes a message, and from then on no question after its sessions is answered. */
  fallSilentAfterSend(): void {
    this.does.set("chat.send", () => {
      this.does.set("sessions.list", failing("timeout", true));
      return { status: "started" };
    });
  }

  async close(): Promise<void> {}

  /** Appends a line to the gateway's log, as its logger writes it. */
  write(subsystem: string, message: string, at: number, level = "DEBUG"): void {
    const time = new Date(at).toISOString();
    this.log.push(
      JSON.stringify({
        0: JSON.stringify({ subsystem }),
        1: message,
        _meta: { name: JSON.stringify({ subsystem }), parentNames: ["clawdbot"], date: time, logLevelName: level },
        time,
      }),
    );
  }

  #tail(cursor: unknown): object {
    const from = typeof cursor === "number" ? cursor : 0;
    return {
      file: "/tmp/clawdbot/clawdbot-2026-01-28.log",
      cursor: this.log.length,
      size: this.log.length,
      lines: this.log.slice(from),
      truncated: false,
      reset: false,
    };
  }
}

/** The ways in which a request can fail. */
export function failing(kind: GatewayError["kind"], sent: boolean): () => never {
  return () => {
    throw new GatewayError(kind, `the gateway said ${kind}`, sent);
  };
}

const START = Date.parse("2026-01-28T08:00:00Z");

/** The log of a gateway in which `main` was wedged by a restart in the same process, with one message waiting. */
export function wedgedLog(
  gateway: FakeGateway,
  key = "main",
  sessionId = "id-main",
  runId = "run-1",
  at = START,
): void {
  wedgedLogOf(gateway, [{ key, sessionId, runId }], at);
}

interface HangingRun {
  readonly key: string;
  readonly sessionId: string;
  readonly runId: string;
}

/** The same with a run in each of several sessions; less than four, or lane `main` is full. */
export function wedgedLogOf(gateway: FakeGateway, runs: readonly HangingRun[], at = START): void {
  const write = (seconds: number, subsystem: string, message: string, level?: string) =>
    gateway.write(subsystem, message, at + seconds * 1000, level);
  write(0, "gateway", "listening on ws://127.0.0.1:18789 (PID 4242)", "INFO");
  for (const [index, { key, sessionId, runId }] of runs.entries()) {
    write(10, "diagnostic", `lane enqueue: lane=session:${key} queueSize=1`);
    write(10, "diagnostic", `lane dequeue: lane=session:${key} waitMs=1 queueSize=0`);
    write(10, "diagnostic", `lane enqueue: lane=main queueSize=${index + 1}`);
    write(10, "diagnostic", "lane dequeue: lane=main waitMs=1 queueSize=0");
    write(
      10,
      "agent/embedded",
      `embedded run start: runId=${runId} sessionId=${sessionId} provider=p model=m thinking=off messageChannel=webchat`,
    );
    write(10, "diagnostic", `run registered: sessionId=${sessionId} totalActive=${index + 1}`);
  }
  write(20, "gateway", "signal SIGUSR1 received", "INFO");
  write(20, "gateway", "received SIGUSR1; restarting", "INFO");
  write(21, "gateway", "listening on ws://127.0.0.1:18789 (PID 4242)", "INFO");
  for (const { sessionId } of runs) write(30, "diagnostic", `run active check: sessionId=${sessionId} active=true`);
}

/** What the gateway logs when the run of `wedgedLog` is really ended. */
export function endedLog(gateway: FakeGateway, at: number, key = "main", sessionId = "id-main", runId = "run-1"): void {
  gateway.write("diagnostic", `aborting run: sessionId=${sessionId}`, at);
  gateway.write("diagnostic", `run cleared: sessionId=${sessionId} totalActive=0`, at);
  gateway.write(
    "agent/embedded",
    `embedded run done: runId=${runId} sessionId=${sessionId} durationMs=7707 aborted=true`,
    at,
  );
  gateway.write("diagnostic", `lane task done: lane=session:${key} durationMs=7711 active=0 queued=0`, at);
}
