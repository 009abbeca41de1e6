/**
 * Why an order is refused. The checks run in the order of `RejectReason`, so the first reason is
 * always the same one.
 *
 * Matching is immediate and nothing can happen in between, so the checks that need the book look at
 * exactly what would trade, not at an estimate.
 */
import type { SelfTradePrevention } from '@sandpit/schemas/instructions.ts';
import type {
  Order,
  OrderTicket,
  OrderType,
  RejectReason,
  TimeInForce,
} from '@sandpit/schemas/order.ts';
import { afterTrading } from './after-trading.ts';
import { fitsPhase, isCollected, meetsOwnInAuction } from './auction-rules.ts';
import { MAX_ORDERS } from './blotter.ts';
import type { AtOwn } from './book.ts';
import { reducibleLots } from './buying-power.ts';
import type { ExchangeState } from './exchange-state.ts';
import { isStoppedByHalt } from './halt-rules.ts';
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
import type { Listing } from './listing.ts';
import { standing } from './margin.ts';
import { leastLots, restsWithMinimum } from './minimums.ts';
import { openLots } from './open-lots.ts';
import { type BookSide, BUY, TRADER } from './sides.ts';
import { contradictsItself, hasInvalidPrice, hasInvalidQuantity } from './terms.ts';
import { isReached, isTrailing, startWaiting } from './triggers.ts';

/** How a dry run treats own orders under each mode. */
export const AT_OWN: Readonly<Record<SelfTradePrevention, AtOwn>> = {
  expireTaker: 'stop',
  expireMaker: 'skip',
  expireBoth: 'stop',
  decrement: 'decrement',
};

/** An order as it would be worked if accepted: a new one, or an open one in its new shape. */
export interface Intent {
  state: ExchangeState;
  listing: Listing;
  side: BookSide;
  terms: Pick<OrderTicket, 'type' | 'timeInForce' | 'postOnly' | 'limitTicks' | 'instructions'>;
  /** The ticket's own type, where `terms` have another one. */
  askedType?: OrderType;
  /** It goes to the book only when its trigger fires. */
  waits: boolean;
  /** Whole size of the order, lots already filled included. */
  quantityLots: number;
  filledLots: number;
  /** The open order that this one takes the place of. */
  replaces: Order | null;
  /** `replaces` stands nowhere yet: it keeps no place, and its price was judged on arrival. */
  enters?: boolean;
  /** A leg that can only close what another order of its list opens. */
  closes?: boolean;
  /** The ticket as it was sent; the terms are what the book makes of it. */
  asked?: OrderTicket;
  /** Orders of the same command that were judged before it. */
  sentBefore?: number;
  /** Other open orders are out of its way by the time it is worked. */
  isAlone?: boolean;
}

/** An intent and what it would trade now; the fills themselves are in `listing.book.fills`. */
export interface Previewed extends Intent {
  wantedLots: number;
  tradableLots: number;
  fillCount: number;
}

export type Checks<T> = readonly (readonly [
  reason: RejectReason,
  applies: (intent: T) => boolean,
])[];

const CHECKS_OF_TERMS: Checks<Intent> = [
  ['killSwitchEngaged', isKilled],
  ['instrumentHalted', (intent) => isStoppedByHalt(intent) && !keepsPlace(intent)],
  ['marketClosed', (intent) => intent.listing.phase === 'closed' && !keepsPlace(intent)],
  ['invalidPrice', hasInvalidPrice],
  ['invalidQuantity', hasInvalidQuantity],
  ['invalidInstructions', contradictsItself],
  ['notInThisPhase', (intent) => !fitsPhase(intent) && !keepsPlace(intent)],
  ['quantityBelowFilled', ({ quantityLots, filledLots }) => quantityLots <= filledLots],
  ['priceOutsideCollar', isOutsideCollar],
  ['orderSizeExceeded', isTooLarge],
  ['orderNotionalExceeded', isWorthTooMuch],
  ['tooManyOpenOrders', hasTooManyOpen],
  ['orderLimitReached', ({ state, replaces }) => !replaces && state.blotter.count >= MAX_ORDERS],
  ['orderRateExceeded', isTooFast],
  ['duplicateOrder', isDuplicate],
  ['notShortable', wouldGoShort],
  ['borrowUnavailable', cannotBorrow],
  ['positionLimitExceeded', mayOutgrow],
  ['reduceOnlyWouldIncrease', wouldIncrease],
];

const CHECKS_OF_MONEY: Checks<Previewed> = [
  ['marginCall', opensUnderCall],
  ['insufficientBuyingPower', lacksBuyingPower],
  ['insufficientMargin', lacksMargin],
];

const CHECKS_OF_WAITING: Checks<Previewed> = [
  ['triggerPriceReached', ({ listing, side, terms }) => isReached(listing, side, terms)],
  ...CHECKS_OF_MONEY,
];

const CHECKS_OF_COLLECTED: Checks<Previewed> = [
  ...CHECKS_OF_MONEY,
  ['selfTrade', meetsOwnInAuction],
];

const CHECKS_WITH_BOOK: Checks<Previewed> = [
  ['postOnlyWouldCross', wouldTakeAsPostOnly],
  ...CHECKS_OF_MONEY,
  ['priceOutsideBands', findsNothingInBands],
  ['noLiquidity', findsNothing],
  ['fillOrKillNotFilled', isHalfAFillOrKill],
  ['minimumQuantityNotMet', isBelowMinimum],
  ['selfTrade', (intent) => meetsOwnOrderFirst(intent) || meetsOwnInAuction(intent)],
];

/** All reasons that are decided here, in the order of the checks. */
export const CHECKED_REASONS: readonly RejectReason[] = [
  ...CHECKS_OF_TERMS.map(([reason]) => reason),
  CHECKS_OF_WAITING[0][0],
  ...CHECKS_WITH_BOOK.map(([reason]) => reason),
];

/** First reason to refuse, or null. */
export function firstReason(intent: Intent): RejectReason | null {
  const reason = firstOf(CHECKS_OF_TERMS, intent);
  if (reason !== null) return reason;
  if (keepsPlace(intent)) return null;
  if (intent.waits) return reasonUnseen(intent, CHECKS_OF_WAITING);
  if (isCollected(intent)) return reasonUnseen(intent, CHECKS_OF_COLLECTED);
  return reasonNow(intent);
}

/** First reason in the terms alone, for an order whose position is still to come; or null. */
export function reasonOfTerms(intent: Intent): RejectReason | null {
  for (const [reason, applies] of CHECKS_OF_TERMS) {
    if (reason === 'notShortable') return null;
    if (applies(intent)) return reason;
  }
  return null;
}

/** First reason why the book, as it stands, or the account refuses it, or null. */
export function reasonNow(intent: Intent): RejectReason | null {
  if (wouldIncrease(intent)) return 'reduceOnlyWouldIncrease';
  if (intent.terms.type === 'pegged') {
    return lacksPowerToRest(intent) ? 'insufficientBuyingPower' : null;
  }
  return firstOf(CHECKS_WITH_BOOK, dryRun(intent));
}

/** By index: it runs for every order, and leaves nothing to collect. */
function firstOf<T>(checks: Checks<T>, intent: T): RejectReason | null {
  for (let i = 0; i < checks.length; i++) {
    const check = checks[i];
    if (check[1](intent)) return check[0];
  }
  return null;
}

/** What the intent would trade now; the fills are in `listing.book.fills` until the next one. */
export function dryRun(intent: Intent): Previewed {
  if (intent.waits || isCollected(intent) || intent.terms.type === 'pegged') return idle(intent);
  const { listing, side, terms } = intent;
  const wantedLots = intent.quantityLots - intent.filledLots;
  const mayTrade = terms.instructions?.reduceOnly
    ? Math.min(wantedLots, reducibleLots(listing.position.lots, side))
    : wantedLots;
  const atOwn = AT_OWN[terms.instructions?.selfTradePrevention ?? 'expireTaker'];
  const limit = workingTicks(intent);
  const tradableLots = listing.book.preview(TRADER, side, limit, mayTrade, atOwn);
  if (restsWithMinimum(terms) && tradableLots < leastLots(terms, wantedLots)) {
    return { ...intent, wantedLots, tradableLots: 0, fillCount: 0 };
  }
  const fillCount = listing.book.fills.count;
  return { ...intent, wantedLots, tradableLots, fillCount };
}

/** For orders that meet the book later. */
function reasonUnseen(intent: Intent, checks: Checks<Previewed>): RejectReason | null {
  return firstOf(checks, idle(intent));
}

function idle(intent: Intent): Previewed {
  const wantedLots = intent.quantityLots - intent.filledLots;
  return { ...intent, wantedLots, tradableLots: 0, fillCount: 0 };
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
  return isCollected(intent) ? limitTicks : listing.withinBands(side, limitTicks);
}

/** How far a peg is paid for: a buy to its limit or the collar's end, a sell to that end at least. */
function peggedTicks({ listing, side, terms: { limitTicks }, replaces }: Intent): number {
  const endTicks = replaces?.progress?.heldTicks ?? listing.collar.highTicks;
  return side === BUY ? (limitTicks ?? endTicks) : Math.max(limitTicks ?? 0, endTicks);
}

/** Less at the same price: it stays where it is in the queue, and asks for nothing new. */
export function keepsPlace({ replaces, terms, quantityLots, waits, enters }: Intent): boolean {
  if (replaces === null || enters || terms.limitTicks !== replaces.limitTicks) return false;
  if (waits && terms.instructions?.stopTicks !== replaces.instructions?.stopTicks) return false;
  if (terms.instructions?.displayLots !== replaces.instructions?.displayLots) return false;
  return quantityLots <= replaces.quantityLots;
}

/** Whether what does not trade at once stays open. */
export function mayRest(intent: Intent): boolean {
  const { terms, waits } = intent;
  if (waits || isCollected(intent)) return true;
  return (terms.type === 'limit' || terms.type === 'pegged') && isResting(terms.timeInForce);
}

export const isResting = (time: TimeInForce) => time === 'day' || time === 'gtc' || time === 'gtd';

/** The limit of a waiting order is judged around its trigger: the market is elsewhere then. */
function isOutsideCollar(intent: Intent): boolean {
  const { terms, listing, waits } = intent;
  const { limitTicks } = terms;
  if (limitTicks === null || intent.enters || keepsPlace(intent)) return false;
  const around = waits ? terms.instructions!.stopTicks! : listing.referenceTicks;
  const { lowTicks, highTicks } = listing.collarAround(around, collarPpmOf(intent));
  return limitTicks < lowTicks || limitTicks > highTicks;
}

/** An order that cannot rest adds none: whoever has too many open may still trade at once. */
function hasTooManyOpen(intent: Intent): boolean {
  if (intent.replaces || !mayRest(intent)) return false;
  return openCount(intent.state) >= openOrdersMax(intent.state);
}

export function openCount({ listings }: ExchangeState): number {
  return listings.reduce(
    (n, each) => n + each.resting.size + each.waiting.size + each.held.size,
    0,
  );
}

function wouldGoShort(intent: Intent): boolean {
  const { listing, side, quantityLots, filledLots } = intent;
  if (side === BUY || listing.isShortable) return false;
  return quantityLots - filledLots > freeToReduce(intent);
}

/** While it waits for its trigger the position may still come. */
function wouldIncrease({ terms, waits, listing, side }: Intent): boolean {
  if (!terms.instructions?.reduceOnly || waits) return false;
  return reducibleLots(listing.position.lots, side) === 0;
}

/** Lots by which the position can shrink, beyond what open orders of the side may already take; ≤ 0 when none. */
function freeToReduce({ listing, side, replaces }: Intent): number {
  let free = reducibleLots(listing.position.lots, side);
  if (free === 0) return 0;
  for (const open of openLots(listing, replaces)) {
    if (open.side === side) free -= open.lots;
  }
  return free;
}

/** Post-only with terms that may only take is a contradiction, told by the same reason. */
function wouldTakeAsPostOnly(intent: Previewed): boolean {
  if (!intent.terms.postOnly) return false;
  return !mayRest(intent) || intent.tradableLots > 0 || intent.listing.book.selfTrade;
}

/** Orders that only reduce pass: nobody is kept in a position for want of money. */
function opensUnderCall(intent: Previewed): boolean {
  return intent.state.marginCall !== null && intent.wantedLots > freeToReduce(intent);
}

function lacksBuyingPower(intent: Previewed): boolean {
  if (intent.listing.marginRates !== null || intent.wantedLots <= freeToReduce(intent))
    return false;
  const { cashMicros, reservedMicros } = afterTrading(intent);
  return cashMicros < reservedMicros;
}

/** What it opens needs its initial requirement, and so does all that is open already. */
function lacksMargin(intent: Previewed): boolean {
  const { state, listing } = intent;
  if (listing.marginRates === null || intent.wantedLots <= freeToReduce(intent)) return false;
  const after = afterTrading(intent);
  const { equityMicros, initialMicros } = standing(state, { listing, ...after });
  return equityMicros < initialMicros + after.reservedMicros;
}

/** Somebody is there, but beyond the band. */
function findsNothingInBands(intent: Previewed): boolean {
  const { listing, side } = intent;
  const other = side === BUY ? listing.book.bestAsk : listing.book.bestBid;
  return findsNothing(intent) && other !== 0 && listing.withinBands(side, other) !== other;
}

/** For an order that rests without trading first. */
export const lacksPowerToRest = (intent: Intent): boolean => lacksBuyingPower(idle(intent));

function findsNothing({ terms, tradableLots, listing }: Previewed): boolean {
  return terms.type === 'market' && tradableLots === 0 && !listing.book.selfTrade;
}

function isHalfAFillOrKill({ terms, wantedLots, tradableLots }: Previewed): boolean {
  return terms.timeInForce === 'fok' && tradableLots < wantedLots;
}

function isBelowMinimum({ terms, tradableLots }: Previewed): boolean {
  return !restsWithMinimum(terms) && tradableLots < (terms.instructions?.minimumLots ?? 0);
}

/** Under the other modes it goes on, or both orders go; one with a minimum cannot go on. */
function meetsOwnOrderFirst({ terms, tradableLots, listing }: Previewed): boolean {
  const mode = terms.instructions?.selfTradePrevention ?? 'expireTaker';
  const stops = mode === 'expireTaker' || restsWithMinimum(terms);
  return tradableLots === 0 && listing.book.selfTrade && stops;
}
