/** The three hosts of docs/fleet.md, and how it shows what a query answers. */

/** What they have in their logs: fixtures. */
export const HOSTS = { a1: "issue-3245", b2: "openclaw-2026.2.26-restart-mix", c3: "ended-by-itself" } as const;

/** An answer as the document has it: columns side by side, a null as nothing. */
export function answerText(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => row[index]?.length ?? 0)));
  return all
    .map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ").trimEnd())
    .join("\n");
}
