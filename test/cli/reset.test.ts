import { describe, expect, test } from "vitest";

import { parse } from "../../src/cli.ts";
import { UserError } from "../../src/errors.ts";
import { resetExitCode } from "../../src/exit-code.ts";
import { OUTCOMES, type Outcome } from "../../src/model.ts";
import type { ResetOptions } from "../../src/reset-options.ts";
import { fakeIo } from "./fake-io.ts";

function reset(words: string): ResetOptions {
  const invocation = parse(["reset", ...words.split(" ").filter(Boolean)], fakeIo());
  if (invocation.command !== "reset") throw new Error(JSON.stringify(invocation));
  return invocation.options;
}

test("with a session", () => {
  expect(reset("main")).toEqual({
    ids: ["main"],
    runs: [],
    allBlocked: false,
    logs: [],
    state: true,
    stateDir: null,
    dryRun: false,
    yes: false,
    force: false,
    newSession: false,
    onlySure: false,
    probe: null,
    reason: null,
    json: false,
    redact: false,
    gateway: {},
    timeoutMs: null,
    verifyMs: null,
    runTimeoutMs: null,
    stallAfterMs: null,
  });
});

test("with everything", () => {
  const words =
    "main room --run r1 --run r2 --dry-run --yes --force --new-session --probe --probe-timeout 2m --reason because" +
    " --state-dir /s --timeout 2s --verify-timeout 20s --run-timeout 20m --stall-after 1h --json --url ws://h:1 --logs a.log b.log";
  expect(reset(words)).toMatchObject({
    ids: ["main", "room"],
    runs: ["r1", "r2"],
    logs: ["a.log", "b.log"],
    probe: { timeoutMs: 120_000 },
    gateway: { url: "ws://h:1" },
    timeoutMs: 2_000,
    verifyMs: 20_000,
    runTimeoutMs: 1_200_000,
    stallAfterMs: 3_600_000,
    stateDir: "/s",
  });
});

test("--probe-text is a probe too", () => {
  expect(reset("main --probe-text hello").probe?.text).toBe("hello");
});

test.each(["", "main --all-blocked", "main --state-dir /s --no-state", "main --timeout 0", "main --probe-text /stop"])(
  "%j makes no sense",
  (words) => {
    expect(() => reset(words)).toThrow(UserError);
  },
);

describe("the exit code", () => {
  test.each<[readonly Outcome[], number]>([
    [[], 0],
    [["restored"], 0],
    [["already-free", "planned"], 0],
    [["restored", "unverified"], 1],
    [["ineffective"], 1],
    [["declined"], 1],
    [["refused", "restored"], 1],
    [["failed"], 1],
    [["not-found", "refused"], 2],
    [["ambiguous"], 2],
  ])("of %j is %s", (outcomes, code) => {
    expect(resetExitCode(outcomes)).toBe(code);
  });

  test.each(OUTCOMES)("of %s alone is no bug", (outcome) => {
    expect([0, 1, 2]).toContain(resetExitCode([outcome]));
  });
});
