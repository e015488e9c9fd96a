/** What the tracker says of one run or session at one moment, in a line. */
import { diagnoseLog } from "./track.ts";

/** `08:00:01.500` of the day of all made logs. */
export const clock = (time: string): number => Date.parse(`2026-01-28T${time}Z`);

export const settledAt = (text: string, now: string) => diagnoseLog(text, clock(now)).settled;

export function runAt(text: string, now: string, runId = "ra"): string {
  const it = settledAt(text, now).runs.find(({ run }) => run.runId === runId);
  if (!it) return "no run";
  return [it.state, it.cause, it.confidence, it.ground, it.holds ? "holds" : ""].filter(Boolean).join(" ");
}

export function sessionAt(text: string, now: string, key = "a"): string {
  const it = settledAt(text, now).sessions.find(({ aliases, key: name }) => name === key || aliases.includes(key));
  if (!it) return "no session";
  return [it.state, it.waitsFor, it.confidence, `waiting=${it.waitingAtLeast}`, it.heldByLane]
    .filter((word) => word !== undefined)
    .join(" ");
}
