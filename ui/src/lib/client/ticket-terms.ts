/** The ticket beyond side, size, limit and time in force: triggers and how an order is handled. */
import {
  notionalMicros,
  priceText,
  priceTicks,
  quantityLots,
  stepsOf,
} from '@sandpit/schemas/decimal.ts';
import type { OrderRequest } from '@sandpit/schemas/http.ts';
import type {
  PegPriceType,
  SelfTradePrevention,
  TriggerReference,
} from '@sandpit/schemas/instructions.ts';
import type { InstrumentSummary } from '@sandpit/schemas/instrument.ts';
import type { OrderType, Side, TimeInForce } from '@sandpit/schemas/order.ts';
import { REFERENCES, TYPES, timesOf, waitsForTrigger } from './order-words.ts';
import { cleanNumber, closableLots, type TicketContext, type TicketErrors } from './ticket.ts';

/** As typed. */
export interface TicketTerms {
  stopPrice: string;
  triggerReference: TriggerReference;
  trailBy: 'amount' | 'percent';
  trail: string;
  limitOffset: string;
  /** UTC without a zone, as the field gives it: "2026-01-05T15:30". */
  expireAt: string;
  /** A post-only order that would trade rests one tick behind instead. */
  slides: boolean;
  reduceOnly: boolean;
  selfTradePrevention: SelfTradePrevention;
  minimumQuantity: string;
  /** As a whole or not at all, now or later. */
  allOrNone: boolean;
  pegPriceType: PegPriceType;
  /** Signed; empty = none. */
  pegOffset: string;
  /** Of a pegged order: as far as it goes; empty = as far as the venue lets it. */
  pegLimit: string;
  /** Of what rests, how much the others see. */
  display: 'all' | 'part' | 'none';
  displayQuantity: string;
}

export const PLAIN_TERMS: Readonly<TicketTerms> = {
  stopPrice: '',
  triggerReference: 'last',
  trailBy: 'percent',
  trail: '',
  limitOffset: '',
  expireAt: '',
  slides: false,
  reduceOnly: false,
  selfTradePrevention: 'expireTaker',
  minimumQuantity: '',
  allOrNone: false,
  pegPriceType: 'primary',
  pegOffset: '',
  pegLimit: '',
  display: 'all',
  displayQuantity: '',
};

interface Draft extends TicketTerms {
  side: Side;
  type: OrderType;
  timeInForce: TimeInForce;
  postOnly: boolean;
}

const PPM = 1_000_000;

/** What the chosen type cannot carry falls back, so that a change of type leaves nothing behind. */
export function timeOf({ type, timeInForce }: Pick<Draft, 'type' | 'timeInForce'>): TimeInForce {
  // Whether there are auctions is the venue's to say: a ticket offers them only where there are.
  if (timesOf(type, true).includes(timeInForce)) return timeInForce;
  return type === 'market' ? 'ioc' : 'gtc';
}

const isResting = (time: TimeInForce) => time === 'gtc' || time === 'day' || time === 'gtd';

export const mayPostOnly = (draft: Pick<Draft, 'type' | 'timeInForce'>): boolean =>
  !!TYPES[draft.type].limit && isResting(timeOf(draft));

type Handled = Pick<Draft, 'type' | 'timeInForce' | 'postOnly' | 'reduceOnly'>;

const restsAtLimit = ({ type, timeInForce }: Pick<Draft, 'type' | 'timeInForce'>): boolean =>
  !!(TYPES[type].limit || TYPES[type].offset) && isResting(timeOf({ type, timeInForce }));

/** An order that rests may ask to trade only in large enough parts: it takes when it can. */
export const mayBeWhole = (draft: Handled): boolean =>
  restsAtLimit(draft) && !(draft.postOnly && mayPostOnly(draft)) && !draft.reduceOnly;

const isWhole = (draft: Handled & Pick<Draft, 'allOrNone'>) => draft.allOrNone && mayBeWhole(draft);

export const mayHaveMinimum = (draft: Handled & Pick<Draft, 'allOrNone'>): boolean =>
  !isWhole(draft) &&
  (mayBeWhole(draft) || (!waitsForTrigger(draft.type) && timeOf(draft) === 'ioc'));

/** Whether what rests of it can be shown in part; with a minimum it is hidden anyhow. */
export const mayHide = (draft: Handled & Pick<Draft, 'allOrNone' | 'minimumQuantity'>): boolean =>
  (restsAtLimit(draft) || (draft.type === 'marketToLimit' && isResting(timeOf(draft)))) &&
  !isWhole(draft) &&
  !(mayHaveMinimum(draft) && draft.minimumQuantity.trim());

/** Twice the price that a trigger is compared with, in ticks (a mid may be half of one); null = none. */
export function reference2(
  reference: TriggerReference,
  side: Side,
  { quote, instrument }: Pick<TicketContext, 'quote' | 'instrument'>,
): number | null {
  const ticks = (text?: string | null) => (text ? priceTicks(text, instrument) : null);
  const [bid, ask, last] = [ticks(quote?.bid), ticks(quote?.ask), ticks(quote?.last)];
  if (reference === 'mid') return bid === null || ask === null ? null : bid + ask;
  const single = reference === 'last' ? last : side === 'buy' ? ask : bid;
  return single === null ? null : 2 * single;
}

/** @returns ticks at which the order fires, for a trailing one as it starts; null while unknown. */
export function judgeTrigger(
  draft: Draft,
  context: TicketContext,
  errors: TicketErrors,
): number | null {
  const { stop, trail, offset } = TYPES[draft.type];
  if (offset) judgeOffset(draft, context.instrument, errors);
  if (stop) return stopTicks(draft, context, errors);
  return trail ? trailTicks(draft, context, errors) : null;
}

function stopTicks(draft: Draft, context: TicketContext, errors: TicketErrors): number | null {
  const { instrument } = context;
  const { side, type, stopPrice, triggerReference } = draft;
  const ticks = gridTicks('stopPrice', stopPrice, instrument, errors, 'a trigger price');
  const twice = reference2(triggerReference, side, context);
  if (ticks === null || twice === null) return ticks;
  const firesAbove = firesAbovePrice(type, side);
  if (firesAbove ? twice < 2 * ticks : twice > 2 * ticks) return ticks;
  const now = priceText(firesAbove ? Math.ceil(twice / 2) : Math.floor(twice / 2), instrument);
  errors.stopPrice = `${REFERENCES[triggerReference]} is ${now} already: the trigger goes ${firesAbove ? 'above' : 'below'} it.`;
  return ticks;
}

/** A stop fires as the market goes against its side, an if-touched order as it goes its way. */
export const firesAbovePrice = (type: OrderType, side: Side): boolean =>
  (TYPES[type].stop === 'touch') === (side === 'sell');

function trailTicks(draft: Draft, context: TicketContext, errors: TicketErrors): number | null {
  const { instrument } = context;
  const { side, trail, trailBy, triggerReference } = draft;
  const twice = reference2(triggerReference, side, context);
  let distance: number | null;
  if (trailBy === 'amount') distance = gridTicks('trail', trail, instrument, errors, 'a distance');
  else {
    const text = cleanNumber(trail);
    const ppm = text === null ? null : stepsOf(text, '0.0001');
    if (text === null)
      errors.trail = trail.trim() ? 'Enter a number above zero.' : 'Enter a distance.';
    else if (ppm === null || ppm >= PPM)
      errors.trail = 'Use a percentage below 100 with at most four decimals.';
    distance =
      errors.trail || twice === null ? null : Math.max(1, Math.round((twice * ppm!) / (2 * PPM)));
  }
  if (distance === null || twice === null) return null;
  if (side === 'buy') return Math.ceil(twice / 2) + distance;
  const ticks = Math.floor(twice / 2) - distance;
  if (ticks < 1) errors.trail = 'The distance is larger than the price.';
  return Math.max(1, ticks);
}

function judgeOffset(draft: Draft, instrument: InstrumentSummary, errors: TicketErrors): void {
  const text = offsetText(draft.limitOffset);
  if (text === null) errors.limitOffset = 'Enter a price difference, 0 or more.';
  else if (priceTicks(text, instrument) === null)
    errors.limitOffset = `Use steps of ${instrument.tickSize}.`;
}

const offsetText = (text: string) => (/^\s*0+(\.0*)?\s*$/.test(text) ? '0' : cleanNumber(text));

function gridTicks(
  field: 'stopPrice' | 'trail',
  typed: string,
  instrument: InstrumentSummary,
  errors: TicketErrors,
  what: string,
): number | null {
  const text = cleanNumber(typed);
  const ticks = text === null ? null : priceTicks(text, instrument);
  if (text === null) errors[field] = typed.trim() ? 'Enter a price above zero.' : `Enter ${what}.`;
  else if (ticks === null) errors[field] = `Use steps of ${instrument.tickSize}.`;
  return ticks;
}

export function judgeHandling(
  draft: Draft,
  lots: number | null,
  context: TicketContext,
  errors: TicketErrors,
): void {
  const { instrument, simulatedMs } = context;
  if (timeOf(draft) === 'gtd') {
    const untilMs = expiryMs(draft.expireAt);
    if (Number.isNaN(untilMs)) errors.expireAt = 'Choose when it ends, in simulated time.';
    else if (simulatedMs !== null && untilMs <= simulatedMs)
      errors.expireAt = 'That is past in simulated time. Choose a later time.';
  }
  if (draft.minimumQuantity.trim() && mayHaveMinimum(draft)) {
    const text = cleanNumber(draft.minimumQuantity);
    const least = text === null ? null : quantityLots(text, instrument);
    if (least === null) errors.minimumQuantity = `Use steps of ${instrument.lotSize}.`;
    else if (lots !== null && least > lots)
      errors.minimumQuantity = 'More than the quantity itself.';
  }
  if (TYPES[draft.type].peg && pegTicks(draft.pegOffset, instrument) === null)
    errors.pegOffset = `A difference in steps of ${instrument.tickSize}, such as -${instrument.tickSize}.`;
  judgeDisplay(draft, lots, instrument, errors);
  if (!draft.reduceOnly || waitsForTrigger(draft.type) || errors.quantity) return;
  const free = closableLots(draft.side, { ...context, workingLots: { buy: 0, sell: 0 } });
  if (free === 0)
    errors.quantity = `Reduce-only: there is no position that a ${draft.side} reduces.`;
}

/** As the venue reads it, "0" for none; of what `pegTicks` has found to be on the grid. */
export const pegOffsetText = (typed: string): string =>
  typed
    .trim()
    .replace('−', '-')
    .replace(/^\+/, '')
    .replace(/^(-?)\./, '$10.') || '0';

/** @returns null for what is no difference on the grid. */
export function pegTicks(typed: string, instrument: InstrumentSummary): number | null {
  const text = typed.trim().replace('−', '-');
  const amount = offsetText(text.replace(/^[+-]/, '') || '0');
  const ticks = amount === null ? null : priceTicks(amount, instrument);
  return ticks === null ? null : text.startsWith('-') ? -ticks : ticks;
}

/**
 * Where a pegged order would stand now; null without a reference.
 *
 * @param capTicks  As far as it goes; null = no limit of its own.
 */
export function peggedTicks(
  { type, side, pegPriceType, pegOffset }: Draft,
  capTicks: number | null,
  { quote, instrument }: Pick<TicketContext, 'quote' | 'instrument'>,
): number | null {
  if (!TYPES[type].peg) return null;
  const ticks = (text?: string | null) => (text ? priceTicks(text, instrument) : null);
  const [bid, ask] = [ticks(quote?.bid), ticks(quote?.ask)];
  const [own, other] = side === 'buy' ? [bid, ask] : [ask, bid];
  const mid = bid === null || ask === null ? null : (bid + ask) / 2;
  const follows = { primary: own, market: other, mid }[pegPriceType];
  const offset = pegTicks(pegOffset, instrument);
  if (follows === null || offset === null) return null;
  const at = follows + offset;
  if (side === 'buy') return Math.max(1, Math.floor(Math.min(at, capTicks ?? at)));
  return Math.max(1, Math.ceil(at), capTicks ?? 0);
}

/** The venue shows an order in at most so many parts. */
const MAX_PARTS = 100;

function judgeDisplay(
  draft: Draft,
  lots: number | null,
  instrument: InstrumentSummary,
  errors: TicketErrors,
): void {
  if (draft.display !== 'part' || !mayHide(draft)) return;
  const text = cleanNumber(draft.displayQuantity);
  const shown = text === null ? null : quantityLots(text, instrument);
  if (text === null) errors.displayQuantity = 'Enter what to show at a time.';
  else if (shown === null) errors.displayQuantity = `Use steps of ${instrument.lotSize}.`;
  else if (lots !== null && shown > lots) errors.displayQuantity = 'More than the quantity itself.';
  else if (lots !== null && shown * MAX_PARTS < lots)
    errors.displayQuantity = 'Show at least a hundredth of the order, or nothing.';
}

const expiryMs = (local: string) => Date.parse(local ? `${local}Z` : '');

/** Money that the order holds while it waits: at its limit, or what a market order may pay at most. */
export function heldMicros(
  draft: Draft,
  lots: number,
  triggerTicks: number,
  limitTicks: number | null,
  instrument: InstrumentSummary,
): number {
  const offset = TYPES[draft.type].offset
    ? priceTicks(offsetText(draft.limitOffset) ?? '0', instrument)
    : null;
  const isBuy = draft.side === 'buy';
  let ticks = limitTicks ?? triggerTicks;
  if (offset !== null) ticks = Math.max(1, triggerTicks + (isBuy ? offset : -offset));
  else if (limitTicks === null && isBuy)
    ticks = Math.floor((triggerTicks * (PPM + instrument.collarPpm)) / PPM);
  const notional = notionalMicros(ticks, lots, instrument);
  return notional + Math.max(0, Math.ceil((notional * instrument.makerFeePpm) / PPM));
}

/** The fields of a request that go beyond a plain order; only those that say something. */
export function termsOf(draft: Draft): Partial<OrderRequest> {
  const { type, triggerReference } = draft;
  const { stop, trail, offset } = TYPES[type];
  const request: Partial<OrderRequest> = {};
  if (stop) request.stopPrice = cleanNumber(draft.stopPrice) ?? '';
  if (trail)
    request[draft.trailBy === 'amount' ? 'trailAmount' : 'trailPercent'] =
      cleanNumber(draft.trail) ?? '';
  if (offset) request.limitOffset = offsetText(draft.limitOffset) ?? '';
  if ((stop || trail) && triggerReference !== 'last') request.triggerReference = triggerReference;
  if (timeOf(draft) === 'gtd') request.expireAt = new Date(expiryMs(draft.expireAt)).toISOString();
  if (draft.postOnly && draft.slides && mayPostOnly(draft)) request.postOnlyMode = 'slide';
  if (draft.reduceOnly) request.reduceOnly = true;
  if (draft.selfTradePrevention !== 'expireTaker')
    request.selfTradePrevention = draft.selfTradePrevention;
  const least = mayHaveMinimum(draft) ? cleanNumber(draft.minimumQuantity) : null;
  if (least !== null) request.minimumQuantity = least;
  if (TYPES[type].peg) {
    request.pegPriceType = draft.pegPriceType;
    const offset = pegOffsetText(draft.pegOffset);
    if (/[1-9]/.test(offset)) request.pegOffset = offset;
    const cap = cleanNumber(draft.pegLimit);
    if (cap !== null) request.limitPrice = cap;
  }
  if (isWhole(draft)) request.allOrNone = true;
  if (draft.display !== 'all' && mayHide(draft))
    request.displayQuantity =
      draft.display === 'none' ? '0' : (cleanNumber(draft.displayQuantity) ?? '');
  return request;
}
