/** What may come next on the command line; the scripts of `scripts.ts` ask for it. */
import { type Argument, type Option, RootCommand } from "@bomb.sh/tab";
import type { Command as Program } from "commander";

import { quoteShell } from "../escape.ts";
import { FINDING_PAGES } from "../explain.ts";
import type { Io } from "../io.ts";
import { FINDING_CODES } from "../model.ts";
import { maskSecrets } from "../secrets.ts";
import { knownSessionKeys } from "./session-keys.ts";

export interface CompleteRequest {
  /** The program as commander knows it: the one list of its words. */
  readonly program: Program;
  /** The words after the program's name up to the cursor; the last is what is being typed, perhaps empty. */
  readonly words: readonly string[];
}

type Fill = (this: Option | Argument, add: (value: string, says: string) => void) => void;

/** The last line of an answer: whether the shell may offer file names where there are no candidates. */
const FILES = ":files";
const NO_FILES = ":none";

/**
 * A line for every word that could stand where the cursor is, with what it
 * means behind a tab, and a last line that says whether files could.
 */
export async function complete({ program, words }: CompleteRequest, io: Io): Promise<string> {
  const last = words.at(-1) ?? "";
  let files = false;
  const fillers: Record<string, Fill> = {
    file: () => void (files = true),
    finding: (add) => {
      for (const code of FINDING_CODES) add(code, FINDING_PAGES[code].title);
    },
    session: (add) => {
      for (const key of keys) add(key, "");
    },
  };
  const keys = words.length > 1 ? (await knownSessionKeys(io)).filter(isOffered) : [];
  const root = describe(program, fillers);
  // It prints what it found, and its types call the method private; we want to have it back.
  Object.assign(root, { complete: () => {} });
  root.parse([...words]);
  // Of `--format=js` the library completes what stands behind the sign.
  const flag = /^--[\w-]+=/.exec(last)?.[0] ?? "";
  const lines = root.completions
    .map(({ value, description }) => ({ word: `${flag}${value}`, says: description ?? "" }))
    .filter(({ word }) => word.startsWith(last))
    .map(({ word, says }) => `${word}\t${says.replaceAll(/\s+/g, " ")}`);
  return [...new Set(lines), files ? FILES : NO_FILES, ""].join("\n");
}

/**
 * A key is whatever a stranger named a room, and shells put a candidate on the command line as it
 * stands: one that is not itself there, or could pass for an option, is not offered. Names are what
 * a person completes on a terminal of their own; a secret must not come up there by a key press.
 */
function isOffered(key: string): boolean {
  return quoteShell(key) === key && maskSecrets(key, () => "") === key;
}

/** What the values of an argument or option are, by its name; of all others nothing is known. */
const VALUES: Readonly<Record<string, string>> = {
  logs: "file",
  output: "file",
  dir: "file",
  "state-dir": "file",
  "token-file": "file",
  "password-file": "file",
  code: "finding",
  only: "finding",
  skip: "finding",
  ids: "session",
  session: "session",
};

/** The library's own adapter for commander adds commands to the program, and knows no files and no sessions. */
function describe(program: Program, fillers: Readonly<Record<string, Fill>>): RootCommand {
  const root = new RootCommand();
  const help = program.createHelp();
  const fill = (name: string, choices: readonly string[] | undefined): Fill => {
    if (choices) {
      return (add) => {
        for (const choice of choices) add(choice, "");
      };
    }
    return fillers[VALUES[name] ?? ""] ?? (() => {});
  };
  const addOptions = (from: Program, to: Pick<RootCommand, "option">): void => {
    for (const { long, short, description, required, optional, argChoices } of help.visibleOptions(from)) {
      const name = long?.replace(/^--/, "");
      if (name === undefined) continue;
      const alias = short?.replace(/^-/, "");
      if (required || optional) to.option(name, description, fill(name, argChoices), alias);
      else to.option(name, description, alias);
    }
  };
  addOptions(program, root);
  for (const command of help.visibleCommands(program)) {
    const described = root.command(command.name(), command.description());
    addOptions(command, described);
    for (const argument of command.registeredArguments) {
      described.argument(argument.name(), fill(argument.name(), argument.argChoices), argument.variadic);
    }
  }
  return root;
}
