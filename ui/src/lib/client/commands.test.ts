import { OPERATIONS } from '@sandpit/schemas/operations.ts';
import { beforeEach, expect, test, vi } from 'vitest';
import { Commands } from './commands.ts';

const request = vi.fn(async () => 'over REST');
let commands: Commands;
beforeEach(() => {
  request.mockClear();
  commands = new Commands({ request } as never, 'sim-1');
});

test.each([
  ['submitOrder', { body: { a: 1 } }, ['POST', '/simulators/sim-1/orders', { body: { a: 1 } }]],
  ['cancelOrder', { path: { orderId: '17' } }, ['DELETE', '/simulators/sim-1/orders/17', {}]],
  [
    'cancelAllOrders',
    { query: { symbol: 'ACME', side: 'buy' } },
    ['DELETE', '/simulators/sim-1/orders?symbol=ACME&side=buy', {}],
  ],
  ['cancelAllOrders', {}, ['DELETE', '/simulators/sim-1/orders', {}]],
  [
    'closePosition',
    { path: { symbol: 'BTC-USD' }, body: {} },
    ['POST', '/simulators/sim-1/positions/BTC-USD/close', { body: {} }],
  ],
] as const)('%s %j goes over REST as it should', async (operation, asked, expected) => {
  expect(await commands.send(operation, asked)).toBe('over REST');
  expect(request.mock.calls).toEqual([expected]);
});

test('while there is a line everything goes there, and nothing goes both ways', async () => {
  const ask = vi.fn(async () => {
    throw new Error('lost');
  });
  commands.line = { ask };
  await expect(commands.send('submitOrder', { body: {} })).rejects.toThrow('lost');
  expect(ask).toHaveBeenCalledExactlyOnceWith('submitOrder', { body: {} });
  expect(request).not.toHaveBeenCalled();
  commands.line = null;
  await commands.send('submitOrder', { body: {} });
  expect(request).toHaveBeenCalledOnce();
});

test('every operation has an address whose names are known', () => {
  for (const [, path] of Object.values(OPERATIONS)) {
    expect(path).toMatch(/^\/(simulators|sessions)\/:id(\/|$)/);
  }
});
