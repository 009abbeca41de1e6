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
import { markHalfTicks } from './valuation.ts';

/** What stands in the fields, as typed. */
export interface TicketDraft {
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
}

export interface TicketVerdict {
  errors: { quantity?: string; limitPrice?: string };
  /** Why nothing can be sent now, whatever the fields say; null when something can. */
  blocked: string | null;
  /** Worth knowing, not wrong. */
  warnings: string[];
  /** Ready to send; null while something is wrong with the fields. */
  request: Omit<OrderRequest, 'clientOrderId'> | null;
  notionalMicros: number | null;
  feeMicros: number | null;
  buyingPowerAfterMicros: bigint | null;
}

const PPM = 1_000_000;
/** Far from the market by this much is worth a word before the collar refuses it. */
const WARN_AWAY_PPM = 20_000;

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
  const errors: TicketVerdict['errors'] = {};
  const lots = lotsOf(draft, instrument, errors);
  const limitTicks = draft.type === 'limit' ? limitOf(draft, context, errors) : null;
  const crosses = draft.type === 'market' || wouldCross(draft.side, limitTicks, context);
  const priceAt = draft.type === 'limit' ? limitTicks : oppositeTicks(draft.side, context);
  const money =
    lots === null || priceAt === null ? null : cost(draft.side, lots, priceAt, crosses, context);
  checkMoney(draft, lots, money, context, errors);
  if (draft.postOnly && draft.type === 'limit' && crosses && !errors.limitPrice)
    errors.limitPrice = 'Post-only would trade at once. Move the price away from the other side.';
  const isComplete = lots !== null && (draft.type === 'market' || limitTicks !== null);
  const isValid = isComplete && !errors.quantity && !errors.limitPrice;
  return {
    errors,
    blocked: blockedBecause(draft, lots, context),
    warnings: warningsOf(draft, crosses, limitTicks, context),
    request: isValid ? requestOf(draft, instrument) : null,
    notionalMicros: money?.notionalMicros ?? null,
    feeMicros: money?.feeMicros ?? null,
    buyingPowerAfterMicros: money?.buyingPowerAfterMicros ?? null,
  };
}

function lotsOf(
  { quantity }: TicketDraft,
  instrument: InstrumentSummary,
  errors: TicketVerdict['errors'],
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

function limitOf(
  { limitPrice }: TicketDraft,
  context: TicketContext,
  errors: TicketVerdict['errors'],
): number | null {
  const { instrument } = context;
  const text = cleanNumber(limitPrice);
  const ticks = text === null ? null : priceTicks(text, instrument);
  if (text === null)
    errors.limitPrice = limitPrice.trim() ? 'Enter a price above zero.' : 'Enter a limit price.';
  else if (ticks === null) errors.limitPrice = `Use steps of ${instrument.tickSize}.`;
  if (ticks === null) return null;
  const band = bandTicks(context, instrument.collarPpm);
  if (band && (ticks < band.low || ticks > band.high)) {
    const range = `${priceText(band.low, instrument)} to ${priceText(band.high, instrument)}`;
    errors.limitPrice = `Too far from the market. The venue takes ${range}.`;
  }
  return ticks;
}

/** Ticks within `ppm` of the mark; null without a market. */
function bandTicks({ instrument, quote }: TicketContext, ppm: number) {
  const half = quote ? markHalfTicks(quote, instrument) : null;
  if (half === null) return null;
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
  return { notionalMicros: notional, feeMicros, openingMicros, buyingPowerAfterMicros: after };
}

function checkMoney(
  { side }: TicketDraft,
  lots: number | null,
  money: Cost | null,
  context: TicketContext,
  errors: TicketVerdict['errors'],
): void {
  const { instrument, buyingPowerMicros } = context;
  if (lots === null || errors.quantity) return;
  if (side === 'sell' && !instrument.shortable && lots > closableLots(side, context))
    errors.quantity = 'This instrument cannot be sold short. Sell at most what you hold.';
  else if (money && money.openingMicros > 0) {
    const needed = BigInt(money.openingMicros) + BigInt(Math.max(0, money.feeMicros));
    if (needed > buyingPowerMicros)
      errors.quantity = 'More than your buying power. Lower the quantity.';
  }
}

function blockedBecause(
  { side }: TicketDraft,
  lots: number | null,
  { link, gate, venue, positionLots }: TicketContext,
): string | null {
  const lost = LINK_BLOCKS[link];
  if (lost) return lost;
  if (venue === 'stopped') return 'This simulator has stopped. Start a new one to trade.';
  if (gate.state === 'closed')
    return `Trading is closed for this connection${because(gate)}. Cancels pass.`;
  const reduces = side === 'buy' ? -positionLots : positionLots;
  if (gate.state === 'reduceOnly' && (lots === null || lots > reduces))
    return `Only orders that reduce a position pass now${because(gate)}.`;
  return null;
}

const because = ({ reasons }: Gate) =>
  reasons.length ? ` (${reasons.map(gateReasonText).join(', ')})` : '';

function warningsOf(
  draft: TicketDraft,
  crosses: boolean,
  ticks: number | null,
  context: TicketContext,
): string[] {
  const warnings: string[] = [];
  const { quote, venue } = context;
  if (venue === 'paused') warnings.push('The market is paused: the order waits until it runs on.');
  if (draft.type === 'market' && !(draft.side === 'buy' ? quote?.ask : quote?.bid))
    warnings.push('Nobody offers the other side now: a market order may find no liquidity.');
  if (draft.type === 'limit' && ticks !== null) {
    const band = bandTicks(context, WARN_AWAY_PPM);
    if (crosses && !draft.postOnly)
      warnings.push('Crosses the spread: it trades at once, as taker.');
    else if (band && (ticks < band.low || ticks > band.high))
      warnings.push('More than 2 % away from the market.');
  }
  return warnings;
}

function requestOf(draft: TicketDraft, { symbol }: InstrumentSummary): TicketVerdict['request'] {
  const { side, type, timeInForce, postOnly } = draft;
  const quantity = cleanNumber(draft.quantity) ?? '';
  if (type === 'market') return { symbol, side, type, quantity };
  const limitPrice = cleanNumber(draft.limitPrice) ?? '';
  return { symbol, side, type, quantity, limitPrice, timeInForce, postOnly };
}
