/**
 * Which step frees which version in which situation: the one place of the
 * repair that knows versions. Every row says where it was measured; the lab
 * (`lab/reset/`) plays it again and writes docs/compatibility.md. Pure data
 * and the look-up in it.
 */
import { compareVersions } from "../gateway-version.ts";
import type { Situation } from "./model.ts";
import { STEPS, type StepName } from "./steps/index.ts";

/** What becomes of messages that wait when a step ends the run they wait for. */
type WaitingFate = "lost" | "answered" | "carried" | "unknown";

export interface Capabilities {
  /** For each situation the steps that help, mildest first; steps measured to do nothing are left out. */
  readonly ladder: Readonly<Record<Situation, readonly StepName[]>>;
  /**
   * `sessions.reset` leaves the run as it is and drops the sessionId by which it
   * could be aborted, so it may only follow a proved abort.
   */
  readonly resetNeedsProof: boolean;
  readonly waiting: Readonly<Partial<Record<StepName, WaitingFate>>>;
  /**
   * A message reaches a session only under the form of the key that its first
   * sender used; under another it begins a new session.
   */
  readonly keysAsSent: boolean;
  /** `sessions.list` tells `hasActiveRun`, and it was right for every hang that was tried. */
  readonly trustsActiveRun: boolean;
  /** Milliseconds that an end may take after the step was answered. */
  readonly settleMs: number;
  /** The versions on which this row was played. */
  readonly measuredOn: readonly string[];
}

interface Row extends Capabilities {
  /** The first version of the row; it holds up to the next row's. */
  readonly from: string;
  /** A method that came with it: many gateways call themselves `dev` when they greet. */
  readonly mark: string | null;
}

const ALL: readonly StepName[] = ["chat-abort", "stop-command", "sessions-abort", "sessions-reset"];
const NONE: readonly StepName[] = [];

const ROWS: readonly Row[] = [
  {
    from: "2026.1.0",
    mark: null,
    ladder: {
      // chat.abort has lost its table of runs, sessions.delete answers deleted:false.
      wedge: ["stop-command"],
      hang: ["chat-abort", "stop-command"],
      "held-back": NONE,
      "full-lane": NONE,
      unknown: ["stop-command"],
    },
    resetNeedsProof: true,
    waiting: { "stop-command": "lost", "chat-abort": "answered" },
    keysAsSent: true,
    trustsActiveRun: false,
    settleMs: 8_000,
    measuredOn: ["2026.1.24-3", "2026.1.30"],
  },
  {
    from: "2026.2.17",
    mark: "tools.catalog",
    ladder: {
      // With OPENCLAW_NO_RESPAWN=1: chat.abort, /stop and /stop: leave it as it is.
      wedge: ["sessions-reset"],
      hang: ["chat-abort", "stop-command", "sessions-reset"],
      "held-back": NONE,
      "full-lane": NONE,
      unknown: ["chat-abort", "stop-command", "sessions-reset"],
    },
    resetNeedsProof: false,
    waiting: { "chat-abort": "answered", "sessions-reset": "lost" },
    keysAsSent: false,
    trustsActiveRun: false,
    settleMs: 8_000,
    measuredOn: ["2026.2.26"],
  },
  {
    from: "2026.3.0",
    mark: "sessions.abort",
    ladder: { wedge: ALL, hang: ALL, "held-back": NONE, "full-lane": NONE, unknown: ALL },
    resetNeedsProof: false,
    waiting: { "chat-abort": "answered", "sessions-reset": "lost" },
    keysAsSent: false,
    trustsActiveRun: false,
    settleMs: 10_000,
    measuredOn: ["2026.3.31"],
  },
  {
    from: "2026.5.28",
    mark: "diagnostics.stability",
    ladder: { wedge: ALL, hang: ALL, "held-back": ["sessions-reset"], "full-lane": NONE, unknown: ALL },
    resetNeedsProof: false,
    waiting: { "chat-abort": "carried", "sessions-reset": "answered" },
    // Was false for every live hang.
    keysAsSent: false,
    trustsActiveRun: false,
    settleMs: 10_000,
    measuredOn: ["2026.5.28"],
  },
  {
    from: "2026.6.11",
    mark: null,
    ladder: { wedge: ALL, hang: ALL, "held-back": ["sessions-reset"], "full-lane": NONE, unknown: ALL },
    resetNeedsProof: false,
    waiting: { "chat-abort": "carried", "sessions-reset": "answered" },
    keysAsSent: false,
    trustsActiveRun: true,
    settleMs: 10_000,
    measuredOn: ["2026.6.11"],
  },
  {
    from: "2026.7.0",
    mark: null,
    ladder: {
      wedge: ALL,
      hang: ALL,
      // sessions.abort ends only the message that waits, sessions.recover does nothing.
      "held-back": ["sessions-reset"],
      "full-lane": NONE,
      unknown: ALL,
    },
    resetNeedsProof: false,
    waiting: { "chat-abort": "lost", "sessions-reset": "lost" },
    keysAsSent: false,
    trustsActiveRun: true,
    settleMs: 10_000,
    measuredOn: ["2026.7.1", "2026.9.6"],
  },
];

/** Where the version is not known: what no version was seen to be harmed by. */
const UNKNOWN: Capabilities = {
  ladder: {
    wedge: ["chat-abort", "stop-command", "sessions-abort"],
    hang: ["chat-abort", "stop-command", "sessions-abort"],
    "held-back": NONE,
    "full-lane": NONE,
    unknown: ["chat-abort", "stop-command", "sessions-abort"],
  },
  resetNeedsProof: true,
  waiting: {},
  // Looking which form it is costs one question.
  keysAsSent: true,
  trustsActiveRun: false,
  settleMs: 10_000,
  measuredOn: [],
};

/** What is known of a gateway's version. */
export interface KnownGateway {
  /** As its greeting names it, for example `2026.1.24-3`; null or `dev` where it does not. */
  readonly version: string | null;
  /** The first version that could have written its log; null where the log does not tell. */
  readonly atLeast: string | null;
  /** As its greeting lists them; an empty list says nothing. */
  readonly methods: ReadonlySet<string>;
}

/** What can be done on a gateway, of that only what its methods allow. */
export function capabilitiesOf(gateway: KnownGateway): Capabilities {
  const { methods } = gateway;
  const found = rowOf(gateway) ?? UNKNOWN;
  const has = (step: StepName) => methods.size === 0 || methods.has(STEPS[step].method);
  const ladder = Object.fromEntries(
    Object.entries(found.ladder).map(([situation, steps]) => [situation, steps.filter(has)]),
  ) as unknown as Record<Situation, readonly StepName[]>;
  return { ...found, ladder };
}

function rowOf({ version, atLeast, methods }: KnownGateway): Row | undefined {
  const upTo = (known: string) => ROWS.findLastIndex((row) => compareVersions(known, row.from) >= 0);
  if (version !== null && isVersion(version)) return ROWS[upTo(version)];
  if (atLeast === null && methods.size === 0) return undefined;
  const byMethods = ROWS.findLastIndex(({ mark }) => mark !== null && methods.has(mark));
  // A list without any mark is an early gateway's; so is a log that bounds nothing.
  return ROWS[Math.max(0, byMethods, atLeast === null ? 0 : upTo(atLeast))];
}

function isVersion(text: string): boolean {
  return /^20\d\d\.\d/.test(text);
}
