import type { Finding } from "../model.ts";
import type { SettledRun } from "../tracker/settle.ts";

/** Which run a finding is about, and where its first line stands. */
export function findingOfRun(it: SettledRun): Pick<Finding, "runId" | "sessionId" | "sessionKey" | "location"> {
  return {
    runId: it.run.runId,
    ...(it.run.sessionId === undefined ? {} : { sessionId: it.run.sessionId }),
    ...(it.sessionKey === undefined ? {} : { sessionKey: it.sessionKey }),
    location: it.run.location,
  };
}
