/** The code blocks of a document, and what its author says of them in a comment in front: `<!-- test: run -->`. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { parseMarkdown } from "../helpers/markdown.ts";

const DOCS = fileURLToPath(new URL("../../docs/", import.meta.url));

export interface Block {
  /** What stands in the comment after `test: `; undefined where there is none. */
  readonly test: string | undefined;
  readonly language: string;
  readonly code: string;
  /** The last heading before it. */
  readonly heading: string;
}

export function docPath(name: string): string {
  return path.join(DOCS, name);
}

export function blocksOf(name: string): readonly Block[] {
  const blocks: Block[] = [];
  let heading = "";
  let test: string | undefined;
  for (const node of parseMarkdown(readFileSync(docPath(name), "utf8")).children) {
    if (node.type === "heading") heading = node.children.map((it) => ("value" in it ? it.value : "")).join("");
    if (node.type === "code") blocks.push({ test, language: node.lang ?? "", code: node.value, heading });
    test = node.type === "html" ? /^<!-- test: (.+?) -->$/.exec(node.value)?.[1] : undefined;
  }
  return blocks;
}
