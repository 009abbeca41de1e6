/**
 * The exchange in the plainest words: lists of orders that are copied, filtered and sorted at every
 * step. Slow, and obviously right; the engine is compared with it.
 *
 * Whether an order can be afforded is found by executing it on a copy and looking at what is left.
 */
import type { OrderTicket, RejectReason } from '@sandpit/schemas/order.ts';
import type { PriceTicks } from '@sandpit/schemas/units.ts';
import { MAX_OPEN_ORDERS } from '../limits.ts';
import { type BookSide, BUY, SELL, TRADER } from '../sides.ts';
import { contradictsList, type NewList, roleAt, verdictOn } from './reference-lists.ts';
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
  reducibleOf,
  type Terms,
} from './reference-order.ts';
import { ReferenceTrading } from './reference-trading.ts';
import {
  beginToWait,
  contradictsItself,
  doubledReference,
  fires,
  hasInvalidPrices,
  limitOnceFired,
  limitOnEntry,
  trails,
  waitsForPrice,
  withoutTrigger,
} from './reference-triggers.ts';

export class ReferenceExchange extends ReferenceTrading {
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
    const { id, rests, fills, ended } = this.enter(listing, owner, side, ticks, lots, flags);
    const touched = ended.length > 0 || fills.some(({ makerOwner }) => makerOwner === TRADER);
    if (touched) this.endIdleReducers();
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
    const terms: Terms = { ticket, quantityLots, limitTicks, waits, replaces: null };
    const reason = this.reasonAgainst(terms);
    const order = this.note(ticket, limitTicks, reason);
    if (reason !== null) return;
    if (waits) this.wait(order);
    else this.work(order);
  }

  /** All of a list, or for the first reason there is none of it. */
  newList(command: NewList): void {
    const { tickets, contingency: kind } = command;
    const names = tickets.map(({ clientOrderId }) => clientOrderId);
    const used = names.map((name) => this.clientIds.get(name)).find((number) => number);
    if (used !== undefined || new Set(names).size < names.length) {
      this.said.push(`refused duplicateClientOrderId #${used ?? null}`);
      return;
    }
    const reason = this.reasonAgainstList(command);
    const id = this.orders.length + 1;
    const orders = tickets.map((ticket) => this.note(ticket, ticket.limitTicks, reason));
    if (reason !== null) return;
    for (const [i, order] of orders.entries()) {
      order.list = { id, kind, role: roleAt(kind, i), askedLots: order.quantityLots };
      order.isHeld = true;
    }
    for (const order of orders) {
      if (order.list!.role !== 'child' && isOpen(order) && order.isHeld) this.comeAlive(order);
      this.reconcile();
    }
  }

  cancelList(id: number): void {
    const open = this.open().filter(({ list }) => list?.id === id);
    for (const order of open) this.end(order, 'canceled', null);
    if (open.length > 0) return;
    const wasGivenOut = id >= 1 && id <= this.orders.length;
    this.said.push(`refused ${wasGivenOut ? 'tooLateToCancel' : 'unknownOrder'} #null`);
  }

  /** Cancels what is open of the instrument, and trades the position away, or to the other side. */
  closePosition(symbol: string, clientOrderId: string, reverse: boolean): void {
    const first = this.clientIds.get(clientOrderId);
    const listing = this.listings.find(({ instrument }) => instrument.symbol === symbol)!;
    const { lots } = listing.position;
    if (first !== undefined || lots === 0) {
      const reason = first === undefined ? 'reduceOnlyWouldIncrease' : 'duplicateClientOrderId';
      this.said.push(`refused ${reason} #${first ?? null}`);
      return;
    }
    this.cancelAll(symbol, null);
    this.reconcile();
    this.newOrder({
      clientOrderId,
      symbol,
      side: lots > 0 ? 'sell' : 'buy',
      type: 'market',
      quantityLots: Math.abs(lots) * (reverse ? 2 : 1),
      limitTicks: null,
      timeInForce: 'ioc',
      postOnly: false,
      ...(!reverse && { instructions: { reduceOnly: true } }),
    } as OrderTicket);
  }

  note(
    ticket: OrderTicket,
    limitTicks: number | null,
    reason: RejectReason | null,
  ): ReferenceTraderOrder {
    const order: ReferenceTraderOrder = {
      number: this.orders.length + 1,
      ticket,
      quantityLots: ticket.quantityLots,
      limitTicks,
      filledLots: 0,
      notionalMicros: 0n,
      feesMicros: 0n,
      status: reason === null ? 'new' : 'rejected',
      createdNs: this.nowNs,
      bookId: null,
      wait: null,
      waitNumber: Number.POSITIVE_INFINITY,
      list: null,
      isHeld: false,
    };
    this.orders.push(order);
    this.clientIds.set(ticket.clientOrderId, order.number);
    const { number } = order;
    this.said.push(reason === null ? `accepted #${number}` : `rejected #${number} ${reason}`);
    return order;
  }

  replace(
    number: number,
    quantity: number | null,
    ticks: number | null,
    stopTicks: number | null,
    displayLots: number | null = null,
  ): void {
    const order = this.openOrder(number);
    if (!order) return;
    // The size of a leg is its list's business.
    if (order.list !== null && order.list.role !== 'parent' && quantity !== null) {
      this.said.push(`refused invalidInstructions #${number}`);
      return;
    }
    const waits = order.wait !== null || (order.isHeld && waitsForPrice(order.ticket));
    const fired = !waits && waitsForPrice(order.ticket);
    const ticket = fired ? withoutTrigger(order.ticket) : { ...order.ticket };
    if (stopTicks !== null) {
      ticket.instructions = { ...ticket.instructions, stopTicks: stopTicks as PriceTicks };
    }
    if (displayLots !== null) ticket.instructions = { ...ticket.instructions, displayLots };
    const quantityLots = quantity ?? order.quantityLots;
    const limitTicks = ticks ?? order.limitTicks;
    const terms: Terms = { ticket, quantityLots, limitTicks, waits, replaces: order };
    const reason = this.reasonAgainst(terms);
    if (reason !== null) {
      this.said.push(`refused ${reason} #${number}`);
      return;
    }
    const keeps = keepsItsPlace(terms);
    const listing = this.listingOf(order);
    order.quantityLots = quantityLots;
    order.limitTicks = limitTicks;
    this.said.push(`replaced #${number}`);
    if (order.isHeld) {
      order.ticket = ticket;
    } else if (waits) {
      order.ticket = ticket;
      if (!trails(ticket)) order.wait = beginToWait(listing, ticket, limitTicks);
    } else if (keeps) {
      listing.book.reduce(order.bookId!, leavesOf(order));
    } else {
      this.takeOut(order);
      if (displayLots !== null) {
        order.ticket = {
          ...order.ticket,
          instructions: { ...order.ticket.instructions, displayLots },
        };
      }
      this.work(order);
    }
  }

  cancel(number: number): void {
    const order = this.openOrder(number);
    if (order) this.end(order, 'canceled', null);
  }

  cancelAll(symbol: string | null, side: string | null): void {
    for (const order of this.open()) {
      if (symbol !== null && order.ticket.symbol !== symbol) continue;
      if (side === null || order.ticket.side === side) this.end(order, 'canceled', null);
    }
  }

  expireDayOrders(midnightNs: number): void {
    for (const order of this.open()) {
      const isOfToday = order.createdNs >= midnightNs;
      if (order.ticket.timeInForce === 'day' && !isOfToday) this.end(order, 'expired', null);
    }
    this.settleUp();
  }

  /** Orders that were good till a time end at it. */
  expireTimedOrders(): void {
    for (const order of this.open()) {
      const { expireNs = null } = order.ticket.instructions ?? {};
      if (expireNs !== null && expireNs <= this.nowNs) this.end(order, 'expired', null);
    }
    this.settleUp();
  }

  /** The event is over: quotes count now, and what has fired is worked, one after the other. */
  react(): void {
    for (;;) {
      this.reconcile();
      for (const listing of this.listings) this.lookAt(listing, (by) => by !== 'last');
      if (this.listings.some((listing) => this.awakens(listing))) continue;
      const order = this.fired.shift();
      if (order === undefined) break;
      if (isOpen(order)) this.release(order);
    }
    this.endIdleReducers();
  }

  /** What follows from orders that have ended by themselves. */
  settleUp(): void {
    this.reconcile();
    this.endIdleReducers();
  }

  /** Brings every list that something has happened to in line, the oldest first. */
  reconcile(): void {
    while (this.touched.size > 0) {
      const id = Math.min(...this.touched);
      this.touched.delete(id);
      const members = this.orders.filter(({ list }) => list?.id === id);
      for (const order of members) {
        if (!isOpen(order)) continue;
        const verdict = verdictOn(members, order);
        if (verdict === 'ends') this.end(order, 'canceled', 'contingency');
        else if (verdict !== 'stays') this.follow(order, verdict.lots);
      }
    }
  }

  /** It shall have so much left. More of what rests goes to the back of its queue. */
  follow(order: ReferenceTraderOrder, lots: number): void {
    const had = leavesOf(order);
    if (lots !== had) {
      order.quantityLots = order.filledLots + lots;
      this.said.push(`replaced #${order.number}`);
    }
    if (order.isHeld) {
      this.comeAlive(order);
    } else if (order.bookId !== null && lots < had) {
      this.listingOf(order).book.reduce(order.bookId, lots);
    } else if (order.bookId !== null && lots > had) {
      this.takeOut(order);
      this.work(order);
    }
  }

  /** An order of a list that stood nowhere is judged and works, or waits for its price. */
  comeAlive(order: ReferenceTraderOrder): void {
    order.isHeld = false;
    const waits = waitsForPrice(order.ticket);
    const reason = this.reasonAgainst({ ...order, waits, replaces: order, isEntering: true });
    if (reason !== null && reason !== 'triggerPriceReached') {
      this.end(order, reason === 'selfTrade' ? 'expired' : 'canceled', reason);
    } else if (waits) {
      this.wait(order);
      // The market is beyond its price already: it protects from here.
      if (reason !== null) this.fired.push(order);
    } else {
      this.work(order);
    }
  }

  wait(order: ReferenceTraderOrder): void {
    order.wait = beginToWait(this.listingOf(order), order.ticket, order.limitTicks);
    order.waitNumber = ++this.waits;
  }

  /** Works the first order with a minimum for which there is enough by now, if there is one. */
  awakens({ book }: ReferenceListing): boolean {
    for (const { id } of [...book.queue(BUY), ...book.queue(SELL)]) {
      const order = this.open().find(({ bookId }) => bookId === id);
      if (!order || leastOf(order, leavesOf(order)) === 0) continue;
      const listing = this.listingOf(order);
      const side = order.ticket.side === 'buy' ? BUY : SELL;
      const { traded } = book.wouldTrade(TRADER, side, order.limitTicks!, leavesOf(order));
      if (traded < leastOf(order, leavesOf(order))) continue;
      const reducible = this.reducible(listing, order.ticket.side, order);
      const terms: Terms = { ...order, waits: false, replaces: order };
      if (this.reasonAfterTrying(terms, leavesOf(order), reducible) !== null) continue;
      this.takeOut(order);
      this.work(order);
      return true;
    }
    return false;
  }

  reasonAgainstList(command: NewList): RejectReason | null {
    if (contradictsList(command)) return 'invalidInstructions';
    const { tickets, contingency } = command;
    if (this.open().length + tickets.length > MAX_OPEN_ORDERS) return 'tooManyOpenOrders';
    for (const [i, ticket] of tickets.entries()) {
      const { quantityLots, limitTicks } = ticket;
      const waits = waitsForPrice(ticket);
      const terms: Terms = { ticket, quantityLots, limitTicks, waits, replaces: null };
      // The position that a child is to close does not exist yet.
      const isChild = roleAt(contingency, i) === 'child';
      const reason = isChild ? this.reasonInTerms(terms) : this.reasonAgainst(terms);
      if (reason !== null) return reason;
    }
    return null;
  }

  reasonInTerms(terms: Terms): RejectReason | null {
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
    if (isOutside && !keepsItsPlace(terms) && !terms.isEntering) return 'priceOutsideCollar';
    if (isOneTooMany(terms, this.open().length)) return 'tooManyOpenOrders';
    return null;
  }

  reasonAgainst(terms: Terms): RejectReason | null {
    const reason = this.reasonInTerms(terms);
    if (reason !== null) return reason;
    const { ticket, quantityLots, waits, replaces } = terms;
    const listing = this.listings.find((each) => each.instrument.symbol === ticket.symbol)!;
    const wanted = quantityLots - (replaces?.filledLots ?? 0);
    const reducible = this.reducible(listing, ticket.side, replaces);
    if (ticket.side === 'sell' && !listing.instrument.shortable && wanted > reducible) {
      return 'notShortable';
    }
    if (ticket.instructions?.reduceOnly && !waits && reducibleOf(listing, ticket.side) === 0) {
      return 'reduceOnlyWouldIncrease';
    }
    if (keepsItsPlace(terms)) return null;
    return waits
      ? this.reasonNotToWait(terms, wanted, reducible)
      : this.reasonAfterTrying(terms, wanted, reducible);
  }

  reasonNotToWait(terms: Terms, wanted: number, reducible: number): RejectReason | null {
    const { ticket, limitTicks } = terms;
    const copy = this.copy();
    const order = copy.inNewShape(terms);
    const listing = copy.listingOf(order);
    const doubled = doubledReference(listing, ticket);
    if (!trails(ticket) && fires(ticket, doubled, ticket.instructions!.stopTicks!)) {
      return 'triggerPriceReached';
    }
    // A trailing order keeps its trigger when it is replaced.
    if (order.wait === null || !trails(ticket)) {
      order.wait = beginToWait(listing, ticket, limitTicks);
    }
    return wanted > reducible && copy.cashMicros < copy.heldMicros()
      ? 'insufficientBuyingPower'
      : null;
  }

  /** Executes on a copy, whatever it costs and however little it finds, and looks at the result. */
  reasonAfterTrying(terms: Terms, wanted: number, reducible: number): RejectReason | null {
    const { ticket, limitTicks } = terms;
    const copy = this.copy();
    const order = copy.inNewShape(terms);
    const before = order.filledLots;
    const stopped = copy.work(order, true);
    const traded = order.filledLots - before;
    if (ticket.postOnly && (!mayRest(terms) || traded > 0 || stopped)) return 'postOnlyWouldCross';
    if (wanted > reducible && copy.cashMicros < copy.heldMicros()) return 'insufficientBuyingPower';
    const mode = ticket.instructions?.selfTradePrevention ?? 'expireTaker';
    if (limitTicks === null && traded === 0 && !stopped) return 'noLiquidity';
    if (ticket.timeInForce === 'fok' && traded < wanted) return 'fillOrKillNotFilled';
    const { minimumLots } = ticket.instructions ?? {};
    if (ticket.timeInForce === 'ioc' && traded < (minimumLots ?? 0)) return 'minimumQuantityNotMet';
    return stopped && traded === 0 && mode === 'expireTaker' ? 'selfTrade' : null;
  }

  /** From here on it is an ordinary order, judged as things are now. */
  release(order: ReferenceTraderOrder): void {
    const { ticket, wait, number } = order;
    const listing = this.listingOf(order);
    order.wait = null;
    if (ticket.type === 'trailingStopLimit') {
      order.limitTicks = limitOnceFired(ticket, wait!.triggerTicks);
    }
    this.said.push(`triggered #${number}`);
    const reducible = this.reducible(listing, ticket.side, order);
    const terms: Terms = { ...order, waits: false, replaces: order };
    const isIdle = ticket.instructions?.reduceOnly && reducibleOf(listing, ticket.side) === 0;
    const reason = isIdle
      ? 'reduceOnlyWouldIncrease'
      : this.reasonAfterTrying(terms, leavesOf(order), reducible);
    if (reason === null) this.work(order);
    else this.end(order, reason === 'selfTrade' ? 'expired' : 'canceled', reason);
  }

  openOrder(number: number): ReferenceTraderOrder | null {
    const order = this.orders[number - 1];
    if (order && isOpen(order)) return order;
    this.said.push(order ? `refused tooLateToCancel #${number}` : 'refused unknownOrder #null');
    return null;
  }
}
