/**
 * A running gateway's own log, read over `logs.tail`. It always answers with
 * the end of the file, at most 5,000 lines and 1 MB of it, and a cursor only
 * makes that less (read in 2026.1.24-3 … 2026.9.6): there is no way back to
 * what stands before, nor to the file of the day before. Where the file turns
 * out to be on this machine, it and its siblings are read whole where that
 * tells more; else it is said where the reading begins.
 */
import { shellOperands } from "../escape.ts";
import { asObject, parseObject } from "../formats/text.ts";
import { type Gateway, GatewayError } from "../gateway/gateway.ts";
import { isoTime } from "../finding-timeline.ts";
import type { Finding } from "../model.ts";
import { grouped } from "../words.ts";
import { logFamily } from "./discover.ts";
import type { SourceFs } from "./fs.ts";
import { rollingLog } from "./names.ts";
import { fileSource } from "./resolve.ts";
import { bytesSource, type Source } from "./source.ts";

/** The most that any version gives at once. */
const MOST_LINES = 5_000;
const MOST_BYTES = 1_000_000;
/** Of a megabyte that is escaped in JSON and read from a busy disk (ms); where the user named no other. */
const TIMEOUT_MS = 30_000;

export interface GatewayLog {
  /** The log's end as the gateway sent it, or the files themselves. */
  readonly sources: readonly Source[];
  /** As the gateway names it, on its own machine. */
  readonly file: string;
  /** The file lies on this machine, so this is where the gateway runs. */
  readonly isOnThisMachine: boolean;
  /** Older lines exist that could not be read. */
  readonly isCut: boolean;
  readonly lines: number;
  /** Of the file, in bytes. */
  readonly size: number;
}

interface Tail {
  readonly file: string;
  readonly size: number;
  readonly lines: readonly string[];
  readonly truncated: boolean;
}

/**
 * @param fs of this machine, to look whether the file is on it; undefined: the gateway is surely elsewhere
 * @param timeoutMs milliseconds for its answer
 * @throws GatewayError
 */
export async function readGatewayLog(
  gateway: Gateway,
  fs: SourceFs | undefined,
  timeoutMs = TIMEOUT_MS,
): Promise<GatewayLog> {
  const tail = parseTail(await gateway.request("logs.tail", { limit: MOST_LINES, maxBytes: MOST_BYTES }, timeoutMs));
  const { file, size, lines } = tail;
  const isOnThisMachine = fs !== undefined && (await isSameFile(tail, fs));
  // 2026.1.24-3 does not count the lines that its limit left out as truncation.
  const isCut = tail.truncated || lines.length >= MOST_LINES;
  const common = { file, size, lines: lines.length, isOnThisMachine };
  // A dated file begins at midnight, not with the gateway.
  if (fs && isOnThisMachine && (isCut || rollingLog(file) !== undefined)) {
    return { ...common, sources: await wholeFiles(file, fs), isCut: false };
  }
  const text = lines.map((line) => `${line}\n`).join("");
  // Its line numbers count from the first line that was sent, so it does not bear the file's name.
  return { ...common, sources: [bytesSource("logs.tail", new TextEncoder().encode(text))], isCut };
}

async function wholeFiles(file: string, fs: SourceFs): Promise<readonly Source[]> {
  const more = { group: "gateway", profile: rollingLog(file)?.profile ?? "" };
  const sources: Source[] = [];
  for (const path of await logFamily(file, fs)) {
    const facts = await fs.facts(path).catch(() => undefined);
    if (facts?.kind === "file" && facts.size > 0) sources.push(await fileSource(path, path, fs, more));
  }
  return sources;
}

function parseTail(payload: unknown): Tail {
  const answer = asObject(payload);
  const { file, size, lines, truncated } = answer ?? {};
  if (!Array.isArray(lines) || !lines.every((it) => typeof it === "string")) {
    throw new GatewayError("garbage", "logs.tail answered something that is no log", true);
  }
  return {
    file: typeof file === "string" ? file : "",
    size: typeof size === "number" ? size : 0,
    lines,
    truncated: truncated === true,
  };
}

/** Lines that must be found again in the file; each has its time and so is not found by chance. */
const PROOF_LINES = 3;
const PROOF_BYTES = 256 * 1024;

/** Whether the file of that name here is the one that the gateway reads: behind a tunnel it is another one's. */
async function isSameFile({ file, size, lines }: Tail, fs: SourceFs): Promise<boolean> {
  const facts = await fs.facts(file).catch(() => undefined);
  if (facts?.kind !== "file" || facts.size < size || lines.length === 0) return false;
  try {
    const start = Math.max(0, size - PROOF_BYTES);
    const end = new TextDecoder().decode(await fs.readRange(file, start, size - start));
    // Newer versions blacken secrets in what they send, so not every line is found again.
    const proofs = lines
      .slice(-50)
      .filter((line) => parseObject(line)?.["time"] !== undefined && end.includes(`${line}\n`));
    return proofs.length >= Math.min(PROOF_LINES, lines.length);
  } catch {
    return false;
  }
}

/**
 * The finding for what stands before the part that could be read.
 * @param from the first time in it, in milliseconds since the epoch
 * @param beginsWithGateway the first thing in it is the start of the gateway
 */
export function gatewayLogGap(
  log: GatewayLog,
  from: number | undefined,
  beginsWithGateway: boolean,
): Finding | undefined {
  const since = isoTime(from);
  const isDayOnly = !log.isOnThisMachine && !beginsWithGateway && rollingLog(log.file) !== undefined;
  if (!log.isCut && !isDayOnly) return undefined;
  const seen = log.isCut ? `the last ${grouped(log.lines)} lines of its log` : "its log of this day";
  return {
    code: "log-gap",
    severity: "warning",
    confidence: "high",
    message: `the gateway gives no more than ${seen}${since === null ? "" : `, from ${since} on`}: what began before is not seen`,
    help: `A session that was blocked earlier may be missing here. For all of it, read the files on the gateway's own machine: clawdbot-sessions doctor ${shellOperands([log.file])}`,
    timeline: [],
    timelineOmitted: 0,
  };
}
