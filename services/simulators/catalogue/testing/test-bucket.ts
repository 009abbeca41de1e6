import { type Bucket, type BucketEntry, BusError } from '@sandpit/bus/bus.ts';

/** A bucket in memory with the compare-and-set of the real one. */
export class TestBucket implements Bucket {
  readonly entries = new Map<string, BucketEntry>();
  readonly writes: string[] = [];
  /** Runs before the next write: somebody else is quicker. */
  before: (() => void) | null = null;
  #revision = 0;

  async get(key: string) {
    return this.entries.get(key) ?? null;
  }
  async create(key: string, value: Uint8Array) {
    return this.#write(key, value, 0);
  }
  async update(key: string, value: Uint8Array, revision: number) {
    return this.#write(key, value, revision);
  }
  async put(key: string, value: Uint8Array) {
    return this.#write(key, value, this.entries.get(key)?.revision ?? 0);
  }
  async delete(key: string) {
    this.entries.delete(key);
  }
  async keys() {
    return [...this.entries.keys()];
  }
  async watch() {
    return { stop: async () => {} };
  }
  #write(key: string, value: Uint8Array, expected: number): number {
    if (key.startsWith('id.')) {
      this.before?.();
      this.before = null;
    }
    if ((this.entries.get(key)?.revision ?? 0) !== expected) throw new BusError('conflict', key);
    this.writes.push(key);
    this.entries.set(key, { key, value, revision: ++this.#revision });
    return this.#revision;
  }
}
