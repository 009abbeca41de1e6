/** Open orders as lines on a chart: where they rest, and where they would fire. */
import type { OrderView } from '@sandpit/schemas/http.ts';
import type { Side } from '@sandpit/schemas/order.ts';
import { trimmed } from './format.ts';
import { isWaiting, TYPES } from './order-words.ts';

export interface OrderLine {
  /** For drawing only. */
  price: number;
  title: string;
  kind: Side;
  /** Waits for the market to come there; nothing rests at it. */
  isTrigger: boolean;
}

/** A trailing trigger has none: it moves without the venue saying so. */
export function orderLines(orders: readonly OrderView[], symbol: string): OrderLine[] {
  const lines: OrderLine[] = [];
  for (const order of orders) {
    if (order.symbol !== symbol) continue;
    const { side, stopPrice, limitPrice } = order;
    const what = `${side === 'buy' ? 'Buy' : 'Sell'} ${trimmed(order.leavesQuantity)}`;
    const add = (price: string, title: string, isTrigger: boolean) =>
      lines.push({ price: Number(price), title, kind: side, isTrigger });
    const waits = isWaiting(order);
    if (waits && TYPES[order.type].stop && stopPrice)
      add(stopPrice, `${what} ${TYPES[order.type].stop === 'stop' ? 'stop' : 'touch'}`, true);
    if (limitPrice) add(limitPrice, waits ? `${what} limit` : what, waits);
  }
  return lines;
}
