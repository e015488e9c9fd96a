/** Writes docs/compatibility.md: what was played, on which version, when. Rows that were not played again stay. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gatewayName, type GatewayVersion } from "../versions.ts";
import type { Row, Trial } from "./trial.ts";

export interface PlayedTrial {
  readonly version: GatewayVersion;
  readonly trial: Trial;
  readonly row: Row;
  /** Why it failed; undefined where it passed. */
  readonly problem: string | undefined;
}

const FILE = fileURLToPath(new URL("../../docs/compatibility.md", import.meta.url));
const HEAD = [
  "# What was tried on which gateway",
  "",
  "Written by `npx tsx lab/reset/main.ts`: each line was played on the published package, with a model",
  "server of ours that hangs as told. Whether a run ended was seen there, and not in the gateway's words.",
  "",
  "| gateway | scenario | the doctor said | what freed the session | result | date |",
  "|---|---|---|---|---|---|",
];

export function writeCompatibility(played: readonly PlayedTrial[]): void {
  const rows = new Map(existing().map((line) => [keyOf(line), line]));
  const date = new Date().toISOString().slice(0, 10);
  for (const { version, trial, row, problem } of played) {
    const cells = [
      gatewayName(version).replace("-", " "),
      trial.name,
      row.doctor || "–",
      row.freedBy || "–",
      problem === undefined ? "as it must be" : `FAILED: ${problem}`,
      date,
    ];
    const line = `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
    rows.set(keyOf(line), line);
  }
  const sorted = [...rows].toSorted(([a], [b]) => a.localeCompare(b, "en", { numeric: true })).map(([, line]) => line);
  writeFileSync(FILE, `${[...HEAD, ...sorted].join("\n")}\n`);
}

function existing(): string[] {
  if (!existsSync(FILE)) return [];
  return readFileSync(FILE, "utf8")
    .split("\n")
    .filter((line) => /^\| (?:clawdbot|openclaw) /.test(line));
}

function keyOf(line: string): string {
  return line.split(" | ").slice(0, 2).join(" | ");
}
