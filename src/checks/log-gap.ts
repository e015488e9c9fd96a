import type { Diagnosis } from "../diagnosis.ts";
import { isoTime } from "../finding-timeline.ts";
import type { Finding, SourceSummary } from "../model.ts";
import { type Check, exampleLog } from "./check.ts";

/** The log is not whole: what happened in its gaps is not known. */
export const logGap: Check = {
  code: "log-gap",
  examples: {
    bad: [
      exampleLog(
        "08:23:20 [gateway] log file size cap reached; suppressing writes file=/tmp/openclaw/openclaw-2026-01-28.log maxFileBytes=524288000",
      ),
    ],
    good: [exampleLog("08:23:20 [heartbeat] started")],
  },
  run: (diagnosis) => [...capped(diagnosis), ...missingFiles(diagnosis.sources.map((it) => it.path)).map(missing)],
};

function capped({ tracker }: Diagnosis): Finding[] {
  const counter = tracker.counters.get("log-capped");
  if (!counter) return [];
  const at = tracker.gateway.timeline.findLast((it) => it.event.kind === "log-capped")?.event;
  return [
    {
      code: "log-gap",
      severity: "warning",
      confidence: "high",
      message: `the log stops at its size cap (${isoTime(counter.lastAt) ?? "time unknown"}): what came later is missing`,
      help: "Runs that look open at that moment may have ended since. Read the service log of the same time as well, or raise logging.maxFileBytes.",
      ...(at ? { location: at.location } : {}),
      timeline: [],
      timelineOmitted: 0,
    },
  ];
}

function missing(name: string): Finding {
  return {
    code: "log-gap",
    severity: "warning",
    confidence: "medium",
    message: `${name} is not among the files, although the ones before and after it are`,
    help: "What happened in its time is not known: a run that seems to have no end may have ended there. Name that file as well, if it still exists.",
    timeline: [],
    timelineOmitted: 0,
  };
}

/**
 * A source that was not read, or not to its end. It may be of any gateway, so it is no check of one.
 * @returns undefined where it was read whole
 */
export function unreadGap({ path, unread }: SourceSummary): Finding | undefined {
  if (unread === undefined) return undefined;
  return {
    code: "log-gap",
    severity: "warning",
    confidence: "high",
    // A user's mistake names its file itself.
    message: unread.includes(path) ? unread : `${path}: ${unread}`,
    help: "What stands there is not known: a run that seems to have no end may have ended there, and a session that is not listed may be blocked.",
    timeline: [],
    timelineOmitted: 0,
  };
}

const DATE = /\d{4}-\d{2}-\d{2}/;
const ROTATED = /^(.*)\.(\d{1,3})((?:\.log)?)(?:\.(?:gz|zst))?$/;
const DAY_MS = 86_400_000;
/** A hole of more files than this is another story than a forgotten one. */
const MAX_MISSING = 31;

/**
 * Names of files that a series of dated (`clawdbot-2026-01-28.log`) or rotated
 * (`gateway.log.2`) logs leaves out between its first and its last.
 */
export function missingFiles(paths: readonly string[]): string[] {
  const days = new Map<string, Set<number>>();
  const rotations = new Map<string, Set<number>>();
  for (const path of paths) {
    const dated = datedName(path);
    const day = dated === undefined ? Number.NaN : Date.parse(`${dated.date}T00:00:00Z`);
    if (dated && !Number.isNaN(day) && !/\.\d+(?:\.log)?$/.test(dated.after)) {
      add(days, `${dated.before}\0${dated.after}`, day / DAY_MS);
      continue;
    }
    const rotated = ROTATED.exec(path);
    if (rotated) add(rotations, `${rotated[1]}\0${rotated[3]}`, Number(rotated[2]));
  }
  return [
    ...holes(days).map(
      ([before, day, after]) => `${before}${new Date(day * DAY_MS).toISOString().slice(0, 10)}${after}`,
    ),
    ...holes(rotations).map(([before, number, after]) => `${before}.${number}${after}`),
  ];
}

/** The first date in a file's name, and what stands around it; whether it is packed makes no difference. */
function datedName(path: string): { before: string; date: string; after: string } | undefined {
  const start = path.lastIndexOf("/") + 1;
  const name = path.slice(start).replace(/\.(?:gz|zst)$/, "");
  const found = DATE.exec(name);
  if (found === null) return undefined;
  const [date] = found;
  return {
    before: path.slice(0, start + found.index),
    date,
    after: name.slice(found.index + date.length),
  };
}

function add(series: Map<string, Set<number>>, name: string, member: number): void {
  const members = series.get(name) ?? new Set();
  members.add(member);
  series.set(name, members);
}

function holes(series: ReadonlyMap<string, ReadonlySet<number>>): [string, number, string][] {
  return [...series].flatMap(([name, members]) => {
    const [before = "", after = ""] = name.split("\0");
    const sorted = [...members].toSorted((a, b) => a - b);
    const [first = 0] = sorted;
    const last = sorted.at(-1) ?? 0;
    if (last - first + 1 - members.size > MAX_MISSING) return [];
    const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    return all
      .filter((member) => !members.has(member))
      .map((member): [string, number, string] => [before, member, after]);
  });
}
