/** A made log in its forms, written as it is told, kept outside of the repository. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, createReadStream, createWriteStream, openSync, writeSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";
import { colouredLine, consoleLine, type Line, tslogLine } from "./line.ts";
import { tellStory } from "./story.ts";
import type { Truth } from "./truth.ts";

/** What `rg -c` counts, and what most people search for. */
const WORDS = "embedded run";

export type FormName = "jsonl" | "text" | "coloured" | "gzip" | "zstd";

export interface FormFile {
  readonly path: string;
  readonly bytes: number;
  readonly lines: number;
  /** Lines that have these words anywhere, traps too. */
  readonly withWords: number;
}

export interface MadeLog {
  readonly truth: Truth;
  /** Without `zstd` where nothing on this machine can write it. */
  readonly forms: Readonly<Partial<Record<FormName, FormFile>>> &
    Readonly<Record<"jsonl" | "text" | "coloured", FormFile>>;
}

/** The log of this seed and size: from the cache, or made now. */
export async function storyLog(
  cache: string,
  seed: number,
  bytes: number,
  say: (line: string) => void,
): Promise<MadeLog> {
  const name = `story-${seed}-${bytes}`;
  const { truth, forms } = await cached(cache, name, async (folder) => {
    say(`making a log of ${bytes / 1e6} MB in its forms (once; kept in ${cache})`);
    const made = writeStory(folder, seed, bytes);
    const gzip = await packed(made.forms.jsonl, join(folder, "gateway.jsonl.gz"), gzipFile);
    return { truth: made.truth, forms: { ...made.forms, gzip } };
  });
  // Apart from the others: `zstd` may not be here now, and come later.
  const zstd = await cached(cache, `${name}-zstd`, (folder) =>
    packed(forms.jsonl, join(folder, "gateway.jsonl.zst"), zstdFile),
  ).catch(() => undefined);
  return { truth, forms: { ...forms, ...(zstd && { zstd }) } };
}

/** Writes the forms that need no compressor. */
export function writeStory(folder: string, seed: number, bytes: number): MadeLog {
  const jsonl = new LineFile(join(folder, "gateway.jsonl"));
  const text = new LineFile(join(folder, "console.log"));
  const coloured = new LineFile(join(folder, "console-coloured.log"));
  const story = tellStory({ seed, bytes, written: () => jsonl.bytes });
  for (;;) {
    const next = story.next();
    if (next.done) {
      return { truth: next.value, forms: { jsonl: jsonl.end(), text: text.end(), coloured: coloured.end() } };
    }
    const line: Line = next.value;
    jsonl.write(tslogLine(line));
    if (line.fileOnly) continue;
    text.write(consoleLine(line));
    coloured.write(colouredLine(line));
  }
}

/**
 * Files made by `make` in a folder of their own, which is moved in place once
 * it is whole. Another generator, that is other source text, has other folders.
 */
export async function cached<T>(cache: string, name: string, make: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(cache, await generatorVersion(), name);
  const done = join(folder, "made.json");
  const text = await readFile(done, "utf8").catch(() => undefined);
  if (text !== undefined) return JSON.parse(text) as T;
  await mkdir(dirname(folder), { recursive: true });
  await removeOldDrafts(folder);
  const draft = await mkdtemp(`${folder}.draft-`);
  try {
    const made = JSON.stringify(await make(draft)).replaceAll(draft, folder);
    await writeFile(join(draft, "made.json"), made);
    await rename(draft, folder);
    return JSON.parse(made) as T;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function generatorVersion(): Promise<string> {
  const sources = fileURLToPath(new URL(".", import.meta.url));
  const hash = createHash("sha256");
  for (const name of (await readdir(sources)).toSorted()) hash.update(await readFile(join(sources, name)));
  return hash.digest("hex").slice(0, 12);
}

/** What an interrupted call left, unless another one may still be at it. */
async function removeOldDrafts(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    const path = join(dirname(folder), name);
    if (!name.startsWith(`${basename(folder)}.draft-`)) continue;
    if (Date.now() - (await stat(path)).mtimeMs > 3_600_000) await rm(path, { recursive: true, force: true });
  }
}

/** A file that is written line by line and counted. */
export class LineFile {
  bytes = 0;
  #lines = 0;
  #withWords = 0;
  #waiting = "";
  readonly #path: string;
  readonly #file: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, "wx");
  }

  /** @param text one line, or several where a message has them */
  write(text: string): void {
    this.bytes += Buffer.byteLength(text) + 1;
    if (text.includes("\n")) for (const line of text.split("\n")) this.#count(line);
    else this.#count(text);
    this.#waiting += `${text}\n`;
    if (this.#waiting.length > 256 * 1024) this.#flush();
  }

  end(): FormFile {
    this.#flush();
    closeSync(this.#file);
    return { path: this.#path, bytes: this.bytes, lines: this.#lines, withWords: this.#withWords };
  }

  #count(line: string): void {
    this.#lines++;
    if (line.includes(WORDS)) this.#withWords++;
  }

  #flush(): void {
    const bytes = Buffer.from(this.#waiting);
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    this.#waiting = "";
  }
}

async function packed(
  plain: FormFile,
  path: string,
  pack: (from: string, to: string) => Promise<void>,
): Promise<FormFile> {
  await pack(plain.path, path);
  return { ...plain, path, bytes: (await stat(path)).size };
}

async function gzipFile(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createGzip(), createWriteStream(to));
}

/** Node 20 cannot write zstd, so the tool itself does: whoever compares with it has it. */
async function zstdFile(from: string, to: string): Promise<void> {
  const [code] = (await once(spawn("zstd", ["-q", from, "-o", to], { stdio: "ignore" }), "exit")) as [number | null];
  if (code !== 0) throw new Error(`zstd ended with ${code}`);
}
