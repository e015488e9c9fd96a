/** docs/ci.md: every recipe is run, over a log with a blocked session and one without. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";

import { NoOperationTraceWriter } from "@actions/workflow-parser/templates/trace-writer";
import { parseWorkflow } from "@actions/workflow-parser/workflows/workflow-parser";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import { parse } from "yaml";

import { FIXTURES, fixtureText } from "../helpers/fixtures.ts";
import { everyForm } from "../helpers/forms.ts";
import { blocksOf } from "./blocks.ts";

const ROOT = path.join(FIXTURES, "..");
const BLOCKS = blocksOf("ci.md");

type World = "blocked" | "clean";

/** What the other commands print: recorded where the real ones could be run, made from the gateway's file where not. */
function printed(world: World): Readonly<Record<"docker" | "journalctl" | "clawdbot", Uint8Array>> {
  const fixture = world === "blocked" ? "issue-3245" : "ended-by-itself";
  const forms = everyForm(fixtureText(fixture, "gateway.jsonl"));
  const form = (name: string): Uint8Array => {
    const found = forms.find((it) => it.name === name);
    if (!found) throw new Error(`no form ${name}`);
    return found.bytes;
  };
  const recorded = (name: string): Uint8Array => gunzipSync(readFileSync(path.join(FIXTURES, name)));
  return {
    docker: form("docker-compose"),
    journalctl: world === "blocked" ? recorded("journald/plain.json.gz") : form("journald-json"),
    clawdbot: world === "blocked" ? recorded("logs-cli/clawdbot-2026.1.24-3/logs.json.gz") : form("logs-json"),
  };
}

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-"));
  for (const name of ["bin", "work", "home", "tmp"]) mkdirSync(path.join(folder, name));
  const tool = `exec "${process.execPath}" "${ROOT}/bin/clawdbot-sessions.js" "$@"`;
  command("clawdbot-sessions", tool);
  command("npx", `[ "$1 $2" = "--yes clawdbot-sessions" ] || exit 99; shift 2; ${tool}`);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function command(name: string, script: string, where = "bin"): void {
  const file = path.join(folder, where, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

function enter(world: World): void {
  const log = path.join(FIXTURES, world === "blocked" ? "issue-3245" : "ended-by-itself", "console.log");
  copyFileSync(log, path.join(folder, "work/gateway.log"));
  copyFileSync(log, path.join(folder, "tmp/gateway.log"));
  command("deploy.sh", "touch deployed", "work");
  for (const [name, bytes] of Object.entries(printed(world))) {
    writeFileSync(path.join(folder, name), bytes);
    command(name, `cat "${folder}/${name}"`);
  }
}

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(code: string, shell: readonly [string, ...string[]] = ["bash", "--norc", "-eo", "pipefail", "-c"]): Outcome {
  const [program, ...words] = shell;
  const { status, stdout, stderr } = spawnSync(program, [...words, code], {
    encoding: "utf8",
    cwd: path.join(folder, "work"),
    env: {
      PATH: `${folder}/bin:/usr/bin:/bin`,
      HOME: path.join(folder, "home"),
      TZ: "UTC",
      GITHUB_STEP_SUMMARY: path.join(folder, "home/summary"),
    },
  });
  return { status, stdout, stderr };
}

const worlds = (code: string): readonly (readonly [World, number])[] =>
  [...code.matchAll(/(blocked|clean) (\d)/g)].map(([, world, status]) => [world as World, Number(status)] as const);

describe("a shell block", () => {
  const cases = BLOCKS.filter(({ language }) => language === "sh").flatMap(({ test, heading, code }) =>
    worlds(test ?? "").map(([world, status]) => ({ heading, code, world, status })),
  );

  test("is run, each of them in both worlds", () => {
    const blocks = BLOCKS.filter(({ language }) => language === "sh");
    expect(blocks.length).toBeGreaterThan(5);
    expect(cases).toHaveLength(2 * blocks.length);
    // Every block has a comment that says how it is run.
    expect(BLOCKS.filter((block) => block.test === undefined)).toEqual([]);
  });

  test.each(cases)("of $heading ends with $status where the log is $world", ({ heading, code, world, status }) => {
    enter(world);
    const outcome = run(code);
    expect(outcome).toMatchObject({ status });
    if (heading === "Before a deploy") {
      expect(existsSync(path.join(folder, "work/deployed"))).toBe(status === 0);
      if (status === 1) expect(outcome.stderr).toContain("not deployed: sessions get no answers");
    } else {
      expect(outcome.stdout).toMatch(world === "blocked" ? /BLOCKED/ : /CLEAN/);
    }
  });

  test("of GitHub writes the job summary, and fails as the doctor does", () => {
    enter("blocked");
    const { code } = cases.find(({ heading }) => heading === "GitHub Actions") ?? { code: "" };
    expect(run(code).stdout).toMatch(/^::error file=gateway\.log,line=29/);
    expect(readFileSync(path.join(folder, "home/summary"), "utf8")).toContain("**BLOCKED** 1 of 2 sessions");
  });

  test("before a deploy does not deploy where the log cannot tell, or is not there", () => {
    enter("clean");
    const { code } = cases.find(({ heading }) => heading === "Before a deploy") ?? { code: "" };
    writeFileSync(path.join(folder, "work/gateway.log"), "2026-01-28T08:23:20.101Z [gateway] hello\n");
    expect(run(code)).toMatchObject({ status: 1, stderr: expect.stringContaining("the log cannot tell") });
    rmSync(path.join(folder, "work/gateway.log"));
    expect(run(code)).toMatchObject({ status: 1, stderr: expect.stringContaining("no report was made") });
    expect(existsSync(path.join(folder, "work/deployed"))).toBe(false);
    enter("clean");
    command("deploy.sh", "exit 1", "work");
    // That a deploy failed is no word about sessions.
    expect(run(code)).toMatchObject({ status: 1, stderr: "" });
  });
});

describe("the workflow for GitHub", () => {
  const block = BLOCKS.find((it) => it.test === "workflow");
  const content = block?.code ?? "";
  interface Step {
    readonly uses?: string;
    readonly run?: string;
    readonly id?: string;
    readonly with?: Readonly<Record<string, string>>;
  }
  const { steps } = (parse(content) as { jobs: { talk: { steps: readonly Step[] } } }).jobs.talk;
  const action = parse(readFileSync(path.join(ROOT, "action.yml"), "utf8")) as Readonly<
    Record<"inputs" | "outputs", Readonly<Record<string, { readonly default?: string }>>>
  >;

  test("is what GitHub takes for one", () => {
    const problems = (text: string): readonly string[] =>
      parseWorkflow({ name: "gateway.yml", content: text }, new NoOperationTraceWriter())
        .context.errors.getErrors()
        .map(({ message }) => message);
    expect(problems(content)).toEqual([]);
    expect(problems(content.replace("runs-on", "run-on"))).not.toEqual([]);
  });

  test("gives the action only inputs that it has, and asks for outputs that it has", () => {
    const ours = steps.find(({ uses }) => uses?.includes("clawdbot-sessions@"));
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(ours?.with ?? {})));
    const asked = [...content.matchAll(/steps\.(\w+)\.outputs\.(\w+)/g)];
    expect(asked.length).toBeGreaterThan(0);
    for (const [, id, output] of asked) {
      expect(id).toBe(ours?.id);
      expect(Object.keys(action.outputs)).toContain(output);
    }
    for (const { run: script } of steps) expect(script ?? "").not.toContain("${{");
  });

  test("stands beside a table of all inputs, with their defaults, and of all outputs", () => {
    const doc = readFileSync(path.join(ROOT, "docs/ci.md"), "utf8");
    const [inputs = "", outputs = ""] = ["input", "output"].map(
      (what) => new RegExp(`^\\| ${what} \\|[^]*?\\n\\n`, "m").exec(doc)?.[0] ?? "",
    );
    const rows = (table: string): readonly (readonly string[])[] =>
      table
        .trim()
        .split("\n")
        .slice(2)
        .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")));
    const told = Object.entries(action.inputs).map(([name, it]) => [name, name === "version" ? "the action's own" : (it.default ?? "")]);
    expect(rows(inputs).map(([name, value]) => [name, value])).toEqual(told);
    expect(rows(outputs).map(([name]) => name)).toEqual(Object.keys(action.outputs));
  });
});

describe("the job for GitLab", () => {
  const block = BLOCKS.find((it) => it.test === "gitlab");
  const { sessions } = parse(block?.code ?? "") as {
    sessions: { script: readonly string[]; artifacts: { when: string; reports: { junit: string } } };
  };

  test.each([
    ["blocked", 1, 2],
    ["clean", 0, 0],
  ] as const)("where the log is %s ends with %i and a test report", async (world, status, failures) => {
    enter(world);
    expect(run(sessions.script.join("\n"))).toMatchObject({ status });
    const contents = readFileSync(path.join(folder, "work", sessions.artifacts.reports.junit), "utf8");
    const schema = readFileSync(new URL("../schemas/jenkins-junit.xsd", import.meta.url), "utf8");
    const { errors } = await validateXML({ xml: { fileName: "report.xml", contents }, schema });
    expect(errors).toEqual([]);
    expect(contents).toMatch(new RegExp(`<testsuites name="clawdbot-sessions" tests="\\d+" failures="${failures}"`));
  });
});

describe("cron", () => {
  /** As cron does: the words after the five fields, by sh. It would take a % for the end of the command. */
  const commands = BLOCKS.filter((it) => it.test === "cron").map(({ code }) => {
    const [, line = ""] = /^(?:\S+ ){5}(.*)$/.exec(code) ?? [];
    expect(line).not.toMatch(/%/);
    return line;
  });
  const tick = (line: string): Outcome => run(line.replace("/tmp/clawdbot", `${folder}/tmp`), ["/bin/sh", "-c"]);

  test("says something only where a session is blocked, or nothing could be read", () => {
    const [mail = ""] = commands;
    enter("clean");
    expect(tick(mail)).toEqual({ status: 0, stdout: "", stderr: "" });
    enter("blocked");
    expect(tick(mail)).toMatchObject({ stderr: "", stdout: expect.stringMatching(/^BLOCKED {2}1 of 2 sessions/) });
    rmSync(path.join(folder, "tmp"), { recursive: true });
    expect(tick(mail)).toMatchObject({ stderr: "", stdout: expect.stringMatching(/^error: no such file/) });
  });

  test("keeps the last report", () => {
    const [, keep = ""] = commands;
    enter("blocked");
    expect(tick(keep)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(JSON.parse(readFileSync(path.join(folder, "home/sessions.json"), "utf8"))).toMatchObject({ verdict: "blocked" });
  });
});
