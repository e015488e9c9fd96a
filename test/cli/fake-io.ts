import type { Io } from "../../src/io.ts";

export interface FakeIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
  readonly files: ReadonlyMap<string, string>;
}

interface FakeIoValues {
  readonly stdin?: string;
  readonly env?: Record<string, string>;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly timeZone?: string;
  readonly cwd?: string;
  readonly homedir?: string;
  /** What a write does, for example to break the pipe. */
  readonly onWrite?: () => void;
  readonly failure?: Promise<never>;
  readonly signal?: AbortSignal;
  /** What a person types when asked; none: nobody is there. */
  readonly answers?: readonly string[];
}

/** A world of strings: 2026-01-28T09:10:15Z, in Berlin, no terminal. */
export function fakeIo(values: FakeIoValues = {}): FakeIo {
  let out = "";
  let err = "";
  const files = new Map<string, string>();
  const answers = values.answers && [...values.answers];
  const output = (append: (text: string) => void) => ({
    isTTY: values.isTTY ?? false,
    columns: values.columns,
    async write(text: string) {
      values.onWrite?.();
      append(text);
    },
  });
  return {
    tool: { name: "clawdbot-sessions", version: "0.0.0" },
    stdin: {
      isPiped: values.stdin !== undefined,
      async *[Symbol.asyncIterator]() {
        yield new TextEncoder().encode(values.stdin ?? "");
      },
    },
    stdout: output((text) => (out += text)),
    stderr: output((text) => (err += text)),
    env: values.env ?? {},
    cwd: values.cwd ?? "/nowhere",
    homedir: values.homedir ?? "/nowhere/home",
    tmp: "/nowhere/tmp",
    timeZone: values.timeZone ?? "Europe/Berlin",
    now: () => Date.parse("2026-01-28T09:10:15Z"),
    async writeWhole(file, pieces) {
      files.set(file, [...pieces].join(""));
    },
    ask: answers === undefined ? null : async () => answers.shift() ?? "",
    showProgress: null,
    signal: values.signal ?? new AbortController().signal,
    hold: () => {},
    failure: values.failure ?? new Promise<never>(() => {}),
    out: () => out,
    err: () => err,
    files,
  };
}
