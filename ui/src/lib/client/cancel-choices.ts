/** Which parts of the open orders can be canceled at once: those that are a part, and not empty. */
import type { OrderView } from '@sandpit/schemas/http.ts';
import type { Side } from '@sandpit/schemas/order.ts';

export interface CancelChoice {
  label: string;
  count: number;
  only: { symbol?: string; side?: Side };
}

export function cancelChoices(open: readonly Pick<OrderView, 'symbol' | 'side'>[]): CancelChoice[] {
  const choices: CancelChoice[] = [];
  const add = (label: string, only: CancelChoice['only']) => {
    const count = open.filter(
      ({ symbol, side }) => symbol === (only.symbol ?? symbol) && side === (only.side ?? side),
    ).length;
    if (count > 0 && count < open.length) choices.push({ label, count, only });
  };
  add('All buys', { side: 'buy' });
  add('All sells', { side: 'sell' });
  for (const symbol of new Set(open.map((order) => order.symbol)))
    add(`All of ${symbol}`, { symbol });
  return choices;
}
