/** Auctions in the plainest words: a list of who waits, every price tried, one trade after the other. */
import type { TradingPhase } from '@sandpit/schemas/session.ts';
import { type BookSide, BUY, SELL, TRADER } from '../sides.ts';
import type { ReferenceOrder } from './reference-book.ts';
import { isLinked, wantedLots } from './reference-lists.ts';
import type { ReferenceListing, ReferenceTraderOrder } from './reference-order.ts';

/** Waits outside the book. */
export interface Waiting {
  id: number;
  owner: number;
  side: BookSide;
  priceTicks: number;
  lots: number;
  isHidden: boolean;
  /** `once`: the next auction only; `close`: the closing one only. */
  kind: 'rest' | 'once' | 'close';
}

export interface TakesPart {
  order: ReferenceOrder | Waiting;
  lots: number;
}

export interface AuctionTrade {
  priceTicks: number;
  lots: number;
  /** Lots wanted less lots offered at that price. */
  surplus: number;
}

export const isCollecting = (phase: TradingPhase): boolean =>
  ['preOpen', 'openingAuction', 'closingAuction', 'halted', 'reopeningAuction'].includes(phase);

/** A side in the order in which it trades: by price, what is shown first, then who came first. */
export function takingPart(
  { book, waiting, position }: ReferenceListing,
  side: BookSide,
  phase: TradingPhase,
  own: readonly ReferenceTraderOrder[],
): TakesPart[] {
  // What waits came later than what rests.
  const all = [
    ...book.orders.filter((order) => order.side === side && order.minimum === 0),
    ...waiting.filter(
      (order) => order.side === side && (order.kind !== 'close' || phase === 'closingAuction'),
    ),
  ];
  const direction = side === BUY ? -1 : 1;
  const sorted = all.sort(
    (a, b) => direction * (a.priceTicks - b.priceTicks) || Number(a.isHidden) - Number(b.isHidden),
  );
  let reducible = Math.max(0, side === SELL ? position.lots : -position.lots);
  const trades = new Map<ReferenceTraderOrder, number>();
  return sorted.map((order) => {
    let lots = order.lots + ('behind' in order ? order.behind : 0);
    if (order.owner !== TRADER) return { order, lots };
    const trader = own.find(({ bookId }) => bookId === order.id)!;
    lots = Math.min(lots, leftByItsList(own, trader, trades));
    if (trader.ticket.instructions?.reduceOnly) lots = Math.min(lots, reducible);
    reducible = Math.max(0, reducible - lots);
    trades.set(trader, lots);
    return { order, lots };
  });
}

/** If those before it trade in full. */
export function leftByItsList(
  own: readonly ReferenceTraderOrder[],
  order: ReferenceTraderOrder,
  trades: ReadonlyMap<ReferenceTraderOrder, number>,
): number {
  if (!isLinked(order)) return Number.POSITIVE_INFINITY;
  const members = own
    .filter(({ list }) => list?.id === order.list!.id)
    .map((each) => ({ ...each, filledLots: each.filledLots + (trades.get(each) ?? 0) }));
  const self = members.find(({ number }) => number === order.number)!;
  const others = members.filter((each) => each !== self && isLinked(each));
  if (order.list!.kind !== 'oco') return Math.max(0, wantedLots(members, self));
  return others.some(({ filledLots }) => filledLots > 0) ? 0 : Number.POSITIVE_INFINITY;
}

/** Tries every tick between the best sell and the best buy. */
export function auctionOf(
  buys: readonly TakesPart[],
  sells: readonly TakesPart[],
  referenceTicks: number,
): AuctionTrade | null {
  if (buys.length === 0 || sells.length === 0) return null;
  const [low, high] = [sells[0].order.priceTicks, buys[0].order.priceTicks];
  let best: AuctionTrade | null = null;
  for (let priceTicks = low; priceTicks <= high; priceTicks++) {
    const total = (list: readonly TakesPart[], isIn: (ticks: number) => boolean) =>
      list.reduce((sum, { order, lots }) => sum + (isIn(order.priceTicks) ? lots : 0), 0);
    const wanted = total(buys, (ticks) => ticks >= priceTicks);
    const offered = total(sells, (ticks) => ticks <= priceTicks);
    const trade = { priceTicks, lots: Math.min(wanted, offered), surplus: wanted - offered };
    if (best === null || isBetter(trade, best, referenceTicks)) best = trade;
  }
  return best;
}

/** Most lots; least left over; nearest the reference; of two, the higher when buyers are left over. */
function isBetter(higher: AuctionTrade, lower: AuctionTrade, referenceTicks: number): boolean {
  if (higher.lots !== lower.lots) return higher.lots > lower.lots;
  const left = [higher, lower].map(({ surplus }) => Math.abs(surplus));
  if (left[0] !== left[1]) return left[0] < left[1];
  const away = [higher, lower].map(({ priceTicks }) => Math.abs(priceTicks - referenceTicks));
  if (away[0] !== away[1]) return away[0] < away[1];
  return higher.surplus > 0;
}
