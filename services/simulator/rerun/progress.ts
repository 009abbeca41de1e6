/** From where the market stands in each of several runs to how far all of them are. */
const TOLD_EVERY_MS = 250;

/**
 * @param tell  Told now and then: 0 to 1, never less than before.
 * @returns     To be called with simulated time, which begins anew with each run.
 */
export function watcher(
  passes: number,
  endNs: number,
  tell: (progress: number) => void,
  nowMs: () => number = () => performance.now(),
): (simNs: number) => void {
  let pass = 0;
  let lastNs = 0;
  let toldAtMs = nowMs();
  return (simNs) => {
    if (simNs < lastNs) pass = Math.min(pass + 1, passes - 1);
    lastNs = simNs;
    if (nowMs() - toldAtMs < TOLD_EVERY_MS) return;
    toldAtMs = nowMs();
    tell(Math.min(1, (pass + simNs / Math.max(1, endNs)) / passes));
  };
}
