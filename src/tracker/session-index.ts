import type { Session } from "./state.ts";
import { Timeline } from "./timeline.ts";

const SESSION_LANE = "session:";

/** The session key that a lane belongs to; undefined for a global lane. */
export function keyOfLane(lane: string): string | undefined {
  return lane.startsWith(SESSION_LANE) ? lane.slice(SESSION_LANE.length) : undefined;
}

/**
 * One name for all ways to write a session's key. Old gateways log the key as
 * the sender wrote it (`room`), the store and later versions the full one
 * (`agent:main:room`); `main` is the default agent.
 */
export function canonicalKey(key: string): string {
  const lower = key.toLowerCase();
  return lower.startsWith("agent:") ? lower : `agent:main:${lower}`;
}

/** The sessions of one gateway, found by any of their names. */
export class SessionIndex {
  readonly #byKey = new Map<string, Session>();
  readonly #byId = new Map<string, Session>();
  /** A sessionId whose key was only inferred from the order of lane lines. */
  readonly #inferred = new Set<string>();

  ofKey(key: string): Session {
    const canonical = canonicalKey(key);
    let session = this.#byKey.get(canonical);
    if (!session) {
      session = newSession(canonical);
      this.#byKey.set(canonical, session);
    }
    session.keys.add(key);
    return session;
  }

  ofId(sessionId: string): Session {
    let session = this.#byId.get(sessionId);
    if (!session) {
      session = newSession(undefined);
      session.sessionIds.add(sessionId);
      this.#byId.set(sessionId, session);
    }
    return session;
  }

  find(sessionId: string): Session | undefined {
    return this.#byId.get(sessionId);
  }

  /** The canonical key of a sessionId, where a line told it or lane lines let it be inferred. */
  keyOf(sessionId: string): string | undefined {
    return this.#byId.get(sessionId)?.canonicalKey;
  }

  isInferred(sessionId: string): boolean {
    return this.#inferred.has(sessionId);
  }

  /** Ties a sessionId to a key. What a line says outright outweighs what was inferred. */
  bind(sessionId: string, key: string, how: "told" | "inferred"): Session {
    const session = this.ofKey(key);
    const before = this.#byId.get(sessionId);
    if (before === session) {
      if (how === "told") this.#inferred.delete(sessionId);
      return session;
    }
    if (before?.canonicalKey !== undefined && how === "inferred" && !this.#inferred.has(sessionId)) return before;
    if (before) {
      before.sessionIds.delete(sessionId);
      if (before.canonicalKey === undefined) absorb(session, before);
    }
    session.sessionIds.add(sessionId);
    this.#byId.set(sessionId, session);
    if (how === "told") this.#inferred.delete(sessionId);
    else this.#inferred.add(sessionId);
    return session;
  }

  all(): Session[] {
    return [...new Set([...this.#byKey.values(), ...this.#byId.values()])];
  }
}

function newSession(canonical: string | undefined): Session {
  return {
    canonicalKey: canonical,
    keys: new Set(),
    sessionIds: new Set(),
    waiting: [],
    activeSeen: undefined,
    answeredSequence: -1,
    undispatched: [],
    timeline: new Timeline(),
    fileLock: undefined,
  };
}

function absorb(into: Session, from: Session): void {
  into.waiting.push(...from.waiting);
  into.undispatched.push(...from.undispatched);
  for (const item of from.timeline.items) into.timeline.push(item.sequence, item.event);
  into.answeredSequence = Math.max(into.answeredSequence, from.answeredSequence);
}
