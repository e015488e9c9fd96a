import type { Report } from "../../src/model.ts";
import { canonicalKey } from "../../src/tracker/session-index.ts";
import type { Truth } from "./fixtures.ts";

/**
 * Holds a report against what is known from outside the log.
 * @param text the log as it was given: what it does not mention, the report cannot tell
 * @returns one line for everything that is wrong
 */
export function wrongsOf(report: Omit<Report, "ok">, truth: Truth, text: string): string[] {
  const wrongs: string[] = [];
  for (const [runId, run] of Object.entries(truth.runs)) {
    const told = report.runs.filter((it) => it.runId === runId);
    const isMentioned = text.includes(`embedded run start: runId=${runId} `);
    const expected = isMentioned || told.length > 0 ? [run.expect] : [];
    const states = told.map((it) => (it.cause === null ? it.state : `${it.state}:${it.cause}`));
    if (states.join() !== expected.join()) {
      wrongs.push(`run ${runId}: ${expected.join() || "not mentioned"}, told ${states.join() || "nothing"}`);
    }
    const [first] = told;
    if (first && run.session !== null && first.sessionKey !== null && !isSame(first.sessionKey, run.session)) {
      wrongs.push(`run ${runId}: of session ${run.session}, told ${first.sessionKey}`);
    }
    if (run.thenProcessDied && report.findings.some((it) => it.runId === runId && it.severity === "error")) {
      wrongs.push(`run ${runId}: its process died, told as if it still held its session`);
    }
  }
  for (const [key, session] of Object.entries(truth.sessions)) {
    const told = report.sessions.find((it) => isSame(it.sessionKey, key));
    const isHeld = told?.state === "blocked" || told?.state === "busy";
    if (isHeld !== session.wedged) {
      wrongs.push(
        `session ${key}: ${session.wedged ? "gets no answers" : "answers"}, told ${told?.state ?? "nothing"}`,
      );
    }
    if (told?.state === "blocked" && isBusyInTruth(truth, key)) {
      wrongs.push(`session ${key}: held by a run that may be alive, told blocked`);
    }
  }
  return wrongs;
}

function isSame(a: string, b: string): boolean {
  return canonicalKey(a) === canonicalKey(b);
}

/** All that holds it is a run that just hangs: nothing is wrong yet. */
function isBusyInTruth(truth: Truth, key: string): boolean {
  const runs = Object.values(truth.runs).filter((it) => it.session !== null && isSame(it.session, key));
  return runs.some((it) => it.expect === "open") && !runs.some((it) => it.expect === "orphaned:restart");
}
