/**
 * Changes the code that decides in hundreds of small ways, and says which of
 * these changes no test notices: mutation testing with Stryker.
 *
 *   npm run mutate [-- --mutate src/tracker/settle.ts] [-- --concurrency 2]
 *
 * Stryker is no dev dependency: it is 160 packages that `npm ci` would install
 * everywhere for what is run a few times a year. Version 9 is the last one for
 * Node 20. It is put below node_modules, where `npm ci` deletes it with the rest.
 * Which tests are run is said in mutate/tests.mjs, and how in mutate/runner.mjs.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";

import { execa } from "execa";

const VERSION = "9.6.1";
const FOLDER = "node_modules/.cache/mutate";
const STRYKER = `${FOLDER}/node_modules/@stryker-mutator/core/bin/stryker.js`;

if (!existsSync(STRYKER)) {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/package.json`, '{ "private": true }\n');
  const options = ["--ignore-scripts", "--no-audit", "--no-fund"];
  await execa("npm", ["install", "--prefix", FOLDER, ...options, `@stryker-mutator/core@${VERSION}`], {
    stdio: "inherit",
  });
}
const { exitCode } = await execa(process.execPath, [STRYKER, "run", ...process.argv.slice(2)], {
  stdio: "inherit",
  reject: false,
  env: { TZ: "UTC" },
});
process.exitCode = exitCode ?? 1;
