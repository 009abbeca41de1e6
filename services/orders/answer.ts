/** What a committed outcome means to the one who asked. Pure. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Order, RejectReason } from '@sandpit/schemas/order.ts';
import type { Outcome } from '../platform/outcomes.ts';

/**
 * - `order`: the order as the command left it.
 * - `refused`: the venue said no and named no order (or only its id).
 * - `nothing`: committed, and nothing came of it (cancel-all with nothing open).
 * - `quarantined`: set aside unexecuted; the simulator is halted.
 */
export type Answer =
  | { kind: 'order'; order: Order; first: Order }
  | { kind: 'refused'; reason: RejectReason; orderId: string | null }
  | { kind: 'nothing' }
  | { kind: 'quarantined' };

/** @param isWanted  Which order the request was about; others may have changed in the same turn. */
export function answerOf(outcome: Outcome, isWanted: (order: Order) => boolean): Answer {
  if (outcome.quarantined) return { kind: 'quarantined' };
  const orders = ordersOf(outcome.events).filter(isWanted);
  const last = orders.at(-1);
  if (last) return { kind: 'order', order: last, first: orders[0] };
  const refusal = outcome.events.find((event) => event.type === 'commandRefused');
  if (refusal) return { kind: 'refused', reason: refusal.reason, orderId: refusal.orderId };
  return { kind: 'nothing' };
}

/** The orders in the events, each as often as it changed, oldest first. */
export function ordersOf(events: readonly VenueEvent[]): Order[] {
  return events.flatMap((event) => ('order' in event ? [event.order] : []));
}

/** The last state of each order in the events, in the order in which they were first touched. */
export function finalOrdersOf(events: readonly VenueEvent[]): Order[] {
  const byId = new Map<string, Order>();
  for (const order of ordersOf(events)) byId.set(order.orderId, order);
  return [...byId.values()];
}
