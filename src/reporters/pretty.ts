import { Chalk } from "chalk";
import type { ChalkInstance } from "chalk";
import stringWidth from "fast-string-width";

import { escapeTerminal, withoutCommands } from "../escape.ts";
import type { FindingCode, Report, Verdict } from "../model.ts";
import { findingBlock, findingLine } from "./pretty/finding-block.ts";
import type { BlockOptions } from "./pretty/finding-block.ts";
import { hang, textWidth } from "./pretty/layout.ts";
import { nextSteps } from "./pretty/next-step.ts";
import { runsTable } from "./pretty/runs-table.ts";
import { sessionsTable } from "./pretty/sessions-table.ts";
import { clockOf } from "./pretty/times.ts";
import type { Clock } from "./pretty/times.ts";
import type { Reporter } from "./reporter.ts";
import { grouped } from "../words.ts";
import { toldElsewhere } from "./told.ts";
import { count, VERDICT_LABEL, verdictSentences } from "./wording.ts";

/** More findings of one code than this are summed up after the first few. */
const SIMILAR = 10;
const SHOWN_OF_MANY = 3;

export const pretty: Reporter = {
  render(report, options) {
    const paint = new Chalk({ level: options.colorLevel });
    const clock = clockOf(report, options.timeZone);
    const block: BlockOptions = { width: textWidth(options.width), verbose: options.verbose, clock, paint };
    const short = [verdict(report, block, options.sessionCount), sessionsTable(report, options, clock, paint)];
    const long = [
      ...(options.allRuns ? [runsTable(report, options, clock, paint)] : []),
      ...findings(report, block),
      seen(report, block),
      [...next(report, block), ...read(report, block)],
    ];
    const paragraphs = options.quiet ? short : [...short, ...long];
    const text = paragraphs
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join("\n"))
      .join("\n\n");
    return `${withoutCommands(text)}\n`;
  },
};

function verdict(report: Report, { width, paint }: BlockOptions, sessionCount: number | undefined): string[] {
  const colors: Readonly<Record<Verdict, ChalkInstance>> = {
    blocked: paint.red,
    stalled: paint.red,
    "orphaned-runs": paint.yellow,
    inconclusive: paint.yellow,
    clean: paint.green,
  };
  const label = VERDICT_LABEL[report.verdict];
  const sentences = verdictSentences(report, sessionCount).map(escapeTerminal);
  return sentences.flatMap((sentence, index) =>
    hang(`${index === 0 ? colors[report.verdict].bold(label) : " ".repeat(label.length)}  `, sentence, width),
  );
}

/** A paragraph for each finding; what is alike is summed up. */
function findings(report: Report, options: BlockOptions): string[][] {
  const isToldElsewhere = toldElsewhere(report);
  const told = report.findings.filter((finding) => !isToldElsewhere(finding));
  const paragraphs: string[][] = [];
  const alikeOf = new Map<FindingCode, number>();
  for (const { code } of told) alikeOf.set(code, (alikeOf.get(code) ?? 0) + 1);
  const seenOf = new Map<FindingCode, number>();
  for (const finding of told) {
    const alike = alikeOf.get(finding.code) ?? 0;
    const index = seenOf.get(finding.code) ?? 0;
    seenOf.set(finding.code, index + 1);
    if (options.verbose || alike <= SIMILAR || index < SHOWN_OF_MANY) {
      const isShort = finding.severity === "note" && !options.verbose;
      paragraphs.push(isShort ? findingLine(finding, options) : findingBlock(finding, report, options));
    } else if (index === SHOWN_OF_MANY) {
      const more = `… and ${count(alike - SHOWN_OF_MANY, `more ${finding.code} finding`)} (--verbose shows all)`;
      paragraphs.push([options.paint.dim(more)]);
    }
  }
  return paragraphs;
}

/** What the log showed although it cannot show runs. */
function seen(report: Report, { clock, paint, width }: BlockOptions): string[] {
  if (report.verdict !== "inconclusive") return [];
  if (report.seen.length === 0) return ["Seen  nothing that tells of restarts, lanes or sessions"];
  return report.seen.flatMap(({ what, count: amount, last }, index) => {
    const when = last === null ? "" : paint.dim(`, last at ${clock.stamp(last)}`);
    const text = `${escapeTerminal(what)}: ${grouped(amount)}${when}`;
    return hang(index === 0 ? "Seen  " : "      ", text, width);
  });
}

function next(report: Report, { paint, width }: BlockOptions): string[] {
  const inconclusive = report.findings.find(({ code }) => code === "log-inconclusive");
  const steps = report.verdict === "inconclusive" && inconclusive ? [{ note: inconclusive.help }] : nextSteps(report);
  return steps.flatMap(({ command, note }: { command?: string; note: string }, index) => {
    const lead = index === 0 ? "Next  " : "      ";
    if (command === undefined) return hang(lead, escapeTerminal(note), width);
    const oneLine = `${lead}${paint.bold(command)}   ${escapeTerminal(note)}`;
    if (stringWidth(oneLine) <= width) return [oneLine];
    // A command is never folded: the newline would be pasted with it.
    return [lead + paint.bold(command), ...hang("      ", escapeTerminal(note), width)];
  });
}

function read(report: Report, { clock, paint, width }: BlockOptions): string[] {
  const lines = report.sources.reduce((sum, source) => sum + source.lines, 0);
  const unread = report.sources.reduce((sum, source) => sum + source.unparsedCandidates, 0);
  const facts = [count(report.sources.length, "file"), count(lines, "line"), span(report, clock)];
  const text = [
    facts.filter((fact) => fact !== "").join(", "),
    ...(unread > 0 ? [`${count(unread, "line looks", "lines look")} like a run's and could not be read`] : []),
  ].join("; ");
  const redacted = report.redacted
    ? hang("      ", "Redacted: session-1, person-1, file-1 and the like are names of this report only.", width)
    : [];
  return [...hang("Read  ", text, width), ...redacted].map((line) => paint.dim(line));
}

function span({ window }: Report, clock: Clock): string {
  if (window.from === null || window.to === null) return "";
  const dash = clock.oneDay ? "–" : " – ";
  return `${clock.stamp(window.from)}${dash}${clock.stamp(window.to)} ${clock.zoneName}`;
}
