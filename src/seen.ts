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
      const times = counters.map((it) => it?.lastAt).filter((it) => it !== undefined);
      return {
        what,
        count: counters.reduce((sum, it) => sum + (it?.count ?? 0), 0),
        last: isoTime(times.length > 0 ? Math.max(...times) : undefined),
      };
    }),
  ].filter((it) => it.count > 0);
}

/** Lives of gateways, not lines: one start can be told by several. */
function startsIn(diagnoses: readonly Diagnosis[]): Report["seen"][number] {
  const starts = diagnoses.flatMap(({ tracker }) => tracker.gateway.lives).filter((it) => it.startedBy !== "unknown");
  const times = starts.map((it) => it.startedAt).filter((it) => it !== undefined);
  return {
    what: "gateway starts",
    count: starts.length,
    last: isoTime(times.length > 0 ? Math.max(...times) : undefined),
  };
}
