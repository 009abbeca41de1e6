/**
 * The limits of the account (`RiskLimits`), each a check of `risk.ts`.
 *
 * Judged is what an order opens: the lots beyond those by which the position can still shrink when
 * everything else that is open of the same side trades first. So whoever closes or reduces passes
 * every limit, and an order that turns a position is judged by the half that opens the new one.
 */
import type { Order, RejectReason } from '@sandpit/schemas/order.ts';
import { NS_PER_MS, NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import { reducibleLots } from './buying-power.ts';
import type { ExchangeState } from './exchange-state.ts';
import { isStoppedByHalt } from './halt-rules.ts';
import type { Intent } from './intent.ts';
import type { Listing } from './listing.ts';
import { notionalMicros } from './money.ts';
import { lotsOpen } from './open-lots.ts';
import { keepsPlace } from './risk.ts';
import { BUY } from './sides.ts';

/** Whatever the tier says, a venue holds no more. */
export const MAX_OPEN_ORDERS = 200;

/** An open order comes to the market, or comes to it with more. What it closes now, it closes first. */
export function reasonAtTrigger(open: Intent): RejectReason | null {
  const intent = { ...open, enters: true };
  const reducible = reducibleLots(open.listing.position.lots, open.side);
  if (open.quantityLots - open.filledLots <= reducible || openingLots(intent) === 0) return null;
  if (open.state.isKilled) return 'killSwitchEngaged';
  if (isWorthTooMuch(intent)) return 'orderNotionalExceeded';
  if (cannotBorrow(intent)) return 'borrowUnavailable';
  return mayOutgrow(intent) ? 'positionLimitExceeded' : null;
}

/** What of an order that closes or turns a position can be said before others are out of its way. */
export function reasonOfReversal(reversal: Intent): RejectReason | null {
  const intent = { ...reversal, isAlone: true };
  if (isStoppedByHalt(intent)) return 'instrumentHalted';
  if (intent.listing.phase === 'closed') return 'marketClosed';
  if (isTooLarge(intent)) return 'orderSizeExceeded';
  if (isWorthTooMuch(intent)) return 'orderNotionalExceeded';
  if (isTooFast(intent)) return 'orderRateExceeded';
  if (cannotBorrow(intent)) return 'borrowUnavailable';
  return mayOutgrow(intent) ? 'positionLimitExceeded' : null;
}

/** Lots of the same side that may trade before or after it; those that only reduce cannot add. */
function otherLots({ listing, side, replaces, isAlone }: Intent): number {
  return isAlone ? 0 : lotsOpen(listing, side, replaces, 'opening');
}

/** Lots of it that could open a position, at worst. */
export function openingLots(intent: Intent): number {
  const { listing, side, terms, closes, quantityLots, filledLots } = intent;
  if (closes || terms.instructions?.reduceOnly || keepsPlace(intent)) return 0;
  const wantedLots = quantityLots - filledLots;
  const reducible = reducibleLots(listing.position.lots, side);
  const free = reducible === 0 ? 0 : Math.max(0, reducible - otherLots(intent));
  return Math.max(0, wantedLots - free);
}

/** Where the position would end, seen from the order's side, if all that is open of it traded. */
function positionAtWorst(intent: Intent): number {
  const { listing, side, quantityLots, filledLots } = intent;
  const sign = side === BUY ? 1 : -1;
  return sign * listing.position.lots + otherLots(intent) + quantityLots - filledLots;
}

/** Cancels and what is smaller at the same place always pass; so do legs that protect. */
export function isKilled(intent: Intent): boolean {
  if (!intent.state.isKilled || keepsPlace(intent)) return false;
  return !intent.enters || openingLots(intent) > 0;
}

export function isTooLarge(intent: Intent): boolean {
  const { maxOrderSizePercent: percent } = intent.state.limits;
  if (percent === null) return false;
  const { maxOrderLots } = intent.listing.instrument;
  const most = Math.max(1, Math.floor((maxOrderLots * percent) / 100));
  return intent.quantityLots > most && openingLots(intent) > most;
}

/** At its limit; a market order at its trigger or the reference price. */
export function isWorthTooMuch(intent: Intent): boolean {
  const { state, listing, terms, waits, quantityLots } = intent;
  const { maxOrderNotionalMicros: most } = state.limits;
  if (most === null) return false;
  const { referenceTicks, instrument } = listing;
  const priceTicks =
    terms.limitTicks ?? (waits ? terms.instructions?.stopTicks : null) ?? referenceTicks;
  const isWorthMore = (lots: number) => notionalMicros(priceTicks, lots, instrument) > most;
  return isWorthMore(quantityLots) && isWorthMore(openingLots(intent));
}

/** How far from the reference its limit may be; of the instrument and the account the tighter one. */
export function collarPpmOf(intent: Intent): number {
  const { collarPpm } = intent.listing.instrument;
  const { collarPpm: own } = intent.state.limits;
  return own === null || own >= collarPpm || openingLots(intent) === 0 ? collarPpm : own;
}

export const openOrdersMax = ({ limits }: ExchangeState): number =>
  Math.min(MAX_OPEN_ORDERS, limits.maxOpenOrders ?? MAX_OPEN_ORDERS);

/** A second of simulated time: a strategy meets the same limit at every speed, and in a replay. */
export function isTooFast(intent: Intent): boolean {
  const { state, enters, sentBefore } = intent;
  const { ordersPerSecond: most } = state.limits;
  // While the clock is held no second ever ends; the doors count by their own clocks.
  if (most === null || enters || state.timeStands) return false;
  return sentLately(state) + sentBefore >= most && openingLots(intent) > 0;
}

function sentLately({ sentNs, nowNs }: ExchangeState): number {
  return sentNs.length - firstSince(sentNs, nowNs - NS_PER_SECOND);
}

const firstSince = (times: readonly number[], afterNs: number): number => {
  const first = times.findIndex((ns) => ns > afterNs);
  return first < 0 ? times.length : first;
};

/** An order or amendment has been judged. Not longer kept than asked about, nor more of them. */
export function noteSent(state: ExchangeState, count: number): void {
  const { ordersPerSecond: most } = state.limits;
  if (most === null) {
    if (state.sentNs.length > 0) state.sentNs = [];
    return;
  }
  const recent = state.sentNs.slice(firstSince(state.sentNs, state.nowNs - NS_PER_SECOND));
  for (let i = 0; i < count; i++) recent.push(state.nowNs);
  state.sentNs = recent.slice(-most);
}

/** The same again, unless the first was refused. As far back as orders are kept. */
export function isDuplicate(intent: Intent): boolean {
  const { state, asked, replaces } = intent;
  const { duplicateWindowMs } = state.limits;
  if (duplicateWindowMs === null || replaces || !asked) return false;
  const afterNs = state.nowNs - duplicateWindowMs * NS_PER_MS;
  const first = state.blotter.findNewest(
    ({ createdNs }) => createdNs > afterNs,
    (order) => order.status !== 'rejected' && isSame(order, asked),
  );
  return first !== undefined && openingLots(intent) > 0;
}

function isSame(order: Order, asked: NonNullable<Intent['asked']>): boolean {
  // The venue sets the limit of a market-to-limit order, and may move that of a post-only one.
  const limitTicks =
    order.type === 'marketToLimit' ? null : (order.progress?.slidFromTicks ?? order.limitTicks);
  return (
    order.symbol === asked.symbol &&
    order.side === asked.side &&
    order.type === asked.type &&
    order.quantityLots === asked.quantityLots &&
    limitTicks === asked.limitTicks &&
    (order.instructions?.stopTicks ?? null) === (asked.instructions?.stopTicks ?? null)
  );
}

/** Not more may be short at once than there is to borrow, as far as the tier gets a share of it. */
export function cannotBorrow(intent: Intent): boolean {
  if (intent.side === BUY) return false;
  const available = borrowableLots(intent.listing, intent.state);
  if (available === null || positionAtWorst(intent) <= available) return false;
  return openingLots(intent) > 0;
}

/** Null = no end of them. */
function borrowableLots({ instrument }: Listing, { limits }: ExchangeState): number | null {
  const percent = limits.borrowPercent ?? 100;
  if (percent === 0) return 0;
  const { borrowableLots: lots = null } = instrument;
  return lots === null ? null : Math.floor((lots * percent) / 100);
}

/** Whether the position could pass the limit if all that is open of this side traded. */
export function mayOutgrow(intent: Intent): boolean {
  const { maxPositionMicros: most } = intent.state.limits;
  if (most === null) return false;
  const { referenceTicks, instrument } = intent.listing;
  const worth = notionalMicros(referenceTicks, positionAtWorst(intent), instrument);
  return worth > most && openingLots(intent) > 0;
}
