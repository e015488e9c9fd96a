/**
 * One real log in every form that people have it in. The forms are made from the
 * gateway's JSONL file, which tells most; each is what the real writer would print.
 */
import { gzipSync } from "node:zlib";

export interface Form {
  readonly name: string;
  /** A name that such a file has; where lines have no date, the name has it. */
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** Name of the stream that the reader must give its records, where an envelope tells one. */
  readonly stream?: string;
  /** False where times are in whole seconds. */
  readonly milliseconds: boolean;
}

interface Line {
  readonly raw: string;
  readonly time: string;
  readonly level: string;
  readonly subsystem: string | undefined;
  readonly message: string;
  readonly meta: Readonly<Record<string, unknown>> | undefined;
}

/**
 * @param jsonl the text of a `gateway.jsonl`
 * @returns the same log in every form that the tool reads
 */
export function everyForm(jsonl: string): Form[] {
  const lines = readJsonl(jsonl);
  const text = (write: (line: Line) => string): string[] => lines.map(write);
  const compact = text(consoleCompact);
  const pretty = text(consolePretty);
  const coloured = text(consoleColoured);
  const raw = lines.map((line) => line.raw);
  const around = (inner: readonly string[], write: (line: Line, inner: string) => string): string[] =>
    lines.map((line, index) => write(line, inner[index] as string));
  const date = (lines[0]?.time ?? "2026-01-28").slice(0, 10);
  const dated = `console-${date}.log`;
  const form = (name: string, content: readonly string[], more: Partial<Form> = {}): Form => ({
    name,
    fileName: `${name}.log`,
    bytes: Buffer.from(`${content.join("\n")}\n`),
    milliseconds: true,
    ...more,
  });
  const seconds = { milliseconds: false, fileName: dated };
  return [
    form("tslog", raw, { fileName: `clawdbot-${date}.log` }),
    form("console-compact", compact),
    form("console-coloured", coloured),
    form("console-json", text(consoleJson)),
    form("console-pretty", pretty, seconds),
    form(
      "console-pretty-coloured",
      pretty.map((line) => line.replace(/^(\S+) (\[[^\]]+\])/, "\u001b[90m$1\u001b[39m \u001b[36m$2\u001b[39m")),
      seconds,
    ),
    form("logs-json", [
      JSON.stringify({ type: "meta", file: "/tmp/x.log", cursor: 1, size: 1 }),
      ...text(logsJson),
      '{"type":"raw","raw":"some text"}',
    ]),
    form(
      "logs-json-without-raw",
      text((line) => logsJson(line).replace(/,"raw":".*"\}$/, "}")),
    ),
    form("logs-plain", ["Log file: /tmp/x.log", ...text(logsPlain)]),
    form(
      "logs-plain-newer",
      text((line) => `${line.time} ${line.level} ${line.subsystem ?? ""} ${oneLine(consoleMessage(line))}`),
    ),
    form(
      "timeline",
      text((line) => `${line.time.slice(11, 19)} - ${oneLine(consoleMessage(line))}`),
      seconds,
    ),
    form(
      "timeline-dated",
      text((line) => `- ${line.time.slice(0, 10)} ${line.time.slice(11, 23)} - ${oneLine(consoleMessage(line))}`),
    ),
    form(
      "journald-short",
      around(compact, (line, inner) => `${monthDay(line.time, 1)} vps node[4242]: ${inner}`),
      { stream: "vps/node" },
    ),
    form(
      "journald-iso",
      around(compact, (line, inner) => `${offset(line.time, 1).slice(0, 19)}+0100 vps node[4242]: ${inner}`),
      { stream: "vps/node" },
    ),
    form(
      "journald-iso-pretty",
      around(pretty, (line, inner) => `${offset(line.time, 1).slice(0, 19)}+01:00 vps node[4242]: ${inner}`),
      { stream: "vps/node", milliseconds: false },
    ),
    form(
      "journald-full",
      around(
        compact,
        (line, inner) => `Wed ${offset(line.time, 1).slice(0, 19).replace("T", " ")} CET vps node[42]: ${inner}`,
      ),
      { stream: "vps/node" },
    ),
    form(
      "journald-full-pretty",
      around(pretty, (line, inner) => `Wed ${line.time.slice(0, 19).replace("T", " ")} UTC vps node[42]: ${inner}`),
      { stream: "vps/node", milliseconds: false },
    ),
    form(
      "journald-unix",
      around(compact, (line, inner) => `${(Date.parse(line.time) / 1000).toFixed(3)}456 vps node[42]: ${inner}`),
      { stream: "vps/node" },
    ),
    form("journald-json", around(coloured, journaldJson), { stream: "vps/clawdbot-gateway.service" }),
    form(
      "docker-compose",
      around(compact, (_, inner) => `gateway-1  | ${inner}`),
      { stream: "gateway-1" },
    ),
    form(
      "docker-compose-coloured",
      around(coloured, (_, inner) => `\u001b[36mgateway-1  | \u001b[0m${inner}`),
      { stream: "gateway-1" },
    ),
    form(
      "docker-compose-pretty-t",
      around(pretty, (line, inner) => `gateway-1  | ${nanoseconds(line.time)} ${inner}`),
      { stream: "gateway-1" },
    ),
    form(
      "docker-t",
      around(raw, (line, inner) => `${nanoseconds(line.time)} ${inner}`),
    ),
    form(
      "docker-json",
      around(compact, (line, inner) =>
        JSON.stringify({ log: `${inner}\n`, stream: "stdout", time: nanoseconds(line.time) }),
      ),
    ),
    form("cri", around(raw, cri)),
    form(
      "github-actions",
      around(compact, (line, inner) => `\ufeff${line.time.slice(0, 23)}4567Z gateway-1  | ${inner}`),
      { stream: "gateway-1" },
    ),
    form(
      "gh-run-view",
      around(coloured, (line, inner) => `e2e\tRun it\t${line.time.slice(0, 23)}4567Z ${inner}`),
      { stream: "e2e" },
    ),
    form(
      "wrapper",
      around(compact, (line, inner) => `[native-stdio][gateway] [${line.time}] stdout: ${inner}`),
      { stream: "native-stdio/gateway" },
    ),
    form(
      "pm2",
      around(compact, (_, inner) => `0|clawdbot  | ${inner}`),
      { stream: "clawdbot" },
    ),
    form(
      "fly",
      around(raw, (line, inner) => `${line.time.slice(0, 19)}Z app[3d8d9014b32d89] ams [info]${inner}`),
      { stream: "app[3d8d9014b32d89]" },
    ),
    form(
      "ts",
      around(compact, (line, inner) => `${monthDay(line.time, 1)} ${inner}`),
    ),
    form("crlf", compact, { bytes: Buffer.from(`${compact.join("\r\n")}\r\n`) }),
    form("bom", raw, { bytes: Buffer.from(`\ufeff${raw.join("\n")}\n`) }),
    form("utf-16", compact, { bytes: Buffer.from(`\ufeff${compact.join("\r\n")}\r\n`, "utf16le") }),
    form("half-lines", compact, {
      bytes: Buffer.from(`-23T05:59:59.000Z [diagnostic] lane enq\n${compact.join("\n")}\n2026-01-28T08:2`),
    }),
    form("half-json-lines", raw, {
      bytes: Buffer.from(`${(raw[0] as string).slice(40)}\n${raw.join("\n")}\n${(raw[0] as string).slice(0, 90)}`),
    }),
    form("gzip", raw, { fileName: "gateway.log.gz", bytes: gzipSync(`${raw.join("\n")}\n`) }),
    form("gzip-members", raw, {
      bytes: Buffer.concat([gzipSync(`${raw.slice(0, 9).join("\n")}\n`), gzipSync(`${raw.slice(9).join("\n")}\n`)]),
    }),
    form("zstd", raw, { fileName: "gateway.log.zst", bytes: zstdStored(Buffer.from(`${raw.join("\n")}\n`)) }),
    form("zstd-frames", compact, {
      bytes: Buffer.concat([
        zstdStored(Buffer.from(`${compact.slice(0, 9).join("\n")}\n`)),
        zstdStored(Buffer.from(`${compact.slice(9).join("\n")}\n`)),
      ]),
    }),
    form(
      "mixed",
      lines.map(
        (line, index) =>
          [line.raw, compact[index], consoleJson(line), logsPlain(line), coloured[index]][index % 5] as string,
      ),
    ),
  ];
}

/** The times, subsystems and messages of a JSONL log, to compare what a form gave with. */
export function readJsonl(jsonl: string): Line[] {
  return jsonl
    .split("\n")
    .filter((line) => line !== "")
    .map((raw) => {
      const object = JSON.parse(raw) as Record<string, unknown> & { _meta: Record<string, unknown>; time: string };
      const values = ["0", "1", "2", "3"].map((key) => object[key]).filter((value) => value !== undefined);
      const bindings =
        typeof values[0] === "string" && values[0].startsWith('{"')
          ? (JSON.parse(values[0]) as Record<string, string>)
          : undefined;
      const rest = bindings === undefined ? values : values.slice(1);
      const meta = rest.find((value) => typeof value === "object") as Record<string, unknown> | undefined;
      const texts = rest.filter((value) => typeof value === "string");
      const message =
        typeof meta?.["message"] === "string" && (texts.length === 0 || texts[0] === "verbose")
          ? meta["message"]
          : texts.join(" ");
      return {
        raw,
        time: new Date(object.time).toISOString(),
        level: String(object._meta["logLevelName"]).toLowerCase(),
        subsystem: bindings?.["subsystem"] ?? bindings?.["module"] ?? bindings?.["plugin"],
        message,
        meta,
      };
    });
}

/** Newer versions give the console a text with the fields in it, and the file the fields beside a short text. */
function consoleMessage(line: Line): string {
  const { meta } = line;
  if (meta?.["event"] === "embedded_run_agent_end") {
    return `embedded run agent end: runId=${String(meta["runId"])} isError=${String(meta["isError"])}`;
  }
  if (meta?.["event"] === "embedded_run_failover_decision") {
    return `embedded run failover decision: runId=${String(meta["runId"])} stage=${String(meta["stage"])} decision=${String(meta["decision"])} reason=${typeof meta["failoverReason"] === "string" ? meta["failoverReason"] : "none"}`;
  }
  return line.message;
}

function shown(line: Line): { label: string; message: string } {
  const full = line.subsystem ?? "";
  const label = full.replace(/^(?:(?:gateway|channels|providers)\/)+/, "") || full;
  const message = consoleMessage(line);
  const doubled = message.toLowerCase().startsWith(label.toLowerCase()) && /^[: ]/.test(message.slice(label.length));
  return { label, message: oneLine(doubled ? message.slice(label.length).replace(/^ *:? */, "") : message) };
}

function consoleCompact(line: Line): string {
  const { label, message } = shown(line);
  return label === "" ? `${line.time} ${message}` : `${line.time} [${label}] ${message}`;
}

function consolePretty(line: Line): string {
  return `${line.time.slice(11, 19)} ${consoleCompact(line).slice(line.time.length + 1)}`;
}

function consoleColoured(line: Line): string {
  const { label, message } = shown(line);
  // What a gateway prints with plain console.* gets a time and nothing else.
  if (label === "") return `${line.time} ${message}`;
  return `\u001b[90m${line.time}\u001b[39m \u001b[36m[${label}]\u001b[39m \u001b[90m${message}\u001b[39m`;
}

function consoleJson(line: Line): string {
  return JSON.stringify({
    time: line.time,
    level: line.level,
    subsystem: line.subsystem,
    message: line.message,
    ...line.meta,
  });
}

function cliMessage(line: Line): string {
  const object = JSON.parse(line.raw) as Record<string, unknown>;
  return ["0", "1", "2"]
    .map((key) => object[key])
    .filter((value) => value !== undefined)
    .map((value) => (typeof value === "string" ? value : JSON.stringify(value)))
    .join(" ");
}

function logsJson(line: Line): string {
  return JSON.stringify({
    type: "log",
    time: line.time,
    level: line.level,
    subsystem: line.subsystem,
    message: cliMessage(line),
    raw: line.raw,
  });
}

function logsPlain(line: Line): string {
  return [line.time, line.level, line.subsystem ?? "", oneLine(cliMessage(line))].filter(Boolean).join(" ");
}

function journaldJson(line: Line, inner: string): string {
  return JSON.stringify({
    __REALTIME_TIMESTAMP: String(Date.parse(line.time) * 1000),
    _HOSTNAME: "vps",
    _PID: "4242",
    _SYSTEMD_USER_UNIT: "clawdbot-gateway.service",
    MESSAGE: [...Buffer.from(inner)],
  });
}

// A runtime cuts lines in pieces; half of these are longer than that.
function cri(line: Line, inner: string): string {
  const stamp = nanoseconds(line.time);
  if (inner.length < 700) return `${stamp} stdout F ${inner}`;
  return `${stamp} stdout P ${inner.slice(0, 500)}\n${stamp} stdout F ${inner.slice(500)}`;
}

function nanoseconds(time: string): string {
  return `${time.slice(0, 23)}456789Z`;
}

function offset(time: string, hours: number): string {
  return new Date(Date.parse(time) + hours * 3_600_000).toISOString();
}

function monthDay(time: string, hours: number): string {
  const local = new Date(Date.parse(time) + hours * 3_600_000);
  const month = local.toLocaleString("en-US", { month: "short", timeZone: "UTC" });
  return `${month} ${String(local.getUTCDate()).padStart(2)} ${local.toISOString().slice(11, 19)}`;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}

/** A zstd frame of stored blocks: what every decoder must read, with no encoder needed. */
export function zstdStored(bytes: Uint8Array): Uint8Array {
  // Magic, no checksum, a window of 1 MiB.
  const parts: Uint8Array[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50])];
  const block = 100_000;
  for (let start = 0; start < bytes.length || start === 0; start += block) {
    const piece = bytes.subarray(start, start + block);
    const header = Buffer.alloc(3);
    header.writeUIntLE((piece.length << 3) | (start + block >= bytes.length ? 1 : 0), 0, 3);
    parts.push(header, piece);
  }
  return Buffer.concat(parts);
}
