import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";

import { examples } from "../help.ts";
import { WRAPPED_COMMANDS } from "../shell-init.ts";
import type { WrappedCommand } from "../shell-init.ts";

/** What `clawdbot-sessions install-shim …` asks for. */
export interface InstallShimOptions {
  /** As typed. */
  readonly folder: string;
  /** Empty: those that are there. */
  readonly names: readonly WrappedCommand[];
  readonly remove: boolean;
  readonly dryRun: boolean;
}

interface RawInstallShimOptions {
  name?: WrappedCommand[];
  remove?: true;
  dryRun?: true;
}

/** Adds the options and words of `install-shim` to a command, and tells what they ask for once they are parsed. */
export function installShimCommand(command: Command, found: (options: InstallShimOptions) => void): Command {
  return command
    .description("Write a script that makes `clawdbot sessions doctor` run this program, for services, CI and agents.")
    .argument("<dir>", "a folder that comes before the real command's on the PATH")
    .addOption(
      new Option("--name <command>", "stand in for this one (may be repeated; default: those on the PATH)")
        .choices(WRAPPED_COMMANDS)
        .argParser((text, before: readonly WrappedCommand[] | undefined) => [...(before ?? []), wrappedCommand(text)]),
    )
    .option("--remove", "remove the scripts again, and nothing else")
    .option("--dry-run", "only say what would be done")
    .addHelpText(
      "before",
      examples([
        ["clawdbot-sessions install-shim /opt/shims", "then put /opt/shims first on the service's PATH"],
        ["clawdbot-sessions install-shim --remove /opt/shims", "undo it"],
      ]),
    )
    .action((folder: string, { name = [], remove, dryRun }: RawInstallShimOptions) =>
      found({ folder, names: [...new Set(name)], remove: remove ?? false, dryRun: dryRun ?? false }),
    );
}

function wrappedCommand(text: string): WrappedCommand {
  const command = WRAPPED_COMMANDS.find((it) => it === text);
  if (!command) throw new InvalidArgumentError(`Allowed choices are ${WRAPPED_COMMANDS.join(", ")}.`);
  return command;
}
