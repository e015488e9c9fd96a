import type { RenderOptions } from "../../src/reporters/reporter.ts";

/** No terminal, in UTC. */
export const PLAIN: RenderOptions = {
  width: 80,
  colorLevel: 0,
  timeZone: "UTC",
  verbose: false,
  quiet: false,
  allRuns: false,
  since: null,
  until: null,
  ascii: false,
};
