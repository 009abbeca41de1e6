/** Fills of one moment as one message an order, so that a large order is not ten of them. */

import { stepsOf, textOfSteps } from '@sandpit/schemas/decimal.ts';
import type { ExecutionView, OrderView } from '@sandpit/schemas/http.ts';
import { grouped, trimmed } from './format.ts';

interface FillEvent {
  execution: Pick<ExecutionView, 'orderId' | 'side' | 'symbol' | 'quantity' | 'price'>;
  order: Pick<OrderView, 'filledQuantity' | 'averagePrice'>;
}

/** "Bought 200 ACME @ 180.535 in 3 fills". Oldest order first. */
export function fillNews(
  fills: readonly FillEvent[],
  lotSizeOf: (symbol: string) => string,
): string[] {
  const byOrder = new Map<string, FillEvent[]>();
  for (const fill of fills)
    byOrder.set(fill.execution.orderId, [...(byOrder.get(fill.execution.orderId) ?? []), fill]);
  return [...byOrder.values()].map((own) => newsOf(own, lotSizeOf(own[0]!.execution.symbol)));
}

function newsOf(fills: readonly FillEvent[], lotSize: string): string {
  const { execution } = fills[0]!;
  const { order } = fills.at(-1)!;
  const lots = fills.map(({ execution: { quantity } }) => stepsOf(quantity, lotSize) ?? 0);
  const sum = lots.reduce((all, each) => all + each, 0);
  const prices = new Set(fills.map(({ execution: { price } }) => price));
  const isWhole = sum === stepsOf(order.filledQuantity, lotSize);
  const last = fills.at(-1)!.execution.price;
  const at =
    prices.size === 1 ? last : isWhole && order.averagePrice ? order.averagePrice : `up to ${last}`;
  const many = fills.length > 1 ? ` in ${fills.length} fills` : '';
  const quantity = grouped(trimmed(textOfSteps(sum, lotSize)));
  return `${execution.side === 'buy' ? 'Bought' : 'Sold'} ${quantity} ${execution.symbol} @ ${grouped(at)}${many}`;
}
