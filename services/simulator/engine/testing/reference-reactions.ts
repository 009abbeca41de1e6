import { BUY, SELL } from '../sides.ts';
import { ReferenceJudge } from './reference-judge.ts';
import { verdictOn } from './reference-lists.ts';
import {
  isOpen,
  leastOf,
  leavesOf,
  quoteOf,
  type ReferenceListing,
  type ReferenceTraderOrder,
  reducibleOf,
  type Terms,
} from './reference-order.ts';
import { isPeg, pegPrices } from './reference-pegs.ts';
import { beginToWait, limitOnceFired, waitsForPrice } from './reference-triggers.ts';

export class ReferenceReactions extends ReferenceJudge {
  lessenInPlace(order: ReferenceTraderOrder): void {
    const listing = this.listingOf(order);
    listing.book.reduce(order.bookId!, leavesOf(order));
    for (const each of listing.waiting) if (each.id === order.bookId) each.lots = leavesOf(order);
    const parked = listing.parked.find(({ id }) => id === order.bookId);
    if (!parked) return;
    parked.behind = Math.max(0, leavesOf(order) - parked.lots);
    parked.lots = Math.min(leavesOf(order), parked.lots);
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
}
