/**
 * What a log tells of the version that wrote it, and what depends on it. Most
 * lines do not name a version; the kinds of lines that appear do bound it.
 */
import type { EventKind } from "./events/index.ts";
import type { LogRecord } from "./model.ts";

export interface GatewayVersion {
  /** `clawdbot`, `moltbot` or `openclaw`; the command to type. */
  readonly product: string;
  /** Where a line names it. */
  readonly exact: string | null;
  /** The first version that could have written this log. */
  readonly atLeast: string | null;
}

/** Kinds of lines with the first version seen to log them; newest first. */
const FIRST_SEEN: readonly (readonly [EventKind, string])[] = [
  ["session-recovery-started", "2026.9.6"],
  ["orphaned-message-kept", "2026.9.6"],
  ["gateway-http-listening", "2026.6.11"],
  ["stalled-session", "2026.6.11"],
  ["long-running-session", "2026.6.11"],
  ["gateway-loading", "2026.5.28"],
  ["turn-created", "2026.5.28"],
  ["session-resumed", "2026.5.28"],
  ["failover-decision", "2026.4.15"],
  ["orphaned-message-merged", "2026.4.15"],
  ["lane-interrupted", "2026.4.15"],
  ["restart-mode", "2026.2.17"],
  ["run-cleanup", "2026.2.17"],
];

/** Beginnings of the lines that name the version: a banner, or the update check's `update available (latest): vX (current vY)`. */
export const VERSION_STARTS = ["🦞 ", "Clawdbot ", "Moltbot ", "OpenClaw ", "update available ("] as const;
/** Who logs them: the update check signs as `gateway`, a banner is nobody's. */
export const VERSION_BY = ["", "gateway", "gateway/update"] as const;

const NAMED =
  /^(?:(?:🦞 )?(?:Clawdbot|Moltbot|OpenClaw)(?: gateway)?(?: version)?:?|update available \(.*\(current) v?(20\d\d\.\d{1,2}\.\d{1,2}(?:-\d+)?)\b/;

/** The version that a line names outright. */
export function versionNamedBy(record: Pick<LogRecord, "message" | "subsystem">): string | undefined {
  const { message, subsystem = "" } = record;
  if (message.length >= 300 || !VERSION_BY.some((it) => it === subsystem)) return undefined;
  return VERSION_STARTS.some((it) => message.startsWith(it)) ? NAMED.exec(message)?.[1] : undefined;
}

export function inferVersion(
  seen: { has(kind: EventKind): boolean },
  product: string | undefined,
  exact: string | undefined,
): GatewayVersion {
  const atLeast = FIRST_SEEN.find(([kind]) => seen.has(kind))?.[1] ?? null;
  return { product: product ?? (atLeast === null ? "clawdbot" : "openclaw"), exact: exact ?? null, atLeast };
}

/** Compares `2026.1.24-3` and the like: negative if `a` is older. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((it) => it.split(/[.-]/).map(Number));
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether the gateway is surely of this version or a later one. */
export function isAtLeast(version: GatewayVersion, than: string): boolean {
  const lowest = version.exact ?? version.atLeast;
  return lowest !== null && compareVersions(lowest, than) >= 0;
}

/** How to say it: `clawdbot 2026.1.24-3`, `openclaw (2026.6.11 or later)`, `clawdbot`. */
export function versionText(version: GatewayVersion): string {
  if (version.exact !== null) return `${version.product} ${version.exact}`;
  return version.atLeast === null ? version.product : `${version.product} (${version.atLeast} or later)`;
}

/**
 * How long the gateway lets a run go on (ms) where its config does not say:
 * `agents.defaults.timeoutSeconds` is 600 s up to 2026.2.26 and 48 h from
 * 2026.3.31 on (read in the published packages).
 */
export function defaultRunTimeoutMs(version: GatewayVersion): number {
  return isAtLeast(version, "2026.3.31") ? 48 * 3_600_000 : 600_000;
}

/** The timeout for which a silence is worth a word, also where the gateway itself would wait for days (ms). */
const LONGEST_PATIENCE_MS = 600_000;
const STALL_MARGIN_MS = 60_000;

/** Silence after which a run counts as stalled (ms) where the user does not say. */
export function defaultStallAfterMs(runTimeoutMs: number): number {
  return Math.min(runTimeoutMs, LONGEST_PATIENCE_MS) + STALL_MARGIN_MS;
}
