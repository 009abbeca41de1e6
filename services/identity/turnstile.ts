/** Lets a few in at once, keeps a bounded queue before it, and turns the rest away. */
import { problem } from '../platform/errors.ts';

export class Turnstile {
  readonly #concurrencyMax: number;
  readonly #queueMax: number;
  readonly #queue: (() => void)[] = [];
  #inside = 0;

  constructor(concurrencyMax: number, queueMax: number) {
    this.#concurrencyMax = concurrencyMax;
    this.#queueMax = queueMax;
  }

  /** @throws problem `rateLimited` when the queue is full. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#concurrencyMax) {
      if (this.#queue.length >= this.#queueMax) {
        throw problem('rateLimited', {
          detail: 'Too many people are logging in at this moment. Try again in a few seconds.',
          retryAfterSeconds: 5,
        });
      }
      // The one who leaves hands over the place, so nobody can slip in between.
      await new Promise<void>((enter) => this.#queue.push(enter));
    } else {
      this.#inside++;
    }
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#inside--;
    }
  }

  get waiting(): number {
    return this.#queue.length;
  }
}
