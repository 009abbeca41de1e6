/**
 * Judges an order ticket before it is sent: every rule of the venue that the desk can know, explained
 * beside the field it concerns. Whole ticks, lots and micros; the venue still has the last word.
 */
import { notionalMicros, priceText, priceTicks, quantityLots } from '@sandpit/schemas/decimal.ts';
import type { Gate, OrderRequest } from '@sandpit/schemas/http.ts';
import type { InstrumentSummary } from '@sandpit/schemas/instrument.ts';
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import type { OrderType, Side, TimeInForce } from '@sandpit/schemas/order.ts';
import { gateReasonText } from './gate-text.ts';
import type { LinkState } from './link.ts';
import { TYPES, waitsForTrigger } from './order-words.ts';
import {
  heldMicros,
  judgeHandling,
  judgeTrigger,
  mayPostOnly,
  peggedTicks,
  type TicketTerms,
  termsOf,
  timeOf,
} from './ticket-terms.ts';
import { isCollected, warningsOf } from './ticket-warnings.ts';
import { markHalfTicks } from './valuation.ts';

/** What stands in the fields, as typed. */
export interface TicketDraft extends TicketTerms {
  side: Side;
  type: OrderType;
  quantity: string;
  limitPrice: string;
  timeInForce: TimeInForce;
  postOnly: boolean;
}

export interface TicketContext {
  instrument: InstrumentSummary;
  quote: QuoteFrame | undefined;
  buyingPowerMicros: bigint;
  /** Signed. */
  positionLots: number;
  /** Open lots of the instrument's own orders, by side: they may take what there is to close first. */
  workingLots: Record<Side, number>;
  gate: Gate;
  link: LinkState;
  venue: 'running' | 'paused' | 'stopped';
  /** It was put away: its market stands, and an order would wake it. */
  isAway?: boolean;
  /** A kill switch is on. */
  isKilled?: boolean;
  /** Simulated time; null before it is known. */
  simulatedMs: number | null;
}

export type TicketField =
  | 'quantity'
  | 'limitPrice'
  | 'stopPrice'
  | 'trail'
  | 'limitOffset'
  | 'expireAt'
  | 'minimumQuantity'
  | 'displayQuantity'
  | 'pegOffset'
  | 'pegLimit';
export type TicketErrors = Partial<Record<TicketField, string>>;

export interface TicketVerdict {
  errors: TicketErrors;
  /** Why nothing can be sent now, whatever the fields say; null when something can. */
  blocked: string | null;
  /** Worth knowing, not wrong. */
  warnings: string[];
  /** Ready to send; null while something is wrong with the fields. */
  request: Omit<OrderRequest, 'clientOrderId'> | null;
  /** Where the trigger stands, for a trailing one as it starts; null without one. */
  triggerTicks: number | null;
  notionalMicros: number | null;
  feeMicros: number | null;
  buyingPowerAfterMicros: bigint | null;
}

const PPM = 1_000_000;

const LINK_BLOCKS: Partial<Record<LinkState, string>> = {
  connecting: 'Connecting to your venue. Trading opens in a moment.',
  stale: 'Prices are stale. Trading reopens when the feed is back.',
  recovering: 'Your venue is recovering. Trading reopens by itself.',
  halted: 'Your venue is halted. Open orders can still be canceled.',
  reconnecting: 'Connection lost. Trading reopens when it is back.',
  offline: 'You are offline. Trading reopens when you are back.',
  ended: 'This venue cannot be reached any more.',
};

/** "1,250.5 " -> "1250.5", ".5" -> "0.5"; null when it is not a number above zero. */
export function cleanNumber(text: string): string | null {
  const plain = text
    .replace(/[\s,_]/g, '')
    .replace(/^\./, '0.')
    .replace(/\.$/, '');
  if (!/^\d{1,16}(\.\d{1,9})?$/.test(plain) || !/[1-9]/.test(plain)) return null;
  return plain.replace(/^0+(?=\d)/, '');
}

const ticksOf = (text: string | null | undefined, instrument: InstrumentSummary) =>
  text ? priceTicks(text, instrument) : null;

export function judgeTicket(draft: TicketDraft, context: TicketContext): TicketVerdict {
  const { instrument } = context;
  const errors: TicketErrors = {};
  const lots = lotsOf(draft, instrument, errors);
  const waits = waitsForTrigger(draft.type);
  const triggerTicks = judgeTrigger(draft, context, errors);
  const limitTicks = TYPES[draft.type].limit
    ? limitOf('limitPrice', draft, triggerTicks, context, errors)
    : peggedTicks(draft, capOf(draft, context, errors), context);
  const isPostOnly = draft.postOnly && mayPostOnly(draft);
  const crosses =
    !waits &&
    !isCollected(draft, context.quote) &&
    !TYPES[draft.type].peg &&
    (!TYPES[draft.type].limit || wouldCross(draft.side, limitTicks, context));
  const money = costOf(draft, lots, { limitTicks, triggerTicks, crosses }, context);
  checkMoney(draft, lots, money, context, errors);
  judgeHandling(draft, lots, context, errors);
  if (isPostOnly && !draft.slides && !waits && crosses && limitTicks !== null)
    errors.limitPrice ??= 'Post-only would trade at once. Move the price away from the other side.';
  const isValid = Object.values(errors).every((message) => !message);
  return {
    errors,
    blocked: blockedBecause(draft, lots, context),
    warnings: warningsOf(draft, crosses && !isPostOnly, limitTicks, context),
    request: isValid ? requestOf(draft, instrument) : null,
    triggerTicks,
    notionalMicros: money?.notionalMicros ?? null,
    feeMicros: money?.feeMicros ?? null,
    buyingPowerAfterMicros: money?.buyingPowerAfterMicros ?? null,
  };
}

function lotsOf(
  { quantity }: TicketDraft,
  instrument: InstrumentSummary,
  errors: TicketErrors,
): number | null {
  const text = cleanNumber(quantity);
  const lots = text === null ? null : quantityLots(text, instrument);
  if (text === null)
    errors.quantity = quantity.trim() ? 'Enter a number above zero.' : 'Enter a quantity.';
  else if (lots === null) errors.quantity = `Use steps of ${instrument.lotSize}.`;
  else if (lots > instrument.maxOrderLots)
    errors.quantity = 'Above the largest order for this instrument.';
  return errors.quantity ? null : lots;
}

/** The limit of a waiting order is judged around its trigger: the market is elsewhere then. */
function limitOf(
  field: 'limitPrice' | 'pegLimit',
  { [field]: typed }: TicketDraft,
  triggerTicks: number | null,
  context: TicketContext,
  errors: TicketErrors,
): number | null {
  const { instrument } = context;
  const text = cleanNumber(typed);
  const ticks = text === null ? null : priceTicks(text, instrument);
  if (text === null)
    errors[field] = typed.trim() ? 'Enter a price above zero.' : 'Enter a limit price.';
  else if (ticks === null) errors[field] = `Use steps of ${instrument.tickSize}.`;
  if (ticks === null) return null;
  const { collarPpm } = instrument;
  const band = triggerTicks
    ? bandAround(triggerTicks * 2, collarPpm)
    : bandTicks(context, collarPpm);
  if (band && (ticks < band.low || ticks > band.high)) {
    const range = `${priceText(band.low, instrument)} to ${priceText(band.high, instrument)}`;
    errors[field] =
      `Too far from the ${triggerTicks ? 'trigger' : 'market'}. The venue takes ${range}.`;
  }
  return ticks;
}

/** A pegged order may have a limit: as far as it goes. */
const capOf = (draft: TicketDraft, context: TicketContext, errors: TicketErrors) =>
  TYPES[draft.type].peg && draft.pegLimit.trim()
    ? limitOf('pegLimit', draft, null, context, errors)
    : null;

/** Ticks within `ppm` of the mark; null without a market. */
export function bandTicks({ instrument, quote }: TicketContext, ppm: number) {
  const half = quote ? markHalfTicks(quote, instrument) : null;
  return half === null ? null : bandAround(half, ppm);
}

/** @param half  Twice the price in ticks. */
function bandAround(half: number, ppm: number) {
  const reach = (half * ppm) / (2 * PPM);
  return { low: Math.max(1, Math.ceil(half / 2 - reach)), high: Math.floor(half / 2 + reach) };
}

/** Best price on the side that the order would take from, else the last one. */
function oppositeTicks(side: Side, { quote, instrument }: TicketContext): number | null {
  return ticksOf((side === 'buy' ? quote?.ask : quote?.bid) ?? quote?.last, instrument);
}

function wouldCross(
  side: Side,
  ticks: number | null,
  { quote, instrument }: TicketContext,
): boolean {
  if (ticks === null) return false;
  const bid = ticksOf(quote?.bid, instrument);
  const ask = ticksOf(quote?.ask, instrument);
  return side === 'buy' ? ask !== null && ticks >= ask : bid !== null && ticks <= bid;
}

interface Cost {
  notionalMicros: number;
  feeMicros: number;
  openingMicros: number;
  /** Buying power that it must find. */
  neededMicros: bigint;
  buyingPowerAfterMicros: bigint;
}

/** Lots that an order of `side` can close, beyond what working orders of the side may close. */
export function closableLots(
  side: Side,
  { positionLots, workingLots }: Pick<TicketContext, 'positionLots' | 'workingLots'>,
): number {
  const against = side === 'buy' ? -positionLots : positionLots;
  return Math.max(0, against - workingLots[side]);
}

/** Estimated at the limit, the trigger or the other side; null while that is not known. */
function costOf(
  draft: TicketDraft,
  lots: number | null,
  at: { limitTicks: number | null; triggerTicks: number | null; crosses: boolean },
  context: TicketContext,
): Cost | null {
  const { side, type } = draft;
  const { limit, trail, peg } = TYPES[type];
  const waits = waitsForTrigger(type);
  const ticks =
    limit || peg ? at.limitTicks : waits ? at.triggerTicks : oppositeTicks(side, context);
  if (lots === null || ticks === null || (waits && at.triggerTicks === null)) return null;
  const isTaker = at.crosses || (waits && !limit);
  const money = cost(side, lots, ticks, isTaker, context);
  if (!waits || at.triggerTicks === null) return money;
  const openingLots = lots - Math.min(lots, closableLots(side, context));
  const { instrument, buyingPowerMicros } = context;
  const held = heldMicros(
    draft,
    openingLots,
    at.triggerTicks,
    trail ? null : at.limitTicks,
    instrument,
  );
  return {
    ...money,
    openingMicros: held,
    neededMicros: BigInt(held),
    buyingPowerAfterMicros: buyingPowerMicros - BigInt(held),
  };
}

/** What of it closes a position frees money, what opens one takes it. */
function cost(
  side: Side,
  lots: number,
  ticks: number,
  isTaker: boolean,
  context: TicketContext,
): Cost {
  const { instrument, buyingPowerMicros } = context;
  const feePpm = isTaker ? instrument.takerFeePpm : instrument.makerFeePpm;
  const closingLots = Math.min(lots, closableLots(side, context));
  const notional = notionalMicros(ticks, lots, instrument);
  const closing = notionalMicros(ticks, closingLots, instrument);
  const feeMicros = Math.ceil((notional * feePpm) / PPM);
  const openingMicros = notional - closing;
  const change = BigInt(closing) - BigInt(openingMicros) - BigInt(feeMicros);
  const after = buyingPowerMicros + change;
  return {
    notionalMicros: notional,
    feeMicros,
    openingMicros,
    neededMicros: BigInt(openingMicros) + BigInt(Math.max(0, feeMicros)),
    buyingPowerAfterMicros: after,
  };
}

function checkMoney(
  { side }: TicketDraft,
  lots: number | null,
  money: Cost | null,
  context: TicketContext,
  errors: TicketErrors,
): void {
  const { instrument, buyingPowerMicros } = context;
  if (lots === null || errors.quantity) return;
  if (side === 'sell' && !instrument.shortable && lots > closableLots(side, context))
    errors.quantity = 'This instrument cannot be sold short. Sell at most what you hold.';
  else if (money && money.openingMicros > 0 && money.neededMicros > buyingPowerMicros)
    errors.quantity = 'More than your buying power. Lower the quantity.';
}

function blockedBecause(
  { side }: TicketDraft,
  lots: number | null,
  { link, gate, venue, isAway, isKilled, positionLots }: TicketContext,
): string | null {
  const lost = LINK_BLOCKS[link];
  if (lost) return lost;
  if (venue === 'stopped') return 'This simulator has stopped. Start a new one to trade.';
  if (isAway) return 'This simulator was put away. Wake it to trade.';
  if (isKilled) return 'The kill switch is on: nothing is taken but cancels.';
  if (gate.state === 'closed')
    return `Trading is closed for this connection${because(gate)}. Cancels pass.`;
  const reduces = side === 'buy' ? -positionLots : positionLots;
  if (gate.state === 'reduceOnly' && (lots === null || lots > reduces))
    return `Only orders that reduce a position pass now${because(gate)}.`;
  return null;
}

const because = ({ reasons }: Gate) =>
  reasons.length ? ` (${reasons.map(gateReasonText).join(', ')})` : '';

function requestOf(draft: TicketDraft, { symbol }: InstrumentSummary): TicketVerdict['request'] {
  const { side, type } = draft;
  const quantity = cleanNumber(draft.quantity) ?? '';
  const request = { symbol, side, type, quantity, ...termsOf(draft) };
  const timeInForce = timeOf(draft);
  if (type === 'market' && timeInForce === 'ioc' && !request.minimumQuantity) return request;
  const timed = { ...request, timeInForce };
  if (!TYPES[type].limit) return timed;
  const limitPrice = cleanNumber(draft.limitPrice) ?? '';
  return { ...timed, limitPrice, postOnly: draft.postOnly && mayPostOnly(draft) };
}
