import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { quoteShell } from "../src/escape.ts";
import { OUR_WORDS, SHELLS, shellInit } from "../src/shell-init.ts";
import { hasShell, throughShell } from "./cli/through-shell.ts";
import type { ShellResult, ThroughShell } from "./cli/through-shell.ts";

let folder = "";
let bin = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-"));
  bin = path.join(folder, "bin");
  mkdirSync(bin);
  command("clawdbot", "REAL", 7);
  command("clawdbot-sessions", "OURS", 5);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A command that tells its name, words and stdin, and exits with a code of its own. */
function command(name: string, says: string, status: number): void {
  const file = path.join(bin, name);
  writeFileSync(file, `#!/bin/sh\nprintf '%s' ${says}\nprintf '[%s]' "$@"\ncat\nexit ${status}\n`);
  chmodSync(file, 0o755);
}

test.each(SHELLS)("the code for %s", async (shell) => {
  await expect(shellInit(shell)).toMatchFileSnapshot(`cli/__snapshots__/shell-init.${shell}.txt`);
});

describe.each(SHELLS)("%s", (shell) => {
  if (!hasShell(shell)) {
    // Not a silent pass: the gate counts a skipped test as a failed one, and installs the shells before.
    test.skip(`${shell} is not installed: its wrapper is not tested`, () => {});
    return;
  }

  const inShell = (line: string, more: Partial<ThroughShell> = {}): ShellResult =>
    throughShell({ shell, line, path: [bin], home: path.join(folder, "home"), ...more });

  describe("typed", () => {
    test.each(OUR_WORDS)("clawdbot sessions %s is ours", (word) => {
      const result = inShell(`clawdbot sessions ${word} 'a b' '' --json '*' '$HOME'`, { input: "stdin" });
      expect(result).toEqual({ stdout: `OURS[${word}][a b][][--json][*][$HOME]stdin`, stderr: "", status: 5 });
    });

    test.each([
      ["clawdbot", "REAL[]"],
      ["clawdbot --version", "REAL[--version]"],
      ["clawdbot sessions", "REAL[sessions]"],
      ["clawdbot sessions --json", "REAL[sessions][--json]"],
      ["clawdbot sessions doctors", "REAL[sessions][doctors]"],
      ["clawdbot sessions '' doctor", "REAL[sessions][][doctor]"],
      ["clawdbot doctor", "REAL[doctor]"],
      ["clawdbot '' sessions doctor", "REAL[][sessions][doctor]"],
      ["clawdbot --profile x sessions doctor", "REAL[--profile][x][sessions][doctor]"],
      ["clawdbot agent --message 'a  b' '' '*' -- -x", "REAL[agent][--message][a  b][][*][--][-x]"],
      ["clawdbot '(' '!' ')'", "REAL[(][!][)]"],
    ])("%s is the real command's", (line, stdout) => {
      expect(inShell(line, { input: "\u0000 stdin" })).toEqual({
        stdout: `${stdout}\u0000 stdin`,
        stderr: "",
        status: 7,
      });
    });

    test("a quoted word arrives as it is", () => {
      const words = [
        "main",
        "$(id)",
        "`id`",
        "it's",
        "a\\",
        "\\'",
        "",
        "-x",
        "~",
        "*",
        "!!",
        "日本 🎉",
        '"',
        "{a,b}",
        "a=b",
        "%self",
        "#",
      ];
      const stdout = `REAL${words.map((word) => `[${word}]`).join("")}`;
      expect(inShell(`clawdbot ${words.map(quoteShell).join(" ")}`)).toEqual({ stdout, stderr: "", status: 7 });
    });

    test("evaluated twice it is the same", () => {
      expect(inShell("clawdbot sessions explain", { times: 3 })).toEqual({
        stdout: "OURS[explain]",
        stderr: "",
        status: 5,
      });
      expect(inShell("clawdbot x", { times: 3 })).toEqual({ stdout: "REAL[x]", stderr: "", status: 7 });
    });

    test("a command that is not installed gets no wrapper", () => {
      const line =
        shell === "fish" ? "functions -q openclaw; and echo yes; or echo no" : "command -v openclaw || echo no";
      expect(inShell(line)).toEqual({ stdout: "no\n", stderr: "", status: 0 });
    });

    test("a function of the user's own is left alone", () => {
      const before = shell === "fish" ? "function clawdbot; echo mine; end" : "clawdbot() { echo mine; }";
      expect(inShell("clawdbot sessions doctor", { before }).stdout).toBe("mine\n");
    });

    test("evaluating it prints nothing and leaves nothing behind but the function", () => {
      const names = { bash: "compgen -v", zsh: "print -l ${(ko)parameters}", fish: "set --names" }[shell];
      const without = (text: string): string[] =>
        text.split("\n").filter((name) => !/^(?:_|BASH|LINENO|PIPESTATUS|FUNCNAME|status|pipestatus)/.test(name));
      const plain = throughShell({ shell, line: names, path: [bin], home: path.join(folder, "home"), times: 0 });
      expect(without(inShell(names).stdout)).toEqual(without(plain.stdout));
    });
  });

  // fish has neither, and its aliases are functions.
  if (shell === "fish") return;

  describe("under set -eu", () => {
    test.each([
      ["clawdbot || echo status $?", "REAL[]status 7\n"],
      ["clawdbot sessions || echo status $?", "REAL[sessions]status 7\n"],
      ["clawdbot sessions doctor || echo status $?", "OURS[doctor]status 5\n"],
    ])("%s", (line, stdout) => {
      expect(inShell(line, { before: "set -eu" })).toEqual({ stdout, stderr: "", status: 0 });
    });

    test("a failure ends the script, as the real command's would", () => {
      expect(inShell("clawdbot\necho not reached", { before: "set -eu" })).toMatchObject({
        stdout: "REAL[]",
        status: 7,
      });
    });
  });

  describe("with an alias of the same name", () => {
    const expand = shell === "bash" ? "shopt -s expand_aliases\n" : "";

    test("that adds options, the wrapper still runs", () => {
      const before = `${expand}alias clawdbot='clawdbot --no-color'`;
      expect(inShell("clawdbot status", { before })).toMatchObject({ stdout: "REAL[--no-color][status]", status: 7 });
    });

    test("for `command`, the real command still runs", () => {
      const before = `${expand}alias command='echo' type='echo' whence='echo' declare='echo'`;
      expect(inShell("clawdbot status", { before })).toEqual({ stdout: "REAL[status]", stderr: "", status: 7 });
    });
  });
});
