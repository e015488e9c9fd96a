/** The scripts as they are run: by dash and bash, from everywhere on PATH. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { main } from "../../src/cli.ts";
import { OUR_WORDS, WRAPPED_COMMANDS } from "../../src/shell-init.ts";
import { MARK, shimScript } from "../../src/shim/script.ts";
import { fakeIo } from "../cli/fake-io.ts";

// They start programs, one after the other, on machines that are busy.
vi.setConfig({ testTimeout: 60_000 });

let root = "";
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-"));
  for (const folder of ["shims", "real", "ours", "work"]) mkdirSync(in_(folder));
  command("real/clawdbot", "REAL", 7);
  command("ours/clawdbot-sessions", "OURS", 5);
  command("ours/node", "NODE", 6);
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const in_ = (name: string): string => path.join(root, name);

/** A command that tells its name, words and stdin, and exits with a code of its own. */
function command(file: string, says: string, status: number): void {
  writeFileSync(in_(file), `#!/bin/sh\nprintf '%s' ${says}\n[ $# = 0 ] || printf '[%s]' "$@"\ncat\nexit ${status}\n`);
  chmodSync(in_(file), 0o755);
}

interface Installed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function install(words: readonly string[], PATH = `${in_("shims")}:${in_("real")}`): Promise<Installed> {
  const io = fakeIo({ cwd: root, env: { PATH } });
  const code = await main(["install-shim", ...words], io);
  return { code, out: io.out().replaceAll(root, ""), err: io.err().replaceAll(root, "") };
}

const bare = (folders: readonly string[]): string => folders.map((it) => (it.startsWith("/") ? it : in_(it))).join(":");
const SYSTEM = ["/usr/bin", "/bin"];

function run(file: string, words: readonly string[], PATH: string, more: { input?: string; cwd?: string } = {}) {
  const { stdout, stderr, status } = spawnSync(file, [...words], {
    encoding: "utf8",
    input: more.input ?? "",
    cwd: more.cwd ?? in_("work"),
    env: { PATH },
    timeout: 10_000,
  });
  return { stdout, stderr: stderr.replaceAll(root, ""), status };
}

test.each(WRAPPED_COMMANDS)("the script for %s", async (name) => {
  const script = shimScript(name, { node: "/opt/it's node/bin/node", file: "/opt/x/bin/clawdbot-sessions.js" });
  await expect(script).toMatchFileSnapshot(`__snapshots__/shim.${name}.txt`);
});

test.runIf(hasShellcheck())("shellcheck finds nothing in it", () => {
  const script = shimScript("clawdbot", { node: "/opt/it's node/bin/node", file: "/opt/x/bin/clawdbot-sessions.js" });
  const { stdout } = spawnSync("shellcheck", ["--shell=sh", "--format=gcc", "-"], { encoding: "utf8", input: script });
  expect(stdout).toBe("");
});

/** The gate counts a skipped test as a failed one, and installs it before. */
function hasShellcheck(): boolean {
  return spawnSync("shellcheck", ["--version"]).status === 0;
}

describe("the script", () => {
  beforeEach(async () => {
    await install(["shims"]);
  });
  const PATH = (): string => bare(["shims", "ours", "real", ...SYSTEM]);

  test.each(OUR_WORDS)("clawdbot sessions %s is ours, words, stdin and exit code", (word) => {
    expect(run("clawdbot", ["sessions", word, "a b", "", "$(id)", "*"], PATH(), { input: "in" })).toEqual({
      stdout: `OURS[${word}][a b][][$(id)][*]in`,
      stderr: "",
      status: 5,
    });
  });

  test.each([
    [[], "REAL"],
    [["--version"], "REAL[--version]"],
    [["sessions"], "REAL[sessions]"],
    [["sessions", "doctors"], "REAL[sessions][doctors]"],
    [["sessions", "", "doctor"], "REAL[sessions][][doctor]"],
    [["doctor"], "REAL[doctor]"],
    [["agent", "--message", "a  b", "", "*", "--", "-n"], "REAL[agent][--message][a  b][][*][--][-n]"],
  ])("%j is the real command's", (words, stdout) => {
    expect(run("clawdbot", words, PATH(), { input: "\u0000in" })).toEqual({
      stdout: `${stdout}\u0000in`,
      stderr: "",
      status: 7,
    });
  });

  test("the real command gets the environment as it was", () => {
    writeFileSync(in_("real/clawdbot"), "#!/bin/sh\nenv\n");
    const env = { line: "a", rest: "b", node: "c", folder: "d", candidate: "e", mark: "f", before: "g", passed: "h" };
    const lines = spawnSync("clawdbot", [], { encoding: "utf8", env: { ...env, PATH: PATH() } }).stdout.split("\n");
    // The shell's own.
    const given = lines.filter((it) => it !== "" && !/^(?:PWD|OLDPWD|SHLVL|_)=/.test(it)).toSorted();
    expect(given).toEqual(
      Object.entries({ ...env, PATH: PATH() })
        .map((it) => it.join("="))
        .toSorted(),
    );
  });

  test.each(["sh", "dash", "bash"])("run by %s", (shell) => {
    expect(run(shell, [in_("shims/clawdbot"), "x"], PATH())).toMatchObject({ stdout: "REAL[x]", status: 7 });
    expect(run(shell, [in_("shims/clawdbot"), "sessions", "doctor"], PATH())).toMatchObject({ stdout: "OURS[doctor]" });
  });

  test("a signal reaches the real command, which has taken its place", async () => {
    writeFileSync(
      in_("real/clawdbot"),
      "#!/bin/sh\ntrap 'echo got it; exit 9' TERM\necho $$\nwhile :; do sleep 0.05; done\n",
    );
    const child = spawn("clawdbot", [], { env: { PATH: PATH() }, stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    for await (const chunk of child.stdout) {
      if (out === "") child.kill("SIGTERM");
      out += String(chunk);
    }
    if (child.exitCode === null) await once(child, "exit");
    expect({ out, code: child.exitCode }).toEqual({ out: `${child.pid}\ngot it\n`, code: 9 });
  });

  describe("finds the real command behind itself", () => {
    test.each([
      ["its folder is twice on the PATH", ["shims", "shims", "real", "shims"]],
      ["there are empty and relative entries", ["shims", "", "../shims", ".", "real"]],
      ["the real one stands before it as well", ["real", "shims"]],
      ["there are entries that do not exist, or are no folders", ["/nowhere", "shims", "real/clawdbot", "real"]],
    ])("where %s", (_, folders) => {
      const PATH = folders.map((it) => (/^[./]|^$/.test(it) ? it : in_(it))).join(":");
      expect(run(in_("shims/clawdbot"), ["x"], `${PATH}:/usr/bin:/bin`)).toMatchObject({
        stdout: "REAL[x]",
        status: 7,
      });
    });

    test("through links to it, copies of it, and links to its folder", () => {
      symlinkSync(in_("shims"), in_("linked"));
      for (const folder of ["links", "copies"]) mkdirSync(in_(folder));
      symlinkSync(in_("shims/clawdbot"), in_("links/clawdbot"));
      cpSync(in_("shims/clawdbot"), in_("copies/clawdbot"));
      const PATH = bare(["linked", "links", "copies", "shims", "real", ...SYSTEM]);
      expect(run("clawdbot", ["x"], PATH)).toMatchObject({ stdout: "REAL[x]", status: 7 });
    });

    test("by a relative entry, in a folder whose name begins with a dash", () => {
      cpSync(in_("real"), in_("work/-n"), { recursive: true });
      expect(run(in_("shims/clawdbot"), ["x"], `${in_("shims")}:-n:/usr/bin:/bin`)).toMatchObject({
        stdout: "REAL[x]",
      });
      expect(run(in_("shims/clawdbot"), ["x"], `${in_("shims")}::/usr/bin`, { cwd: in_("real") })).toMatchObject({
        stdout: "REAL[x]",
      });
    });

    test("and not a wrapper before it that calls it", () => {
      mkdirSync(in_("wrapper"));
      writeFileSync(in_("wrapper/clawdbot"), `#!/bin/sh\nexec ${in_("shims/clawdbot")} wrapped "$@"\n`, {
        mode: 0o755,
      });
      const PATH = bare(["wrapper", "shims", "real", ...SYSTEM]);
      expect(run("clawdbot", ["x"], PATH)).toMatchObject({ stdout: "REAL[wrapped][x]" });
    });

    test("and not a folder or a file that cannot be run", () => {
      mkdirSync(in_("folder/clawdbot"), { recursive: true });
      mkdirSync(in_("plain"));
      writeFileSync(in_("plain/clawdbot"), "#!/bin/sh\n", { mode: 0o644 });
      const PATH = bare(["shims", "folder", "plain", "real", ...SYSTEM]);
      expect(run("clawdbot", ["x"], PATH)).toMatchObject({ stdout: "REAL[x]" });
    });

    test("or says that there is none", () => {
      expect(run("clawdbot", ["x"], bare(["shims", "shims", ...SYSTEM]))).toEqual({
        stdout: "",
        stderr: "clawdbot: the real clawdbot is not on the PATH, there is only this shim of clawdbot-sessions\n",
        status: 127,
      });
    });
  });

  test("needs no PATH to reach us", () => {
    const { stdout, status } = run(in_("shims/clawdbot"), ["sessions", "explain", "run-lost"], "");
    expect(stdout).toMatch(/^run-lost: /);
    expect(status).toBe(0);
  });

  test("needs no PATH to reach us as we are installed", () => {
    // The built program lies in other folders than its source.
    const bin = fileURLToPath(new URL("../../bin/clawdbot-sessions.js", import.meta.url));
    const made = spawnSync(process.execPath, [bin, "install-shim", in_("shims"), "--name", "moltbot"]);
    expect(made.status).toBe(0);
    const { stdout, stderr, status } = run(in_("shims/moltbot"), ["sessions", "explain", "run-lost"], "");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^run-lost: /);
    expect(status).toBe(0);
  });

  test("says so where we are gone", () => {
    const script = shimScript("clawdbot", { node: in_("gone/node"), file: in_("gone/bin.js") });
    writeFileSync(in_("shims/clawdbot"), script);
    expect(run("clawdbot", ["sessions", "doctor"], bare(["shims", "real", ...SYSTEM]))).toEqual({
      stdout: "",
      stderr:
        "clawdbot: clawdbot-sessions is not on the PATH, and no longer where it was when this shim was installed\n",
      status: 127,
    });
  });

  test("a path with a quote in it is one word", () => {
    mkdirSync(in_("it's $(touch hacked)"));
    command("it's $(touch hacked)/node", "NODE", 3);
    const script = shimScript("clawdbot", {
      node: in_("it's $(touch hacked)/node"),
      file: in_("real/clawdbot"),
    });
    writeFileSync(in_("shims/clawdbot"), script);
    expect(run("clawdbot", ["sessions", "doctor"], bare(["shims", ...SYSTEM]))).toEqual({
      stdout: `NODE[${in_("real/clawdbot")}][doctor]`,
      stderr: "",
      status: 3,
    });
    expect(readdirSync(in_("work"))).toEqual([]);
  });
});

describe("install-shim", () => {
  test("writes one for each command that is there, for everybody to run", async () => {
    command("real/openclaw", "REAL", 0);
    expect(await install(["shims"])).toEqual({
      code: 0,
      out: "wrote /shims/clawdbot\nwrote /shims/openclaw\n",
      err: "",
    });
    expect(readdirSync(in_("shims"))).toEqual(["clawdbot", "openclaw"]);
    expect(statSync(in_("shims/clawdbot")).mode & 0o777).toBe(0o755);
  });

  test("a second time it changes nothing, and a shim of another version is replaced", async () => {
    await install(["shims"]);
    const { ino } = statSync(in_("shims/clawdbot"));
    expect(await install(["shims"])).toMatchObject({ code: 0, out: "unchanged /shims/clawdbot\n" });
    expect(statSync(in_("shims/clawdbot")).ino).toBe(ino);
    writeFileSync(in_("shims/clawdbot"), `#!/bin/sh\n${MARK}\nolder\n`);
    expect(await install(["shims"])).toMatchObject({ code: 0, out: "wrote /shims/clawdbot\n" });
    expect(readFileSync(in_("shims/clawdbot"), "utf8")).toContain("is_shim()");
  });

  test("by name, also before the real command is installed", async () => {
    expect(await install(["shims", "--name", "openclaw", "--name", "moltbot"])).toMatchObject({
      code: 0,
      out: "wrote /shims/openclaw\nwrote /shims/moltbot\n",
      err: expect.stringContaining("warning: no real openclaw is on the PATH yet") as string,
    });
    expect(await install(["shims", "--name", "ls"])).toMatchObject({ code: 2, out: "" });
    expect(await install(["shims"], in_("work"))).toMatchObject({
      code: 2,
      err: expect.stringContaining("none of clawdbot, moltbot, openclaw is on the PATH") as string,
    });
  });

  test.each([
    [
      "a script",
      () => writeFileSync(in_("shims/clawdbot"), "#!/usr/bin/env node\u001b[2J\n"),
      "a script that begins with #!/usr/bin/env node\\x1b[2J",
    ],
    ["a program", () => writeFileSync(in_("shims/clawdbot"), "\u007fELF"), "a file of 4 bytes"],
    ["a link", () => symlinkSync("../real/clawdbot", in_("shims/clawdbot")), "a link to ../real/clawdbot"],
    ["a link to nothing", () => symlinkSync("gone", in_("shims/clawdbot")), "a link to gone"],
    ["a folder", () => mkdirSync(in_("shims/clawdbot")), "a folder"],
  ])("leaves %s that is not its own alone, and the other names too", async (_, make, what) => {
    make();
    command("real/openclaw", "REAL", 0);
    for (const words of [["shims"], ["shims", "--dry-run"], ["shims", "--remove", "--name", "clawdbot"]]) {
      const { code, out, err } = await install(words);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toContain(`error: /shims/clawdbot is not a shim of ours: it is ${what}\n`);
    }
    expect(readdirSync(in_("shims"))).toEqual(["clawdbot"]);
  });

  test("a dry run says it and does nothing", async () => {
    expect(await install(["shims", "--dry-run"])).toMatchObject({ code: 0, out: "would write /shims/clawdbot\n" });
    expect(readdirSync(in_("shims"))).toEqual([]);
    await install(["shims"]);
    expect(await install(["shims", "--remove", "--dry-run"])).toMatchObject({ out: "would remove /shims/clawdbot\n" });
    expect(readdirSync(in_("shims"))).toEqual(["clawdbot"]);
  });

  test("removes its own, and only that", async () => {
    await install(["shims"]);
    command("shims/openclaw", "MINE", 0);
    expect(await install(["shims", "--remove"])).toEqual({ code: 0, out: "removed /shims/clawdbot\n", err: "" });
    expect(await install(["shims", "--remove"])).toEqual({ code: 0, out: "nothing to remove in /shims\n", err: "" });
    expect(readdirSync(in_("shims"))).toEqual(["openclaw"]);
  });

  test("a folder that is missing, or is none", async () => {
    expect(await install(["gone"])).toEqual({
      code: 2,
      out: "",
      err: "error: there is no folder gone\nMake it first: mkdir -p gone\n",
    });
    expect(await install([""])).toMatchObject({ code: 2, err: "error: the folder's name is empty\n" });
    expect(await install(["real/clawdbot"])).toMatchObject({ code: 2, err: "error: real/clawdbot is not a folder\n" });
  });

  test.runIf(process.platform === "linux")("a folder that nobody can write to", async () => {
    // Not by its mode, which does not hold root back.
    expect(await install(["/proc", "--name", "openclaw"])).toEqual({
      code: 2,
      out: "",
      err: "error: cannot write /proc/openclaw: its folder does not exist\n",
    });
  });

  test.each([
    [["real"], "warning: /shims is not on the PATH: put it there, before /real\n"],
    [
      ["real", "shims"],
      "warning: /shims stands behind /real on the PATH, so that clawdbot is found first: put it before\n",
    ],
    [["linked", "real"], ""],
  ])("with the PATH %j", async (folders, err) => {
    symlinkSync(in_("shims"), in_("linked"));
    expect((await install(["shims"], bare(folders))).err).toBe(err);
  });
});
