/** The built program as a process: what only a real stdout, a real signal and a real disk can show. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BIN = path.join(ROOT, "bin/clawdbot-sessions.js");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(...words: string[]): { stdout: string; stderr: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [BIN, ...words], { encoding: "utf8", input: "" });
  return { stdout, stderr, status };
}

/** Runs a module that has the built `nodeIo`. */
function runModule(code: string): { stdout: string; stderr: string; status: number | null } {
  const script = `import { nodeIo } from ${JSON.stringify(new URL("../../dist/program.js", import.meta.url).href)};\n${code}`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    cwd: folder,
    maxBuffer: 10_000_000,
  });
}

test("says its version and where a word is wrong", () => {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { version: string };
  expect(run("--version")).toEqual({ stdout: `${version}\n`, stderr: "", status: 0 });
  expect(run("doctr")).toMatchObject({ stdout: "", status: 2 });
});

test("doctor does not load what only other commands need", () => {
  const tell = "export const load = (url, context, next) => (process._rawDebug(url), next(url, context));";
  const hook = `import { register } from "node:module"; register(${JSON.stringify(`data:text/javascript,${tell}`)});`;
  const log = path.join(ROOT, "fixtures/issue-3245/console.log");
  const words = ["--import", `data:text/javascript,${encodeURIComponent(hook)}`, BIN, "doctor", log];
  const { stderr, status } = spawnSync(process.execPath, words, { encoding: "utf8", input: "" });
  expect(status).toBe(1);
  const loaded = stderr.split("\n").filter((line) => line.startsWith("file:"));
  // A bundle: what is loaded late has a file of its own, and each file costs a part of a small log's time.
  expect(loaded).toContainEqual(expect.stringMatching(/\/dist\/program\.js$/));
  expect(loaded.length).toBeLessThanOrEqual(5);
  expect(loaded.filter((url) => /node_modules|complete|install|reset|watch|html/.test(url))).toEqual([]);
});

test("says so when it is not built", () => {
  const bin = path.join(folder, "unbuilt/bin");
  mkdirSync(bin, { recursive: true });
  copyFileSync(BIN, path.join(bin, "x.mjs"));
  const { stderr, status } = spawnSync(process.execPath, [path.join(bin, "x.mjs")], { encoding: "utf8" });
  expect(stderr).toMatch(/^error: clawdbot-sessions is not built/);
  expect(status).toBe(70);
});

test("a reader that goes away ends it quietly", async () => {
  const child = spawn(process.execPath, [BIN, "explain", "session-blocked"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [status] = (await once(child, "close")) as [number | null];
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("a reader that goes away does not make a blocked session good news", async () => {
  const log = path.join(ROOT, "fixtures/issue-3245/gateway.jsonl");
  const also = path.join(mkdtempSync(path.join(tmpdir(), "sessions-pipe-")), "report.json");
  const child = spawn(process.execPath, [BIN, "doctor", log, "--also", `json=${also}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  const [status] = (await once(child, "close")) as [number | null];
  expect(status).toBe(1);
  // What goes elsewhere is written all the same.
  expect(JSON.parse(readFileSync(also, "utf8"))).toMatchObject({ verdict: "blocked" });
});

// `script` of util-linux gives it a terminal.
describe("on a terminal", () => {
  const log = path.join(ROOT, "fixtures/issue-3245/gateway.jsonl");
  // Some of those who run these tests are CI themselves.
  const { CI: _ci, ...person }: NodeJS.ProcessEnv = { ...process.env, TERM: "xterm" };
  const onTerminal = (shell: string, env: Readonly<Record<string, string | undefined>> = person): string => {
    const command = `${shell} | ${process.execPath} ${BIN} doctor --color never -`;
    return spawnSync("script", ["-qec", command, "/dev/null"], { encoding: "utf8", input: "", env }).stdout;
  };
  const long = `(for i in $(seq 40); do cat ${log}; done; sleep 1.5)`;

  test("a long reading shows how far it is, and leaves nothing of that behind", () => {
    const shown = onTerminal(long);
    const report = shown.indexOf("BLOCKED");
    expect(shown.slice(0, report)).toMatch(/2\.65 MB read, \d[\d.]* [kM]B\/s/);
    // The line is erased, and the cursor is there again.
    // oxlint-disable-next-line no-control-regex -- that is how terminals are told
    expect(shown.slice(0, report)).toMatch(/\u001b\[\?25h.*\u001b\[0?K$/s);
    expect(shown.slice(report)).not.toMatch(/B read/);
  });

  test.each([
    ["in CI, whose terminal is a file", { ...person, CI: "true" }],
    ["on a dumb one", { ...person, TERM: "dumb" }],
  ])("nothing is drawn that could not be taken away: %s", (_, env) => {
    expect(onTerminal(long, env)).toMatch(/^BLOCKED/);
  });

  test("a short one shows nothing but its report", () => {
    expect(onTerminal(`cat ${log}`)).toMatch(/^BLOCKED/);
  });
});

test("reads what the shell names as a file: a process's output, a named pipe, a device", () => {
  const log = path.join(ROOT, "fixtures/issue-3245");
  const pipe = path.join(folder, "pipe");
  const shell = (line: string) => spawnSync("bash", ["-c", line], { encoding: "utf8", input: "" });
  const doctor = `${process.execPath} ${BIN} doctor -q`;
  const substituted = shell(`${doctor} <(cat ${log}/gateway.jsonl) <(cat ${log}/console.log)`);
  expect(substituted).toMatchObject({
    status: 1,
    stderr: "",
    stdout: expect.stringMatching(/^BLOCKED {2}1 of 2/) as string,
  });
  const named = shell(`mkfifo ${pipe}; cat ${log}/console.log > ${pipe} & ${doctor} ${pipe}`);
  expect(named).toMatchObject({ status: 1, stderr: "", stdout: expect.stringMatching(/^BLOCKED {2}1 of 2/) as string });
  expect(shell(`${doctor} /dev/null`)).toMatchObject({ status: 3, stderr: "" });
  expect(shell(`${doctor} - < ${log}/console.log`)).toMatchObject({ status: 1, stderr: "" });
});

// More than once: a reading thread that was not let go hung one in eight.
test.each([1, 2, 3, 4, 5, 6, 7, 8])("Ctrl-C ends it with 130, time %i", async () => {
  const child = spawn(process.execPath, [BIN, "doctor", "-"], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {});
  // More than a pipe holds: once it is taken the program is up and reading.
  child.stdin.write("x\n".repeat(500_000), () => child.kill("SIGINT"));
  const [status] = (await once(child, "close")) as [number | null];
  expect(status).toBe(130);
});

test("an error that nobody caught is a bug, not a finding", () => {
  const { stderr, status } = runModule(`
    import { main } from ${JSON.stringify(new URL("../../dist/program.js", import.meta.url).href)};
    const io = nodeIo();
    setTimeout(() => { throw new Error("out of nowhere"); }, 1);
    const stdout = { ...io.stdout, write: () => new Promise(() => {}) };
    process.exitCode = await main(["explain"], { ...io, stdout });
  `);
  expect(stderr).toMatch(/^error: this is a bug of clawdbot-sessions .*out of nowhere/);
  expect(status).toBe(70);
});

test("a long output reaches a pipe whole", () => {
  const { stdout } = runModule(`await nodeIo().stdout.write("x".repeat(3_000_000) + "end\\n");`);
  expect(stdout.length).toBe(3_000_004);
});

describe("writing a file", () => {
  const write = (file: string, text: string) =>
    runModule(`
      try {
        await nodeIo().writeWhole(${JSON.stringify(file)}, [${JSON.stringify(text)}]);
      } catch (error) {
        console.log(error.name + ": " + error.message);
      }`).stdout;

  test("makes it, for its owner only, and leaves nothing else", () => {
    expect(write("report.txt", "one")).toBe("");
    expect(readFileSync(path.join(folder, "report.txt"), "utf8")).toBe("one");
    if (process.platform !== "win32") expect(lstatSync(path.join(folder, "report.txt")).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.includes("report"))).toEqual(["report.txt"]);
  });

  test("replaces what a link points to, not the link", () => {
    writeFileSync(path.join(folder, "target.txt"), "old");
    symlinkSync("target.txt", path.join(folder, "link.txt"));
    expect(write("link.txt", "new")).toBe("");
    expect(readFileSync(path.join(folder, "target.txt"), "utf8")).toBe("new");
    expect(lstatSync(path.join(folder, "link.txt")).isSymbolicLink()).toBe(true);
  });

  test("does not replace a device", () => {
    expect(write("/dev/null", "x")).toBe("");
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test("says why it cannot", () => {
    expect(write("no-such-folder/report.txt", "x")).toBe(
      "UserError: cannot write no-such-folder/report.txt: its folder does not exist\n",
    );
    expect(write(".", "x")).toBe("UserError: cannot write .: it is a folder\n");
  });
});
