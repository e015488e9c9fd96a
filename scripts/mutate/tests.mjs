/**
 * The tests that are run for mutants: quick, and none leaves anything behind.
 * The quickest first, as the first that fails will do. What a file does while it
 * is loaded counts for none of its tests, so code that is to be changed is run
 * inside of tests only.
 */
export const TESTS = [
  "test/tracker/tracker.test.ts",
  "test/tracker/settle.test.ts",
  "test/tracker/run-index.test.ts",
  "test/tracker/lanes.test.ts",
  "test/tracker/open-runs.test.ts",
  "test/tracker/forgetting.test.ts",
  "test/tracker/session-index.test.ts",
  "test/tracker/tracker-lines.test.ts",
  "test/tracker/gateway-lives.test.ts",
  "test/tracker/run-lines.test.ts",
  "test/tracker/lane-and-session-lines.test.ts",
  "test/tracker/recoveries.test.ts",
  "test/finding-timeline.test.ts",
  "test/checks/log-gap.test.ts",
  "test/checks/contract.test.ts",
  "test/checks/wording.test.ts",
  "test/watch/heal-limits.test.ts",
  "test/watch/watcher.test.ts",
  "test/repair/capabilities.test.ts",
  "test/repair/facts.test.ts",
  "test/repair/plan.test.ts",
  "test/repair/steps.test.ts",
  "test/repair/resolve.test.ts",
  "test/repair/target.test.ts",
  "test/repair/past-and-probe.test.ts",
  "test/repair/observe.test.ts",
  "test/repair/apply.test.ts",
  "test/repair/reset-choices.test.ts",
  "test/repair/survey.test.ts",
  "test/repair/reset.test.ts",
  "test/repair/journal.test.ts",
  "test/tracker/real-logs.test.ts",
  "test/tracker/containers.test.ts",
  "test/checks/runs-and-sessions.test.ts",
];
