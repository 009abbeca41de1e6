/**
 * One instrument's position under average cost.
 *
 * `lots` and `cost` carry the same sign: a short of 10 lots sold for 1,000 has lots −10, cost −1,000.
 * Closing takes a proportional share of the cost; crossing through zero closes all of it and opens
 * the rest at the price of the fill.
 */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import { notionalMicros, shareOf } from './money.ts';
import type { BookSide } from './sides.ts';
import { BUY } from './sides.ts';

export interface PositionState {
  lots: number;
  costMicros: number;
  realisedMicros: number;
  feesMicros: number;
}

export const flat = (): PositionState => ({
  lots: 0,
  costMicros: 0,
  realisedMicros: 0,
  feesMicros: 0,
});

/**
 * Changes `position` by one fill. @returns  Profit or loss closed by it, in micros, before fees.
 */
export function applyFill(
  position: PositionState,
  side: BookSide,
  priceTicks: number,
  lots: number,
  feeMicros: number,
  instrument: Instrument,
): number {
  const sign = side === BUY ? 1 : -1;
  const isOpening = position.lots * sign >= 0;
  const closedLots = isOpening ? 0 : Math.min(lots, Math.abs(position.lots));
  const openedLots = lots - closedLots;
  let realised = 0;
  if (closedLots > 0) {
    const closedCost = shareOf(position.costMicros, closedLots, Math.abs(position.lots));
    realised = -sign * notionalMicros(priceTicks, closedLots, instrument) - closedCost;
    position.costMicros -= closedCost;
  }
  position.costMicros += sign * notionalMicros(priceTicks, openedLots, instrument);
  position.lots += sign * lots;
  position.realisedMicros += realised;
  position.feesMicros += feeMicros;
  return realised;
}
