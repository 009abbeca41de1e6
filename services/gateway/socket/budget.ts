/** How many messages a client may send in a time, whatever they say. Pure. */
export class Budget {
  readonly #messages: number;
  readonly #perMs: number;
  #left: number;
  #atMs: number;

  /** @param messages  At once; as many again over `seconds`. */
  constructor(messages: number, seconds: number, nowMs: number) {
    this.#messages = messages;
    this.#perMs = messages / (seconds * 1_000);
    this.#left = messages;
    this.#atMs = nowMs;
  }

  /** @returns  False when there is none left. */
  take(nowMs: number): boolean {
    const earned = Math.max(0, nowMs - this.#atMs) * this.#perMs;
    this.#left = Math.min(this.#messages, this.#left + earned);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
