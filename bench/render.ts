/** The results as Markdown: the file and the terminal show the same. */
import { type Measured, showMib, showRatio } from "./goals.ts";
import type { CaseOutcome, GoalOutcome, GrowthRow, RunsRow } from "./outcome.ts";
import type { Tools } from "./tools.ts";

export interface Setting {
  readonly date: string;
  readonly machine: string;
  readonly bytes: number;
  readonly seed: number;
  readonly command: string;
  readonly tools: Tools;
}

export function renderResults(setting: Setting, goals: readonly GoalOutcome[], measured: Measured): string {
  const { tools } = setting;
  return [
    "# Results",
    "<!-- Made by `npm run bench`; change bench/, not this file. -->",
    `\`${setting.command}\`, ${setting.date}, ${setting.machine}, Node ${tools.versions.get("node")}. Log of ${mb(setting.bytes)} MB, seed ${setting.seed}. How it is measured: [README.md](README.md).`,
    "## Goals",
    renderGoals(goals),
    "Ratios are ours to theirs, the median of the rounds and, in brackets, the least and the most.",
    "## Cases",
    ...measured.cases.map(renderCase),
    ...(measured.growth.length > 0 ? ["## Growth", renderGrowth(measured.growth)] : []),
    ...(measured.runs.length > 0 ? ["## Many runs", renderRuns(measured.runs)] : []),
    "## Peers",
    renderTools(tools),
    "",
  ].join("\n\n");
}

export function renderCase(it: CaseOutcome): string {
  const size = it.bytes === it.textBytes ? `${mb(it.bytes)} MB` : `${mb(it.bytes)} MB, ${mb(it.textBytes)} MB unpacked`;
  return `### ${it.title}\n${size}, ${it.rounds} rounds\n\n${table(
    ["", "s", "MB/s", "ours to it", "peak MiB", "CPU s (user + system)"],
    it.rows.map((row) => [
      row.name,
      seconds(row.ms.median),
      speed(it.textBytes, row.ms.median),
      row.ratio ? showRatio(row.ratio) : "",
      row.peak === undefined ? "?" : showMib(row.peak),
      row.cpu ? `${row.cpu.user.toFixed(2)} + ${row.cpu.system.toFixed(2)}` : "?",
    ]),
  )}`;
}

export function renderGrowth(rows: readonly GrowthRow[]): string {
  return table(
    ["MB", "s", "MB/s", "peak MiB"],
    rows.map((row) => [
      mb(row.bytes),
      seconds(row.ms.median),
      speed(row.bytes, row.ms.median),
      row.peak === undefined ? "?" : showMib(row.peak),
    ]),
  );
}

export function renderRuns(rows: readonly RunsRow[]): string {
  return table(
    ["", "MB", "s", "peak MiB", "answer"],
    rows.map((row) => [
      row.title,
      mb(row.bytes),
      seconds(row.ms),
      row.peak === undefined ? "?" : showMib(row.peak),
      row.wrong ?? "right",
    ]),
  );
}

export function renderGoals(goals: readonly GoalOutcome[]): string {
  return table(
    ["case", "goal", "measured", ""],
    goals.map((it) => [it.what, it.goal, it.measured, it.met === "not met" ? "**not met**" : it.met]),
  );
}

export function renderTools({ versions, missing }: Tools): string {
  const found = [...versions].map(([name, version]) => [name, version]);
  return table(["", "version"], [...found, ...missing.map(({ name, from }) => [name, `not installed (${from})`])]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

function mb(bytes: number): string {
  const megabytes = bytes / 1e6;
  return megabytes < 10 ? String(Number(megabytes.toPrecision(2))) : megabytes.toFixed(0);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 3 : 1);
}

function speed(bytes: number, ms: number): string {
  return bytes < 1e6 ? "" : (bytes / 1000 / ms).toFixed(0);
}
