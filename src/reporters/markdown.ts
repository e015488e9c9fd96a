import { Chalk } from "chalk";

import { escapeMarkdown, markdownCode } from "../escape.ts";
import type { Finding, Report } from "../model.ts";
import { codeBlock, withinLimit } from "./markdown/blocks.ts";
import type { Section } from "./markdown/blocks.ts";
import { nextSteps } from "./pretty/next-step.ts";
import type { NextStep } from "./pretty/next-step.ts";
import { RUN_HEAD, runCells } from "./pretty/runs-table.ts";
import { SESSION_HEAD, sessionCells } from "./pretty/sessions-table.ts";
import { timelineLines } from "./pretty/timeline.ts";
import { clockOf } from "./pretty/times.ts";
import type { Clock } from "./pretty/times.ts";
import type { RenderOptions, Reporter } from "./reporter.ts";
import { toldElsewhere } from "./told.ts";
import { blockedSessions, count, VERDICT_LABEL, verdictSentences } from "./wording.ts";

/**
 * Bytes. GitHub shows no job summary of more than 1 MiB for a step, and says so
 * only in an annotation; what other commands of the step append must fit as well.
 */
const MOST_BYTES = 1_000_000;
/** Characters of one text out of a log: a key or a message beyond this helps nobody. */
const LONGEST_TEXT = 600;
/** Steps beyond this would be one for each of many files: the first show what to do. */
const MOST_STEPS = 10;
/** Columns of a timeline. */
const WIDTH = 100;
const NO_COLOR = new Chalk({ level: 0 });

export const markdown: Reporter = {
  render(report, options) {
    const clock = clockOf(report, options.timeZone);
    const sections = [
      sessionsSection(report, clock),
      ...(options.quiet ? [] : [findingsSection(report, options, clock), seenSection(report, clock)]),
      ...(options.allRuns && !options.quiet ? [runsSection(report, options, clock)] : []),
    ];
    const foot = options.quiet ? [] : [...nextBlock(report), readLine(report, options, clock)];
    return withinLimit(headline(report), sections, foot, MOST_BYTES);
  },
};

function headline(report: Report): string {
  // In one line: what begins a line could be markup.
  const sentences = verdictSentences(report).map(prose).join(" ");
  const labels = Object.entries(report.labels).map(([name, value]) => `${name} ${code(value)}`);
  return [
    "## clawdbot-sessions",
    `**${VERDICT_LABEL[report.verdict]}** ${sentences}`,
    ...(labels.length > 0 ? [`Labels: ${labels.join(", ")}`] : []),
  ].join("\n\n");
}

function sessionsSection(report: Report, clock: Clock): Section {
  return {
    head: tableHead(SESSION_HEAD),
    items: blockedSessions(report).map((blocked) => () => {
      const [key = "", ...cells] = sessionCells(blocked, clock);
      return `| ${[code(key), ...cells.map(prose)].join(" | ")} |`;
    }),
    glue: "\n",
    share: 0.3,
    leftOut: (amount) => `… and ${count(amount, "more session")}, left out here: a job summary holds 1 MiB.`,
  };
}

function findingsSection(report: Report, options: RenderOptions, clock: Clock): Section {
  const isToldElsewhere = toldElsewhere(report);
  const told = report.findings.filter((finding) => !isToldElsewhere(finding));
  return {
    head: "### Findings\n",
    items: told.map((finding) => () => findingText(finding, report, options, clock)),
    glue: "\n\n",
    share: 0.9,
    leftOut: (amount) => `… and ${count(amount, "more finding")}, left out here: a job summary holds 1 MiB.`,
  };
}

function findingText(finding: Finding, report: Report, { verbose }: RenderOptions, clock: Clock): string {
  const { severity, location, help } = finding;
  const lines = timelineLines(finding, report, { clock, verbose, width: WIDTH, paint: NO_COLOR });
  const where = location ? ` (${code(`${location.path}:${location.line}`)})` : "";
  return [
    `**${severity}** ${code(finding.code)}: ${prose(finding.message)}${where}`,
    ...(lines.length > 0 ? [`<details><summary>Evidence</summary>\n\n${codeBlock(lines, "text")}\n\n</details>`] : []),
    ...(help === "" ? [] : [`> Help: ${prose(help)}`]),
  ].join("\n\n");
}

/** What a log that cannot show runs showed beside them. */
function seenSection(report: Report, clock: Clock): Section {
  const items = report.verdict === "inconclusive" ? report.seen : [];
  return {
    head: tableHead(["SEEN", "COUNT", "LAST"]),
    items: items.map((it) => () => {
      const last = it.last === null ? "-" : prose(clock.stamp(it.last));
      return `| ${prose(it.what)} | ${it.count.toLocaleString("en-US")} | ${last} |`;
    }),
    glue: "\n",
    share: 0.9,
    leftOut: (amount) => `… and ${count(amount, "more kind")} of lines, left out here: a job summary holds 1 MiB.`,
  };
}

function runsSection(report: Report, options: RenderOptions, clock: Clock): Section {
  return {
    head: `### Runs\n\n${tableHead(RUN_HEAD)}`,
    items: report.runs.map((run) => () => {
      const [id = "", session = "", ...cells] = runCells(run, report, options, clock);
      return `| ${[code(id), code(session), ...cells.map(prose)].join(" | ")} |`;
    }),
    glue: "\n",
    share: 1,
    leftOut: (amount) => `… and ${count(amount, "more run")}, left out here: a job summary holds 1 MiB.`,
  };
}

function nextBlock(report: Report): string[] {
  const inconclusive = report.findings.find(({ code }) => code === "log-inconclusive");
  const steps: readonly NextStep[] =
    report.verdict === "inconclusive" && inconclusive ? [{ note: inconclusive.help }] : nextSteps(report);
  if (steps.length === 0) return [];
  return [
    "### Next",
    ...steps.slice(0, MOST_STEPS).map(({ command, note }) =>
      // A command that was cut could not be pasted, or worse, could.
      command === undefined || command.length > LONGEST_TEXT
        ? `- ${prose(note)}`
        : `${codeBlock([command], "sh")}\n\n- ${prose(note)}`,
    ),
    ...(steps.length > MOST_STEPS ? [`… and ${count(steps.length - MOST_STEPS, "more step")} of this kind.`] : []),
  ];
}

function readLine({ sources, window, tool }: Report, { timeZone }: RenderOptions, clock: Clock): string {
  const lines = sources.reduce((sum, source) => sum + source.lines, 0);
  const unread = sources.reduce((sum, source) => sum + source.unparsedCandidates, 0);
  const facts = [
    `Read ${count(sources.length, "file")}`,
    count(lines, "line"),
    ...(window.from === null || window.to === null
      ? []
      : [`${prose(clock.stamp(window.from))} to ${prose(clock.stamp(window.to))} ${prose(timeZone ?? "local")}`]),
    ...(unread > 0 ? [`${count(unread, "line looks", "lines look")} like a run's and could not be read`] : []),
  ];
  return `${facts.join(", ")}. ${prose(`${tool.name} ${tool.version}`)}`;
}

function tableHead(titles: readonly string[]): string {
  const capitalised = titles.map((title) => title.slice(0, 1) + title.slice(1).toLowerCase());
  return `| ${capitalised.join(" | ")} |\n|${titles.map(() => "---").join("|")}|`;
}

function prose(text: string): string {
  return escapeMarkdown(clip(text));
}

function code(text: string): string {
  return markdownCode(clip(text));
}

function clip(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`;
}
