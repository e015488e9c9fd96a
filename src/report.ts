/** From diagnoses to the report: version 1 of the machine-readable contract, assembled and filtered. */
import { CHECKS } from "./checks/index.ts";
import { unreadGap } from "./checks/log-gap.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { Masker } from "./mask.ts";
import type {
  Finding,
  FindingCode,
  GatewayReport,
  Report,
  RunReport,
  SessionReport,
  SourceSummary,
  Verdict,
} from "./model.ts";
import { SEVERITIES } from "./model.ts";
import { seenIn } from "./seen.ts";
import { isoTime } from "./finding-timeline.ts";
import type { SettledRun, SettledSession } from "./tracker/settle.ts";
import { canonicalKey } from "./tracker/session-index.ts";
import { Texts } from "./tracker/strings.ts";
import { ENDED_RUNS, IDLE_SESSIONS, KEEP_ALL, type Retention } from "./tracker/retention.ts";

/** What of the diagnosis the report tells. Nothing here changes what was found out. */
export interface ReportFilter {
  readonly codes: ReadonlySet<FindingCode>;
  /** Milliseconds since the epoch: what began after `until` or was over before `since` is left out. */
  readonly since: number | null;
  readonly until: number | null;
  /** A key, one of its aliases, or a sessionId or the start of one. */
  readonly session: string | null;
  /** A runId or the start of one. */
  readonly run: string | null;
}

export interface BuiltReport {
  readonly body: Omit<Report, "ok">;
  /** Of all sessions, also of those that are free and were forgotten. */
  readonly sessionCount: number;
}

export interface ReportInput {
  readonly tool: Report["tool"];
  readonly labels: Report["labels"];
  readonly diagnoses: readonly Diagnosis[];
  readonly sources: readonly SourceSummary[];
  readonly window: { readonly from: number | undefined; readonly to: number | undefined };
  /** What every text of the report goes through. */
  readonly masker: Masker;
  /** What other sources than the log tell, for example the state dir. */
  readonly extra: { readonly findings: readonly Finding[]; readonly sessions: readonly SessionReport[] };
}

/**
 * What the tracker must remember for a report: all that is to be listed, and
 * what stands beside the log under these names.
 * @param listsAll runs that ended well and free sessions are listed, too
 * @param named sessionIds and canonical keys of sessions that other sources tell of
 */
export function retentionFor(filter: ReportFilter, listsAll: boolean, named: ReadonlySet<string>): Retention {
  // Which runs are a session's may come out only after they ended.
  if (listsAll || filter.session !== null) return KEEP_ALL;
  return {
    endedRuns: ENDED_RUNS,
    idleSessions: IDLE_SESSIONS,
    keepsBadEnds: true,
    keepsRun: ({ runId, end }) => {
      if (filter.run !== null) return runId.startsWith(filter.run);
      // Where no line tells when it ended, the end of the log decides.
      return filter.since !== null && end?.time === undefined;
    },
    keepsSession: ({ canonicalKey: canonical, sessionIds }) =>
      named.size > 0 &&
      ((canonical !== undefined && named.has(canonical)) || [...sessionIds].some((id) => named.has(id))),
    counts: (run) => filter.run === null && isWithin(run.startedAt ?? run.lastSeenAt, run.end?.time, filter),
  };
}

/** The report with all its runs and sessions, all but `ok`, which is the exit code's business. */
export function buildReport(input: ReportInput, filter: ReportFilter): BuiltReport {
  const gateways: GatewayReport[] = [];
  const runs: RunReport[] = [];
  const sessions: SessionReport[] = [];
  // Filters by code come last: what is true of the sessions does not depend on what is listed.
  const findings: Finding[] = [];
  const texts = new Texts();
  let processes = 0;
  let forgottenRuns = 0;
  let forgottenSessions = 0;
  for (const [log, diagnosis] of input.diagnoses.entries()) {
    const firstLife = gateways.length;
    append(gateways, gatewayReports(diagnosis, log, firstLife, processes));
    processes += diagnosis.tracker.gateway.processes.length;
    const kept = diagnosis.settled.runs.filter((it) => isRunKept(it, diagnosis, filter));
    append(
      runs,
      kept.map((it) => runReport(it, firstLife)),
    );
    forgottenRuns += diagnosis.tracker.forgottenRuns;
    const keptSessions = diagnosis.settled.sessions.filter((it) => isSessionKept(it, diagnosis, filter));
    append(
      sessions,
      keptSessions.map((it) => sessionReport(it, firstLife)),
    );
    if (areFreeSessionsKept(diagnosis, filter)) forgottenSessions += diagnosis.tracker.sessions.forgottenCount;
    const isKept = isFiltered(filter) ? keptFindings(kept, keptSessions) : () => true;
    for (const check of CHECKS) {
      append(findings, check.run(diagnosis).filter(isKept).map(withSharedHelp(texts)));
    }
  }
  const extraSessions = input.extra.sessions.filter((it) => isExtraKept(it, filter));
  const extraKeys = new Set(extraSessions.map((it) => it.sessionKey));
  append(
    findings,
    input.extra.findings.filter((it) => it.sessionKey === undefined || extraKeys.has(it.sessionKey)),
  );
  append(
    findings,
    input.sources.flatMap((it) => unreadGap(it) ?? []),
  );
  const sorted = findings.sort(byWeight);
  const body: Omit<Report, "ok"> = {
    schemaVersion: 1,
    tool: input.tool,
    labels: input.labels,
    verdict: verdictOf(sorted),
    window: { from: isoTime(input.window.from), to: isoTime(input.window.to) },
    sources: input.sources,
    gateways,
    counts: countRuns(runs, forgottenRuns),
    runs,
    sessions: sessions.concat(extraSessions),
    findings: sorted.filter((it) => filter.codes.has(it.code)),
    seen: seenIn(input.diagnoses),
  };
  return { body: input.masker.report(body), sessionCount: body.sessions.length + forgottenSessions };
}

/** What to do is the longest part of a finding, and for half a million of them mostly the same. */
function withSharedHelp(texts: Texts): (it: Finding) => Finding {
  return (it) => ({ ...it, help: texts.of(it.help) });
}

/** A call with a million arguments overflows the stack. */
function append<T>(to: T[], items: readonly T[]): void {
  for (const item of items) to.push(item);
}

/** The worst that was found, in one word. */
export function verdictOf(findings: readonly Pick<Finding, "code">[]): Verdict {
  const has = (...codes: FindingCode[]) => findings.some((it) => codes.includes(it.code));
  if (has("session-blocked", "lanes-exhausted")) return "blocked";
  if (has("run-stalled")) return "stalled";
  if (has("run-orphaned", "run-lost")) return "orphaned-runs";
  return has("log-inconclusive") ? "inconclusive" : "clean";
}

const ORDER = CHECKS.map((it) => it.code);

function byWeight(a: Finding, b: Finding): number {
  const severity = SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity);
  if (severity !== 0) return severity;
  const code = ORDER.indexOf(a.code) - ORDER.indexOf(b.code);
  if (code !== 0) return code;
  const [left, right] = [placeOf(a), placeOf(b)];
  return left < right ? -1 : left === right ? 0 : 1;
}

function placeOf(it: Finding): string {
  return `${it.timeline[0]?.time ?? ""} ${it.sessionKey ?? ""} ${it.runId ?? ""}`;
}

function gatewayReports(
  { tracker, version }: Diagnosis,
  log: number,
  firstLife: number,
  firstProcess: number,
): GatewayReport[] {
  return tracker.gateway.lives.map((life, index) => {
    const isLast = index === tracker.gateway.lives.length - 1;
    const stopping = isLast && tracker.gateway.pending?.kind === "stop";
    return {
      index: firstLife + index,
      log,
      process: firstProcess + life.process.index,
      pid: life.process.pid ?? null,
      product: version.product,
      version: version.exact,
      versionAtLeast: version.exact ?? version.atLeast,
      startedAt: isoTime(life.startedAt),
      startedBy: life.startedBy,
      endedAt: isoTime(stopping ? tracker.gateway.pending?.time : life.endedAt),
      endedBy: stopping ? "stop" : life.endedBy,
    };
  });
}

function runReport(it: SettledRun, firstLife: number): RunReport {
  const { run } = it;
  return {
    runId: run.runId,
    truncatedId: run.truncatedId,
    sessionId: run.sessionId ?? null,
    sessionKey: it.sessionKey ?? null,
    state: it.state,
    cause: it.cause,
    confidence: it.confidence,
    queuedAt: isoTime(queuedAt(run)),
    startedAt: isoTime(run.startedAt),
    endedAt: isoTime(run.end?.time),
    lastSeenAt: isoTime(run.lastSeenAt),
    goneAt: isoTime(run.end ? undefined : run.lostAt),
    attempts: Math.max(1, run.attempts),
    provider: run.provider ?? null,
    model: run.model ?? null,
    channel: run.channel ?? null,
    gateway: firstLife + run.life.index,
    location: run.location,
  };
}

/** The task of a run is that of its newest attempt, and a later attempt is queued after the run began. */
function queuedAt({ task, startedAt }: SettledRun["run"]): number | undefined {
  const at = task?.enqueuedAt;
  return at !== undefined && startedAt !== undefined && at > startedAt ? undefined : at;
}

function sessionReport(it: SettledSession, firstLife: number): SessionReport {
  return {
    sessionKey: it.key,
    aliases: it.aliases,
    sessionIds: [...it.session.sessionIds],
    state: it.state,
    heldSince: isoTime(it.heldSince),
    heldByRunId: it.holder?.run.runId ?? null,
    heldByLane: it.heldByLane ?? null,
    waitsFor: it.waitsFor ?? null,
    waitingAtLeast: it.waitingAtLeast,
    waitingSince: waitingSince(it.waitingSince),
    silenceMs: it.silenceMs ?? null,
    gateway: firstLife + (it.life?.index ?? 0),
  };
}

/** Times of waiting messages that are listed: the count tells of the rest. */
const WAITING_LISTED = 100;

function waitingSince(times: readonly number[]): string[] {
  return times
    .toSorted((a, b) => a - b)
    .slice(0, WAITING_LISTED)
    .map(isoTime)
    .filter((it) => it !== null);
}

/** @param forgotten runs that ended well and are not among these */
function countRuns(runs: readonly RunReport[], forgotten: number): Report["counts"] {
  const count = (state: RunReport["state"]) => runs.filter((it) => it.state === state).length;
  return {
    runs: runs.length + forgotten,
    completed: count("completed") + forgotten,
    aborted: count("aborted"),
    failed: count("failed"),
    timedOut: count("timed-out"),
    orphaned: count("orphaned"),
    open: count("open"),
  };
}

function isRunKept(it: SettledRun, { settings, tracker }: Diagnosis, filter: ReportFilter): boolean {
  const { run } = it;
  const from = run.startedAt ?? run.lastSeenAt;
  // What is still held is still so after the log's last line, however long ago that was.
  const isOver = !it.holds && it.state !== "open";
  const to = run.end?.time ?? (isOver ? (run.lostAt ?? settings.now) : undefined);
  if (!isWithin(from, to, filter)) return false;
  if (filter.run !== null && !run.runId.startsWith(filter.run)) return false;
  if (filter.session === null) return true;
  if (run.sessionId?.startsWith(filter.session)) return true;
  const session = run.sessionId === undefined ? undefined : tracker.sessions.find(run.sessionId);
  return session?.canonicalKey !== undefined && session.canonicalKey === canonicalKey(filter.session);
}

function isSessionKept(it: SettledSession, { settings }: Diagnosis, filter: ReportFilter): boolean {
  const isHeld = it.state === "blocked" || it.state === "busy";
  if (!isWithin(it.heldSince, isHeld ? undefined : settings.now, filter)) return false;
  if (filter.run !== null && !it.holder?.run.runId.startsWith(filter.run)) return false;
  if (filter.session === null) return true;
  const { session } = filter;
  if ([...it.session.sessionIds].some((id) => id.startsWith(session))) return true;
  return it.session.canonicalKey === canonicalKey(session);
}

/** Whether the filter lets a session through that nothing holds. */
function areFreeSessionsKept({ settings }: Diagnosis, filter: ReportFilter): boolean {
  return filter.run === null && filter.session === null && isWithin(undefined, settings.now, filter);
}

function isExtraKept(it: SessionReport, filter: ReportFilter): boolean {
  if (filter.run !== null) return false;
  if (filter.session === null) return true;
  const { session } = filter;
  if (it.sessionIds.some((id) => id.startsWith(session))) return true;
  return [it.sessionKey, ...it.aliases].some((key) => canonicalKey(key) === canonicalKey(session));
}

/** Whether anything but the codes narrows the report. */
function isFiltered({ since, until, session, run }: ReportFilter): boolean {
  return since !== null || until !== null || session !== null || run !== null;
}

function keptFindings(runs: readonly SettledRun[], sessions: readonly SettledSession[]): (it: Finding) => boolean {
  const runIds = new Set(runs.map((it) => it.run.runId));
  const keys = new Set(sessions.map((it) => it.key));
  return (it) => {
    if (it.code === "session-blocked") return it.sessionKey === undefined || keys.has(it.sessionKey);
    return it.runId === undefined || runIds.has(it.runId);
  };
}

function isWithin(from: number | undefined, to: number | undefined, filter: ReportFilter): boolean {
  if (filter.until !== null && from !== undefined && from > filter.until) return false;
  return !(filter.since !== null && to !== undefined && to < filter.since);
}
