/** What can be wrong with the terms of an order, whatever the market and the account. */
import type { OrderType } from '@sandpit/schemas/order.ts';
import { contradictsDisplay, contradictsPeg, hasInvalidMinimum } from './display-rules.ts';
import type { ExchangeState } from './exchange-state.ts';
import type { Intent } from './intent.ts';
import { isResting } from './risk.ts';
import { isTrailing } from './triggers.ts';

const MAX_PRICE_TICKS = 1_000_000_000;

export function hasInvalidPrice({ terms, waits }: Intent): boolean {
  if (terms.type === 'pegged' && terms.limitTicks === null) return stopTicksOf(terms) !== null;
  if (takesLimit(terms.type) ? !isPrice(terms.limitTicks) : terms.limitTicks !== null) return true;
  const { stopTicks = null } = terms.instructions ?? {};
  const takesStop = waits && !isTrailing(terms.type);
  return takesStop ? !isPrice(stopTicks) : stopTicks !== null;
}

const stopTicksOf = ({ instructions }: Intent['terms']) => instructions?.stopTicks ?? null;

function takesLimit(type: OrderType): boolean {
  return type === 'limit' || type === 'stopLimit' || type === 'limitIfTouched' || type === 'pegged';
}

function isPrice(ticks: number | null): boolean {
  return Number.isInteger(ticks) && ticks! >= 1 && ticks! <= MAX_PRICE_TICKS;
}

/** Most orders say nothing that could contradict itself. */
function isPlain({ type, timeInForce, instructions }: Intent['terms']): boolean {
  if (instructions !== undefined || (type !== 'limit' && type !== 'market')) return false;
  return timeInForce !== 'gtd' && timeInForce !== 'opg' && timeInForce !== 'cls';
}

/** Instructions that say nothing for the type, that are missing, or that exclude each other. */
export function contradictsItself(intent: Intent): boolean {
  const { state, terms, waits, listing } = intent;
  if (isPlain(terms)) return false;
  const { type, timeInForce, postOnly, instructions = {} } = terms;
  const { triggerReference, trailTicks = null, trailPpm = null } = instructions;
  const { limitOffsetTicks = null } = instructions;
  if (contradictsTime(state, terms)) return true;
  if (hasInvalidMinimum(intent) || contradictsDisplay(intent)) return true;
  if (contradictsPeg(terms)) return true;
  if (instructions.postOnlyMode !== undefined && !postOnly) return true;
  if (!waits && triggerReference !== undefined) return true;
  if (waits && !isResting(timeInForce)) return true;
  if ((timeInForce === 'opg' || timeInForce === 'cls') && !listing.session) return true;
  if (waits && postOnly && !takesLimit(type)) return true;
  if ((limitOffsetTicks !== null) !== (type === 'trailingStopLimit')) return true;
  const trails = (trailTicks === null ? 0 : 1) + (trailPpm === null ? 0 : 1);
  return trails !== (isTrailing(type) ? 1 : 0);
}

export function hasInvalidQuantity({ quantityLots, listing }: Intent): boolean {
  const { maxOrderLots } = listing.instrument;
  return !Number.isInteger(quantityLots) || quantityLots < 1 || quantityLots > maxOrderLots;
}

/** Good-till-date has a date to come, and nothing else has one. */
function contradictsTime({ nowNs }: ExchangeState, terms: Intent['terms']): boolean {
  const { expireNs = null } = terms.instructions ?? {};
  if (terms.timeInForce !== 'gtd') return expireNs !== null;
  return expireNs === null || expireNs <= nowNs;
}
