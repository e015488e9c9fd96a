/**
 * What is measured against what. A case is one log in one form, and whoever
 * reads it: we first, then the peers, in turn.
 */
import { fileURLToPath } from "node:url";
import type { FormFile, FormName } from "./logs/write.ts";
import type { Truth } from "./logs/truth.ts";
import { type Command, command, TELLS_PEAK } from "./measure.ts";
import type { ToolName } from "./tools.ts";

const BIN = fileURLToPath(new URL("../bin/clawdbot-sessions.js", import.meta.url));
const peerFile = (name: string): string => fileURLToPath(new URL(`./peers/${name}`, import.meta.url));

export interface Peer {
  readonly name: string;
  readonly needs: readonly ToolName[];
  readonly command: (file: string, packages: string) => Command;
  /** What it must print; undefined where it only passes bytes on. */
  readonly prints: ((truth: Truth, file: FormFile) => string) | undefined;
}

export interface Goal {
  /** A peer's name. */
  readonly against: string;
  /** The most that we may take, as a multiple of what the peer takes. */
  readonly most: number;
  readonly isStretch?: true;
}

export interface LogCase {
  readonly name: string;
  readonly title: string;
  readonly form: FormName;
  /** Peers that take minutes: a smaller log and fewer rounds. */
  readonly slow?: true;
  readonly piped?: true;
  readonly peers: readonly Peer[];
  readonly goals: readonly Goal[];
}

/** @param watched it shall tell its peak; only in the round for that */
export function ours(words: readonly string[], watched: boolean, env: Readonly<Record<string, string>> = {}): Command {
  return { pipe: [[process.execPath, ...(watched ? TELLS_PEAK : []), BIN, ...words]], env };
}

export function oursPiped(file: string, watched: boolean): Command {
  return { pipe: [["cat", file], ...ours(["doctor", "-"], watched).pipe] };
}

const pairs = ({ starts, dones, unpaired }: Truth): string => `${starts} ${dones} ${unpaired}`;
const withWords = (_: Truth, file: FormFile): string => String(file.withWords);

const RG: Peer = {
  name: "rg -c",
  needs: ["rg"],
  command: (file) => command("rg", "--no-mmap", "-c", "-F", "embedded run", file),
  prints: withWords,
};

const RG_MAWK: Peer = {
  name: "rg | mawk",
  needs: ["rg", "mawk"],
  command: (file) => ({
    pipe: [
      ["rg", "--no-mmap", "-F", "embedded run", file],
      ["mawk", "-f", peerFile("pair.awk")],
    ],
  }),
  prints: pairs,
};

const MAWK: Peer = {
  name: "mawk",
  needs: ["mawk"],
  command: (file) => command("mawk", "-f", peerFile("pair.awk"), file),
  prints: pairs,
};

const DUCKDB: Peer = {
  name: "DuckDB",
  needs: ["duckdb"],
  command: (file, packages) => command(process.execPath, peerFile("duckdb.mjs"), packages, file),
  prints: pairs,
};

const JQ: Peer = {
  name: "jq",
  needs: ["jq"],
  command: (file) => command("jq", "-nr", "-f", peerFile("pair.jq"), file),
  prints: pairs,
};

const LNAV: Peer = {
  name: "lnav | wc -l",
  needs: ["lnav"],
  command: (file) => ({
    pipe: [
      ["lnav", "-n", "-c", ":filter-in embedded run", file],
      ["wc", "-l"],
    ],
  }),
  prints: withWords,
};

const READLINE: Peer = nodePeer("readline");
const NDJSON: Peer = nodePeer("ndjson");

function nodePeer(name: string): Peer {
  return {
    name,
    needs: ["node"],
    command: (file) => command(process.execPath, peerFile(`${name}.mjs`), file),
    prints: pairs,
  };
}

/** What passes every byte on and does nothing with it. */
function through(name: string, tool: ToolName, pipe: (file: string) => Command["pipe"]): Peer {
  return { name, needs: [tool], command: (file) => ({ pipe: pipe(file) }), prints: undefined };
}

export const LOG_CASES: readonly LogCase[] = [
  {
    name: "jsonl",
    title: "the log file (JSONL)",
    form: "jsonl",
    peers: [RG, RG_MAWK, MAWK, DUCKDB],
    goals: [
      { against: "rg -c", most: 2 },
      { against: "rg | mawk", most: 1, isStretch: true },
    ],
  },
  {
    name: "text",
    title: "the same as console text",
    form: "text",
    peers: [RG, RG_MAWK, MAWK],
    goals: [{ against: "rg -c", most: 2.6 }],
  },
  {
    name: "coloured",
    title: "the same in colours (ANSI)",
    form: "coloured",
    peers: [RG],
    goals: [{ against: "rg -c", most: 2.6 }],
  },
  {
    name: "piped",
    title: "the log file through a pipe",
    form: "jsonl",
    piped: true,
    peers: [through("cat | cat", "cat", (file) => [["cat", file], ["cat"]])],
    goals: [{ against: "cat | cat", most: 1.3 }],
  },
  {
    name: "gzip",
    title: "the log file, gzip",
    form: "gzip",
    peers: [through("zcat", "zcat", (file) => [["zcat", file]])],
    goals: [{ against: "zcat", most: 0.6 }],
  },
  {
    name: "zstd",
    title: "the log file, zstd",
    form: "zstd",
    peers: [through("zstd -dc", "zstd", (file) => [["zstd", "-dc", file]])],
    goals: [{ against: "zstd -dc", most: 2.3 }],
  },
  {
    name: "slow",
    title: "the log file, with peers that take long",
    form: "jsonl",
    slow: true,
    peers: [JQ, LNAV, READLINE, NDJSON],
    goals: [],
  },
];

/** Beside the cases above: what has no peer, or no log of its own. */
export const OTHER_CASES = ["start", "growth", "runs"] as const;

export const START = {
  title: "10 kB, cold start, the table in colours",
  /** The real log of the defect. */
  log: fileURLToPath(new URL("../fixtures/issue-3245/console.log", import.meta.url)),
  peer: command(process.execPath, "-e", "0"),
  peerName: "node -e 0",
  most: 1.8,
} as const;
