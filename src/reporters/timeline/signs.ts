/** What stands for what in the terminal's picture. Every sign differs from the others without colour. */
import type { ChalkInstance } from "chalk";

import type { MarkKind } from "../picture/model.ts";
import type { CellKind } from "./grid.ts";

export interface Signs {
  readonly cells: Readonly<Record<CellKind, string>>;
  /** On the gateway's own line. */
  readonly marks: Readonly<Record<MarkKind, string>>;
  /** Down through the sessions' lines. */
  readonly line: string;
  readonly tick: string;
}

const MARKS: Signs["marks"] = { "in-process-restart": "R", respawn: "N", stop: "S", crash: "X", start: "U" };

const UNICODE: Signs = {
  cells: {
    empty: " ",
    queued: "┄",
    silent: "░",
    completed: "━",
    aborted: "a",
    failed: "f",
    "timed-out": "t",
    orphaned: "█",
    open: "▸",
    waiting: "◆",
  },
  marks: MARKS,
  line: "│",
  tick: "╵",
};

const ASCII: Signs = {
  cells: {
    empty: " ",
    queued: "-",
    silent: ".",
    completed: "=",
    aborted: "a",
    failed: "f",
    "timed-out": "t",
    orphaned: "#",
    open: ">",
    waiting: "w",
  },
  marks: MARKS,
  line: "|",
  tick: "'",
};

export function signsOf(ascii: boolean): Signs {
  return ascii ? ASCII : UNICODE;
}

export const CELL_TEXT: Readonly<Record<CellKind, string>> = {
  empty: "",
  queued: "in the queue",
  silent: "silent",
  completed: "completed",
  aborted: "aborted",
  failed: "failed",
  "timed-out": "timed out",
  orphaned: "orphaned",
  open: "open",
  waiting: "message waits",
};

export function paintOf(paint: ChalkInstance): Readonly<Record<CellKind, (text: string) => string>> {
  return {
    empty: (text) => text,
    queued: paint.yellow,
    silent: paint.red,
    completed: paint.green,
    aborted: paint.blue,
    failed: paint.magenta,
    "timed-out": paint.yellow,
    orphaned: paint.red,
    open: paint.cyan,
    waiting: paint.yellow,
  };
}
