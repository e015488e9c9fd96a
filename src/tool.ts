import { readFileSync } from "node:fs";

import type { Report } from "./model.ts";

/** Name and version of this package, from its package.json (the same file from src/ and from dist/). */
export function readTool(): Report["tool"] {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const { name, version } = manifest as { name: string; version: string };
  return { name, version };
}
