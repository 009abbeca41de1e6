/** Helpers of the ticket that move a field along the instrument's grid. */
import { priceTicks, quantityLots, quantityText, textOfSteps } from '@sandpit/schemas/decimal.ts';
import type { InstrumentSummary } from '@sandpit/schemas/instrument.ts';
import type { Side } from '@sandpit/schemas/order.ts';
import { cleanNumber, closableLots } from './ticket.ts';
import { pegTicks } from './ticket-terms.ts';

export interface SizeContext {
  instrument: InstrumentSummary;
  side: Side;
  /** Signed. */
  positionLots: number;
  /** Open lots of own orders, by side. */
  workingLots: Record<Side, number>;
  buyingPowerMicros: bigint;
  /** Price in ticks that the order is expected to trade at. */
  ticks: number | null;
}

/**
 * A share of what could be traded: of the position when the order closes one, else of what the buying
 * power can carry with the fee. "" when nothing fits.
 *
 * @param percent  1 to 100.
 */
export function sizeOf(percent: number, context: SizeContext): string {
  const { instrument, side, buyingPowerMicros, ticks } = context;
  const closable = closableLots(side, context);
  let lots: number;
  if (closable > 0) lots = Math.floor((closable * percent) / 100);
  else if (ticks === null || (side === 'sell' && !instrument.shortable)) lots = 0;
  else {
    const feePpm = Math.max(0, instrument.takerFeePpm);
    const perLot = BigInt(ticks) * BigInt(instrument.tickValueMicros) * BigInt(1_000_000 + feePpm);
    const affordable = (buyingPowerMicros * BigInt(percent) * 1_000_000n) / (perLot * 100n);
    lots = Number(affordable);
  }
  lots = Math.min(lots, instrument.maxOrderLots);
  return lots > 0 ? quantityText(lots, instrument) : '';
}

/** The quantity `steps` lots further; stays at least one lot. What is no number starts at one lot. */
export function stepQuantity(text: string, steps: number, instrument: InstrumentSummary): string {
  const clean = cleanNumber(text);
  const lots = clean === null ? 0 : (quantityLots(clean, instrument) ?? 0);
  const next = Math.min(Math.max(1, lots + steps), instrument.maxOrderLots);
  return quantityText(next, instrument);
}

/** The price `steps` ticks further; what is no price starts at `fallback`. */
export function stepPrice(
  text: string,
  steps: number,
  instrument: InstrumentSummary,
  fallback: string | null,
): string {
  const clean = cleanNumber(text);
  const ticks = clean === null ? null : priceTicks(clean, instrument);
  if (ticks === null) return fallback ?? text;
  return textOfSteps(Math.max(1, ticks + steps), instrument.tickSize);
}

/** A difference `steps` ticks further, through zero; what is no number starts at none. */
export function stepOffset(text: string, steps: number, instrument: InstrumentSummary): string {
  const ticks = (pegTicks(text, instrument) ?? 0) + steps;
  return `${ticks < 0 ? '-' : ''}${textOfSteps(Math.abs(ticks), instrument.tickSize)}`;
}
