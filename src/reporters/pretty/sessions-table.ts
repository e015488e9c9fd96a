import type { ChalkInstance } from "chalk";

import { escapeTerminal } from "../../escape.ts";
import type { Report, RunReport, SessionReport } from "../../model.ts";
import type { RenderOptions } from "../reporter.ts";
import { blockedSessions, count, isOwnRun, roughly, shortKey } from "../wording.ts";
import type { Blocked } from "../wording.ts";
import { borderless } from "./table.ts";
import type { Clock } from "./times.ts";

/** More rows than this are summed up. */
const ROWS = 10;
export const SESSION_HEAD = ["SESSION", "CHANNEL", "BLOCKED SINCE", "SILENT", "WAITING", "CAUSE", "CONFIDENCE"];

/** The blocked sessions, one a row; no lines if there are none. */
export function sessionsTable(report: Report, options: RenderOptions, clock: Clock, paint: ChalkInstance): string[] {
  const all = blockedSessions(report);
  if (all.length === 0) return [];
  const shown = options.verbose || all.length <= ROWS + 1 ? all : all.slice(0, ROWS);
  const rows = shown.map((blocked) => sessionCells(blocked, clock).map(escapeTerminal));
  const lines = borderless(SESSION_HEAD, rows, options.width, paint);
  return all.length === shown.length
    ? lines
    : [...lines, paint.dim(`… and ${count(all.length - shown.length, "more session")} (--verbose lists them)`)];
}

/** What the table says of one of them; not yet escaped. */
export function sessionCells({ session, holder, confidence }: Blocked, clock: Clock): string[] {
  return [
    shortKey(session),
    holder?.channel ?? "-",
    session.heldSince ? clock.stamp(session.heldSince) : "?",
    session.silenceMs === null ? "?" : roughly(session.silenceMs),
    session.waitingAtLeast > 0 ? `${session.waitingAtLeast}+` : "-",
    causeOf(session, holder),
    confidence ?? "?",
  ];
}

function causeOf(session: SessionReport, holder: RunReport | undefined): string {
  if (session.waitsFor === "lock-file") return "stale lock";
  if (holder) return holder.cause ?? (isOwnRun(session, holder) ? "?" : "held back");
  return session.heldByLane === null || session.heldByLane.startsWith("session:")
    ? "?"
    : `lane ${session.heldByLane} full`;
}
