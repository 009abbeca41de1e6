/** What is on its way, in the order in which it arrives; in virtual time. */
interface Arrival {
  atMs: number;
  take(nowMs: number): void;
}

export class Wire {
  readonly #arrivals: Arrival[] = [];

  add(atMs: number, take: (nowMs: number) => void): void {
    let i = this.#arrivals.length;
    while (i > 0 && this.#arrivals[i - 1]!.atMs > atMs) i--;
    this.#arrivals.splice(i, 0, { atMs, take });
  }

  deliver(nowMs: number): void {
    while (this.#arrivals.length > 0 && this.#arrivals[0]!.atMs <= nowMs) {
      this.#arrivals.shift()!.take(nowMs);
    }
  }
}
