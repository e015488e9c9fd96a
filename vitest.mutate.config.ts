import { defineConfig } from "vitest/config";

/** For `npm run mutate`: the tests that are quick enough to be run for every mutant. */
export default defineConfig({
  logLevel: "error",
  test: {
    include: [
      "test/tracker/tracker.test.ts",
      "test/tracker/settle.test.ts",
      "test/tracker/held-back.test.ts",
      "test/checks/*.test.ts",
      "test/repair/{capabilities,facts,journal,plan,reset,steps}.test.ts",
      "test/watch/{heal-limits,watcher}.test.ts",
      "test/finding-timeline.test.ts",
    ],
    env: { TZ: "UTC" },
    testTimeout: 60_000,
  },
});
