/** The tape: newest trade first, each once, however past and present arrive. */
import type { Trade } from '@sandpit/schemas/market-data.ts';

export const TAPE_ROWS = 200;

/**
 * @param known   Newest first.
 * @param trades  Oldest first; may overlap what is known, or lie before it.
 * @returns       Newest first, at most `TAPE_ROWS`.
 */
export function mergeTape(known: readonly Trade[], trades: readonly Trade[]): readonly Trade[] {
  const newest = known[0]?.tradeId ?? 0;
  // The common case, many times a second: a few later trades on top.
  if (trades.every(({ tradeId }) => tradeId > newest))
    return [...trades.toReversed(), ...known].slice(0, TAPE_ROWS);
  const byId = new Map([...known, ...trades].map((trade) => [trade.tradeId, trade]));
  return [...byId.values()].toSorted((a, b) => b.tradeId - a.tradeId).slice(0, TAPE_ROWS);
}

interface Numbered {
  epoch: number;
  sequence: number;
}

/** A new owner may number anew; within one epoch only a later frame counts. */
export function isLaterFrame(next: Numbered, known: Numbered | undefined): boolean {
  if (!known || next.epoch > known.epoch) return true;
  return next.epoch === known.epoch && next.sequence >= known.sequence;
}
