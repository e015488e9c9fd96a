import { defineConfig } from "vitest/config";

export default defineConfig({
  logLevel: "error",
  test: {
    include: ["test/**/*.test.ts"],
    // Times are shown in the reader's zone; tests must not depend on the machine's.
    env: { TZ: "UTC" },
    // No test asserts a timing: this only ends what hangs, also on a busy machine.
    testTimeout: 60_000,
    // GitHub's parser imports JSON as only bundlers do, and its source maps name files that it does not ship.
    server: { deps: { inline: [/@actions\/workflow-parser/] } },
  },
});
