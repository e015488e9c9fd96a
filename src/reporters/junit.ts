/**
 * JUnit's XML, as Jenkins, GitLab and others read it: a suite a check, a case a
 * session. A case fails exactly where its finding makes `doctor` fail.
 */
import { escapeXml } from "../escape.ts";
import { reaches } from "../exit-code.ts";
import { FINDING_CODES } from "../model.ts";
import type { Finding, FindingCode, Report, SessionReport } from "../model.ts";
import type { Gate, Reporter } from "./reporter.ts";
import { count, verdictSentences } from "./wording.ts";

const DEFAULT_GATE: Gate = { codes: new Set(FINDING_CODES), failOn: "error", allowInconclusive: false };

/** These are about the gateway or its log, not about one of its sessions. */
const ABOUT_ALL: Readonly<Partial<Record<FindingCode, string>>> = {
  "lanes-exhausted": "lanes of the gateway",
  "log-gap": "log",
  "log-inconclusive": "log",
};

export const junit: Reporter = {
  render(report, { gate = DEFAULT_GATE }) {
    const suites = FINDING_CODES.filter((code) => gate.codes.has(code)).map((code) => suiteOf(code, report, gate));
    const all = suites.flatMap(({ cases }) => cases);
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<testsuites${attributes({ name: report.tool.name, ...totals(all), time: "0" })}>`,
      ...suites.flatMap((suite) => suiteLines(suite, report)),
      "</testsuites>",
      "",
    ].join("\n");
  },
};

interface Suite {
  readonly code: FindingCode;
  readonly cases: readonly Case[];
}

interface Case {
  readonly name: string;
  /** `error`: it could not be told. */
  readonly outcome: "passed" | "failure" | "error" | "skipped";
  readonly message: string;
  readonly details: string;
}

function suiteOf(code: FindingCode, report: Report, gate: Gate): Suite {
  const findings = report.findings.filter((finding) => finding.code === code);
  const about = ABOUT_ALL[code];
  if (about !== undefined) return { code, cases: [caseOf(about, findings, code, report, gate)] };
  const find = sessionFinder(report);
  const bySession = groupBy(findings, find);
  const names = namesOf(report.sessions);
  const unnamed = bySession.get(undefined);
  const nothingSeen = report.verdict === "inconclusive" && report.sessions.length === 0;
  return {
    code,
    cases: [
      ...(nothingSeen ? [caseOf("sessions of the gateway", [], code, report, gate)] : []),
      ...report.sessions.map((session) =>
        caseOf(names.get(session) ?? session.sessionKey, bySession.get(session) ?? [], code, report, gate),
      ),
      ...(unnamed ? [caseOf("session that the log does not name", unnamed, code, report, gate)] : []),
    ],
  };
}

/** Tells which session a finding is about, where the report knows that session. */
function sessionFinder({ sessions, runs }: Report): (finding: Finding) => SessionReport | undefined {
  const byName = new Map([
    ...sessions.flatMap((session) => session.aliases.map((alias) => [alias, session] as const)),
    ...sessions.map((session) => [session.sessionKey, session] as const),
  ]);
  const keys = new Map(runs.map(({ runId, sessionKey }) => [runId, sessionKey]));
  return ({ sessionKey, runId }) => byName.get(sessionKey ?? keys.get(runId ?? "") ?? "");
}

/** Two gateways can have a session of one key, and a reader of test results takes cases of one name for one. */
function namesOf(sessions: readonly SessionReport[]): ReadonlyMap<SessionReport, string> {
  const alike = groupBy(sessions, ({ sessionKey }) => sessionKey);
  return new Map(
    sessions.map((session) => {
      const isAlone = alike.get(session.sessionKey)?.length === 1;
      return [session, isAlone ? session.sessionKey : `${session.sessionKey} (gateway ${session.gateway})`];
    }),
  );
}

function groupBy<T, K>(values: readonly T[], keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}

function caseOf(name: string, findings: readonly Finding[], code: FindingCode, report: Report, gate: Gate): Case {
  const [first] = findings;
  if (!first) {
    // Whether lines are missing can be told of any log.
    return report.verdict === "inconclusive" && code !== "log-gap"
      ? { name, outcome: "skipped", message: verdictSentences(report).join(" "), details: "" }
      : { name, outcome: "passed", message: "", details: "" };
  }
  const more = findings.length > 1 ? ` (and ${count(findings.length - 1, "more finding")})` : "";
  return {
    name,
    outcome: outcomeOf(findings, gate),
    message: first.message + more,
    details: findings.map(details).join("\n\n"),
  };
}

function outcomeOf(findings: readonly Finding[], { failOn, allowInconclusive }: Gate): Case["outcome"] {
  if (findings.some(({ code }) => code === "log-inconclusive")) return allowInconclusive ? "skipped" : "error";
  return findings.some(({ severity }) => reaches(severity, failOn)) ? "failure" : "passed";
}

function details({ severity, confidence, message, help, timeline }: Finding): string {
  return [
    `${severity} (confidence ${confidence}): ${message}`,
    ...timeline.map(({ time, text, path, line }) => `${time ?? "?"}  ${text}  ${path}:${line}`),
    ...(help === "" ? [] : [help]),
  ]
    .map(escapeXml)
    .join("\n");
}

function suiteLines({ code, cases }: Suite, report: Report): string[] {
  // The schema of Ant knows no zone.
  const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(report.window.to ?? "")?.[0];
  const { host } = report.labels;
  const skipped = cases.filter(({ outcome }) => outcome === "skipped").length;
  return [
    `  <testsuite${attributes({ name: code, ...totals(cases), skipped: `${skipped}`, time: "0", timestamp, hostname: host })}>`,
    "    <properties>",
    ...Object.entries({ verdict: report.verdict, ...report.labels }).map(
      ([name, value]) => `      <property${attributes({ name, value })}/>`,
    ),
    "    </properties>",
    ...cases.flatMap((one) => caseLines(one, code)),
    "  </testsuite>",
  ];
}

function caseLines({ name, outcome, message, details: text }: Case, code: FindingCode): string[] {
  // Readers take what is before the last dot for the package.
  const open = `    <testcase${attributes({ classname: `clawdbot-sessions.${code}`, name, time: "0" })}`;
  const inside = {
    passed: text === "" ? "" : `<system-out>${text}</system-out>`,
    // Not every reader shows the message of a skipped case, and the schema gives it no attribute.
    skipped: `<skipped>${escapeXml(message)}</skipped>`,
    failure: `<failure${attributes({ type: code, message })}>${text}</failure>`,
    error: `<error${attributes({ type: code, message })}>${text}</error>`,
  }[outcome];
  return inside === "" ? [`${open}/>`] : [`${open}>`, `      ${inside}`, "    </testcase>"];
}

function totals(cases: readonly Case[]): Readonly<Record<"tests" | "failures" | "errors", string>> {
  const having = (outcome: Case["outcome"]) => `${cases.filter((it) => it.outcome === outcome).length}`;
  return { tests: `${cases.length}`, failures: having("failure"), errors: having("error") };
}

function attributes(values: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(values)
    .map(([name, value]) => (value === undefined ? "" : ` ${name}="${escapeXml(value)}"`))
    .join("");
}
