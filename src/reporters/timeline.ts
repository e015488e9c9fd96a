/** `clawdbot-sessions timeline`: the picture in text, a line for each session. */
import { Chalk } from "chalk";
import type { ChalkInstance } from "chalk";
import stringWidth from "fast-string-width";

import { escapeTerminal, withoutCommands } from "../escape.ts";
import type { Report } from "../model.ts";
import { spanText } from "../words.ts";
import { MARK_KINDS, MARK_TEXT, STATES_BY_WEIGHT } from "./picture/model.ts";
import type { GatewayLog, Mark, Picture, Row } from "./picture/model.ts";
import { pictureOf } from "./picture/picture.ts";
import { heldText } from "./picture/words.ts";
import { hang } from "./pretty/layout.ts";
import { clockOf } from "./pretty/times.ts";
import type { Clock } from "./pretty/times.ts";
import type { RenderOptions, Reporter } from "./reporter.ts";
import { axisOf } from "./timeline/axis.ts";
import { cellsOf, columnOf, isWithin } from "./timeline/grid.ts";
import type { CellKind, Columns } from "./timeline/grid.ts";
import { CELL_TEXT, paintOf, signsOf } from "./timeline/signs.ts";
import type { Signs } from "./timeline/signs.ts";
import { count, VERDICT_LABEL, verdictSentences } from "./wording.ts";

const NARROWEST = 40;
/** A space at which no line ends. */
const TIED = "\u{a0}";
/** Sessions in which nothing went wrong are summed up beyond this many. */
const WELL_SHOWN = 20;
/** Restarts and crashes that are listed under the picture. */
const MARKS_LISTED = 12;

interface Canvas {
  readonly columns: Columns;
  readonly names: number;
  readonly notes: number;
  readonly width: number;
  readonly signs: Signs;
  readonly paint: ChalkInstance;
  readonly clock: Clock;
  readonly picture: Picture;
}

export const timeline: Reporter = {
  render(report, options) {
    const paint = new Chalk({ level: options.colorLevel });
    const width = Math.max(NARROWEST, options.width);
    const picture = pictureOf(report, { ...options, mostRuns: Number.POSITIVE_INFINITY });
    const paragraphs = [
      head(report, width, paint),
      ...(picture
        ? drawn(picture, report, options, width, paint)
        : [["The log gives no times, so there is nothing to draw."]]),
    ];
    const text = paragraphs
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.map((line) => line.trimEnd()).join("\n"))
      .join("\n\n");
    return `${withoutCommands(options.ascii ? toAscii(text) : text)}\n`;
  },
};

function head(report: Report, width: number, paint: ChalkInstance): string[] {
  const label = VERDICT_LABEL[report.verdict];
  return verdictSentences(report).flatMap((sentence, index) =>
    hang(`${index === 0 ? paint.bold(label) : " ".repeat(label.length)}  `, escapeTerminal(sentence), width),
  );
}

function drawn(
  picture: Picture,
  report: Report,
  options: RenderOptions,
  width: number,
  paint: ChalkInstance,
): string[][] {
  const { rows, more } = shownRows(picture.rows, options.verbose);
  const logs = picture.logs.length > 0 ? picture.logs : [{ log: 0, name: "gateway" }];
  // Not by arguments of Math.max: there may be more rows than a call can have.
  const most = (sizes: readonly number[]): number => sizes.reduce((max, size) => Math.max(max, size), 0);
  const widest = most([...rows, ...logs].map(({ name }) => stringWidth(escapeTerminal(name))));
  const names = Math.min(widest, Math.max(12, Math.floor(width / 4)));
  const longestNote = most(rows.map((row) => noteOf(row, picture).length));
  const notes = width >= 72 ? longestNote : 0;
  const columns = { from: picture.from, to: picture.to, count: width - names - 2 - (notes === 0 ? 0 : notes + 2) };
  const clock = clockOf(report, options.timeZone, [picture.from, picture.to]);
  const canvas: Canvas = { columns, names, notes, width, signs: signsOf(options.ascii), paint, clock, picture };
  const used = new Set<CellKind>();
  const [labels, ticks] = axisOf(columns, clock, canvas.signs.tick);
  const lead = " ".repeat(names + 2);
  return [
    [
      paint.dim(lead + labels),
      paint.dim(lead + ticks),
      ...logs.flatMap((log) => group(log, rows, canvas, used)),
      ...(more > 0
        ? [paint.dim(`… and ${count(more, "more session")} where all went well (--verbose shows them)`)]
        : []),
    ],
    legend(canvas, used),
    marksList(canvas),
    notesOf(canvas),
  ];
}

/** What went wrong is always shown; of the rest the first ones. */
function shownRows(all: readonly Row[], verbose: boolean): { rows: readonly Row[]; more: number } {
  const isWell = (row: Row) =>
    row.state !== "blocked" && row.state !== "busy" && row.bars.every((bar) => bar.state === "completed");
  const well = all.filter(isWell);
  if (verbose || well.length <= WELL_SHOWN + 1) return { rows: all, more: 0 };
  const kept = new Set(well.slice(0, WELL_SHOWN));
  const rows = all.filter((row) => !isWell(row) || kept.has(row));
  return { rows, more: all.length - rows.length };
}

function group(log: GatewayLog, rows: readonly Row[], canvas: Canvas, used: Set<CellKind>): string[] {
  const { columns, picture, paint, signs } = canvas;
  const marks = picture.marks.filter((it) => it.log === log.log && isWithin(it.at, columns));
  const own = Array.from({ length: columns.count }, () => " ");
  for (const mark of marks) own[columnOf(mark.at, columns)] = signOf(mark, own[columnOf(mark.at, columns)], signs);
  const through = new Set(marks.map((mark) => columnOf(mark.at, columns)));
  return [
    `${paint.dim(padded(escapeTerminal(log.name), canvas.names))}  ${paint.bold(own.join(""))}`,
    ...rows.filter((row) => row.log === log.log).map((row) => rowLine(row, through, canvas, used)),
  ];
}

/** A crash is not hidden by the start that follows it. */
function signOf(mark: Mark, there: string | undefined, signs: Signs): string {
  const rank = (sign: string) => MARK_KINDS.findIndex((kind) => signs.marks[kind] === sign);
  const sign = signs.marks[mark.kind];
  if (there === undefined || there === " ") return sign;
  if (there === signs.marks.crash || sign === signs.marks.crash) return signs.marks.crash;
  return rank(there) <= rank(sign) ? there : sign;
}

function rowLine(row: Row, through: ReadonlySet<number>, canvas: Canvas, used: Set<CellKind>): string {
  const { columns, names, notes, paint, signs, picture } = canvas;
  const paints = paintOf(paint);
  const cells = cellsOf(row, columns).map((kind, index) => {
    used.add(kind);
    return kind === "empty" && through.has(index) ? paint.dim(signs.line) : paints[kind](signs.cells[kind]);
  });
  const name = padded(escapeTerminal(row.name), names);
  const note = notes === 0 ? "" : noteOf(row, picture);
  const isBlocked = row.state === "blocked";
  return `${isBlocked ? paint.bold(name) : name}  ${cells.join("")}  ${isBlocked ? paint.red(note) : paint.dim(note)}`;
}

function noteOf(row: Row, picture: Picture): string {
  const { length } = row.bars;
  return heldText(row, picture) || (length === 1 ? "1 run" : `${length} runs`);
}

function legend({ signs, width, paint }: Canvas, used: ReadonlySet<CellKind>): string[] {
  const order: CellKind[] = [...STATES_BY_WEIGHT.toReversed(), "silent", "queued", "waiting"];
  const paints = paintOf(paint);
  const parts = order
    .filter((kind) => used.has(kind))
    .map((kind) => `${paints[kind](signs.cells[kind])}${TIED}${CELL_TEXT[kind].replaceAll(" ", TIED)}`);
  // A sign is never torn from its meaning.
  return parts.length === 0 ? [] : hang("", parts.join("   "), width).map((it) => it.replaceAll(TIED, " "));
}

function marksList({ picture, columns, signs, clock, width, paint }: Canvas): string[] {
  const marks = picture.marks.filter((it) => isWithin(it.at, columns)).toSorted((a, b) => a.at - b.at);
  // The newest tell of now.
  const shown = marks.slice(-MARKS_LISTED);
  const older = marks.length - shown.length;
  return [
    ...(older > 0 ? [paint.dim(`… ${count(older, "earlier restart or crash", "earlier restarts and crashes")}`)] : []),
    ...shown.flatMap((mark) => {
      const name = picture.logs.length > 1 ? `${picture.logs.find((it) => it.log === mark.log)?.name ?? ""}: ` : "";
      const pid = mark.pid === null ? "" : `, PID ${mark.pid}`;
      const lead = `${signs.marks[mark.kind]} ${clock.stamp(new Date(mark.at).toISOString())}  `;
      return hang(lead, `${escapeTerminal(name)}${MARK_TEXT[mark.kind]}${pid}`, width);
    }),
  ];
}

function notesOf({ picture, columns, clock, width, paint }: Canvas): string[] {
  const [from, to] = [columns.from, columns.to].map((ms) => clock.stamp(new Date(ms).toISOString()));
  const step = stepText((columns.to - columns.from) / columns.count);
  const undated =
    picture.undated > 0 ? `; ${count(picture.undated, "run has", "runs have")} no time and no place here` : "";
  return hang("Shown  ", `${from} to ${to} ${clock.zoneName}, a column is ${step}${undated}`, width).map((it) =>
    paint.dim(it),
  );
}

/** Of a short log many columns share a second. */
function stepText(ms: number): string {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : spanText(ms);
}

/** As wide as asked, cut with an ellipsis where it is wider. */
function padded(text: string, width: number): string {
  let shown = text;
  if (stringWidth(shown) > width) {
    // A name may have a megabyte; letters without a width (accents) are few.
    const letters = Array.from(shown.slice(0, 8 * width)).slice(0, -1);
    while (letters.length > 0 && stringWidth(letters.join("")) > width - 1) letters.pop();
    shown = `${letters.join("")}…`;
  }
  return shown + " ".repeat(Math.max(0, width - stringWidth(shown)));
}

/** The few signs of ours beyond ASCII; letters of a name that are beyond it are not spelt anew. */
function toAscii(text: string): string {
  return text.replaceAll("…", "~").replaceAll("–", "-");
}
