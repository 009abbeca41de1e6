/** The limits of an account in the plainest words. Judged is what an order may open, at worst. */
import type { OrderTicket, RejectReason } from '@sandpit/schemas/order.ts';
import { NO_LIMITS, type RiskLimits } from '@sandpit/schemas/risk.ts';
import { MAX_OPEN_ORDERS } from '../limits.ts';
import { counted } from './reference-lists.ts';
import { notionalOf } from './reference-money.ts';
import {
  keepsItsPlace,
  priceToJudgeBy,
  type ReferenceListing,
  type ReferenceTraderOrder,
  reducibleOf,
  type Terms,
} from './reference-order.ts';

const SECOND = 1_000_000_000;

/** What an order is judged against. */
export interface Around {
  listing: ReferenceListing;
  /** All of the instrument's, resting and waiting. */
  open: readonly ReferenceTraderOrder[];
  limits: RiskLimits;
}

/** Lots of the same side that may trade before it, or after. */
function others({ open }: Around, { ticket, replaces, isAlone }: Terms): number {
  if (isAlone) return 0;
  return counted(open, replaces)
    .filter(({ side, isReduceOnly }) => side === ticket.side && !isReduceOnly)
    .reduce((sum, { lots }) => sum + lots, 0);
}

const wantedOf = ({ quantityLots, replaces }: Terms): number =>
  quantityLots - (replaces?.filledLots ?? 0);

export function mayOpen(around: Around, terms: Terms): number {
  const { ticket, closes } = terms;
  if (closes || ticket.instructions?.reduceOnly || keepsItsPlace(terms)) return 0;
  const free = Math.max(0, reducibleOf(around.listing, ticket.side) - others(around, terms));
  return Math.max(0, wantedOf(terms) - free);
}

/** Where the position would end, seen from its side, if all that is open of it traded. */
function atWorst(around: Around, terms: Terms): number {
  const { lots } = around.listing.position;
  const held = terms.ticket.side === 'buy' ? lots : -lots;
  return held + others(around, terms) + wantedOf(terms);
}

export function collarPpmOf(around: Around, terms: Terms): number {
  const { collarPpm } = around.listing.instrument;
  const { collarPpm: own } = around.limits;
  return own !== null && mayOpen(around, terms) > 0 ? Math.min(own, collarPpm) : collarPpm;
}

export function reasonOfSize(around: Around, terms: Terms): RejectReason | null {
  const { instrument } = around.listing;
  const opening = mayOpen(around, terms);
  const { maxOrderSizePercent: percent } = around.limits;
  const most = Math.max(1, Math.floor((instrument.maxOrderLots * (percent ?? 100)) / 100));
  if (percent !== null && opening > most) return 'orderSizeExceeded';
  return isWorthTooMuch(around, terms) ? 'orderNotionalExceeded' : null;
}

export function isWorthTooMuch(around: Around, terms: Terms): boolean {
  const { ticket, waits, limitTicks } = terms;
  const { maxOrderNotionalMicros: most } = around.limits;
  const trigger = waits ? (ticket.instructions?.stopTicks ?? null) : null;
  const ticks = limitTicks ?? trigger ?? priceToJudgeBy(around.listing);
  const worth = notionalOf(ticks, mayOpen(around, terms), around.listing.instrument);
  return most !== null && worth > BigInt(most);
}

export function reasonOfExposure(around: Around, terms: Terms): RejectReason | null {
  if (mayOpen(around, terms) === 0) return null;
  const { instrument } = around.listing;
  const { borrowPercent, maxPositionMicros } = around.limits;
  const lots = atWorst(around, terms);
  const share = borrowPercent ?? 100;
  const toBorrow = instrument.borrowableLots ?? (share === 0 ? 0 : null);
  const available = toBorrow === null ? null : Math.floor((toBorrow * share) / 100);
  if (terms.ticket.side === 'sell' && available !== null && lots > available) {
    return 'borrowUnavailable';
  }
  const worth = notionalOf(priceToJudgeBy(around.listing), lots, instrument);
  if (maxPositionMicros !== null && worth > BigInt(maxPositionMicros)) {
    return 'positionLimitExceeded';
  }
  return null;
}

/** Orders and amendments sent, and orders of late. */
export class ReferenceRate {
  readonly limits: RiskLimits;
  sent: number[] = [];

  constructor(limits: RiskLimits = NO_LIMITS) {
    this.limits = limits;
  }

  get openMost(): number {
    return Math.min(MAX_OPEN_ORDERS, this.limits.maxOpenOrders ?? MAX_OPEN_ORDERS);
  }

  note(nowNs: number, reason: RejectReason | null, count = 1): void {
    if (reason === 'orderRateExceeded') return;
    for (let i = 0; i < count; i++) this.sent.push(nowNs);
  }

  /** @param before  Of the same list, judged before it. */
  isExceeded(nowNs: number, before: number): boolean {
    const { ordersPerSecond: most } = this.limits;
    const lately = this.sent.filter((ns) => ns > nowNs - SECOND).length;
    return most !== null && lately + before >= most;
  }

  isRepeated(orders: readonly ReferenceTraderOrder[], ticket: OrderTicket, nowNs: number): boolean {
    const { duplicateWindowMs: window } = this.limits;
    if (window === null) return false;
    return orders.some(({ ticket: other, status, createdNs, asked }) => {
      const isOld = createdNs <= nowNs - window * 1_000_000;
      if (isOld || status === 'rejected') return false;
      const same = (['symbol', 'side', 'type'] as const).every((key) => other[key] === ticket[key]);
      return same && asked === textOf(ticket);
    });
  }
}

/** What makes two tickets the same to the eye. */
export const textOf = ({ quantityLots, limitTicks, instructions }: OrderTicket): string =>
  `${quantityLots}@${limitTicks} ${instructions?.stopTicks ?? null}`;
