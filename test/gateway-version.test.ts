import { describe, expect, test } from "vitest";

import { logInconclusive } from "../src/checks/log-inconclusive.ts";
import type { EventKind } from "../src/events/index.ts";
import {
  compareVersions,
  defaultRunTimeoutMs,
  defaultStallAfterMs,
  inferVersion,
  isAtLeast,
  versionNamedBy,
  versionText,
  type GatewayVersion,
} from "../src/gateway-version.ts";
import { at } from "./helpers/log-lines.ts";
import { diagnoseLog } from "./helpers/track.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const version = (exact: string | null, atLeast: string | null = null, product = "openclaw"): GatewayVersion => ({
  product,
  exact,
  atLeast,
});

describe("compareVersions", () => {
  test.each([
    ["2026.1.24-3", "2026.1.24-3", 0],
    ["2026.1.24", "2026.1.24-3", -1],
    ["2026.1.24-10", "2026.1.24-9", 1],
    ["2026.1.30", "2026.2.2", -1],
    ["2026.10.1", "2026.9.6", 1],
    ["2025.12.31", "2026.1.1", -1],
  ])("%s against %s", (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
    expect(Math.sign(compareVersions(b, a))).toBe(sign === 0 ? 0 : -sign);
  });
});

describe("versionNamedBy", () => {
  test.each([
    ["🦞 OpenClaw 2026.9.6 (abc1234)", "2026.9.6"],
    ["Clawdbot gateway version: 2026.1.24-3", "2026.1.24-3"],
    ["Moltbot v2026.1.27", "2026.1.27"],
    ["update available (latest): v2026.9.6 (current v2026.1.24-3)", "2026.1.24-3"],
    ["she asked what OpenClaw 2026.9.6 can do", undefined],
    ["OpenClaw 2026-01-28", undefined],
    ["see clawdbot.example/2026.1.24", undefined],
    ["notclawdbot 2026.1.24", undefined],
    ["update available: 2026.9.6", undefined],
    [`OpenClaw 2026.9.6 ${"x".repeat(300)}`, undefined],
    ["", undefined],
  ])("%s", (message, expected) => {
    expect(versionNamedBy({ message })).toBe(expected);
  });

  test("believes only those who log it", () => {
    const message = "OpenClaw 2026.9.6";
    expect(versionNamedBy({ message, subsystem: "gateway" })).toBe("2026.9.6");
    expect(versionNamedBy({ message, subsystem: "ws" })).toBe(undefined);
  });
});

describe("inferVersion", () => {
  test.each<readonly [string, EventKind[], string | undefined, string | undefined, GatewayVersion]>([
    ["nothing was seen", [], undefined, undefined, version(null, null, "clawdbot")],
    ["only the product", [], "moltbot", undefined, version(null, null, "moltbot")],
    ["lines that all versions log", ["run-start", "run-done"], "clawdbot", undefined, version(null, null, "clawdbot")],
    ["a line of a later version", ["run-start", "run-cleanup"], undefined, undefined, version(null, "2026.2.17")],
    [
      "the latest of several",
      ["run-cleanup", "gateway-loading", "lane-interrupted"],
      undefined,
      undefined,
      version(null, "2026.5.28"),
    ],
    ["a line that names it", ["run-cleanup"], "openclaw", "2026.3.31", version("2026.3.31", "2026.2.17")],
  ])("%s", (_name, kinds, product, exact, expected) => {
    expect(inferVersion(new Set(kinds), product, exact)).toEqual(expected);
  });
});

test.each([
  [version("2026.3.31"), "2026.3.31", true],
  [version("2026.3.30"), "2026.3.31", false],
  [version(null, "2026.5.28"), "2026.3.31", true],
  [version(null, "2026.2.17"), "2026.3.31", false],
  [version(null), "2026.1.1", false],
  // What is named outright wins over what the lines bound.
  [version("2026.2.26", "2026.5.28"), "2026.3.31", false],
])("%j is at least %s: %s", (it, than, expected) => {
  expect(isAtLeast(it, than)).toBe(expected);
});

test.each([
  [version("2026.1.24-3", null, "clawdbot"), "clawdbot 2026.1.24-3"],
  [version(null, "2026.6.11"), "openclaw (2026.6.11 or later)"],
  [version(null, null, "clawdbot"), "clawdbot"],
])("%j is called %s", (it, expected) => {
  expect(versionText(it)).toBe(expected);
});

test.each([
  [version(null, null, "clawdbot"), 10 * MINUTE_MS],
  [version("2026.2.26"), 10 * MINUTE_MS],
  [version("2026.3.31"), 48 * HOUR_MS],
  [version(null, "2026.9.6"), 48 * HOUR_MS],
])("%j lets a run go on for %d ms, and silence is worth a word after 11 min", (it, expected) => {
  expect(defaultRunTimeoutMs(it)).toBe(expected);
  expect(defaultStallAfterMs(expected)).toBe(11 * MINUTE_MS);
});

test("a shorter run timeout makes a shorter patience", () => {
  expect(defaultStallAfterMs(2 * MINUTE_MS)).toBe(3 * MINUTE_MS);
});

describe("the setting that brings run lines into the log", () => {
  const blind = diagnoseLog(at("08:00:00", "gateway", "signal SIGHUP received"));
  const settingText = (it: GatewayVersion) => logInconclusive.run({ ...blind, version: it })[0]?.help ?? "";

  test.each([
    [version("2026.1.24-3", null, "clawdbot"), /logging\.level to "error"/, /to "debug"\./],
    [version("2026.4.15"), /OPENCLAW_LOG_LEVEL=debug/, /set logging\.level/],
    [version("2026.5.28"), /logging\.level to "debug"/, /reversed/],
    [version(null, "2026.9.6"), /logging\.level to "debug"/, /reversed/],
  ])("of %j", (it, said, unsaid) => {
    expect(settingText(it)).toMatch(said);
    expect(settingText(it)).not.toMatch(unsaid);
  });

  test("is every one that it may be, where the version is not known", () => {
    const text = settingText(version(null));
    for (const part of ['"error"', "OPENCLAW_LOG_LEVEL=debug", '"debug"']) expect(text).toContain(part);
  });
});
