/**
 * What the account's cash is tied up in.
 *
 * An account of type `collateral` pays in full and may sell short:
 * - The proceeds of a short stay locked, and as much again of the trader's own cash is set aside
 *   (100 % collateral). Both are counted at what the position was sold for, not at the mark, so
 *   that buying power moves only when the trader does something.
 * - Open orders hold what they would cost at their limit, with the fees of one that rests. Lots that would
 *   only reduce a position hold nothing; the cheapest open lots are taken to be those, so that no
 *   order of fills can ask for more than is held.
 *
 * A `margin` account asks for equity instead (`margin.ts`): its open orders hold the initial
 * requirement of what they would open, buys or sells, whichever is more, and fees.
 *
 * A `cash` account sells no more than it has. Of what sales have brought, it may spend what has
 * settled (`cash-settlement.ts`).
 *
 * buying power = cash − (collateral of shorts + held for open orders + not yet settled).
 */
import { type MarginRates, requirementMicros } from '@sandpit/schemas/margin.ts';
import type { FeeRule } from './fees.ts';
import { notionalMicros } from './money.ts';
import { type BookSide, BUY, SELL } from './sides.ts';

export const PPM = 1_000_000;

/** Lots that may still trade at a limit. */
export interface OpenLots {
  side: BookSide;
  limitTicks: number;
  lots: number;
  isReduceOnly?: boolean | undefined;
}

/** Locked proceeds and collateral of a position. */
export function collateralMicros(position: { lots: number; costMicros: number }): number {
  return position.lots < 0 ? 2 * -position.costMicros : 0;
}

/** Lots of `side` that a position can take before it is flat. */
export function reducibleLots(positionLots: number, side: BookSide): number {
  return Math.max(0, side === SELL ? positionLots : -positionLots);
}

/** What one instrument ties up. `rates` are null without margin. */
export function reservedFor(
  open: readonly OpenLots[],
  position: { lots: number; costMicros: number },
  fees: FeeRule,
  rates: MarginRates | null,
): number {
  if (rates === null) return heldForOrders(open, position.lots, fees) + collateralMicros(position);
  if (open.length === 0) return 0;
  return Math.max(
    heldForSide(open, BUY, position.lots, fees, rates.longInitialPpm),
    heldForSide(open, SELL, position.lots, fees, rates.shortInitialPpm),
  );
}

/** Held for the open orders of one instrument, given its position. */
export function heldForOrders(
  open: readonly OpenLots[],
  positionLots: number,
  fees: FeeRule,
): number {
  if (open.length === 0) return 0;
  return heldForSide(open, BUY, positionLots, fees) + heldForSide(open, SELL, positionLots, fees);
}

function heldForSide(
  open: readonly OpenLots[],
  side: BookSide,
  positionLots: number,
  fees: FeeRule,
  ppm = PPM,
): number {
  let reducible = reducibleLots(positionLots, side);
  let held = 0;
  if (reducible === 0) {
    for (const order of open) {
      if (order.side === side) held += costAtLimit(order.limitTicks, order.lots, fees, ppm);
    }
    return held;
  }
  if (!hasSide(open, side)) return 0;
  const ofSide = open.filter((order) => order.side === side);
  ofSide.sort((a, b) => a.limitTicks - b.limitTicks);
  for (const { limitTicks, lots } of ofSide) {
    const reducing = Math.min(lots, reducible);
    reducible -= reducing;
    if (lots > reducing) held += costAtLimit(limitTicks, lots - reducing, fees, ppm);
  }
  return held;
}

function hasSide(open: readonly OpenLots[], side: BookSide): boolean {
  for (const order of open) if (order.side === side) return true;
  return false;
}

/** What lots hold that only open. @param ppm  Share of the notional that is asked for. */
export function costAtLimit(limitTicks: number, lots: number, fees: FeeRule, ppm: number): number {
  const notional = notionalMicros(limitTicks, lots, fees.instrument);
  const asked = ppm === PPM ? notional : requirementMicros(notional, ppm);
  return asked + fees.whenResting(lots, notional);
}
