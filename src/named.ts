import type { Diagnosis } from "./diagnosis.ts";
import type { DoctorOptions } from "./doctor-options.ts";
import { UserError } from "./errors.ts";
import type { LiveGateway } from "./gateway/live.ts";
import type { Masker } from "./mask.ts";
import type { StateDir, StateEvidence } from "./state-evidence.ts";
import { canonicalKey } from "./tracker/session-index.ts";

/** A session or run that nobody knows is a slip of the hand, and "nothing is wrong with it" would be no answer. */
export function assertKnown(
  { session, run }: DoctorOptions,
  diagnoses: readonly Diagnosis[],
  extra: Pick<StateEvidence, "sessions">,
  masker: Masker,
): void {
  if (session === null && run === null) return;
  const sessions = [
    ...diagnoses
      .flatMap((it) => it.settled.sessions)
      .map((it) => ({ names: [it.key, ...it.aliases], ids: [...it.session.sessionIds] })),
    ...extra.sessions.map((it) => ({ names: [it.sessionKey, ...it.aliases], ids: it.sessionIds })),
  ];
  const isNamed = (it: (typeof sessions)[number], name: string) =>
    it.names.some((key) => canonicalKey(key) === canonicalKey(name)) || it.ids.some((id) => id.startsWith(name));
  if (session !== null && sessions.length > 0 && !sessions.some((it) => isNamed(it, session))) {
    const named = sessions.slice(0, NAMED).map((it) => it.names[0] ?? "");
    masker.learn(named);
    throw unknown(
      "session",
      session,
      named.map((key) => masker.text(key)),
      sessions.length,
    );
  }
  // Runs that ended well and are not asked for are only counted.
  const count = diagnoses.reduce((sum, { tracker }) => sum + tracker.runs.count, 0);
  const isKnown = (id: string) => diagnoses.some((it) => it.settled.runs.some((one) => one.run.runId.startsWith(id)));
  if (run !== null && count > 0 && !isKnown(run)) {
    const named = diagnoses.flatMap(({ tracker }) => tracker.runs.firstIds).slice(0, NAMED);
    const ids = named.map((runId) => masker.value({ runId }).runId);
    throw unknown("run", run, ids, count);
  }
}

/** The sessions that the state dir or the gateway's own list name, by sessionId and canonical key. */
export function namesBeside(states: readonly StateDir[], live: LiveGateway | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { sessionId, keys } of states.flatMap((it) => it.locks)) {
    for (const name of [sessionId, ...keys.map(canonicalKey)]) names.add(name);
  }
  for (const { canonical, sessionId } of live?.list.sessions ?? []) {
    names.add(canonical);
    if (sessionId !== null) names.add(sessionId);
  }
  return names;
}

const NAMED = 10;

/** @param named the first few of them */
function unknown(what: string, name: string, named: readonly string[], count: number): UserError {
  const more = count > named.length ? ` and ${count - named.length} more` : "";
  return new UserError(`no ${what} ${name} in this log`, `There is: ${named.join(", ")}${more}`);
}
