import { SEVERITIES } from "./model.ts";
import type { Outcome, Report, Severity } from "./model.ts";

/** What the process says when it ends. Part of the contract: scripts rely on the numbers. */
export const EXIT = {
  /** Nothing at or above `--fail-on`. */
  ok: 0,
  /** At least one finding at or above `--fail-on`. */
  findings: 1,
  /** A wrong word or option, or nothing could be read. */
  usage: 2,
  /** The log cannot show runs, so "nothing found" would mean nothing. */
  inconclusive: 3,
  /** A bug of ours (`EX_SOFTWARE` of sysexits.h). */
  bug: 70,
  /** Ctrl-C: 128 + SIGINT, as a shell reports it. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The least severity that makes `doctor` fail; `never`: none does. */
export const FAIL_ON = ["error", "warning", "note", "never"] as const;
export type FailOn = (typeof FAIL_ON)[number];

/**
 * The exit code of `doctor` for a report.
 *
 * `log-inconclusive` is never counted as a finding here, whatever its severity:
 * it has a code of its own, 3, so that a script can tell "something is wrong"
 * from "cannot tell". A real finding wins over it.
 */
export function doctorExitCode(
  report: Pick<Report, "findings" | "verdict">,
  failOn: FailOn,
  allowInconclusive: boolean,
): ExitCode {
  const inconclusive =
    report.verdict === "inconclusive" || report.findings.some((finding) => finding.code === "log-inconclusive");
  if (report.findings.some((finding) => finding.code !== "log-inconclusive" && reaches(finding.severity, failOn))) {
    return EXIT.findings;
  }
  return inconclusive && !allowInconclusive ? EXIT.inconclusive : EXIT.ok;
}

/** Whether a finding of this severity makes `doctor` fail. */
export function reaches(severity: Severity, failOn: FailOn): boolean {
  return failOn !== "never" && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failOn);
}

/** What of a session's outcome is good news; the type makes an outcome without a meaning impossible. */
const OUTCOME_IS_FREE: Readonly<Record<Outcome, boolean | "nothing-sent">> = {
  restored: true,
  "already-free": true,
  planned: true,
  declined: false,
  unverified: false,
  ineffective: false,
  refused: false,
  failed: false,
  "not-found": "nothing-sent",
  ambiguous: "nothing-sent",
};

/**
 * The exit code of `reset`: 0 where every session is free, 2 where one of the
 * names is not known (and so nothing was sent at all), else 1.
 */
export function resetExitCode(outcomes: readonly Outcome[]): ExitCode {
  const each = outcomes.map((it) => OUTCOME_IS_FREE[it]);
  if (each.includes("nothing-sent")) return EXIT.usage;
  return each.every((it) => it === true) ? EXIT.ok : EXIT.findings;
}
