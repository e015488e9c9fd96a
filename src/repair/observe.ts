import { GatewayError, type Gateway } from "../gateway/gateway.ts";
import type { GatewayEvent } from "../events/index.ts";
import { factsOfLog, NO_FACTS, type Facts } from "./facts.ts";
import { LogTail } from "./log-tail.ts";
import type { Target } from "./model.ts";
import { listSessions, type ListedSession } from "./sessions-list.ts";

export interface ObserverSettings {
  /**
   * When the lock at a path was made (ms since the epoch); null: there is none.
   * Undefined where the gateway's files are not at hand.
   */
  readonly readLock: ((path: string) => Promise<number | null>) | undefined;
  readonly trustsActiveRun: boolean;
  /** The gateway's log is at debug level, so that it tells the ends of runs. */
  readonly logShowsRuns: boolean;
  /** Milliseconds for one question. */
  readonly requestTimeoutMs: number;
}

/** What one look at a session found. */
export interface Look {
  readonly facts: Facts;
  /** The session in the gateway's list; null: not listed any more; undefined: not known. */
  readonly listed: ListedSession | null | undefined;
}

/**
 * Looks at one session of a running gateway and changes nothing: its log by
 * `logs.tail`, its list of sessions, and on the same machine the run's lock.
 * What was seen in the log adds up from `begin` on.
 */
export class Observer {
  readonly #gateway: Gateway;
  readonly #target: Target;
  readonly #settings: ObserverSettings;
  readonly #tail: LogTail;
  readonly #events: GatewayEvent[] = [];
  #since: number | null = null;
  #tailWorks = false;
  #sawAll = true;

  constructor(gateway: Gateway, target: Target, settings: ObserverSettings) {
    this.#gateway = gateway;
    this.#target = target;
    this.#settings = settings;
    this.#tail = new LogTail(gateway, settings.requestTimeoutMs);
  }

  /**
   * Begins to follow the log; a gateway that has none at hand is looked at without.
   * @param cursor where the log ended before the diagnosis; null: what one answer holds of it counts, from `since` on
   * @param since milliseconds since the epoch; what is older is passed over
   */
  async begin(cursor: number | null, since: number | null = null): Promise<void> {
    this.#since = since;
    if (cursor === null) {
      const part = await this.#ask(() => this.#tail.read());
      this.#tailWorks = part !== undefined;
      this.#take(part?.events ?? []);
    } else {
      this.#tail.beginAt(cursor);
      this.#tailWorks = true;
    }
  }

  #take(events: readonly GatewayEvent[]): void {
    const since = this.#since;
    this.#events.push(...events.filter((it) => since === null || (it.time ?? since) >= since));
  }

  /** Never throws for what the gateway does: a question that fails leaves its fact unknown. */
  async look(): Promise<Look> {
    const log = await this.#lookAtLog();
    const rows = await this.#ask(() => listSessions(this.#gateway, this.#settings.requestTimeoutMs));
    const listed = rows && (rows.find((it) => it.canonical === this.#target.canonical) ?? null);
    const facts: Facts = {
      ...NO_FACTS,
      ...log,
      lock: await this.#lookAtLock(),
      activeRun: this.#settings.trustsActiveRun ? (listed?.hasActiveRun ?? null) : null,
      reachable: rows !== undefined,
    };
    return { facts, listed };
  }

  async #lookAtLog(): Promise<Pick<Facts, "logEnd" | "logEndIsWhole" | "logLife" | "logWouldTell">> {
    const part = this.#tailWorks ? await this.#ask(() => this.#tail.read()) : undefined;
    if (part) {
      this.#take(part.events);
      if (part.gap) this.#sawAll = false;
    }
    const { end, isWhole, life } = factsOfLog(this.#events, this.#target, this.#tail.file);
    const logWouldTell = part !== undefined && this.#sawAll && this.#settings.logShowsRuns;
    return { logEnd: end, logEndIsWhole: isWhole, logLife: life, logWouldTell };
  }

  async #lookAtLock(): Promise<Facts["lock"]> {
    const { lock } = this.#target;
    if (!lock || !this.#settings.readLock) return "unknown";
    const createdAt = await this.#settings.readLock(lock.path).catch(() => undefined);
    if (createdAt === undefined) return "unknown";
    if (createdAt === null) return "gone";
    return createdAt === lock.createdAt ? "held" : "replaced";
  }

  async #ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    try {
      return await question();
    } catch (error) {
      if (error instanceof GatewayError) return undefined;
      throw error;
    }
  }
}
