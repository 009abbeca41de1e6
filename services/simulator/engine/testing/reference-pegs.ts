/** Pegged orders in the plainest words: where each belongs, worked out anew from the whole book. */
import { type BookSide, BUY, SELL } from '../sides.ts';
import {
  collarAround,
  priceToJudgeBy,
  type ReferenceListing,
  type ReferenceTraderOrder,
  type Terms,
  withinBands,
} from './reference-order.ts';

export const isPeg = ({ ticket }: Pick<Terms, 'ticket'>): boolean => ticket.type === 'pegged';

const sideOf = ({ ticket }: ReferenceTraderOrder): BookSide => (ticket.side === 'buy' ? BUY : SELL);
const better = (side: BookSide, a: number, b: number) => (side === BUY ? a > b : a < b);

/** How far a peg is paid for: a buy to its limit or the collar's end, a sell to that end at least. */
export function pegHeldTicks(listing: ReferenceListing, terms: Terms): number {
  const { ticket, limitTicks, replaces } = terms;
  const [, high] = collarAround(priceToJudgeBy(listing), listing.instrument);
  const end = replaces?.pegHeldTicks ?? high;
  return ticket.side === 'buy' ? (limitTicks ?? end) : Math.max(limitTicks ?? 0, end);
}

/** What they do not show, or that a middle may be half a tick, keeps them out of sight. */
export const isOutOfSight = ({ ticket }: ReferenceTraderOrder): boolean =>
  ticket.instructions?.pegPriceType === 'mid' || ticket.instructions?.displayLots === 0;

/**
 * Where each peg belongs now, oldest first; 0 = nowhere. Followed is what others show; what would be
 * met, hidden orders and older pegs included, is stood behind of.
 */
export function pegPrices(
  listing: ReferenceListing,
  pegs: readonly ReferenceTraderOrder[],
): number[] {
  if (listing.phase !== 'continuous') return pegs.map(() => 0);
  const isOther = ({ id }: { id: number }) => !pegs.some(({ bookId }) => bookId === id);
  const others = [BUY, SELL].map((side) =>
    listing.book.queue(side as BookSide).filter((order) => isOther(order) && order.minimum === 0),
  );
  const shown = others.map((side) => side.find(({ isHidden }) => !isHidden)?.priceTicks ?? 0);
  const best = others.map((side) => side[0]?.priceTicks ?? 0);
  return pegs.map((peg) => {
    const side = sideOf(peg);
    const asked = askedTicks(peg, side, shown[BUY], shown[SELL]);
    if (asked === null) return 0;
    const { limitTicks, pegHeldTicks: held } = peg;
    let ticks = asked;
    if (side === BUY) ticks = Math.min(ticks, limitTicks ?? held!);
    else if (limitTicks !== null) ticks = Math.max(ticks, limitTicks);
    ticks = withinBands(listing, peg.ticket.side, ticks);
    const other = best[side === BUY ? SELL : BUY];
    if (other > 0 && side === BUY && ticks >= other) ticks = other - 1;
    if (other > 0 && side === SELL && ticks <= other) ticks = other + 1;
    if (ticks < 1) return 0;
    if (best[side] === 0 || better(side, ticks, best[side])) best[side] = ticks;
    return ticks;
  });
}

function askedTicks(
  { ticket }: ReferenceTraderOrder,
  side: BookSide,
  bid: number,
  ask: number,
): number | null {
  const { pegPriceType, pegOffsetTicks } = ticket.instructions!;
  const offset = pegOffsetTicks ?? 0;
  if (pegPriceType === 'mid') {
    if (bid === 0 || ask === 0) return null;
    const middle = (bid + ask) / 2;
    return (side === BUY ? Math.floor(middle) : Math.ceil(middle)) + offset;
  }
  const own = side === BUY ? bid : ask;
  const other = side === BUY ? ask : bid;
  const followed = pegPriceType === 'primary' ? own : other;
  return followed === 0 ? null : followed + offset;
}
