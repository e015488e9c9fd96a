/** What the built program may do: read what it was named, and print. Needs a build. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const BIN = path.join(ROOT, "bin/clawdbot-sessions.js");
const LOG = path.join(ROOT, "fixtures/issue-3245/gateway.jsonl");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sessions-power-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Loaded before the program: whatever opens a socket, writes a file or starts a
 * program is told on stderr and fails.
 */
const GUARD = `
import fs from "node:fs"; import net from "node:net"; import dgram from "node:dgram"; import dns from "node:dns";
import cp from "node:child_process"; import { syncBuiltinESMExports } from "node:module";
const deny = (what) => () => { process._rawDebug("DENIED " + what); throw new Error("DENIED " + what); };
net.Socket.prototype.connect = deny("net.connect"); net.Server.prototype.listen = deny("net.listen");
net.connect = net.createConnection = deny("net.connect");
dgram.createSocket = deny("dgram"); dns.lookup = dns.promises.lookup = deny("dns");
for (const name of ["spawn", "spawnSync", "exec", "execFile", "execSync", "execFileSync", "fork"]) cp[name] = deny(name);
const WRITES = ["writeFile", "appendFile", "mkdir", "mkdtemp", "rename", "rm", "rmdir", "unlink", "link", "symlink", "chmod", "chown", "truncate", "copyFile", "utimes", "cp"];
for (const name of WRITES) {
  if (fs[name]) fs[name] = deny(name);
  if (fs[name + "Sync"]) fs[name + "Sync"] = deny(name);
  if (fs.promises[name]) fs.promises[name] = deny(name);
}
fs.createWriteStream = deny("createWriteStream");
const { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND } = fs.constants;
const reads = (flags) =>
  typeof flags === "number"
    ? (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)) === 0
    : flags === undefined || flags === null || flags === "r";
for (const [from, name] of [[fs, "open"], [fs, "openSync"], [fs.promises, "open"]]) {
  const real = from[name];
  from[name] = function (file, flags, ...rest) {
    if (typeof flags !== "function" && !reads(flags)) deny(name + " " + flags)();
    return real.call(this, file, flags, ...rest);
  };
}
syncBuiltinESMExports();
`;

function guarded(words: readonly string[], input = ""): { stdout: string; stderr: string; status: number | null } {
  const preload = `data:text/javascript,${encodeURIComponent(GUARD)}`;
  const env = { ...process.env, HOME: folder, XDG_STATE_HOME: path.join(folder, "state"), TMPDIR: folder };
  return spawnSync(process.execPath, ["--import", preload, BIN, ...words], {
    cwd: folder, input, env, encoding: "utf8", maxBuffer: 20_000_000, timeout: 60_000,
  }); // prettier-ignore
}

describe("opens no socket, starts no program and writes no file", () => {
  test.each([
    ["doctor", ["doctor", LOG], 1],
    ["doctor, as a page", ["doctor", LOG, "--format", "html"], 1],
    ["doctor on this machine", ["doctor", "--fail-on", "never", "--allow-inconclusive"], null],
    ["timeline", ["timeline", LOG, "--redact"], 0],
    ["watch", ["watch", LOG, "--for", "1s"], 0],
    ["explain", ["explain", "run-lost"], 0],
    ["completion", ["complete", "--", "reset", ""], 0],
    ["shell-init", ["shell-init", "fish"], 0],
  ] as const)("%s", (_, words, status) => {
    const told = guarded(words);
    expect(told.stderr).not.toContain("DENIED");
    // What is on this machine is not for a test to know.
    if (status === null) expect([0, 2]).toContain(told.status);
    else expect(told.status).toBe(status);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("the guard bites", () => {
    expect(guarded(["doctor", LOG, "--output", "x.txt"]).stderr).toContain("DENIED open");
    expect(guarded(["doctor", "--gateway", "--url", "ws://127.0.0.1:1", "--token", "x"]).stderr).toContain(
      "DENIED net",
    );
    expect(guarded(["watch", LOG, "--exec", "true", "--for", "1s", "--after", "0s"]).stderr).toContain("DENIED spawn");
  });
});

function run(...words: string[]): { stdout: string; stderr: string; status: number | null } {
  const env = { ...process.env, HOME: folder, XDG_STATE_HOME: path.join(folder, "state") };
  // As where everybody may read what a program writes.
  const shell = 'umask 000; exec "$0" "$@"';
  return spawnSync("sh", ["-c", shell, process.execPath, BIN, ...words], {
    cwd: folder,
    env,
    encoding: "utf8",
    input: "",
  });
}

const modeOf = (file: string): number => statSync(path.join(folder, file)).mode & 0o777;

test("what holds text of a log is its owner's only, also where it was everybody's before, and nothing is left over", () => {
  writeFileSync(path.join(folder, "old.txt"), "old", { mode: 0o666 });
  chmodSync(path.join(folder, "old.txt"), 0o666);
  expect(run("doctor", LOG, "--output", "old.txt", "--also", "html=page.html").status).toBe(1);
  expect(run("timeline", LOG, "--output", "picture.txt").status).toBe(0);
  expect(["old.txt", "page.html", "picture.txt"].map(modeOf)).toEqual([0o600, 0o600, 0o600]);
  expect(readFileSync(path.join(folder, "old.txt"), "utf8")).toMatch(/^BLOCKED/);
  expect(readdirSync(folder).filter((name) => name.includes("tmp"))).toEqual([]);
  for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true });
});

test("a token file that others can read is refused, with the command that mends it, which is safe to paste", () => {
  const name = "to'ken $(id).txt";
  writeFileSync(path.join(folder, name), "not-a-real-token-1", { mode: 0o644 });
  chmodSync(path.join(folder, name), 0o644);
  const { stderr, status } = run("doctor", "--gateway", "--url", "ws://127.0.0.1:1", "--token-file", name);
  expect(status).toBe(2);
  expect(stderr).toContain("can be read by others");
  expect(stderr).not.toContain("not-a-real-token-1");
  const mend = /Mend it: (.*)/.exec(stderr)?.[1] ?? "";
  expect(spawnSync("sh", ["-c", mend], { cwd: folder }).status).toBe(0);
  expect(modeOf(name)).toBe(0o600);
  rmSync(path.join(folder, name));
});

test.each(["ws://192.0.2.1:18789", "http://gateway.example:18789"])("%s is refused without --allow-insecure", (url) => {
  const { stderr, status } = guarded(["doctor", "--gateway", "--url", url, "--token", "x"]);
  expect(status).toBe(2);
  expect(stderr).toContain("--allow-insecure");
  expect(stderr).not.toContain("DENIED");
});

test("nothing that is installed for use runs a script at its installation", () => {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { hasInstallScript?: true; dev?: true; devOptional?: true }>;
  };
  const used = Object.entries(packages).filter(([name, it]) => name !== "" && !it.dev && !it.devOptional);
  expect(used.length).toBeGreaterThan(5);
  expect(used.filter(([, it]) => it.hasInstallScript).map(([name]) => name)).toEqual([]);
  // `prepare` runs in a checkout only; the others would run where it is installed.
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { scripts: object };
  expect(Object.keys(scripts).filter((name) => /^(?:pre|post)?install$/.test(name))).toEqual([]);
});

test("the package has its SECURITY.md", () => {
  const { files } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { files: string[] };
  expect(files).toContain("SECURITY.md");
  expect(readFileSync(path.join(ROOT, "SECURITY.md"), "utf8")).toContain("## Threat model");
});
