/** Lines of the gateway's own life: starts, restarts, stops, crashes. INFO unless said, so every log has them. */
import { GATEWAY, PLAIN, spec } from "./spec.ts";

const LISTENING = /^listening on (wss?:\/\/.*?)(?: \(PID (\d+)\))?$/s;
const SPAWNED = /spawned pid (\d+)/;

export const GATEWAY_EVENTS = {
  /** Up to 3.31; the second line, for the other loopback address, has no PID. */
  "gateway-listening": spec({
    starts: "listening on ws",
    by: GATEWAY,
    samples: [
      "listening on ws://127.0.0.1:18870 (PID 20958)",
      "listening on ws://[::1]:18870",
      "listening on ws://127.0.0.1:39297, ws://[::1]:39297 (PID 23830)",
    ],
    read: (message) => {
      const match = LISTENING.exec(message);
      if (!match) return undefined;
      return { address: match[1] ?? "", pid: match[2] === undefined ? undefined : Number(match[2]) };
    },
  }),
  /** 5.28 and later, and only in a new process. */
  "gateway-loading": spec({
    starts: "loading configuration",
    by: GATEWAY,
    samples: ["loading configuration…"],
    read: () => ({}),
  }),
  /** ERROR. A second instance beside a running gateway: it leaves again, and the first one goes on. */
  "gateway-start-failed": spec({
    starts: "Gateway failed to start",
    by: PLAIN,
    samples: ["Gateway failed to start: gateway already running (pid 13831); lock timeout after 5000ms"],
    read: () => ({}),
  }),
  "gateway-starting-http": spec({
    starts: "starting HTTP server",
    by: GATEWAY,
    samples: ["starting HTTP server..."],
    read: () => ({}),
  }),
  "gateway-http-listening": spec({
    starts: "http server listening",
    by: GATEWAY,
    samples: ["http server listening (14 plugins: anthropic, browser; 5.2s)"],
    read: () => ({}),
  }),
  "gateway-ready": spec({
    starts: "ready",
    by: GATEWAY,
    samples: ["ready", "ready (5 plugins, 1.2s)"],
    read: (message) => (/^ready(?: \(.*\))?$/s.test(message) ? {} : undefined),
  }),
  /** Comes twice for a restart that is put off. */
  "signal-received": spec({
    starts: "signal SIG",
    by: GATEWAY,
    samples: ["signal SIGUSR1 received"],
    read: (message) => {
      const match = /^signal (SIG[A-Z0-9]+) received/.exec(message);
      return match?.[1] === undefined ? undefined : { signal: match[1] };
    },
  }),
  /** The restart or the stop begins. */
  "shutdown-begun": spec({
    starts: "received SIG",
    by: GATEWAY,
    samples: ["received SIGUSR1; restarting", "received SIGTERM; shutting down"],
    read: (message) => {
      const match = /^received (SIG[A-Z0-9]+); (restarting|shutting down)/.exec(message);
      if (match?.[1] === undefined) return undefined;
      return { signal: match[1], restart: match[2] === "restarting" };
    },
  }),
  "restart-ignored": spec({
    starts: "SIGUSR1 restart ignored",
    by: GATEWAY,
    samples: ["SIGUSR1 restart ignored (not authorized; commands.restart=false or use gateway tool)."],
    read: () => ({}),
  }),
  /** 2.17 and later. */
  "restart-mode": spec({
    starts: "restart mode: ",
    by: GATEWAY,
    samples: [
      "restart mode: full process restart (spawned pid 4711)",
      "restart mode: supervisor restart",
      "restart mode: in-process restart (container: use in-process restart to keep PID 1 alive)",
    ],
    read: (message) => {
      const pid = SPAWNED.exec(message)?.[1];
      return {
        inProcess: message.startsWith("restart mode: in-process"),
        spawnedPid: pid === undefined ? undefined : Number(pid),
      };
    },
  }),
  draining: spec({
    starts: "draining ",
    by: GATEWAY,
    samples: ["draining active work before restart with timeout 0ms: queueSize=2 pendingReplies=1 embeddedRuns=1"],
    read: () => ({}),
  }),
  "drain-timeout": spec({
    starts: "drain timeout reached",
    by: GATEWAY,
    samples: ["drain timeout reached; proceeding with restart"],
    read: () => ({}),
  }),
  "shutdown-timeout": spec({
    starts: "shutdown timed out",
    by: GATEWAY,
    samples: ["shutdown timed out; exiting without full cleanup"],
    read: () => ({}),
  }),
  "runs-aborted": spec({
    starts: "aborted ",
    by: ["gateway", "shutdown"],
    samples: ["aborted 1 active run(s) during restart shutdown"],
    read: (message) => {
      const match = /^aborted (\d+) active run/.exec(message);
      return match ? { runs: Number(match[1]) } : undefined;
    },
  }),
  /** Before a restart that a change of the config asks for. */
  "reload-needs-restart": spec({
    starts: "config change requires gateway restart",
    by: ["reload"],
    samples: ["config change requires gateway restart (gateway.port)"],
    read: () => ({}),
  }),
  /** The agent restarts its own gateway. Plain text with no subsystem. */
  "tool-restart": spec({
    starts: "gateway tool: restart requested",
    by: PLAIN,
    samples: ["gateway tool: restart requested (delayMs=300, reason=config.patch)"],
    read: () => ({}),
  }),
  /** ERROR, and the process ends with it. */
  "unhandled-rejection": spec({
    starts: "Unhandled promise rejection",
    also: ["[clawdbot] Unhandled promise rejection", "[openclaw] Unhandled promise rejection"],
    by: PLAIN,
    samples: [
      "Unhandled promise rejection: AbortError: This operation was aborted",
      "[clawdbot] Unhandled promise rejection: AbortError: This operation was aborted",
      "[openclaw] Unhandled promise rejection: AbortError: This operation was aborted",
    ],
    read: () => ({}),
  }),
  "stale-lock-removed": spec({
    starts: "removed stale session lock",
    by: ["gateway", "session-lock", "sessions", "session-locks"],
    samples: ["removed stale session lock: 5cdc6cdf.jsonl.lock (dead-pid)"],
    read: () => ({}),
  }),
  /** The file ends here although the gateway goes on. */
  "log-capped": spec({
    starts: "log file size cap reached",
    by: [...PLAIN, "gateway", "logging"],
    samples: [
      "log file size cap reached; suppressing writes file=/tmp/openclaw/openclaw-2026-02-01.log maxFileBytes=524288000",
    ],
    read: () => ({}),
  }),
} as const;
