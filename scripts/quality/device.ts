/** A trader's device: its clock drifts, and stands still while it sleeps. Pure. */
import { randomOf, type Trace } from './traces.ts';

/** As wrong as ordinary crystals get. */
const DRIFT_MAX = 100e-6;

export const isAsleep = ({ sleeps }: Trace, atMs: number): boolean =>
  sleeps.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);

/** @returns  What the clock of the device shows at a true time, in ms since its start. */
export function deviceTimeOf({ sleeps, seed }: Trace): (atMs: number) => number {
  const drift = (randomOf(seed ^ 0xc10c)() * 2 - 1) * DRIFT_MAX;
  return (atMs) => {
    const sleptMs = sleeps.reduce(
      (sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(atMs, toMs) - fromMs),
      0,
    );
    return (atMs - sleptMs) * (1 + drift);
  };
}
