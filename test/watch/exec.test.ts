/** Commands in a real shell. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { shellCommand, type CommandRunner } from "../../src/watch-exec.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), "sessions-exec-"))));
afterEach(async () => await rm(folder, { recursive: true }));

const runner = (command: string, timeoutMs = 60_000): CommandRunner =>
  shellCommand(command, timeoutMs, { PATH: process.env["PATH"], OURS: "yes" }, folder);
const output = async (name: string): Promise<string> => await readFile(path.join(folder, name), "utf8");

test("the event comes on stdin, and nowhere else", async () => {
  const text = '{"sessionKey":"$(touch hit)`touch hit`; touch hit"}\n';
  const problem = await runner(`cat > in; tr "\\0" "\\n" < /proc/$$/cmdline > argv; env > env`).run(text);
  expect(problem).toBeUndefined();
  expect(await output("in")).toBe(text);
  expect(await output("argv")).not.toContain("sessionKey");
  expect(await output("env")).not.toContain("sessionKey");
  expect(await output("env")).toContain("OURS=yes");
  expect(existsSync(path.join(folder, "hit"))).toBe(false);
});

test("a failing command is told, not thrown", async () => {
  expect(await runner("exit 3").run("{}")).toBe("ended with 3");
  expect(await runner("nonesuch-command").run("{}")).toBe("ended with 127");
  expect(await runner("kill -9 $$").run("{}")).toBe("was ended by SIGKILL");
});

test("a command that does not read its input does no harm", async () => {
  expect(await runner("true").run("x".repeat(1_000_000))).toBeUndefined();
});

test("a command that hangs is ended with its children", async () => {
  // The child would write after its parent's time.
  const problem = await runner(`sh -c 'echo $$ > child; exec sleep 600' & wait`, 300).run("{}");
  expect(problem).toBe("was ended after 0.3 s");
  const child = Number(await output("child"));
  await gone(child);
});

test("at Ctrl-C what runs is ended", async () => {
  const commands = runner("echo $$ > pid; exec sleep 600");
  const done = commands.run("{}");
  while (!existsSync(path.join(folder, "pid")) || (await output("pid")) === "") await turn();
  commands.endAll();
  expect(await done).toBe("was ended by SIGTERM");
});

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** Waits until there is no such process, or only its name in the table. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    if (stat === "" || / [ZX] /.test(stat.slice(stat.lastIndexOf(")")))) return;
    await turn();
  }
}
