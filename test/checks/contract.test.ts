import { describe, expect, test } from "vitest";

import { CHECKS } from "../../src/checks/index.ts";
import { FINDING_CODES } from "../../src/model.ts";
import { diagnoseLog } from "../helpers/track.ts";

describe.each(CHECKS.map((check) => [check.code, check] as const))("%s", (_code, check) => {
  test.each(check.examples.bad.map((log) => [log]))("fires on\n%s", (log) => {
    const findings = check.run(diagnoseLog(log));
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) {
      expect(finding.code).toBe(check.code);
      expect(finding.message).not.toBe("");
      expect(finding.help).not.toBe("");
    }
  });

  test.each(check.examples.good.map((log) => [log]))("stays silent on\n%s", (log) => {
    expect(check.run(diagnoseLog(log))).toEqual([]);
  });
});

test("every code has one check, and the codes are the contract's", () => {
  expect(CHECKS.map((check) => check.code).toSorted()).toEqual([...FINDING_CODES].toSorted());
  // Renaming a code breaks scripts: this list changes only with the schema.
  expect([...FINDING_CODES]).toMatchInlineSnapshot(`
    [
      "session-blocked",
      "lanes-exhausted",
      "run-orphaned",
      "run-lost",
      "run-stalled",
      "log-gap",
      "log-inconclusive",
    ]
  `);
});
