/** The real command, its signals and its pipes; waits on what it says, never on a clock. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { appendFile, copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";

import { ends, log } from "../helpers/log-lines.ts";

const BIN = new URL("../../bin/clawdbot-sessions.js", import.meta.url).pathname;
const FIXTURE = new URL("../../fixtures/issue-3245/console.log", import.meta.url).pathname;

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sessions-watch-"));
  file = path.join(folder, "gateway.log");
  await copyFile(FIXTURE, file);
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

function watch(...words: string[]) {
  const child = execa(process.execPath, [BIN, "watch", ...words, "--format", "ndjson"], {
    cwd: folder,
    reject: false,
    stdin: "ignore",
    env: { HOME: folder },
  });
  const told: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => told.push((JSON.parse(line) as { event: string }).event));
  const until = async (event: string): Promise<void> => {
    while (!told.includes(event)) await once(lines, "line");
  };
  return { child, told, until };
}

async function ended(child: PromiseLike<{ readonly exitCode?: number | undefined }>): Promise<number | undefined> {
  return (await child).exitCode;
}

test("Ctrl-C ends it at once with 130, and what it runs", { timeout: 60_000 }, async () => {
  const { child, until } = watch(file, "--exec", "echo $$ > pid; exec sleep 600");
  await until("blocked");
  const pidFile = path.join(folder, "pid");
  while (!existsSync(pidFile) || (await readFile(pidFile, "utf8")) === "") await soon();
  child.kill("SIGINT");
  expect(await ended(child)).toBe(130);
  await gone(Number(await readFile(pidFile, "utf8")));
});

test("SIGTERM ends it with 0, as a service manager wants it", { timeout: 60_000 }, async () => {
  const { child, until } = watch(file);
  await until("state");
  child.kill("SIGTERM");
  expect(await ended(child)).toBe(0);
});

test("what is appended while it runs", { timeout: 60_000 }, async () => {
  const { child, until, told } = watch(file);
  await until("blocked");
  const run = {
    key: "main",
    runId: "12cbe357-0a5b-4f43-9a66-6d2a4b0c9f11",
    sessionId: "5cdc6cdf-3555-4295-acf4-8a4aa3452242",
  };
  const today = new Date().toISOString().slice(0, 10);
  await appendFile(file, `${log(ends("08:00:00", run, true)).replaceAll("2026-01-28", today)}\n`);
  await until("free");
  child.kill("SIGTERM");
  expect(await ended(child)).toBe(0);
  expect(told).toEqual(["state", "blocked", "free"]);
});

test("a reader that has seen enough", { timeout: 60_000 }, async () => {
  const { exitCode, stdout } = await execa({
    shell: true,
    cwd: folder,
    env: { HOME: folder },
  })`cat ${file} | ${process.execPath} ${BIN} watch - --utc | head -n 1`;
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/WATCHING/);
});

test("a pipe that stays open does not keep it after --for", { timeout: 60_000 }, async () => {
  const child = execa(process.execPath, [BIN, "watch", "-", "--for", "100ms"], {
    stdin: "pipe",
    env: { HOME: folder },
  });
  expect((await child).exitCode).toBe(0);
});

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

async function gone(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    if (stat === "" || / [ZX] /.test(stat.slice(stat.lastIndexOf(")")))) return;
    await soon();
  }
}
