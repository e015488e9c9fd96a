/** Shorter pieces of a string are copied by the engine itself. */
const COPIED_ANYWAY = 13;

/**
 * The same text in memory of its own. A piece cut out of a line keeps the whole
 * line alive, and with it hundreds of bytes for an id that is kept for long.
 */
export function copyOf(text: string): string {
  return text.length < COPIED_ANYWAY ? text : (JSON.parse(JSON.stringify(text)) as string);
}

const MOST_TEXTS = 2_000;

/** One copy of texts that come again and again: models, channels, the words of a timeline. */
export class Texts {
  readonly #known = new Map<string, string>();

  of(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_TEXTS) this.#known.clear();
    const copy = copyOf(text);
    this.#known.set(copy, copy);
    return copy;
  }
}
