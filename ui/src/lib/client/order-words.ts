/** What the venue's order types and instructions are called, what each does, and what it needs. */
import type { OrderView } from '@sandpit/schemas/http.ts';
import type {
  PegPriceType,
  SelfTradePrevention,
  TriggerReference,
} from '@sandpit/schemas/instructions.ts';
import type { OrderType, TimeInForce } from '@sandpit/schemas/order.ts';
import { grouped, signed, trimmed } from './format.ts';

export interface TypeWords {
  name: string;
  /** What it is good for, in a sentence. */
  sentence: string;
  limit?: true;
  /** A fixed trigger price. */
  stop?: 'stop' | 'touch';
  /** A trigger that follows the market at a distance. */
  trail?: true;
  /** The limit stands this far beyond the trigger. */
  offset?: true;
  /** Follows a best price at an offset, and never takes. */
  peg?: true;
}

export const TYPES: Readonly<Record<OrderType, TypeWords>> = {
  limit: { name: 'Limit', sentence: 'Trades at your price or better.', limit: true },
  market: { name: 'Market', sentence: 'Trades at once at the best prices there are.' },
  stop: {
    name: 'Stop',
    sentence: 'Waits until the market moves against you to its trigger, then trades at market.',
    stop: 'stop',
  },
  stopLimit: {
    name: 'Stop limit',
    sentence: 'As a stop, but never worse than its limit; in a fast market it may not trade.',
    stop: 'stop',
    limit: true,
  },
  trailingStop: {
    name: 'Trailing stop',
    sentence: 'A stop that follows the market at a distance and never moves back.',
    trail: true,
  },
  trailingStopLimit: {
    name: 'Trailing stop limit',
    sentence: 'A trailing stop that becomes a limit order a little beyond its trigger.',
    trail: true,
    offset: true,
  },
  marketIfTouched: {
    name: 'Market if touched',
    sentence: 'Waits for a better price; when the market touches it, trades at market.',
    stop: 'touch',
  },
  limitIfTouched: {
    name: 'Limit if touched',
    sentence: 'Waits for a better price; when the market touches it, becomes a limit order.',
    stop: 'touch',
    limit: true,
  },
  marketToLimit: {
    name: 'Market to limit',
    sentence: 'Takes the best price at once; what is left rests there as a limit order.',
  },
  pegged: {
    name: 'Pegged',
    sentence: 'Follows the best price of its side, the other side, or halfway, and never takes.',
    peg: true,
  },
};

export const OCO_WORDS = {
  name: 'OCO, OUO',
  sentence:
    'A take-profit and a stop-loss side by side: what trades of one ends or shrinks the other.',
} as const;

/** What a trade of one of two orders side by side does to the other. */
export const LINKS = {
  oco: {
    name: 'Cancels the other',
    sentence: 'The first trade of any size cancels the other order.',
  },
  ouo: {
    name: 'Shrinks the other',
    sentence: 'What one trades comes off the other, so that both together trade the quantity once.',
  },
} as const;

/** One press away; the others stand behind "More". */
export const PRIMARY_TYPES: readonly OrderType[] = ['limit', 'market', 'stop'];
export const MORE_TYPES = (Object.keys(TYPES) as OrderType[]).filter(
  (type) => !PRIMARY_TYPES.includes(type),
);

export const waitsForTrigger = (type: OrderType): boolean =>
  !!(TYPES[type].stop || TYPES[type].trail);

export const TIMES: Readonly<Record<TimeInForce, string>> = {
  gtc: 'Good till canceled',
  day: 'Day',
  gtd: 'Good till a date',
  ioc: 'Immediate or cancel',
  fok: 'Fill or kill',
  opg: 'At the open',
  cls: 'At the close',
};

/**
 * What an order of the type may say; a market order is immediate but for the auctions.
 *
 * @param hasAuctions  The instrument trades in phases.
 */
export function timesOf(type: OrderType, hasAuctions = false): TimeInForce[] {
  const auctions: TimeInForce[] = hasAuctions ? ['opg', 'cls'] : [];
  if (type === 'market') return hasAuctions ? ['ioc', ...auctions] : [];
  return type === 'limit'
    ? ['gtc', 'day', 'gtd', 'ioc', 'fok', ...auctions]
    : ['gtc', 'day', 'gtd'];
}

export const REFERENCES: Readonly<Record<TriggerReference, string>> = {
  last: 'Last trade',
  quote: 'Bid or ask',
  mid: 'Mid of bid and ask',
};

export const PEGS: Readonly<Record<PegPriceType, string>> = {
  primary: 'Own side',
  mid: 'Mid',
  market: 'Other side',
};

/** "own side −0.05 to 179.80", "mid": what a pegged order follows, and how far; "" for any other. */
export function pegText({ pegPriceType, pegOffset, limitPrice }: Pegged): string {
  if (!pegPriceType) return '';
  const offset = pegOffset && /[1-9]/.test(pegOffset) ? ` ${signed(trimmed(pegOffset))}` : '';
  const cap = limitPrice ? ` to ${grouped(limitPrice)}` : '';
  return PEGS[pegPriceType].toLowerCase() + offset + cap;
}

export const SELF_TRADES: Readonly<Record<SelfTradePrevention, string>> = {
  expireTaker: 'The new order ends',
  expireMaker: 'The resting order ends',
  expireBoth: 'Both orders end',
  decrement: 'Both shrink by the smaller',
};

type Pegged = Partial<Pick<OrderView, 'pegPriceType' | 'pegOffset' | 'limitPrice'>>;

type Priced = Pegged &
  Pick<OrderView, 'type' | 'limitPrice'> &
  Partial<
    Pick<OrderView, 'stopPrice' | 'trailAmount' | 'trailPercent' | 'limitOffset' | 'triggeredAt'>
  >;

const price = (text: string | null | undefined) => (text ? grouped(text) : '');

/** "@ 180.05", "at market", "stop 178.50 limit 178.00", "trailing by 1.5 %"; "" while unfinished. */
export function termsText(order: Priced): string {
  const { type, limitPrice, stopPrice, trailAmount, trailPercent } = order;
  const { stop, trail, limit } = TYPES[type];
  if (type === 'market') return 'at market';
  if (type === 'marketToLimit') return 'at market, rest at limit';
  if (type === 'pegged') return `pegged to ${pegText(order)}`.trim();
  if (trail) {
    const by = trailPercent ? `${trailPercent} %` : price(trailAmount);
    return by ? `trailing by ${by}` : '';
  }
  if (!stop) return limitPrice ? `@ ${price(limitPrice)}` : '';
  const trigger = stopPrice ? `${stop === 'stop' ? 'stop' : 'if touched'} ${price(stopPrice)}` : '';
  return limit && limitPrice && trigger ? `${trigger} limit ${price(limitPrice)}` : trigger;
}

/** "Sell 100 ACME, stop 178.50": what the button says, and what notices call an order. */
export function actionText(
  order: Priced & Pick<OrderView, 'side' | 'quantity' | 'symbol'>,
): string {
  const verb = order.side === 'buy' ? 'Buy' : 'Sell';
  if (!order.quantity) return `${verb} ${order.symbol}`;
  const terms = termsText(order);
  const isPlain = order.type === 'limit' || order.type === 'market';
  const glue = terms && !isPlain ? ', ' : ' ';
  return `${verb} ${grouped(trimmed(order.quantity))} ${order.symbol}${glue}${terms}`.trim();
}

/** Where it rests: its limit, where its peg stands now, or "Market". */
export function priceTextOf(
  order: Pick<OrderView, 'type' | 'limitPrice' | 'pegPrice'> & Pegged,
): string {
  if (order.type === 'pegged') return order.pegPrice ? grouped(order.pegPrice) : 'Peg';
  return order.limitPrice ? grouped(order.limitPrice) : 'Market';
}

/** Whether an open order still waits for its trigger. */
export const isWaiting = (order: Pick<OrderView, 'type' | 'triggeredAt'>): boolean =>
  waitsForTrigger(order.type) && !order.triggeredAt;

/** "Trigger 178.50", and whose price it is compared with when not the last trade's. */
export function triggerText(order: OrderView): string {
  if (!waitsForTrigger(order.type)) return '';
  const { trailAmount, trailPercent, stopPrice, triggerReference } = order;
  const by = trailPercent ? `${trailPercent} %` : price(trailAmount);
  // A trailing trigger moves without a word from the venue: its distance is what stays true.
  const at = by && isWaiting(order) ? `Trails by ${by}` : price(stopPrice);
  const against = { last: '', quote: ` (${order.side === 'buy' ? 'ask' : 'bid'})`, mid: ' (mid)' };
  return at + against[triggerReference ?? 'last'];
}

/** Instructions in a word each, where an order is listed. */
export function termsChips(order: OrderView): string[] {
  const {
    postOnly,
    postOnlyMode,
    reduceOnly,
    minimumQuantity,
    slidFrom,
    displayQuantity,
    allOrNone,
  } = order;
  const chips: string[] = [];
  if (postOnly) chips.push(postOnlyMode === 'slide' ? 'post, slides' : 'post');
  if (slidFrom) chips.push(`slid from ${grouped(slidFrom)}`);
  if (reduceOnly) chips.push('reduce');
  if (minimumQuantity) chips.push(`min ${trimmed(minimumQuantity)}`);
  const peg = pegText(order);
  if (peg) chips.push(peg);
  if (allOrNone) chips.push('all or none');
  if (displayQuantity)
    chips.push(
      /[1-9]/.test(displayQuantity) ? `shows ${grouped(trimmed(displayQuantity))}` : 'hidden',
    );
  return chips;
}
