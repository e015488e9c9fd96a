import { Option, type Command } from "commander";

import { REDACT_SAYS } from "./doctor-options.ts";
import { UserError } from "./errors.ts";
import { GATEWAY_OPTION_KEYS, gatewayOptions, type RawGatewayOptions } from "./gateway/options.ts";
import { examples } from "./help.ts";
import { parseDuration } from "./time-args.ts";

/** What `clawdbot-sessions reset …` asks for, parsed. */
export interface ResetOptions {
  /** Keys, sessionIds or beginnings of them, as typed. */
  readonly ids: readonly string[];
  /** RunIds or beginnings of them, as typed. */
  readonly runs: readonly string[];
  readonly allBlocked: boolean;
  /** Leaves alone what is not blocked beyond doubt, as `allBlocked` does; for who acts without a person. */
  readonly onlySure: boolean;
  /** Logs to diagnose from, as typed; none: the gateway's own. */
  readonly logs: readonly string[];
  readonly state: boolean;
  readonly stateDir: string | null;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly force: boolean;
  readonly newSession: boolean;
  readonly probe: { readonly text: string; readonly timeoutMs: number } | null;
  readonly reason: string | null;
  readonly json: boolean;
  /** Names instead of keys, persons, numbers and paths. */
  readonly redact: boolean;
  readonly gateway: RawGatewayOptions;
  /** Milliseconds for one question; null: the default. */
  readonly timeoutMs: number | null;
  /** Milliseconds that the end of a run may take; null: what was measured on the version. */
  readonly verifyMs: number | null;
  readonly runTimeoutMs: number | null;
  readonly stallAfterMs: number | null;
}

interface RawResetOptions extends RawGatewayOptions {
  run?: string[];
  allBlocked?: true;
  logs?: string[];
  state: boolean;
  stateDir?: string;
  dryRun?: true;
  yes?: true;
  force?: true;
  newSession?: true;
  probe?: true;
  probeText?: string;
  probeTimeout?: string;
  reason?: string;
  json?: true;
  redact?: true;
  timeout?: string;
  verifyTimeout?: string;
  runTimeout?: string;
  stallAfter?: string;
}

const PROBE_TEXT = "Are you there? Please answer with one word.";
const PROBE_TIMEOUT_MS = 90_000;
/** The journal is a line a step; a reason is a note, not an essay. */
const LONGEST_REASON = 500;

/** Adds the options and words of `reset` to a command, and tells what they ask for once they are parsed. */
export function resetCommand(command: Command, found: (options: ResetOptions) => void): Command {
  const list = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text];
  const described = command
    .description("Free a blocked session of a running gateway, and prove that it is free.")
    .argument("[ids...]", "session keys, sessionIds, or the beginning of one that only one session has")
    .optionsGroup("Which sessions:")
    .option("--run <id>", "the session that this run holds (may be repeated)", list)
    .option("--all-blocked", "every session that is blocked beyond doubt")
    .optionsGroup("What is done:")
    .option("--dry-run", "say what would be done; nothing that changes anything is sent")
    .option("-y, --yes", "do not ask")
    .option("--new-session", "once it is free, begin a new conversation")
    .option("--force", "also a run that shows life, and also shortly after another repair")
    .option("--reason <text>", "why, for the journal")
    .optionsGroup("The proof:")
    .option("--probe", "send a real message and wait for its answer")
    .option("--probe-text <text>", `that message (default: "${PROBE_TEXT}")`)
    .option("--probe-timeout <duration>", "how long to wait for its answer (default: 90s)")
    .option(
      "--verify-timeout <duration>",
      "how long the end of a run may take (default: 8s or 10s, as measured on the version)",
    )
    .optionsGroup("The diagnosis:")
    .option("--logs <file...>", "logs to go by (default: what the gateway itself tells of its log)")
    .addOption(new Option("--state-dir <dir>", "the gateway's state dir, for the locks of its runs"))
    .addOption(new Option("--no-state", "do not look at a state dir").default(true))
    .option(
      "--run-timeout <duration>",
      "the gateway's agents.defaults.timeoutSeconds (default: as in its config here, else 10m)",
    )
    .option("--stall-after <duration>", "silence that counts as stalled (default: the run timeout and 1m)");
  return gatewayOptions(described)
    .option("--timeout <duration>", "for one question to it (default: 5s)")
    .optionsGroup("Output:")
    .option("--json", "for scripts")
    .option("--redact", REDACT_SAYS)
    .addHelpOption(new Option("-h, --help", "print this help").helpGroup("Other:"))
    .addHelpText(
      "before",
      examples([
        ["clawdbot-sessions reset main", "look, ask, abort its run, look again"],
        ["clawdbot-sessions reset main --dry-run", "only say what would be done"],
        ["clawdbot-sessions reset --all-blocked --yes --json", "for scripts"],
        ["clawdbot-sessions reset main --probe", "prove it by a real message"],
      ]),
    )
    .addHelpText(
      "after",
      [
        "",
        "Exit codes:",
        "  0    every named session is free, also if it was before; or --dry-run",
        "  1    at least one is not, or nothing could prove it, or you said no",
        "  2    nothing was sent: a wrong word, an unknown session, nobody to ask, no gateway",
        "  70   a bug of ours",
        "  130  interrupted; it is told how far each session came, and the next call goes on",
      ].join("\n"),
    )
    .action((ids: string[], raw: RawResetOptions) => found(resetOptions(ids, raw)));
}

function resetOptions(ids: readonly string[], raw: RawResetOptions): ResetOptions {
  const { run = [], allBlocked, logs = [], state, stateDir, dryRun, yes, force, newSession, json } = raw;
  if (ids.length + run.length > 0 && allBlocked)
    throw new UserError("sessions and --all-blocked cannot both be named", "Give one of them.");
  if (ids.length + run.length === 0 && !allBlocked) {
    throw new UserError(
      "no session is named",
      "Give a key or a sessionId, or --all-blocked. `clawdbot-sessions doctor` lists them.",
    );
  }
  if (stateDir !== undefined && !state)
    throw new UserError("--state-dir and --no-state cannot both be", "Give one of them.");
  if (raw.reason !== undefined && raw.reason.length > LONGEST_REASON) {
    throw new UserError(`--reason has more than ${LONGEST_REASON} characters`);
  }
  if (raw.probeText?.trim() === "") throw new UserError("--probe-text is empty");
  // A command would be answered by the gateway and not by the session's agent.
  if (raw.probeText?.trim().startsWith("/"))
    throw new UserError("--probe-text is a command: only a message's answer proves anything");
  const duration = (option: string, text: string | undefined) =>
    text === undefined ? null : parseDuration(option, text);
  const wantsProbe = raw.probe ?? (raw.probeText !== undefined || raw.probeTimeout !== undefined);
  return {
    ids,
    runs: run,
    allBlocked: allBlocked ?? false,
    onlySure: allBlocked ?? false,
    logs,
    state,
    stateDir: stateDir ?? null,
    dryRun: dryRun ?? false,
    yes: yes ?? false,
    force: force ?? false,
    newSession: newSession ?? false,
    probe: wantsProbe
      ? {
          text: raw.probeText ?? PROBE_TEXT,
          timeoutMs: duration("--probe-timeout", raw.probeTimeout) ?? PROBE_TIMEOUT_MS,
        }
      : null,
    reason: raw.reason ?? null,
    json: json ?? false,
    redact: raw.redact ?? false,
    gateway: gatewayPart(raw),
    timeoutMs: duration("--timeout", raw.timeout),
    verifyMs: duration("--verify-timeout", raw.verifyTimeout),
    runTimeoutMs: duration("--run-timeout", raw.runTimeout),
    stallAfterMs: duration("--stall-after", raw.stallAfter),
  };
}

/** Only what was given, so that an absent option stays absent. */
function gatewayPart(raw: RawGatewayOptions): RawGatewayOptions {
  return Object.fromEntries(GATEWAY_OPTION_KEYS.filter((key) => raw[key] !== undefined).map((key) => [key, raw[key]]));
}
