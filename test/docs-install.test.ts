/** docs/install.md is typed into a shell: what it shows is what comes. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { OUR_WORDS } from "../src/shell-init.ts";

// They start programs, one after the other, on machines that are busy.
vi.setConfig({ testTimeout: 60_000 });

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const TEXT = readFileSync(path.join(ROOT, "docs/install.md"), "utf8");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-"));
  const bin = path.join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(path.join(bin, "clawdbot"), "#!/bin/sh\necho 2026.1.24-3\n", { mode: 0o755 });
  symlinkSync(path.join(ROOT, "bin/clawdbot-sessions.js"), path.join(bin, "clawdbot-sessions"));
  symlinkSync(process.execPath, path.join(bin, "node"));
  copyFileSync(path.join(ROOT, "fixtures/issue-3245/console.log"), path.join(folder, "gateway.log"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A whole dialogue: every command in the same shell, each behind what the one before said. */
function typed(commands: readonly string[]): string {
  const script = commands.map((line) => `cat <<'END'\n$ ${line}\nEND\n${line}`).join("\n");
  const { stdout } = spawnSync("sh", ["-c", `exec 2>&1\n${script}`], {
    encoding: "utf8",
    cwd: folder,
    input: "",
    env: { PATH: `${path.join(folder, "bin")}:/usr/bin:/bin`, HOME: folder, TZ: "UTC" },
  });
  return stdout.replaceAll(folder, "/srv");
}

describe("docs/install.md", () => {
  const blocks = [...TEXT.matchAll(/<!-- test: console -->\n```console\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");

  test("shows a dialogue", () => expect(blocks).toHaveLength(1));

  test.each(blocks)("%#", (text) => {
    const commands = text.split("\n").flatMap((line) => (line.startsWith("$ ") ? [line.slice(2)] : []));
    expect(typed(commands.map((line) => line.replaceAll("/srv", folder)))).toBe(text);
  });

  test("names the words that the shim takes", () => {
    const words = OUR_WORDS.map((it) => `\`${it}\``);
    expect(TEXT).toContain(`${words.slice(0, -1).join(", ")} and ${words.at(-1)} behind \`sessions\``);
  });

  test("names files and commands that there are", () => {
    expect(TEXT).toContain("skills/sessions-doctor/SKILL.md");
    const help = spawnSync(process.execPath, [path.join(ROOT, "bin/clawdbot-sessions.js"), "--help"], {
      encoding: "utf8",
    });
    for (const [, word] of TEXT.matchAll(/^(?:eval "\$\()?clawdbot-sessions ([a-z-]+)/gm))
      expect(help.stdout).toContain(`  ${word} `);
  });
});
