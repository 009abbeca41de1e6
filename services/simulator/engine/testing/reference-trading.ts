/** How orders trade, rest, wait and end, and what they hold: the reference without its commands. */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { RejectReason } from '@sandpit/schemas/order.ts';
import { USUAL_REOPENING } from '@sandpit/schemas/session.ts';
import { type BookSide, BUY, IOC, SELL, TRADER } from '../sides.ts';
import { ReferenceAccount } from './reference-account.ts';
import { type Allowed, ReferenceBook, type ReferenceEntered } from './reference-book.ts';
import { ReferenceRate } from './reference-limits.ts';
import { counted, isLinked } from './reference-lists.ts';
import { allowedLots, passOnTrial, type Tried } from './reference-match.ts';
import { bookFill, emptyPosition, notionalOf } from './reference-money.ts';
import {
  collarAround,
  isCollected,
  isOpen,
  leastOf,
  leavesOf,
  mayRest,
  priceToJudgeBy,
  type ReferenceListing,
  type ReferenceTraderOrder,
  reducibleOf,
  type Terms,
  withinBands,
  worstTicks,
} from './reference-order.ts';
import { isOutOfSight, isPeg, pegHeldTicks } from './reference-pegs.ts';
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

export class ReferenceTrading {
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

  /** Oldest first. */
  open(): ReferenceTraderOrder[] {
    return this.orders.filter(isOpen);
  }

  heldMicros(): bigint {
    return this.listings.reduce((sum, each) => sum + this.heldIn(each), 0n);
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
