import { expect, test } from "vitest";

import { doctorExitCode, FAIL_ON } from "../src/exit-code.ts";
import type { FailOn } from "../src/exit-code.ts";
import type { Finding, FindingCode, Severity, Verdict } from "../src/model.ts";
import { aFinding } from "./reporters/sample-reports.ts";

function findings(...list: readonly [FindingCode, Severity][]): readonly Finding[] {
  return list.map(([code, severity]) => aFinding({ code, severity }));
}

const BLOCKED = findings(["session-blocked", "error"], ["run-orphaned", "error"]);
const LOST = findings(["run-lost", "warning"]);
const NOTE = findings(["run-lost", "note"]);
const UNCLEAR = findings(["log-inconclusive", "warning"]);

test.each<[string, readonly Finding[], Verdict, FailOn, boolean, number]>([
  ["nothing found", [], "clean", "note", false, 0],
  ["an error", BLOCKED, "blocked", "error", false, 1],
  ["an error, and --fail-on never", BLOCKED, "blocked", "never", false, 0],
  ["a warning is below error", LOST, "orphaned-runs", "error", false, 0],
  ["a warning is at warning", LOST, "orphaned-runs", "warning", false, 1],
  ["a warning is above note", LOST, "orphaned-runs", "note", false, 1],
  ["a note is below warning", NOTE, "orphaned-runs", "warning", false, 0],
  ["a note is at note", NOTE, "orphaned-runs", "note", false, 1],
  ["inconclusive", UNCLEAR, "inconclusive", "error", false, 3],
  ["inconclusive is no finding at warning", UNCLEAR, "inconclusive", "warning", false, 3],
  ["inconclusive is no finding at note", UNCLEAR, "inconclusive", "note", false, 3],
  ["inconclusive under --fail-on never", UNCLEAR, "inconclusive", "never", false, 3],
  ["inconclusive and allowed", UNCLEAR, "inconclusive", "error", true, 0],
  ["inconclusive and allowed, at warning", UNCLEAR, "inconclusive", "warning", true, 0],
  ["inconclusive with its finding skipped", [], "inconclusive", "error", false, 3],
  ["an error beside inconclusive", [...BLOCKED, ...UNCLEAR], "blocked", "error", false, 1],
  ["an error beside inconclusive, allowed", [...BLOCKED, ...UNCLEAR], "blocked", "error", true, 1],
  ["a warning that counts beside inconclusive", [...LOST, ...UNCLEAR], "orphaned-runs", "warning", false, 1],
  ["a warning that does not count beside inconclusive", [...LOST, ...UNCLEAR], "orphaned-runs", "error", false, 3],
])("%s", (_, list, verdict, failOn, allow, code) => {
  expect(doctorExitCode({ findings: list, verdict }, failOn, allow)).toBe(code);
});

test("a lower threshold never makes a failing report pass", () => {
  for (const list of [BLOCKED, LOST, NOTE]) {
    const codes = FAIL_ON.map((failOn) => doctorExitCode({ findings: list, verdict: "blocked" }, failOn, false));
    expect(codes[2]).toBeGreaterThanOrEqual(codes[1] ?? 0);
    expect(codes[1]).toBeGreaterThanOrEqual(codes[0] ?? 0);
  }
});
