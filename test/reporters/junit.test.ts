/** Test results that Jenkins' schema takes, whatever stands in the log, and that agree with the exit code. */
import { readFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";

import { doctorExitCode } from "../../src/exit-code.ts";
import { FINDING_CODES } from "../../src/model.ts";
import type { FindingCode, Report } from "../../src/model.ts";
import { junit } from "../../src/reporters/junit.ts";
import type { Gate } from "../../src/reporters/reporter.ts";
import { doctor } from "../helpers/doctor.ts";
import { REAL_LOGS } from "../helpers/fixtures.ts";
import { anyReport } from "./any-report.ts";
import { PLAIN } from "./plain.ts";
import { aFinding, aReport, aRun, aSession, SAMPLES } from "./sample-reports.ts";

function sample(name: string): Report {
  const report = SAMPLES[name];
  if (!report) throw new Error(`no sample ${name}`);
  return report;
}

const SCHEMA = readFileSync(new URL("../schemas/jenkins-junit.xsd", import.meta.url), "utf8");

async function problems(...documents: readonly string[]): Promise<readonly string[]> {
  const xml = documents.map((contents, index) => ({ fileName: `report-${index}.xml`, contents }));
  const { errors, valid } = await validateXML({ xml, schema: SCHEMA });
  return errors.length > 0 || valid ? errors.map(({ rawMessage }) => rawMessage) : ["not valid"];
}

const GATE: Gate = { codes: new Set(FINDING_CODES), failOn: "error", allowInconclusive: false };

function render(report: Report, gate: Partial<Gate> = {}): string {
  return junit.render(report, { ...PLAIN, gate: { ...GATE, ...gate } });
}

describe("Jenkins' schema", () => {
  test("takes every sample", async () => {
    expect(await problems(...Object.values(SAMPLES).map((report) => render(report)))).toEqual([]);
  });

  test("takes what is told of every real log", { timeout: 60_000 }, async () => {
    const told = await Promise.all(
      REAL_LOGS.map(async ({ folder }) => (await doctor([folder, "--format", "junit", "--no-state"])).out),
    );
    expect(told.length).toBeGreaterThan(10);
    expect(await problems(...told)).toEqual([]);
  });

  test("takes whatever stands in a log", async () => {
    const reports = fc.sample(anyReport, { numRuns: 200, seed: 1 });
    expect(await problems(...reports.map((report) => render(report)))).toEqual([]);
  });

  test("refuses what is no such document", async () => {
    expect(await problems(render(sample("blocked")).replace("<testsuites", "<testsuites tset='1'"))).not.toEqual([]);
    expect(await problems(render(sample("blocked")).replace("main", "\u0001"))).not.toEqual([]);
  });
});

/** `code: outcome` of every case that did not just pass. */
function outcomes(xml: string): readonly string[] {
  const cases = xml.matchAll(/<testcase classname="clawdbot-sessions\.([\w-]+)" name="([^"]*)" time="0">\s*<([\w-]+)/g);
  return [...cases].map(([, code, name, outcome]) => `${code} ${name}: ${outcome}`);
}

describe("a case", () => {
  const warning = aFinding({ code: "run-lost", severity: "warning", sessionKey: "main" });
  const oneWarning = aReport({ verdict: "orphaned-runs", sessions: [aSession()], findings: [warning] });

  test.each([
    ["error", "run-lost main: system-out"],
    ["never", "run-lost main: system-out"],
    ["warning", "run-lost main: failure"],
    ["note", "run-lost main: failure"],
  ] as const)("of a warning, with --fail-on %s", (failOn, outcome) => {
    expect(outcomes(render(oneWarning, { failOn }))).toEqual([outcome]);
  });

  test("is found by an alias, by its run, or is the one that has no name", () => {
    const findings = [
      aFinding({ code: "run-orphaned", sessionKey: "agent:main:main" }),
      aFinding({ code: "run-lost", runId: "r" }),
      aFinding({ code: "run-stalled", runId: "unknown" }),
    ];
    const report = aReport({ sessions: [aSession()], runs: [aRun({ runId: "r", sessionKey: "main" })], findings });
    expect(outcomes(render(report))).toEqual([
      "run-orphaned main: failure",
      "run-lost main: failure",
      "run-stalled session that the log does not name: failure",
    ]);
  });

  test("holds all findings of its session in one failure", () => {
    const findings = ["first", "second"].map((message) =>
      aFinding({ code: "run-orphaned", sessionKey: "main", message }),
    );
    const xml = render(aReport({ sessions: [aSession()], findings }));
    expect(xml.match(/<failure/g)).toHaveLength(1);
    expect(xml).toContain('message="first (and 1 more finding)"');
    expect(xml).toMatch(/>error \(confidence high\): first\n.*\n\nerror \(confidence high\): second\n/s);
  });

  test("has a name of its own where two gateways have a session of one key", () => {
    const sessions = [aSession({ gateway: 0 }), aSession({ gateway: 2 })];
    const xml = render(aReport({ sessions }), { codes: new Set<FindingCode>(["session-blocked"]) });
    expect([...xml.matchAll(/<testcase .*? name="([^"]*)"/g)].map(([, name]) => name)).toEqual([
      "main (gateway 0)",
      "main (gateway 2)",
    ]);
  });

  test("is skipped where the log cannot tell, which itself is an error unless it is allowed", () => {
    const tells = (allowInconclusive: boolean) => outcomes(render(sample("inconclusive"), { allowInconclusive }));
    const skipped = ["session-blocked", "run-orphaned", "run-lost", "run-stalled"].map(
      (code) => `${code} sessions of the gateway: skipped`,
    );
    expect(tells(false).toSorted()).toEqual(
      [...skipped, "lanes-exhausted lanes of the gateway: skipped", "log-inconclusive log: error"].toSorted(),
    );
    expect(tells(true)).toContain("log-inconclusive log: skipped");
  });
});

test("a check that was not asked for has no suite: it did not pass", () => {
  const xml = render(sample("clean"), { codes: new Set<FindingCode>(["run-lost", "log-gap"]) });
  expect([...xml.matchAll(/<testsuite name="([^"]*)"/g)].map(([, name]) => name)).toEqual(["run-lost", "log-gap"]);
});

test("something fails exactly where the exit code says so", () => {
  fc.assert(
    fc.property(anyReport, fc.constantFrom("error", "warning", "note", "never"), fc.boolean(), (one, failOn, allow) => {
      // Reports are made by hand here, so the verdict must be made to agree with the findings.
      const inconclusive = one.findings.some(({ code }) => code === "log-inconclusive");
      const report: Report = { ...one, verdict: inconclusive ? "inconclusive" : "blocked" };
      const xml = render(report, { failOn, allowInconclusive: allow });
      expect(/<failure|<error/.test(xml)).toBe(doctorExitCode(report, failOn, allow) !== 0);
    }),
  );
});

test("the options of doctor reach it, and --label host is the host", async () => {
  const words = "--format junit --only session-blocked --fail-on never --label host=a1".split(" ");
  const { out } = await doctor(["fixtures/issue-3245/console.log", ...words]);
  expect(await problems(out)).toEqual([]);
  expect(out).toContain('<testsuite name="session-blocked" tests="2" failures="0"');
  expect(out).toContain('hostname="a1"');
  expect(outcomes(out)).toEqual(["session-blocked main: system-out"]);
});
