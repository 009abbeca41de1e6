/**
 * The exchange in the plainest words: lists of orders that are copied, filtered and sorted at every
 * step. Slow, and obviously right; the engine is compared with it.
 *
 * Whether an order can be afforded is found by executing it on a copy and looking at what is left.
 */
import type { OrderTicket, RejectReason } from '@sandpit/schemas/order.ts';
import type { PriceTicks, QuantityLots } from '@sandpit/schemas/units.ts';
import { type BookSide, BUY, FOK, IOC, SELL, TRADER } from '../sides.ts';
import { isCollecting } from './reference-auction.ts';
import { ReferenceJudge } from './reference-judge.ts';
import { textOf } from './reference-limits.ts';
import { type NewList, roleAt, verdictOn } from './reference-lists.ts';
import {
  collarAround,
  isOpen,
  keepsItsPlace,
  leastOf,
  leavesOf,
  priceToJudgeBy,
  quoteOf,
  type ReferenceListing,
  type ReferenceTraderOrder,
  reducibleOf,
  type Terms,
  withinBands,
} from './reference-order.ts';
import { isPeg, pegPrices } from './reference-pegs.ts';
import {
  beginToWait,
  limitOnceFired,
  limitOnEntry,
  trails,
  waitsForPrice,
  withoutTrigger,
} from './reference-triggers.ts';

export class ReferenceExchange extends ReferenceJudge {
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
    if (listing.phase !== 'continuous') {
      return this.agentWaits(listing, owner, side, ticks, lots, flags);
    }
    const isAtMarket = ticks === 0 && listing.bands?.isActive === true;
    const asked = isAtMarket && side === BUY ? Number.MAX_SAFE_INTEGER : ticks;
    const limit = withinBands(listing, side === BUY ? 'buy' : 'sell', asked);
    const how = isAtMarket ? flags | IOC : flags;
    const { id, rests, fills, ended } = this.enter(listing, owner, side, limit, lots, how);
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
    const asked = ticket.limitTicks;
    const limitTicks =
      listing && !isCollecting(listing.phase) ? limitOnEntry(listing, ticket) : asked;
    const waits = waitsForPrice(ticket);
    const terms: Terms = { ticket, quantityLots, limitTicks, waits, replaces: null };
    const reason = this.reasonAgainst(terms);
    this.rate.note(this.nowNs, reason);
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
    this.rate.note(this.nowNs, reason, tickets.length);
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
    const ticket = {
      clientOrderId,
      symbol,
      side: lots > 0 ? 'sell' : 'buy',
      type: 'market',
      quantityLots: Math.abs(lots) * (reverse ? 2 : 1),
      limitTicks: null,
      timeInForce: 'ioc',
      postOnly: false,
      ...(!reverse && { instructions: { reduceOnly: true } }),
    } as OrderTicket;
    const { quantityLots } = ticket;
    const terms: Terms = { ticket, quantityLots, limitTicks: null, waits: false, replaces: null };
    const reason = this.reasonAgainstClosing(terms, listing);
    if (reason !== null) {
      this.rate.note(this.nowNs, reason);
      this.note(ticket, null, reason);
      return;
    }
    this.cancelAll(symbol, null);
    this.reconcile();
    this.newOrder(ticket);
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
      commissionMicros: 0n,
      asked: textOf(ticket),
      status: reason === null ? 'new' : 'rejected',
      createdNs: this.nowNs,
      bookId: null,
      heldTicks: null,
      pegHeldTicks: null,
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
    minimumLots: number | null = null,
  ): void {
    const order = this.openOrder(number);
    if (!order) return;
    // The size of a leg is its list's business.
    const isLeg = order.list !== null && order.list.role !== 'parent';
    if (isLeg && (quantity !== null || minimumLots !== null)) {
      this.said.push(`refused invalidInstructions #${number}`);
      return;
    }
    const waits = order.wait !== null || (order.isHeld && waitsForPrice(order.ticket));
    const fired = !waits && waitsForPrice(order.ticket);
    const ticket = fired ? withoutTrigger(order.ticket) : { ...order.ticket };
    if (stopTicks !== null) {
      ticket.instructions = { ...ticket.instructions, stopTicks: stopTicks as PriceTicks };
    }
    const changes = {
      ...(displayLots !== null && { displayLots }),
      // None of 0 lots.
      ...(minimumLots !== null && { minimumLots: (minimumLots || undefined) as QuantityLots }),
    };
    if (displayLots !== null || minimumLots !== null) {
      ticket.instructions = { ...ticket.instructions, ...changes };
    }
    const quantityLots = quantity ?? order.quantityLots;
    const limitTicks = ticks ?? order.limitTicks;
    const terms: Terms = { ticket, quantityLots, limitTicks, waits, replaces: order };
    const reason = this.reasonAgainst(terms);
    const keeps = keepsItsPlace(terms);
    if (!keeps) this.rate.note(this.nowNs, reason);
    if (reason !== null) {
      this.said.push(`refused ${reason} #${number}`);
      return;
    }
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
      this.lessenInPlace(order);
    } else {
      this.takeOut(order);
      order.ticket = {
        ...order.ticket,
        instructions: { ...order.ticket.instructions, ...changes },
      };
      this.work(order);
    }
  }

  lessenInPlace(order: ReferenceTraderOrder): void {
    const listing = this.listingOf(order);
    listing.book.reduce(order.bookId!, leavesOf(order));
    for (const each of listing.waiting) if (each.id === order.bookId) each.lots = leavesOf(order);
    const parked = listing.parked.find(({ id }) => id === order.bookId);
    if (!parked) return;
    parked.behind = Math.max(0, leavesOf(order) - parked.lots);
    parked.lots = Math.min(leavesOf(order), parked.lots);
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
      for (const listing of this.listings) {
        this.movePegs(listing);
        if (listing.phase === 'continuous') this.lookAt(listing, (by) => by !== 'last');
      }
      const open = this.listings.filter(({ phase }) => phase === 'continuous');
      if (open.some((listing) => this.awakens(listing))) continue;
      const order = this.fired.shift();
      if (order === undefined) break;
      if (isOpen(order)) this.release(order);
    }
    this.endIdleReducers();
    for (const listing of this.listings) listing.bands?.watch(this.nowNs, quoteOf(listing));
  }

  /** Who stays keeps his place; the others move together, oldest first. */
  movePegs(listing: ReferenceListing): void {
    const { book } = listing;
    const pegs = this.openIn(listing).filter(isPeg);
    const prices = pegPrices(listing, pegs);
    const moving = pegs
      .map((peg, i) => ({ peg, ticks: prices[i] }))
      .filter(({ peg, ticks }) => {
        const now = book.orders.find(({ id }) => id === peg.bookId)?.priceTicks ?? 0;
        return now !== ticks;
      });
    for (const { peg } of moving) {
      const placed = book.orders.filter(({ id }) => id === peg.bookId);
      book.orders = book.orders.filter(({ id }) => id !== peg.bookId);
      listing.parked.push(...placed);
    }
    for (const { peg, ticks } of moving) {
      if (ticks === 0) continue;
      const order = listing.parked.find(({ id }) => id === peg.bookId)!;
      listing.parked = listing.parked.filter((each) => each !== order);
      book.orders.push({ ...order, priceTicks: ticks });
    }
    for (const { peg, ticks } of moving) {
      if (ticks <= peg.pegHeldTicks!) continue;
      // Led above the price at which it holds money: it holds more, or ends.
      peg.pegHeldTicks = ticks;
      const lack = this.reasonNotToMove({ ...peg, waits: false, replaces: peg });
      if (lack !== null) this.end(peg, 'canceled', lack);
    }
  }

  /** An order of the crowd where nothing trades. In a halt nobody waits for a market to take. */
  agentWaits(
    listing: ReferenceListing,
    owner: number,
    side: BookSide,
    ticks: number,
    lots: number,
    flags: number,
  ): number {
    const id = this.nextBookId++;
    const isOnce = ticks === 0 || (flags & IOC) !== 0;
    const { phase } = listing;
    if (!isCollecting(phase) || (flags & FOK) !== 0 || (isOnce && phase === 'halted')) return id;
    const [low, high] = collarAround(priceToJudgeBy(listing), listing.instrument);
    const priceTicks = ticks || (side === BUY ? high : low);
    const kind = isOnce ? 'once' : 'rest';
    listing.waiting.push({ id, owner, side, priceTicks, lots, isHidden: false, kind });
    return id;
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
    const grows = !order.isHeld && order.bookId !== null && lots > had;
    const terms: Terms = { ...order, waits: false, replaces: order };
    const quantityLots = order.filledLots + lots;
    const reason = grows ? this.reasonAtMarket({ ...terms, quantityLots }) : null;
    if (reason !== null) {
      this.end(order, 'canceled', reason);
      return;
    }
    if (lots !== had) {
      order.quantityLots = quantityLots;
      this.said.push(`replaced #${order.number}`);
    }
    if (order.isHeld) {
      this.comeAlive(order);
    } else if (order.bookId !== null && lots < had) {
      this.lessenInPlace(order);
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
      // The market is beyond its price already: it protects from here, if there is one.
      const isOpenNow = this.listingOf(order).phase === 'continuous';
      if (reason !== null && isOpenNow) this.fired.push(order);
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
      if (this.wouldTrade(order).lots < leastOf(order, leavesOf(order))) continue;
      const reducible = this.reducible(listing, order.ticket.side, order);
      const terms: Terms = { ...order, waits: false, replaces: order };
      if (this.reasonAfterTrying(terms, leavesOf(order), reducible) !== null) continue;
      this.takeOut(order);
      this.work(order);
      return true;
    }
    return false;
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
      : (this.reasonAtMarket(terms) ?? this.reasonAfterTrying(terms, leavesOf(order), reducible));
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
