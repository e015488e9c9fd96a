/** What the fuzzing starts from: the real logs, in every form that people have them in. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";

import { globSync } from "tinyglobby";

import type { Random } from "../../bench/logs/random.ts";
import { FIXTURES, REAL_LOGS } from "../helpers/fixtures.ts";
import { everyForm, readJsonl } from "../helpers/forms.ts";

/** Lines of a real log that one input begins with: enough for a few runs, and quick to read. */
const MOST_LINES = 150;

const recorded = globSync(["journald/*.gz", "logs-cli/*/*.gz", "issue-3245-timeline.txt"], {
  cwd: FIXTURES,
}).toSorted();

/** Text of the kind that the tool reads, not packed. */
export function seedText(random: Random): Uint8Array {
  const which = random.between(0, 9);
  if (which === 0) return recordedText(random);
  const { folder } = random.pick(REAL_LOGS as unknown as readonly [(typeof REAL_LOGS)[0]]);
  if (which <= 3) return someLines(readFileSync(path.join(folder, "console.log")), random);
  const jsonl = someLines(readFileSync(path.join(folder, "gateway.jsonl")), random);
  if (which <= 5) return jsonl;
  // The forms are made from whole lines that a gateway wrote.
  if (readJsonlOrNone(jsonl) === 0) return jsonl;
  const forms = everyForm(jsonl.toString("utf8")).filter(({ name }) => !/^(?:gzip|zstd|utf-16)/.test(name));
  return random.pick(forms as [(typeof forms)[0]])?.bytes ?? jsonl;
}

function recordedText(random: Random): Uint8Array {
  const bytes = readFileSync(path.join(FIXTURES, random.pick(recorded as [string])));
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
}

function someLines(bytes: Buffer, random: Random): Buffer {
  const lines = bytes.toString("utf8").split("\n");
  const first = random.between(0, Math.max(0, lines.length - 10));
  return Buffer.from(`${lines.slice(first, first + random.between(1, MOST_LINES)).join("\n")}\n`);
}

function readJsonlOrNone(bytes: Buffer): number {
  try {
    return readJsonl(bytes.toString("utf8")).length;
  } catch {
    return 0;
  }
}
