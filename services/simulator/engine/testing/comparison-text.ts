/** What the engine and the reference say and hold, one line each, in one form. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { Listing } from '../listing.ts';
import { type BookSide, BUY } from '../sides.ts';

export const bookText = (side: BookSide, lots: number, ticks: number, who: string): string =>
  `${side === BUY ? 'B' : 'S'} ${lots}@${ticks} ${who}`;

export const bandsText = (low: number, high: number, state: string, nextNs: number): string =>
  `bands ${low} to ${high} ${state} until ${nextNs}`;

export const behindText = (lots: number): string => (lots > 0 ? ` and ${lots} behind` : '');

export const positionText = (
  symbol: string,
  lots: number,
  cost: number | bigint,
  rest: { realisedMicros: number | bigint; feesMicros: number | bigint },
): string => `${symbol} ${lots} cost ${cost} gain ${rest.realisedMicros} fees ${rest.feesMicros}`;

/** Null: nobody has called. */
export const callText = (
  call: { state: string; sinceNs: number; deadlineNs: number } | null,
): string => (call ? `call ${call.state} ${call.sinceNs} ${call.deadlineNs}` : 'no call');

/** What borrowing has cost, taken from cash or not yet. */
export const owedText = (
  what: string,
  owed: { accruedMicros: number | bigint; chargedMicros: number | bigint },
): string => `${what} owes ${owed.accruedMicros}, charged ${owed.chargedMicros}`;

export type OrderShown = Pick<Order, 'orderId' | 'side' | 'leavesLots' | 'status'> & {
  quantityLots: number;
  limitTicks: number | null;
  notionalMicros: number | bigint;
  feesMicros: number | bigint;
};

/** Undefined unless the order still waits for its trigger. */
export const triggerOf = (listings: readonly Listing[], { orderId }: Order): number | undefined =>
  listings.map(({ waiting }) => waiting.get(orderId)).find(Boolean)?.progress?.triggerTicks ??
  undefined;

export function orderText(order: OrderShown, waitsFor?: number): string {
  const { orderId, side, leavesLots, quantityLots, limitTicks, status } = order;
  const letter = side === 'buy' ? 'B' : 'S';
  const money = `${order.notionalMicros} fees ${order.feesMicros}`;
  const wait = waitsFor === undefined ? '' : ` waits for ${waitsFor}`;
  return `#${orderId} ${letter} ${leavesLots}/${quantityLots}@${limitTicks} ${status} ${money}${wait}`;
}

/** Positions and money are compared as they stand, so their events need no line. */
export function eventText(event: VenueEvent): string[] {
  switch (event.type) {
    case 'orderAccepted':
      return [`accepted #${event.order.orderId}`];
    case 'orderRejected':
      return [`rejected #${event.order.orderId} ${event.reason}`];
    case 'commandRefused':
      return [`refused ${event.reason} #${event.orderId}`];
    case 'orderTriggered':
      return [`triggered #${event.order.orderId}`];
    case 'orderReplaced':
      return [`replaced #${event.order.orderId}`];
    case 'orderFilled': {
      const { orderId, quantityLots, priceTicks, liquidity, feeMicros, realisedMicros } =
        event.execution;
      const { status } = event.order;
      return [
        `${status} #${orderId} ${quantityLots}@${priceTicks} ${liquidity} fee ${feeMicros} gain ${realisedMicros}`,
      ];
    }
    case 'orderCanceled':
    case 'orderExpired':
      return [`${event.order.status} #${event.order.orderId} ${event.order.rejectReason}`];
    case 'phaseChanged': {
      const { symbol, phase, endsNs, haltReason, extensions } = event;
      return [`phase ${symbol} ${phase} ${endsNs} ${haltReason} ${extensions}`];
    }
    case 'dividendPaid': {
      const { symbol, amount, quantityLots, cashMicros } = event;
      return [`dividend ${symbol} ${amount} on ${quantityLots}: ${cashMicros}`];
    }
    case 'stockSplit': {
      const { symbol, priceTicks, quantityLots, cashMicros } = event;
      return [`split ${symbol} now ${quantityLots} lots at ${priceTicks}, cash ${cashMicros}`];
    }
    case 'marginCallChanged': {
      const { marginCall: call, equityMicros, maintenanceMicros } = event;
      const how = call ? callText(call) : 'call met';
      return [`${how}, equity ${equityMicros} maintenance ${maintenanceMicros}`];
    }
    case 'positionChanged':
    case 'accountChanged':
      return [];
    default:
      return [event.type];
  }
}
