import type { LogRecord } from "../model.ts";

/**
 * One kind of line that matters. A spec says how its message begins, who logs
 * it, and what to read from it; parser, filter and tests are derived from it.
 */
export interface EventSpec<Fields extends object> {
  /** The message begins with this text, so the filter of the fast path needs nothing else. */
  readonly starts: string;
  /** Other beginnings of the same message: a program's name that one form keeps and another takes for the subsystem. */
  readonly also?: readonly string[];
  /** Subsystems that log it, without a leading `gateway/`; a line of another one is quoted text. */
  readonly by: readonly string[];
  /** Messages as real gateways log them; every one must be read. */
  readonly samples: readonly [string, ...string[]];
  /** Undefined: the message only looks like this event. */
  readonly read: (message: string, record: LogRecord) => Fields | undefined;
}

export function spec<Fields extends object>(it: EventSpec<Fields>): EventSpec<Fields> {
  return it;
}

/** Loggers of the run lines, of the lane and session lines, and of the gateway's own life. */
export const AGENT = ["agent/embedded", "agent"] as const;
export const DIAGNOSTIC = ["diagnostic"] as const;
export const GATEWAY = ["gateway"] as const;
/** Lines that gateways print with plain `console.*`, so with no subsystem. */
export const PLAIN = ["", "clawdbot", "moltbot", "openclaw"] as const;

/** An id as a line gives it: people and log viewers cut long ones short with dots. */
export interface LoggedId {
  readonly id: string;
  readonly truncated: boolean;
}

export function loggedId(text: string): LoggedId {
  const cut = /(?:\.{3}|…)$/.exec(text);
  return cut ? { id: text.slice(0, cut.index), truncated: true } : { id: text, truncated: false };
}

/** `key=value` of a diagnostic line, where the value holds no space. */
export function word(message: string, key: string): string | undefined {
  const at = message.indexOf(`${key}=`);
  if (at < 0 || (at > 0 && message[at - 1] !== " ")) return undefined;
  const from = at + key.length + 1;
  const end = message.indexOf(" ", from);
  return end < 0 ? message.slice(from) : message.slice(from, end);
}

/** `key=123`; undefined where it is missing or no number. */
export function count(message: string, key: string): number | undefined {
  const text = word(message, key);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** A session's id or key, where the gateway knew it. */
export function known(text: string | undefined): string | undefined {
  return text === undefined || text === "" || text === "unknown" ? undefined : text;
}
