import { escapeHtmlJson, escapeTerminal } from "../escape.ts";
import type { Report } from "../model.ts";
import { packData } from "./html/data.ts";
import { BODY, SCRIPT, SCRIPT_HASH, STYLE, STYLE_HASH } from "./html/page.generated.ts";
import { pictureOf } from "./picture/picture.ts";
import type { Reporter } from "./reporter.ts";
import { count, VERDICT_LABEL, verdictSentences } from "./wording.ts";

/** A page of this many runs is some ten megabytes, which a browser still opens at once. */
const MOST_RUNS = 50_000;

/**
 * The page may run the one script and use the one style that stand in it, and
 * nothing else: no address, no other script, no text that becomes markup.
 */
const POLICY = [
  "default-src 'none'",
  `script-src '${SCRIPT_HASH}'`,
  `style-src '${STYLE_HASH}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

export const html: Reporter = {
  render(report, { timeZone, since, until }) {
    const data = packData({
      tool: `${report.tool.name} ${report.tool.version}`,
      verdict: report.verdict,
      label: VERDICT_LABEL[report.verdict],
      sentences: verdictSentences(report),
      read: readLine(report),
      // The zone of this machine, not of whoever opens the page.
      timeZone: timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      picture: pictureOf(report, { since, until, mostRuns: MOST_RUNS }),
      findings: report.findings,
    });
    // What acts instead of showing is made visible here; the rest is the page's duty, which sets text and no markup.
    const json = JSON.stringify(data, (_, value: unknown) =>
      typeof value === "string" ? escapeTerminal(value) : value,
    );
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${VERDICT_LABEL[report.verdict]} - ${report.tool.name}</title>
<style>${STYLE}</style>
</head>
<body>
${BODY}
<script type="application/json" id="data">${escapeHtmlJson(json)}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
  },
};

function readLine({ sources, labels }: Report): string {
  const lines = sources.reduce((sum, source) => sum + source.lines, 0);
  const paths = sources.length > 3 ? "" : `: ${sources.map(({ path }) => path).join(", ")}`;
  // Of many gateways' pages each says whose it is.
  const whose = Object.entries(labels).map(([name, value]) => `; ${name} ${value}`);
  return `${count(sources.length, "file")}, ${count(lines, "line")}${paths}${whose.join("")}`;
}
