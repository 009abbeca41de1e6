import { type BookSide, BUY, IOC, SELL, TRADER } from '../sides.ts';
import { type Allowed, ReferenceBook, type ReferenceEntered } from './reference-book.ts';
import { isLinked } from './reference-lists.ts';
import { allowedLots, passOnTrial, type Tried } from './reference-match.ts';
import {
  isCollected,
  leastOf,
  leavesOf,
  mayRest,
  type ReferenceListing,
  type ReferenceTraderOrder,
  reducibleOf,
  type Terms,
  withinBands,
  worstTicks,
} from './reference-order.ts';
import { isPeg } from './reference-pegs.ts';
import { ReferenceStanding } from './reference-standing.ts';

export class ReferenceTrading extends ReferenceStanding {
  /** Nothing is left that they could reduce. */
  endIdleReducers(): void {
    for (const listing of this.listings) {
      for (const order of this.openIn(listing)) {
        if (order.bookId === null || !order.ticket.instructions?.reduceOnly) continue;
        if (reducibleOf(listing, order.ticket.side) === 0) {
          this.end(order, 'canceled', 'reduceOnlyWouldIncrease');
        }
      }
    }
  }

  /** Enters the order into a copy as if it had been accepted; the one it replaces is taken out. */
  inNewShape({ ticket, quantityLots, limitTicks, replaces }: Terms): ReferenceTraderOrder {
    const before = this.orders.find(({ number }) => number === replaces?.number);
    if (before?.bookId) this.takeOut(before);
    const order: ReferenceTraderOrder = {
      number: 0,
      filledLots: 0,
      notionalMicros: 0n,
      feesMicros: 0n,
      commissionMicros: 0n,
      asked: '',
      status: 'new',
      createdNs: 0,
      bookId: null,
      heldTicks: null,
      pegHeldTicks: null,
      wait: null,
      waitNumber: Number.POSITIVE_INFINITY,
      list: null,
      ...before,
      isHeld: false,
      ticket,
      quantityLots,
      limitTicks,
    };
    // Of linked orders one trades: the others of its side stand for nothing beside it.
    const isBeside = (each: ReferenceTraderOrder) =>
      !isLinked(each) || each.list!.id !== order.list?.id || each.ticket.side !== ticket.side;
    this.orders = [...this.orders.filter((each) => each !== before && isBeside(each)), order];
    return order;
  }

  /**
   * Trades what it can, rests or ends the remainder. A reduce-only order trades no more than there
   * is to reduce, and rests with what is left if there still is something.
   *
   * @returns  Whether it has met an own order.
   */
  work(order: ReferenceTraderOrder, isTrial = false): boolean {
    const { ticket } = order;
    const listing = this.listingOf(order);
    if (isCollected({ ticket, waits: false }, listing)) {
      this.collect(listing, order);
      return false;
    }
    if (isPeg(order)) {
      this.park(listing, order);
      return false;
    }
    // A limit beyond its band becomes the band.
    if (order.limitTicks !== null) {
      order.limitTicks = withinBands(listing, ticket.side, order.limitTicks);
    }
    const reduces = ticket.instructions?.reduceOnly === true;
    let tried: Tried;
    if (reduces) {
      const most = Math.min(leavesOf(order), reducibleOf(listing, ticket.side));
      tried = this.trade(order, most, IOC, isTrial);
      const isLeft = leavesOf(order) > 0 && reducibleOf(listing, ticket.side) > 0;
      if (mayRest(order) && isLeft && !tried.stopped) {
        // It rests with all that is left; on trial that is all there is to know.
        if (isTrial) order.bookId = this.nextBookId++;
        const again = isTrial
          ? { rests: true, met: false, stopped: false }
          : this.trade(order, leavesOf(order), 0, isTrial);
        tried = { ...again, met: tried.met || again.met };
      }
    } else if (leastOf(order, leavesOf(order)) > 0) {
      tried = this.workWithMinimum(order, isTrial);
    } else {
      tried = this.trade(order, leavesOf(order), mayRest(order) ? 0 : IOC, isTrial);
    }
    if (tried.rests || leavesOf(order) === 0) return tried.met;
    const isIdle = reduces && reducibleOf(listing, ticket.side) === 0;
    const why = isIdle ? 'reduceOnlyWouldIncrease' : 'noLiquidity';
    if (tried.stopped) this.end(order, 'expired', 'selfTrade');
    else this.end(order, 'canceled', isIdle || order.limitTicks === null ? why : null);
    return tried.met;
  }

  /** Trades up to so many lots, past own orders as far as its mode says. */
  trade(order: ReferenceTraderOrder, most: number, flags: number, isTrial: boolean): Tried {
    const { ticket } = order;
    const listing = this.listingOf(order);
    const side = ticket.side === 'buy' ? BUY : SELL;
    const limit = withinBands(listing, ticket.side, worstTicks(listing, ticket, order.limitTicks));
    let left = most;
    let met = false;
    for (;;) {
      const entered = this.enter(listing, TRADER, side, limit, left, flags);
      const { id, fills, rests, stoppedBy } = entered;
      for (const fill of fills) this.settle(order, fill.priceTicks, fill.lots, 'taker');
      left -= fills.reduce((sum, { lots }) => sum + lots, 0);
      if (rests) {
        order.bookId = id;
        const part = ticket.instructions?.displayLots ?? null;
        if (part !== null) listing.book.show(id, part);
      }
      if (stoppedBy === null) return { rests, met, stopped: false };
      met = true;
      const passed = isTrial
        ? passOnTrial(listing, order, stoppedBy, left)
        : this.passOwn(order, stoppedBy, left);
      if (passed === null) return { rests: false, met, stopped: true };
      left = passed;
      if (left === 0) return { rests: false, met, stopped: false };
    }
  }

  /** By its mode the own order goes, both go, or both get smaller. @returns  What it may go on with. */
  passOwn(taker: ReferenceTraderOrder, makerId: number, left: number): number | null {
    const mode = taker.ticket.instructions?.selfTradePrevention ?? 'expireTaker';
    const maker = this.orders.find(({ bookId }) => bookId === makerId)!;
    if (mode === 'expireTaker') return null;
    if (mode === 'expireMaker' || mode === 'expireBoth') {
      this.end(maker, 'expired', 'selfTrade');
      return mode === 'expireMaker' ? left : null;
    }
    // The size of a leg is its list's business.
    const isLeg = ({ list }: ReferenceTraderOrder) => list !== null && list.role !== 'parent';
    if (isLeg(maker) || isLeg(taker)) return null;
    const [own, met] = [leavesOf(taker), leavesOf(maker)];
    if (met > own) {
      this.lessen(maker, own);
      this.listingOf(maker).book.reduce(makerId, leavesOf(maker));
      return null;
    }
    this.end(maker, 'expired', 'selfTrade');
    if (met === own) return null;
    this.lessen(taker, met);
    return Math.min(left, leavesOf(taker));
  }

  lessen(order: ReferenceTraderOrder, lots: number): void {
    order.quantityLots -= lots;
    this.said.push(`replaced #${order.number}`);
  }

  /** Trades at once when there is enough, and rests with whatever is left. */
  workWithMinimum(order: ReferenceTraderOrder, isTrial: boolean): Tried {
    const { book } = this.listingOf(order);
    const side = order.ticket.side === 'buy' ? BUY : SELL;
    const lots = leavesOf(order);
    const would = this.wouldTrade(order);
    if (would.lots >= leastOf(order, lots)) {
      const tried = this.trade(order, lots, IOC, isTrial);
      if (tried.stopped || leavesOf(order) === 0) return tried;
    } else if (would.met) {
      // It would stand across an own order that it has not taken out of its way.
      return { rests: false, met: true, stopped: true };
    }
    const { allOrNone, minimumLots } = order.ticket.instructions!;
    const minimum = allOrNone ? Number.MAX_SAFE_INTEGER : minimumLots!;
    order.bookId = this.nextBookId++;
    book.rest(order.bookId, side, order.limitTicks!, leavesOf(order), minimum);
    return { rests: true, met: would.met, stopped: false };
  }

  /** Lots that it would trade now, past own orders as far as its mode says. */
  wouldTrade(order: ReferenceTraderOrder): { lots: number; met: boolean } {
    const copy = this.copy();
    const trial = copy.orders.find(({ number }) => number === order.number)!;
    const { met } = copy.trade(trial, leavesOf(order), IOC, true);
    return { lots: trial.filledLots - order.filledLots, met };
  }

  enter(
    listing: ReferenceListing,
    owner: number,
    side: BookSide,
    ticks: number,
    lots: number,
    flags: number,
  ): ReferenceEntered & { id: number } {
    const id = this.nextBookId++;
    const allowed: Allowed = ({ id }, lots, fills) =>
      allowedLots(this.orders, listing.position.lots, id, lots, fills);
    const entered = listing.book.submit(id, owner, side, ticks, lots, flags, allowed);
    const ownOf = (makerId: number) => this.orders.find(({ bookId }) => bookId === makerId);
    const ended = entered.ended.map((makerId) => ownOf(makerId)!);
    for (const { makerId, makerOwner, priceTicks, lots } of entered.fills) {
      listing.lastTradeTicks = priceTicks;
      listing.bands?.trades.push({ ns: this.nowNs, ticks: priceTicks });
      this.traded.push(`trade ${lots}@${priceTicks} maker ${makerOwner} taker ${owner}`);
      const own = makerOwner === TRADER && ownOf(makerId);
      if (own) this.settle(own, priceTicks, lots, 'maker');
      this.lookAt(listing, (by) => by === 'last');
    }
    for (const order of ended) {
      const reduces = order.ticket.instructions?.reduceOnly === true;
      order.bookId = null;
      this.end(order, 'canceled', reduces ? 'reduceOnlyWouldIncrease' : 'contingency');
    }
    return { id, ...entered };
  }

  /** Of all that an execution may change; orders that are done cannot. */
  copy(): ReferenceTrading {
    const copy = new ReferenceTrading([], 0, 0);
    copy.cashMicros = this.cashMicros;
    copy.account = this.account.copy();
    copy.nextBookId = this.nextBookId;
    copy.orders = this.open().map((order) => ({ ...order, wait: order.wait && { ...order.wait } }));
    copy.listings = this.listings.map((each) => {
      const book = new ReferenceBook();
      book.orders = each.book.orders.map((order) => ({ ...order }));
      const waiting = each.waiting.map((order) => ({ ...order }));
      const parked = each.parked.map((order) => ({ ...order }));
      return {
        ...each,
        position: { ...each.position },
        book,
        waiting,
        parked,
        bands: each.bands?.copy() ?? null,
      };
    });
    return copy;
  }
}
