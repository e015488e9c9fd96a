/** Blocks of Markdown, and as many of them as fit. */

/** A list of which the end may be left out, whole items only. */
export interface Section {
  readonly head: string;
  /** Without items the section is not shown. Each is written only if it may fit. */
  readonly items: readonly (() => string)[];
  /** Between the items. */
  readonly glue: string;
  /** How much of all bytes may be used up when this section ends, from 0 to 1. */
  readonly share: number;
  readonly leftOut: (amount: number) => string;
}

const encoder = new TextEncoder();

/**
 * The document in at most `most` bytes, as long as `head` and `foot` leave room:
 * sections lose items from their ends, and say how many.
 */
export function withinLimit(head: string, sections: readonly Section[], foot: readonly string[], most: number): string {
  const end = foot.map((block) => `\n\n${block}`).join("");
  const room = most - bytes(end) - 1;
  let text = head;
  let used = bytes(head);
  for (const section of sections.filter(({ items }) => items.length > 0)) {
    const told = fitting(section, Math.max(0, room * section.share - used));
    text += told;
    used += bytes(told);
  }
  return `${text}${end}\n`;
}

function fitting({ head, items, glue, leftOut }: Section, room: number): string {
  let text = `\n\n${head}`;
  let left = room - bytes(text) - bytes(leftOut(items.length)) - 4;
  let shown = 0;
  for (const item of items) {
    const piece = `${shown === 0 ? "\n" : glue}${item()}`;
    left -= bytes(piece);
    if (left < 0) break;
    text += piece;
    shown++;
  }
  if (shown === items.length) return text;
  const rest = `\n\n${leftOut(items.length - shown)}`;
  return shown === 0 ? rest : text + rest;
}

function bytes(text: string): number {
  return encoder.encode(text).length;
}

/** Lines as they are; the fence is longer than any row of backticks in them, so that none of them can end it. */
export function codeBlock(lines: readonly string[], language: string): string {
  const text = lines.join("\n");
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((row) => row.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
