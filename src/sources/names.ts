/** What the names of files tell. Pure. */
import { basename } from "node:path";

const ROLLING =
  /^(clawdbot|moltbot|openclaw)(?:-([a-z0-9-]+?))?-\d{4}-\d{2}-\d{2}(?:\.\d+)?\.log(?:\.\d+)?(?:\.(?:gz|zst))?$/;

/** Whether a name is a gateway's dated log file, with the profile in it. */
export function rollingLog(path: string): { product: string; profile: string | undefined } | undefined {
  const found = ROLLING.exec(basename(path));
  return found === null ? undefined : { product: found[1] as string, profile: found[2] };
}

const LOG_LIKE = /\.(?:log|jsonl|ndjson|json|txt|out|err|journal\.txt)(?:[.-]\d{1,8})?(?:\.(?:gz|zst))?$/i;
const BARE_NAMES = /^(?:syslog|messages|nohup\.out|stdout|stderr)(?:\.\d+)?(?:\.(?:gz|zst))?$/i;
const STATE = /^(?:sessions|package(?:-lock)?|tsconfig.*)\.json$|\.jsonl\.(?:lock|reset|deleted)|\.sqlite/i;
const UUID_TRANSCRIPT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}.*\.jsonl/i;

/** Whether a file in a folder may be a log by its name; its first lines decide. */
export function mayBeLog(name: string): boolean {
  if (STATE.test(name) || UUID_TRANSCRIPT.test(name)) return false;
  return LOG_LIKE.test(name) || BARE_NAMES.test(name);
}

// Folders of a gateway's state that hold its sessions, and what no log lives in.
const NO_LOGS = new Set(["agents", "sessions", "node_modules", "credentials", "extensions", "media"]);

export function mayHoldLogs(folder: string): boolean {
  return !NO_LOGS.has(folder) && !folder.startsWith(".");
}
