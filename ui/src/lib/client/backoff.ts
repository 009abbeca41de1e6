/** Full jitter: anywhere between nothing and the cap of the attempt, so that a crowd spreads out. */
const BASE_MS = 250;
const CAP_MS = 15_000;

/**
 * @param attempt  0 for the first try after a loss.
 * @param random   Uniform in [0, 1).
 */
export function backoffMs(attempt: number, random: number): number {
  return Math.round(random * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16)));
}
