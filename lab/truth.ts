/**
 * What became of every message, worked out from what was seen outside the
 * log: replies and events on the socket, streams at the model server, and the
 * gateway's processes. It never looks into a log.
 */
import type { GatewayProcess } from "./gateway.ts";
import type { Stream } from "./model-server.ts";
import type { Heard, SentMessage, StageEvent } from "./stage.ts";
import type { GatewayVersion } from "./versions.ts";

type Expectation =
  | "completed"
  | "aborted"
  | "timed-out"
  | "failed"
  | "open"
  | "orphaned:restart"
  | "orphaned:crash"
  | "orphaned:stop"
  | "never-started";

interface RunTruth {
  readonly session: string;
  readonly kind: string;
  readonly expect: Expectation;
  /** The process that the run was in is gone: whatever became of the run, it holds nothing. */
  readonly thenProcessDied?: true;
  readonly sentAt: string;
  readonly streams: readonly object[];
  readonly heard: readonly string[];
  /** A turn that was cut and that the gateway goes on with, under a runId of its own. */
  readonly continuations?: readonly object[];
  readonly note?: string;
}

interface SessionTruth {
  readonly ping: string;
  readonly wedged: boolean;
  /** `blocked`: held by a run that can't be helped; `busy`: by one that only takes long; `free`. */
  readonly expect: "blocked" | "busy" | "free";
  /** It gets an error at once instead of an answer: a lock of a process that is gone keeps its transcript. */
  readonly lockedOut?: true;
  /** No run of its own holds it: the gateway keeps it waiting behind what it recovers in other sessions. */
  readonly heldBack?: true;
}

export interface Truth {
  readonly package: string;
  readonly version: string;
  readonly scenario: string;
  readonly note: string;
  /** False for the default log level: no log of this recording tells of runs. */
  readonly showsRuns: boolean;
  readonly runs: Readonly<Record<string, RunTruth>>;
  readonly sessions: Readonly<Record<string, SessionTruth>>;
  readonly ownRuns: Readonly<
    Record<string, { readonly session: string | undefined; readonly heard: readonly string[] }>
  >;
  readonly processes: readonly object[];
  readonly events: readonly object[];
}

export interface Observations {
  readonly version: GatewayVersion;
  readonly scenario: string;
  readonly note: string;
  readonly showsRuns: boolean;
  /** The gateway's run timeout, where the scenario set one. */
  readonly timeoutSeconds?: number | undefined;
  /** Sessions whose transcript is locked by a process that is gone, and since when. */
  readonly staleLocks: ReadonlyMap<string, number>;
  readonly sent: readonly SentMessage[];
  readonly streams: readonly Stream[];
  readonly heard: readonly Heard[];
  readonly processes: readonly GatewayProcess[];
  readonly events: readonly StageEvent[];
}

/** A process that ends closes its streams in its last moments; one that closes a stream sooner aborted the run. */
const LAST_MOMENTS_MS = 250;

export function tellTruth(seen: Observations): Truth {
  const runs: Record<string, RunTruth> = {};
  for (const message of seen.sent) runs[message.id] = runTruth(message, seen);
  return {
    package: seen.version.package,
    version: seen.version.version,
    scenario: seen.scenario,
    note: seen.note,
    showsRuns: seen.showsRuns,
    runs,
    sessions: sessionTruths(seen, runs),
    ownRuns: ownRuns(seen),
    processes: seen.processes.map(({ pid, since, diedAt }) => ({
      pid,
      since: iso(since),
      diedAt: diedAt && iso(diedAt),
    })),
    events: seen.events.map(({ at, what, detail }) => ({ at: iso(at), what, detail })),
  };
}

function runTruth(message: SentMessage, seen: Observations): RunTruth {
  const { id, session, kind } = message;
  const own = seen.streams.filter((stream) => stream.id === id && !stream.continued);
  const continued = seen.streams.filter((stream) => stream.id === id && stream.continued);
  const heard = seen.heard.filter((one) => one.runId === id);
  const merged =
    own.length === 0 && seen.streams.some((stream) => stream.ids.includes(id) && stream.end === "answered");
  const home = processOf(own[0], seen);
  return {
    session,
    kind,
    expect: expectation(message, own, heard, home, seen),
    ...(home?.diedAt !== undefined && { thenProcessDied: true as const }),
    sentAt: iso(message.sentAt),
    streams: own.map(streamTruth),
    heard: heard.map((one) => `${iso(one.at)} ${one.what}`),
    ...(continued.length > 0 && { continuations: continued.map(streamTruth) }),
    ...(!message.accepted && { note: "the gateway refused the message" }),
    ...(merged && { note: "answered later, merged into a run of the gateway's own" }),
  };
}

function expectation(
  message: SentMessage,
  own: readonly Stream[],
  heard: readonly Heard[],
  home: GatewayProcess | undefined,
  seen: Observations,
): Expectation {
  const last = own.at(-1);
  // It tries every model and gets no further than the lock.
  if (last === undefined && isLockedOut(message, seen)) return "failed";
  // A message that was handled under another runId left no line of its own.
  if (last === undefined || !startedItself(message, heard, own)) return "never-started";
  if (last.end === "answered") return "completed";
  if (last.end === "refused") return seen.version.failedRunLooks;
  if (ranIntoTimeout(own, seen)) return "timed-out";
  if (heard.some((one) => one.what === "aborted")) return "aborted";
  const died = home?.diedAt;
  if (last.end === "closed-by-client" && (died === undefined || last.endedAt! < died - LAST_MOMENTS_MS))
    return "aborted";
  const cut = firstCut(own[0]!, home, seen);
  if (cut === "restart" && last.end === "closed-by-client" && seen.version.abortsAtRestart) return "aborted";
  return cut === undefined ? "open" : `orphaned:${cut}`;
}

function ranIntoTimeout(own: readonly Stream[], seen: Observations): boolean {
  if (seen.timeoutSeconds === undefined) return false;
  const limit = seen.timeoutSeconds * 1000;
  return own.some(
    ({ end, openedAt, endedAt }) => end === "closed-by-client" && Math.abs(endedAt! - openedAt - limit) < 3_000,
  );
}

function isLockedOut({ session, sentAt }: SentMessage, seen: Observations): boolean {
  const lockedAt = seen.staleLocks.get(session) ?? Infinity;
  return seen.processes.some(({ since }) => lockedAt < since && since < sentAt);
}

/** The run under this id itself asked the model, not a follow-up that took its text. */
function startedItself(message: SentMessage, heard: readonly Heard[], own: readonly Stream[]): boolean {
  return heard.some((one) => one.what === "lifecycle-start") || own[0]!.openedAt - message.sentAt < 5_000;
}

function firstCut(
  stream: Stream,
  home: GatewayProcess | undefined,
  seen: Observations,
): "restart" | "crash" | "stop" | undefined {
  const until = home?.diedAt ?? Infinity;
  const cut = seen.events.find(
    ({ at, what }) =>
      at >= stream.openedAt && at <= until && (what === "restart" || what === "crash" || what === "stop"),
  );
  return cut?.what as "restart" | "crash" | "stop" | undefined;
}

function processOf(stream: Stream | undefined, seen: Observations): GatewayProcess | undefined {
  if (stream === undefined) return undefined;
  return seen.processes.findLast(
    ({ since, diedAt }) => since <= stream.openedAt && (diedAt === undefined || diedAt >= stream.openedAt),
  );
}

function sessionTruths(seen: Observations, runs: Readonly<Record<string, RunTruth>>): Record<string, SessionTruth> {
  const sessions: Record<string, SessionTruth> = {};
  for (const { id: ping, session, kind } of seen.sent) {
    if (kind !== "ping") continue;
    const wedged = !seen.streams.some((stream) => stream.ids.includes(ping) && stream.end === "answered");
    const holds =
      Object.values(runs).some((run) => run.session === session && run.expect === "open") ||
      continuationsOf(session, seen).some((stream) => stream.end === undefined);
    const ownRunCut = Object.values(runs).some((run) => run.session === session && run.expect.startsWith("orphaned"));
    sessions[session] = {
      ping,
      wedged,
      expect: wedged ? (holds ? "busy" : "blocked") : "free",
      ...(seen.staleLocks.has(session) && { lockedOut: true as const }),
      ...(wedged && !holds && !ownRunCut && seen.version.recovers && { heldBack: true as const }),
    };
  }
  return sessions;
}

function continuationsOf(session: string, seen: Observations): Stream[] {
  const ids = new Set(seen.sent.filter((message) => message.session === session).map((message) => message.id));
  return seen.streams.filter((stream) => stream.continued && ids.has(stream.id));
}

/** Runs that the gateway began on its own (follow-ups, recoveries), as far as the socket told of them. */
function ownRuns(seen: Observations): Truth["ownRuns"] {
  const known = new Set(seen.sent.map((message) => message.id));
  const runs: Record<string, { session: string | undefined; heard: string[] }> = {};
  for (const { runId, session, at, what } of seen.heard) {
    if (known.has(runId)) continue;
    const run = (runs[runId] ??= { session, heard: [] });
    run.session ??= session;
    run.heard.push(`${iso(at)} ${what}`);
  }
  return runs;
}

function streamTruth(stream: Stream): object {
  return {
    provider: stream.provider,
    openedAt: iso(stream.openedAt),
    ...(stream.endedAt !== undefined && { endedAt: iso(stream.endedAt) }),
    end: stream.end ?? "still open",
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
