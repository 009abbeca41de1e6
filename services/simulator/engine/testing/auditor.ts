/**
 * Watches an exchange and fails the test when a law is broken. It knows the laws, not the algorithm:
 * everything is worked out again from the events.
 */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import { expect } from 'vitest';
import { type Book, BUY, depthBuffer, SELL } from '../book.ts';
import { reservedFor } from '../buying-power.ts';
import type { Exchange } from '../exchange.ts';
import { openLots } from '../open-lots.ts';
import { TRANSITIONS } from '../order-status.ts';

export class Auditor {
  orders = new Map<string, Order>();
  /** Signed, by symbol. */
  lots = new Map<string, number>();
  cash: number;
  executions = 0;
  #lastNs = 0;
  readonly #depth = depthBuffer(1_000);
  /** Borrow fees and interest charged so far. */
  #carry = 0;
  readonly #instruments: readonly Instrument[];

  constructor(instruments: readonly Instrument[], startingCashMicros: number) {
    this.#instruments = instruments;
    this.cash = startingCashMicros;
  }

  watch(events: readonly VenueEvent[]): void {
    for (const event of events) {
      expect(event.atNs).toBeGreaterThanOrEqual(this.#lastNs);
      this.#lastNs = event.atNs;
      if ('order' in event) this.#order(event.order);
      if (event.type === 'orderFilled') this.#fill(event);
      if (event.type === 'dividendPaid') {
        expect(event.quantityLots).toBe(this.lots.get(event.symbol) ?? 0);
        this.cash += event.cashMicros;
      }
      if (event.type === 'stockSplit') this.#split(event);
      if (event.type === 'positionChanged') {
        expect(event.position.quantityLots).toBe(this.lots.get(event.position.symbol));
      }
      if (event.type === 'accountChanged') {
        const { cashMicros, borrowFeesMicros = 0, interestMicros = 0 } = event.account;
        this.#carry = borrowFeesMicros + interestMicros;
        expect(cashMicros).toBe(this.cash - this.#carry);
      }
    }
  }

  /** Less than a lot is paid out at the old price, to the micro below. */
  #split(event: Extract<VenueEvent, { type: 'stockSplit' }>): void {
    const { symbol, newUnits, oldUnits, fromLots, quantityLots } = event;
    expect(fromLots).toBe(this.lots.get(symbol) ?? 0);
    expect(quantityLots).toBe(Math.trunc((fromLots * newUnits) / oldUnits) + 0);
    for (const { symbol: of, leavesLots } of this.orders.values()) {
      if (of === symbol) expect(leavesLots).toBe(0);
    }
    this.lots.set(symbol, quantityLots);
    this.cash += event.cashMicros;
  }

  #order(order: Order): void {
    const before = this.orders.get(order.orderId);
    if (before && before.status !== order.status) {
      expect(TRANSITIONS[before.status]).toContain(order.status);
    }
    if (!before) expect(['new', 'rejected']).toContain(order.status);
    expect(order.filledLots).toBeLessThanOrEqual(order.quantityLots);
    const isDone = !['new', 'partiallyFilled'].includes(order.status);
    expect(order.leavesLots).toBe(isDone ? 0 : order.quantityLots - order.filledLots);
    this.orders.set(order.orderId, order);
  }

  #fill({ order, execution }: Extract<VenueEvent, { type: 'orderFilled' }>): void {
    const { side, priceTicks, quantityLots, notionalMicros, feeMicros, symbol } = execution;
    const sign = side === 'buy' ? 1 : -1;
    const instrument = this.#instruments.find((each) => each.symbol === symbol)!;
    this.executions++;
    expect(execution.executionId).toBe(String(this.executions));
    if (order.limitTicks !== null) {
      expect(sign * priceTicks).toBeLessThanOrEqual(sign * order.limitTicks);
    }
    expect(notionalMicros).toBe(priceTicks * quantityLots * instrument.tickValueMicros);
    this.cash -= sign * notionalMicros + feeMicros;
    const lots = (this.lots.get(symbol) ?? 0) + sign * quantityLots;
    this.lots.set(symbol, lots);
    if (order.instructions?.reduceOnly)
      expect(lots * (lots - sign * quantityLots)).toBeGreaterThanOrEqual(0);
    if (order.instructions?.reduceOnly)
      expect(Math.abs(lots)).toBeLessThan(Math.abs(lots - sign * quantityLots));
    if (order.instructions?.expireNs)
      expect(execution.atNs).toBeLessThan(order.instructions.expireNs);
    if (!instrument.shortable) expect(lots).toBeGreaterThanOrEqual(0);
  }

  /** Between two events of the exchange no order has traded a part of what it trades as a whole. */
  #wholes(): void {
    for (const { instructions, filledLots, quantityLots } of this.orders.values()) {
      if (!instructions?.allOrNone || filledLots === 0) continue;
      expect(filledLots).toBe(quantityLots);
    }
  }

  /** Linked orders together never trade more than their list asks for, or its entry has traded. */
  #lists(): void {
    const lists = Map.groupBy(this.orders.values(), ({ list }) => list?.listId);
    for (const [listId, members] of lists) {
      if (listId === undefined) continue;
      const { contingency, askedLots } = members[0].list!;
      const parent = members.find(({ list }) => list!.role === 'parent');
      const legs = members.filter((order) => order !== parent);
      const traded = legs.reduce((sum, { filledLots }) => sum + filledLots, 0);
      if (contingency === 'oto')
        for (const leg of legs) expect(leg.filledLots).toBeLessThanOrEqual(parent!.filledLots);
      else expect(traded).toBeLessThanOrEqual(parent?.filledLots ?? askedLots);
      if (contingency === 'oco')
        expect(legs.filter(({ filledLots }) => filledLots > 0).length).toBeLessThan(2);
    }
  }

  /** Shown or not, nothing crosses; a price shows the sum of its tips, and none shows all it has. */
  #concealed(book: Book): void {
    const [bid, ask] = [book.bestOf(BUY), book.bestOf(SELL)];
    if (bid && ask) expect(bid).toBeLessThan(ask);
    for (const side of [BUY, SELL] as const) {
      let shown = 0;
      for (const handle of book.queue(side)) {
        const lots = book.shownLotsOf(handle);
        if (lots < 1 || lots > book.lotsOf(handle)) expect.fail('an order shows 1 to all it has');
        shown += lots;
      }
      const { lots } = this.#depth;
      const count = book.depth(side, lots.length, this.#depth);
      expect(lots.subarray(0, count).reduce((sum, each) => sum + each, 0)).toBe(shown);
      for (const { handle } of book.hiddenOf(side)) expect(book.shownLotsOf(handle)).toBe(0);
    }
  }

  /** It stands where it says, within its limit and what it holds money at; or nowhere. */
  #peg(book: Book, handle: number, { progress, limitTicks, side }: Order): void {
    const { pegTicks, heldTicks } = progress!;
    if (pegTicks == null) {
      expect(book.shownLotsOf(handle)).toBe(0);
      return;
    }
    expect(book.priceOf(handle)).toBe(pegTicks);
    expect(pegTicks).toBeLessThanOrEqual(heldTicks!);
    const sign = side === 'buy' ? 1 : -1;
    if (limitTicks !== null) expect(sign * pegTicks).toBeLessThanOrEqual(sign * limitTicks);
  }

  /** Compares the exchange with what its events have told. */
  books(exchange: Exchange): void {
    for (const listing of exchange.listings) {
      const { book, resting, waiting, position, fees, marginRates } = listing;
      const held = reservedFor(openLots(listing, null), position, fees, marginRates);
      expect(listing.reservedMicros).toBe(held);
      for (const { orderId, leavesLots, progress } of waiting.values()) {
        expect(progress).toMatchObject({ triggeredNs: null });
        expect(this.orders.get(orderId)).toMatchObject({ leavesLots, status: 'new' });
      }
      if (book.bestBid && book.bestAsk) expect(book.bestBid).toBeLessThan(book.bestAsk);
      this.#concealed(book);
      for (const [handle, order] of resting.entries()) {
        const { orderId, leavesLots, limitTicks } = order;
        expect(book.lotsOf(handle)).toBe(leavesLots);
        if (order.type === 'pegged') this.#peg(book, handle, order);
        else if (limitTicks !== null) expect(book.priceOf(handle)).toBe(limitTicks);
        expect(this.orders.get(orderId)).toMatchObject({ leavesLots });
      }
    }
    this.#lists();
    this.#wholes();
    const open = [...this.orders.values()].filter(({ leavesLots }) => leavesLots > 0);
    const held = exchange.listings.map(
      (each) => each.resting.size + each.waiting.size + each.held.size,
    );
    expect(open.length).toBe(held.reduce((sum, count) => sum + count, 0));
    expect(exchange.state.account().cashMicros).toBe(this.cash - this.#carry);
  }
}
