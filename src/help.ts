/** Columns of text where no terminal says how many it has. */
export const DEFAULT_WIDTH = 80;

/** The first thing that a help text shows: what people type. */
export function examples(rows: readonly (readonly [command: string, says: string])[]): string {
  const width = Math.max(...rows.map(([command]) => command.length));
  return ["Examples:", ...rows.map(([command, says]) => `  ${command.padEnd(width)}  ${says}`), ""].join("\n");
}
