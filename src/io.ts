import { createRequire } from "node:module";
import { homedir } from "node:os";
import path from "node:path";

import { Interrupted } from "./errors.ts";
import { isFileOrPipe, nodeOutput, type Output } from "./output.ts";
import { writeWhole } from "./output-file.ts";
import { canShowProgress, showProgress } from "./progress.ts";
import { readDescriptorBytes } from "./sources/read-bytes.ts";
import { readTool } from "./tool.ts";
import type { TimeZone } from "./wall-clock.ts";

interface Input extends AsyncIterable<Uint8Array> {
  /** Somebody may have piped a log in: a pipe, a socket or a file, but no terminal and no /dev/null. */
  readonly isPiped: boolean;
}

/** All that the commands know of the world around them; tests pass one of their own. */
export interface Io {
  readonly tool: { readonly name: string; readonly version: string };
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly homedir: string;
  /** Where the gateways put their dated logs: they do not ask TMPDIR. */
  readonly tmp: string;
  /** The zone of the person who reads the output. */
  readonly timeZone: TimeZone;
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Writes a file whole or not at all, readable by its owner only.
   * @param file relative to `cwd`, or absolute
   * @param pieces the text, which may be longer than a string can be
   * @throws UserError if it cannot be written
   */
  writeWhole(file: string, pieces: Iterable<string>): Promise<void>;
  /**
   * Asks a person on the terminal and waits for the line that is typed; null
   * where there is no terminal to ask on. At the end of the input the line is empty.
   */
  readonly ask: ((question: string) => Promise<string>) | null;
  /**
   * Shows a person on the terminal how far a long reading is: called with what tells it, returns what ends it; null
   * where there is no terminal.
   */
  readonly showProgress: ((bytesRead: () => number) => () => void) | null;
  /** Aborted on Ctrl-C, with Interrupted as the reason. */
  readonly signal: AbortSignal;
  /**
   * What must still be told after Ctrl-C, for it was begun and cannot be taken back. It hears of Ctrl-C by `signal`, and
   * should end soon then; a second Ctrl-C does not wait for it.
   */
  hold(work: Promise<unknown>): void;
  /** Rejects with Interrupted on Ctrl-C, once what is held has ended, or with an error that nobody caught. Never resolves. */
  readonly failure: Promise<never>;
}

/**
 * The real one. Call it once: it listens to the process's signals and uncaught errors.
 * @public bin/ imports it, from dist/
 */
export function nodeIo(): Io {
  const interrupt = new AbortController();
  const held = new Set<Promise<unknown>>();
  const failure = new Promise<never>((_, reject) => {
    // Once: at the second one Node does what it does by itself, and ends the process.
    process.once("SIGINT", () => {
      interrupt.abort(new Interrupted());
      // In a turn of its own, so that what was held can still say by itself how it ended.
      void Promise.allSettled(held).then(() => setImmediate(() => reject(new Interrupted())));
    });
    // Without this Node ends with 1, which is the code for "findings".
    process.on("uncaughtException", reject);
  });
  failure.catch(() => {});
  const cwd = process.cwd();
  const stderr = nodeOutput(2, () => process.stderr);
  return {
    tool: readTool(),
    stdin: nodeInput(),
    stdout: nodeOutput(1, () => process.stdout),
    stderr,
    env: process.env,
    cwd,
    homedir: homedir(),
    tmp: "/tmp",
    timeZone: null,
    now: Date.now,
    writeWhole: async (file, pieces) => {
      writeWhole(path.resolve(cwd, file), file, pieces);
    },
    get ask() {
      return isTerminal(0) && isTerminal(2) ? askOnTerminal(interrupt) : null;
    },
    get showProgress() {
      return canShowProgress(stderr, process.env) ? showProgress : null;
    },
    signal: interrupt.signal,
    hold: (work) => {
      held.add(work);
      const forget = (): void => void held.delete(work);
      work.then(forget, forget);
    },
    failure,
  };
}

/** Not by process.stdin: to ask it begins to read. And late, for node:tty brings half of Node's network with it. */
function isTerminal(descriptor: number): boolean {
  const { isatty } = createRequire(import.meta.url)("node:tty") as typeof import("node:tty");
  return isatty(descriptor);
}

/** On stderr, so that stdout stays the result. */
function askOnTerminal(interrupt: AbortController): (question: string) => Promise<string> {
  return async (question) => {
    const { createInterface } = await import("node:readline/promises");
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    // readline takes Ctrl-C to itself while it reads.
    lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
    const atEnd = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    try {
      return await Promise.race([lines.question(question, { signal: interrupt.signal }), atEnd]);
    } finally {
      lines.close();
    }
  };
}

function nodeInput(): Input {
  return {
    get isPiped() {
      return isFileOrPipe(0);
    },
    [Symbol.asyncIterator]: () => readDescriptorBytes(0),
  };
}
