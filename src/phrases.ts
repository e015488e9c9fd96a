/** Names of more than one word, found in texts in a time linear in the text and in all names, however many there are. */

/** The words of a text, and what parts them. A name is found where it begins and ends with such. */
const TOKENS = /[^\s"'“”,;()=[\]{}<>|`:.…!?]+|[^]/g;

/** A name in a text, as indexes of tokens. */
interface Hit {
  readonly from: number;
  readonly to: number;
  readonly phrase: string;
}

export class Phrases<T> {
  readonly #phrases = new Map<string, T>();
  #added: string[] = [];
  /**
   * Each for at least as many names as all behind it together: `watch` hears of a new one with every event, and to make
   * one automaton anew for each would take the square of their number.
   */
  readonly #automata: { readonly phrases: readonly string[]; readonly automaton: Automaton }[] = [];

  add(phrase: string, value: T): void {
    if (this.#phrases.has(phrase)) return;
    this.#phrases.set(phrase, value);
    this.#added.push(phrase);
  }

  /** The longest names win; where two overlap, both are named, and nothing of either is left. */
  replace(text: string, name: (phrase: string, value: T) => string): string {
    if (this.#phrases.size === 0) return text;
    if (this.#added.length > 0) this.#take();
    const tokens = text.match(TOKENS) ?? [];
    const hits = this.#automata.flatMap(({ automaton }) => automaton.find(tokens));
    if (hits.length === 0) return text;
    let told = "";
    let at = 0;
    for (const { from, to, phrase } of this.#automata.length > 1 ? outermost(hits) : hits) {
      told += tokens.slice(at, from).join("") + name(phrase, this.#phrases.get(phrase) as T);
      at = to;
    }
    return told + tokens.slice(at).join("");
  }

  #take(): void {
    const taken: (readonly string[])[] = [this.#added];
    let count = this.#added.length;
    this.#added = [];
    for (let last = this.#automata.at(-1); last && last.phrases.length <= count; last = this.#automata.at(-1)) {
      taken.unshift(last.phrases);
      count += last.phrases.length;
      this.#automata.pop();
    }
    const phrases = taken.flat();
    this.#automata.push({ phrases, automaton: new Automaton(phrases) });
  }
}

/** In the order of the text, without those that are in another one. */
function outermost(hits: Hit[]): Hit[] {
  let end = 0;
  return hits
    .sort((one, other) => one.from - other.from || other.to - one.to)
    .filter(({ to }) => {
      const isOuter = to > end;
      if (isOuter) end = to;
      return isOuter;
    });
}

/** Aho and Corasick's, over words instead of letters. */
class Automaton {
  readonly #ids = new Map<string, number>();
  /** The node behind a node and a word. In parts: a Map has no room for more than 16 million entries. */
  readonly #next = Array.from({ length: PARTS }, () => new Map<number, number>());
  readonly #depth = [0];
  readonly #phrases = new Map<number, string>();
  /** Where to go on when no name goes on from here: the end of what could begin another one. */
  readonly #fail: Int32Array;
  /** The last node of the longest name that ends here, 0 for none. */
  readonly #end: Int32Array;

  constructor(phrases: Iterable<string>) {
    const parent = [0];
    const word = [0];
    for (const phrase of phrases) {
      let node = 0;
      for (const token of phrase.match(TOKENS) ?? []) {
        let id = this.#ids.get(token);
        if (id === undefined) this.#ids.set(token, (id = this.#ids.size));
        let next = this.#step(node, id);
        if (next === undefined) {
          next = parent.push(node) - 1;
          word.push(id);
          this.#depth.push((this.#depth[node] ?? 0) + 1);
          this.#next[id % PARTS]?.set(node * WORDS + id, next);
        }
        node = next;
      }
      this.#phrases.set(node, phrase);
    }
    this.#fail = new Int32Array(parent.length);
    this.#end = new Int32Array(parent.length);
    for (const node of byDepth(this.#depth)) {
      if (node === 0) continue;
      const above = parent[node] ?? 0;
      if (above !== 0) this.#fail[node] = this.#go(this.#fail[above] ?? 0, word[node] ?? 0);
      this.#end[node] = this.#phrases.has(node) ? node : (this.#end[this.#fail[node] ?? 0] ?? 0);
    }
  }

  /** In the order of the text; none is in another one, but one may begin before the one before it has ended. */
  find(tokens: readonly string[]): Hit[] {
    const hits: Hit[] = [];
    let node = 0;
    for (const [index, token] of tokens.entries()) {
      const id = this.#ids.get(token);
      node = id === undefined ? 0 : this.#go(node, id);
      const end = this.#end[node] ?? 0;
      if (end === 0) continue;
      const from = index + 1 - (this.#depth[end] ?? 0);
      while ((hits.at(-1)?.from ?? -1) >= from) hits.pop();
      hits.push({ from, to: index + 1, phrase: this.#phrases.get(end) ?? "" });
    }
    return hits;
  }

  #go(from: number, id: number): number {
    for (let node = from; ; node = this.#fail[node] ?? 0) {
      const next = this.#step(node, id);
      if (next !== undefined) return next;
      if (node === 0) return 0;
    }
  }

  #step(node: number, id: number): number | undefined {
    return this.#next[id % PARTS]?.get(node * WORDS + id);
  }
}

const PARTS = 16;
/** More than there can be different words. */
const WORDS = 2 ** 25;

/** All nodes, those nearer to the root first. */
function byDepth(depth: readonly number[]): Int32Array {
  const starts: number[] = [];
  for (const it of depth) starts[it + 1] = (starts[it + 1] ?? 0) + 1;
  for (let it = 1; it < starts.length; it++) starts[it] = (starts[it] ?? 0) + (starts[it - 1] ?? 0);
  const nodes = new Int32Array(depth.length);
  for (const [node, it] of depth.entries()) {
    const place = starts[it] ?? 0;
    nodes[place] = node;
    starts[it] = place + 1;
  }
  return nodes;
}
