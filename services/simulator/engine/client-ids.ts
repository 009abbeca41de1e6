/**
 * Every client id that was ever used, and the number of the order that used it.
 *
 * A hash table in columns, because there may be 50,000 and every new order asks: a Map of as many
 * strings costs more than matching does, and the garbage collector walks it again and again.
 *
 * A slot holds twelve bits of the hash beside the entry, so that passing other ids touches nothing
 * but neighbouring slots. Collisions are compared in full, so a chosen one costs its trader time, never a
 * wrong answer; at worst a lookup passes as many whole numbers as there are ids.
 */

import { grown } from './fills.ts';
import { invariant } from './invariant.ts';

const FREE = 0;
/** A slot: entry + 1 in the lower bits, and what the hash has in the upper ones. */
const ENTRY_BITS = 20;
/** Also the number of ids that slots can name. */
const ENTRY_MASK = 2 ** ENTRY_BITS - 1;

export class ClientIds {
  #count = 0;
  /** Of all ids, one after the other. */
  #codeUnits = new Uint16Array(512);
  /** By entry, in the order in which they were first used. */
  #ends = new Int32Array(32);
  #hashes = new Int32Array(32);
  #numbers = new Int32Array(32);
  /** FREE, or as above; probed one by one from the hash. A power of two, three quarters full at most. */
  #slots = new Int32Array(64);
  /** The id last asked for in vain: whoever asks mostly sets it next. Null once something is set. */
  #missing: string | null = null;
  #missingHash = 0;
  #missingSlot = 0;

  /** Number of the order that used the id, or 0. */
  get(clientId: string): number {
    this.#missing = null;
    const hash = this.#read(clientId);
    const slot = this.#slotOf(clientId.length, hash);
    const at = this.#slots[slot];
    if (at !== FREE) return this.#numbers[(at & ENTRY_MASK) - 1];
    this.#missing = clientId;
    this.#missingHash = hash;
    this.#missingSlot = slot;
    return 0;
  }

  /** An id that is known keeps its place and takes the number. */
  set(clientId: string, number: number): void {
    const isMissing = clientId === this.#missing;
    const hash = isMissing ? this.#missingHash : this.#read(clientId);
    const slot = isMissing ? this.#missingSlot : this.#slotOf(clientId.length, hash);
    this.#missing = null;
    const known = this.#slots[slot];
    if (known !== FREE) {
      this.#numbers[(known & ENTRY_MASK) - 1] = number;
      return;
    }
    this.#append(clientId.length, hash, number);
    this.#slots[slot] = slotFor(hash, this.#count - 1);
    if (4 * this.#count > 3 * this.#slots.length) this.#rehash();
  }

  /** As they were first used. */
  entries(): [clientId: string, number: number][] {
    return Array.from({ length: this.#count }, (_, entry) => {
      const codeUnits = this.#codeUnits.subarray(this.#startOf(entry), this.#ends[entry]);
      return [String.fromCharCode(...codeUnits), this.#numbers[entry]];
    });
  }

  /**
   * Puts the code units of an id behind those of the last entry, where they stay if it is set.
   *
   * @returns  Its hash: FNV-1a, the bits then spread, so that the low ones depend on all.
   */
  #read(clientId: string): number {
    const start = this.#startOf(this.#count);
    const { length } = clientId;
    if (start + length > this.#codeUnits.length) this.#growCodeUnits(start + length);
    const codeUnits = this.#codeUnits;
    let hash = 0x811c9dc5 | 0;
    for (let i = 0; i < length; i++) {
      const codeUnit = clientId.charCodeAt(i);
      codeUnits[start + i] = codeUnit;
      hash = Math.imul(hash ^ codeUnit, 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  /** Where the id that was read last is, or would be put. */
  #slotOf(length: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const at = slots[slot];
      if (at === FREE) return slot;
      if ((at ^ hash) >>> ENTRY_BITS === 0 && this.#isEntry((at & ENTRY_MASK) - 1, length))
        return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** Whether the id that was read last is that of an entry. */
  #isEntry(entry: number, length: number): boolean {
    const start = this.#startOf(entry);
    if (this.#ends[entry] - start !== length) return false;
    const codeUnits = this.#codeUnits;
    const read = this.#startOf(this.#count);
    for (let i = 0; i < length; i++) {
      if (codeUnits[start + i] !== codeUnits[read + i]) return false;
    }
    return true;
  }

  #startOf(entry: number): number {
    return entry === 0 ? 0 : this.#ends[entry - 1];
  }

  /** Keeps the id that was read last. */
  #append(length: number, hash: number, number: number): void {
    const entry = this.#count;
    invariant(entry < ENTRY_MASK, 'a simulator has fewer than a million orders');
    const start = this.#startOf(entry);
    if (entry === this.#ends.length) this.#growColumns();
    this.#ends[entry] = start + length;
    this.#hashes[entry] = hash;
    this.#numbers[entry] = number;
    this.#count = entry + 1;
  }

  #growCodeUnits(atLeast: number): void {
    const longer = new Uint16Array(Math.max(atLeast, 2 * this.#codeUnits.length));
    longer.set(this.#codeUnits);
    this.#codeUnits = longer;
  }

  #growColumns(): void {
    const length = 2 * this.#ends.length;
    this.#ends = grown(this.#ends, length);
    this.#hashes = grown(this.#hashes, length);
    this.#numbers = grown(this.#numbers, length);
  }

  #rehash(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.#count; entry++) {
      let slot = this.#hashes[entry] & mask;
      while (slots[slot] !== FREE) slot = (slot + 1) & mask;
      slots[slot] = slotFor(this.#hashes[entry], entry);
    }
    this.#slots = slots;
  }
}

const slotFor = (hash: number, entry: number): number => (hash & ~ENTRY_MASK) | (entry + 1);
