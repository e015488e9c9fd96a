/** `install-shim`: writes, and removes, the scripts of `script.ts`. */
import { randomUUID } from "node:crypto";
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { UserError } from "../errors.ts";
import { escapeTerminal } from "../escape.ts";
import { EXIT } from "../exit-code.ts";
import type { Io } from "../io.ts";
import { OUR_PROGRAM } from "../our-program.ts";
import { writeError } from "../output-file.ts";
import { WRAPPED_COMMANDS, type WrappedCommand } from "../shell-init.ts";
import type { InstallShimOptions } from "./options.ts";
import { MARK, shimScript } from "./script.ts";

/** One thing to do to one file. */
interface Act {
  readonly command: WrappedCommand;
  readonly file: string;
  readonly kind: "write" | "keep" | "remove";
}

/**
 * Looks at every name before it touches one: all of it is done, or nothing.
 * @throws UserError where something stands that is not a shim of ours
 */
export async function runInstallShim(options: InstallShimOptions, io: Io): Promise<number> {
  if (process.platform === "win32") {
    throw new UserError("install-shim writes a script for a POSIX shell, which Windows has not", "Use it inside WSL.");
  }
  const folder = path.resolve(io.cwd, options.folder);
  assertFolder(folder, options.folder);
  const names = options.names.length > 0 ? options.names : defaultNames(folder, options, io);
  const acts = names.flatMap((command) => plan(command, folder, options));
  if (acts.length === 0) await io.stdout.write(`nothing to remove in ${escapeTerminal(folder)}\n`);
  for (const act of acts) {
    if (!options.dryRun) perform(act);
    await io.stdout.write(`${said(act, options.dryRun)} ${escapeTerminal(act.file)}\n`);
  }
  if (!options.remove) {
    const warnings = [...names.flatMap((command) => pathWarnings(command, folder, io)), ...npxWarning()];
    for (const line of warnings) await io.stderr.write(`${escapeTerminal(`warning: ${line}`)}\n`);
  }
  return EXIT.ok;
}

function assertFolder(folder: string, typed: string): void {
  // A variable that was not set, and not the current folder.
  if (typed === "") throw new UserError("the folder's name is empty");
  const facts = statSync(folder, { throwIfNoEntry: false });
  if (!facts) throw new UserError(`there is no folder ${typed}`, `Make it first: mkdir -p ${typed}`);
  if (!facts.isDirectory()) throw new UserError(`${typed} is not a folder`);
}

/** To install: the gateways' commands that are there. To remove: the shims that are there. */
function defaultNames(folder: string, { remove }: InstallShimOptions, io: Io): readonly WrappedCommand[] {
  if (remove) return WRAPPED_COMMANDS.filter((command) => isShim(path.join(folder, command)));
  const found = WRAPPED_COMMANDS.filter((command) => realCommands(command, io).length > 0);
  if (found.length === 0) {
    throw new UserError(
      `none of ${WRAPPED_COMMANDS.join(", ")} is on the PATH`,
      "Say which one this machine will have: --name openclaw",
    );
  }
  return found;
}

function plan(command: WrappedCommand, folder: string, { remove }: InstallShimOptions): Act[] {
  const file = path.join(folder, command);
  const there = lstatSync(file, { throwIfNoEntry: false });
  if (there && !isShim(file)) {
    throw new UserError(
      `${file} is not a shim of ours: it is ${described(file)}`,
      remove ? "It stays as it is." : "It stays as it is. Name another folder, one that comes before it on the PATH.",
    );
  }
  if (remove) return there ? [{ command, file, kind: "remove" }] : [];
  const isSame = there !== undefined && readFileSync(file, "utf8") === shimScript(command, OUR_PROGRAM);
  return [{ command, file, kind: isSame && isExecutable(file) ? "keep" : "write" }];
}

function perform({ command, file, kind }: Act): void {
  try {
    if (kind === "remove") rmSync(file);
    if (kind === "write") writeScript(file, shimScript(command, OUR_PROGRAM));
  } catch (error) {
    throw new UserError(`cannot ${kind} ${file}: ${writeError(error)}`);
  }
}

/** Whole or not at all: somebody may be calling it just now. */
function writeScript(file: string, text: string): void {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.tmp`);
  try {
    writeFileSync(temporary, text, { flag: "wx" });
    // Not by `mode`, from which the umask takes something away.
    chmodSync(temporary, 0o755);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function said({ kind }: Act, dryRun: boolean): string {
  if (kind === "keep") return "unchanged";
  if (dryRun) return kind === "write" ? "would write" : "would remove";
  return kind === "write" ? "wrote" : "removed";
}

/** A file of ours itself; a link to one was made by somebody else. */
function isShim(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() === true && hasMark(file);
}

function hasMark(file: string): boolean {
  return beginning(file)[1] === MARK;
}

/** The first lines of a file that may be a program of a hundred megabytes. */
function beginning(file: string): string[] {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const buffer = Buffer.alloc(512);
    return buffer.toString("utf8", 0, readSync(descriptor, buffer)).split("\n");
  } catch {
    return [];
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** What stands in the way, in a few words. */
function described(file: string): string {
  const facts = lstatSync(file);
  if (facts.isSymbolicLink()) return `a link to ${readlinkSync(file)}`;
  if (facts.isDirectory()) return "a folder";
  if (!facts.isFile()) return "no regular file";
  const [first = ""] = beginning(file);
  return first.startsWith("#!") ? `a script that begins with ${first.slice(0, 80)}` : `a file of ${facts.size} bytes`;
}

/** The folders of PATH in its order, absolute; an empty entry means the current one. */
function pathFolders(io: Io): string[] {
  return (io.env["PATH"] ?? "").split(":").map((entry) => path.resolve(io.cwd, entry));
}

/** The folders of PATH that hold the command itself and not a shim for it. */
function realCommands(command: string, io: Io): string[] {
  return pathFolders(io).filter((folder) => {
    const file = path.join(folder, command);
    return isExecutable(file) && !hasMark(file);
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** What would make the shim useless: another one is found first, or none is behind it. */
function pathWarnings(command: string, folder: string, io: Io): string[] {
  const real = realCommands(command, io);
  if (real.length === 0) {
    return [
      `no real ${command} is on the PATH yet: until it is, only \`${command} sessions doctor\` and the like work`,
    ];
  }
  if (folder.includes(":")) return [`${folder} has a colon in its name, so it cannot be on a PATH`];
  const folders = pathFolders(io);
  const own = folders.findIndex((it) => isSameFolder(it, folder));
  const first = folders.indexOf(real[0] ?? "");
  if (own === -1) return [`${folder} is not on the PATH: put it there, before ${real[0]}`];
  if (first < own) {
    return [`${folder} stands behind ${real[0]} on the PATH, so that ${command} is found first: put it before`];
  }
  return [];
}

function isSameFolder(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

/** npx keeps a package only for a while. */
function npxWarning(): string[] {
  return OUR_PROGRAM.file.split(path.sep).includes("_npx")
    ? ["this copy is in the cache of npx, which may remove it: npm install -g clawdbot-sessions"]
    : [];
}
