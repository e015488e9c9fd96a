/**
 * A line of the gateway's log, and its three forms as clawdbot 2026.1.24-3
 * writes them. A test holds them against real logs, byte for byte.
 */
export interface Line {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: Level;
  /** Undefined for what code prints with plain `console.*` or the plain logger. */
  readonly subsystem?: string;
  readonly message: string;
  readonly meta?: object;
  /** It never reaches the console. */
  readonly fileOnly?: true;
}

type Level = "DEBUG" | "INFO" | "WARN" | "ERROR";

const LEVEL_IDS: Record<Level, number> = { DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5 };

/** How long a line of the file is beside its subsystem and message, in bytes: for estimates. */
export const FRAME_BYTES = 700;

/** The line of the log file. */
export function tslogLine(line: Line): string {
  const { subsystem, message, meta } = line;
  const time = iso(line.time);
  if (subsystem === undefined) {
    return `{"0":${JSON.stringify(message)},"_meta":${logger(line, '"clawdbot"', time)}},"time":"${time}"}`;
  }
  const name = JSON.stringify(`{"subsystem":"${subsystem}"}`);
  const call =
    meta === undefined
      ? `"1":${JSON.stringify(message)}`
      : `"1":${JSON.stringify(meta)},"2":${JSON.stringify(message)}`;
  return `{"0":${name},${call},"_meta":${logger(line, `${name},"parentNames":["clawdbot"]`, time)}},"time":"${time}"}`;
}

function logger(line: Line, name: string, time: string): string {
  return `{"runtime":"node","runtimeVersion":"24.21.0","hostname":"unknown","name":${name},"date":"${time}","logLevelId":${LEVEL_IDS[line.level]},"logLevelName":"${line.level}","path":${pathOf(line)}`;
}

function pathOf({ subsystem, level, meta, fileOnly }: Line): string {
  if (subsystem !== undefined) return meta === undefined ? PATHS.subsystem : PATHS.subsystemWithMeta;
  if (fileOnly) return PATHS.logger;
  return level === "ERROR" ? PATHS.consoleError : PATHS.consoleInfo;
}

const PATHS = {
  subsystem: path("logging/subsystem.js", 161, 16, "logToFile"),
  subsystemWithMeta: path("logging/subsystem.js", 158, 16, "logToFile"),
  logger: path("logger.js", 51, 17, "logDebug"),
  consoleInfo: path("logging/console.js", 181, 32, "console.info"),
  consoleError: path("logging/console.js", 187, 32, "console.error"),
};

function path(file: string, line: number, column: number, method: string): string {
  const full = `/opt/gateway/node_modules/clawdbot/dist/${file}`;
  const name = file.slice(file.lastIndexOf("/") + 1);
  return JSON.stringify({
    fullFilePath: `file://${full}:${line}:${column}`,
    fileName: name,
    fileNameWithLine: `${name}:${line}`,
    fileColumn: String(column),
    fileLine: String(line),
    filePath: full,
    filePathWithLine: `${full}:${line}`,
    method,
  });
}

/** The line of the console; a message of several lines stays so there. */
export function consoleLine(line: Line): string {
  const shown = shownAs(line);
  return shown.label === "" ? `${iso(line.time)} ${shown.text}` : `${iso(line.time)} [${shown.label}] ${shown.text}`;
}

/** The same in colours. The colouring library closes them before every line feed and opens them again. */
export function colouredLine(line: Line): string {
  const { label, text } = shownAs(line);
  // What is printed with plain `console.*` gets a time and nothing else.
  if (label === "") return `${iso(line.time)} ${text}`;
  const close = "\u001b[39m";
  const open = `\u001b[${TEXT_COLOURS[line.level]}m`;
  const body = text.includes("\n") ? text.replaceAll("\n", `${close}\n${open}`) : text;
  return `\u001b[90m${iso(line.time)}${close} \u001b[${LABEL_COLOURS[label] ?? 36}m[${label}]${close} ${open}${body}${close}`;
}

const TEXT_COLOURS: Record<Level, number> = { DEBUG: 90, INFO: 36, WARN: 33, ERROR: 31 };
/** As real gateways colour them; the rest is ours. */
const LABEL_COLOURS: Readonly<Record<string, number>> = {
  gateway: 36,
  ws: 36,
  heartbeat: 36,
  diagnostic: 31,
  "agent/embedded": 33,
  "gmail-watcher": 34,
  "gateway/channels": 31,
  tools: 35,
  exec: 32,
  memory: 34,
};

/** The console shortens a subsystem's name, and does not say it twice. */
function shownAs({ subsystem, message }: Line): { label: string; text: string } {
  if (subsystem === undefined) return { label: "", text: message };
  const short = subsystem.replace(/^gateway\//, "");
  const label = short === "channels" ? subsystem : short;
  const again = message.startsWith(label) && /^[: ]/.test(message.slice(label.length));
  return { label, text: again ? message.slice(label.length).replace(/^ *:? */, "") : message };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
