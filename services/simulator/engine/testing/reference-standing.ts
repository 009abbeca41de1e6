/** What stands where, and what it holds: orders in the book, waiting, parked, and the account. */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { RejectReason } from '@sandpit/schemas/order.ts';
import { USUAL_REOPENING } from '@sandpit/schemas/session.ts';
import { BUY, SELL, TRADER } from '../sides.ts';
import { ReferenceAccount } from './reference-account.ts';
import { ReferenceBook } from './reference-book.ts';
import { ReferenceRate } from './reference-limits.ts';
import { counted } from './reference-lists.ts';
import { bookFill, emptyPosition, notionalOf } from './reference-money.ts';
import {
  collarAround,
  isOpen,
  leavesOf,
  priceToJudgeBy,
  type ReferenceListing,
  type ReferenceTraderOrder,
  reducibleOf,
  worstTicks,
} from './reference-order.ts';
import { isOutOfSight, pegHeldTicks } from './reference-pegs.ts';
import { doubledReference, fires, trailedTicks, trails } from './reference-triggers.ts';

/** It trades day and night, at any price. */
const NO_DAY = {
  session: null,
  reopening: USUAL_REOPENING,
  phase: 'continuous' as const,
  phaseEndsNs: Number.MAX_SAFE_INTEGER,
  halt: null,
  bands: null,
};

export class ReferenceStanding {
  listings: ReferenceListing[];
  orders: ReferenceTraderOrder[] = [];
  clientIds = new Map<string, number>();
  cashMicros: bigint;
  nowNs = 0;
  nextBookId = 1;
  /** What the trader is told and what everybody sees traded, one line each; the caller empties them. */
  said: string[] = [];
  traded: string[] = [];
  /** Orders that have begun to wait. */
  waits = 0;
  /** Lists in which something has happened. */
  touched = new Set<number>();
  /** Triggered, and not worked yet. */
  fired: ReferenceTraderOrder[] = [];

  account: ReferenceAccount;
  rate: ReferenceRate;

  constructor(
    instruments: readonly Instrument[],
    openingTicks: number,
    cashMicros: number,
    account = new ReferenceAccount(),
    rate = new ReferenceRate(),
  ) {
    this.account = account;
    this.rate = rate;
    this.listings = instruments.map((instrument) => ({
      ...NO_DAY,
      waiting: [],
      parked: [],
      instrument,
      openingTicks,
      lastTradeTicks: 0,
      position: emptyPosition(),
      book: new ReferenceBook(),
    }));
    this.cashMicros = BigInt(cashMicros);
  }

  /** Oldest first. */
  open(): ReferenceTraderOrder[] {
    return this.orders.filter(isOpen);
  }

  heldMicros(): bigint {
    return this.listings.reduce((sum, each) => sum + this.heldIn(each), 0n);
  }

  /** Moves trailing triggers, and notes what fires, among those that go by this reference. */
  lookAt(listing: ReferenceListing, goesBy: (reference: string) => boolean): void {
    for (const order of this.openIn(listing)) {
      const { ticket, wait } = order;
      if (!wait || this.fired.includes(order)) continue;
      if (!goesBy(ticket.instructions?.triggerReference ?? 'last')) continue;
      const doubled = doubledReference(listing, ticket);
      if (doubled === 0) continue;
      if (trails(ticket)) {
        const ticks = trailedTicks(ticket, doubled);
        wait.triggerTicks =
          ticket.side === 'buy'
            ? Math.min(wait.triggerTicks, ticks)
            : Math.max(wait.triggerTicks, ticks);
      }
      if (fires(ticket, doubled, wait.triggerTicks)) this.fired.push(order);
    }
  }

  settle(
    order: ReferenceTraderOrder,
    ticks: number,
    lots: number,
    liquidity: 'maker' | 'taker',
  ): void {
    const { instrument, position } = this.listingOf(order);
    const { side } = order.ticket;
    const notional = notionalOf(ticks, lots, instrument);
    const { account } = this;
    const commission = account.commission(order.notionalMicros + notional, order.filledLots + lots);
    const fee =
      account.venueFee(liquidity, notional, lots, instrument) + commission - order.commissionMicros;
    order.commissionMicros = commission;
    const realised = bookFill(position, side, ticks, lots, fee, instrument);
    const cash = (side === 'buy' ? -notional : notional) - fee;
    this.cashMicros += cash;
    account.noteCash(cash, instrument);
    order.filledLots += lots;
    order.notionalMicros += notional;
    order.feesMicros += fee;
    order.status = leavesOf(order) === 0 ? 'filled' : 'partiallyFilled';
    if (order.status === 'filled') order.bookId = null;
    if (order.list !== null) this.touched.add(order.list.id);
    this.said.push(
      `${order.status} #${order.number} ${lots}@${ticks} ${liquidity} fee ${fee} gain ${realised}`,
    );
  }

  end(
    order: ReferenceTraderOrder,
    status: 'canceled' | 'expired',
    reason: RejectReason | null,
  ): void {
    if (order.bookId !== null) this.takeOut(order);
    order.status = status;
    order.wait = null;
    order.isHeld = false;
    if (order.list !== null) this.touched.add(order.list.id);
    this.said.push(`${status} #${order.number} ${reason}`);
  }

  /** A peg is put where it belongs when the event is over. */
  park(listing: ReferenceListing, order: ReferenceTraderOrder): void {
    order.pegHeldTicks = pegHeldTicks(listing, { ...order, waits: false, replaces: order });
    order.bookId = this.nextBookId++;
    const lots = leavesOf(order);
    const part = order.ticket.instructions?.displayLots ?? 0;
    const tip = part > 0 && part < lots ? part : lots;
    listing.parked.push({
      id: order.bookId,
      owner: TRADER,
      side: order.ticket.side === 'buy' ? BUY : SELL,
      priceTicks: 0,
      lots: tip,
      behind: lots - tip,
      part: tip,
      isHidden: isOutOfSight(order),
      minimum: 0,
    });
  }

  /** It waits for the next auction, at the back. */
  collect(listing: ReferenceListing, order: ReferenceTraderOrder): void {
    const { ticket, limitTicks } = order;
    const { side, type, timeInForce } = ticket;
    const priceTicks = worstTicks(listing, ticket, limitTicks);
    const [, high] = collarAround(priceToJudgeBy(listing), listing.instrument);
    const isOnce = timeInForce === 'opg' || (limitTicks === null && type === 'market');
    order.bookId = this.nextBookId++;
    order.heldTicks = side === 'buy' ? priceTicks : Math.max(priceTicks, high);
    listing.waiting.push({
      id: order.bookId,
      owner: TRADER,
      side: side === 'buy' ? BUY : SELL,
      priceTicks,
      lots: leavesOf(order),
      isHidden: ticket.instructions?.displayLots === 0,
      kind: timeInForce === 'cls' ? 'close' : isOnce ? 'once' : 'rest',
    });
  }

  takeOut(order: ReferenceTraderOrder): void {
    const listing = this.listingOf(order);
    listing.waiting = listing.waiting.filter(({ id }) => id !== order.bookId);
    listing.parked = listing.parked.filter(({ id }) => id !== order.bookId);
    order.heldTicks = null;
    listing.book.cancel(order.bookId!);
    order.bookId = null;
  }

  /** Lots that an order of `side` may have without opening anything, beside the other open ones. */
  reducible(
    listing: ReferenceListing,
    side: 'buy' | 'sell',
    without: ReferenceTraderOrder | null,
  ): number {
    const others = counted(this.openIn(listing), without)
      .filter((order) => order.side === side)
      .reduce((sum, { lots }) => sum + lots, 0);
    return reducibleOf(listing, side) - others;
  }

  heldIn(listing: ReferenceListing): bigint {
    const orders = counted(this.openIn(listing), null);
    return this.account.held(orders, listing);
  }

  /** First what rests, in the order in which it came to rest, then what waits, by when it began. */
  openIn({ instrument }: ReferenceListing): ReferenceTraderOrder[] {
    const here = this.orders.filter(({ ticket }) => ticket.symbol === instrument.symbol);
    const resting = here.filter(({ bookId }) => bookId !== null);
    return [
      ...resting.sort((a, b) => a.bookId! - b.bookId!),
      ...here
        .filter(({ wait }) => wait !== null)
        .sort((a, b) => a.waitNumber - b.waitNumber || a.number - b.number),
    ];
  }

  listingOf(order: ReferenceTraderOrder): ReferenceListing {
    return this.listings.find(({ instrument }) => instrument.symbol === order.ticket.symbol)!;
  }
}
