import { describe, expect, test } from "vitest";

import { parse } from "../../src/cli.ts";
import type { DoctorOptions } from "../../src/doctor-options.ts";
import { UserError } from "../../src/errors.ts";
import type { Io } from "../../src/io.ts";
import { FINDING_CODES } from "../../src/model.ts";
import { fakeIo } from "./fake-io.ts";

function doctor(words: string, io: Io = fakeIo()): DoctorOptions {
  const invocation = parse(["doctor", ...words.split(" ").filter(Boolean)], io);
  if (invocation.command !== "doctor") throw new Error(JSON.stringify(invocation));
  return invocation.options;
}

/** What commander says to it: everything that is no command to run. */
function said(...words: string[]): { out: string; err: string; exitCode: number } {
  const invocation = parse(words, fakeIo());
  if (invocation.command !== "say") throw new Error(JSON.stringify(invocation));
  return invocation;
}

describe("doctor", () => {
  test("with nothing", () => {
    const { format, codes, ...rest } = doctor("");
    expect(format.name).toBe("pretty");
    expect([...codes]).toEqual([...FINDING_CODES]);
    expect(rest).toEqual({
      gateway: null,
      logs: [],
      render: {
        width: 80,
        colorLevel: 0,
        timeZone: "Europe/Berlin",
        verbose: false,
        quiet: false,
        allRuns: false,
        since: null,
        until: null,
        ascii: false,
        gate: { codes, failOn: "error", allowInconclusive: false },
      },
      output: null,
      also: [],
      labels: {},
      since: null,
      until: null,
      session: null,
      run: null,
      failOn: "error",
      allowInconclusive: false,
      verbose: false,
      quiet: false,
      redact: false,
      state: true,
      stateDir: null,
      runTimeoutMs: null,
      stallAfterMs: null,
    });
  });

  test("with everything", () => {
    const options = doctor(
      "a.log - b*.log --format ndjson --all-runs --output out.txt --since 2h --until 10:00 --session agent:main:main --run 12cb" +
        " --only run-orphaned,run-lost --only log-gap --skip run-lost --fail-on note --allow-inconclusive --utc --verbose" +
        " --state-dir /s --run-timeout 20m --stall-after 1h --label host=a1 --label site=b",
    );
    expect(options).toMatchObject({
      logs: ["a.log", "-", "b*.log"],
      output: "out.txt",
      since: Date.parse("2026-01-28T07:10:15Z"),
      until: Date.parse("2026-01-28T10:00:00Z"),
      session: "agent:main:main",
      run: "12cb",
      failOn: "note",
      allowInconclusive: true,
      verbose: true,
      stateDir: "/s",
      runTimeoutMs: 1_200_000,
      stallAfterMs: 3_600_000,
      labels: { host: "a1", site: "b" },
      render: {
        timeZone: "UTC",
        verbose: true,
        allRuns: true,
        gate: { codes: new Set(["run-orphaned", "log-gap"]), failOn: "note", allowInconclusive: true },
      },
    });
    expect(options.format.name).toBe("ndjson");
    expect([...options.codes]).toEqual(["run-orphaned", "log-gap"]);
  });

  test("--json is --format json", () => {
    expect(doctor("--json").format.name).toBe("json");
    expect(doctor("--json --format json").format.name).toBe("json");
    expect(() => doctor("--json --format github")).toThrow(UserError);
  });

  test("`sessions` may stand first", () => {
    const invocation = parse(["sessions", "doctor", "sessions"], fakeIo());
    expect(invocation).toMatchObject({ command: "doctor", options: { logs: ["sessions"] } });
  });

  test("a word after -- is a log", () => {
    expect(doctor("-- --json").logs).toEqual(["--json"]);
  });

  test.each<[string, Record<string, string>, boolean, 0 | 1]>([
    ["", {}, false, 0],
    ["", {}, true, 1],
    ["", { NO_COLOR: "1" }, true, 0],
    ["", { NO_COLOR: "" }, true, 1],
    ["", { TERM: "dumb" }, true, 0],
    ["", { FORCE_COLOR: "1" }, false, 1],
    ["", { FORCE_COLOR: "" }, false, 1],
    ["", { FORCE_COLOR: "0" }, true, 0],
    ["", { FORCE_COLOR: "1", NO_COLOR: "1" }, false, 1],
    ["--color always", { NO_COLOR: "1" }, false, 1],
    ["--color never", { FORCE_COLOR: "1" }, true, 0],
    ["--output x", {}, true, 0],
    ["--output x --color always", {}, true, 1],
  ])("%s with %j, terminal %s: colours %s", (words, env, isTTY, level) => {
    expect(doctor(words, fakeIo({ env, isTTY })).render.colorLevel).toBe(level);
  });

  test("the width is the terminal's, and not a file's", () => {
    const io = fakeIo({ isTTY: true, columns: 132 });
    expect(doctor("", io).render.width).toBe(132);
    expect(doctor("--output x", io).render.width).toBe(80);
  });

  test.each([
    "--since banana",
    "--until 2026-02-30",
    "--since 1h --until 2h",
    "--run-timeout 0",
    "--stall-after soon",
    "--only run-orphand",
    "--only ",
    "--skip run-orphaned,",
    "--state-dir /s --no-state",
  ])("%s makes no sense", (words) => {
    expect(() => parse(["doctor", ...words.split(" ")], fakeIo())).toThrow(UserError);
  });

  test("an unknown code is told the codes there are and the nearest", () => {
    try {
      doctor("--only run-orphand");
      expect.unreachable();
    } catch (error) {
      expect((error as UserError).message).toBe('--only: there is no finding "run-orphand"');
      expect((error as UserError).help).toBe(`Did you mean run-orphaned? The codes are ${FINDING_CODES.join(", ")}`);
    }
  });
});

describe("timeline", () => {
  const asked = (words: string, io = fakeIo()): DoctorOptions => {
    const invocation = parse(["timeline", ...words.split(" ").filter(Boolean)], io);
    if (invocation.command !== "doctor") throw new Error(invocation.command);
    return invocation.options;
  };

  test("reads as doctor does, and fails for no finding", () => {
    const options = asked("a.log --since 2h --session main --run 12 --utc --state-dir /s --run-timeout 20m");
    expect(options.format.name).toBe("timeline");
    expect(options).toMatchObject({
      logs: ["a.log"],
      since: Date.parse("2026-01-28T07:10:15Z"),
      render: { since: Date.parse("2026-01-28T07:10:15Z"), until: null, timeZone: "UTC" },
      session: "main",
      run: "12",
      stateDir: "/s",
      runTimeoutMs: 1_200_000,
      failOn: "never",
    });
  });

  test.each<[string, Record<string, string>, boolean, boolean]>([
    ["", {}, true, false],
    ["", { LANG: "de_DE.UTF-8" }, true, false],
    ["", { LANG: "C.utf8" }, true, false],
    ["", { LANG: "C" }, true, true],
    ["", { LANG: "de_DE.UTF-8", LC_ALL: "C" }, true, true],
    ["", { TERM: "dumb" }, true, true],
    // What is piped does not change with the terminal that it was started in.
    ["", { LANG: "C" }, false, false],
    ["--output x", { LANG: "C" }, true, false],
    ["--ascii", {}, false, true],
  ])("%s with %j, terminal %s: ASCII %s", (words, env, isTTY, ascii) => {
    expect(asked(words, fakeIo({ env, isTTY })).render.ascii).toBe(ascii);
  });
});

describe("what commander says", () => {
  test.each<[string[], RegExp]>([
    [["doctr"], /unknown command 'doctr'[^]*Did you mean doctor\?/],
    [["doctor", "--fromat", "json"], /unknown option '--fromat'[^]*Did you mean --format\?/],
    [["doctor", "--format", "xml"], /Allowed choices are pretty, json, ndjson, github, markdown, junit, html/],
    [["doctor", "--fail-on", "fatal"], /Allowed choices are error, warning, note, never/],
    [["doctor", "--run-timeout"], /argument missing/],
    [["doctor", "-q", "-v"], /cannot be used with/],
    [["explain", "a", "b"], /too many arguments/],
    [["shell-init"], /missing required argument 'shell'/],
    [["shell-init", "tcsh"], /Allowed choices are bash, zsh, fish/],
    [["completion", "tcsh"], /Allowed choices are bash, zsh, fish/],
    [["install-shim"], /missing required argument 'dir'/],
    [["install-shim", "x", "--name", "ls"], /Allowed choices are clawdbot, moltbot, openclaw/],
    [["rset", "main"], /unknown command 'rset'[^]*Did you mean reset\?/],
    [[], /Usage: clawdbot-sessions/],
    [["\u001b[2Jx"], /unknown command '\\x1b\[2Jx'/],
  ])("to %j is a usage error on stderr", (words, expected) => {
    expect(said(...words)).toMatchObject({ out: "", err: expect.stringMatching(expected), exitCode: 2 });
  });

  test.each([
    ["--help"],
    ["doctor", "--help"],
    ["timeline", "--help"],
    ["reset", "--help"],
    ["watch", "--help"],
    ["explain", "-h"],
    ["shell-init", "--help"],
    ["install-shim", "--help"],
    ["completion", "--help"],
  ])("to %s %s is help", async (...words) => {
    const { out, err, exitCode } = said(...words);
    expect({ err, exitCode }).toEqual({ err: "", exitCode: 0 });
    const name = words.length === 1 ? "program" : words[0];
    await expect(out).toMatchFileSnapshot(`__snapshots__/help.${name}.txt`);
  });

  test("the version", () => {
    expect(said("--version")).toMatchObject({ out: "0.0.0\n", exitCode: 0 });
  });
});
