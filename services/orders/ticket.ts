/** A trader's request in decimals -> a ticket on the instrument's grid. Pure. */
import { notionalMicros, quantityLots } from '@sandpit/schemas/decimal.ts';
import type { OrderRequest, ReplaceRequest } from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Order, OrderTicket } from '@sandpit/schemas/order.ts';
import type { PriceTicks, QuantityLots } from '@sandpit/schemas/units.ts';
import type { FieldError } from '../platform/errors.ts';
import {
  displayLotsOf,
  hasTrigger,
  instructionsOf,
  isSameInstructions,
  mayHaveLimit,
  pegOffsetOf,
  takesLimit,
  ticksOf,
} from './instructions.ts';

export type Parsed<Value> = { value: Value; errors: null } | { value: null; errors: FieldError[] };

const refused = (errors: FieldError[]): { value: null; errors: FieldError[] } => ({
  value: null,
  errors,
});

/** All that is wrong with a request, at once; else its ticket. */
export function ticketOf(
  request: OrderRequest,
  instrument: Instrument,
  opensAtMs = 0,
): Parsed<OrderTicket> {
  const errors: FieldError[] = [];
  const lots = lotsOf(request.quantity, instrument, errors);
  const ticks = limitOf(request, instrument, errors);
  const instructions = instructionsOf(request, instrument, opensAtMs, errors);
  if (request.postOnly && !takesLimit(request.type)) {
    const message = 'Only an order with a limit price can be post-only.';
    errors.push({ path: 'postOnly', message });
  }
  const isImmediate = request.timeInForce === 'ioc' || request.timeInForce === 'fok';
  if (request.postOnly && isImmediate) {
    errors.push({ path: 'timeInForce', message: 'A post-only order rests: use day or gtc.' });
  }
  const isForAuction = request.timeInForce === 'opg' || request.timeInForce === 'cls';
  if ((isImmediate || isForAuction) && hasTrigger(request.type)) {
    const message = 'An order that waits for a trigger is day or gtc.';
    errors.push({ path: 'timeInForce', message });
  }
  if (lots !== null && ticks !== null && !isSafeNotional(ticks, lots, instrument)) {
    errors.push({ path: 'quantity', message: 'Quantity times price is too large.' });
  }
  if (errors.length > 0 || lots === null) return refused(errors);
  return {
    value: {
      clientOrderId: request.clientOrderId,
      symbol: request.symbol,
      side: request.side,
      type: request.type,
      quantityLots: lots,
      limitTicks: ticks,
      timeInForce: request.timeInForce ?? (request.type === 'market' ? 'ioc' : 'day'),
      postOnly: request.postOnly ?? false,
      ...(instructions && { instructions }),
    },
    errors: null,
  };
}

export interface Replacement {
  /** null = unchanged. */
  quantityLots: QuantityLots | null;
  limitTicks: PriceTicks | null;
  stopTicks?: PriceTicks | null;
  displayLots?: number | null;
  /** 0 = none any more. */
  minimumLots?: number | null;
  pegOffsetTicks?: number | null;
}

export function replacementOf(
  request: ReplaceRequest,
  instrument: Instrument,
): Parsed<Replacement> {
  const { quantity, limitPrice, stopPrice, displayQuantity, minimumQuantity, pegOffset } = request;
  const errors: FieldError[] = [];
  const fail = (path: string, message: string) => errors.push({ path, message });
  const lots = quantity === undefined ? null : lotsOf(quantity, instrument, errors);
  const ticksAt = (path: string, text?: string) =>
    text === undefined ? null : ticksOf(path, text, instrument, errors);
  const limitTicks = ticksAt('limitPrice', limitPrice);
  const stopTicks = ticksAt('stopPrice', stopPrice);
  const displayLots =
    displayQuantity === undefined
      ? null
      : displayLotsOf(displayQuantity, quantity, instrument, fail);
  const minimumLots = minimumQuantity === undefined ? null : minimumOf(minimumQuantity, instrument);
  if (minimumQuantity !== undefined && minimumLots === null) {
    const lots = `multiple of the lot size ${instrument.lotSize}`;
    fail('minimumQuantity', `Takes a ${lots}, or 0 for none any more.`);
  }
  const pegOffsetTicks = pegOffset === undefined ? null : pegOffsetOf(pegOffset, instrument, fail);
  if (errors.length > 0) return refused(errors);
  const value = {
    quantityLots: lots,
    limitTicks,
    ...(stopTicks !== null && { stopTicks }),
    ...(displayLots !== null && { displayLots }),
    ...(minimumLots !== null && { minimumLots }),
    ...(pegOffsetTicks !== null && { pegOffsetTicks }),
  };
  return { value, errors: null };
}

/** "0" takes it away. */
function minimumOf(text: string, instrument: Instrument): number | null {
  const lots = Number(text) === 0 ? 0 : quantityLots(text, instrument);
  return lots !== null && lots >= 0 ? lots : null;
}

/** The venue sets the limit of a market-to-limit order, and may move that of a post-only one. */
function limitAsked({ type, limitTicks, progress }: Order): number | null {
  return type === 'marketToLimit' ? null : (progress?.slidFromTicks ?? limitTicks);
}

/** True when the order is what the ticket asks for, so that a repeat may have its answer. */
export function isSameTicket(order: Order, ticket: OrderTicket): boolean {
  return (
    order.symbol === ticket.symbol &&
    order.side === ticket.side &&
    order.type === ticket.type &&
    order.quantityLots === ticket.quantityLots &&
    limitAsked(order) === ticket.limitTicks &&
    order.timeInForce === ticket.timeInForce &&
    order.postOnly === ticket.postOnly &&
    isSameInstructions(order.instructions, ticket.instructions)
  );
}

function limitOf(
  { type, limitPrice }: OrderRequest,
  instrument: Instrument,
  errors: FieldError[],
): PriceTicks | null {
  if (!takesLimit(type) && !(mayHaveLimit(type) && limitPrice !== undefined)) {
    if (limitPrice !== undefined) {
      const message = `An order of type ${type} takes no limit price.`;
      errors.push({ path: 'limitPrice', message });
    }
    return null;
  }
  if (limitPrice === undefined) {
    errors.push({ path: 'limitPrice', message: `An order of type ${type} needs a limit price.` });
    return null;
  }
  return ticksOf('limitPrice', limitPrice, instrument, errors);
}

function lotsOf(text: string, instrument: Instrument, errors: FieldError[]): QuantityLots | null {
  const lots = quantityLots(text, instrument);
  const { lotSize, maxOrderLots } = instrument;
  if (lots === null) {
    errors.push({ path: 'quantity', message: `Not a multiple of the lot size ${lotSize}.` });
  } else if (lots < 1 || lots > maxOrderLots) {
    const message = `Must be 1 to ${maxOrderLots} lots of ${lotSize}.`;
    errors.push({ path: 'quantity', message });
    return null;
  }
  return lots;
}

function isSafeNotional(ticks: number, lots: number, instrument: Instrument): boolean {
  return Number.isSafeInteger(notionalMicros(ticks, lots, instrument));
}
