/** A book frame as rows for the screen: grouped by price, with running totals and own size. */
import { quantityText, stepsOf, textOfSteps } from '@sandpit/schemas/decimal.ts';
import type { OrderView } from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { BookFrame, BookLevel } from '@sandpit/schemas/market-data.ts';
import type { Side } from '@sandpit/schemas/order.ts';
import { isWaiting } from './order-words.ts';

export interface LadderRow {
  price: string;
  quantity: string;
  total: string;
  /** Running total as a share of the deepest shown, 0 to 1: for the depth bar only. */
  depth: number;
  /** Size as a share of the largest shown, 0 to 1: for the heat only. */
  heat: number;
  /** Own open quantity at this price, null for none. */
  own: string | null;
}

export interface Ladder {
  /** Best first. */
  asks: LadderRow[];
  bids: LadderRow[];
  spread: string | null;
  /** Bids as a share of all that is shown, 0 to 1; null for an empty book. */
  bidShare: number | null;
}

export const GROUPINGS = [1, 2, 5, 10, 25, 50, 100] as const;

interface Level {
  ticks: number;
  lots: number;
}

/** Bids are rounded down and asks up, so that a group never looks better than what is in it. */
function group(
  levels: readonly BookLevel[],
  side: Side,
  groupTicks: number,
  grid: Instrument,
): Level[] {
  const grouped: Level[] = [];
  for (const { price, quantity } of levels) {
    const exact = stepsOf(price, grid.tickSize);
    const lots = stepsOf(quantity, grid.lotSize);
    if (exact === null || lots === null) continue;
    const round = side === 'buy' ? Math.floor : Math.ceil;
    const ticks = round(exact / groupTicks) * groupTicks;
    const last = grouped.at(-1);
    if (last?.ticks === ticks) last.lots += lots;
    else grouped.push({ ticks, lots });
  }
  return grouped;
}

function ownLots(orders: readonly OrderView[], side: Side, groupTicks: number, grid: Instrument) {
  const own = new Map<number, number>();
  const round = side === 'buy' ? Math.floor : Math.ceil;
  for (const order of orders) {
    if (order.side !== side || order.limitPrice === null || isWaiting(order)) continue;
    const exact = stepsOf(order.limitPrice, grid.tickSize);
    const lots = stepsOf(order.leavesQuantity, grid.lotSize);
    if (exact === null || lots === null) continue;
    const ticks = round(exact / groupTicks) * groupTicks;
    own.set(ticks, (own.get(ticks) ?? 0) + lots);
  }
  return own;
}

/**
 * @param orders      Own open orders of the instrument.
 * @param groupTicks  Ticks per row.
 * @param rows        Rows a side at most.
 */
export function ladderOf(
  book: BookFrame,
  orders: readonly OrderView[],
  groupTicks: number,
  rows: number,
  grid: Instrument,
): Ladder {
  const sides = { buy: book.bids, sell: book.asks };
  const shown = (side: Side) => group(sides[side], side, groupTicks, grid).slice(0, rows);
  const bids = shown('buy');
  const asks = shown('sell');
  const sum = (levels: Level[]) => levels.reduce((lots, level) => lots + level.lots, 0);
  const deepest = Math.max(1, sum(bids), sum(asks));
  const largest = Math.max(1, ...bids.map(({ lots }) => lots), ...asks.map(({ lots }) => lots));
  const rowsOf = (levels: Level[], side: Side): LadderRow[] => {
    const own = ownLots(orders, side, groupTicks, grid);
    let running = 0;
    return levels.map(({ ticks, lots }) => {
      running += lots;
      const mine = own.get(ticks);
      return {
        price: textOfSteps(ticks, grid.tickSize),
        quantity: quantityText(lots, grid),
        total: quantityText(running, grid),
        depth: running / deepest,
        heat: lots / largest,
        own: mine === undefined ? null : quantityText(mine, grid),
      };
    });
  };
  const bid = stepsOf(book.bids[0]?.price ?? '0', grid.tickSize);
  const ask = stepsOf(book.asks[0]?.price ?? '0', grid.tickSize);
  const spread = bid && ask ? textOfSteps(ask - bid, grid.tickSize) : null;
  const all = sum(bids) + sum(asks);
  const bidShare = all > 0 ? sum(bids) / all : null;
  return { bids: rowsOf(bids, 'buy'), asks: rowsOf(asks, 'sell'), spread, bidShare };
}
