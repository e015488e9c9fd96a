import { Option } from "commander";
import type { Command } from "commander";

import { UserError } from "./errors.ts";
import { FAIL_ON } from "./exit-code.ts";
import type { FailOn } from "./exit-code.ts";
import { findingCode } from "./finding-code.ts";
import { DEFAULT_WIDTH, examples } from "./help.ts";
import type { Io } from "./io.ts";
import { gatewayOptions, pickGatewayOptions } from "./gateway/options.ts";
import type { RawGatewayOptions } from "./gateway/options.ts";
import { parseLabels } from "./labels.ts";
import { FINDING_CODES } from "./model.ts";
import type { FindingCode, Report } from "./model.ts";
import { reporters } from "./reporters/index.ts";
import type { RenderOptions, ReporterEntry } from "./reporters/reporter.ts";
import { parseDuration, parseTime } from "./time-args.ts";

/** What `clawdbot-sessions doctor …` asks for, parsed: nothing in here is text to be understood later. */
export interface DoctorOptions {
  /** Files, folders, globs or `-`, as typed; empty if none was named. */
  readonly logs: readonly string[];
  readonly format: ReporterEntry;
  readonly render: RenderOptions;
  /** Where the report goes instead of stdout, as typed. */
  readonly output: string | null;
  /** Files for the same report in other forms. */
  readonly also: readonly OtherForm[];
  /** What the report says of the log beside what is in it. */
  readonly labels: Report["labels"];
  /** Milliseconds since the epoch. A filter of the report: older runs are still paired. */
  readonly since: number | null;
  readonly until: number | null;
  /** A session's key, an alias of it or a sessionId, as typed. */
  readonly session: string | null;
  /** A runId or the start of one, as typed. */
  readonly run: string | null;
  /** The codes to report: `--only` (or all) without `--skip`. */
  readonly codes: ReadonlySet<FindingCode>;
  readonly failOn: FailOn;
  readonly allowInconclusive: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  /** Names instead of keys, persons, numbers and paths. */
  readonly redact: boolean;
  /** False with `--no-state`: the state dir is not looked at. */
  readonly state: boolean;
  /** `--state-dir`, as typed; null: look for it. */
  readonly stateDir: string | null;
  /** Milliseconds; null: not given, so the gateway's config or its version's default decides. */
  readonly runTimeoutMs: number | null;
  /** Milliseconds; null: not given, so the run timeout decides. */
  readonly stallAfterMs: number | null;
  /** How to reach the running gateway that is to be asked for its log; null: none is. */
  readonly gateway: RawGatewayOptions | null;
}

/** What commander makes of the options of `doctor`, before the values are understood. */
export interface RawDoctorOptions extends RawGatewayOptions {
  gateway?: true;
  format: string;
  json?: true;
  allRuns?: true;
  output?: string;
  also?: string[];
  label?: string[];
  since?: string;
  until?: string;
  session?: string;
  run?: string;
  only?: string[];
  skip?: string[];
  failOn: FailOn;
  allowInconclusive?: true;
  utc?: true;
  color: ColorChoice;
  verbose?: true;
  quiet?: true;
  redact?: true;
  state: boolean;
  stateDir?: string;
  runTimeout?: string;
  stallAfter?: string;
}

/** Adds the options and words of `doctor` to a command, and tells what they ask for once they are parsed. */
export function doctorCommand(command: Command, io: Io, found: (options: DoctorOptions) => void): Command {
  const list = (text: string, before: string[] | undefined): string[] => [...(before ?? []), ...text.split(",")];
  const collect = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text];
  const output = logsArgument(command)
    .description("Read a gateway's log and say which sessions get no answers, since when, why, and what to do.")
    .optionsGroup("Output:")
    .addOption(
      new Option("--format <name>", reporters.map(({ name, description }) => `${name}: ${description}`).join("; "))
        .choices(reporters.map(({ name }) => name))
        .default("pretty"),
    )
    .option("--json", "the same as --format json")
    .option("--all-runs", "list every run and session, not only those that did not end well")
    .option("--output <file>", "write the report to a file, whole or not at all")
    .option("--also <format=file>", "write it to a file in this form as well (may be repeated)", collect)
    .option("--label <name=value>", "said in the report, for example host=a1 (may be repeated)", collect)
    .option("--redact", REDACT_SAYS)
    .option("--utc", "times in UTC, shown and understood")
    .addOption(colorOption("colours in the pretty format"))
    .addOption(new Option("-v, --verbose", "sum nothing up, say what is done").conflicts("quiet"))
    .option("-q, --quiet", "only the verdict and the blocked sessions");
  const described = filterOptions(output, "What is reported:")
    .option("--only <code>", "only these findings (may be repeated, or a,b)", list)
    .option("--skip <code>", "not these findings (may be repeated, or a,b)", list)
    .optionsGroup("Exit code:")
    .addOption(
      new Option("--fail-on <severity>", "exit with 1 from this severity on").choices(FAIL_ON).default("error"),
    )
    .option("--allow-inconclusive", "exit with 0, not 3, when the log cannot show runs");
  return readingOptions(described)
    .addHelpOption(new Option("-h, --help", "print this help").helpGroup("Other:"))
    .addHelpText(
      "before",
      examples([
        ["clawdbot-sessions doctor", "this machine's gateway"],
        ["clawdbot-sessions doctor /tmp/clawdbot", "every log in a folder, merged by time"],
        ["docker logs gateway 2>&1 | clawdbot-sessions doctor", "stdin"],
        ["clawdbot-sessions doctor --gateway", "a running gateway, with no file at hand"],
        ["clawdbot-sessions doctor --since 2h --session main", "one session, lately"],
        ["clawdbot-sessions doctor --json | jq .verdict", "for scripts"],
        ["clawdbot-sessions doctor --format html --output page.html", "a picture, for a browser"],
      ]),
    )
    .addHelpText(
      "after",
      [
        "",
        "Exit codes:",
        "  0    nothing at or above --fail-on",
        "  1    findings",
        "  2    a wrong word or option, or nothing could be read",
        "  3    inconclusive: the log cannot show runs (its level hides them)",
        "  70   a bug of ours",
        "  130  interrupted",
      ].join("\n"),
    )
    .action((logs: string[], raw: RawDoctorOptions) => {
      found(doctorOptions(logs, raw, io));
    });
}

/** Secrets are masked in any case. */
export const REDACT_SAYS = "names instead of session keys, persons, numbers and paths: to post it";

/** The words of every command that reads logs. */
export function logsArgument(command: Command): Command {
  return command.argument("[logs...]", "files, folders, globs or - for stdin; nothing: this machine's gateway");
}

export function colorOption(description: string): Option {
  return new Option("--color <when>", description).choices(COLOR_CHOICES).default("auto");
}

/** What of the log is shown. */
export function filterOptions(command: Command, group: string): Command {
  return command
    .optionsGroup(group)
    .option("--since <time>", "only what happened since: 2026-01-28T08:23:20Z, 08:23, 2h, yesterday 14:00")
    .option("--until <time>", "only what happened until then")
    .option("--session <key>", "only this session")
    .option("--run <id>", "only this run");
}

/** How the gateway is set up, and how to reach a running one. */
export function readingOptions(command: Command): Command {
  const described = command
    .optionsGroup("The gateway:")
    .addOption(new Option("--state-dir <dir>", "its state dir, a second source beside the log"))
    .addOption(new Option("--no-state", "do not look at a state dir").default(true))
    .option("--gateway", "ask the running gateway for its log and sessions, instead of reading files")
    .option(
      "--run-timeout <duration>",
      "its agents.defaults.timeoutSeconds (default: as in its config here, else 10m, from 2026.3.31 on 48h)",
    )
    .option("--stall-after <duration>", "silence that counts as stalled (default: the run timeout and 1m)");
  return gatewayOptions(described, "Reaching it, with --gateway:");
}

export function doctorOptions(logs: readonly string[], raw: RawDoctorOptions, io: Io): DoctorOptions {
  if (raw.json && raw.format !== "pretty" && raw.format !== "json") {
    throw new UserError(`--json and --format ${raw.format} cannot both be`, "Give one of them.");
  }
  if (raw.stateDir !== undefined && !raw.state) {
    throw new UserError("--state-dir and --no-state cannot both be", "Give one of them.");
  }
  const gateway = askedGateway(logs, raw);
  const named = raw.json ? "json" : raw.format;
  const format = reporters.find(({ name }) => name === named);
  if (!format) throw new Error(`no reporter ${named}`);
  const also = (raw.also ?? []).map(otherForm);
  const output = outputFile(raw.output);
  const files = [...(output === undefined ? [] : [output]), ...also.map(({ file }) => file)];
  const twice = files.find((file, index) => files.indexOf(file) !== index);
  if (twice !== undefined) throw new UserError(`two reports cannot both be written to ${twice}`, "Name another file.");
  const timeZone = raw.utc ? "UTC" : io.timeZone;
  const now = io.now();
  const since = raw.since === undefined ? null : parseTime("--since", raw.since, now, timeZone);
  const until = raw.until === undefined ? null : parseTime("--until", raw.until, now, timeZone, since);
  if (since !== null && until !== null && since > until) {
    throw new UserError("--since is after --until", "Nothing can lie between them.");
  }
  const toFile = output !== undefined;
  const found = codes(raw.only, raw.skip);
  const render: RenderOptions = {
    width: (toFile ? undefined : io.stdout.columns) ?? DEFAULT_WIDTH,
    colorLevel: colorLevel(raw.color, io.env, io.stdout.isTTY && !toFile),
    timeZone,
    verbose: raw.verbose ?? false,
    quiet: raw.quiet ?? false,
    allRuns: raw.allRuns ?? false,
    gate: { codes: found, failOn: raw.failOn, allowInconclusive: raw.allowInconclusive ?? false },
    since,
    until,
    ascii: false,
  };
  return {
    logs,
    format,
    render,
    output: output ?? null,
    also,
    labels: parseLabels(raw.label ?? []),
    since,
    until,
    session: raw.session ?? null,
    run: raw.run ?? null,
    codes: found,
    failOn: raw.failOn,
    allowInconclusive: raw.allowInconclusive ?? false,
    verbose: render.verbose,
    quiet: render.quiet,
    redact: raw.redact ?? false,
    state: raw.state,
    stateDir: raw.stateDir ?? null,
    runTimeoutMs: raw.runTimeout === undefined ? null : parseDuration("--run-timeout", raw.runTimeout),
    stallAfterMs: raw.stallAfter === undefined ? null : parseDuration("--stall-after", raw.stallAfter),
    gateway,
  };
}

/** `markdown=summary.md` */
/** One more form of the report, and where it goes, as typed. */
export interface OtherForm {
  readonly format: ReporterEntry;
  readonly file: string;
}

/** The file of `--output`; `-` is standard output, as everywhere. */
export function outputFile(typed: string | undefined): string | undefined {
  if (typed === "") throw new UserError("--output names no file", "For example: --output report.txt");
  return typed === "-" ? undefined : typed;
}

function otherForm(text: string): OtherForm {
  const at = text.indexOf("=");
  const [named, file] = at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  const format = reporters.find(({ name }) => name === named);
  if (!format) {
    const names = reporters.map(({ name }) => name).join(", ");
    throw new UserError(
      `--also ${JSON.stringify(text)} names no format`,
      `Formats: ${names}. For example: --also junit=report.xml`,
    );
  }
  if (file === "") throw new UserError(`--also ${named} names no file`, `For example: --also ${named}=report.txt`);
  if (file === "-") {
    throw new UserError(
      `--also ${named}=-: standard output is for the report itself`,
      `For example: --format ${named}, and --also for what goes to a file`,
    );
  }
  return { format, file };
}

/** Nothing goes over a network unless `--gateway` says so, whatever else is given. */
function askedGateway(logs: readonly string[], raw: RawDoctorOptions): RawGatewayOptions | null {
  if (raw.gateway) {
    if (logs.length === 0) return pickGatewayOptions(raw);
    throw new UserError("logs and --gateway cannot both be", "Name the logs, or ask the running gateway.");
  }
  const [stray] = Object.keys(pickGatewayOptions(raw));
  if (stray === undefined) return null;
  const option = stray.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UserError(`--${option} is about a running gateway, and none is asked`, "Add --gateway to ask it.");
}

function codes(only: readonly string[] | undefined, skip: readonly string[] | undefined): ReadonlySet<FindingCode> {
  const kept = new Set<FindingCode>(only?.map((text) => findingCode("--only", text)) ?? FINDING_CODES);
  for (const text of skip ?? []) kept.delete(findingCode("--skip", text));
  return kept;
}

export const COLOR_CHOICES = ["auto", "always", "never"] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/** The option wins, then FORCE_COLOR (as in Node), then NO_COLOR (no-color.org: if not empty), then the terminal. */
export function colorLevel(choice: ColorChoice, env: Io["env"], isTTY: boolean): 0 | 1 {
  if (choice !== "auto") return choice === "always" ? 1 : 0;
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force === "0" || force === "false" ? 0 : 1;
  return env["NO_COLOR"] || env["TERM"] === "dumb" || !isTTY ? 0 : 1;
}
