/**
 * The gateways the lab knows, and in what they differ for whoever drives them:
 * a table, so that no other file asks for a version. What was measured stands
 * beside each column.
 */

export interface GatewayVersion {
  readonly package: "clawdbot" | "openclaw";
  readonly version: string;
  /** The prefix of the environment variables it reads. */
  readonly env: "CLAWDBOT" | "OPENCLAW";
  /**
   * How debug lines are had. `config`: `logging.level` of the config, with the
   * word that version wants (reversed up to 4.5: "error" writes everything).
   * `env`: the config is ignored, OPENCLAW_LOG_LEVEL sets file and console.
   */
  readonly debug: { readonly by: "config" | "env"; readonly fileLevel: string };
  /** What the log file of a debug run holds when the console holds everything. */
  readonly fileHolds: "everything" | "warnings";
  /** A token alone keeps no scopes on 3.13-4.5, 4.15, 5.28 and 6.11: a signed device does. */
  readonly device: boolean;
  /**
   * How an operator restarts it, and for how long it waits for running runs.
   * `deferralMs` shortens what is 300 s by default, so that the lab is done today.
   */
  readonly restart: { readonly by: "SIGUSR1" | "rpc"; readonly waitsSeconds: number; readonly deferralMs?: number };
  /** Where a run goes that still runs when the waiting is over. */
  readonly restartsInto: "same-process" | "new-process";
  /** A restart aborts the runs that it does not wait for; before 3.31 they are just left behind. */
  readonly abortsAtRestart: boolean;
  /** Obeys `<env>_NO_RESPAWN=1`: restarts in the same process. */
  readonly noRespawn: boolean;
  /** A run that was cut is continued under a new runId. */
  readonly recovers: boolean;
  /** How many runs lane `main` takes at once by default; 9.6 takes four for each core, at least 8. */
  readonly mainLane: number;
  /** What a run whose model refused leaves in the log: `done aborted=false` and no trace of the error, or a failure. */
  readonly failedRunLooks: "completed" | "failed";
}

const openclaw = { package: "openclaw", env: "OPENCLAW" } as const;
const reversed = { by: "config", fileLevel: "error" } as const;
const plain = { by: "config", fileLevel: "debug" } as const;

export const GATEWAY_VERSIONS: readonly GatewayVersion[] = [
  {
    package: "clawdbot",
    version: "2026.1.24-3",
    env: "CLAWDBOT",
    debug: reversed,
    fileHolds: "everything",
    device: false,
    restart: { by: "SIGUSR1", waitsSeconds: 0 },
    restartsInto: "same-process",
    abortsAtRestart: false,
    noRespawn: false,
    recovers: false,
    mainLane: 4,
    failedRunLooks: "completed",
  },
  {
    ...openclaw,
    version: "2026.1.30",
    debug: reversed,
    fileHolds: "everything",
    device: false,
    restart: { by: "SIGUSR1", waitsSeconds: 0 },
    restartsInto: "same-process",
    abortsAtRestart: false,
    noRespawn: false,
    recovers: false,
    mainLane: 4,
    failedRunLooks: "completed",
  },
  {
    ...openclaw,
    version: "2026.2.26",
    debug: reversed,
    fileHolds: "everything",
    device: false,
    restart: { by: "SIGUSR1", waitsSeconds: 30 },
    restartsInto: "new-process",
    abortsAtRestart: false,
    noRespawn: true,
    recovers: false,
    mainLane: 4,
    failedRunLooks: "failed",
  },
  {
    ...openclaw,
    version: "2026.3.31",
    debug: { by: "env", fileLevel: "debug" },
    fileHolds: "warnings",
    device: true,
    restart: { by: "SIGUSR1", waitsSeconds: 95, deferralMs: 5_000 },
    restartsInto: "new-process",
    abortsAtRestart: true,
    noRespawn: true,
    recovers: false,
    mainLane: 4,
    failedRunLooks: "failed",
  },
  {
    ...openclaw,
    version: "2026.4.15",
    debug: { by: "env", fileLevel: "debug" },
    fileHolds: "everything",
    device: true,
    restart: { by: "SIGUSR1", waitsSeconds: 10, deferralMs: 10_000 },
    restartsInto: "new-process",
    abortsAtRestart: true,
    noRespawn: true,
    recovers: false,
    mainLane: 4,
    failedRunLooks: "failed",
  },
  {
    ...openclaw,
    version: "2026.5.28",
    debug: plain,
    fileHolds: "everything",
    device: true,
    restart: { by: "SIGUSR1", waitsSeconds: 10, deferralMs: 10_000 },
    restartsInto: "same-process",
    abortsAtRestart: true,
    noRespawn: false,
    recovers: true,
    mainLane: 4,
    failedRunLooks: "failed",
  },
  {
    ...openclaw,
    version: "2026.6.11",
    debug: plain,
    fileHolds: "everything",
    device: true,
    restart: { by: "SIGUSR1", waitsSeconds: 10, deferralMs: 10_000 },
    restartsInto: "same-process",
    abortsAtRestart: true,
    noRespawn: false,
    recovers: true,
    mainLane: 4,
    failedRunLooks: "failed",
  },
  {
    ...openclaw,
    version: "2026.7.1",
    debug: plain,
    fileHolds: "everything",
    device: false,
    restart: { by: "SIGUSR1", waitsSeconds: 10, deferralMs: 10_000 },
    restartsInto: "same-process",
    abortsAtRestart: true,
    noRespawn: false,
    recovers: true,
    mainLane: 4,
    failedRunLooks: "failed",
  },
  {
    ...openclaw,
    version: "2026.9.6",
    debug: plain,
    fileHolds: "everything",
    device: false,
    restart: { by: "rpc", waitsSeconds: 0 },
    restartsInto: "same-process",
    abortsAtRestart: true,
    noRespawn: false,
    recovers: true,
    mainLane: 8,
    failedRunLooks: "failed",
  },
];

export function gatewayName(gateway: GatewayVersion): string {
  return `${gateway.package}-${gateway.version}`;
}

/** Finds gateways by `2026.9.6`, `9.6` or `openclaw-2026.9.6`. */
export function findGateway(word: string): GatewayVersion | undefined {
  return GATEWAY_VERSIONS.find(
    (gateway) => gateway.version === word || gatewayName(gateway) === word || gateway.version === `2026.${word}`,
  );
}
