/**
 * The exchange in the plainest words: lists of orders that are copied, filtered and sorted at every
 * step. Slow, and obviously right; the engine is compared with it.
 *
 * Whether an order can be afforded is found by executing it on a copy and looking at what is left.
 */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { OrderTicket, RejectReason } from '@sandpit/schemas/order.ts';
import type { PriceTicks } from '@sandpit/schemas/units.ts';
import { type BookSide, BUY, IOC, SELL, TRADER } from '../sides.ts';
import { ReferenceBook } from './reference-book.ts';
import { bookFill, emptyPosition, feeOf, heldMicros, notionalOf } from './reference-money.ts';
import {
  collarAround,
  contradictsDisplay,
  contradictsMinimum,
  isOneTooMany,
  isOpen,
  isWhole,
  keepsItsPlace,
  leastOf,
  leavesOf,
  mayRest,
  priceToJudgeBy,
  type ReferenceListing,
  type ReferenceTraderOrder,
  type Terms,
} from './reference-order.ts';
import {
  beginToWait,
  contradictsItself,
  doubledReference,
  fires,
  hasInvalidPrices,
  limitOnceFired,
  limitOnEntry,
  trailedTicks,
  trails,
  waitsForPrice,
  withoutTrigger,
} from './reference-triggers.ts';

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
  /** Triggered, and not worked yet. */
  #fired: ReferenceTraderOrder[] = [];

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
    part: number | null,
  ): number {
    const listing = this.listings[index];
    const { id, rests } = this.#enter(listing, owner, side, ticks, lots, flags);
    if (rests && part !== null) listing.book.show(id, part);
    return id;
  }

  newOrder(ticket: OrderTicket): void {
    const first = this.clientIds.get(ticket.clientOrderId);
    if (first !== undefined) {
      this.said.push(`refused duplicateClientOrderId #${first}`);
      return;
    }
    const { quantityLots } = ticket;
    const listing = this.listings.find((each) => each.instrument.symbol === ticket.symbol);
    const limitTicks = listing ? limitOnEntry(listing, ticket) : ticket.limitTicks;
    const waits = waitsForPrice(ticket);
    const reason = this.#reasonAgainst({ ticket, quantityLots, limitTicks, waits, replaces: null });
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
      wait: null,
    };
    this.orders.push(order);
    this.clientIds.set(ticket.clientOrderId, order.number);
    if (reason !== null) {
      this.said.push(`rejected #${order.number} ${reason}`);
      return;
    }
    this.said.push(`accepted #${order.number}`);
    if (waits) order.wait = beginToWait(this.#listingOf(order), ticket, limitTicks);
    else this.#work(order);
  }

  replace(
    number: number,
    quantity: number | null,
    ticks: number | null,
    stopTicks: number | null,
    displayLots: number | null = null,
  ): void {
    const order = this.#openOrder(number);
    if (!order) return;
    const waits = order.wait !== null;
    const fired = !waits && waitsForPrice(order.ticket);
    const ticket = fired ? withoutTrigger(order.ticket) : { ...order.ticket };
    if (stopTicks !== null) {
      ticket.instructions = { ...ticket.instructions, stopTicks: stopTicks as PriceTicks };
    }
    if (displayLots !== null) ticket.instructions = { ...ticket.instructions, displayLots };
    const quantityLots = quantity ?? order.quantityLots;
    const limitTicks = ticks ?? order.limitTicks;
    const terms: Terms = { ticket, quantityLots, limitTicks, waits, replaces: order };
    const reason = this.#reasonAgainst(terms);
    if (reason !== null) {
      this.said.push(`refused ${reason} #${number}`);
      return;
    }
    const keeps = keepsItsPlace(terms);
    const listing = this.#listingOf(order);
    order.quantityLots = quantityLots;
    order.limitTicks = limitTicks;
    this.said.push(`replaced #${number}`);
    if (waits) {
      order.ticket = ticket;
      if (!trails(ticket)) order.wait = beginToWait(listing, ticket, limitTicks);
    } else if (keeps) {
      listing.book.reduce(order.bookId!, leavesOf(order));
    } else {
      this.#takeOut(order);
      if (displayLots !== null) {
        order.ticket = {
          ...order.ticket,
          instructions: { ...order.ticket.instructions, displayLots },
        };
      }
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

  /** Orders that were good till a time end at it. */
  expireTimedOrders(): void {
    for (const order of this.open()) {
      const { expireNs = null } = order.ticket.instructions ?? {};
      if (expireNs !== null && expireNs <= this.nowNs) this.#end(order, 'expired', null);
    }
  }

  /** The event is over: quotes count now, and what has fired is worked, one after the other. */
  react(): void {
    for (;;) {
      for (const listing of this.listings) this.#lookAt(listing, (by) => by !== 'last');
      if (this.listings.some((listing) => this.#awakens(listing))) continue;
      if (this.#fired.length === 0) return;
      this.#release(this.#fired.shift()!);
    }
  }

  /** Works the first order with a minimum for which there is enough by now, if there is one. */
  #awakens({ book }: ReferenceListing): boolean {
    for (const { id } of [...book.queue(BUY), ...book.queue(SELL)]) {
      const order = this.open().find(({ bookId }) => bookId === id);
      if (!order || leastOf(order, leavesOf(order)) === 0) continue;
      const listing = this.#listingOf(order);
      const side = order.ticket.side === 'buy' ? BUY : SELL;
      const { traded } = book.wouldTrade(TRADER, side, order.limitTicks!, leavesOf(order));
      if (traded < leastOf(order, leavesOf(order))) continue;
      const reducible = this.#reducible(listing, order.ticket.side, order);
      const terms: Terms = { ...order, waits: false, replaces: order };
      if (this.#reasonAfterTrying(terms, leavesOf(order), reducible) !== null) continue;
      this.#takeOut(order);
      this.#work(order);
      return true;
    }
    return false;
  }

  /** Oldest first. */
  open(): ReferenceTraderOrder[] {
    return this.orders.filter(isOpen);
  }

  heldMicros(): bigint {
    return this.listings.reduce((sum, each) => sum + this.#heldIn(each), 0n);
  }

  #reasonAgainst(terms: Terms): RejectReason | null {
    const { ticket, quantityLots, limitTicks, waits, replaces } = terms;
    const listing = this.listings.find((each) => each.instrument.symbol === ticket.symbol);
    if (!listing) return 'unknownSymbol';
    const { instrument } = listing;
    if (hasInvalidPrices(ticket, limitTicks, waits)) return 'invalidPrice';
    if (!isWhole(quantityLots, instrument.maxOrderLots)) return 'invalidQuantity';
    if (contradictsItself(ticket, waits, this.nowNs)) return 'invalidInstructions';
    if (contradictsDisplay(terms) || contradictsMinimum(terms)) return 'invalidInstructions';
    if (replaces && quantityLots <= replaces.filledLots) return 'quantityBelowFilled';
    const around = waits ? ticket.instructions!.stopTicks! : priceToJudgeBy(listing);
    const [low, high] = limitTicks === null ? [0, 0] : collarAround(around, instrument);
    const isOutside = limitTicks !== null && (limitTicks < low || limitTicks > high);
    if (isOutside && !keepsItsPlace(terms)) return 'priceOutsideCollar';
    if (isOneTooMany(terms, this.open().length)) return 'tooManyOpenOrders';
    const wanted = quantityLots - (replaces?.filledLots ?? 0);
    const reducible = this.#reducible(listing, ticket.side, replaces);
    if (ticket.side === 'sell' && !instrument.shortable && wanted > reducible) {
      return 'notShortable';
    }
    if (keepsItsPlace(terms)) return null;
    return waits
      ? this.#reasonNotToWait(terms, wanted, reducible)
      : this.#reasonAfterTrying(terms, wanted, reducible);
  }

  #reasonNotToWait(terms: Terms, wanted: number, reducible: number): RejectReason | null {
    const { ticket, limitTicks, replaces } = terms;
    const copy = this.#copy();
    const order = copy.#inNewShape(terms);
    const listing = copy.#listingOf(order);
    const doubled = doubledReference(listing, ticket);
    if (!trails(ticket) && fires(ticket, doubled, ticket.instructions!.stopTicks!)) {
      return 'triggerPriceReached';
    }
    // A trailing order keeps its trigger when it is replaced.
    if (!replaces || !trails(ticket)) order.wait = beginToWait(listing, ticket, limitTicks);
    return wanted > reducible && copy.cashMicros < copy.heldMicros()
      ? 'insufficientBuyingPower'
      : null;
  }

  /** Executes on a copy, whatever it costs and however little it finds, and looks at the result. */
  #reasonAfterTrying(terms: Terms, wanted: number, reducible: number): RejectReason | null {
    const { ticket, limitTicks } = terms;
    const copy = this.#copy();
    const order = copy.#inNewShape(terms);
    const before = order.filledLots;
    const stopped = copy.#work(order);
    const traded = order.filledLots - before;
    if (ticket.postOnly && (!mayRest(terms) || traded > 0 || stopped)) return 'postOnlyWouldCross';
    if (wanted > reducible && copy.cashMicros < copy.heldMicros()) return 'insufficientBuyingPower';
    if (limitTicks === null && traded === 0 && !stopped) return 'noLiquidity';
    if (ticket.timeInForce === 'fok' && traded < wanted) return 'fillOrKillNotFilled';
    const { minimumLots } = ticket.instructions ?? {};
    if (ticket.timeInForce === 'ioc' && traded < (minimumLots ?? 0)) return 'minimumQuantityNotMet';
    return stopped && traded === 0 ? 'selfTrade' : null;
  }

  /** Enters the order into a copy as if it had been accepted; the one it replaces is taken out. */
  #inNewShape({ ticket, quantityLots, limitTicks, replaces }: Terms): ReferenceTraderOrder {
    const before = this.orders.find(({ number }) => number === replaces?.number);
    if (before?.bookId) this.#takeOut(before);
    const order: ReferenceTraderOrder = {
      number: 0,
      filledLots: 0,
      notionalMicros: 0n,
      feesMicros: 0n,
      status: 'new',
      createdNs: 0,
      bookId: null,
      wait: null,
      ...before,
      ticket,
      quantityLots,
      limitTicks,
    };
    this.orders = [...this.orders.filter((each) => each !== before), order];
    return order;
  }

  /** Moves trailing triggers, and notes what fires, among those that go by this reference. */
  #lookAt(listing: ReferenceListing, goesBy: (reference: string) => boolean): void {
    for (const order of this.open()) {
      const { ticket, wait } = order;
      const isHere = ticket.symbol === listing.instrument.symbol;
      if (!wait || !isHere || this.#fired.includes(order)) continue;
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
      if (fires(ticket, doubled, wait.triggerTicks)) this.#fired.push(order);
    }
  }

  /** From here on it is an ordinary order, judged as things are now. */
  #release(order: ReferenceTraderOrder): void {
    const { ticket, wait, number } = order;
    const listing = this.#listingOf(order);
    order.wait = null;
    if (ticket.type === 'trailingStopLimit') {
      order.limitTicks = limitOnceFired(ticket, wait!.triggerTicks);
    }
    this.said.push(`triggered #${number}`);
    const reducible = this.#reducible(listing, ticket.side, order);
    const terms: Terms = { ...order, waits: false, replaces: order };
    const reason = this.#reasonAfterTrying(terms, leavesOf(order), reducible);
    if (reason === null) this.#work(order);
    else this.#end(order, reason === 'selfTrade' ? 'expired' : 'canceled', reason);
  }

  /** Trades what it can, rests or ends the remainder. @returns  Whether an own order stopped it. */
  #work(order: ReferenceTraderOrder): boolean {
    const { ticket } = order;
    const listing = this.#listingOf(order);
    const [low, high] = collarAround(priceToJudgeBy(listing), listing.instrument);
    const limit = order.limitTicks ?? (ticket.side === 'buy' ? high : low);
    const side = ticket.side === 'buy' ? BUY : SELL;
    const lots = leavesOf(order);
    const least = leastOf(order, lots);
    if (least > 0) {
      const { traded, stopped } = listing.book.wouldTrade(TRADER, side, limit, lots);
      if (traded < least) return stopped || this.#restWithMinimum(order, side, limit);
    }
    const flags = mayRest(order) && least === 0 ? 0 : IOC;
    const entered = this.#enter(listing, TRADER, side, limit, lots, flags);
    const { id, fills, rests, leaves, stopped } = entered;
    for (const fill of fills) this.#settle(order, fill.priceTicks, fill.lots, 'taker');
    if (rests) {
      order.bookId = id;
      const part = ticket.instructions?.displayLots ?? null;
      if (part !== null) listing.book.show(id, part);
    }
    if (least > 0 && leaves > 0 && !stopped) return this.#restWithMinimum(order, side, limit);
    if (!rests && leaves > 0 && stopped) this.#end(order, 'expired', 'selfTrade');
    else if (!rests && leaves > 0) {
      this.#end(order, 'canceled', order.limitTicks === null ? 'noLiquidity' : null);
    }
    return stopped;
  }

  #restWithMinimum(order: ReferenceTraderOrder, side: BookSide, priceTicks: number): boolean {
    const { allOrNone, minimumLots } = order.ticket.instructions!;
    const minimum = allOrNone ? Number.MAX_SAFE_INTEGER : minimumLots!;
    order.bookId = this.nextBookId++;
    this.#listingOf(order).book.rest(order.bookId, side, priceTicks, leavesOf(order), minimum);
    return false;
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
      this.#lookAt(listing, (by) => by === 'last');
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
    order.wait = null;
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

  /** Lots that an order of `side` may have without opening anything, beside the other open ones. */
  #reducible(
    listing: ReferenceListing,
    side: 'buy' | 'sell',
    without: ReferenceTraderOrder | null,
  ): number {
    const { lots } = listing.position;
    const others = this.#openIn(listing)
      .filter((order) => order.number !== without?.number && order.ticket.side === side)
      .reduce((sum, order) => sum + leavesOf(order), 0);
    return (side === 'sell' ? Math.max(0, lots) : Math.max(0, -lots)) - others;
  }

  #heldIn(listing: ReferenceListing): bigint {
    const orders = this.#openIn(listing).map((order) => ({
      side: order.ticket.side,
      ticks: order.wait?.heldTicks ?? order.limitTicks!,
      lots: leavesOf(order),
    }));
    return heldMicros(orders, listing.position, listing.instrument);
  }

  /** First what rests, in the order in which it came to rest, then what waits. */
  #openIn({ instrument }: ReferenceListing): ReferenceTraderOrder[] {
    const here = this.orders.filter(({ ticket }) => ticket.symbol === instrument.symbol);
    const resting = here.filter(({ bookId }) => bookId !== null);
    return [
      ...resting.sort((a, b) => a.bookId! - b.bookId!),
      ...here.filter(({ wait }) => wait !== null),
    ];
  }

  #listingOf(order: ReferenceTraderOrder): ReferenceListing {
    return this.listings.find(({ instrument }) => instrument.symbol === order.ticket.symbol)!;
  }

  /** Of all that an execution may change; orders that are done cannot. */
  #copy(): ReferenceExchange {
    const copy = new ReferenceExchange([], 0, 0);
    copy.cashMicros = this.cashMicros;
    copy.nextBookId = this.nextBookId;
    copy.orders = this.open().map((order) => ({ ...order, wait: order.wait && { ...order.wait } }));
    copy.listings = this.listings.map((each) => {
      const book = new ReferenceBook();
      book.orders = each.book.orders.map((order) => ({ ...order }));
      return { ...each, position: { ...each.position }, book };
    });
    return copy;
  }
}
