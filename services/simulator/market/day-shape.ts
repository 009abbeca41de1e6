/**
 * How busy a time of day is. Exchanges with an opening and a close are busiest at both; markets that
 * never close follow no such shape here.
 */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import { SECONDS_PER_DAY } from './parameters.ts';

const OPENING_EXTRA = 7;
const CLOSING_EXTRA = 7;
/** The extra at the open and the close fades over this share of the session. */
const FADE = 0.14;

/**
 * Activity relative to the quietest time.
 *
 * @param seconds  Simulated seconds since the open; the shape repeats every session.
 * @returns        1 … 8.1, continuous within a session.
 */
export function dayShape(kind: Instrument['kind'], seconds: number): number {
  if (kind === 'crypto') return 1;
  const session = SECONDS_PER_DAY.equity;
  const x = (seconds % session) / session;
  return 1 + OPENING_EXTRA * faded(x) + CLOSING_EXTRA * faded(1 - x);
}

/** 1 at 0, falling like 1 / (1 + x/FADE)², about 0 at the far end. */
function faded(x: number): number {
  const ratio = 1 / (1 + x / FADE);
  return ratio * ratio;
}

/** Mean of `dayShape` over a session, so that rates can be given as averages over the day. */
export function meanDayShape(kind: Instrument['kind']): number {
  if (kind === 'crypto') return 1;
  // ∫₀¹ (1 + x/f)⁻² dx = 1 / (1 + 1/f)
  return 1 + (OPENING_EXTRA + CLOSING_EXTRA) / (1 + 1 / FADE);
}
