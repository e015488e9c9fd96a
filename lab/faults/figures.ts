/** Puts what was played into docs/reliability.md, beside what was played on other versions. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { gatewayName, type GatewayVersion } from "../versions.ts";
import type { Played } from "./trial.ts";

interface Figures {
  readonly version: GatewayVersion;
  readonly seed: number;
  readonly seconds: number;
  readonly played: readonly Played[];
}

const FILE = fileURLToPath(new URL("../../docs/reliability.md", import.meta.url));
const BLOCK = /(<!-- faults: [^>]* -->\n)([\s\S]*?)(<!-- \/faults -->)/;
const HEAD = [
  "| gateway | schedules | faults that befell | the call under faults said | steps sent twice | untrue | freed and answering at the end | date |",
  "|---|---|---|---|---|---|---|---|",
];

export function writeFigures(figures: Figures): void {
  const text = readFileSync(FILE, "utf8");
  const found = BLOCK.exec(text);
  if (!found) throw new Error(`${FILE} has no block for the figures`);
  const rows = new Map(
    (found[2] ?? "")
      .split("\n")
      .filter(isRow)
      .map((row) => [keyOf(row), row]),
  );
  const row = rowOf(figures);
  rows.set(keyOf(row), row);
  const sorted = [...rows].toSorted(([a], [b]) => a.localeCompare(b, "en", { numeric: true })).map(([, it]) => it);
  writeFileSync(FILE, text.replace(BLOCK, (_, open: string, _old, close: string) => `${open}${[...HEAD, ...sorted].join("\n")}\n${close}`)); // prettier-ignore
}

function rowOf({ version, seed, seconds, played }: Figures): string {
  const problems = played.flatMap((it) => it.problems);
  const twice = problems.filter((it) => it.startsWith("sent twice")).length;
  const stuck = played.filter((it) => it.problems.some((problem) => problem.startsWith("it was never") || problem.startsWith("it does not"))).length; // prettier-ignore
  const cells = [
    gatewayName(version).replace("-", " "),
    `${played.length} (seed ${seed}, ${seconds} s)`,
    tally(played.flatMap(({ befallen }) => befallen)),
    tally(played.flatMap(({ outcomes }) => outcomes.slice(0, 1))),
    String(twice),
    String(problems.length - twice),
    `${played.length - stuck} of ${played.length}`,
    new Date().toISOString().slice(0, 10),
  ];
  return `| ${cells.join(" | ")} |`;
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].toSorted(([a, m], [b, n]) => n - m || a.localeCompare(b)).map(([word, count]) => `${count} × ${word}`).join(", "); // prettier-ignore
}

function isRow(line: string): boolean {
  return /^\| (?:clawdbot|openclaw) /.test(line);
}

function keyOf(row: string): string {
  return row.split(" | ").slice(0, 1).join();
}
