/**
 * What a scenario acts on: one gateway, one model server, one socket, and a
 * memory of everything that was seen outside the log.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Gateway, sleep } from "./gateway.ts";
import { directive, type Behaviour, type ModelServer } from "./model-server.ts";
import type { RpcClient, RpcEvent, RpcReply } from "./rpc.ts";
import type { GatewayVersion } from "./versions.ts";

export interface SentMessage {
  /** The idempotency key: the runId, if the message gets a run of its own. */
  readonly id: string;
  readonly session: string;
  readonly kind: Behaviour | "ping";
  readonly sentAt: number;
  /** The process that was the gateway then; undefined while none was. */
  readonly pid: number | undefined;
  readonly accepted: boolean;
}

/** What was done to the gateway as a whole. */
export interface StageEvent {
  readonly at: number;
  readonly what: "start" | "restart" | "crash" | "stop" | "abort" | "ping" | "end";
  readonly detail?: string;
}

/** Something the socket said about a run. */
export interface Heard {
  readonly at: number;
  readonly runId: string;
  readonly session: string | undefined;
  readonly what: "answer" | "aborted" | "error" | "lifecycle-start" | "lifecycle-end" | "lifecycle-error";
}

/** Who is refused and has another model left asks it sooner than this. */
const RETRIES_WITHIN_MS = 3_000;
const QUIET_MS = 3_000;
const LONGEST_UNREST_MS = 60_000;

export class Stage {
  readonly sent: SentMessage[] = [];
  readonly events: StageEvent[] = [];
  readonly heard: Heard[] = [];
  readonly version: GatewayVersion;
  readonly gateway: Gateway;
  readonly model: ModelServer;
  /** True if this gateway was told to stay in its process when it restarts. */
  readonly noRespawn: boolean;
  readonly #note: (line: string) => void;
  #client: RpcClient | undefined;
  #numbers = new Map<string, number>();

  constructor(options: {
    readonly version: GatewayVersion;
    readonly gateway: Gateway;
    readonly model: ModelServer;
    readonly noRespawn: boolean;
    readonly note?: (line: string) => void;
  }) {
    this.version = options.version;
    this.gateway = options.gateway;
    this.model = options.model;
    this.noRespawn = options.noRespawn;
    this.#note = options.note ?? (() => {});
  }

  /** True if a run that hangs outlives a restart in the gateway's memory. */
  get restartKeepsRuns(): boolean {
    const stays = this.version.restartsInto === "same-process" || this.noRespawn;
    return stays && !this.version.abortsAtRestart;
  }

  async start(): Promise<void> {
    this.#record("start");
    await this.gateway.start();
    await this.#connect();
  }

  /** Sends a message whose text tells the model what to do, and does not wait for it. Answers its id. */
  async say(session: string, kind: Behaviour | "ping", argument?: number): Promise<string> {
    const number = (this.#numbers.get(kind) ?? 0) + 1;
    this.#numbers.set(kind, number);
    const id = kind === "ping" ? `ping-${session}` : `${kind}-${number}`;
    const message = directive(kind === "ping" ? "ok" : kind, id, argument);
    const sentAt = Date.now();
    const pid = this.gateway.process?.pid;
    const reply = await this.request("chat.send", { sessionKey: session, message, idempotencyKey: id });
    this.sent.push({ id, session, kind, sentAt, pid, accepted: reply.ok });
    this.#note(`${session} ${id} ${reply.ok ? "sent" : `refused: ${reply.error?.message ?? ""}`}`);
    return id;
  }

  /** Sends a message and waits until the model has it. */
  async begin(session: string, kind: Behaviour, argument?: number): Promise<string> {
    const id = await this.say(session, kind, argument);
    if (!(await this.until(() => this.model.streamsOf(id).length > 0, 30))) this.#note(`${id} did not reach the model`);
    // The gateway writes the first lines of the run.
    await sleep(300);
    return id;
  }

  /** Sends a message and waits until its turn is over. */
  async ask(session: string, kind: "ok" | "error" | "failover" | "slow", argument?: number): Promise<string> {
    const id = await this.say(session, kind, argument);
    await this.until(() => this.isOver(id), 30 + (argument ?? 0));
    // The gateway writes its last lines after the reply.
    await sleep(400);
    return id;
  }

  isOver(id: string): boolean {
    const streams = this.model.streams.filter((stream) => stream.ids.includes(id));
    if (streams.some((stream) => stream.end === "answered")) return true;
    if (this.heard.some((one) => one.runId === id && one.what === "error")) return true;
    const last = streams.at(-1);
    return last?.end === "refused" && Date.now() - last.endedAt! > RETRIES_WITHIN_MS;
  }

  async abort(session: string, id: string): Promise<void> {
    this.#record("abort", id);
    // Which form of the key counts differs from version to version.
    for (const sessionKey of [session, `agent:main:${session}`]) {
      const reply = await this.request("chat.abort", { sessionKey, runId: id });
      if (reply.payload?.["aborted"] === true) break;
    }
    await this.until(() => this.model.streamsOf(id).every((stream) => stream.end !== undefined), 10);
    await sleep(400);
  }

  /** Asks for a restart and waits until the gateway answers again, however long it waits for its runs. */
  async restart(): Promise<void> {
    await this.restartDuring(async () => {
      if (this.version.restart.by === "rpc") await this.#requestRestart();
      else this.gateway.signal(this.version.restart.by);
    });
  }

  /** Does what makes the gateway restart, and waits until it is back; throws if it never went. */
  async restartDuring(action: () => Promise<unknown>): Promise<void> {
    const before = this.gateway.process?.pid;
    const downBefore = this.#downs;
    await action();
    this.#record("restart");
    const wait = this.version.restart.waitsSeconds + 60;
    const went = await this.until(() => this.#downs > downBefore || this.gateway.process?.pid !== before, wait);
    if (!went) throw new Error(`no restart within ${wait} s`);
    await sleep(500);
    await this.gateway.waitUntilReady();
    await this.#connect();
  }

  async #requestRestart(): Promise<void> {
    const reply = await this.request("gateway.restart.request", {
      reason: "the lab",
      target: this.gateway.identity(),
      restartIntent: { waitMs: 1_000 },
    });
    if (!reply.ok) throw new Error(`restart refused: ${reply.error?.message ?? "no reason"}`);
  }

  async crash(): Promise<void> {
    this.#record("crash");
    await this.gateway.crash();
  }

  /** SIGTERM, and SIGKILL if it has not left after `patienceSeconds`. */
  async stop(patienceSeconds = 30): Promise<void> {
    this.#record("stop");
    this.gateway.signal("SIGTERM");
    if (await this.gateway.waitUntilDead(patienceSeconds * 1000)) await this.gateway.crash();
    else await this.crash();
  }

  /** A last message to every session: who still answers? */
  async pingAll(patienceSeconds = 10): Promise<void> {
    this.#record("ping");
    const sessions = [...new Set(this.sent.map((message) => message.session))];
    for (const session of sessions) await this.say(session, "ping");
    await this.until(() => sessions.every((session) => this.isOver(`ping-${session}`)), patienceSeconds);
    await this.#untilQuiet();
    this.#record("end");
  }

  /** Waits until nothing begins or ends any more: a busy machine takes longer than any patience. */
  async #untilQuiet(): Promise<void> {
    const deadline = Date.now() + LONGEST_UNREST_MS;
    const count = (): number =>
      this.heard.length + this.model.streams.length + this.model.streams.filter((stream) => stream.end).length;
    for (let before = -1; before !== count() && Date.now() < deadline;) {
      before = count();
      await sleep(QUIET_MS);
    }
  }

  /**
   * Sessions whose transcript is locked by a process that is gone, and since when.
   * Up to 2.26 the gateway believes such a lock when it has got the same pid, as
   * in a container.
   */
  staleLocks(): ReadonlyMap<string, number> {
    const alive = this.gateway.process?.since ?? 0;
    const dir = join(this.gateway.stateDir, "agents", "main", "sessions");
    const locks = new Map<string, number>();
    const store = (readJson(join(dir, "sessions.json")) ?? {}) as Record<string, { sessionId: string }>;
    for (const [key, { sessionId }] of Object.entries(store)) {
      const lock = readJson(join(dir, `${sessionId}.jsonl.lock`)) as { createdAt: string } | undefined;
      const createdAt = Date.parse(lock?.createdAt ?? "");
      if (createdAt < alive) locks.set(key.replace(/^agent:main:/, ""), createdAt);
    }
    return locks;
  }

  async request(method: string, params: object, timeoutMs = 15_000): Promise<RpcReply> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      if (!this.#client?.open) await this.#connect().catch(() => {});
      const reply = await (this.#client?.request(method, params, timeoutMs) ?? CLOSED);
      const later = reply.error?.code === "UNAVAILABLE" || reply.error?.code === "CLOSED";
      if (!later || Date.now() > deadline) return reply;
      await sleep(500);
    }
  }

  async until(condition: () => boolean, seconds: number): Promise<boolean> {
    const deadline = Date.now() + seconds * 1000;
    while (!condition()) {
      if (Date.now() > deadline) return false;
      await sleep(50);
    }
    return true;
  }

  close(): void {
    this.#client?.close();
  }

  async #connect(): Promise<void> {
    this.#client?.close();
    this.#client = await this.gateway.connect((event) => this.#hear(event));
    this.#client.onClose(() => this.#downs++);
  }
  #downs = 0;

  #record(what: StageEvent["what"], detail?: string): void {
    this.events.push({ at: Date.now(), what, ...(detail === undefined ? {} : { detail }) });
    this.#note(detail === undefined ? what : `${what} ${detail}`);
  }

  #hear({ event, payload }: RpcEvent): void {
    const what = whatWasHeard(event, payload);
    const runId = payload["runId"];
    if (what === undefined || typeof runId !== "string") return;
    const session = typeof payload["sessionKey"] === "string" ? payload["sessionKey"] : undefined;
    this.heard.push({ at: Date.now(), runId, session, what });
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

const CLOSED: Promise<RpcReply> = Promise.resolve({ ok: false, error: { code: "CLOSED", message: "not connected" } });

function whatWasHeard(event: string, payload: Record<string, unknown>): Heard["what"] | undefined {
  if (event === "chat") {
    if (payload["state"] === "aborted") return "aborted";
    if (payload["state"] === "error") return "error";
    // An empty final comes at once for a message that only waits: it proves nothing.
    return payload["state"] === "final" && payload["message"] ? "answer" : undefined;
  }
  const data = payload["data"] as { phase?: string; aborted?: boolean } | undefined;
  if (event !== "agent" || payload["stream"] !== "lifecycle") return undefined;
  if (data?.aborted === true) return "aborted";
  if (data?.phase === "start") return "lifecycle-start";
  if (data?.phase === "error") return "lifecycle-error";
  return data?.phase === "end" ? "lifecycle-end" : undefined;
}
