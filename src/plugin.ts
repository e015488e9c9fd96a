/**
 * The entry that OpenClaw loads as a plugin: it adds the top-level command
 * `sessions-doctor`, and nothing else. A plugin cannot add a word under
 * `sessions`, for the gateway's own command takes them all.
 *
 * Gateways load and register a plugin when they like, some of them several
 * times and for every command. So neither the import nor `register` does
 * anything but name the command; the program is loaded when it is typed. It
 * runs in the gateway's CLI and not beside it, because some versions refuse a
 * plugin that starts programs.
 */

const COMMAND = "sessions-doctor";
const DESCRIPTION = "Say which sessions get no answers, since when and why";

/** What is used of commander's Command, which the gateway brings along in a version of its own. */
interface HostCommand {
  command(name: string): HostCommand;
  description(text: string): HostCommand;
  argument(name: string, description: string): HostCommand;
  allowUnknownOption(): HostCommand;
  helpOption(flags: false): HostCommand;
  action(run: (words: string[]) => Promise<void>): HostCommand;
}

/** What is used of the plugin API; the same in every version that was seen (docs/gateways.md). */
interface PluginApi {
  registerCli(
    registrar: (context: { readonly program: HostCommand }) => void,
    options: {
      readonly commands: readonly string[];
      /** What later versions show in `--help` without calling the registrar. */
      readonly descriptors: readonly {
        readonly name: string;
        readonly description: string;
        readonly hasSubcommands: boolean;
      }[];
    },
  ): void;
}

/** @public the gateway imports it, from dist/ */
export default {
  id: "clawdbot-sessions",
  name: "Sessions doctor",
  description: DESCRIPTION,
  register(api: PluginApi): void {
    api.registerCli(
      ({ program }) => {
        program
          .command(COMMAND)
          .description(DESCRIPTION)
          .argument("[words...]", "as for `clawdbot-sessions doctor`")
          // Ours to understand, also --help.
          .allowUnknownOption()
          .helpOption(false)
          .action(async (words) => await runDoctor(words));
      },
      { commands: [COMMAND], descriptors: [{ name: COMMAND, description: DESCRIPTION, hasSubcommands: false }] },
    );
  },
};

async function runDoctor(words: readonly string[]): Promise<void> {
  const { main, nodeIo } = await import("./program.ts");
  process.exitCode = await main(["doctor", ...words], nodeIo());
  // As in bin/: what was interrupted may go on in the background.
  if (process.exitCode === 130 || process.exitCode === 70) process.exit();
}
