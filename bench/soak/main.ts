/**
 * Does `watch` tell every change once, whatever befalls the log? A generated
 * gateway writes for days; its log is rotated, cut, deleted, locked and moved
 * while it is followed; then what was told is held against what happened.
 *
 *   npm run soak -- [--lines 1000000] [--restarts 100] [--seed 1] [--max-growth-mb 64] [--write]
 *
 * `--write` puts the figures into docs/reliability.md. Exits with 1 if anything
 * was lost, told twice or wrongly, or if the memory grew.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { type Figures, render } from "./render.ts";
import { soak } from "./soak.ts";

const PAGE = new URL("../../docs/reliability.md", import.meta.url);
const BLOCK = /(?<=<!-- soak: written by `npm run soak -- --write` -->\n)[^]*?(?=<!-- \/soak -->)/;
const MB = 1024 * 1024;

function isGood({ lost, unknown, missing, extra, grownBytes }: Figures, maxGrowthMb: number): boolean {
  return lost + unknown + missing.length + extra.length === 0 && grownBytes <= maxGrowthMb * MB;
}

const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "1000000" },
    restarts: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    "max-growth-mb": { type: "string", default: "64" },
    write: { type: "boolean", default: false },
  },
});
const figures = await soak(
  { lines: Number(values.lines), restarts: Number(values.restarts), seed: Number(values.seed) },
  (text) => void process.stderr.write(`${text}\n`),
);
const text = render(figures);
process.stdout.write(text);
for (const it of [...figures.lostAt.slice(0, 5), ...figures.lostAt.slice(-5)]) process.stderr.write(`LOST: ${it}\n`);
for (const it of figures.missing.slice(0, 20)) process.stderr.write(`NOT TOLD: ${it}\n`);
for (const it of figures.extra.slice(0, 20)) process.stderr.write(`TOLD, AND NOT AS IT HAPPENED: ${it}\n`);
if (values.write)
  writeFileSync(
    PAGE,
    readFileSync(PAGE, "utf8").replace(BLOCK, () => text),
  );
process.exitCode = isGood(figures, Number(values["max-growth-mb"])) ? 0 : 1;
