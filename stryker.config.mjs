/** For `npm run mutate`, see scripts/mutate.ts. In the order of what a wrong verdict would cost. */
const FOLDER = "node_modules/.cache/mutate";

export default {
  mutate: [
    "src/tracker/settle.ts",
    "src/checks/*.ts",
    "src/repair/facts.ts",
    "src/repair/plan.ts",
    "src/watch/heal-limits.ts",
    "src/repair/capabilities.ts",
  ],
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "vitest.mutate.config.ts", related: false },
  coverageAnalysis: "perTest",
  concurrency: 1,
  timeoutMS: 10_000,
  // It would read it by an interface that TypeScript 7 does not have; vitest needs none.
  tsconfigFile: "none",
  tempDirName: `${FOLDER}/sandbox`,
  reporters: ["clear-text", "json", "html"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportMutants: false },
  jsonReporter: { fileName: `${FOLDER}/report.json` },
  htmlReporter: { fileName: `${FOLDER}/report.html` },
};
