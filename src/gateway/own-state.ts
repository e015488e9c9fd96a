import path from "node:path";
import type { Io } from "../io.ts";

/** The folder where this tool keeps what it must remember: never the gateway's own. It need not exist yet. */
export function ownStateDir(io: Pick<Io, "env" | "homedir" | "cwd">): string {
  const named = io.env["CLAWDBOT_SESSIONS_STATE_DIR"]?.trim();
  if (named) return path.resolve(io.cwd, named);
  const xdg = io.env["XDG_STATE_HOME"]?.trim();
  // The standard wants a relative one ignored.
  const base = xdg && path.isAbsolute(xdg) ? xdg : path.join(io.homedir, ".local", "state");
  return path.join(base, "clawdbot-sessions");
}
