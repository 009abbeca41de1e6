/** Take-profit and stop-loss of a ticket: where they stand, what each would bring, what is wrong. */
import { notionalMicros, priceText, priceTicks, stepsOf } from '@sandpit/schemas/decimal.ts';
import type { OrderRequest } from '@sandpit/schemas/http.ts';
import type { InstrumentSummary } from '@sandpit/schemas/instrument.ts';
import type { Side, TimeInForce } from '@sandpit/schemas/order.ts';
import { cleanNumber } from './ticket.ts';

/** Typed as prices, as distances from the entry, or as distances in per cent of it. */
export type ExitsBy = 'price' | 'offset' | 'percent';

/** As typed. */
export interface ExitsDraft {
  exitsBy: ExitsBy;
  target: string;
  stopLoss: string;
  /** Worst price of the stop-loss; empty = at market. */
  stopLossLimit: string;
}

export const PLAIN_EXITS: Readonly<ExitsDraft> = {
  exitsBy: 'price',
  target: '',
  stopLoss: '',
  stopLossLimit: '',
};

export type ExitField = 'target' | 'stopLoss' | 'stopLossLimit';
export type ExitErrors = Partial<Record<ExitField, string>>;

export interface ExitsContext {
  /** Of the exits: against the position that they leave. */
  side: Side;
  /** Where the position would begin, in ticks; null while unknown. */
  entryTicks: number | null;
  lots: number | null;
  instrument: InstrumentSummary;
}

export interface ExitsVerdict {
  errors: ExitErrors;
  targetTicks: number | null;
  stopTicks: number | null;
  /** null = at market. */
  stopLimitTicks: number | null;
  /** What the exits would bring against the entry, before fees; a stop-loss is below zero. */
  targetMicros: bigint | null;
  stopMicros: bigint | null;
  /** Gain over loss, e.g. 2.5; null without both. */
  ratio: number | null;
}

const PPM = 1_000_000;

export function judgeExits(draft: ExitsDraft, context: ExitsContext): ExitsVerdict {
  const errors: ExitErrors = {};
  const isAbove = context.side === 'sell';
  const targetTicks = exitTicks('target', isAbove, draft, context, errors);
  const stopTicks = exitTicks('stopLoss', !isAbove, draft, context, errors);
  const stopLimitTicks = stopLimitOf(draft, stopTicks, context, errors);
  if (!draft.target.trim() && !draft.stopLoss.trim())
    errors.target = 'Enter a take-profit, a stop-loss, or both.';
  const targetMicros = resultMicros(targetTicks, context);
  const stopMicros = resultMicros(stopTicks, context);
  const hasBoth = targetMicros !== null && stopMicros !== null && stopMicros < 0n;
  const ratio = hasBoth ? Number((targetMicros * 100n) / -stopMicros) / 100 : null;
  return { errors, targetTicks, stopTicks, stopLimitTicks, targetMicros, stopMicros, ratio };
}

/** @returns null for an empty field and for a wrong one. */
function exitTicks(
  field: 'target' | 'stopLoss',
  isAbove: boolean,
  draft: ExitsDraft,
  { entryTicks, instrument }: ExitsContext,
  errors: ExitErrors,
): number | null {
  const typed = draft[field];
  if (!typed.trim()) return null;
  const text = cleanNumber(typed);
  if (text === null) {
    errors[field] = 'Enter a number above zero.';
    return null;
  }
  if (draft.exitsBy === 'price') {
    const ticks = priceTicks(text, instrument);
    if (ticks === null) errors[field] = `Use steps of ${instrument.tickSize}.`;
    else if (entryTicks !== null && (isAbove ? ticks <= entryTicks : ticks >= entryTicks))
      errors[field] =
        `Goes ${isAbove ? 'above' : 'below'} the entry, ${priceText(entryTicks, instrument)}.`;
    return ticks;
  }
  const distance = distanceTicks(field, text, draft.exitsBy, entryTicks, instrument, errors);
  if (distance === null || entryTicks === null) return null;
  const ticks = isAbove ? entryTicks + distance : entryTicks - distance;
  if (ticks >= 1) return ticks;
  errors[field] = 'The distance is larger than the price.';
  return null;
}

function distanceTicks(
  field: 'target' | 'stopLoss',
  text: string,
  by: 'offset' | 'percent',
  entryTicks: number | null,
  instrument: InstrumentSummary,
  errors: ExitErrors,
): number | null {
  if (by === 'offset') {
    const ticks = priceTicks(text, instrument);
    if (ticks === null) errors[field] = `Use steps of ${instrument.tickSize}.`;
    return ticks;
  }
  const ppm = stepsOf(text, '0.0001');
  if (ppm === null || ppm > 10 * PPM) {
    errors[field] = 'Use a percentage up to 1,000 with at most four decimals.';
    return null;
  }
  return entryTicks === null ? null : Math.max(1, Math.round((entryTicks * ppm) / PPM));
}

function stopLimitOf(
  { exitsBy, stopLoss, stopLossLimit }: ExitsDraft,
  stopTicks: number | null,
  { side, instrument }: ExitsContext,
  errors: ExitErrors,
): number | null {
  // A worst price has a meaning only beside a trigger that is a price itself.
  if (exitsBy !== 'price' || !stopLossLimit.trim()) return null;
  const text = cleanNumber(stopLossLimit);
  const ticks = text === null ? null : priceTicks(text, instrument);
  if (text === null) errors.stopLossLimit = 'Enter a price, or nothing to trade at market.';
  else if (ticks === null) errors.stopLossLimit = `Use steps of ${instrument.tickSize}.`;
  else if (!stopLoss.trim()) errors.stopLossLimit = 'Enter the trigger of the stop-loss first.';
  else if (stopTicks !== null && (side === 'sell' ? ticks > stopTicks : ticks < stopTicks))
    errors.stopLossLimit =
      side === 'sell' ? 'At the trigger or below it.' : 'At the trigger or above it.';
  return ticks;
}

function resultMicros(
  ticks: number | null,
  { side, entryTicks, lots, instrument }: ExitsContext,
): bigint | null {
  if (ticks === null || entryTicks === null || lots === null) return null;
  const away = BigInt(notionalMicros(Math.abs(ticks - entryTicks), lots, instrument));
  return (side === 'sell') === ticks >= entryTicks ? away : -away;
}

export type Leg = Omit<OrderRequest, 'clientOrderId'>;

/** The exits as orders: the take-profit first, and only those that were asked for. */
export function exitLegs(
  { targetTicks, stopTicks, stopLimitTicks }: ExitsVerdict,
  { side, instrument }: Pick<ExitsContext, 'side' | 'instrument'>,
  terms: { quantity: string; timeInForce: TimeInForce; expireAt?: string },
): Leg[] {
  const leg = { symbol: instrument.symbol, side, ...terms };
  const legs: Leg[] = [];
  if (targetTicks !== null)
    legs.push({ ...leg, type: 'limit', limitPrice: priceText(targetTicks, instrument) });
  if (stopTicks === null) return legs;
  const stopPrice = priceText(stopTicks, instrument);
  if (stopLimitTicks === null) legs.push({ ...leg, type: 'stop', stopPrice });
  else {
    const limitPrice = priceText(stopLimitTicks, instrument);
    legs.push({ ...leg, type: 'stopLimit', stopPrice, limitPrice });
  }
  return legs;
}
