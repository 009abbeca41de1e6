/** Open orders as lines on a chart: where they rest, where they would fire, and what a drag asks for. */
import { priceText } from '@sandpit/schemas/decimal.ts';
import type { OrderView, ReplaceRequest } from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import type { Side } from '@sandpit/schemas/order.ts';
import { trimmed } from './format.ts';
import { isHeld, roleText } from './order-groups.ts';
import { isWaiting, TYPES } from './order-words.ts';

export interface OrderLine {
  orderId: string;
  /** What of the order stands here. */
  field: 'limitPrice' | 'stopPrice';
  /** For drawing only. */
  price: number;
  title: string;
  kind: Side;
  /** Waits for the market, or for its entry; nothing rests at it. */
  isTrigger: boolean;
}

/** A trailing trigger has none: it moves without the venue saying so. */
export function orderLines(orders: readonly OrderView[], symbol: string): OrderLine[] {
  const lines: OrderLine[] = [];
  for (const order of orders) {
    if (order.symbol !== symbol) continue;
    const { orderId, side, stopPrice, limitPrice, listRole } = order;
    const role =
      listRole === 'child' ? { 'Take-profit': 'TP ', 'Stop-loss': 'SL ' }[roleText(order)] : '';
    const what = `${role ?? ''}${side === 'buy' ? 'Buy' : 'Sell'} ${trimmed(order.leavesQuantity)}`;
    const add = (field: OrderLine['field'], price: string, title: string, isTrigger: boolean) =>
      lines.push({ orderId, field, price: Number(price), title, kind: side, isTrigger });
    const waits = isWaiting(order);
    if (waits && TYPES[order.type].stop && stopPrice)
      add(
        'stopPrice',
        stopPrice,
        `${what} ${TYPES[order.type].stop === 'stop' ? 'stop' : 'touch'}`,
        true,
      );
    if (limitPrice)
      add('limitPrice', limitPrice, waits ? `${what} limit` : what, waits || isHeld(order, orders));
  }
  return lines;
}

/** The nearest price of the grid, at least one tick. */
export function snapped(price: number, instrument: Instrument): string {
  const ticks = Math.max(1, Math.round(price / Number(instrument.tickSize)));
  return priceText(ticks, instrument);
}

/** What moving a line to a price asks of the venue; null when it stands there already. */
export function moveOf(
  line: Pick<OrderLine, 'field' | 'price'>,
  price: number,
  instrument: Instrument,
): ReplaceRequest | null {
  const text = snapped(price, instrument);
  return text === snapped(line.price, instrument) ? null : { [line.field]: text };
}

/**
 * Columns for handles that would cover each other: 0 for all that have room.
 *
 * @param places  Pixels from the top by key.
 * @param height  Of a handle, in pixels.
 */
export function columnsOf(
  places: ReadonlyMap<string, number>,
  height: number,
): ReadonlyMap<string, number> {
  const bottoms: number[] = [];
  const columns = new Map<string, number>();
  for (const [key, y] of [...places].toSorted(([, a], [, b]) => a - b)) {
    const free = bottoms.findIndex((bottom) => bottom <= y);
    const column = free === -1 ? bottoms.length : free;
    bottoms[column] = y + height;
    columns.set(key, column);
  }
  return columns;
}

/** The price bands in force: between them it may trade. */
export function bandLines(
  quote: Pick<QuoteFrame, 'limitUpPrice' | 'limitDownPrice'> | null | undefined,
): { price: number; title: string; kind: 'band' }[] {
  const lines = [
    { text: quote?.limitUpPrice, title: 'Limit up' },
    { text: quote?.limitDownPrice, title: 'Limit down' },
  ];
  return lines.flatMap(({ text, title }) =>
    text ? [{ price: Number(text), title, kind: 'band' as const }] : [],
  );
}
