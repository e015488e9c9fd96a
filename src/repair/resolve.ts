/** From what the user typed to sessions of the gateway. Pure; it decides nothing but who is meant. */
import { nearest } from "../errors.ts";
import { canonicalKey } from "../tracker/session-index.ts";
import type { ListedSession } from "./sessions-list.ts";

/** A session that can be named: from the gateway's list, with what the diagnosis adds. */
export interface NamedSession {
  readonly key: string;
  readonly canonical: string;
  /** All that it is or was known by in this gateway's life. */
  readonly sessionIds: readonly string[];
  readonly runIds: readonly string[];
}

export type Resolution =
  | { readonly outcome: "found"; readonly session: NamedSession }
  | { readonly outcome: "not-found"; readonly hint: string }
  | { readonly outcome: "ambiguous"; readonly hint: string };

/** How many candidates an error names. */
const SHOWN = 5;

/**
 * @param id a key (short or full), a sessionId, or the start of one that only one session has
 */
export function resolveId(id: string, sessions: readonly NamedSession[]): Resolution {
  const typed = id.trim();
  if (typed === "") return { outcome: "not-found", hint: "an empty name names no session" };
  const canonical = canonicalKey(typed);
  const exact = sessions.filter((it) => it.canonical === canonical || it.sessionIds.includes(typed));
  if (exact.length > 0) return choose(exact);
  const lower = typed.toLowerCase();
  const begun = sessions.filter(
    (it) =>
      it.canonical.startsWith(lower) ||
      it.canonical.startsWith(canonical) ||
      it.sessionIds.some((sessionId) => sessionId.toLowerCase().startsWith(lower)),
  );
  return begun.length > 0 ? choose(begun) : unknown(typed, sessions);
}

/** @param run a runId or the start of one */
export function resolveRun(run: string, sessions: readonly NamedSession[]): Resolution {
  const typed = run.trim();
  const exact = sessions.filter((it) => typed !== "" && it.runIds.includes(typed));
  if (exact.length > 0) return choose(exact);
  const begun = sessions.filter((it) => typed !== "" && it.runIds.some((id) => id.startsWith(typed)));
  if (begun.length > 0) return choose(begun);
  return { outcome: "not-found", hint: "no session of this gateway is known to have such a run" };
}

/** The gateway's list and the diagnosis as one; a session under two forms of its key is one. */
export function namedSessions(
  listed: readonly ListedSession[],
  diagnosed: readonly { key: string; sessionIds: readonly string[]; runIds: readonly string[] }[],
): readonly NamedSession[] {
  const found = new Map<string, { key: string; sessionIds: Set<string>; runIds: Set<string> }>();
  const at = (key: string) => {
    const canonical = canonicalKey(key);
    const entry = found.get(canonical) ?? { key, sessionIds: new Set(), runIds: new Set() };
    found.set(canonical, entry);
    return entry;
  };
  for (const row of listed) {
    const entry = at(row.key);
    // Where one session stands under two keys, the fuller is the one that every method takes.
    if (row.key.length > entry.key.length) entry.key = row.key;
    if (row.sessionId !== null) entry.sessionIds.add(row.sessionId);
    for (const id of row.activeRunIds) entry.runIds.add(id);
  }
  for (const one of diagnosed) {
    // What only a log tells may be long gone; an unknown key would create a session.
    const entry = found.get(canonicalKey(one.key));
    for (const id of one.sessionIds) entry?.sessionIds.add(id);
    for (const id of one.runIds) entry?.runIds.add(id);
  }
  return [...found].map(([canonical, { key, sessionIds, runIds }]) => ({
    key,
    canonical,
    sessionIds: [...sessionIds],
    runIds: [...runIds],
  }));
}

function choose(sessions: readonly NamedSession[]): Resolution {
  const [first, second] = sessions;
  if (first && !second) return { outcome: "found", session: first };
  const names = sessions.slice(0, SHOWN).map(({ key }) => key);
  const more = sessions.length > SHOWN ? ` and ${sessions.length - SHOWN} more` : "";
  return { outcome: "ambiguous", hint: `it may be ${names.join(", ")}${more}` };
}

function unknown(typed: string, sessions: readonly NamedSession[]): Resolution {
  const near = nearest(
    typed,
    sessions.flatMap(({ key, canonical }) => [key, canonical.replace(/^agent:main:/, "")]),
  );
  const hint =
    near === undefined ? `the gateway knows ${sessions.length} sessions, none by that name` : `did you mean ${near}?`;
  return { outcome: "not-found", hint };
}
