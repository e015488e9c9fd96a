/** The figures of a soak, as a part of docs/reliability.md. Pure. */

export interface Figures {
  readonly machine: string;
  readonly command: string;
  readonly lines: number;
  readonly bytes: number;
  readonly days: number;
  readonly restarts: number;
  readonly crashes: number;
  /** Sessions that had to wait because runs that hang filled a lane. */
  readonly waits: number;
  readonly looks: number;
  /** Times that `watch` said that it may not read. */
  readonly refused: number;
  /** Writes that a full disk refused. */
  readonly fullDisks: number;
  readonly seconds: number;
  /** How often each befell the log. */
  readonly faults: ReadonlyMap<string, number>;
  /** Faults that could not be had on this machine. */
  readonly notHad: readonly string[];
  /** Lines that never came. */
  readonly lost: number;
  /** When each of them was written, and what befell the log before. */
  readonly lostAt: readonly string[];
  /** Lines that came and were never written. */
  readonly unknown: number;
  readonly twice: number;
  /** Changes that were told as they happened. */
  readonly told: number;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly heapBytes: number;
  readonly peakRssBytes: number;
  /** From the first fifth to the end. */
  readonly grownBytes: number;
}

export function render(it: Figures): string {
  const faults = [...it.faults].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const injected = faults.reduce((sum, [, count]) => sum + count, 0);
  return [
    `\`${it.command}\` on ${it.machine}, ${it.seconds.toFixed(0)} s:`,
    "",
    "| | |",
    "|---|---|",
    `| load held | ${count(it.lines)} lines (${mb(it.bytes)}) of ${it.days} days, ${count(it.restarts)} restarts, ${count(it.crashes)} of them crashes |`,
    `| sessions that waited for a full lane | ${count(it.waits)} |`,
    `| faults injected | ${count(injected)} in ${count(it.looks)} looks |`,
    `| of these bit | ${count(it.refused)} times the reader said that it may not read, ${count(it.fullDisks)} writes were refused by a full disk |`,
    `| lines lost | ${count(it.lost)} |`,
    `| lines that nobody wrote | ${count(it.unknown)} |`,
    `| lines read twice | ${count(it.twice)} |`,
    `| changes told as they happened | ${count(it.told)} of ${count(it.told + it.missing.length)} |`,
    `| told twice, out of order, or not true | ${count(it.extra.length)} |`,
    `| memory at the end | heap ${mb(it.heapBytes)}, ${mb(it.grownBytes)} more than after the first fifth; RSS at most ${mb(it.peakRssBytes)} |`,
    "",
    "| fault | times |",
    "|---|---|",
    ...faults.map(([name, times]) => `| ${name} | ${count(times)} |`),
    ...it.notHad.map((name) => `| ${name} | not possible on this machine |`),
    "",
  ].join("\n");
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function mb(bytes: number): string {
  return `${(bytes / (1024 * 1024)).toFixed(1)} MB`;
}
