import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import { main } from "../../src/cli.ts";
import { completionScript } from "../../src/completion/scripts.ts";
import { FINDING_CODES } from "../../src/model.ts";
import { SHELLS } from "../../src/shell-init.ts";
import type { Shell } from "../../src/shell-init.ts";
import { fakeIo } from "../cli/fake-io.ts";
import { hasShell } from "../cli/through-shell.ts";

const BIN = fileURLToPath(new URL("../../bin/clawdbot-sessions.js", import.meta.url));
const LONGEST = 60_000;
// Every Tab starts the program once.
vi.setConfig({ testTimeout: LONGEST });

/** `script` as Linux has it; that of macOS and BSD takes other words. */
const hasTerminal = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;

/** Keys as strangers can make them; only the first two are offered: they are harmless on a command line and no secret. */
const KEYS = [
  "agent:main:main",
  "agent:main:wa:123@s.whatsapp.net",
  "agent:main:$(touch hacked)",
  "agent:main:`touch hacked`",
  "agent:main:a b",
  "agent:main:a\ttab",
  "agent:main:a\n:files",
  "agent:main:;touch hacked",
  "--all-blocked",
  // Put together here, so that no scanner takes this file for a leak.
  `agent:main:${["sk", "ant"].join("-")}-0a1b2c3d4e5f6g7h8i9j`,
  "agent:main:token=hunter2",
  "=ls",
  "~root",
  "%self",
];

let home = "";
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-"));
  const sessions = path.join(home, ".clawdbot/agents/main/sessions");
  mkdirSync(sessions, { recursive: true });
  writeFileSync(path.join(sessions, "sessions.json"), JSON.stringify(Object.fromEntries(KEYS.map((it) => [it, {}]))));
  mkdirSync(path.join(home, ".openclaw/agents/main/sessions"), { recursive: true });
  writeFileSync(path.join(home, ".openclaw/agents/main/sessions/sessions.json"), "{ half writ");
  mkdirSync(path.join(home, ".moltbot/agents/main/sessions"), { recursive: true });
  // Nobody ever writes to it.
  spawnSync("mkfifo", [path.join(home, ".moltbot/agents/main/sessions/sessions.json")]);
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

/** What stands in front of the tab of every line, and the last line. */
async function complete(...words: string[]): Promise<string[]> {
  const io = fakeIo({ homedir: home });
  expect(await main(["complete", "--", ...words], io)).toBe(0);
  expect(io.err()).toBe("");
  expect(io.out()).toMatch(/\n$/);
  return io
    .out()
    .slice(0, -1)
    .split("\n")
    .map((line) => line.split("\t")[0] ?? "");
}

describe("what may come next", () => {
  test.each<[string[], string[]]>([
    [["doc"], ["doctor", ":none"]],
    [
      ["shell-init", "z"],
      ["zsh", ":none"],
    ],
    [
      ["doctor", "--format", ""],
      ["pretty", "json", "ndjson", "github", "markdown", "junit", "html", ":none"],
    ],
    [
      ["doctor", "--format=j"],
      ["--format=json", "--format=junit", ":none"],
    ],
    [
      ["doctor", "--json", "--fail-on", "e"],
      ["error", ":none"],
    ],
    [
      ["doctor", "--no-s"],
      ["--no-state", ":none"],
    ],
    [["doctor", "--since", ""], [":none"]],
    [["doctor", ""], [":files"]],
    [["doctor", "a.log", "b"], [":files"]],
    [["doctor", "--output", ""], [":files"]],
    [["doctor", "--output=x"], [":files"]],
    [
      ["explain", ""],
      [...FINDING_CODES, ":none"],
    ],
    [
      ["doctor", "--only", "run-l"],
      ["run-lost", ":none"],
    ],
    [
      ["reset", ""],
      [...KEYS.slice(0, 2), ":none"],
    ],
    [
      ["reset", "agent:main:main", "--yes", "agent:main:w"],
      ["agent:main:wa:123@s.whatsapp.net", ":none"],
    ],
    [
      ["doctor", "--session", "agent:main:m"],
      ["agent:main:main", ":none"],
    ],
    [
      ["doctor", "--session=agent:main:m"],
      ["--session=agent:main:main", ":none"],
    ],
    [
      ["install-shim", "--name", "o"],
      ["openclaw", ":none"],
    ],
    [["no-such-command", ""], [":none"]],
    [["doctor", "$(id)"], [":files"]],
  ])("%j", async (words, found) => {
    expect(await complete(...words)).toEqual(found);
  });

  test("every command but the one that answers this", async () => {
    const io = fakeIo();
    await main(["--help"], io);
    const listed = [...io.out().matchAll(/^ {2}([a-z-]+) /gmu)].map(([, name]) => name);
    expect((await complete("")).slice(0, -1)).toEqual(listed.filter((name) => name !== "clawdbot-sessions"));
    expect(await complete("comple")).toEqual(["completion", ":none"]);
  });

  test("every option of a command, with what it means", async () => {
    const options = await complete("doctor", "--");
    for (const option of ["--format", "--json", "--since", "--no-state", "--url", "--help"]) {
      expect(options).toContain(option);
    }
    const io = fakeIo();
    await main(["complete", "--", "doctor", "--all"], io);
    expect(io.out()).toBe(
      "--all-runs\tlist every run and session, not only those that did not end well\n--allow-inconclusive\texit with 0, not 3, when the log cannot show runs\n--allow-insecure\tsend the token unencrypted to another machine\n:none\n",
    );
  });
});

describe.each(SHELLS)("typed into %s", (shell) => {
  test("the script", async () => {
    await expect(completionScript(shell)).toMatchFileSnapshot(`__snapshots__/completion.${shell}.txt`);
    const io = fakeIo();
    expect(await main(["completion", shell], io)).toBe(0);
    expect(io.out()).toBe(completionScript(shell));
  });

  if (!hasShell(shell) || (shell !== "fish" && !hasTerminal)) {
    // Not a silent pass: the gate counts a skipped test as a failed one, and installs the shells before.
    test.skip(`${shell} or script is not installed: its completion is not tested`, () => {});
    return;
  }

  beforeEach(() => {
    for (const name of ["ran", "hacked"]) rmSync(path.join(home, name), { force: true });
    writeFileSync(path.join(home, "some-file.log"), "kept");
    writeFileSync(path.join(home, `completion.${shell}`), completionScript(shell));
  });

  const CASES: readonly (readonly [typed: string, words: string])[] = [
    ["clawdbot-sessions doc\t--form\tjs\t so\t", "[doctor][--format][json][some-file.log]"],
    ["openclaw-sessions doctor --format=js\t", "[doctor][--format=json]"],
    ["clawdbot-sessions explain run-los\t", "[explain][run-lost]"],
    ["clawdbot-sessions reset agent:main:m\t", "[reset][agent:main:main]"],
    [
      "clawdbot-sessions reset --reason 'a b' agent:main:wa\t",
      "[reset][--reason][a b][agent:main:wa:123@s.whatsapp.net]",
    ],
    ["clawdbot-sessions doctor --session=agent:main:wa\t", "[doctor][--session=agent:main:wa:123@s.whatsapp.net]"],
  ];

  if (shell === "fish") {
    // It completes a line without a terminal, up to the first tab.
    test.each([
      ["clawdbot-sessions doc", "doctor"],
      ["clawdbot-sessions doctor --format js", "json"],
      ["clawdbot-sessions doctor --json so", "some-file.log"],
      ["openclaw-sessions doctor --format=js", "--format=json"],
      ["clawdbot-sessions explain run-los", "run-lost"],
      ["clawdbot-sessions reset agent:main:m", "agent:main:main"],
      ["clawdbot-sessions reset --reason 'a b' agent:main:wa", "agent:main:wa:123@s.whatsapp.net"],
      ["clawdbot-sessions doctor --session=agent:main:wa", "--session=agent:main:wa:123@s.whatsapp.net"],
    ])("%s", (line, word) => {
      expect(fish(`complete -C "${line}"`).split(/[\t\n]/u)[0]).toBe(word);
    });
  } else {
    test("the words that it makes of what is typed", () => {
      typeInto(
        shell,
        CASES.map(([typed]) => typed),
      );
      expect(readFileSync(path.join(home, "ran"), "utf8")).toBe(CASES.map(([, words]) => `RAN${words}\n`).join(""));
    });
  }

  test("nothing that is typed or offered is run", () => {
    const lines = [
      "clawdbot-sessions reset agent:main:\t\t",
      "clawdbot-sessions reset $(touch hacked) \t",
      "clawdbot-sessions reset (touch hacked) \t",
      'clawdbot-sessions reset "$(touch hacked) \t',
      "clawdbot-sessions doctor --output=$(touch hacked)=\t",
      "clawdbot-sessions doctor `touch hacked` --format=\t",
      "clawdbot-sessions doctor > some-file.log \t",
      "clawdbot-sessions doctor; clawdbot-sessions reset \t",
    ];
    if (shell === "fish") for (const line of lines) fish(`complete -C '${line.trimEnd()} '`);
    // The line is made a comment before it is sent off.
    else
      typeInto(
        shell,
        lines.map((line) => `${line}\u0001#`),
      );
    expect(readFileSync(path.join(home, "some-file.log"), "utf8")).toBe("kept");
    expect(readdirSync(home)).not.toContain("hacked");
    expect(readdirSync(home)).not.toContain("ran");
  });
});

test.runIf(spawnSync("shellcheck", ["--version"]).status === 0)("shellcheck finds nothing in bash's script", () => {
  const input = completionScript("bash");
  expect(spawnSync("shellcheck", ["--shell=bash", "--format=gcc", "-"], { encoding: "utf8", input }).stdout).toBe("");
});

function environment(): Record<string, string> {
  const bin = path.join(home, "bin");
  mkdirSync(bin, { recursive: true });
  for (const name of ["clawdbot-sessions", "openclaw-sessions"]) {
    const file = path.join(bin, name);
    // Completes as the real one, and notes what it is run with.
    writeFileSync(
      file,
      `#!/bin/sh
if [ "\${1-}" = complete ]; then exec '${process.execPath}' '${BIN}' "$@"; fi
printf RAN >>"$HOME/ran"
printf '[%s]' "$@" >>"$HOME/ran"
echo >>"$HOME/ran"
`,
    );
    chmodSync(file, 0o755);
  }
  return { PATH: `${bin}:/usr/bin:/bin`, HOME: home, TERM: "dumb", LANG: "C.UTF-8" };
}

/** Types lines into an interactive shell on a terminal of its own, which \`script\` (util-linux) makes. */
function typeInto(shell: Exclude<Shell, "fish">, lines: readonly string[]): void {
  const load = `source ~/completion.${shell}\n`.repeat(2);
  // Tab in zsh expands a `$(…)` under it by itself, before it asks anybody: here it may only complete.
  const start = {
    bash: { rc: ".bashrc", before: "", command: "bash --noprofile -i" },
    zsh: {
      rc: ".zshrc",
      before: "setopt interactive_comments; autoload -U compinit; compinit -u; bindkey '^I' complete-word\n",
      command: "zsh -i",
    },
  }[shell];
  writeFileSync(path.join(home, start.rc), start.before + load);
  const { status, stdout, stderr } = spawnSync("script", ["-qec", start.command, "/dev/null"], {
    encoding: "utf8",
    cwd: home,
    env: environment(),
    input: [...lines, "exit 0", ""].join("\n"),
    timeout: LONGEST,
  });
  if (status !== 0) throw new Error(`${shell} ended with ${status}: ${stdout}${stderr}`);
}

function fish(line: string): string {
  const { stdout, stderr, status } = spawnSync("fish", ["--no-config", "-c", `source ~/completion.fish\n${line}`], {
    encoding: "utf8",
    cwd: home,
    env: environment(),
  });
  if (status !== 0) throw new Error(`fish ended with ${status}: ${stderr}`);
  return stdout;
}
