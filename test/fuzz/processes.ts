/** The built program over what is too large for a file, and what it took. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { TELLS_PEAK } from "../../bench/measure.ts";
import type { Report } from "../../src/model.ts";
import { Violation } from "./invariants.ts";
import type { Large } from "./large.ts";

const BIN = fileURLToPath(new URL("../../bin/clawdbot-sessions.js", import.meta.url));
const HANGS_MS = 180_000;

export interface Took {
  readonly seconds: number;
  readonly peakMib: number;
  /** As the program counted them, unpacked. */
  readonly bytes: number;
}

/** @throws Violation where something does not hold */
export async function runLarge(large: Large): Promise<Took> {
  const folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-fuzz-"));
  try {
    return await runIn(folder, large);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runIn(folder: string, large: Large): Promise<Took> {
  const peakFile = path.join(folder, "peak");
  const began = performance.now();
  const child = spawn(process.execPath, [...TELLS_PEAK, BIN, "doctor", "--json", "-"], {
    stdio: "pipe",
    timeout: HANGS_MS,
    env: { ...process.env, NODE_OPTIONS: undefined, BENCH_PEAK_FILE: peakFile },
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (piece: Buffer) => (out += piece.toString()));
  child.stderr.on("data", (piece: Buffer) => (err += piece.toString()));
  // It stops reading where it has had enough.
  child.stdin.on("error", () => {});
  const closed = once(child, "close") as Promise<[number | null, string | null]>;
  let isClosed = false;
  void closed.then(() => (isClosed = true));
  for (const piece of large.pieces()) {
    if (isClosed || child.stdin.destroyed) break;
    if (!child.stdin.write(piece)) await Promise.race([once(child.stdin, "drain").catch(() => {}), closed]);
  }
  child.stdin.end();
  const [code, signal] = await closed;
  const told = `${large.name}: exit ${code ?? signal}, ${err.slice(0, 500)}`;
  if (code === null || ![0, 1, 2, 3].includes(code)) throw new Violation(told);
  if (large.says === undefined ? err !== "" : !large.says.test(err)) throw new Violation(told);
  const [, peak] = readFileSync(peakFile, "utf8").split(" ").map(Number);
  const peakMib = (peak ?? Number.NaN) / 1024 / 1024;
  if (!(peakMib <= large.most)) throw new Violation(`${told}: ${peakMib.toFixed(0)} MiB, not ${large.most}`);
  const source = code === 2 ? undefined : (JSON.parse(out) as Report).sources[0];
  const { counts } = large;
  if (counts && (source?.bytes !== counts.bytes || source.lines !== counts.lines)) {
    throw new Violation(`${told}: told ${JSON.stringify(source)}, not ${JSON.stringify(counts)}`);
  }
  return { seconds: (performance.now() - began) / 1000, peakMib, bytes: source?.bytes ?? 0 };
}
