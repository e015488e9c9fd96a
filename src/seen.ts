import type { Diagnosis } from "./diagnosis.ts";
import type { GatewayEvent } from "./events/index.ts";
import type { Report } from "./model.ts";
import { isoTime } from "./finding-timeline.ts";

/** What a log shows of trouble even where it shows no runs. */
const TOLD: readonly { readonly what: string; readonly kinds: readonly GatewayEvent["kind"][] }[] = [
  { what: "restarts and stops", kinds: ["shutdown-begun"] },
  { what: "stuck session warnings", kinds: ["stuck-session", "stalled-session", "long-running-session"] },
  { what: "lane waits over 2 s", kinds: ["lane-wait-exceeded"] },
  { what: "lane task errors", kinds: ["lane-error"] },
  { what: "unhandled rejections", kinds: ["unhandled-rejection"] },
  { what: "interrupted sessions taken up again", kinds: ["session-resumed", "session-recovery-started"] },
];

/** Counts of those lines over all gateways; what was not seen is left out. */
export function seenIn(diagnoses: readonly Diagnosis[]): Report["seen"] {
  return [
    startsIn(diagnoses),
    ...TOLD.map(({ what, kinds }) => {
      const counters = diagnoses.flatMap(({ tracker }) => kinds.map((kind) => tracker.counters.get(kind)));
      return {
        what,
        count: counters.reduce((sum, it) => sum + (it?.count ?? 0), 0),
        last: isoTime(latest(counters.map((it) => it?.lastAt))),
      };
    }),
  ].filter((it) => it.count > 0);
}

/** Lives of gateways, not lines: one start can be told by several. */
function startsIn(diagnoses: readonly Diagnosis[]): Report["seen"][number] {
  const starts = diagnoses.flatMap(({ tracker }) => tracker.gateway.lives).filter((it) => it.startedBy !== "unknown");
  return { what: "gateway starts", count: starts.length, last: isoTime(latest(starts.map((it) => it.startedAt))) };
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  let last: number | undefined;
  for (const time of times) if (time !== undefined && (last === undefined || time > last)) last = time;
  return last;
}
