/** From diagnoses to the report: version 1 of the machine-readable contract, assembled and filtered. */
import { CHECKS } from "./checks/index.ts";
import type { Diagnosis } from "./diagnosis.ts";
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

export interface ReportInput {
  readonly tool: Report["tool"];
  readonly labels: Report["labels"];
  readonly diagnoses: readonly Diagnosis[];
  readonly sources: readonly SourceSummary[];
  readonly window: { readonly from: number | undefined; readonly to: number | undefined };
  /** What other sources than the log tell, for example the state dir. */
  readonly extra: { readonly findings: readonly Finding[]; readonly sessions: readonly SessionReport[] };
}

/** The report with all its runs and sessions, all but `ok`, which is the exit code's business. */
export function buildReport(input: ReportInput, filter: ReportFilter): Omit<Report, "ok"> {
  const gateways: GatewayReport[] = [];
  const runs: RunReport[] = [];
  const sessions: SessionReport[] = [];
  // Filters by code come last: what is true of the sessions does not depend on what is listed.
  const findings: Finding[] = [];
  let processes = 0;
  for (const diagnosis of input.diagnoses) {
    const firstLife = gateways.length;
    gateways.push(...gatewayReports(diagnosis, firstLife, processes));
    processes += diagnosis.tracker.gateway.processes.length;
    const kept = diagnosis.settled.runs.filter((it) => isRunKept(it, diagnosis, filter));
    runs.push(...kept.map((it) => runReport(it, firstLife)));
    const keptSessions = diagnosis.settled.sessions.filter((it) => isSessionKept(it, diagnosis, filter));
    sessions.push(...keptSessions.map((it) => sessionReport(it, firstLife)));
    const keptRunIds = new Set(kept.map((it) => it.run.runId));
    const keptKeys = new Set(keptSessions.map((it) => it.key));
    for (const check of CHECKS) {
      findings.push(...check.run(diagnosis).filter((it) => isFindingKept(it, keptRunIds, keptKeys)));
    }
  }
  const extraSessions = input.extra.sessions.filter((it) => isExtraKept(it, filter));
  const extraKeys = new Set(extraSessions.map((it) => it.sessionKey));
  findings.push(...input.extra.findings.filter((it) => it.sessionKey === undefined || extraKeys.has(it.sessionKey)));
  const sorted = findings.toSorted(byWeight);
  return {
    schemaVersion: 1,
    tool: input.tool,
    labels: input.labels,
    verdict: verdictOf(sorted),
    window: { from: isoTime(input.window.from), to: isoTime(input.window.to) },
    sources: input.sources,
    gateways,
    counts: countRuns(runs),
    runs,
    sessions: [...sessions, ...extraSessions],
    findings: sorted.filter((it) => filter.codes.has(it.code)),
    seen: seenIn(input.diagnoses),
  };
}

/** The worst that was found, in one word. */
export function verdictOf(findings: readonly Pick<Finding, "code">[]): Verdict {
  const has = (...codes: FindingCode[]) => findings.some((it) => codes.includes(it.code));
  if (has("session-blocked", "lanes-exhausted")) return "blocked";
  if (has("run-stalled")) return "stalled";
  if (has("run-orphaned", "run-lost")) return "orphaned-runs";
  return has("log-inconclusive") ? "inconclusive" : "clean";
}

function byWeight(a: Finding, b: Finding): number {
  const severity = SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity);
  if (severity !== 0) return severity;
  const order = CHECKS.map((it) => it.code);
  const code = order.indexOf(a.code) - order.indexOf(b.code);
  if (code !== 0) return code;
  const [left, right] = [a, b].map((it) => `${it.timeline[0]?.time ?? ""} ${it.sessionKey ?? ""} ${it.runId ?? ""}`);
  return (left ?? "") < (right ?? "") ? -1 : left === right ? 0 : 1;
}

function gatewayReports({ tracker, version }: Diagnosis, firstLife: number, firstProcess: number): GatewayReport[] {
  return tracker.gateway.lives.map((life, index) => {
    const isLast = index === tracker.gateway.lives.length - 1;
    const stopping = isLast && tracker.gateway.pending?.kind === "stop";
    return {
      index: firstLife + index,
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
    startedAt: isoTime(run.startedAt),
    endedAt: isoTime(run.end?.time),
    lastSeenAt: isoTime(run.lastSeenAt),
    attempts: Math.max(1, run.attempts),
    provider: run.provider ?? null,
    model: run.model ?? null,
    channel: run.channel ?? null,
    gateway: firstLife + run.life.index,
    location: run.location,
  };
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
    silenceMs: it.silenceMs ?? null,
    gateway: firstLife + (it.life?.index ?? 0),
  };
}

function countRuns(runs: readonly RunReport[]): Report["counts"] {
  const count = (state: RunReport["state"]) => runs.filter((it) => it.state === state).length;
  return {
    runs: runs.length,
    completed: count("completed"),
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

function isExtraKept(it: SessionReport, filter: ReportFilter): boolean {
  if (filter.run !== null) return false;
  if (filter.session === null) return true;
  const { session } = filter;
  if (it.sessionIds.some((id) => id.startsWith(session))) return true;
  return [it.sessionKey, ...it.aliases].some((key) => canonicalKey(key) === canonicalKey(session));
}

function isFindingKept(it: Finding, runIds: ReadonlySet<string>, keys: ReadonlySet<string>): boolean {
  if (it.code === "session-blocked") return it.sessionKey === undefined || keys.has(it.sessionKey);
  return it.runId === undefined || runIds.has(it.runId);
}

function isWithin(from: number | undefined, to: number | undefined, filter: ReportFilter): boolean {
  if (filter.until !== null && from !== undefined && from > filter.until) return false;
  return !(filter.since !== null && to !== undefined && to < filter.since);
}
