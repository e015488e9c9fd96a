import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Times are shown in the reader's zone; tests must not depend on the machine's.
    env: { TZ: "UTC" },
    // No test asserts a time; a slow machine is no failure.
    testTimeout: 60_000,
  },
});
