import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { freePorts } from '../../scripts/servers/ports.ts';
import { type Doors, startDoors, type TestTrader } from './testing/doors.ts';

let doors: Doors;
let ada: TestTrader;

beforeAll(async () => {
  const [port] = await freePorts(1);
  doors = await startDoors(inject('servers'), port as number);
  ada = await doors.trader();
});
afterAll(async () => doors?.stop());

const ticket = (clientOrderId: string, change: object = {}) => ({
  clientOrderId,
  symbol: 'ACME',
  side: 'buy',
  type: 'limit',
  quantity: '10',
  limitPrice: '180.05',
  ...change,
});
const ordersOf = ({ simulator }: TestTrader) => `/simulators/${simulator.simulatorId}/orders`;

test('an order comes back as it was committed, and its repeat as the same order', async () => {
  const first = await ada.call('POST', ordersOf(ada), ticket('one'));
  expect(first).toMatchObject({
    status: 201,
    body: { clientOrderId: 'one', status: 'new', quantity: '10', limitPrice: '180.05' },
  });
  expect(first.headers.get('location')).toBe(`/api/v1${ordersOf(ada)}/${first.body.orderId}`);
  const second = await ada.call('POST', ordersOf(ada), ticket('one'));
  expect(second).toMatchObject({ status: 200, body: first.body });
});
