import { pretty } from "./pretty.ts";
import type { ReporterEntry } from "./reporter.ts";

/**
 * The formats there are. A new one is a file beside these and an entry here. Those
 * that need a library are loaded when they are asked for: the others should not pay for it.
 */
export const reporters: readonly ReporterEntry[] = [
  { name: "pretty", description: "for a person", load: () => Promise.resolve(pretty) },
  { name: "json", description: "the whole report, one object", load: async () => (await import("./json.ts")).json },
  {
    name: "ndjson",
    description: "a finding a line; with --all-runs also sessions, runs and the rest",
    load: async () => (await import("./ndjson.ts")).ndjson,
  },
  {
    name: "github",
    description: "annotations for GitHub Actions",
    load: async () => (await import("./github.ts")).github,
  },
  {
    name: "markdown",
    description: "for a CI job summary",
    load: async () => (await import("./markdown.ts")).markdown,
  },
  { name: "junit", description: "as test results", load: async () => (await import("./junit.ts")).junit },
  {
    name: "html",
    description: "a picture, one page that needs no network; always with every run",
    needsEveryRun: true,
    load: async () => (await import("./html.ts")).html,
  },
];
