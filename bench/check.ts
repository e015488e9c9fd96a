/** Holds what the doctor says against the truth of a made log. */
import type { Report } from "../src/model.ts";
import type { Truth } from "./logs/truth.ts";

/** @returns a line for everything that is wrong */
export function wrongsOf(report: Report, truth: Truth): string[] {
  const wrongs: string[] = [];
  const same = (what: string, told: unknown, expected: unknown): void => {
    const [a, b] = [JSON.stringify(told), JSON.stringify(expected)];
    if (a !== b) wrongs.push(`${what}: ${b}, told ${a}`);
  };
  same("verdict", report.verdict, verdictOf(truth));
  for (const [name, count] of Object.entries(truth.counts)) {
    same(`counts.${name}`, report.counts[name as keyof Report["counts"]], count);
  }
  // With or without --all-runs: a run that ended well may be listed or not, one that did not must be.
  const told = new Map(report.runs.map((it) => [it.runId, it.cause === null ? it.state : `${it.state}:${it.cause}`]));
  for (const [runId, state] of Object.entries(truth.runs)) same(`run ${runId}`, told.get(runId), state);
  const unknown = [...told].filter(([id, state]) => !(id in truth.runs) && !["completed", "aborted"].includes(state));
  same("runs that are told and are not", unknown, []);
  const inState = (state: string): Record<string, number> =>
    Object.fromEntries(
      report.sessions
        .filter((it) => it.state === state)
        .map((it) => [it.sessionKey, it.waitingAtLeast] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  const sorted = Object.fromEntries(Object.entries(truth.blocked).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  same("blocked sessions and who waits", inState("blocked"), sorted);
  same("busy sessions", Object.keys(inState("busy")), truth.busy);
  const unparsed = report.sources.reduce((sum, it) => sum + it.unparsedCandidates, 0);
  same("run and lane lines that could not be read", unparsed, 0);
  return wrongs;
}

function verdictOf(truth: Truth): Report["verdict"] {
  if (Object.keys(truth.blocked).length > 0) return "blocked";
  return truth.counts.orphaned > 0 ? "orphaned-runs" : "clean";
}
