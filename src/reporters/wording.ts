/** The sentences that sum a report up, in plain text that is not escaped yet. */
import type { Confidence, Finding, OrphanCause, Report, RunReport, SessionReport, Verdict } from "../model.ts";
import { grouped, spanText } from "../words.ts";

export const VERDICT_LABEL: Readonly<Record<Verdict, string>> = {
  blocked: "BLOCKED",
  stalled: "STALLED",
  "orphaned-runs": "ORPHANED RUNS",
  inconclusive: "CAN'T TELL",
  clean: "CLEAN",
};

/** `1 file`, `41,203 lines`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${grouped(amount)} ${amount === 1 ? one : many}`;
}

/** A length of time, rounded to the minute from a minute on: `47 min`. */
export function roughly(ms: number): string {
  return spanText(ms < 60_000 ? ms : Math.round(ms / 60_000) * 60_000);
}

/** A blocked session with what the report knows of its holder. */
export interface Blocked {
  readonly session: SessionReport;
  readonly holder: RunReport | undefined;
  readonly confidence: Confidence | undefined;
  /** From the moment it was held to the end of the log; milliseconds. */
  readonly forMs: number | undefined;
}

/** Asked for by several parts of one output. */
const blockedOf = new WeakMap<Report, readonly Blocked[]>();

/** The blocked sessions, the longest blocked first. */
export function blockedSessions(report: Report): readonly Blocked[] {
  const known = blockedOf.get(report);
  if (known) return known;
  const blocked = findBlocked(report);
  blockedOf.set(report, blocked);
  return blocked;
}

function findBlocked(report: Report): readonly Blocked[] {
  // The first one of a name counts.
  const findings = new Map<string | undefined, Finding>();
  for (const it of report.findings) {
    if (it.code === "session-blocked" && !findings.has(it.sessionKey)) findings.set(it.sessionKey, it);
  }
  const holders = new Map<string, RunReport[]>();
  for (const { state, heldByRunId } of report.sessions) {
    if (state === "blocked" && heldByRunId !== null) holders.set(heldByRunId, []);
  }
  for (const run of report.runs) holders.get(run.runId)?.push(run);
  return report.sessions
    .filter((session) => session.state === "blocked")
    .toSorted(byHeldSince)
    .map((session) => {
      const holder = holderOf(session, holders.get(session.heldByRunId ?? "") ?? []);
      return {
        session,
        holder,
        confidence: findings.get(session.sessionKey)?.confidence ?? holder?.confidence,
        forMs: between(session.heldSince, report.window.to) ?? session.silenceMs ?? undefined,
      };
    });
}

/** What has no time comes last. RFC 3339 in UTC sorts as text. */
function byHeldSince(a: SessionReport, b: SessionReport): number {
  const [left, right] = [a.heldSince ?? "~", b.heldSince ?? "~"];
  if (left !== right) return left < right ? -1 : 1;
  return a.sessionKey.localeCompare(b.sessionKey, "en", { numeric: true });
}

/** A run's id is any text and may come again after a restart, so the one of the session's own gateway is preferred. */
function holderOf(session: SessionReport, candidates: readonly RunReport[]): RunReport | undefined {
  return candidates.find((run) => run.gateway === session.gateway) ?? candidates[0];
}

/** Whether the session's own run holds it, and not one that it waits behind. */
export function isOwnRun(session: SessionReport, run: RunReport): boolean {
  return run.sessionKey === null || run.sessionKey === session.sessionKey || session.aliases.includes(run.sessionKey);
}

/** Milliseconds from one RFC 3339 time to another. */
export function between(from: string | null | undefined, to: string | null | undefined): number | undefined {
  const ms = from && to ? Date.parse(to) - Date.parse(from) : Number.NaN;
  return ms >= 0 ? ms : undefined;
}

/**
 * Two or three sentences after the verdict's word; each is a line of its own.
 * @param sessionCount of all sessions, where the report holds less
 */
export function verdictSentences(report: Report, sessionCount = report.sessions.length): readonly string[] {
  switch (report.verdict) {
    case "blocked":
      return blockedSentences(report, sessionCount);
    case "stalled":
      return [
        `${countFindings(report, "run-stalled", "run has", "runs have")} been silent for too long, with no restart to blame; no session is known to wait.`,
      ];
    case "orphaned-runs":
      return [`${orphans(report)}; ${whatOrphansHold(report)}.`];
    case "inconclusive":
      return [
        sentence(
          report.findings.find(({ code }) => code === "log-inconclusive")?.message ??
            "the log does not show when runs start and end",
        ),
      ];
    case "clean":
      return [cleanSentence(report, sessionCount)];
  }
}

function blockedSentences(report: Report, total: number): readonly string[] {
  const blocked = blockedSessions(report);
  if (blocked.length === 0) return [sentence(report.findings[0]?.message ?? "a session gets no answers")];
  const one = blocked.length === 1;
  const waiting = blocked.reduce((sum, { session }) => sum + session.waitingAtLeast, 0);
  const longest = blocked.reduce((most, { forMs }) => Math.max(most, forMs ?? 0), 0);
  const details = [
    names(blocked.map(({ session }) => shortKey(session))),
    ...(longest > 0 ? [`for ${one ? "" : "up to "}${roughly(longest)}`] : []),
    ...(waiting > 0 ? [`${waiting}+ ${waiting === 1 ? "message" : "messages"} waiting`] : []),
  ];
  return [
    `${blocked.length} of ${count(total, "session")} ${one ? "gets" : "get"} no answers: ${details.join(", ")}.`,
    ...why(report, blocked),
  ];
}

/** `main, room and 12 more`. */
function names(all: readonly string[]): string {
  return all.length <= 3 ? all.join(", ") : `${all.slice(0, 2).join(", ")} and ${all.length - 2} more`;
}

/** What people call the session: the shortest of its names. */
export function shortKey(session: SessionReport): string {
  return [session.sessionKey, ...session.aliases].reduce((best, key) => (key.length < best.length ? key : best));
}

function why(report: Report, blocked: readonly Blocked[]): readonly string[] {
  const full = report.findings.find(({ code }) => code === "lanes-exhausted");
  if (full) return [sentence(full.message)];
  const causes = new Set(blocked.map(({ holder }) => holder?.cause ?? undefined));
  const [cause] = causes;
  const one = blocked.length === 1;
  if (causes.size > 1) return [];
  if (cause === undefined) return [];
  const isSure = blocked.every(({ confidence }) => confidence === "high");
  return cause === "restart" && !isSure ? [restartMaybe(one)] : [CAUSE_SENTENCE[cause](one)];
}

const CAUSE_SENTENCE: Readonly<Record<OrphanCause, (one: boolean) => string>> = {
  restart: (one) =>
    one
      ? "A gateway restart cut its run, and the run never ended."
      : "A gateway restart cut their runs, and the runs never ended.",
  crash: (one) => `The gateway crashed under ${one ? "its run" : "their runs"}.`,
  stop: (one) => `The gateway was stopped under ${one ? "its run" : "their runs"}.`,
  stall: (one) =>
    one ? "Its run went silent and never ended; no restart cut it." : "Their runs went silent and never ended.",
};

function restartMaybe(one: boolean): string {
  return one
    ? "A gateway restart cut its run, which has shown no sign of life since."
    : "A gateway restart cut their runs, which have shown no sign of life since.";
}

function sentence(text: string): string {
  const capital = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

function orphanCount(report: Report): number {
  return report.findings.filter(({ code }) => code === "run-orphaned" || code === "run-lost").length;
}

/** A log that names no session cannot tell that none is blocked. */
function whatOrphansHold(report: Report): string {
  const held = report.findings.filter(({ code, severity }) => code === "run-orphaned" && severity === "error");
  const one = orphanCount(report) === 1;
  if (held.length === 0) return `no session is blocked by ${one ? "it" : "them"} at the end of the log`;
  return held.length === 1
    ? "its session gets no answers, and the log does not name it"
    : "their sessions get no answers, and the log does not name them";
}

function orphans(report: Report): string {
  const amount = orphanCount(report);
  if (amount === 0) return `${count(report.counts.orphaned, "run")} never ended`;
  return `${count(amount, "run was", "runs were")} cut and never ended`;
}

function countFindings(report: Report, code: string, one: string, many: string): string {
  return count(report.findings.filter((finding) => finding.code === code).length, one, many);
}

function cleanSentence(report: Report, sessions: number): string {
  const { runs, open } = report.counts;
  if (runs === 0) return "No run in the log, and nothing that is blocked.";
  const ended =
    open === 0 ? "each with its end" : `${count(runs - open, "with its end", "with their end")}, ${open} still going`;
  return `${count(runs, "run")} in ${count(sessions, "session")}, ${ended}; nothing is blocked.`;
}
