import { describe, expect, test } from "vitest";

import { CHECKS } from "../../src/checks/index.ts";
import { FINDING_CODES } from "../../src/model.ts";
import { diagnoseLog } from "../helpers/track.ts";

// The logs are not in the names: a name that changes with its log hides that the log has changed.
describe.each(CHECKS.map((check) => [check.code, check] as const))("%s", (_code, check) => {
  test("fires on its bad examples", () => {
    expect(check.examples.bad.length).toBeGreaterThan(0);
    for (const log of check.examples.bad) {
      const findings = check.run(diagnoseLog(log));
      expect(findings.length, log).toBeGreaterThan(0);
      for (const finding of findings) {
        expect(finding.code).toBe(check.code);
        expect(finding.message).not.toBe("");
        expect(finding.help).not.toBe("");
        // Plain words: where they go to, a sign of markup would be shown escaped.
        expect(finding.message + finding.help).not.toContain("`");
      }
    }
  });

  test("stays silent on its good examples", () => {
    expect(check.examples.good.length).toBeGreaterThan(0);
    for (const log of check.examples.good) expect(check.run(diagnoseLog(log)), log).toEqual([]);
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
