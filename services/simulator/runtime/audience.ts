/**
 * Does anybody hear a simulator's market data? The server says of an offered frame that nobody did; a
 * frame of which it says nothing was heard. So a market that nobody watches can run in long steps and
 * build next to no frames, and its frames come as usual again soon after somebody listens.
 */
/** A watched market asks this often whether it still is … */
const ASK_EVERY_MS = 1_000;
/** … and one that is not builds a frame to ask with this often, however often it is stepped. */
const ASK_AGAIN_MS = 400;
/** Who asks for the state of a market will want to see how it goes on. */
const EXPECTED_MS = 3_000;

export class Audience {
  #isThere = true;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #isUnanswered = false;
  #expectedUntilMs = Number.NEGATIVE_INFINITY;

  isThere(nowMs: number): boolean {
    return this.#isThere || nowMs < this.#expectedUntilMs;
  }

  /** Are frames worth building, be it only to ask? */
  wantsFrames(nowMs: number): boolean {
    return this.isThere(nowMs) || nowMs - this.#askedAtMs >= ASK_AGAIN_MS;
  }

  /** Somebody has asked the simulator something. */
  expect(nowMs: number): void {
    this.#expectedUntilMs = nowMs + EXPECTED_MS;
  }

  /**
   * Should what is published now be offered? If so, the offer before it has had its answer or will have
   * none: somebody heard it.
   */
  asks(nowMs: number): boolean {
    if (this.#isThere && nowMs - this.#askedAtMs < ASK_EVERY_MS) return false;
    if (this.#isUnanswered) this.#isThere = true;
    this.#askedAtMs = nowMs;
    this.#isUnanswered = true;
    return true;
  }

  /** The server's answer to an offer. */
  readonly unheard = (): void => {
    this.#isUnanswered = false;
    this.#isThere = false;
  };
}
