/** For `npm run mutate`, see scripts/mutate.ts. */
const FOLDER = "node_modules/.cache/mutate";

export default {
  mutate: ["src/tracker/*.ts", "src/checks/*.ts", "src/repair/*.ts", "src/reset.ts", "src/watch/heal-limits.ts"],
  testRunner: "in-process",
  plugins: ["./scripts/mutate/runner.mjs"],
  testRunnerNodeArgs: ["--import", "tsx"],
  coverageAnalysis: "perTest",
  concurrency: 1,
  timeoutMS: 10_000,
  // It would read it by an interface that TypeScript 7 does not have; tsx needs none.
  tsconfigFile: "none",
  tempDirName: `${FOLDER}/sandbox`,
  reporters: ["clear-text", "json", "html", "progress-append-only"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportMutants: false },
  jsonReporter: { fileName: `${FOLDER}/report.json` },
  htmlReporter: { fileName: `${FOLDER}/report.html` },
};
