/**
 * What befalls a log while it is followed. Each begins right after a look, so
 * that nothing which was not read yet is destroyed: what nobody can read any
 * more nobody can tell. A fault is an entry here.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { readFileSync, writeFileSync } from "node:fs";

import type { LogFolder } from "./log-folder.ts";

export interface Fault {
  readonly name: string;
  /** Whether it can be had here: some need root. */
  readonly isPossible?: (folder: LogFolder) => boolean;
  /** @returns what ends it, after a few more looks; undefined where it is over at once */
  readonly begin: (folder: LogFolder, day: string) => (() => void) | undefined;
}

let moved = 0;

export const FAULTS: readonly Fault[] = [
  {
    name: "renamed, and a new file",
    begin(folder, day) {
      renameSync(folder.file(day), `${folder.file(day)}.1`);
      return undefined;
    },
  },
  {
    name: "renamed, and the writer goes on in it for a while",
    begin(folder, day) {
      folder.hold(day);
      renameSync(folder.file(day), `${folder.file(day)}.1`);
      return () => folder.release();
    },
  },
  {
    name: "renamed and packed",
    begin(folder, day) {
      const old = `${folder.file(day)}.1`;
      renameSync(folder.file(day), old);
      writeFileSync(`${old}.gz`, gzipSync(readFileSync(old)));
      rmSync(old);
      return undefined;
    },
  },
  {
    name: "copied and truncated",
    begin(folder, day) {
      copyFileSync(folder.file(day), `${folder.file(day)}.1`);
      truncateSync(folder.file(day));
      return undefined;
    },
  },
  {
    name: "truncated",
    begin(folder, day) {
      truncateSync(folder.file(day));
      return undefined;
    },
  },
  {
    name: "deleted",
    begin(folder, day) {
      rmSync(folder.file(day));
      return undefined;
    },
  },
  {
    name: "deleted, and the writer goes on in what has no name for a while",
    begin(folder, day) {
      folder.hold(day);
      rmSync(folder.file(day));
      return () => folder.release();
    },
  },
  {
    name: "saved anew, as an editor does",
    begin(folder, day) {
      copyFileSync(folder.file(day), `${folder.file(day)}~`);
      renameSync(`${folder.file(day)}~`, folder.file(day));
      return undefined;
    },
  },
  {
    name: "disk full, down to half a line",
    isPossible: (folder) => folder.isMounted,
    begin(folder) {
      folder.fill();
      return () => folder.makeRoom();
    },
  },
  {
    name: "a new file that may not be read (chmod 000)",
    begin(folder, day) {
      renameSync(folder.file(day), `${folder.file(day)}.1`);
      writeFileSync(folder.file(day), "");
      if (folder.isRoot) chmodSync(folder.file(day), 0);
      else chmodSync(folder.file(day), 0o200);
      return () => existsSync(folder.file(day)) && chmodSync(folder.file(day), 0o644);
    },
  },
  {
    name: "a folder that may not be entered (chmod 000)",
    // Who is not root could not write there either.
    isPossible: (folder) => folder.isRoot,
    begin(folder, day) {
      renameSync(folder.file(day), `${folder.file(day)}.1`);
      chmodSync(folder.logs, 0);
      return () => chmodSync(folder.logs, 0o755);
    },
  },
  {
    name: "folder moved, a symlink in its place",
    begin(folder) {
      const elsewhere = `${folder.logs}.${++moved}`;
      renameSync(folder.logs, elsewhere);
      symlinkSync(elsewhere, folder.logs);
      return () => {
        rmSync(folder.logs);
        renameSync(elsewhere, folder.logs);
      };
    },
  },
  {
    name: "folder replaced by a symlink to an empty one",
    begin(folder) {
      const old = `${folder.logs}.${++moved}`;
      const elsewhere = `${folder.logs}.${++moved}`;
      renameSync(folder.logs, old);
      mkdirSync(elsewhere);
      symlinkSync(elsewhere, folder.logs);
      return () => {
        rmSync(folder.logs);
        renameSync(elsewhere, folder.logs);
        rmSync(old, { recursive: true });
      };
    },
  },
];
