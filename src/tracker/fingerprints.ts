const SMALLEST = 1_024;
/** Marks in the upper half of a slot: a real one is never below 2. */
const EMPTY = 0;
const REMOVED = 1;

/**
 * A set of texts of which only 63 bits each are kept: enough to count a million
 * sessions rightly in a few megabytes, when nothing else is known of them.
 */
export class Fingerprints {
  #slots = new Uint32Array(2 * SMALLEST);
  #taken = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(text: string): boolean {
    return this.#size > 0 && this.#find(hash(text)) >= 0;
  }

  add(text: string): void {
    const print = hash(text);
    if (this.#find(print) >= 0) return;
    if (2 * (this.#taken + 1) > this.#slots.length / 2) this.#grow();
    this.#insert(print);
  }

  delete(text: string): void {
    if (this.#size === 0) return;
    const at = this.#find(hash(text));
    if (at < 0) return;
    this.#slots[at] = REMOVED;
    this.#size -= 1;
  }

  #find([upper, lower]: Print): number {
    const slots = this.#slots;
    for (let at = start(lower, slots); slots[at] !== EMPTY; at = (at + 2) % slots.length) {
      if (slots[at] === upper && slots[at + 1] === lower) return at;
    }
    return -1;
  }

  #insert([upper, lower]: Print): void {
    const slots = this.#slots;
    let at = start(lower, slots);
    while (slots[at] !== EMPTY) at = (at + 2) % slots.length;
    slots[at] = upper;
    slots[at + 1] = lower;
    this.#taken += 1;
    this.#size += 1;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(before.length * (this.#size * 4 > before.length / 2 ? 2 : 1));
    this.#taken = 0;
    this.#size = 0;
    for (let at = 0; at < before.length; at += 2) {
      const upper = before[at] ?? EMPTY;
      if (upper > REMOVED) this.#insert([upper, before[at + 1] ?? 0]);
    }
  }
}

type Print = readonly [upper: number, lower: number];

function start(lower: number, slots: Uint32Array): number {
  return (lower * 2) % slots.length;
}

/** Two 32-bit multiplicative hashes that mix into each other (cyrb53). */
function hash(text: string): Print {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2_654_435_761);
    b = Math.imul(b ^ code, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return [((a >>> 0) | 0x8000_0000) >>> 0, b >>> 0];
}
