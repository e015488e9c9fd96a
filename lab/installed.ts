/**
 * What we install beside a gateway, on its real command line: the shim, the
 * plugin and the skill, from the package as npm would install it.
 *
 *   npm run lab:installed                   all versions
 *   npm run lab:installed -- 1.24-3 9.6     some of them
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { errorCode } from "../src/sources/fs.ts";
import { installGateway, type InstalledGateway } from "./install.ts";
import { layCommands, LOG, words } from "./shell-words.ts";
import { findGateway, GATEWAY_VERSIONS, gatewayName, type GatewayVersion } from "./versions.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const COMMAND = "sessions-doctor";
/** A gateway's command takes some seconds to load, a plugin's installation some more; on a busy machine minutes (ms). */
const PATIENCE_MS = 240_000;

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** One throwaway machine: a home, the gateway's command and ours on the PATH, and our package. */
interface Machine {
  readonly root: string;
  readonly installed: InstalledGateway;
  readonly ourPackage: string;
  /** Runs a line in sh; PATH begins with `first`. */
  run(line: string, first?: readonly string[]): Ran;
}

interface Trial {
  readonly name: string;
  readonly appliesTo: (version: GatewayVersion) => boolean;
  /** @returns a line for everything that went wrong */
  play(machine: Machine): string[];
}

const TRIALS: readonly Trial[] = [
  { name: "shim", appliesTo: () => true, play: tryShim },
  // 2026.1.24-3 loads the plugin, and has no such commands.
  { name: "plugin", appliesTo: ({ package: name }) => name === "openclaw", play: tryPlugin },
  { name: "skill", appliesTo: () => true, play: trySkill },
];

function tryShim(machine: Machine): string[] {
  const { version } = machine.installed;
  const command = version.package;
  const shims = join(machine.root, "shims");
  mkdirSync(shims);
  const made = machine.run(`clawdbot-sessions install-shim '${shims}'`, [shims]);
  if (made.stdout !== `wrote ${shims}/${command}\n` || made.stderr !== "") return [problem("install-shim", made)];
  const wrong = words(command, version.version).flatMap(({ line, isRight }) => {
    const result = machine.run(line, [shims, shims]);
    return isRight(result) ? [] : [problem(line, result)];
  });
  // As in a unit whose PATH knows nothing of us.
  const unit = machine.run(`env PATH=/usr/bin:/bin '${shims}/${command}' sessions explain run-lost`);
  if (unit.status !== 0 || !unit.stdout.startsWith("run-lost: ")) wrong.push(problem("without us on the PATH", unit));
  const removed = machine.run(`clawdbot-sessions install-shim --remove '${shims}' && ${command} --version`, [shims]);
  return removed.stdout.includes("removed ") && removed.stdout.includes(version.version)
    ? wrong
    : [...wrong, problem("--remove", removed)];
}

function tryPlugin(machine: Machine): string[] {
  const added = addPlugin(machine);
  if (added.status !== 0) return [problem("plugins install", added)];
  const { installed } = machine;
  const command = `${installed.version.package} ${COMMAND}`;
  const lines: readonly (readonly [string, (it: Ran) => boolean])[] = [
    [`${command} '${LOG}'`, (it) => it.status === 1 && it.stdout.startsWith("BLOCKED")],
    // All of stdout is the report, whatever else the gateway has to say.
    [`${command} '${LOG}' --json`, (it) => it.status === 1 && verdictOf(it) === "blocked"],
    [`cat '${LOG}' | ${command} - --json --fail-on never`, (it) => it.status === 0 && verdictOf(it) === "blocked"],
    [`${command} '${LOG}' --since banana`, (it) => it.status === 2 && it.stdout === "" && it.stderr.includes("banana")],
    [`${command} --help`, (it) => it.status === 0 && it.stdout.includes("clawdbot-sessions doctor")],
    [
      `${installed.version.package} --version`,
      (it) => it.status === 0 && it.stdout.includes(installed.version.version),
    ],
  ];
  return lines.flatMap(([line, isRight]) => {
    const result = machine.run(line);
    return isRight(result) ? [] : [problem(line, result)];
  });
}

/** 9.6 wants to be told that the source is trusted, and that what it asks for is granted. */
function addPlugin(machine: Machine): Ran {
  const { package: command, version } = machine.installed.version;
  const consent = version === "2026.9.6" ? "--force --accept-capabilities" : "";
  return machine.run(`${command} plugins install -l '${machine.ourPackage}' ${consent}`);
}

function trySkill(machine: Machine): string[] {
  const added = addPlugin(machine);
  if (added.status !== 0) return [problem("plugins install", added)];
  const command = machine.installed.version.package;
  // Some versions print what a machine asked for to stderr.
  const info = machine.run(`${command} skills info ${COMMAND} 2>&1`);
  const isReady = /ready/i.test(info.stdout) && info.stdout.includes("Read-only");
  const list = machine.run(`${command} skills list --json 2>&1`);
  const isEligible = /"name": "sessions-doctor",[^{}]*?"eligible": true/.test(list.stdout);
  return [...(isReady ? [] : [problem("skills info", info)]), ...(isEligible ? [] : [problem("skills list", list)])];
}

function verdictOf({ stdout }: Ran): unknown {
  try {
    return (JSON.parse(stdout) as { verdict?: unknown }).verdict;
  } catch {
    return undefined;
  }
}

function problem(line: string, { status, stdout, stderr }: Ran): string {
  return `${line}: exit ${status}, ${(stderr || stdout).slice(0, 300)}`;
}

/** Our package as docs/install.md has it installed: a copy, with its dependencies inside. */
async function installPackage(prefix: string): Promise<string> {
  const words = ["install", "--global", "--install-links", ROOT, "--prefix", prefix, "--ignore-scripts"];
  await execa("npm", [...words, "--no-audit", "--no-fund"], { cwd: prefix, stdin: "ignore" });
  const { name } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { name: string };
  return join(prefix, "lib", "node_modules", name);
}

function play(trial: Trial, installed: InstalledGateway, ourPackage: string): string[] {
  const root = mkdtempSync(join(tmpdir(), "sessions-lab-installed-"));
  try {
    const { version } = installed;
    const bin = layCommands(root, installed);
    const env = {
      HOME: join(root, "home"),
      LANG: "C.UTF-8",
      NO_COLOR: "1",
      [`${version.env}_STATE_DIR`]: join(root, "state"),
    };
    mkdirSync(env.HOME);
    const run = (line: string, first: readonly string[] = []): Ran => {
      const PATH = [...first, bin, "/usr/bin", "/bin"].join(":");
      const options = { cwd: root, env: { ...env, PATH }, encoding: "utf8", input: "", timeout: PATIENCE_MS } as const;
      const ran = spawnSync("sh", ["-c", line], options);
      if (errorCode(ran.error) !== "ETIMEDOUT") return ran;
      // Seen once in some hundred starts: `clawdbot --version` had printed its version and did not end.
      say(`       ${gatewayName(version)}: ${line} did not end in ${PATIENCE_MS / 1000} s; once more`);
      return spawnSync("sh", ["-c", line], options);
    };
    return trial.play({ root, installed, ourPackage, run });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function main(args: readonly string[]): Promise<number> {
  const versions = args.length === 0 ? GATEWAY_VERSIONS : args.map(known);
  const scratch = mkdtempSync(join(tmpdir(), "sessions-lab-package-"));
  let passed = 0;
  let failed = 0;
  try {
    const ourPackage = await installPackage(scratch);
    for (const version of versions) {
      const installed = await installGateway(version, say);
      for (const trial of TRIALS.filter((it) => it.appliesTo(version))) {
        const wrong = play(trial, installed, ourPackage);
        say(`${wrong.length === 0 ? "ok    " : "FAILED"} ${gatewayName(version)} ${trial.name}`);
        for (const line of wrong) say(`         ${line}`);
        if (wrong.length === 0) passed++;
        else failed++;
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function known(word: string): GatewayVersion {
  const found = findGateway(word);
  if (!found) throw new Error(`"${word}" is not known here; there is: ${GATEWAY_VERSIONS.map(gatewayName).join(", ")}`);
  return found;
}

function say(line: string): void {
  console.log(line);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
