import { Fingerprints } from "./fingerprints.ts";
import { SmallSet } from "./small-set.ts";
import type { Session, Undispatched } from "./state.ts";
import { copyOf } from "./strings.ts";
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

/** The sessions of one gateway that are remembered, found by any of their names. */
export class SessionIndex {
  readonly #byKey = new Map<string, Session>();
  readonly #byId = new Map<string, Session>();
  /** A sessionId whose key was only inferred from the order of lane lines. */
  readonly #inferred = new Set<string>();
  readonly #forgotten = new Fingerprints();
  readonly #onTouched: (session: Session) => void;

  /** @param onTouched a line named a session that does not stand in the queue of those that may be idle */
  constructor(onTouched: (session: Session) => void = () => {}) {
    this.#onTouched = onTouched;
  }

  ofKey(key: string): Session {
    const canonical = canonicalKey(key);
    let session = this.#byKey.get(canonical);
    if (!session) {
      session = newSession(copyOf(canonical));
      this.#byKey.set(session.canonicalKey ?? canonical, session);
    }
    if (!session.keys.has(key)) session.keys.add(key === session.canonicalKey ? session.canonicalKey : copyOf(key));
    this.#touch(session);
    return session;
  }

  /** @param own the sessionId is no piece of a line, see copyOf */
  ofId(sessionId: string, own = false): Session {
    let session = this.#byId.get(sessionId);
    if (!session) {
      const id = own ? sessionId : copyOf(sessionId);
      session = newSession(undefined);
      session.sessionIds.add(id);
      this.#byId.set(id, session);
    }
    this.#touch(session);
    return session;
  }

  find(sessionId: string): Session | undefined {
    return this.#byId.get(sessionId);
  }

  /** The session of a canonical key, if it has shown itself. */
  findByKey(canonical: string): Session | undefined {
    return this.#byKey.get(canonical);
  }

  /** The canonical key of a sessionId, where a line told it or lane lines let it be inferred. */
  keyOf(sessionId: string): string | undefined {
    return this.#byId.get(sessionId)?.canonicalKey;
  }

  isInferred(sessionId: string): boolean {
    return this.#inferred.has(sessionId);
  }

  /**
   * Ties a sessionId to a key. What a line says outright outweighs what was inferred.
   * @param own the sessionId is no piece of a line, see copyOf
   */
  bind(sessionId: string, key: string, how: "told" | "inferred", own = false): Session {
    const session = this.ofKey(key);
    const before = this.#byId.get(sessionId);
    if (before === session) {
      if (how === "told") this.#inferred.delete(sessionId);
      return session;
    }
    if (before?.canonicalKey !== undefined && how === "inferred" && !this.#inferred.has(sessionId)) return before;
    const id = own ? sessionId : copyOf(sessionId);
    if (before) {
      before.sessionIds.delete(sessionId);
      if (before.canonicalKey === undefined) {
        absorb(session, before);
        this.#touch(session);
      }
    }
    // It was a session of its own as long as nothing told its key.
    this.#forgotten.delete(sessionId);
    session.sessionIds.add(id);
    this.#byId.set(id, session);
    if (how === "told") this.#inferred.delete(sessionId);
    else this.#inferred.add(id);
    return session;
  }

  all(): Session[] {
    return [...new Set([...this.#byKey.values(), ...this.#byId.values()])];
  }

  get size(): number {
    return this.#byKey.size + this.#byId.size;
  }

  /** Nothing holds it and nothing waits in it: the next line of it makes it anew. */
  forget(session: Session): void {
    const { canonicalKey: canonical } = session;
    for (const id of session.sessionIds) {
      this.#byId.delete(id);
      this.#inferred.delete(id);
      if (canonical === undefined) this.#forgotten.add(id);
    }
    if (canonical === undefined) return;
    this.#byKey.delete(canonical);
    this.#forgotten.add(canonical);
  }

  /** An old conversation of a session that goes on under others. */
  forgetId(session: Session, sessionId: string): void {
    session.sessionIds.delete(sessionId);
    this.#byId.delete(sessionId);
    this.#inferred.delete(sessionId);
  }

  /** How many sessions are forgotten and did not come again. */
  get forgottenCount(): number {
    if (this.#forgotten.size === 0) return 0;
    const again = this.all().filter(({ canonicalKey: canonical, sessionIds }) =>
      canonical === undefined ? [...sessionIds].some((id) => this.#forgotten.has(id)) : this.#forgotten.has(canonical),
    );
    return this.#forgotten.size - again.length;
  }

  #touch(session: Session): void {
    session.touched = true;
    if (!session.queued) this.#onTouched(session);
  }
}

function newSession(canonical: string | undefined): Session {
  return {
    canonicalKey: canonical,
    keys: new SmallSet(),
    sessionIds: new SmallSet(),
    waiting: undefined,
    activeSeen: undefined,
    answeredSequence: -1,
    undispatched: undefined,
    timeline: undefined,
    fileLock: undefined,
    touched: false,
    queued: false,
  };
}

function absorb(into: Session, from: Session): void {
  if (from.waiting) into.waiting = into.waiting ? into.waiting.concat(from.waiting) : from.waiting;
  into.activeSeen ??= from.activeSeen;
  if (from.undispatched) into.undispatched = joined(into.undispatched, from.undispatched);
  if (from.timeline) {
    into.timeline ??= new Timeline();
    for (const item of from.timeline.items) into.timeline.push(item);
  }
  into.answeredSequence = Math.max(into.answeredSequence, from.answeredSequence);
}

function joined(before: Undispatched | undefined, after: Undispatched): Undispatched {
  if (!before) return after;
  return { ...before, newest: after.newest, count: before.count + after.count };
}
