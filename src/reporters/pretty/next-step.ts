import { shellOperands } from "../../escape.ts";
import type { Report, SessionReport } from "../../model.ts";
import { blockedSessions, count, shortKey } from "../wording.ts";
import type { Blocked } from "../wording.ts";

/** What to do next: a command to paste, or words. */
export interface NextStep {
  /** Safe to show and to paste as it is; never folded. */
  readonly command?: string;
  /** What it does and what it costs, not yet escaped. */
  readonly note: string;
}

/** More sessions than this are freed by one command rather than one by one. */
const ONE_BY_ONE = 3;

/** What frees the blocked sessions of this report. Which request does it on which version is the repair's business. */
export function nextSteps(report: Report): readonly NextStep[] {
  const blocked = blockedSessions(report);
  const barred = blocked.filter(({ session }) => session.waitsFor === "lock-file").map(unbar);
  // Who waits for others goes on by itself once these are freed.
  const held = blocked.filter(({ session }) => session.waitsFor !== "lock-file" && session.waitsFor !== "full-lane");
  if (held.length > ONE_BY_ONE) return [allAtOnce(held), ...barred];
  if (blocked.length > 0) return [...held.map((it) => freeing(it, report.redacted ?? false)), ...barred];
  const [first] = report.findings;
  if (!first || report.verdict === "clean" || report.verdict === "inconclusive") return [];
  return [{ command: `clawdbot-sessions explain ${first.code}`, note: "what it means and what can be done" }];
}

function freeing({ session, holder, confidence }: Blocked, redacted: boolean): NextStep {
  const maybeSlow = confidence !== "high" && holder?.cause === "restart" && session.waitsFor === "own-run";
  const amount = session.waitingAtLeast;
  const dropped = amount > 0 ? `; the ${amount}+ waiting ${amount === 1 ? "message" : "messages"} may be lost` : "";
  const { name, isHidden } = nameFor(session, redacted);
  return {
    command: `clawdbot-sessions reset ${shellOperands([name])}`,
    note: `${isHidden ? "not to be pasted as it is, the session's name is hidden here; " : ""}on the gateway's machine${maybeSlow ? ", if it stays silent past the run timeout" : ""}: frees it by the mildest step that its version takes, and proves it${dropped}`,
  };
}

function allAtOnce(held: readonly Blocked[]): NextStep {
  const sure = held.every(({ confidence }) => confidence === "high");
  return {
    command: "clawdbot-sessions reset --all-blocked",
    note: `on the gateway's machine: frees the ${count(held.length, "session")} that a dead run holds, one after the other${sure ? "" : "; it acts only on those that are past the run timeout"}`,
  };
}

function unbar({ session }: Blocked): NextStep {
  const id = session.sessionIds.at(-1) ?? "<sessionId>";
  return {
    note: `Delete ${id}.jsonl.lock in the gateway's state dir (agents/<agent>/sessions), then send the message again.`,
  };
}

/** What the session can be called by: its key, else a sessionId, which is nobody's name. */
function nameFor(session: SessionReport, redacted: boolean): { readonly name: string; readonly isHidden: boolean } {
  const isHidden = (name: string): boolean =>
    name.includes("[secret-") || (redacted && /^(?:session|id)-\d+$/.test(name));
  const key = shortKey(session);
  const name = isHidden(key) ? (session.sessionIds.findLast((id) => !isHidden(id)) ?? key) : key;
  return { name, isHidden: isHidden(name) };
}
