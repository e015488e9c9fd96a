/** The plugin as a gateway loads it: the built file, in a process of its own. What real gateways make of it, the lab shows. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import plugin from "../src/plugin.ts";

// They start programs, one after the other, on machines that are busy.
vi.setConfig({ testTimeout: 60_000 });

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const LOG = path.join(ROOT, "fixtures/issue-3245/console.log");
const COMMAND = "sessions-doctor";

interface Manifest {
  readonly id: string;
  readonly skills: readonly string[];
  readonly configSchema: object;
  readonly cliCommands?: readonly { readonly name: string; readonly description: string }[];
}

const read = (name: string): string => readFileSync(path.join(ROOT, name), "utf8");
const manifest = JSON.parse(read("package.json")) as {
  readonly name: string;
  readonly files: readonly string[];
  readonly openclaw: { readonly extensions: readonly string[] };
  readonly clawdbot: { readonly extensions: readonly string[] };
};

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function runModule(code: string, input = "") {
  const file = path.join(folder, "run.mjs");
  writeFileSync(file, code);
  const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: "utf8", input, env: {} });
  return { stdout, stderr, status };
}

/** A host as the gateways are one: commander, with settings of its own. */
function throughHost(words: readonly string[], input = "") {
  return runModule(
    `import { Command } from ${JSON.stringify(pathToFileURL(path.join(ROOT, "node_modules/commander/esm.mjs")).href)};
     import plugin from ${JSON.stringify(pathToFileURL(path.join(ROOT, "dist/plugin.js")).href)};
     const program = new Command("openclaw").option("--profile <name>").enablePositionalOptions();
     plugin.register({ registerCli: (registrar) => registrar({ program }) });
     await program.parseAsync(${JSON.stringify([COMMAND, ...words])}, { from: "user" });`,
    input,
  );
}

describe("registering", () => {
  test("loads nothing else, prints nothing and leaves nothing open, however often", () => {
    // Alone in its folder: it could not import another module of ours.
    copyFileSync(path.join(ROOT, "dist/plugin.js"), path.join(folder, "plugin.mjs"));
    const result = runModule(
      `const state = () => String([process.listenerCount("SIGINT"), process.listenerCount("uncaughtException"),
         process.exitCode, process.getActiveResourcesInfo().filter((it) => !["PipeWrap", "CloseReq"].includes(it))]);
       const before = state();
       const { default: plugin } = await import("./plugin.mjs");
       const named = [];
       const program = new Proxy({}, { get: (_, key) => (...words) => (named.push([key, words[0]]), program) });
       for (let i = 0; i < 3; i++) plugin.register({ registerCli: (registrar) => registrar({ program }) });
       if (state() !== before) throw new Error(before + " became " + state());
       if (named.filter(([key]) => key === "command").length !== 3) throw new Error(JSON.stringify(named));`,
    );
    expect(result).toEqual({ stdout: "", stderr: "", status: 0 });
  });

  test("names the command in both ways that gateways ask for", () => {
    const asked: unknown[] = [];
    plugin.register({ registerCli: (_, options) => void asked.push(options) });
    expect(asked).toEqual([
      {
        commands: [COMMAND],
        descriptors: [{ name: COMMAND, description: plugin.description, hasSubcommands: false }],
      },
    ]);
  });
});

test("nothing in the package makes a gateway refuse it", () => {
  // What 2026.3.31, 4.15 and 5.28 look for in every file of a plugin before they install it (docs/gateways.md).
  const refused = [
    (text: string) => /child_process/.test(text) && /\b(?:exec|spawn|execFile)(?:Sync)?\s*\(/.test(text),
    (text: string) => /\beval\s*\(|new\s+Function\s*\(/.test(text),
    (text: string) => /process\.env/.test(text) && /\bfetch\s*\(|\bpost\s*\(|http\.request\s*\(/i.test(text),
  ];
  const files = ["bin", "dist"].flatMap((name) =>
    readdirSync(path.join(ROOT, name), { recursive: true, encoding: "utf8" }).map((file) => path.join(name, file)),
  );
  const scripts = files.filter((file) => file.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(10);
  expect(scripts.filter((file) => refused.some((rule) => rule(read(file))))).toEqual([]);
});

describe("the command", () => {
  test("passes the verdict and the exit code through", () => {
    const { stdout, stderr, status } = throughHost([LOG, "--json"]);
    expect({ verdict: (JSON.parse(stdout) as { verdict: string }).verdict, stderr, status }).toEqual({
      verdict: "blocked",
      stderr: "",
      status: 1,
    });
    expect(throughHost([LOG, "--quiet", "--fail-on", "never"])).toMatchObject({ stderr: "", status: 0 });
  });

  test("reads stdin, and its options and errors are ours", () => {
    expect(throughHost(["-", "-q"], readFileSync(LOG, "utf8")).stdout).toMatch(/^BLOCKED {2}1 of 2 sessions/);
    expect(throughHost([LOG, "--since", "banana"])).toMatchObject({ stdout: "", status: 2 });
    expect(throughHost(["--help"]).stdout).toContain("clawdbot-sessions doctor");
  });
});

describe.each(["openclaw", "clawdbot"] as const)("the manifest for %s", (product) => {
  const it = JSON.parse(read(`${product}.plugin.json`)) as Manifest;

  test("is what the package holds", () => {
    expect(it.id).toBe(plugin.id);
    // Gateways warn where the two differ.
    expect(it.id).toBe(manifest.name);
    expect(manifest[product].extensions).toEqual(["./dist/plugin.js"]);
    expect(manifest.files).toEqual(expect.arrayContaining([`${product}.plugin.json`, "dist", "skills"]));
    expect(it.skills.map((skill) => path.posix.join(skill, COMMAND, "SKILL.md"))).toEqual([
      `skills/${COMMAND}/SKILL.md`,
    ]);
    expect(it.configSchema).toEqual({ type: "object", additionalProperties: false, properties: {} });
  });
});

test("the manifest for openclaw names the command, clawdbot's does not: that version has no such commands", () => {
  const commands = (product: string) => (JSON.parse(read(`${product}.plugin.json`)) as Manifest).cliCommands;
  expect(commands("openclaw")).toEqual([{ name: COMMAND, description: plugin.description, hasSubcommands: false }]);
  expect(commands("clawdbot")).toBeUndefined();
});

describe("the skill", () => {
  const text = read(`skills/${COMMAND}/SKILL.md`);
  const [, front = "", body = ""] = /^---\n([\s\S]+?)\n---\n([\s\S]+)$/.exec(text) ?? [];

  test("has one line for each key, as the gateways' parser wants it", () => {
    expect(front.split("\n").map((line) => line.split(":", 1)[0])).toEqual(["name", "description", "metadata"]);
    const metadata = JSON.parse(/^metadata: (.+)$/m.exec(front)?.[1] ?? "") as Record<string, object>;
    expect(Object.keys(metadata)).toEqual(["openclaw", "clawdbot"]);
  });

  test("lets the agent run nothing that changes anything", () => {
    const commands = [...body.matchAll(/```bash\n([\s\S]+?)```/g)].map(([, code]) => code?.trim());
    expect(commands).toEqual(["clawdbot-sessions doctor --json"]);
    expect(body).toContain("Do not run `clawdbot-sessions reset`");
  });
});
