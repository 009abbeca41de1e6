/** What the reference knows of an order and of an instrument, and the rules that need nothing else. */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { OrderStatus, OrderTicket } from '@sandpit/schemas/order.ts';
import type { Reopening, TradingPhase, TradingSession } from '@sandpit/schemas/session.ts';
import { type BookSide, BUY, SELL } from '../sides.ts';
import { isCollecting, type Waiting } from './reference-auction.ts';
import type { ReferenceBands } from './reference-bands.ts';
import type { ReferenceBook, ReferenceOrder } from './reference-book.ts';
import type { ReferenceHalt } from './reference-day.ts';
import type { ReferenceList } from './reference-lists.ts';
import { ceilDivide, floorDivide, type ReferencePosition } from './reference-money.ts';

export const MAX_TICKS = 1_000_000_000;

export interface ReferenceTraderOrder {
  /** Counts from 1; the rejected ones too. */
  number: number;
  ticket: OrderTicket;
  quantityLots: number;
  /** Null: at market. */
  limitTicks: number | null;
  filledLots: number;
  notionalMicros: bigint;
  feesMicros: bigint;
  commissionMicros: bigint;
  /** What was sent, in short. */
  asked: string;
  status: OrderStatus;
  createdNs: number;
  /** Its id in the book; null while it does not rest. */
  bookId: number | null;
  /** At which it holds money while it waits for an auction; null otherwise. */
  heldTicks: number | null;
  /** Of a peg, as long as it is open. */
  pegHeldTicks: number | null;
  /** Null unless it waits for a price. */
  wait: Wait | null;
  /** The how manieth it was to begin waiting. */
  waitNumber: number;
  /** Null unless it belongs to others. */
  list: ReferenceList | null;
  /** It follows an order that has not traded yet, and stands nowhere. */
  isHeld: boolean;
}

export interface Wait {
  triggerTicks: number;
  /** At which it holds money. */
  heldTicks: number;
}

export interface ReferenceListing {
  instrument: Instrument;
  openingTicks: number;
  lastTradeTicks: number;
  position: ReferencePosition;
  book: ReferenceBook;
  session: TradingSession | null;
  reopening: Reopening;
  phase: TradingPhase;
  phaseEndsNs: number;
  halt: ReferenceHalt | null;
  /** For an auction, in the order in which they came. */
  waiting: Waiting[];
  bands: ReferenceBands | null;
  /** Pegs that have nothing to follow, or are on their way. */
  parked: ReferenceOrder[];
}

/** Terms of an order as it shall be worked: a new one, or an open one in its new shape. */
export interface Terms {
  ticket: OrderTicket;
  quantityLots: number;
  limitTicks: number | null;
  /** Whether it waits for a price first. */
  waits: boolean;
  replaces: ReferenceTraderOrder | null;
  /** `replaces` stands nowhere yet; its price was judged on arrival. */
  isEntering?: boolean;
  /** A leg that only closes what its entry opens. */
  closes?: boolean;
  /** Other open orders are out of its way by then. */
  isAlone?: boolean;
}

export const isOpen = ({ status }: ReferenceTraderOrder): boolean =>
  status === 'new' || status === 'partiallyFilled';

export const leavesOf = ({ quantityLots, filledLots }: ReferenceTraderOrder): number =>
  quantityLots - filledLots;

/** Lots of a side by which the position can shrink, whatever else is open. */
export const reducibleOf = ({ position }: ReferenceListing, side: 'buy' | 'sell'): number =>
  side === 'sell' ? Math.max(0, position.lots) : Math.max(0, -position.lots);

export const isWhole = (value: number | null | undefined, max: number): boolean =>
  Number.isInteger(value) && value! >= 1 && value! <= max;

/** Whether what is left may stay in the book. */
export const mayRest = ({ limitTicks, ticket }: Pick<Terms, 'limitTicks' | 'ticket'>): boolean =>
  (limitTicks !== null || ticket.type === 'pegged') &&
  ['day', 'gtc', 'gtd'].includes(ticket.timeInForce);

/** Less at the same prices. */
export const keepsItsPlace = ({
  replaces,
  limitTicks,
  quantityLots,
  ticket,
  waits,
  isEntering,
}: Terms) =>
  replaces !== null &&
  !isEntering &&
  limitTicks === replaces.limitTicks &&
  (!waits || ticket.instructions?.stopTicks === replaces.ticket.instructions?.stopTicks) &&
  ticket.instructions?.displayLots === replaces.ticket.instructions?.displayLots &&
  ticket.instructions?.minimumLots === replaces.ticket.instructions?.minimumLots &&
  (ticket.instructions?.pegOffsetTicks ?? 0) ===
    (replaces.ticket.instructions?.pegOffsetTicks ?? 0) &&
  quantityLots <= replaces.quantityLots;

/** A part on show is of an order that rests at a limit, within the order and not too small. */
export function contradictsDisplay({ ticket, quantityLots, replaces }: Terms): boolean {
  const part = ticket.instructions?.displayLots ?? null;
  if (part === null) return false;
  const isKept = replaces?.ticket.instructions?.displayLots === part;
  const restsAtLimit = [
    'limit',
    'marketToLimit',
    'pegged',
    'stopLimit',
    'limitIfTouched',
    'trailingStopLimit',
  ];
  return (
    !restsAtLimit.includes(ticket.type) ||
    !['day', 'gtc', 'gtd'].includes(ticket.timeInForce) ||
    (part > quantityLots && !isKept) ||
    (part > 0 && quantityLots > 100 * part)
  );
}

/** Fewest lots that an order which rests may trade at once; 0 = any. */
export function leastOf({ ticket }: Pick<Terms, 'ticket'>, leaves: number): number {
  if (ticket.timeInForce === 'ioc') return 0;
  if (ticket.instructions?.allOrNone) return leaves;
  return Math.min(ticket.instructions?.minimumLots ?? 0, leaves);
}

/** A minimum within the order; at rest only of a limit order that shows nothing and may take. */
export function contradictsMinimum({ ticket, quantityLots, replaces }: Terms): boolean {
  const { minimumLots = null, allOrNone, displayLots, reduceOnly } = ticket.instructions ?? {};
  if (minimumLots === null && !allOrNone) return false;
  if (minimumLots !== null && (allOrNone || minimumLots > quantityLots)) return true;
  if (ticket.timeInForce === 'ioc') return allOrNone === true;
  const restsAtLimit = ['limit', 'stopLimit', 'limitIfTouched', 'trailingStopLimit'];
  // What is left of it is a limit order.
  const hasFoundLimit =
    ticket.type === 'marketToLimit' && replaces?.isHeld === false && replaces.limitTicks !== null;
  return (
    !(restsAtLimit.includes(ticket.type) || hasFoundLimit) ||
    !['day', 'gtc', 'gtd'].includes(ticket.timeInForce) ||
    ticket.postOnly ||
    reduceOnly === true ||
    (displayLots ?? 0) > 0
  );
}

/** Last trade, else the middle of the quote, else the price of the scenario. */
export function priceToJudgeBy(listing: ReferenceListing): number {
  if (listing.lastTradeTicks > 0) return listing.lastTradeTicks;
  const { bid, ask } = quoteOf(listing);
  return bid > 0 && ask > 0 ? Math.floor((bid + ask) / 2) : listing.openingTicks;
}

/** Best prices on show; 0 = none. */
export function quoteOf({ book }: ReferenceListing): { bid: number; ask: number } {
  const shown = (side: BookSide) => book.queue(side).find(({ isHidden }) => !isHidden);
  const [bid, ask] = [shown(BUY), shown(SELL)];
  return { bid: bid?.priceTicks ?? 0, ask: ask?.priceTicks ?? 0 };
}

/** Fewest lots at once, or all, and not just on arrival. */
export const restsWithMinimum = ({ ticket }: Pick<Terms, 'ticket'>): boolean =>
  ticket.timeInForce !== 'ioc' &&
  (ticket.instructions?.allOrNone === true || ticket.instructions?.minimumLots != null);

/** It is kept for an auction instead of meeting the book. */
export const isCollected = (terms: Pick<Terms, 'ticket' | 'waits'>, { phase }: ReferenceListing) =>
  !terms.waits &&
  terms.ticket.type !== 'pegged' &&
  !restsWithMinimum(terms) &&
  (isCollecting(phase) || phase === 'closed' || terms.ticket.timeInForce === 'cls');

/** A limit no further than the band of its side. */
export function withinBands({ bands }: ReferenceListing, side: 'buy' | 'sell', ticks: number) {
  if (!bands?.isActive) return ticks;
  return side === 'buy' ? Math.min(ticks, bands.high) : Math.max(ticks, bands.low);
}

/** What a limit or market order may pay at most, or must get at least. */
export function worstTicks(listing: ReferenceListing, ticket: OrderTicket, limit: number | null) {
  const [low, high] = collarAround(priceToJudgeBy(listing), listing.instrument);
  return limit ?? (ticket.side === 'buy' ? high : low);
}

/** Why the phase keeps an order out, apart from what is immediate in an auction; or null. */
export function reasonOfPhase(terms: Terms, { phase }: ReferenceListing) {
  const { ticket, waits, limitTicks } = terms;
  const { timeInForce } = ticket;
  const isImmediate = timeInForce === 'ioc' || timeInForce === 'fok';
  const isNoLimitYet = ticket.type === 'marketToLimit' && terms.replaces?.limitTicks === null;
  const isAtMarket = limitTicks === null || ticket.type === 'market' || isNoLimitYet;
  const isPlain = !isAtMarket && !isImmediate && ticket.type !== 'pegged';
  if (phase === 'halted' && !waits && !isPlain) return 'instrumentHalted';
  return phase === 'closed' && !terms.isEntering ? 'marketClosed' : null;
}

export function fitsPhase(terms: Terms, { phase }: ReferenceListing): boolean {
  const { ticket, waits, limitTicks } = terms;
  const { timeInForce, type, instructions } = ticket;
  if (timeInForce === 'opg') return phase === 'preOpen' || phase === 'openingAuction';
  if (waits || !isCollecting(phase)) return true;
  if (type === 'marketToLimit' && limitTicks === null) return false;
  if (instructions?.minimumLots != null || instructions?.allOrNone) return false;
  if (timeInForce === 'fok') return false;
  return timeInForce !== 'ioc' || (limitTicks === null && type === 'market');
}

/** Lowest and highest price within the collar around a price. */
export function collarAround(
  ticks: number,
  { collarPpm }: Pick<Instrument, 'collarPpm'>,
): [number, number] {
  const [price, width] = [BigInt(ticks), BigInt(collarPpm)];
  const low = Number(ceilDivide(price * (1_000_000n - width), 1_000_000n));
  const high = Number(floorDivide(price * (1_000_000n + width), 1_000_000n));
  return [Math.max(1, low), Math.min(MAX_TICKS, high)];
}
