/**
 * The same targets, with inputs that grow towards code that none has reached
 * yet: coverage-guided fuzzing with Jazzer.js, which is libFuzzer.
 *
 *   npm run fuzz:guided [-- --minutes 5] [--target library]
 *
 * Jazzer.js is no dev dependency: it is 100 packages that `npm ci` would install
 * everywhere for what is run a few times a year. It is put below node_modules;
 * `npm ci` deletes it with the rest. Its native part wants glibc 2.38. What it
 * finds is a file `crash-…` in the folder that is named at the end, and becomes
 * a fixture or a line in ../mutations.ts.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { execa } from "execa";
import { type Plugin, rolldown } from "rolldown";

import { Random } from "../../../bench/logs/random.ts";
import { EVENT_SPECS } from "../../../src/events/index.ts";
import { seedText } from "../corpus.ts";
import { TARGETS } from "../targets.ts";

const VERSION = "4.0.0";
const FOLDER = path.resolve("node_modules/.cache/fuzz-guided");
/** The program looks for its package.json in the folder above. */
const TARGET = path.join(FOLDER, "dist/target.cjs");
const JAZZER = path.join(FOLDER, "node_modules/@jazzer.js/core/dist/cli.js");
const SEEDS = 300;
/** An input of a few lines is quick, and enough for a run and its end (bytes). */
const LONGEST = 4_096;
/** Longer than any input takes, also on a machine that is busy (ms). */
const HANGS_MS = 20_000;

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "5" }, target: { type: "string", default: "library" } },
});
const target = TARGETS.find(({ name }) => name.includes(values.target))?.name;
if (target === undefined) throw new Error(`there are: ${TARGETS.map(({ name }) => name).join("; ")}`);

/** Of all targets together: what is new to one is often new to the others. */
const corpus = path.join(FOLDER, "corpus");
const found = path.join(FOLDER, "found");
for (const folder of [corpus, found]) mkdirSync(folder, { recursive: true });
await install();
await bundleTargets();
writeSeeds();
const before = readdirSync(found);
// Hostile keys are our own inputs, and what is done with them is judged by the targets: no bug detectors.
const jazzer = [
  TARGET,
  corpus,
  "--includes",
  "target.cjs",
  "--timeout",
  String(HANGS_MS),
  "--disableBugDetectors",
  ".*",
];
const libFuzzer = [
  `-max_total_time=${Number(values.minutes) * 60}`,
  `-max_len=${LONGEST}`,
  `-artifact_prefix=${found}/`,
  `-dict=${path.join(FOLDER, "words.dict")}`,
  "-print_final_stats=1",
];
const { exitCode } = await execa(process.execPath, [JAZZER, ...jazzer, "--", ...libFuzzer], {
  stdio: "inherit",
  reject: false,
  env: { GUIDED_TARGET: target },
});
const crashes = readdirSync(found).filter((name) => !before.includes(name) && !name.startsWith("slow-unit"));
const said =
  exitCode === 0
    ? "nothing found"
    : crashes.length > 0
      ? `found ${crashes.join(", ")} in ${found}`
      : "it could not run";
process.stdout.write(`${target}: ${said}\n`);
process.exitCode = exitCode ?? 1;

async function install(): Promise<void> {
  if (existsSync(JAZZER)) return;
  writeFileSync(
    path.join(FOLDER, "package.json"),
    '{ "name": "clawdbot-sessions", "version": "0.0.0", "private": true }\n',
  );
  const options = ["--ignore-scripts", "--no-audit", "--no-fund"];
  await execa("npm", ["install", "--prefix", FOLDER, ...options, `@jazzer.js/core@${VERSION}`], { stdio: "inherit" });
}

/** One file with all that runs, so that nothing of the fuzzer's own is instrumented. */
async function bundleTargets(): Promise<void> {
  const bundle = await rolldown({
    input: path.resolve("test/fuzz/guided/entry.ts"),
    platform: "node",
    plugins: [withoutVitest()],
  });
  await bundle.write({ file: TARGET, format: "cjs", codeSplitting: false });
  await bundle.close();
}

/** It refuses to be loaded outside of its own runner, and a helper that the targets share has its `expect` for others. */
function withoutVitest(): Plugin {
  return {
    name: "without-vitest",
    resolveId: (id) => (id === "vitest" ? { id: "\0vitest" } : null),
    load: (id) => (id === "\0vitest" ? "export const expect = undefined;" : null),
  };
}

/** Pieces of the real logs in every form, and the words that events are known by. */
function writeSeeds(): void {
  const random = new Random(1);
  for (let index = 0; index < SEEDS; index++) {
    writeFileSync(path.join(corpus, `seed-${index}`), seedText(random).subarray(0, LONGEST));
  }
  const samples = Object.values(EVENT_SPECS).flatMap((it) => it.samples);
  const words = new Set(samples.flatMap((sample) => [sample, ...sample.split(" ")]));
  // libFuzzer takes printable ASCII as it is, but for these two.
  const lines = [...words]
    .filter((word) => /^[ -~]{2,}$/.test(word))
    .map((word) => `"${word.replaceAll(/["\\]/g, "\\$&")}"`);
  writeFileSync(path.join(FOLDER, "words.dict"), `${lines.join("\n")}\n`);
}
