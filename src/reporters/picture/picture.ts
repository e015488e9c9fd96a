/** From the report to what a picture of it shows: the same for the page and for the terminal. */
import type { GatewayReport, Report, RunReport, SessionReport } from "../../model.ts";
import { shortKey } from "../wording.ts";
import type { Bar, GatewayLog, Mark, Picture, Row } from "./model.ts";
import { layTracks } from "./tracks.ts";

export interface PictureOptions {
  /** What the picture is cut to; null: all that the log and the runs span. */
  readonly since: number | null;
  readonly until: number | null;
  /** Runs that are drawn at most. What did not end well is kept first, then the newest. */
  readonly mostRuns: number;
}

/** @returns null where the log gives no times, so that there is nothing to lay out */
export function pictureOf(report: Report, { since, until, mostRuns }: PictureOptions): Picture | null {
  const { kept, leftOut } = keep(report.runs, mostRuns);
  const dated = kept.filter((run) => startOf(run) !== undefined);
  const begins = dated.map((run) => msOf(run.queuedAt) ?? startOf(run));
  const first = outermost([msOf(report.window.from), ...begins], Math.min) ?? heldTimes(report, Math.min);
  const last = outermost([msOf(report.window.to), ...dated.map(lastOf)], Math.max) ?? heldTimes(report, Math.max);
  if (first === undefined || last === undefined) return null;
  const from = since ?? first;
  const to = until === null ? last : Math.min(until, Math.max(last, from));
  return {
    from,
    // A picture of one moment still needs a width.
    to: Math.max(to, from + 1000),
    rows: rowsOf(report, dated, last),
    marks: marksOf(report.gateways),
    logs: logsOf(report.gateways),
    leftOut,
    undated: kept.length - dated.length,
  };
}

/** Not by spreading into Math.min: there may be more runs than a call takes arguments. */
function outermost(times: readonly (number | undefined)[], pick: (a: number, b: number) => number): number | undefined {
  return times
    .filter(isTime)
    .reduce<number | undefined>((best, it) => (best === undefined ? it : pick(best, it)), undefined);
}

/** A state dir tells of sessions that are held, also where there is no log at all. */
function heldTimes({ sessions }: Report, pick: (a: number, b: number) => number): number | undefined {
  const held = sessions.flatMap(({ heldSince, silenceMs }) => {
    const from = msOf(heldSince);
    return from === undefined ? [] : [from, from + (silenceMs ?? 0)];
  });
  return outermost(held, pick);
}

function keep(runs: readonly RunReport[], most: number): { kept: readonly RunReport[]; leftOut: Picture["leftOut"] } {
  if (runs.length <= most) return { kept: runs, leftOut: null };
  const rank = (run: RunReport) => (run.state === "completed" ? 1 : 0);
  const byWorth = runs.toSorted((a, b) => rank(a) - rank(b) || (startOf(b) ?? 0) - (startOf(a) ?? 0));
  const kept = byWorth.slice(0, most);
  const oldest = kept.findLast((run) => rank(run) === 1) ?? kept.at(-1);
  return { kept, leftOut: { runs: runs.length - most, before: (oldest && startOf(oldest)) ?? 0 } };
}

function rowsOf(report: Report, runs: readonly RunReport[], end: number): Row[] {
  const logOf = (gateway: number) => report.gateways[gateway]?.log ?? 0;
  const drafts: { session: SessionReport | null; log: number; name: string; runs: RunReport[] }[] = [];
  const byName = new Map<string, (typeof drafts)[number]>();
  for (const session of report.sessions) {
    const draft = { session, log: logOf(session.gateway), name: session.sessionKey, runs: [] };
    drafts.push(draft);
    for (const name of [session.sessionKey, ...session.aliases, ...session.sessionIds]) {
      byName.set(`${draft.log} ${name}`, draft);
    }
  }
  for (const run of runs) {
    const log = logOf(run.gateway);
    const name = run.sessionKey ?? run.sessionId ?? "(session not known)";
    let draft =
      byName.get(`${log} ${name}`) ?? (run.sessionId === null ? undefined : byName.get(`${log} ${run.sessionId}`));
    if (!draft) {
      draft = { session: null, log, name, runs: [] };
      drafts.push(draft);
      byName.set(`${log} ${name}`, draft);
    }
    draft.runs.push(run);
  }
  return drafts.map(({ session, log, name, runs }) => rowOf(session, log, name, runs, end)).toSorted(byTrouble);
}

function rowOf(session: SessionReport | null, log: number, name: string, runs: readonly RunReport[], end: number): Row {
  const bars = runs.map((run) => barOf(run, end)).toSorted((a, b) => beginOf(a) - beginOf(b));
  const { track, tracks } = layTracks(bars.map((bar) => ({ from: beginOf(bar), to: bar.silentTo ?? bar.to })));
  return {
    log,
    name: session ? shortKey(session) : name,
    names: session ? [session.sessionKey, ...session.aliases, ...session.sessionIds] : [name],
    state: session?.state ?? null,
    heldSince: msOf(session?.heldSince) ?? null,
    heldByRunId: session?.heldByRunId ?? null,
    waitsFor: session?.waitsFor ?? null,
    waitingAtLeast: session?.waitingAtLeast ?? 0,
    waitingSince: (session?.waitingSince ?? []).map(msOf).filter(isTime),
    silenceMs: session?.silenceMs ?? null,
    bars: bars.map((bar, index) => ({ ...bar, track: track[index] ?? 0 })),
    tracks,
  };
}

function barOf(run: RunReport, end: number): Bar {
  const from = startOf(run) ?? end;
  const to = Math.max(from, lastOf(run) ?? from);
  const hasEnd = run.state !== "orphaned" && run.state !== "open";
  const gone = msOf(run.goneAt);
  const queuedAt = msOf(run.queuedAt);
  return {
    runId: run.runId,
    truncatedId: run.truncatedId,
    sessionId: run.sessionId,
    state: run.state,
    cause: run.cause,
    confidence: run.confidence,
    queuedAt: queuedAt !== undefined && queuedAt < from ? queuedAt : null,
    from,
    to,
    silentTo: hasEnd ? null : Math.max(to, gone ?? end),
    startUnseen: run.startedAt === null,
    goesOn: !hasEnd && gone === undefined,
    track: 0,
    attempts: run.attempts,
    model: run.model === null ? null : `${run.provider ?? "?"}/${run.model}`,
    channel: run.channel,
    gateway: run.gateway,
    path: run.location.path,
    line: run.location.line,
  };
}

const beginOf = (bar: Bar): number => bar.queuedAt ?? bar.from;
const startOf = (run: RunReport): number | undefined =>
  msOf(run.startedAt) ?? msOf(run.lastSeenAt) ?? msOf(run.endedAt);
const lastOf = (run: RunReport): number | undefined => msOf(run.endedAt) ?? msOf(run.lastSeenAt) ?? msOf(run.startedAt);

/** Blocked sessions come first, the longest blocked at the top, then what did not end well; within a gateway. */
function byTrouble(a: Row, b: Row): number {
  if (a.log !== b.log) return a.log - b.log;
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  const since = (a.heldSince ?? Number.MAX_VALUE) - (b.heldSince ?? Number.MAX_VALUE);
  return since === 0 || Number.isNaN(since) ? a.name.localeCompare(b.name, "en", { numeric: true }) : since;
}

function rankOf({ state, bars }: Row): number {
  if (state === "blocked") return 0;
  if (bars.some((bar) => bar.state === "orphaned" && bar.goesOn)) return 1;
  if (state === "busy") return 2;
  return bars.some((bar) => bar.state !== "completed") ? 3 : 4;
}

/** The starts and ends of the gateway's lives. The end of one by a restart and the start of the next are one event. */
function marksOf(gateways: readonly GatewayReport[]): Mark[] {
  const marks: Mark[] = [];
  for (const [index, life] of gateways.entries()) {
    const { log, pid } = life;
    const startedAt = msOf(life.startedAt);
    const before = gateways[index - 1];
    const isTold = before?.log === log && before.endedBy !== null && before.endedBy !== "stop";
    if (life.startedBy === "boot" && startedAt !== undefined && !isTold) {
      marks.push({ at: startedAt, kind: "start", log, pid });
    }
    const endedAt = msOf(life.endedAt);
    if (life.endedBy !== null && endedAt !== undefined) marks.push({ at: endedAt, kind: life.endedBy, log, pid });
  }
  return marks;
}

function logsOf(gateways: readonly GatewayReport[]): GatewayLog[] {
  const byLog = new Map<number, GatewayReport>();
  for (const life of gateways) byLog.set(life.log, life);
  return [...byLog].map(([log, { product, version }]) => ({
    log,
    name: version === null ? product : `${product} ${version}`,
  }));
}

function msOf(iso: string | null | undefined): number | undefined {
  const ms = iso ? Date.parse(iso) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function isTime(ms: number | undefined): ms is number {
  return ms !== undefined;
}
