import { type Command, Option } from "commander";

import { COLOR_CHOICES, colorLevel, REDACT_SAYS, type ColorChoice } from "./doctor-options.ts";
import { UserError } from "./errors.ts";
import { gatewayOptions, pickGatewayOptions, type RawGatewayOptions } from "./gateway/options.ts";
import { examples } from "./help.ts";
import type { Io } from "./io.ts";
import type { Confidence } from "./model.ts";
import { parseDuration } from "./time-args.ts";
import type { HealSettings } from "./watch/heal-limits.ts";
import type { WatchFormat, WatchRenderOptions } from "./watch/formats/format.ts";
import { watchFormats } from "./watch/formats/index.ts";

/** What `clawdbot-sessions watch …` asks for, parsed. */
export interface WatchOptions {
  /** Files, folders, globs or `-`, as typed; empty: this machine's gateway. */
  readonly logs: readonly string[];
  /** Ask the running gateway for its log. */
  readonly fromGateway: boolean;
  /** How to reach it, for its log or for a repair. */
  readonly gateway: RawGatewayOptions;
  readonly format: WatchFormat;
  readonly render: WatchRenderOptions;
  /** Names instead of keys, persons, numbers and paths, also for `--exec`. */
  readonly redact: boolean;
  readonly exec: { readonly command: string; readonly timeoutMs: number } | null;
  /** Milliseconds. */
  readonly afterMs: number;
  readonly minConfidence: Confidence;
  /** End after this time (ms); null: go on. */
  readonly forMs: number | null;
  readonly heal: (HealSettings & { readonly dryRun: boolean }) | null;
  readonly runTimeoutMs: number | null;
  readonly stallAfterMs: number | null;
}

interface RawWatchOptions extends RawGatewayOptions {
  gateway?: true;
  format: string;
  utc?: true;
  redact?: true;
  color: ColorChoice;
  exec?: string;
  execTimeout?: string;
  after?: string;
  minConfidence: Confidence;
  for?: string;
  heal?: true;
  dryRun?: true;
  grace?: string;
  coolDown?: string;
  maxPerHour?: string;
  runTimeout?: string;
  stallAfter?: string;
}

const AFTER_MS = 10_000;
const EXEC_TIMEOUT_MS = 30_000;
const GRACE_MS = 60_000;
const COOL_DOWN_MS = 30 * 60_000;
const MAX_PER_HOUR = 4;

/** Adds the options and words of `watch` to a command, and tells what they ask for once they are parsed. */
export function watchCommand(command: Command, io: Io, found: (options: WatchOptions) => void): Command {
  const described = command
    .description("Follow a gateway's log and say when a session becomes blocked, stalled or free again.")
    .argument("[logs...]", "files, folders, globs or - for stdin; nothing: this machine's gateway")
    .optionsGroup("Output:")
    .addOption(
      new Option("--format <name>", watchFormats.map(({ name, description }) => `${name}: ${description}`).join("; "))
        .choices(watchFormats.map(({ name }) => name))
        .default("pretty"),
    )
    .option("--redact", REDACT_SAYS)
    .option("--utc", "times in UTC")
    .addOption(new Option("--color <when>", "colours in the pretty format").choices(COLOR_CHOICES).default("auto"))
    .option("--exec <command>", "run this in a shell for each event, with the event as JSON on its stdin")
    .option("--exec-timeout <duration>", "how long one such command may take (default: 30s)")
    .optionsGroup("What is told:")
    .option("--after <duration>", "a session that has been blocked this long, not a passing one (default: 10s)")
    .addOption(
      new Option("--min-confidence <level>", "only what is at least as sure")
        .choices(["low", "medium", "high"] satisfies Confidence[])
        .default("low"),
    )
    .option("--for <duration>", "end after this time (default: go on until Ctrl-C)")
    .optionsGroup("Repair:")
    .option("--heal", "free blocked sessions as `reset` does, within these limits; never below high confidence")
    .option("--dry-run", "with --heal: say what would be done, and send nothing")
    .option("--grace <duration>", "how long a session is left alone before it is freed (default: 1m)")
    .option("--cool-down <duration>", "from one repair of a session to the next (default: 30m)")
    .option("--max-per-hour <number>", `repairs in any hour, over all sessions (default: ${MAX_PER_HOUR})`)
    .optionsGroup("The gateway:")
    .option("--gateway", "follow the running gateway's log over its socket, instead of files")
    .option(
      "--run-timeout <duration>",
      "its agents.defaults.timeoutSeconds (default: as in its config here, else 10m, from 2026.3.31 on 48h)",
    )
    .option("--stall-after <duration>", "silence that counts as stalled (default: the run timeout and 1m)");
  return gatewayOptions(described, "Reaching it, with --gateway or --heal:")
    .addHelpOption(new Option("-h, --help", "print this help").helpGroup("Other:"))
    .addHelpText(
      "before",
      examples([
        ["clawdbot-sessions watch", "this machine's gateway"],
        ["clawdbot-sessions watch /tmp/clawdbot", "a folder: also the file of the next day"],
        ["docker logs -f gateway 2>&1 | clawdbot-sessions watch -", "stdin"],
        ["clawdbot-sessions watch --exec ./tell-me.sh", "a command for each event"],
        ["clawdbot-sessions watch --heal --dry-run", "what it would free by itself"],
      ]),
    )
    .addHelpText(
      "after",
      [
        "",
        "Exit codes:",
        "  0    the end of --for or of stdin, or SIGTERM",
        "  2    a wrong word or option, or nothing that could ever be read",
        "  70   a bug of ours",
        "  130  interrupted (Ctrl-C)",
      ].join("\n"),
    )
    .action((logs: string[], raw: RawWatchOptions) => {
      found(watchOptions(logs, raw, io));
    });
}

function watchOptions(logs: readonly string[], raw: RawWatchOptions, io: Io): WatchOptions {
  const duration = (option: string, text: string | undefined) =>
    text === undefined ? null : parseDuration(option, text);
  const format = watchFormats.find(({ name }) => name === raw.format);
  if (!format) throw new Error(`no format ${raw.format}`);
  assertSensible(logs, raw);
  const { exec } = raw;
  return {
    logs,
    fromGateway: raw.gateway ?? false,
    gateway: pickGatewayOptions(raw),
    format,
    render: { timeZone: raw.utc ? "UTC" : io.timeZone, colorLevel: colorLevel(raw.color, io.env, io.stdout.isTTY) },
    redact: raw.redact ?? false,
    exec:
      exec === undefined
        ? null
        : { command: exec, timeoutMs: duration("--exec-timeout", raw.execTimeout) ?? EXEC_TIMEOUT_MS },
    afterMs: atLeastZero("--after", raw.after) ?? AFTER_MS,
    minConfidence: raw.minConfidence,
    forMs: duration("--for", raw.for),
    heal: raw.heal
      ? {
          dryRun: raw.dryRun ?? false,
          graceMs: atLeastZero("--grace", raw.grace) ?? GRACE_MS,
          coolDownMs: duration("--cool-down", raw.coolDown) ?? COOL_DOWN_MS,
          maxPerHour: raw.maxPerHour === undefined ? MAX_PER_HOUR : positiveInteger("--max-per-hour", raw.maxPerHour),
        }
      : null,
    runTimeoutMs: duration("--run-timeout", raw.runTimeout),
    stallAfterMs: duration("--stall-after", raw.stallAfter),
  };
}

/** @throws UserError for options that contradict each other, or that would do nothing */
function assertSensible(logs: readonly string[], raw: RawWatchOptions): void {
  const isPipe = logs.includes("-");
  if (raw.gateway && logs.length > 0) {
    throw new UserError("logs and --gateway cannot both be", "Name the logs, or ask the running gateway.");
  }
  if (isPipe && logs.length > 1)
    throw new UserError("- stands for stdin and goes alone", "Name the files, or pipe them.");
  if (isPipe && raw.heal) {
    throw new UserError(
      "--heal cannot be with -: nothing tells whose log comes in on stdin",
      "Name the gateway's log file on its own machine, or use --gateway.",
    );
  }
  if (raw.exec?.trim() === "") throw new UserError("--exec is empty");
  for (const [option, needed] of Object.entries(NEEDS)) {
    const isGiven = raw[option as keyof RawWatchOptions] !== undefined;
    if (!isGiven || needed.some((it) => raw[it] !== undefined)) continue;
    throw new UserError(`${flag(option)} does nothing without ${needed.map(flag).join(" or ")}`);
  }
}

/** Nothing goes over a network unless it is asked for, whatever else is given. */
const NEEDS: Readonly<Partial<Record<keyof RawWatchOptions, readonly (keyof RawWatchOptions)[]>>> = {
  execTimeout: ["exec"],
  dryRun: ["heal"],
  grace: ["heal"],
  coolDown: ["heal"],
  maxPerHour: ["heal"],
  url: ["gateway", "heal"],
  token: ["gateway", "heal"],
  tokenFile: ["gateway", "heal"],
  password: ["gateway", "heal"],
  passwordFile: ["gateway", "heal"],
  tlsFingerprint: ["gateway", "heal"],
  allowInsecure: ["gateway", "heal"],
  profile: ["gateway", "heal"],
};

function flag(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function atLeastZero(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  return /^0(?:ms|s|m|h)?$/.test(text.trim()) ? 0 : parseDuration(option, text);
}

function positiveInteger(option: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text.trim())) return Number(text);
  throw new UserError(`${option}: ${JSON.stringify(text)} is not a number from 1 on`);
}
