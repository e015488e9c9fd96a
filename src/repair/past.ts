/** What became of a repair that an earlier call did not finish. Pure. */
import type { Diagnosis } from "../diagnosis.ts";
import { isoTime } from "../finding-timeline.ts";
import { shortId } from "../words.ts";
import type { OpenRepair } from "./journal.ts";
import type { Evidence } from "./model.ts";

/** A clock that is not the gateway's, and lines that are stamped a moment before they are due (ms). */
const SLACK_MS = 1_000;

/**
 * Proof that the run of an earlier repair ended after its step went out.
 * @param lockNow when the lock at the old place was made; null: it is gone; undefined: not known
 * @param at now, in milliseconds since the epoch
 */
export function pastEvidence(
  open: OpenRepair,
  diagnosis: Diagnosis,
  lockNow: number | null | undefined,
  at: number,
): readonly Evidence[] {
  const { sentAt, runId, lock } = open;
  if (sentAt === null) return [];
  const evidence: Evidence[] = [];
  const run = runId === null ? undefined : diagnosis.tracker.runs.all().find((it) => it.runId === runId);
  const end = run?.end;
  if (run && end?.time !== undefined && end.time >= sentAt - SLACK_MS) {
    const text = `run ${shortId(run.runId)} ended (${end.state}) after the step of the earlier call`;
    evidence.push({ time: isoTime(end.time), text, source: run.location.path });
  }
  if (lock && lockNow !== undefined && lockNow !== lock.createdAt) {
    evidence.push({ time: isoTime(at), text: "its run's lock is gone", source: lock.path });
  }
  return evidence;
}
