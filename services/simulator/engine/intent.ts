/** What every order is judged through. */
import type { Order, OrderTicket, OrderType } from '@sandpit/schemas/order.ts';
import type { ExchangeState } from './exchange-state.ts';
import type { Listing } from './listing.ts';
import { restsWithMinimum } from './minimums.ts';
import type { BookSide } from './sides.ts';

/**
 * An order as it would be worked if accepted: a new one, or an open one in its new shape. Made by
 * `newIntent`, so that all have one shape: every order is judged through it.
 */
export interface Intent {
  state: ExchangeState;
  listing: Listing;
  side: BookSide;
  terms: Pick<OrderTicket, 'type' | 'timeInForce' | 'postOnly' | 'limitTicks' | 'instructions'>;
  /** The ticket's own type, where `terms` have another one. */
  askedType: OrderType;
  /** It goes to the book only when its trigger fires. */
  waits: boolean;
  /** It is kept for an auction instead of meeting the book. */
  isCollected: boolean;
  /** Whole size of the order, lots already filled included. */
  quantityLots: number;
  filledLots: number;
  /** The open order that this one takes the place of. */
  replaces: Order | null;
  /** `replaces` stands nowhere yet: it keeps no place, and its price was judged on arrival. */
  enters: boolean;
  /** A leg that can only close what another order of its list opens. */
  closes: boolean;
  /** The ticket as it was sent, of a new order; the terms are what the book makes of it. */
  asked: OrderTicket | null;
  /** Orders of the same command that were judged before it. */
  sentBefore: number;
  /** Other open orders are out of its way by the time it is worked. */
  isAlone: boolean;
  /** What is left to trade of it, as the last dry run has seen it. */
  wantedLots: number;
  /** What of that would trade now; the fills themselves are in `listing.book.fills`. */
  tradableLots: number;
  fillCount: number;
}

/**
 * A peg has no price in an auction, and nothing there is all or none: both sit it out. Where trading
 * is closed, what comes by itself is kept, too: a leg that its entry's last fill has woken, an order
 * that a dividend has lowered.
 */
function isForAuction({ isCollecting, phase }: Listing, terms: Intent['terms']): boolean {
  if (!isCollecting && phase !== 'closed' && terms.timeInForce !== 'cls') return false;
  return terms.type !== 'pegged' && !restsWithMinimum(terms);
}

export function newIntent(
  state: ExchangeState,
  listing: Listing,
  side: BookSide,
  terms: Intent['terms'],
  waits: boolean,
  quantityLots: number,
): Intent {
  return {
    state,
    listing,
    side,
    terms,
    askedType: terms.type,
    waits,
    isCollected: !waits && isForAuction(listing, terms),
    quantityLots,
    filledLots: 0,
    replaces: null,
    enters: false,
    closes: false,
    asked: null,
    sentBefore: 0,
    isAlone: false,
    wantedLots: 0,
    tradableLots: 0,
    fillCount: 0,
  };
}
