/**
 * A running fingerprint of everything that happens: two lanes of 32 bits with different multipliers,
 * each finished with an avalanche step. Guards against divergence, not against an attacker.
 */
export class StateHash {
  #a: number;
  #b: number;

  constructor(a = 0x811c9dc5 | 0, b = 0x9e3779b9 | 0) {
    this.#a = a | 0;
    this.#b = b | 0;
  }

  /** Folds in a 32-bit integer; order matters. */
  add(value: number): void {
    let a = Math.imul(this.#a ^ value, 0x85ebca6b);
    a ^= a >>> 13;
    this.#a = a;
    const b = Math.imul((this.#b ^ value) + 0x7f4a7c15, 0xc2b2ae35);
    this.#b = (b << 15) | (b >>> 17);
  }

  /** Folds in a safe integer of any size or sign. */
  addLarge(value: number): void {
    this.add(value | 0);
    this.add(Math.floor(value / 0x1_0000_0000) | 0);
  }

  addText(text: string): void {
    this.add(text.length);
    for (let i = 0; i < text.length; i++) this.add(text.charCodeAt(i));
  }

  copy(): StateHash {
    return new StateHash(this.#a, this.#b);
  }

  get lanes(): [number, number] {
    return [this.#a, this.#b];
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    return hex(finish(this.#a ^ this.#b)) + hex(finish(this.#b));
  }
}

function finish(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const hex = (bits: number): string => bits.toString(16).padStart(8, '0');
