/**
 * The one place that makes text from a log fit to be shown. A log holds what
 * strangers wrote to a bot: session keys, error texts and file names may carry
 * terminal commands, text that reads backwards, or a workflow command.
 * One function for each target; a reporter uses no text of a report without one.
 */

import { endWithout } from "./words.ts";

/**
 * Characters that act instead of showing: C0 and C1 controls, line and
 * paragraph separators, half surrogates, direction marks, and everything that
 * Unicode calls ignorable or format (zero-width, tags, soft hyphen).
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * For a terminal, in one line: `\x1b` for what acts, `\u{202e}` beyond Latin-1, newlines and tabs too. It may be CI's,
 * so the older commands of its runner are none either.
 */
export function escapeTerminal(text: string): string {
  return withoutOldCommands(text).replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/**
 * For the text that JSON.stringify made: the same value, but nothing in it acts
 * on a terminal that shows it. Control characters can stand only inside its
 * strings, apart from the newlines of an indented text, which stay.
 */
export function escapeJson(json: string): string {
  return json.replace(INVISIBLE, (character) =>
    character === "\n"
      ? character
      : Array.from({ length: character.length }, (_, index) => utf16Escape(character.charCodeAt(index))).join(""),
  );
}

function utf16Escape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}

/**
 * For JSON that stands in a script element of a page: the same value, and
 * nothing in it ends the element or begins a comment, whatever the encoding.
 */
export function escapeHtmlJson(json: string): string {
  return escapeJson(json).replace(/[<>&]/g, (character) => utf16Escape(character.charCodeAt(0)));
}

/** For the text of a GitHub workflow command, after its last `::`. Newlines stay, as `%0A`. */
export function escapeGithubData(text: string): string {
  return text.split(/\r?\n/u).map(escapeTerminal).join("\n").replaceAll("%", "%25").replaceAll("\n", "%0A");
}

/** For a property of a GitHub workflow command: `file=`, `title=`. */
export function escapeGithubProperty(text: string): string {
  return escapeTerminal(text).replaceAll("%", "%25").replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** For a plain line of a GitHub log. */
export function escapeGithubLine(text: string): string {
  return escapeTerminal(text).replace(/^(\s*):/u, "$1\\x3a");
}

/**
 * For a text of several lines that is fit for a terminal: it may be CI's, whose runner takes a line of any program for a
 * command, also where only our folding begins one.
 */
export function withoutCommands(text: string): string {
  return withoutOldCommands(text)
    .split("\n")
    .map((line) => (line.trimStart().startsWith("::") ? line.replace(":", "\\x3a") : line))
    .join("\n");
}

/** The runner's older commands, `##[name]`, count anywhere in a line. */
function withoutOldCommands(text: string): string {
  return text.replaceAll("##[", "##\\x5b");
}

/**
 * For an inline code span of GitHub's Markdown, also in a table's cell: nothing
 * in it is markup, a link or a mention. The two characters that could end the
 * span or the cell are shown as escapes; no backslash in front of them would do,
 * because a code span knows none.
 */
export function markdownCode(text: string): string {
  const inside = escapeTerminal(text).replace(/[`|]/g, hexEscape);
  // An empty span is no span: its backticks would pair with the next ones.
  return inside === "" ? "` `" : `\`${inside}\``;
}

/**
 * For prose of GitHub's Markdown. Words of plain letters, small numbers and
 * times stay; all others, such as ids, addresses, mentions and markup, become
 * code. Must not begin a line: `1.` would begin a list.
 */
export function escapeMarkdown(text: string): string {
  const told: string[] = [];
  let code: string[] = [];
  let before = "";
  const endCode = (after: string): void => {
    if (code.length > 0) told.push(before + markdownCode(code.join(" ")) + after);
    code = [];
    before = "";
  };
  for (const word of escapeTerminal(text).split(" ")) {
    if (isPlain(word)) {
      endCode("");
      if (word !== "") told.push(word);
      continue;
    }
    const { open, inside, after } = bracketed(word);
    if (open !== "") endCode("");
    before ||= open;
    code.push(inside);
    if (after !== "") endCode(after);
  }
  endCode("");
  return told.join(" ");
}

/** A word, and the punctuation around it. */
function bracketed(word: string): { readonly open: string; readonly inside: string; readonly after: string } {
  const open = word.startsWith("(") && word.length > 1 ? "(" : "";
  const rest = word.slice(open.length);
  let end = Math.max(endWithout(rest, "),.;:"), 1);
  // The colon of `/stop:` is a part of the command.
  if (rest.startsWith("/")) end = rest.indexOf(":", end) + 1 || end;
  return { open, inside: rest.slice(0, end), after: rest.slice(end) };
}

function isPlain(word: string): boolean {
  const opened = word.replace(/^[("]/, "");
  const bare = opened.slice(0, endWithout(opened, ')",.;:!?…'));
  // Letters that could be the start of a commit's number: GitHub links those.
  if (/^[\da-f]{7,}$/i.test(bare)) return false;
  if (/^[-?]?$/.test(word)) return true;
  return (
    /^[\p{L}\p{M}]+(?:['’-][\p{L}\p{M}]+)*$/u.test(bare) ||
    /^\d{1,3}(?:,\d{3})*[+%]?$/.test(bare) ||
    /^(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d)$/.test(bare)
  );
}

/** For text and attributes of XML: nothing that XML 1.0 forbids is left, markup is text. */
export function escapeXml(text: string): string {
  return escapeTerminal(text)
    .replace(/[\ufffe\uffff]/g, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`)
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The same where a command takes a name: one that begins with a hyphen is no option behind `--`, which goes last. */
export function shellOperands(names: readonly string[]): string {
  const words = names.map(quoteShell).join(" ");
  return names.some((name) => name.startsWith("-")) ? `-- ${words}` : words;
}

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/**
 * One word for bash, zsh and fish, whatever is in it: shown on a terminal it is
 * harmless, pasted into a shell it is exactly this text and nothing runs.
 *
 * A backslash goes outside the quotes because fish reads it inside. A character
 * that acts on the terminal would act on the shell's line editor as well, so
 * such a word takes the form `$'…'`, which bash and zsh read and fish refuses.
 */
export function quoteShell(text: string): string {
  if (/^[\w@.,/][\w@%+=:.,/-]*$/.test(text)) return text;
  if (text.search(INVISIBLE) === -1) return `'${text.replace(/['\\]/g, (character) => `'\\${character}'`)}'`;
  const inside = text
    .replace(/['\\]/g, (character) => `\\${character}`)
    .replace(INVISIBLE, (character) =>
      Array.from(new TextEncoder().encode(character), (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join(""),
    );
  return `$'${inside}'`;
}
