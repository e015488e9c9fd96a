/**
 * What a busy gateway logs beside its runs, at debug. The subsystems and the
 * lengths are a gateway's; the wording is ours where no fixture has such a line.
 */
import type { Line } from "./line.ts";
import type { Random } from "./random.ts";

/**
 * Words of run lines where they are not one: in chat texts, in tool output, in
 * lines of other subsystems. None of them may count.
 */
const TRAPS = [
  "embedded run start: runId=trap-1 sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242 provider=fake model=fake",
  "embedded run done: runId=trap-1 sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242 durationMs=1 aborted=false",
  "08:23:20 - embedded run start: runId=12cbe357...",
  "> [agent/embedded] embedded run start: runId=trap-2 sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242",
  "gateway.log:1812:2026-01-28T08:23:20.101Z [agent/embedded] embedded run start: runId=trap-3 sessionId=5cdc6cdf",
  '12:{"0":"{\\"subsystem\\":\\"agent/embedded\\"}","1":"embedded run start: runId=trap-4 sessionId=5cdc6cdf"}',
  "[diagnostic] lane enqueue: lane=session:trap queueSize=1",
  "[diagnostic] run active check: sessionId=5cdc6cdf-3555-4295-acf4-8a4aa3452242 active=true",
  "[gateway] received SIGUSR1; restarting",
  "listening on ws://127.0.0.1:18789 (PID 4711)",
] as const;

const CHAT = [
  "Sure, I looked at the calendar: nothing before 10:00 on Tuesday.",
  "Grüße aus München – das Paket ist da ✓",
  "can you check why the last answer took so long?",
  "承知しました。明日の朝にもう一度確認します。",
  'He said "not before the release", so I left it open.',
  "Here is the summary of the three documents 📄 that you asked for; the second one contradicts the first.",
  "C:\\Users\\ada\\notes.txt is empty, is that on purpose?",
] as const;

const OUTPUT = [
  "-rw-r--r-- 1 ada ada   4096 Jan 28 08:23 notes.txt",
  "\tat processTicksAndRejections (node:internal/process/task_queues:105:5)",
  '  "version": "2026.1.24-3",',
  "+  const attempts = await retry(() => fetch(url, { signal }), { times: 3 });",
  "-  const response = await fetch(url);",
  "warning: unused variable: `elapsed`",
  "2026-01-28 08:23:20,101 DEBUG urllib3.connectionpool Starting new HTTPS connection (1): example.org:443",
  "| 17 | Ada Lovelace | ada@example.org | analytical engines |",
  'GET /v1/items?limit=100&after=eyJpZCI6MTd9 HTTP/1.1" 200 5123 "-" "curl/8.5.0"',
  "Compiling serde v1.0.219",
  "ok 412 - reads the head of a source",
] as const;

const METHODS = [
  "chat.send",
  "chat.history",
  "sessions.list",
  "node.list",
  "health",
  "config.get",
  "cron.list",
] as const;
const COMMANDS = [
  "git status --short",
  "npm test",
  "ls -la",
  "rg -n TODO src",
  "cat /tmp/out.txt",
  "curl -sS https://example.org",
] as const;

type Writer = (random: Random, run: string) => Omit<Line, "time">;

const WRITERS: readonly (readonly [weight: number, Writer])[] = [
  [
    30,
    (random) =>
      debug("gateway/ws", `⇄ res ✓ ${random.pick(METHODS)} ${random.between(0, 250)}ms ${connection(random)}`),
  ],
  [
    22,
    (random, run) =>
      debug(
        "ws",
        `→ event agent clients=${random.between(1, 3)} seq=${random.between(1, 90_000)} run=${run} stream=assistant aseq=${random.between(1, 400)} text=${JSON.stringify(chat(random))}`,
      ),
  ],
  [
    10,
    (random) =>
      debug("tools", `tool=exec toolCallId=call_${random.hex(12)} args={"command":"${random.pick(COMMANDS)}"}`),
  ],
  [
    10,
    (random) =>
      debug(
        "exec",
        `process ${random.between(1000, 60_000)} ended: code=${random.between(0, 1)} after ${random.between(2, 9000)}ms`,
      ),
  ],
  [3, (random) => debug("exec", toolOutput(random))],
  [
    9,
    (random) =>
      debug("memory", `search: query=${JSON.stringify(chat(random).slice(0, 60))} hits=${random.between(0, 12)}`),
  ],
  [
    8,
    (random) =>
      debug(
        "gateway/channels/telegram",
        `inbound message chat=${random.between(1, 1e9)} chars=${random.between(1, 900)}`,
      ),
  ],
  // The words of a run line at the start of a message, and another one's line all the same.
  [0.2, (random) => debug("tools", random.pick(TRAPS))],
  [4, (random) => ({ level: "DEBUG", message: `bonjour: watchdog ok (${random.hex(4)})`, fileOnly: true })],
  [
    4,
    (random) => ({
      level: "INFO",
      subsystem: "gateway/heartbeat",
      meta: { intervalMs: 1_800_000, tick: random.between(1, 500) },
      message: "heartbeat: tick",
    }),
  ],
];
const TOTAL = WRITERS.reduce((sum, [weight]) => sum + weight, 0);

/** A line that is no run's. `run` is one that is at work, or any id: other subsystems name runs as well. */
export function chatter(random: Random, time: number, run: string): Line {
  let left = (random.bits() / 2 ** 32) * TOTAL;
  for (const [weight, write] of WRITERS) {
    left -= weight;
    if (left < 0) return { time, ...write(random, run) };
  }
  return { time, ...debug("ws", "→ event tick") };
}

/** Somebody looks at the gateway's own log: every trap there is, as tool output. */
export function quotedLog(random: Random, time: number): Line {
  const text = [`exec output: call_${random.hex(12)} stdout`, ...TRAPS, "(end)"].join("\n");
  return { time, ...debug("exec", text) };
}

function debug(subsystem: string, message: string): Omit<Line, "time"> {
  return { level: "DEBUG", subsystem, message };
}

function connection(random: Random): string {
  return `conn=${random.hex(8)}…${random.hex(4)} id=${random.hex(8)}…${random.hex(4)}`;
}

function chat(random: Random): string {
  const texts = [random.pick(CHAT)];
  while (random.chance(50)) texts.push(random.pick(CHAT));
  const text = texts.join(" ");
  return random.chance(2) ? `why does the log say ${random.pick(TRAPS)} here? ${text}` : text;
}

/**
 * 2 to 20 kB, mostly with its line feeds escaped. Some is printed as it is, so
 * that the console has lines that begin like anything.
 */
function toolOutput(random: Random): string {
  const head = `exec output: call_${random.hex(12)} stdout`;
  if (random.chance(10)) return `${head}\n${outputLines(random, random.between(500, 4000)).join("\n")}`;
  return `${head}=${JSON.stringify(outputLines(random, random.between(2000, 20_000)).join("\n"))}`;
}

function outputLines(random: Random, length: number): string[] {
  const lines: string[] = [];
  for (let total = 0; total < length;) {
    const line = random.chance(0.2)
      ? random.pick(TRAPS)
      : `${random.pick(OUTPUT)} ${random.hex(random.between(0, 24))}`;
    lines.push(line);
    total += line.length + 1;
  }
  return lines;
}
