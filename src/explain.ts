import { hang, textWidth } from "./reporters/pretty/layout.ts";
import { FINDING_CODES } from "./model.ts";
import type { FindingCode } from "./model.ts";

/** A list item begins with `- `; everything else is a paragraph. Backticks mark what is typed or read as it stands. */
type Prose = readonly string[];

/** What there is to say of a finding beside the report: `explain <code>` and docs/findings.md. */
export interface FindingPage {
  readonly title: string;
  /** The severity, or which one when. */
  readonly severity: string;
  readonly whatItMeans: Prose;
  readonly howWeKnow: Prose;
  readonly whatToDo: Prose;
  readonly whatItIsNot: Prose;
}

const FREE_BY_VERSION: Prose = [
  "- `clawdbot-sessions reset KEY`, on the gateway's machine: it knows the way for each version, says what is lost before it acts, and proves what it did. By hand:",
  '- 2026.1.24 to 2026.1.30, after a restart: send `/stop:`, with the colon, in the blocked chat; on the gateway\'s machine that is `clawdbot gateway call chat.send --params \'{"sessionKey":"main","message":"/stop:","idempotencyKey":"stop-1"}\'` (`openclaw gateway call …` from 2026.1.30). It aborts the run, keeps the conversation and lasts; messages that wait are dropped. Do it before any `sessions.reset`: that answers `ok`, leaves the session blocked, and afterwards `/stop:` does not help either. `/stop` without the colon, `chat.abort` and `sessions.delete` do nothing here.',
  "- 2026.2.26 with `OPENCLAW_NO_RESPAWN=1`, after a restart: `/new`, `/reset` or `sessions.reset` (a new conversation), or `/compact` (goes on with a summary of it). `/stop`, `/stop:` and `chat.abort` do nothing here. Without that variable a restart is a new process, and nothing stays blocked.",
  "- 2026.3.31 to 2026.7.1: a restart aborts the runs, and the next message was answered each time we tried.",
  "- 2026.9.6: the gateway goes on with the lost turn under a new runId. Where that hangs, `/stop` in the chat or `sessions.reset` ends it. Where the session is only held back behind other sessions that hang, stop those, or use `sessions.reset` on this one; `sessions.abort` ends only the waiting message.",
  "- every version, a run that hangs with no restart before it: `/stop` or `/stop:` in the chat.",
  "- every version: ending the gateway's process and starting it again empties all lanes (a session that 2026.9.6 holds back outlives even that). The runs and the waiting messages are lost. A restart inside the process (SIGUSR1, `config.patch`) does not help: it is the cause.",
];

export const FINDING_PAGES: Readonly<Record<FindingCode, FindingPage>> = {
  "session-blocked": {
    title: "A session gets no answers",
    severity: "error",
    whatItMeans: [
      "A session works on one run at a time, in its lane. This one's lane is held by a run that will not end: every message after it is queued and not answered, while other sessions work on.",
      "The finding names the run that holds the lane, since when, and how many messages were seen waiting. That number is a lower bound, because the gateway may merge messages.",
    ],
    howWeKnow: [
      "The log shows the session's lane taken and not given back, by a run that is orphaned (`run-orphaned`) or stalled (`run-stalled`), in a process that still lives at the end of the log. Messages after that show as `run active check: … active=true`, `message queued` or `lane enqueue` with no `lane dequeue`.",
      "Where the log's level hides runs, the state dir can show the same: a lock file `<sessionId>.jsonl.lock` from before the last restart in the process, whose process lives, beside a transcript that ends without an answer.",
    ],
    whatToDo: ["Which way frees it depends on the gateway's version:", ...FREE_BY_VERSION],
    whatItIsNot: [
      "Not a slow model: a session whose run may be alive is `busy`, not `blocked`. Read the finding's confidence: medium means that the run could in theory still be waiting for its model.",
      "Not a lost conversation: the transcript is on disk.",
    ],
  },
  "lanes-exhausted": {
    title: "The main lane is full of runs that never end",
    severity: "error",
    whatItMeans: [
      "All sessions share the lane `main`, which takes four runs at once by default. It is full, and at least one of its places is held by a run that will not end. When all of them are, no session of this gateway gets an answer; until then sessions wait for the places that are left.",
    ],
    howWeKnow: [
      "The log shows as many runs in lane `main` as it takes, at least one of them orphaned or stalled, and sessions whose `lane enqueue: lane=main` has no dequeue.",
    ],
    whatToDo: [
      "End the gateway's process and start it again: it is one step for all sessions. Or free the sessions that hold the lane one by one, after which the others are served:",
      ...FREE_BY_VERSION,
    ],
    whatItIsNot: [
      "Not load: a lane that is full of runs that may be alive is not reported. Raising `agents.defaults.maxConcurrent` only makes it last longer.",
    ],
  },
  "run-orphaned": {
    title: "A restart cut a run, and the run never ended",
    severity: "error while it holds its session, warning once its session answered again",
    whatItMeans: [
      "The gateway restarted inside its process while the run was going on. The process kept the run in its books, the part that would have ended it is gone, and so it holds its session's lane.",
    ],
    howWeKnow: [
      "The run started before an in-process restart (`received SIGUSR1; restarting`, SIGUSR2 on 2026.9, `restart mode: in-process restart`, or a change of the config that needs one), nothing ended it, and no line of it came after the restart.",
      "The confidence is high once an abort was logged for it (`AbortError`) or it is past the gateway's run timeout (600 s up to 2026.2.26, 48 h from 2026.3.31 on, unless `agents.defaults.timeoutSeconds` says otherwise: give it with `--run-timeout`), and medium before.",
      "An end is any line that says so, not only `embedded run done`: errors that fail over, aborts from 2026.5.28 on and `run cleanup` have others.",
    ],
    whatToDo: [
      "If its session is blocked, free it; if it answered again, send the lost message again and nothing else is needed.",
      ...FREE_BY_VERSION,
    ],
    whatItIsNot: [
      "Not a run that is only slow: such a run survives the restart, and its next line takes the finding back. A silent model stream is cut by the HTTP client after 300 s, so a run may still end by itself then.",
      "Not a `stuck session` warning: the gateway gives that to healthy slow runs as well, from 120 s on.",
    ],
  },
  "run-lost": {
    title: "The process of a run is gone",
    severity: "warning, note once its session answered again",
    whatItMeans: [
      "The gateway crashed, was stopped, or restarted into a new process while the run was going on. The answer was never given. The new process has empty lanes: the session is free.",
    ],
    howWeKnow: [
      "The run has no end, and its process has: the log shows an ordered stop, a new process id, `restart mode: full process restart`, or a start with no shutdown before it.",
      "The same process id proves nothing: in a container every process has a small one.",
    ],
    whatToDo: [
      "Send the message again. 2026.5.28 and later continue such a turn by themselves, under a new runId (`resumed interrupted main session`, `started interrupted main session`).",
      "If it was a crash, look at the lines before the new start. An unhandled `AbortError` right after SIGUSR1 is a defect of early versions.",
    ],
    whatItIsNot: ["Not a blocked session: nothing holds it, and the next message is answered."],
  },
  "run-stalled": {
    title: "A run has been silent for too long",
    severity: "error",
    whatItMeans: [
      "No restart, crash or stop explains it: the run started and has shown no sign of life for longer than `--stall-after` (default: the run timeout and one minute; 11 minutes also where the gateway itself would wait for 48 h). It holds its session all the while.",
    ],
    howWeKnow: [
      "The gateway itself should have ended the run at its timeout, and no line says that it did. A `stuck session` warning is quoted as evidence and not counted as proof.",
      "The silence is measured up to the last line of the log, not to now: a log that ends early cannot show a stall.",
    ],
    whatToDo: [
      "Send `/stop` or `/stop:` in that chat: on every version that we tried it frees a run that hangs with no restart before it. Or end the gateway's process and start it again.",
      "If your gateway's timeout is longer than ten minutes, say so with `--run-timeout`.",
    ],
    whatItIsNot: ["Not proof of a defect of the gateway: a tool or a model that hangs looks the same from here."],
  },
  "log-gap": {
    title: "A part of the log is missing",
    severity: "warning",
    whatItMeans: [
      "Something that was logged, or would have been, cannot be read here: runs may have started or ended there. What is reported stands, and what is not reported may be in the gap.",
    ],
    howWeKnow: [
      "`log file size cap reached; suppressing writes` (500 MB up to 2026.4.15, 100 MB later), a day between two dated files, or a rotated file (`.1` to `.5`) that is not there. Or a file that could not be read, or not to its end: its permissions, an archive that is cut or damaged, a file that was cut short while it was read. `sources[].unread` of the report says why.",
    ],
    whatToDo: [
      "Give the missing files too, in any order: files of one gateway are merged by time. Dated files older than a day are deleted by the gateway itself; the service's own log (`logs/gateway.log` in the state dir, journald, Docker) may still have those hours.",
    ],
    whatItIsNot: ["Not a quiet night: hours with no messages are no gap."],
  },
  "log-inconclusive": {
    title: "The log cannot show runs",
    severity: "warning; the exit code is 3 (0 with --allow-inconclusive)",
    whatItMeans: [
      "The gateway logs the start and the end of a run at the level DEBUG. This log has none of those lines, so an empty list of findings would mean nothing.",
    ],
    howWeKnow: ["The log has lines of a gateway, and no line of a run or a lane at debug level among them."],
    whatToDo: [
      'Turn those lines on, for the file with `logging.level` and for the console with `logging.consoleLevel: "debug"`:',
      '- up to 2026.4.5 `logging.level` works in reverse: `"error"` writes debug and up to the file, `"debug"` writes only errors.',
      "- 2026.3.31 and 2026.4.15 ignore `logging.*` of the config: set `OPENCLAW_LOG_LEVEL=debug` in the gateway's environment. On 2026.3.31 only the console then has the runs.",
      '- later versions: `"logging": {"level": "debug"}`.',
      "The setting counts from the next start of the process on, and that start frees every session that is blocked now. So it helps for the next time. For this time, run `doctor` on the gateway's own machine: its state dir can name a blocked session at any level.",
    ],
    whatItIsNot: ["Not a sign that something is wrong, nor that all is well."],
  },
};

/** A page for the terminal, folded at `columns`. */
export function renderFindingPage(code: FindingCode, columns: number): string {
  const width = textWidth(columns);
  const page = FINDING_PAGES[code];
  const lines = [...hang(`${code}: `, page.title, width), ...hang("Severity: ", page.severity, width)];
  for (const [heading, prose] of sections(page)) {
    lines.push("", heading, ...prose.flatMap((text) => proseLines(text, width)));
  }
  return `${lines.join("\n")}\n`;
}

function proseLines(text: string, width: number): string[] {
  return text.startsWith("- ") ? hang("  - ", text.slice(2), width) : hang("  ", text, width);
}

function sections(page: FindingPage): readonly (readonly [heading: string, prose: Prose])[] {
  return [
    ["What it means", page.whatItMeans],
    ["How we know", page.howWeKnow],
    ["What to do", page.whatToDo],
    ["What it is not", page.whatItIsNot],
  ];
}

/** The codes with their titles. */
export function renderFindingList(columns: number): string {
  const width = textWidth(columns);
  const longest = Math.max(...FINDING_CODES.map((code) => code.length));
  const lines = FINDING_CODES.flatMap((code) => hang(`${code.padEnd(longest)}  `, FINDING_PAGES[code].title, width));
  return `${lines.join("\n")}\n\nclawdbot-sessions explain <code> says more.\n`;
}

/** All pages as docs/findings.md. */
export function renderFindingsMarkdown(): string {
  const pages = FINDING_CODES.map((code) => {
    const page = FINDING_PAGES[code];
    const body = sections(page).flatMap(([heading, prose]) => [`### ${heading}`, markdownProse(prose)]);
    return [`## ${code}`, `**${page.title}.** Severity: ${page.severity}.`, ...body].join("\n\n");
  });
  const text = [
    "# Findings",
    "What `clawdbot-sessions doctor` reports. `clawdbot-sessions explain <code>` prints the same pages. This file is made from `src/explain.ts`.",
    ...pages,
  ].join("\n\n");
  return `${text.trimEnd()}\n`;
}

/** Items of one list stay together, everything else is a paragraph. */
function markdownProse(prose: Prose): string {
  return prose.reduce((text, next, index) => {
    if (index === 0) return next;
    return `${text}${next.startsWith("- ") && prose[index - 1]?.startsWith("- ") ? "\n" : "\n\n"}${next}`;
  }, "");
}
