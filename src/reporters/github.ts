import { escapeGithubData, escapeGithubLine, escapeGithubProperty } from "../escape.ts";
import type { Finding, Severity } from "../model.ts";
import type { Reporter } from "./reporter.ts";
import { count, VERDICT_LABEL, verdictSentences } from "./wording.ts";

/** GitHub shows ten annotations of a kind for a step and drops the others without a word. */
const MOST = 10;
const COMMAND: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", note: "notice" };

export const github: Reporter = {
  render(report, { sessionCount }) {
    const rest = report.findings.slice(MOST);
    const sentences = verdictSentences(report, sessionCount).join(" ");
    return [
      ...report.findings.slice(0, MOST).map(annotation),
      ...(rest.length > 0 ? [summary(rest)] : []),
      escapeGithubLine(`${VERDICT_LABEL[report.verdict]}: ${sentences}`),
    ]
      .map((line) => `${line}\n`)
      .join("");
  },
};

function annotation(finding: Finding): string {
  const { location } = finding;
  const properties = [
    ...(location && location.path !== "-"
      ? [`file=${escapeGithubProperty(location.path)}`, `line=${location.line}`]
      : []),
    `title=${escapeGithubProperty(finding.code)}`,
  ];
  const text = finding.help === "" ? finding.message : `${finding.message}\n${finding.help}`;
  return `::${COMMAND[finding.severity]} ${properties.join(",")}::${escapeGithubData(text)}`;
}

function summary(rest: readonly Finding[]): string {
  const byCode = new Map<string, number>();
  for (const { code } of rest) byCode.set(code, (byCode.get(code) ?? 0) + 1);
  const list = [...byCode].map(([code, amount]) => `${amount} ${code}`).join(", ");
  return `::notice title=clawdbot-sessions::${escapeGithubData(`and ${count(rest.length, "more finding")}: ${list}`)}`;
}
