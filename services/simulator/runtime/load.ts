/** How much of a worker is taken, for whoever places new simulators. */

/** Of the newest measurement; the rest is the past. */
const NEW_SHARE = 0.3;
/** Of the process; the rest is the number of simulators, which will be work sooner or later. */
const BUSY_SHARE = 0.9;

/**
 * @param busy        Share of the time since the last call in which the process worked; 0 to 1.
 * @param simulators  How many it has, and how many it takes.
 * @returns           A meter: 0 = nothing to do, 1 = it takes no more. Three decimals.
 */
export function loadMeter(
  busy: () => number,
  simulators: () => { count: number; max: number },
): () => number {
  let average = 0;
  return () => {
    average += NEW_SHARE * (busy() - average);
    const { count, max } = simulators();
    if (count >= max) return 1;
    const load = BUSY_SHARE * average + (1 - BUSY_SHARE) * (count / max);
    return Math.min(0.999, Math.max(0, Math.round(load * 1_000) / 1_000));
  };
}
