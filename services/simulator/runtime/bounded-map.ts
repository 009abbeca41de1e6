/** A map that forgets its oldest entries, so that it cannot grow without end. */
export class BoundedMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  readonly #limit: number;

  constructor(limit: number, entries: Iterable<readonly [Key, Value]> = []) {
    this.#limit = limit;
    for (const [key, value] of entries) this.set(key, value);
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#limit) {
      this.#entries.delete(this.#entries.keys().next().value as Key);
    }
  }

  /** Oldest first. */
  entries(): [Key, Value][] {
    return [...this.#entries];
  }

  get size(): number {
    return this.#entries.size;
  }
}
