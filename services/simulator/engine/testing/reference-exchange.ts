/**
 * The exchange in the plainest words: lists of orders that are copied, filtered and sorted at every
 * step. Slow, and obviously right; the engine is compared with it.
 *
 * Whether an order can be afforded is found by executing it on a copy and looking at what is left.
 */
import type { OrderTicket, RejectReason } from '@sandpit/schemas/order.ts';
import type { PriceTicks, QuantityLots } from '@sandpit/schemas/units.ts';
import { type BookSide, BUY, FOK, IOC, TRADER } from '../sides.ts';
import { isCollecting } from './reference-auction.ts';
import { textOf } from './reference-limits.ts';
import { type NewList, roleAt } from './reference-lists.ts';
import {
  collarAround,
  isOpen,
  keepsItsPlace,
  priceToJudgeBy,
  type ReferenceListing,
  type ReferenceTraderOrder,
  type Terms,
  withinBands,
} from './reference-order.ts';
import { ReferenceReactions } from './reference-reactions.ts';
import {
  beginToWait,
  limitOnEntry,
  trails,
  waitsForPrice,
  withoutTrigger,
} from './reference-triggers.ts';

export class ReferenceExchange extends ReferenceReactions {
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

  openOrder(number: number): ReferenceTraderOrder | null {
    const order = this.orders[number - 1];
    if (order && isOpen(order)) return order;
    this.said.push(order ? `refused tooLateToCancel #${number}` : 'refused unknownOrder #null');
    return null;
  }
}
