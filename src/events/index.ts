/**
 * The registry of events: every line that matters, said once. The parser, the
 * filter of the fast path (`EVENT_STARTS`) and the tests come from this table.
 */
import type { Level, Location, LogRecord } from "../model.ts";
import { GATEWAY_EVENTS } from "./gateway.ts";
import { LANE_EVENTS } from "./lanes.ts";
import { looseEvent } from "./loose.ts";
import { RUN_EVENTS } from "./runs.ts";
import { SESSION_EVENTS } from "./sessions.ts";
import type { EventSpec } from "./spec.ts";

export const EVENT_SPECS = { ...RUN_EVENTS, ...LANE_EVENTS, ...SESSION_EVENTS, ...GATEWAY_EVENTS } as const;

export type EventKind = keyof typeof EVENT_SPECS;

type FieldsOf<Spec> = Spec extends EventSpec<infer Fields> ? Fields : never;

/** What every event carries of its line. */
export interface EventOrigin {
  /** Milliseconds since the epoch; absent where nothing tells. */
  readonly time: number | undefined;
  readonly level: Level | undefined;
  readonly location: Location;
  readonly source: number;
}

/** What an event says, without its place. */
export type EventBody =
  | { [Kind in EventKind]: { readonly kind: Kind } & FieldsOf<(typeof EVENT_SPECS)[Kind]> }[EventKind]
  /** Only in timelines written by hand; a gateway logs it as an unhandled rejection, or not at all. */
  | { readonly kind: "abort-error" };

export type GatewayEvent = EventBody & EventOrigin;
export type EventOf<Kind extends GatewayEvent["kind"]> = Extract<GatewayEvent, { kind: Kind }>;

/** The beginnings of all messages that can be events, with the loggers that write them. */
export const EVENT_STARTS: readonly { readonly starts: string; readonly by: readonly string[] }[] = Object.values(
  EVENT_SPECS,
).flatMap((it) => startsOf(it).map((starts) => ({ starts, by: it.by })));

function startsOf(it: EventSpec<object>): readonly string[] {
  return [it.starts, ...(it.also ?? [])];
}

interface Entry {
  readonly kind: EventKind;
  readonly starts: string;
  readonly by: readonly string[];
  readonly read: (message: string, record: LogRecord) => object | undefined;
}

// A message is looked up by its first characters, so that the many that are no
// events cost one look and not one comparison for each kind.
const PREFIX = 5;
const byPrefix = new Map<string, Entry[]>();
for (const [kind, it] of Object.entries(EVENT_SPECS)) {
  for (const starts of startsOf(it)) {
    const prefix = starts.slice(0, PREFIX);
    const entries = byPrefix.get(prefix) ?? [];
    entries.push({ kind: kind as EventKind, starts, by: it.by, read: it.read });
    byPrefix.set(prefix, entries);
  }
}

export type ParsedEvent =
  | { readonly outcome: "event"; readonly event: GatewayEvent }
  /** It looks like an event and could not be read as one. */
  | { readonly outcome: "unparsed" }
  | { readonly outcome: "other" };

const OTHER: ParsedEvent = { outcome: "other" };
const UNPARSED: ParsedEvent = { outcome: "unparsed" };

/** The event that a record tells, if it tells one. */
export function parseEvent(record: LogRecord): ParsedEvent {
  const { message } = record;
  for (const entry of byPrefix.get(message.slice(0, PREFIX)) ?? []) {
    if (!message.startsWith(entry.starts)) continue;
    if (!record.loose && !isLoggedBy(record.subsystem ?? "", entry.by)) continue;
    const fields = entry.read(message, record);
    if (!fields) return UNPARSED;
    return { outcome: "event", event: { kind: entry.kind, ...fields, ...originOf(record) } as GatewayEvent };
  }
  const loose = record.loose ? looseEvent(message) : undefined;
  return loose ? { outcome: "event", event: { ...loose, ...originOf(record) } } : OTHER;
}

/** Consoles drop a leading `gateway/`, files keep it. */
function isLoggedBy(subsystem: string, by: readonly string[]): boolean {
  if (by.includes(subsystem)) return true;
  return subsystem.startsWith("gateway/") && by.includes(subsystem.slice("gateway/".length));
}

function originOf(record: LogRecord): EventOrigin {
  return { time: record.time, level: record.level, location: record.location, source: record.source };
}
