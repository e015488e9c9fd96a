import type { Report, RunReport } from "../../src/model.ts";
import { aFinding, aReport, aRun, aSession } from "../reporters/sample-reports.ts";

const START = Date.parse("2026-01-28T00:00:00Z");
const iso = (ms: number): string => new Date(START + ms).toISOString();

/** A day of many sessions: most runs end well, each tenth does not, and the gateway restarts twelve times. */
export function manyRuns(count: number, sessions: number): Report {
  const day = 86_400_000;
  const runs = Array.from({ length: count }, (_, index): RunReport => {
    const startedAt = Math.floor((index / count) * day);
    const isBad = (index * 7919) % 97 < 10;
    const state = isBad ? (["aborted", "failed", "timed-out", "orphaned"] as const)[index % 4] : "completed";
    const endsAt = startedAt + 2_000 + ((index * 7919) % 90_000);
    return aRun({
      runId: `r${index}`,
      sessionId: `id-${index % sessions}`,
      sessionKey: `room-${index % sessions}`,
      state: state ?? "completed",
      cause: state === "orphaned" ? "crash" : null,
      queuedAt: iso(startedAt - 500),
      startedAt: iso(startedAt),
      endedAt: state === "orphaned" ? null : iso(endsAt),
      lastSeenAt: iso(endsAt),
      goneAt: state === "orphaned" ? iso(endsAt + 60_000) : null,
      gateway: 0,
      location: { path: "gateway.jsonl", line: index + 1 },
    });
  });
  const [life] = aReport().gateways;
  if (!life) throw new Error("no gateway");
  return aReport({
    window: { from: iso(0), to: iso(day) },
    gateways: Array.from({ length: 12 }, (_, index) => ({
      ...life,
      index,
      startedAt: iso((index * day) / 12),
      endedAt: iso(((index + 1) * day) / 12),
      endedBy: index % 3 === 2 ? ("crash" as const) : ("in-process-restart" as const),
      startedBy: index % 3 === 0 ? ("boot" as const) : ("in-process-restart" as const),
    })),
    runs,
    sessions: Array.from({ length: sessions }, (_, index) =>
      aSession({ sessionKey: `room-${index}`, aliases: [], sessionIds: [`id-${index}`], gateway: 0 }),
    ),
  });
}

/** Runs too short to see, a session each, twenty of each state and one that completed, at places that follow no grid. */
export function shortRuns(states: readonly RunReport["state"][]): Report {
  const hour = 3_600_000;
  const [life] = aReport().gateways;
  if (!life) throw new Error("no gateway");
  const all = [...states.flatMap((state) => Array.from({ length: 20 }, () => state)), "completed" as const];
  const runs = all.map((state, index): RunReport => {
    const startedAt = iso(Math.round((((index * 0.618_034) % 1) * 0.9 + 0.05) * hour));
    const ends = state !== "orphaned" && state !== "open";
    return aRun({
      runId: `r${index}`,
      sessionId: `id-${index}`,
      sessionKey: `room-${index}`,
      state,
      cause: null,
      queuedAt: null,
      startedAt,
      endedAt: ends ? startedAt : null,
      lastSeenAt: startedAt,
      goneAt: ends ? null : startedAt,
      gateway: 0,
    });
  });
  return aReport({
    window: { from: iso(0), to: iso(hour) },
    gateways: [{ ...life, index: 0, startedBy: "unknown", startedAt: null, endedAt: null, endedBy: null }],
    runs,
    findings: [],
    sessions: runs.map(({ runId, sessionKey }) =>
      aSession({ sessionKey: sessionKey ?? "", aliases: [], sessionIds: [runId.replace("r", "id-")], gateway: 0 }),
    ),
  });
}

/** What would act on a page if it were taken for more than text. */
export const EVIL_NAMES: readonly string[] = [
  "</script><img src=x onerror=window.pwned=1>",
  "<!--<script>window.pwned=2</script>",
  "]]><svg onload=window.pwned=3>",
  "\"'><iframe src=javascript:window.pwned=4>",
  "${window.pwned=5}",
  "__proto__",
  "\u202etxt.exe",
  "line\u2028break",
];

export function evilReport(): Report {
  return aReport({
    verdict: "blocked",
    sources: [{ path: EVIL_NAMES[0] ?? "", format: null, bytes: 1, lines: 1, candidates: 1, unparsedCandidates: 0 }],
    runs: EVIL_NAMES.map((name, index) =>
      aRun({
        runId: name,
        sessionId: `id-${name}`,
        sessionKey: name,
        model: name,
        channel: name,
        startedAt: iso(18_000_000 + index * 600_000),
        lastSeenAt: iso(18_000_000 + index * 600_000 + 300_000),
        location: { path: name, line: 1 },
      }),
    ),
    sessions: EVIL_NAMES.map((name) =>
      aSession({ sessionKey: name, aliases: [], sessionIds: [`id-${name}`], state: "blocked", heldByRunId: name }),
    ),
    findings: EVIL_NAMES.map((name) =>
      aFinding({
        code: "run-orphaned",
        message: name,
        help: name,
        runId: name,
        sessionKey: name,
        timeline: [{ time: iso(18_000_000), text: name, path: name, line: 1 }],
      }),
    ),
  });
}
