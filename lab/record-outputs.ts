/**
 * What the tools around a gateway print of its log, recorded for the tests:
 *
 *   npx tsx lab/record-outputs.ts logs 1.24-3     the gateway's own `logs`, against a running gateway
 *   npx tsx lab/record-outputs.ts journald        journalctl, over a journal made of a recorded console
 *
 * The second needs Debian's systemd-journal-remote and no running systemd.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { execa } from "execa";
import { Arena } from "./reset/arena.ts";
import { findGateway, gatewayName } from "./versions.ts";

const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));

/** One session that a restart left hanging and that one message waits for, another that is well. */
async function recordLogs(word: string): Promise<void> {
  const version = findGateway(word);
  if (!version) throw new Error(`the lab does not know ${word}`);
  const folder = join(FIXTURES, "logs-cli", gatewayName(version));
  const arena = await Arena.open(version, {}, console.log);
  const { stage } = arena;
  try {
    await stage.ask("room", "ok");
    await stage.begin("main", "hang");
    await stage.restart();
    await stage.say("main", "ok");
    await stage.ask("room", "ok");
    const json = await arena.gateway.ownCli("logs", "--json", "--limit", "2000", "--max-bytes", "1000000");
    const plain = await arena.gateway.ownCli("logs", "--plain", "--limit", "2000", "--max-bytes", "1000000");
    mkdirSync(folder, { recursive: true });
    const write = (name: string, text: string): void =>
      writeFileSync(join(folder, `${name}.gz`), gzipSync(withoutHost(arena.gateway.clean(text))));
    write("gateway.jsonl", arena.gateway.logText());
    write("logs.json", `${json}\n`);
    write("logs.txt", `${plain}\n`);
  } finally {
    await arena.close();
  }
}

/** The machine's name is in every line of newer versions, in `raw` with its quotes escaped. */
function withoutHost(text: string): string {
  return text.replaceAll(/(hostname\\?":\\?")[^"\\]*/g, "$1vps");
}

const OUTPUTS = [
  "json",
  "short",
  "short-full",
  "short-iso",
  "short-iso-precise",
  "short-precise",
  "short-unix",
] as const;
const REMOTE = "/lib/systemd/systemd-journal-remote";

async function recordJournal(): Promise<void> {
  const folder = join(FIXTURES, "journald");
  const work = mkdtempSync(join(tmpdir(), "clawdbot-sessions-journal-"));
  mkdirSync(folder, { recursive: true });
  try {
    const console_ = readFileSync(join(FIXTURES, "issue-3245", "console.log"), "utf8");
    for (const [name, lines] of [
      ["plain", console_.trimEnd().split("\n")],
      ["coloured", console_.trimEnd().split("\n").map(coloured)],
    ] as const) {
      writeFileSync(join(work, "export"), Buffer.concat(lines.map(journalEntry)));
      const journal = join(work, `${name}.journal`);
      await execa(REMOTE, ["-o", journal, join(work, "export")]);
      for (const output of name === "plain" ? [...OUTPUTS, "with-unit", "cat"] : ["json", "short"]) {
        const words = ["--no-pager", "--quiet", "--file", journal, "-o", output];
        const { stdout } = await execa("journalctl", words, { env: { TZ: "Europe/Berlin", LC_ALL: "C" } });
        writeFileSync(join(folder, `${name}.${output}.gz`), gzipSync(`${stdout}\n`));
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** As a service's console is where it is told to use colours. */
function coloured(line: string): string {
  return line.replace(
    /^(\S+Z) (\[[^\]]*\]) (.*)$/,
    "\u001b[90m$1\u001b[39m \u001b[36m$2\u001b[39m \u001b[90m$3\u001b[39m",
  );
}

let micros = 0;

/** An entry in the journal's export format: what journald keeps of a line of a service's stdout. */
function journalEntry(line: string, index: number): Buffer {
  const stamp = /\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(line)?.[0];
  micros = stamp === undefined ? micros + 1 : Math.max(micros + 1, Date.parse(stamp) * 1000 + 512);
  const fields = {
    __REALTIME_TIMESTAMP: String(micros),
    __MONOTONIC_TIMESTAMP: String(1_000_000 + index * 1000),
    _BOOT_ID: "0123456789abcdef0123456789abcdef",
    _MACHINE_ID: "fedcba9876543210fedcba9876543210",
    _HOSTNAME: "vps",
    _TRANSPORT: "stdout",
    PRIORITY: "6",
    SYSLOG_FACILITY: "3",
    SYSLOG_IDENTIFIER: "node",
    _PID: "20958",
    _UID: "1000",
    _GID: "1000",
    _COMM: "node",
    _SYSTEMD_UNIT: "clawdbot-gateway.service",
    _SYSTEMD_SLICE: "system.slice",
  };
  const message = Buffer.from(line);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(message.length));
  const head = Object.entries(fields).map(([name, value]) => `${name}=${value}\n`);
  return Buffer.concat([Buffer.from(`${head.join("")}MESSAGE\n`), length, message, Buffer.from("\n\n")]);
}

const [what, word = "1.24-3"] = process.argv.slice(2);
await (what === "journald" ? recordJournal() : recordLogs(word));
process.exit();
