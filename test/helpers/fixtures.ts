import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));

/** What became of one message, known from outside the log; see fixtures/README.md. */
export interface TrueRun {
  readonly session: string | null;
  readonly expect: string;
  readonly thenProcessDied?: boolean;
}

export interface Truth {
  readonly runs: Readonly<Record<string, TrueRun>>;
  readonly sessions: Readonly<Record<string, { readonly wedged: boolean }>>;
}

export interface RealLog {
  readonly name: string;
  readonly folder: string;
  readonly truth: Truth;
}

/** Every folder of fixtures/ that holds a real log with its truth. */
export const REAL_LOGS: readonly RealLog[] = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readdirSync(path.join(FIXTURES, entry.name)).includes("truth.json"))
  .map((entry) => entry.name)
  .toSorted()
  .map((name) => {
    const folder = path.join(FIXTURES, name);
    return { name, folder, truth: JSON.parse(readFileSync(path.join(folder, "truth.json"), "utf8")) as Truth };
  });

export function fixtureText(...parts: readonly string[]): string {
  return readFileSync(path.join(FIXTURES, ...parts), "utf8");
}
