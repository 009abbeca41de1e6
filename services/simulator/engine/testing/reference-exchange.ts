/**
 * The exchange in the plainest words: lists of orders that are copied, filtered and sorted at every
 * step. Slow, and obviously right; the engine is compared with it.
 *
 * Whether an order can be afforded is found by executing it on a copy and looking at what is left.
 */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { OrderStatus, OrderTicket, RejectReason } from '@sandpit/schemas/order.ts';
import { MAX_OPEN_ORDERS } from '../risk.ts';
import { type BookSide, BUY, IOC, SELL, TRADER } from '../sides.ts';
import { ReferenceBook } from './reference-book.ts';
import {
  bookFill,
  ceilDivide,
  emptyPosition,
  feeOf,
  floorDivide,
  heldMicros,
  notionalOf,
  type ReferencePosition,
} from './reference-money.ts';

export interface ReferenceTraderOrder {
  /** Counts from 1; the rejected ones too. */
  number: number;
  ticket: OrderTicket;
  quantityLots: number;
  limitTicks: number | null;
  filledLots: number;
  notionalMicros: bigint;
  feesMicros: bigint;
  status: OrderStatus;
  createdNs: number;
  /** Its id in the book; null while it does not rest. */
  bookId: number | null;
}

export interface ReferenceListing {
  instrument: Instrument;
  openingTicks: number;
  lastTradeTicks: number;
  position: ReferencePosition;
  book: ReferenceBook;
}

/** Terms of an order as it shall be worked: a new one, or an open one in its new shape. */
interface Terms {
  ticket: OrderTicket;
  quantityLots: number;
  limitTicks: number | null;
  replaces: ReferenceTraderOrder | null;
}

export class ReferenceExchange {
  listings: ReferenceListing[];
  orders: ReferenceTraderOrder[] = [];
  clientIds = new Map<string, number>();
  cashMicros: bigint;
  nowNs = 0;
  nextBookId = 1;
  /** What the trader is told and what everybody sees traded, one line each; the caller empties them. */
  said: string[] = [];
  traded: string[] = [];

  constructor(instruments: readonly Instrument[], openingTicks: number, cashMicros: number) {
    this.listings = instruments.map((instrument) => ({
      instrument,
      openingTicks,
      lastTradeTicks: 0,
      position: emptyPosition(),
      book: new ReferenceBook(),
    }));
    this.cashMicros = BigInt(cashMicros);
  }

  /** @returns  The order's id in the book, whether or not it rests. */
  agentSubmit(
    index: number,
    owner: number,
    side: BookSide,
    ticks: number,
    lots: number,
    flags: number,
  ): number {
    const listing = this.listings[index];
    return this.#enter(listing, owner, side, ticks, lots, flags).id;
  }

  newOrder(ticket: OrderTicket): void {
    const first = this.clientIds.get(ticket.clientOrderId);
    if (first !== undefined) {
      this.said.push(`refused duplicateClientOrderId #${first}`);
      return;
    }
    const { quantityLots, limitTicks } = ticket;
    const reason = this.#reasonAgainst({ ticket, quantityLots, limitTicks, replaces: null });
    const order: ReferenceTraderOrder = {
      number: this.orders.length + 1,
      ticket,
      quantityLots,
      limitTicks,
      filledLots: 0,
      notionalMicros: 0n,
      feesMicros: 0n,
      status: reason === null ? 'new' : 'rejected',
      createdNs: this.nowNs,
      bookId: null,
    };
    this.orders.push(order);
    this.clientIds.set(ticket.clientOrderId, order.number);
    if (reason !== null) this.said.push(`rejected #${order.number} ${reason}`);
    else {
      this.said.push(`accepted #${order.number}`);
      this.#work(order);
    }
  }

  replace(number: number, quantity: number | null, ticks: number | null): void {
    const order = this.#openOrder(number);
    if (!order) return;
    const terms: Terms = {
      ticket: order.ticket,
      quantityLots: quantity ?? order.quantityLots,
      limitTicks: ticks ?? order.limitTicks,
      replaces: order,
    };
    const reason = this.#reasonAgainst(terms);
    if (reason !== null) {
      this.said.push(`refused ${reason} #${number}`);
      return;
    }
    const keeps = keepsItsPlace(terms);
    const { book } = this.#listingOf(order);
    order.quantityLots = terms.quantityLots;
    order.limitTicks = terms.limitTicks;
    this.said.push(`replaced #${number}`);
    if (keeps) {
      book.reduce(order.bookId!, leavesOf(order));
    } else {
      this.#takeOut(order);
      this.#work(order);
    }
  }

  cancel(number: number): void {
    const order = this.#openOrder(number);
    if (order) this.#end(order, 'canceled', null);
  }

  cancelAll(symbol: string | null, side: string | null): void {
    for (const order of this.open()) {
      if (symbol !== null && order.ticket.symbol !== symbol) continue;
      if (side === null || order.ticket.side === side) this.#end(order, 'canceled', null);
    }
  }

  expireDayOrders(midnightNs: number): void {
    for (const order of this.open()) {
      const isOfToday = order.createdNs >= midnightNs;
      if (order.ticket.timeInForce === 'day' && !isOfToday) this.#end(order, 'expired', null);
    }
  }

  /** Oldest first. */
  open(): ReferenceTraderOrder[] {
    return this.orders.filter(isOpen);
  }

  heldMicros(): bigint {
    return this.listings.reduce((sum, each) => sum + this.#heldIn(each), 0n);
  }

  #reasonAgainst(terms: Terms): RejectReason | null {
    const { ticket, quantityLots, limitTicks, replaces } = terms;
    const listing = this.listings.find((each) => each.instrument.symbol === ticket.symbol);
    if (!listing) return 'unknownSymbol';
    const { instrument } = listing;
    if (ticket.type === 'market' ? limitTicks !== null : !isWhole(limitTicks, 1_000_000_000)) {
      return 'invalidPrice';
    }
    if (!isWhole(quantityLots, instrument.maxOrderLots)) return 'invalidQuantity';
    if (replaces && quantityLots <= replaces.filledLots) return 'quantityBelowFilled';
    const [low, high] = this.#collar(listing);
    const isOutside = limitTicks !== null && (limitTicks < low || limitTicks > high);
    if (isOutside && !keepsItsPlace(terms)) return 'priceOutsideCollar';
    if (!replaces && this.open().length >= MAX_OPEN_ORDERS) return 'tooManyOpenOrders';
    const wanted = quantityLots - (replaces?.filledLots ?? 0);
    const reducible = this.#reducible(listing, ticket.side, replaces);
    if (ticket.side === 'sell' && !instrument.shortable && wanted > reducible) {
      return 'notShortable';
    }
    return keepsItsPlace(terms) ? null : this.#reasonAfterTrying(terms, wanted, reducible);
  }

  /** Executes on a copy, whatever it costs and however little it finds, and looks at the result. */
  #reasonAfterTrying(terms: Terms, wanted: number, reducible: number): RejectReason | null {
    const { ticket, quantityLots, limitTicks, replaces } = terms;
    const copy = this.#copy();
    const order: ReferenceTraderOrder = {
      number: 0,
      filledLots: 0,
      notionalMicros: 0n,
      feesMicros: 0n,
      status: 'new',
      createdNs: 0,
      bookId: null,
      ...(replaces ? copy.orders.find(({ number }) => number === replaces.number)! : {}),
      ticket,
      quantityLots,
      limitTicks,
    };
    if (order.bookId !== null) {
      copy.orders = copy.orders.filter(({ number }) => number !== order.number);
      copy.#takeOut(order);
    }
    copy.orders.push(order);
    const before = order.filledLots;
    const stopped = copy.#work(order);
    const traded = order.filledLots - before;
    if (ticket.postOnly && (!mayRest(ticket) || traded > 0 || stopped)) return 'postOnlyWouldCross';
    if (wanted > reducible && copy.cashMicros < copy.heldMicros()) return 'insufficientBuyingPower';
    if (ticket.type === 'market' && traded === 0 && !stopped) return 'noLiquidity';
    if (ticket.timeInForce === 'fok' && traded < wanted) return 'fillOrKillNotFilled';
    return stopped && traded === 0 ? 'selfTrade' : null;
  }

  /** Trades what it can, rests or ends the remainder. @returns  Whether an own order stopped it. */
  #work(order: ReferenceTraderOrder): boolean {
    const { ticket } = order;
    const listing = this.#listingOf(order);
    const [low, high] = this.#collar(listing);
    const limit = order.limitTicks ?? (ticket.side === 'buy' ? high : low);
    const side = ticket.side === 'buy' ? BUY : SELL;
    const flags = mayRest(ticket) ? 0 : IOC;
    const lots = leavesOf(order);
    const entered = this.#enter(listing, TRADER, side, limit, lots, flags);
    const { id, fills, rests, leaves, stopped } = entered;
    for (const fill of fills) this.#settle(order, fill.priceTicks, fill.lots, 'taker');
    if (rests) order.bookId = id;
    else if (leaves > 0 && stopped) this.#end(order, 'expired', 'selfTrade');
    else if (leaves > 0) {
      this.#end(order, 'canceled', ticket.type === 'market' ? 'noLiquidity' : null);
    }
    return stopped;
  }

  #enter(
    listing: ReferenceListing,
    owner: number,
    side: BookSide,
    ticks: number,
    lots: number,
    flags: number,
  ): ReturnType<ReferenceBook['submit']> & { id: number } {
    const id = this.nextBookId++;
    const entered = listing.book.submit(id, owner, side, ticks, lots, flags);
    for (const { makerId, makerOwner, priceTicks, lots } of entered.fills) {
      listing.lastTradeTicks = priceTicks;
      this.traded.push(`trade ${lots}@${priceTicks} maker ${makerOwner} taker ${owner}`);
      const own = makerOwner === TRADER && this.orders.find(({ bookId }) => bookId === makerId);
      if (own) this.#settle(own, priceTicks, lots, 'maker');
    }
    return { id, ...entered };
  }

  #settle(
    order: ReferenceTraderOrder,
    ticks: number,
    lots: number,
    liquidity: 'maker' | 'taker',
  ): void {
    const { instrument, position } = this.#listingOf(order);
    const { side } = order.ticket;
    const notional = notionalOf(ticks, lots, instrument);
    const ppm = liquidity === 'maker' ? instrument.makerFeePpm : instrument.takerFeePpm;
    const fee = feeOf(notional, ppm);
    const realised = bookFill(position, side, ticks, lots, fee, instrument);
    this.cashMicros += (side === 'buy' ? -notional : notional) - fee;
    order.filledLots += lots;
    order.notionalMicros += notional;
    order.feesMicros += fee;
    order.status = leavesOf(order) === 0 ? 'filled' : 'partiallyFilled';
    if (order.status === 'filled') order.bookId = null;
    this.said.push(
      `${order.status} #${order.number} ${lots}@${ticks} ${liquidity} fee ${fee} gain ${realised}`,
    );
  }

  #end(
    order: ReferenceTraderOrder,
    status: 'canceled' | 'expired',
    reason: RejectReason | null,
  ): void {
    if (order.bookId !== null) this.#takeOut(order);
    order.status = status;
    this.said.push(`${status} #${order.number} ${reason}`);
  }

  #takeOut(order: ReferenceTraderOrder): void {
    this.#listingOf(order).book.cancel(order.bookId!);
    order.bookId = null;
  }

  #openOrder(number: number): ReferenceTraderOrder | null {
    const order = this.orders[number - 1];
    if (order && isOpen(order)) return order;
    this.said.push(order ? `refused tooLateToCancel #${number}` : 'refused unknownOrder #null');
    return null;
  }

  #collar({ lastTradeTicks, book, openingTicks, instrument }: ReferenceListing): [number, number] {
    const [bid, ask] = [book.queue(BUY)[0], book.queue(SELL)[0]];
    const quote = bid && ask ? Math.floor((bid.priceTicks + ask.priceTicks) / 2) : openingTicks;
    const reference = BigInt(lastTradeTicks || quote);
    const width = BigInt(instrument.collarPpm);
    const low = Number(ceilDivide(reference * (1_000_000n - width), 1_000_000n));
    const high = Number(floorDivide(reference * (1_000_000n + width), 1_000_000n));
    return [Math.max(1, low), Math.min(1_000_000_000, high)];
  }

  /** Lots that an order of `side` may have without opening anything, beside the other open ones. */
  #reducible(
    listing: ReferenceListing,
    side: 'buy' | 'sell',
    without: ReferenceTraderOrder | null,
  ): number {
    const { lots } = listing.position;
    const others = this.#restingIn(listing)
      .filter((order) => order.number !== without?.number && order.ticket.side === side)
      .reduce((sum, order) => sum + leavesOf(order), 0);
    return (side === 'sell' ? Math.max(0, lots) : Math.max(0, -lots)) - others;
  }

  #heldIn(listing: ReferenceListing): bigint {
    const orders = this.#restingIn(listing).map((order) => ({
      side: order.ticket.side,
      ticks: order.limitTicks!,
      lots: leavesOf(order),
    }));
    return heldMicros(orders, listing.position, listing.instrument);
  }

  /** In the order in which they came to rest: ids in the book count up. */
  #restingIn({ instrument }: ReferenceListing): ReferenceTraderOrder[] {
    return this.orders
      .filter((each) => each.bookId !== null && each.ticket.symbol === instrument.symbol)
      .sort((a, b) => a.bookId! - b.bookId!);
  }

  #listingOf(order: ReferenceTraderOrder): ReferenceListing {
    return this.listings.find(({ instrument }) => instrument.symbol === order.ticket.symbol)!;
  }

  /** Of all that an execution may change; orders that are done cannot. */
  #copy(): ReferenceExchange {
    const copy = new ReferenceExchange([], 0, 0);
    copy.cashMicros = this.cashMicros;
    copy.nextBookId = this.nextBookId;
    copy.orders = this.open().map((order) => ({ ...order }));
    copy.listings = this.listings.map((each) => {
      const book = new ReferenceBook();
      book.orders = each.book.orders.map((order) => ({ ...order }));
      return { ...each, position: { ...each.position }, book };
    });
    return copy;
  }
}

const isOpen = ({ status }: ReferenceTraderOrder) =>
  status === 'new' || status === 'partiallyFilled';

const leavesOf = ({ quantityLots, filledLots }: ReferenceTraderOrder) => quantityLots - filledLots;

const isWhole = (value: number | null, max: number) =>
  Number.isInteger(value) && value! >= 1 && value! <= max;

const mayRest = ({ type, timeInForce }: OrderTicket) =>
  type === 'limit' && (timeInForce === 'day' || timeInForce === 'gtc');

/** Less at the same price. */
const keepsItsPlace = ({ replaces, limitTicks, quantityLots }: Terms) =>
  replaces !== null && limitTicks === replaces.limitTicks && quantityLots <= replaces.quantityLots;
