import { Argument, Command, CommanderError } from "commander";

import type { CompleteRequest } from "./completion/complete.ts";
import { doctorCommand } from "./doctor-options.ts";
import type { DoctorOptions } from "./doctor-options.ts";
import { runDoctor } from "./doctor.ts";
import { BrokenPipe, Interrupted, UserError } from "./errors.ts";
import { escapeTerminal, withoutCommands } from "./escape.ts";
import { EXIT } from "./exit-code.ts";
import { findingCode } from "./finding-code.ts";
import { DEFAULT_WIDTH, examples } from "./help.ts";
import type { Io } from "./io.ts";
import type { FindingCode } from "./model.ts";
import { Masker } from "./mask.ts";
import { resetCommand } from "./reset-options.ts";
import type { ResetOptions } from "./reset-options.ts";
import { installShimCommand } from "./shim/options.ts";
import type { InstallShimOptions } from "./shim/options.ts";
import { SHELLS, shellInit } from "./shell-init.ts";
import type { Shell } from "./shell-init.ts";
import { timelineCommand } from "./timeline-options.ts";
import { watchCommand } from "./watch-options.ts";
import type { WatchOptions } from "./watch-options.ts";

/** A command as parsed: what to do, not yet done. */
type Invocation =
  | { readonly command: "doctor"; readonly options: DoctorOptions }
  | { readonly command: "reset"; readonly options: ResetOptions }
  | { readonly command: "watch"; readonly options: WatchOptions }
  | { readonly command: "explain"; readonly code: FindingCode | null }
  | { readonly command: "shell-init"; readonly shell: Shell }
  | { readonly command: "install-shim"; readonly options: InstallShimOptions }
  | { readonly command: "completion"; readonly shell: Shell }
  | ({ readonly command: "complete" } & CompleteRequest)
  /** Commander itself had something to say: help, the version or a usage error. */
  | { readonly command: "say"; readonly out: string; readonly err: string; readonly exitCode: number };

/**
 * The whole program.
 * @param argv the words after the program's name
 * @returns the exit code, see EXIT; nothing of what goes wrong is thrown
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await Promise.race([run(parse(argv, io), io), io.failure]);
  } catch (error) {
    // What fails because of Ctrl-C, as a connection that it ended, is no error of its own.
    if (error instanceof Interrupted || (error instanceof UserError && io.signal.aborted)) return EXIT.interrupted;
    // As ripgrep does: whoever runs `| head` has seen enough.
    if (error instanceof BrokenPipe) return EXIT.ok;
    const isUsers = error instanceof UserError;
    const told = isUsers ? describeUserError(error) : describeBug(error, isVerbose(argv, io), io);
    const text = printable(new Masker(argv.includes("--redact")).text(told));
    await io.stderr.write(text).catch(() => {});
    return isUsers ? EXIT.usage : EXIT.bug;
  }
}

async function run(invocation: Invocation, io: Io): Promise<number> {
  switch (invocation.command) {
    case "doctor":
      return await runDoctor(invocation.options, io);
    // What is not needed for a report is loaded when it is asked for: a small log should be read at once.
    case "reset":
      return await (await import("./reset.ts")).runReset(invocation.options, io);
    case "watch": {
      const { runWatch } = await import("./watch.ts");
      return await runWatch(invocation.options, io);
    }
    case "explain": {
      const { renderFindingList, renderFindingPage } = await import("./explain.ts");
      const width = io.stdout.columns ?? DEFAULT_WIDTH;
      await io.stdout.write(invocation.code ? renderFindingPage(invocation.code, width) : renderFindingList(width));
      return EXIT.ok;
    }
    case "shell-init":
      await io.stdout.write(shellInit(invocation.shell));
      return EXIT.ok;
    case "install-shim": {
      const { runInstallShim } = await import("./shim/install.ts");
      return await runInstallShim(invocation.options, io);
    }
    case "completion": {
      const { completionScript } = await import("./completion/scripts.ts");
      await io.stdout.write(completionScript(invocation.shell));
      return EXIT.ok;
    }
    case "complete": {
      const { complete } = await import("./completion/complete.ts");
      await io.stdout.write(await complete(invocation, io));
      return EXIT.ok;
    }
    case "say":
      await io.stdout.write(invocation.out);
      await io.stderr.write(invocation.err);
      return invocation.exitCode;
  }
}

/**
 * Understands the words and does nothing else.
 * @throws UserError for an option's value that makes no sense
 */
export function parse(argv: readonly string[], io: Io): Invocation {
  let invocation: Invocation | undefined;
  let out = "";
  let err = "";
  const program = new Command("clawdbot-sessions")
    .description("Find and free the sessions that a Clawdbot, Moltbot or OpenClaw gateway left without answers.")
    .version(io.tool.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help; `clawdbot-sessions <command> --help` says more")
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError("Try `clawdbot-sessions --help`.")
    .configureHelp({ helpWidth: Math.min(io.stdout.columns ?? DEFAULT_WIDTH, 100) })
    .configureOutput({
      writeOut: (text) => (out += text),
      writeErr: (text) => (err += text),
      outputError: (text, write) => write(printable(new Masker(argv.includes("--redact")).text(text))),
    })
    .addHelpText(
      "before",
      examples([
        ["clawdbot-sessions doctor", "this machine's gateway"],
        ["clawdbot-sessions doctor gateway.log", "a log file, also .gz"],
        ["clawdbot-sessions timeline gateway.log", "the same as a picture in text"],
        ["clawdbot-sessions reset main", "free a session, and prove it"],
        ["clawdbot-sessions watch", "tell when a session is blocked"],
        ["clawdbot-sessions explain run-orphaned", "what a finding means"],
      ]),
    )
    .addHelpText("after", '\n`clawdbot sessions doctor` works too, after: eval "$(clawdbot-sessions shell-init bash)"');

  program.addCommand(
    doctorCommand(inherit(program, new Command("doctor")), io, (options) => {
      invocation = { command: "doctor", options };
    }),
  );
  program.addCommand(
    // It reads, diagnoses and reports as doctor does; only the reporter is another.
    timelineCommand(inherit(program, new Command("timeline")), io, (options) => {
      invocation = { command: "doctor", options };
    }),
  );
  program.addCommand(
    resetCommand(inherit(program, new Command("reset")), (options) => {
      invocation = { command: "reset", options };
    }),
  );
  program.addCommand(
    watchCommand(inherit(program, new Command("watch")), io, (options) => {
      invocation = { command: "watch", options };
    }),
  );
  program.addCommand(
    inherit(program, new Command("explain"))
      .description("Say what a finding means, how it is known and what to do; without a code, list them.")
      .argument("[code]", "a finding's code, for example run-orphaned")
      .action((code: string | undefined) => {
        invocation = { command: "explain", code: code === undefined ? null : findingCode("explain", code) };
      }),
  );
  program.addCommand(
    inherit(program, new Command("shell-init"))
      .description("Print shell code that makes `clawdbot sessions doctor` run this program.")
      .addArgument(new Argument("<shell>", "your shell").choices(SHELLS))
      .addHelpText(
        "before",
        examples([
          [`eval "$(clawdbot-sessions shell-init bash)"`, "in ~/.bashrc"],
          [`eval "$(clawdbot-sessions shell-init zsh)"`, "in ~/.zshrc"],
          ["clawdbot-sessions shell-init fish | source", "in config.fish"],
        ]),
      )
      .action((shell: Shell) => {
        invocation = { command: "shell-init", shell };
      }),
  );
  program.addCommand(
    installShimCommand(inherit(program, new Command("install-shim")), (options) => {
      invocation = { command: "install-shim", options };
    }),
  );
  program.addCommand(
    inherit(program, new Command("completion"))
      .description("Print shell code that completes this program's words.")
      .addArgument(new Argument("<shell>", "your shell").choices(SHELLS))
      .addHelpText(
        "before",
        examples([
          [`eval "$(clawdbot-sessions completion bash)"`, "in ~/.bashrc"],
          [`eval "$(clawdbot-sessions completion zsh)"`, "in ~/.zshrc, after compinit"],
          ["clawdbot-sessions completion fish | source", "in config.fish"],
        ]),
      )
      .action((shell: Shell) => {
        invocation = { command: "completion", shell };
      }),
  );
  // What that shell code asks.
  program.addCommand(
    inherit(program, new Command("complete"))
      .argument("[words...]")
      .action((words: string[]) => {
        invocation = { command: "complete", program, words };
      }),
    { hidden: true },
  );

  try {
    program.parse(argv[0] === "sessions" ? argv.slice(1) : argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { command: "say", out, err, exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage };
  }
  return invocation ?? { command: "say", out, err, exitCode: EXIT.usage };
}

/** The program's own settings for a command of it; `addCommand` alone does not hand them down. */
function inherit(program: Command, command: Command): Command {
  return command.copyInheritedSettings(program).helpOption("-h, --help", "print this help");
}

function describeUserError(error: UserError): string {
  // One line, whatever a gateway or a file's name has put into it.
  return `error: ${error.message.replaceAll("\n", "\\x0a")}\n${error.help ?? ""}`;
}

function isVerbose(argv: readonly string[], io: Io): boolean {
  return Boolean(io.env["DEBUG"]) || argv.some((word) => word === "--verbose" || word === "-v");
}

function describeBug(error: unknown, verbose: boolean, io: Io): string {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error && error.stack !== undefined ? error.stack.split("\n") : [what];
  const lines = [
    `error: this is a bug of ${io.tool.name} ${io.tool.version}, not of your log: ${what}`,
    "No verdict was reached, so do not read this as good news. Please report it, with the line",
    verbose ? "above and the trace below." : "above and what --verbose prints below it.",
    ...(verbose ? stack : []),
  ];
  return lines.join("\n");
}

/** Text with lines of its own, as it may be shown on a terminal. */
function printable(text: string): string {
  return `${withoutCommands(text.trimEnd().split("\n").map(escapeTerminal).join("\n"))}\n`;
}
