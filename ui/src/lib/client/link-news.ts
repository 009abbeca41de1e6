/** What a trader is told of the connection: one word per transition, not per retry. Pure. */
import type { LinkState } from './link.ts';

export type LinkNews = { kind: 'lost'; state: LinkState } | { kind: 'back' };

const LOST: ReadonlySet<LinkState> = new Set([
  'stale',
  'recovering',
  'halted',
  'reconnecting',
  'offline',
  'ended',
]);

export class LinkReporter {
  /** What was told last, since it was live. */
  #told: LinkState | null = null;

  /**
   * @param isReady  There was something to see; before that nothing can be lost.
   * @returns        Null when there is nothing new to say.
   */
  next(state: LinkState, isReady: boolean): LinkNews | null {
    if (state === 'live') {
      const wasLost = this.#told !== null;
      this.#told = null;
      return wasLost ? { kind: 'back' } : null;
    }
    if (!isReady || !LOST.has(state) || this.#told === 'ended') return null;
    // How it is lost may change with every retry; that it is over is another matter.
    if (this.#told !== null && state !== 'ended') return null;
    this.#told = state;
    return { kind: 'lost', state };
  }
}
