/** A set that mostly holds one value or none, and then costs no more than that. In the order of insertion. */
export class SmallSet<T> implements Iterable<T> {
  #only: T | undefined;
  #all: Set<T> | undefined;

  get size(): number {
    return this.#all?.size ?? (this.#only === undefined ? 0 : 1);
  }

  has(value: T): boolean {
    return this.#all ? this.#all.has(value) : this.#only === value;
  }

  add(value: T): void {
    if (this.has(value)) return;
    if (this.#all) this.#all.add(value);
    else if (this.#only === undefined) this.#only = value;
    else {
      this.#all = new Set([this.#only, value]);
      this.#only = undefined;
    }
  }

  delete(value: T): void {
    if (this.#all) this.#all.delete(value);
    else if (this.#only === value) this.#only = undefined;
  }

  [Symbol.iterator](): Iterator<T> {
    if (this.#all) return this.#all.values();
    return (this.#only === undefined ? [] : [this.#only]).values();
  }
}
