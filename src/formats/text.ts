/** Small readers that several forms share. All are strict: what is not plainly there is undefined. */
import type { Level } from "../model.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

// Colours, cursor moves and the links of OSC 8: all that a terminal swallows.
// eslint-disable-next-line no-control-regex
const ANSI = /\u001b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\^_])/g;

/** The text without terminal escapes. */
export function stripAnsi(text: string): string {
  return text.includes("\u001b") ? text.replace(ANSI, "") : text;
}

/**
 * A message as one line without colours. A line break becomes a space, so that
 * nothing quoted on a later line can stand at the start of a message.
 */
export function oneLine(text: string): string {
  const plain = stripAnsi(text);
  if (!plain.includes("\n") && !plain.includes("\r")) return plain;
  return plain
    .split(/[\r\n]+/)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "")
    .join(" ");
}

const LEVELS: Readonly<Record<string, Level>> = {
  silly: "trace",
  trace: "trace",
  debug: "debug",
  info: "info",
  warn: "warn",
  warning: "warn",
  error: "error",
  fatal: "fatal",
};

/** The words for levels, in small letters. */
export const LEVEL_NAMES: readonly string[] = Object.keys(LEVELS);

/** The level that a word names, in any case. */
export function parseLevel(word: unknown): Level | undefined {
  if (typeof word !== "string") return undefined;
  const name = word.length > 7 ? "" : word.toLowerCase();
  return Object.hasOwn(LEVELS, name) ? LEVELS[name] : undefined;
}

/** The object that a text is, or undefined if it is not JSON or not an object. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The value, if it is an object and no array. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

const SUBSYSTEM = /^[A-Za-z][\w.:@-]*(?:\/[\w.:@ -]+)*$/;

/** Whether a text between brackets can be a subsystem such as `agent/embedded`. */
export function isSubsystem(text: string): boolean {
  return text.length <= 80 && SUBSYSTEM.test(text);
}

/**
 * Splits `[subsystem] message`.
 *
 * @returns undefined where the text does not begin with a bracketed subsystem
 */
export function splitTag(text: string): { subsystem: string; message: string } | undefined {
  if (text.charCodeAt(0) !== 0x5b) return undefined;
  const close = text.indexOf("]");
  if (close < 2 || close > 80) return undefined;
  const next = text.charCodeAt(close + 1);
  if (next !== 0x20 && close + 1 !== text.length) return undefined;
  const subsystem = text.slice(1, close);
  if (!isSubsystem(subsystem)) return undefined;
  return { subsystem, message: text.slice(close + 2) };
}

/** The end of the JSON object that begins at `start`: the index behind its closing brace, or -1. */
export function jsonEnd(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b) depth++;
    else if (code === 0x7d && --depth === 0) return index + 1;
  }
  return -1;
}

const EVENTS: readonly RegExp[] = [
  /^embedded run [a-z ]+: \S/,
  /^run (?:cleanup|registered|cleared|active check|attempt): \S+=/,
  /^lane (?:enqueue|dequeue|task (?:done|error|interrupted)|wait exceeded): lane=/,
  /^session (?:state|turn created): \S+=/,
  /^(?:stuck session: |aborting run: sessionId=|abort failed: sessionId=)/,
  /^(?:received SIG[A-Z0-9]+[;,]|signal SIG[A-Z0-9]+ received|SIGUSR[12]\b)/,
  /^(?:restart mode: |listening on wss?:\/\/|AbortError: )/,
];

/** Whether a text begins as a gateway's run, lane, session or restart lines do. */
export function beginsAsEvent(text: string): boolean {
  return EVENTS.some((event) => event.test(text));
}
