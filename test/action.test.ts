/** The GitHub Action: what GitHub takes for one, and its script run by bash as the runner does. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { parseAction } from "@actions/workflow-parser/actions/action-parser";
import { NoOperationTraceWriter } from "@actions/workflow-parser/templates/trace-writer";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const TEXT = readFileSync(path.join(ROOT, "action.yml"), "utf8");

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: {
    readonly steps: readonly { readonly run: string; readonly shell: string; readonly env: Record<string, string> }[];
  };
}
const ACTION = parse(TEXT) as Action;
const [STEP] = ACTION.runs.steps;

function problems(content: string): readonly string[] {
  const { context } = parseAction({ name: "action.yml", content }, new NoOperationTraceWriter());
  return context.errors.getErrors().map(({ message }) => message);
}

describe("action.yml", () => {
  test("is what GitHub takes for an action", () => {
    expect(problems(TEXT)).toEqual([]);
    expect(problems(TEXT.replace("using: composite", "using: composit"))).not.toEqual([]);
    expect(problems(TEXT.replace("shell: bash", "shel: bash"))).not.toEqual([]);
  });

  test("gives no input to a shell but as a variable", () => {
    for (const { run, shell } of ACTION.runs.steps) {
      expect(shell).toBe("bash");
      expect(run).not.toContain("${{");
    }
  });

  test("uses every input, and has every output", () => {
    const used = Object.values(STEP?.env ?? {}).map((value) => /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value)?.[1]);
    expect(new Set(used)).toEqual(new Set(Object.keys(ACTION.inputs)));
    for (const [name, { value }] of Object.entries(ACTION.outputs)) {
      expect(value).toBe(`\${{ steps.doctor.outputs.${name} }}`);
    }
  });
});

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-"));
  for (const name of ["bin", "work", "temp"]) mkdirSync(path.join(folder, name));
  // npm's own words are npm's matter; what it would start is this program.
  writeFileSync(
    path.join(folder, "bin/npx"),
    `#!/bin/sh\nprintf '%s\\n' "$@" >"${folder}/words"\nshift 5\nexec "${process.execPath}" "${ROOT}bin/clawdbot-sessions.js" "$@"\n`,
  );
  chmodSync(path.join(folder, "bin/npx"), 0o755);
  copyFileSync(path.join(ROOT, "fixtures/issue-3245/console.log"), path.join(folder, "work/gateway.log"));
  copyFileSync(path.join(ROOT, "fixtures/ended-by-itself/console.log"), path.join(folder, "work/well.log"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** The words that npx was given; none if it was not called. */
  readonly words: readonly string[];
}

/** Runs the step as the runner does: the script in a file, `bash --noprofile --norc -eo pipefail`. */
function runAction(inputs: Readonly<Record<string, string>>, PATH = `${folder}/bin:${process.env["PATH"]}`): Outcome {
  const values = Object.entries(ACTION.inputs).map(([name, { default: value = "" }]) => [name, inputs[name] ?? value]);
  const given = Object.fromEntries(values) as Record<string, string>;
  const env: Record<string, string> = {
    PATH,
    TZ: "UTC",
    RUNNER_TEMP: path.join(folder, "temp"),
    GITHUB_ACTION_PATH: ROOT,
    GITHUB_OUTPUT: path.join(folder, "output"),
    GITHUB_STEP_SUMMARY: path.join(folder, "summary"),
  };
  for (const [name, value] of Object.entries(STEP?.env ?? {})) {
    env[name] = value.replace(/^\$\{\{ inputs\.([\w-]+) \}\}$/, (_, input: string) => given[input] ?? "");
  }
  for (const name of ["output", "summary"]) writeFileSync(path.join(folder, name), "");
  const script = path.join(folder, "script.sh");
  writeFileSync(script, STEP?.run ?? "");
  const { status, stdout, stderr } = spawnSync("/bin/bash", ["--noprofile", "--norc", "-eo", "pipefail", script], {
    encoding: "utf8",
    cwd: path.join(folder, "work"),
    env,
  });
  expect(stderr).toBe("");
  const words = path.join(folder, "words");
  const lines = readFileSync(path.join(folder, "output"), "utf8").split("\n").slice(0, -1);
  return {
    status,
    stdout,
    outputs: Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2))) as Record<string, string>,
    summary: readFileSync(path.join(folder, "summary"), "utf8"),
    words: existsSync(words) ? readFileSync(words, "utf8").split("\n").slice(0, -1) : [],
  };
}

describe("the step", () => {
  test("annotates, sums up, tells the verdict and fails", () => {
    const { status, stdout, outputs, summary, words } = runAction({ logs: "gateway.log" });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^::error file=gateway\.log,line=29,title=session-blocked::session main gets no answers/);
    expect(summary).toMatch(/^## clawdbot-sessions\n\n\*\*BLOCKED\*\* 1 of 2 sessions gets no answers: main/);
    const { report = "", ...rest } = outputs;
    expect(rest).toEqual({ verdict: "blocked", blocked: "1" });
    expect(JSON.parse(readFileSync(report, "utf8"))).toMatchObject({ schemaVersion: 1, verdict: "blocked" });
    const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(words.slice(0, 5)).toEqual([
      "--yes",
      "--package",
      `clawdbot-sessions@${version}`,
      "--",
      "clawdbot-sessions",
    ]);
  });

  test.each([
    [{ logs: "gateway.log", "fail-on": "never" }, 0, "blocked", "1"],
    [{ logs: "well.log" }, 0, "clean", "0"],
    [{ logs: "\n  well.log\r\n\n".replace("  ", "") }, 0, "clean", "0"],
    [{ logs: "*.log\nwell.log" }, 1, "blocked", "1"],
    [
      { logs: "gateway.log", args: "--until=2026-11-23T07:38:20Z\n--session=main", "fail-on": "never" },
      0,
      undefined,
      undefined,
    ],
  ])("%j exits with %i", (inputs, code, verdict, blocked) => {
    const { status, outputs } = runAction(inputs);
    expect(status).toBe(code);
    if (verdict !== undefined) expect(outputs).toMatchObject({ verdict, blocked });
  });

  test("fails where the log cannot tell, unless that is allowed", () => {
    writeFileSync(path.join(folder, "work/info.log"), "2026-01-28T08:23:20.101Z [gateway] hello\n");
    const told = ["false", "true"].map((allow) => runAction({ logs: "info.log", "allow-inconclusive": allow }));
    expect(told.map(({ status }) => status)).toEqual([3, 0]);
    expect(told.map(({ outputs }) => outputs["verdict"])).toEqual(["inconclusive", "inconclusive"]);
  });

  test("can be told to print text and to write no summary", () => {
    const { stdout, summary } = runAction({ logs: "gateway.log", annotations: "false", summary: "false" });
    expect(stdout).toMatch(/^BLOCKED {2}1 of 2 sessions/);
    expect(summary).toBe("");
  });

  test("says what is wrong where no report was made", () => {
    const { status, stdout, outputs, summary } = runAction({ logs: "none.log" });
    expect({ status, outputs, summary }).toEqual({ status: 2, outputs: {}, summary: "" });
    expect(stdout).toMatch(
      /::stop-commands::(\S+)\nerror: no such file: none\.log\n[^]*::\1::\n::error [^]*exit code 2/,
    );
  });

  test("says so where Node is missing", () => {
    const only = path.join(folder, "only");
    mkdirSync(only);
    const { status, stdout } = runAction({ logs: "gateway.log" }, only);
    expect({ status, stdout }).toMatchObject({ status: 2, stdout: expect.stringContaining("Node.js is missing") });
  });
});

describe("hostile inputs do nothing but what they say", () => {
  const EVIL = [
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    '" && touch pwned && "',
    "' ; touch pwned ; '",
    "${IFS}touch${IFS}pwned",
    "-- --output=pwned",
    "--output=pwned",
    "-v",
    "*",
    "a b",
    "\\",
    "!!",
    "::error::fake",
    "x\rverdict=clean",
  ];

  test("as names of logs, one a line", () => {
    const { status, stdout, outputs, words } = runAction({ logs: EVIL.join("\n") });
    // One of them is a glob, so there is a report; the others are words that no shell looked at.
    expect(words.slice(words.lastIndexOf("--") + 1)).toEqual(EVIL);
    expect(readdirSync(path.join(folder, "work")).toSorted()).toEqual(["gateway.log", "well.log"]);
    expect({ status, verdict: outputs["verdict"] }).toEqual({ status: 1, verdict: "blocked" });
    const [ours = "", quoted = "", after] = stdout.split(/^::(?:stop-commands::)?[\da-f-]{36}(?:::)?$/m);
    // Two of the log, then one for each file that is not there, up to where GitHub shows no more.
    const commands = ours.match(/^::.*?[ :]/gm) ?? [];
    expect(commands.slice(0, 2)).toEqual(["::error ", "::error "]);
    expect(new Set(commands.slice(2))).toEqual(new Set(["::warning ", "::notice "]));
    expect(ours).not.toMatch(/^::error::fake/m);
    expect(quoted).toContain("warning: no such file: ::error::fake");
    expect(after).toBe("\n");
  });

  test.each(EVIL.slice(0, 5))("as fail-on: %j", (value) => {
    const { status, outputs } = runAction({ logs: "gateway.log", "fail-on": value });
    expect({ status, outputs }).toEqual({ status: 2, outputs: {} });
    expect(existsSync(path.join(folder, "work/pwned"))).toBe(false);
  });

  test.each([
    ...EVIL.filter((value) => value !== "-v"),
    "-v",
    "npm:evil",
    "file:../evil",
    "1.0.0 evil",
    "evil@1",
    "git+https://x/y",
  ])("as version: %j", (version) => {
    const { status, stdout, words } = runAction({ logs: "gateway.log", version });
    expect({ status, words }).toEqual({ status: 2, words: [] });
    expect(stdout).toContain("no version of an npm package");
  });

  test("as a switch", () => {
    const evil = "$(touch pwned)";
    const switches = { "allow-inconclusive": evil, annotations: evil, summary: evil };
    const { status, outputs } = runAction({ logs: "gateway.log", ...switches });
    expect({ status, verdict: outputs["verdict"] }).toEqual({ status: 1, verdict: "blocked" });
    expect(existsSync(path.join(folder, "work/pwned"))).toBe(false);
  });
});
