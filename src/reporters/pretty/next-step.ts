import { escapeJson, quoteShell } from "../../escape.ts";
import type { GatewayReport, Report } from "../../model.ts";
import { shortId } from "../../words.ts";
import { blockedSessions, count, shortKey } from "../wording.ts";
import type { Blocked } from "../wording.ts";

/** What to do next: a command to paste, or words. */
export interface NextStep {
  /** Safe to show and to paste as it is; never folded. */
  readonly command?: string;
  /** What it does and what it costs, not yet escaped. */
  readonly note: string;
}

/** More sessions than this are freed by one restart rather than one by one. */
const ONE_BY_ONE = 3;

/** What frees the blocked sessions of this report; see §"what to do" of the finding's page. */
export function nextSteps(report: Report): readonly NextStep[] {
  const blocked = blockedSessions(report);
  const full = report.findings.some(({ code }) => code === "lanes-exhausted");
  if (full || blocked.length > ONE_BY_ONE) {
    return [
      {
        note: `${onceSure(blocked)}End the gateway's process and start it again (a restart inside the process, SIGUSR1, does not help). That frees all ${count(blocked.length, "session")}; the runs that hang and the messages that wait are lost.`,
      },
    ];
  }
  if (blocked.length > 0) return blocked.map((one) => freeing(one, report));
  const [first] = report.findings;
  if (!first || report.verdict === "clean" || report.verdict === "inconclusive") return [];
  return [{ command: `clawdbot-sessions explain ${first.code}`, note: "what it means and what can be done" }];
}

/**
 * Which request frees a session was tried on running gateways: `/stop:`, with
 * its colon, on all of them but 2026.2.17–2026.2.26 after an in-process restart
 * and 2026.9.6 for a session that is held back; there `sessions.reset` does.
 */
function freeing(blocked: Blocked, report: Report): NextStep {
  const { session, holder } = blocked;
  const key = shortKey(session);
  const where = `on the gateway's machine${blocked.confidence === "high" ? "" : ", if it stays silent past the run timeout"}`;
  const gateway = report.gateways.find(({ index }) => index === session.gateway);
  const program = programOf(gateway, report);
  if (session.waitsFor === "lock-file") {
    const id = session.sessionIds.at(-1) ?? "<sessionId>";
    return {
      note: `Delete ${id}.jsonl.lock in the gateway's state dir (agents/<agent>/sessions), then send the message again.`,
    };
  }
  const mayKeepProcess = isBetween(gateway?.versionAtLeast ?? "", [2026, 2, 17], [2026, 3, 0]);
  if (session.waitsFor === "recoveries" || (mayKeepProcess && holder?.cause !== "stall")) {
    return {
      command: gatewayCall(program, "sessions.reset", { key }),
      note: `${where}: aborts the run, begins a new conversation, drops what waits`,
    };
  }
  const amount = session.waitingAtLeast;
  const dropped = amount > 0 ? `, drops the ${amount}+ waiting ${amount === 1 ? "message" : "messages"}` : "";
  return {
    command: gatewayCall(program, "chat.send", {
      sessionKey: key,
      message: "/stop:",
      idempotencyKey: `stop-${shortId(session.heldByRunId ?? key).slice(0, 36)}`,
    }),
    note: `${where}: aborts the run, keeps the conversation${dropped}`,
  };
}

/** While a run may still be a slow one, ending it costs an answer. */
function onceSure(blocked: readonly Blocked[]): string {
  return blocked.every(({ confidence }) => confidence === "high") ? "" : "If they stay silent past the run timeout: ";
}

function gatewayCall(program: string, method: string, params: object): string {
  return `${program} gateway call ${method} --params ${quoteShell(escapeJson(JSON.stringify(params)))}`;
}

/** The gateway's own program: it was renamed twice. Where the log's lines do not tell, its name may. */
function programOf(gateway: GatewayReport | undefined, report: Report): string {
  if (gateway && gateway.product !== "clawdbot") return gateway.product;
  const text = report.sources.map(({ path }) => path).join("\n");
  return /openclaw|moltbot/i.exec(text)?.[0].toLowerCase() ?? "clawdbot";
}

type VersionParts = readonly [number, number, number];

/** `from` counts, `to` does not. */
function isBetween(named: string, from: VersionParts, to: VersionParts): boolean {
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(named);
  if (!match) return false;
  const parts = match.slice(1).map(Number);
  const order = (other: VersionParts): number =>
    parts.map((part, index) => part - (other[index] ?? 0)).find((d) => d !== 0) ?? 0;
  return order(from) >= 0 && order(to) < 0;
}
