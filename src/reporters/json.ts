import { escapeJson } from "../escape.ts";
import { listedRuns, listedSessions } from "./listed.ts";
import type { Reporter } from "./reporter.ts";

export const json: Reporter = {
  render(report, { allRuns }) {
    const listed = { ...report, runs: listedRuns(report, allRuns), sessions: listedSessions(report, allRuns) };
    return `${escapeJson(JSON.stringify(listed, null, 2))}\n`;
  },
};
