/**
 * Why an order is refused. The checks run in the order of `RejectReason`, so the first reason is
 * always the same one.
 *
 * Matching is immediate and nothing can happen in between, so the checks that need the book look at
 * exactly what would trade, not at an estimate.
 */
import type { OrderInstructions, SelfTradePrevention } from '@sandpit/schemas/instructions.ts';
import type { RejectReason, TimeInForce } from '@sandpit/schemas/order.ts';
import { afterTrading, asksForMoreThanCash } from './after-trading.ts';
import { fitsPhase, meetsOwnInAuction } from './auction-rules.ts';
import { MAX_ORDERS } from './blotter.ts';
import type { AtOwn } from './book.ts';
import { reducibleLots } from './buying-power.ts';
import type { ExchangeState } from './exchange-state.ts';
import { isStoppedByHalt } from './halt-rules.ts';
import type { Intent } from './intent.ts';
import {
  cannotBorrow,
  collarPpmOf,
  isDuplicate,
  isKilled,
  isTooFast,
  isTooLarge,
  isWorthTooMuch,
  mayOutgrow,
  openOrdersMax,
} from './limits.ts';
import { standing } from './margin.ts';
import { leastLots, restsWithMinimum } from './minimums.ts';
import { lotsOpen } from './open-lots.ts';
import { BUY, TRADER } from './sides.ts';
import { contradictsItself, hasInvalidPrice, hasInvalidQuantity } from './terms.ts';
import { isReached, isTrailing, startWaiting } from './triggers.ts';

/** How a dry run treats own orders under each mode. */
export const AT_OWN: Readonly<Record<SelfTradePrevention, AtOwn>> = {
  expireTaker: 'stop',
  expireMaker: 'skip',
  expireBoth: 'stop',
  decrement: 'decrement',
};

/**
 * All reasons that are decided here, in the order of the checks. The checks themselves are called
 * one by one below: a table of them would cost every order two dozen calls that nothing can inline.
 */
export const CHECKED_REASONS: readonly RejectReason[] = [
  'killSwitchEngaged',
  'instrumentHalted',
  'marketClosed',
  'invalidPrice',
  'invalidQuantity',
  'invalidInstructions',
  'notInThisPhase',
  'quantityBelowFilled',
  'priceOutsideCollar',
  'orderSizeExceeded',
  'orderNotionalExceeded',
  'tooManyOpenOrders',
  'orderLimitReached',
  'orderRateExceeded',
  'duplicateOrder',
  'notShortable',
  'borrowUnavailable',
  'positionLimitExceeded',
  'reduceOnlyWouldIncrease',
  'triggerPriceReached',
  'postOnlyWouldCross',
  'marginCall',
  'insufficientBuyingPower',
  'insufficientMargin',
  'priceOutsideBands',
  'noLiquidity',
  'fillOrKillNotFilled',
  'minimumQuantityNotMet',
  'selfTrade',
];

/** First reason to refuse, or null. */
export function firstReason(intent: Intent): RejectReason | null {
  const reason = reasonOfTerms(intent) ?? reasonOfPosition(intent);
  if (reason !== null || keepsPlace(intent)) return reason;
  if (intent.waits) return reasonToWait(intent);
  if (intent.isCollected) return reasonToBeCollected(intent);
  return reasonNow(intent);
}

/**
 * First reason in the terms alone, for an order whose position is still to come; or null.
 *
 * What cannot apply is not asked: most accounts have no limits beyond those of the instrument, and
 * most instruments trade.
 */
export function reasonOfTerms(intent: Intent): RejectReason | null {
  const { state, listing, replaces } = intent;
  const { hasLimits } = state;
  const keeps = keepsPlace(intent);
  if (isKilled(intent)) return 'killSwitchEngaged';
  if (listing.phase !== 'continuous' && !keeps) {
    if (isStoppedByHalt(intent)) return 'instrumentHalted';
    if (listing.phase === 'closed' && !intent.enters) return 'marketClosed';
  }
  if (hasInvalidPrice(intent)) return 'invalidPrice';
  if (hasInvalidQuantity(intent)) return 'invalidQuantity';
  if (contradictsItself(intent)) return 'invalidInstructions';
  if (!keeps && !fitsPhase(intent)) return 'notInThisPhase';
  if (intent.quantityLots <= intent.filledLots) return 'quantityBelowFilled';
  if (!keeps && isOutsideCollar(intent)) return 'priceOutsideCollar';
  if (hasLimits && isTooLarge(intent)) return 'orderSizeExceeded';
  if (hasLimits && isWorthTooMuch(intent)) return 'orderNotionalExceeded';
  if (replaces === null) {
    if (hasTooManyOpen(intent)) return 'tooManyOpenOrders';
    if (state.blotter.count >= MAX_ORDERS) return 'orderLimitReached';
  }
  if (hasLimits && isTooFast(intent)) return 'orderRateExceeded';
  if (hasLimits && isDuplicate(intent)) return 'duplicateOrder';
  return null;
}

function reasonOfPosition(intent: Intent): RejectReason | null {
  if (intent.side !== BUY && wouldGoShort(intent)) return 'notShortable';
  if (intent.side !== BUY && cannotBorrow(intent)) return 'borrowUnavailable';
  if (intent.state.hasLimits && mayOutgrow(intent)) return 'positionLimitExceeded';
  if (wouldIncrease(intent)) return 'reduceOnlyWouldIncrease';
  return null;
}

/** For one that meets the book when its trigger fires. */
function reasonToWait(intent: Intent): RejectReason | null {
  const { listing, side, terms } = intent;
  if (isReached(listing, side, terms)) return 'triggerPriceReached';
  return reasonOfMoney(idle(intent));
}

function reasonToBeCollected(intent: Intent): RejectReason | null {
  const reason = reasonOfMoney(idle(intent));
  if (reason !== null) return reason;
  return meetsOwnInAuction(intent) ? 'selfTrade' : null;
}

/** First reason why the book, as it stands, or the account refuses it, or null. */
export function reasonNow(intent: Intent): RejectReason | null {
  if (wouldIncrease(intent)) return 'reduceOnlyWouldIncrease';
  if (intent.terms.type === 'pegged') {
    return reasonOfMoney(idle(intent));
  }
  dryRun(intent);
  if (wouldTakeAsPostOnly(intent)) return 'postOnlyWouldCross';
  const reason = reasonOfMoney(intent);
  if (reason !== null) return reason;
  if (intent.tradableLots < intent.wantedLots) {
    const lack = reasonOfLack(intent);
    if (lack !== null) return lack;
  }
  return meetsOwnInAuction(intent) ? 'selfTrade' : null;
}

/** For one that would not trade in full. @param intent  After its dry run. */
function reasonOfLack(intent: Intent): RejectReason | null {
  if (findsNothing(intent)) {
    return findsNothingInBands(intent) ? 'priceOutsideBands' : 'noLiquidity';
  }
  if (isHalfAFillOrKill(intent)) return 'fillOrKillNotFilled';
  if (isBelowMinimum(intent)) return 'minimumQuantityNotMet';
  return meetsOwnOrderFirst(intent) ? 'selfTrade' : null;
}

/** Orders that only reduce pass: nobody is kept in a position for want of money. @param intent  After its dry run. */
function reasonOfMoney(intent: Intent): RejectReason | null {
  if (intent.wantedLots <= freeToReduce(intent)) return null;
  if (intent.state.marginCall !== null) return 'marginCall';
  return lackOfMoney(intent);
}

/** @param intent  After its dry run; it opens something. */
function lackOfMoney(intent: Intent): RejectReason | null {
  if (intent.listing.marginRates !== null) {
    return lacksMargin(intent) ? 'insufficientMargin' : null;
  }
  return asksForMoreThanCash(intent) ? 'insufficientBuyingPower' : null;
}

/**
 * Finds out what the intent would trade now, and notes it there; the fills are in
 * `listing.book.fills` until the next one.
 */
export function dryRun(intent: Intent): Intent {
  const { listing, side, terms } = intent;
  if (intent.waits || intent.isCollected || terms.type === 'pegged') {
    // It meets nobody; what the book last stopped at was another order's affair.
    listing.book.selfTrade = false;
    return idle(intent);
  }
  const wantedLots = intent.quantityLots - intent.filledLots;
  const mayTrade = terms.instructions?.reduceOnly
    ? Math.min(wantedLots, reducibleLots(listing.position.lots, side))
    : wantedLots;
  const atOwn = AT_OWN[terms.instructions?.selfTradePrevention ?? 'expireTaker'];
  const limit = workingTicks(intent);
  const tradableLots = listing.book.preview(TRADER, side, limit, mayTrade, atOwn);
  if (restsWithMinimum(terms) && tradableLots < leastLots(terms, wantedLots)) return idle(intent);
  intent.wantedLots = wantedLots;
  intent.tradableLots = tradableLots;
  intent.fillCount = listing.book.fills.count;
  return intent;
}

/** For orders that meet the book later, or not at all. */
function idle(intent: Intent): Intent {
  intent.wantedLots = intent.quantityLots - intent.filledLots;
  intent.tradableLots = 0;
  intent.fillCount = 0;
  return intent;
}

/** The limit under which an order works: its own, or the collar's end for a market order. */
export function workingTicks(intent: Intent): number {
  const { listing, side, terms, waits, replaces } = intent;
  // A trailing trigger stays where it has come to when its order is replaced, and what is held too.
  // One that its list holds back has no trigger yet.
  const heldTicks = waits && isTrailing(terms.type) ? replaces?.progress?.heldTicks : null;
  if (heldTicks != null) return heldTicks;
  if (waits) return startWaiting(listing, side, terms).heldTicks!;
  if (terms.type === 'pegged') return peggedTicks(intent);
  const limitTicks = terms.limitTicks ?? listing.protectionTicks(side);
  return intent.isCollected ? limitTicks : listing.withinBands(side, limitTicks);
}

/** How far a peg is paid for: a buy to its limit or the collar's end, a sell to that end at least. */
function peggedTicks({ listing, side, terms: { limitTicks }, replaces }: Intent): number {
  const endTicks = replaces?.progress?.heldTicks ?? listing.collar.highTicks;
  return side === BUY ? (limitTicks ?? endTicks) : Math.max(limitTicks ?? 0, endTicks);
}

const NONE: OrderInstructions = {};

/** Less at the same price: it stays where it is in the queue, and asks for nothing new. */
export function keepsPlace({ replaces, terms, quantityLots, waits, enters }: Intent): boolean {
  if (replaces === null || enters || terms.limitTicks !== replaces.limitTicks) return false;
  if (waits && terms.instructions?.stopTicks !== replaces.instructions?.stopTicks) return false;
  const { displayLots, minimumLots, pegOffsetTicks } = terms.instructions ?? NONE;
  const before = replaces.instructions ?? NONE;
  if (displayLots !== before.displayLots || minimumLots !== before.minimumLots) return false;
  if ((pegOffsetTicks ?? 0) !== (before.pegOffsetTicks ?? 0)) return false;
  return quantityLots <= replaces.quantityLots;
}

/** Whether what does not trade at once stays open. */
export function mayRest(intent: Intent): boolean {
  const { terms, waits } = intent;
  if (waits || intent.isCollected) return true;
  return (terms.type === 'limit' || terms.type === 'pegged') && isResting(terms.timeInForce);
}

export const isResting = (time: TimeInForce) => time === 'day' || time === 'gtc' || time === 'gtd';

/** The limit of a waiting order is judged around its trigger: the market is elsewhere then. */
function isOutsideCollar(intent: Intent): boolean {
  const { terms, listing, waits } = intent;
  const { limitTicks } = terms;
  if (limitTicks === null || intent.enters) return false;
  const around = waits ? terms.instructions!.stopTicks! : listing.referenceTicks;
  const { lowTicks, highTicks } = listing.collarAround(around, collarPpmOf(intent));
  return limitTicks < lowTicks || limitTicks > highTicks;
}

/** A new one that cannot rest adds none: whoever has too many open may still trade at once. */
function hasTooManyOpen(intent: Intent): boolean {
  if (!mayRest(intent)) return false;
  return openCount(intent.state) >= openOrdersMax(intent.state);
}

export function openCount({ listings }: ExchangeState): number {
  let open = 0;
  for (const { resting, waiting, held } of listings)
    open += resting.size + waiting.size + held.size;
  return open;
}

/** A sale. */
function wouldGoShort(intent: Intent): boolean {
  const { listing, quantityLots, filledLots } = intent;
  if (listing.isShortable) return false;
  return quantityLots - filledLots > freeToReduce(intent);
}

/** While it waits for its trigger the position may still come. */
function wouldIncrease({ terms, waits, listing, side }: Intent): boolean {
  if (!terms.instructions?.reduceOnly || waits) return false;
  return reducibleLots(listing.position.lots, side) === 0;
}

/** Lots by which the position can shrink, beyond what open orders of the side may already take; ≤ 0 when none. */
function freeToReduce({ listing, side, replaces }: Intent): number {
  const reducible = reducibleLots(listing.position.lots, side);
  return reducible === 0 ? 0 : reducible - lotsOpen(listing, side, replaces, 'all');
}

/** Post-only with terms that may only take is a contradiction, told by the same reason. */
function wouldTakeAsPostOnly(intent: Intent): boolean {
  if (!intent.terms.postOnly) return false;
  return !mayRest(intent) || intent.tradableLots > 0 || intent.listing.book.selfTrade;
}

/** What it opens needs its initial requirement, and so does all that is open already. */
function lacksMargin(intent: Intent): boolean {
  const { state, listing } = intent;
  const after = afterTrading(intent);
  const { equityMicros, initialMicros } = standing(state, { listing, ...after });
  return equityMicros < initialMicros + after.reservedMicros;
}

/** Somebody is there, but beyond the band. */
function findsNothingInBands({ listing, side }: Intent): boolean {
  const other = side === BUY ? listing.book.bestAsk : listing.book.bestBid;
  return other !== 0 && listing.withinBands(side, other) !== other;
}

/** What an order that rests without trading first is short of, or null. */
export function lackToRest(intent: Intent): RejectReason | null {
  return idle(intent).wantedLots > freeToReduce(intent) ? lackOfMoney(intent) : null;
}

function findsNothing({ terms, tradableLots, listing }: Intent): boolean {
  return terms.type === 'market' && tradableLots === 0 && !listing.book.selfTrade;
}

function isHalfAFillOrKill({ terms, wantedLots, tradableLots }: Intent): boolean {
  return terms.timeInForce === 'fok' && tradableLots < wantedLots;
}

function isBelowMinimum({ terms, tradableLots }: Intent): boolean {
  return !restsWithMinimum(terms) && tradableLots < (terms.instructions?.minimumLots ?? 0);
}

/** Under the other modes it goes on, or both orders go; one with a minimum cannot go on. */
function meetsOwnOrderFirst({ terms, tradableLots, listing }: Intent): boolean {
  const mode = terms.instructions?.selfTradePrevention ?? 'expireTaker';
  const stops = mode === 'expireTaker' || restsWithMinimum(terms);
  return tradableLots === 0 && listing.book.selfTrade && stops;
}
