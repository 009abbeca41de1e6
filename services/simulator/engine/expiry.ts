/** Orders that end by themselves: at midnight, at the close, at their time, or because the venue stops. */
import type { RejectReason, TimeInForce } from '@sandpit/schemas/order.ts';
import type { ExchangeState } from './exchange-state.ts';
import type { Listing } from './listing.ts';
import { isOpen } from './order-status.ts';
import { endOrder } from './settlement.ts';
import { takeOut } from './work.ts';

const ENDS_AT_CLOSE: ReadonlySet<TimeInForce> = new Set<TimeInForce>(['day', 'opg', 'cls']);

/** Every open order ends, for a reason that is not the trader's. */
export function endEveryOrder(state: ExchangeState, reason: RejectReason): void {
  for (const order of state.blotter.open()) {
    takeOut(state, order);
    endOrder(state, order, 'canceled', reason);
  }
}

/** Day orders entered before `midnightNs` end there. */
export function expireDayOrders(state: ExchangeState, midnightNs: number): void {
  for (const order of state.blotter.open()) {
    if (order.timeInForce !== 'day' || order.createdNs >= midnightNs) continue;
    // Where there is a trading day, its close is the end of them.
    if (state.listing(order.symbol)!.session !== null) continue;
    takeOut(state, order);
    endOrder(state, order, 'expired', null);
  }
}

/** An instrument has closed: its day orders end, and those for an auction that has passed. */
export function expireAtClose(state: ExchangeState, listing: Listing): void {
  for (const order of state.blotter.open()) {
    if (order.symbol !== listing.instrument.symbol) continue;
    if (!ENDS_AT_CLOSE.has(order.timeInForce)) continue;
    takeOut(state, order);
    endOrder(state, order, 'expired', null);
  }
}

/** Orders that were good till a time end at it. */
export function expireTimedOrders(state: ExchangeState): void {
  for (const order of state.timed) {
    if (isOpen(order.status) && order.instructions!.expireNs! > state.nowNs) continue;
    state.timed.delete(order);
    if (!isOpen(order.status)) continue;
    takeOut(state, order);
    endOrder(state, order, 'expired', null);
  }
}
