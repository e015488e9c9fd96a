import { escapeJson } from "../../escape.ts";
import { isoTime } from "../../finding-timeline.ts";
import type { WatchEvent } from "../events.ts";
import type { WatchFormat } from "./format.ts";

/** Fields that are milliseconds since the epoch here, and RFC 3339 out there. */
const TIMES: ReadonlySet<string> = new Set(["time", "at", "heldSince"]);

/** One object a line, described in docs/watch.md; also what `--exec` gives its command. Grow it; never take a field away. */
export const ndjson: WatchFormat = {
  name: "ndjson",
  description: "an event a line, for scripts",
  render: (event) => `${eventJson(event)}\n`,
};

/** One line of JSON, without a line feed. */
export function eventJson(event: WatchEvent): string {
  const { event: name, time, ...rest } = event;
  // What it is and when stand first, for whoever reads it with their eyes.
  const entries = Object.entries({ event: name, time, ...rest }).map(([key, value]) => [
    key,
    TIMES.has(key) && typeof value === "number" ? isoTime(value) : (value as unknown),
  ]);
  return escapeJson(JSON.stringify({ schemaVersion: 1, ...(Object.fromEntries(entries) as object) }));
}
