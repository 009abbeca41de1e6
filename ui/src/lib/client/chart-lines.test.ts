import type { OrderView } from '@sandpit/schemas/http.ts';
import { expect, test } from 'vitest';
import { orderLines } from './chart-lines.ts';

const order = (change: Partial<OrderView>) =>
  ({
    symbol: 'ACME',
    side: 'sell',
    type: 'limit',
    limitPrice: null,
    leavesQuantity: '10.0',
    ...change,
  }) as OrderView;
const linesOf = (change: Partial<OrderView>) =>
  orderLines([order(change), order({ symbol: 'OTHER', limitPrice: '5' })], 'ACME').map(
    ({ price, title, isTrigger }) => `${title}@${price}${isTrigger ? ' waits' : ''}`,
  );

test.each<[string, Partial<OrderView>, string[]]>([
  ['a limit rests', { limitPrice: '180.00' }, ['Sell 10@180']],
  ['a stop waits', { type: 'stop', stopPrice: '178.50' }, ['Sell 10 stop@178.5 waits']],
  [
    'a stop-limit waits at both',
    { type: 'stopLimit', stopPrice: '178.50', limitPrice: '178.00' },
    ['Sell 10 stop@178.5 waits', 'Sell 10 limit@178 waits'],
  ],
  [
    'one that has fired rests at its limit',
    {
      type: 'stopLimit',
      stopPrice: '178.50',
      limitPrice: '178.00',
      triggeredAt: '2026-01-05T14:30:00.000Z',
    },
    ['Sell 10@178'],
  ],
  [
    'a trailing trigger is not drawn',
    { type: 'trailingStop', stopPrice: '178.50', trailPercent: '1' },
    [],
  ],
])('%s', (_name, change, lines) => expect(linesOf(change)).toEqual(lines));
