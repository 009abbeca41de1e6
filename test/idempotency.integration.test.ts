/** The same client order id, however often and from wherever it is sent, is one order. */
import { randomUUID } from 'node:crypto';
import type { Simulator } from '@sandpit/schemas/http.ts';
import { expect, test } from 'vitest';
import { recordsOf } from './support/log.ts';
import type { System } from './support/system.ts';
import { Trader } from './support/trader.ts';
import { withSystem } from './support/whole-system.ts';

const AT_ONCE = 20;
const OUTCOME_UNKNOWN = 504;
const TRIES_MAX = 10;

let system: System;
let trader: Trader;
let simulator: Simulator;
let price: string;
withSystem(async (started) => {
  system = started;
  trader = await Trader.signUp(system.web);
  simulator = await trader.startSimulator('synthetic-day');
  const { bids } = await trader.book(simulator.id, simulator.symbols[0]!);
  price = (Number(bids[0]!.price) * 0.97).toFixed(2);
});

const ticket = (clientOrderId: string, quantity = '1') => ({
  clientOrderId,
  symbol: simulator.symbols[0]!,
  side: 'buy' as const,
  type: 'limit' as const,
  quantity,
  limitPrice: price,
});

/** As a client does who is told that the outcome is unknown: the same again, until it is known. */
async function known(request: ReturnType<typeof ticket>) {
  for (let tries = 1; ; tries++) {
    const answer = await trader.order(simulator.id, request);
    if (answer.status !== OUTCOME_UNKNOWN || tries === TRIES_MAX) return { ...answer, tries };
  }
}

/** Whoever had to ask again may have been the first. */
const firstStatuses = (answers: { tries: number }[]) =>
  answers.every(({ tries }) => tries === 1) ? [201] : [201, 200];

test(`${AT_ONCE} at once: one 201, the rest 200, all the same order, one command in the log`, async () => {
  const clientOrderId = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, () => known(ticket(clientOrderId))),
  );
  const [first, ...others] = answers.map(({ status }) => status).sort((a, b) => b - a);
  expect(firstStatuses(answers)).toContain(first);
  expect(others).toEqual(others.map(() => 200));
  expect(new Set(answers.map(({ body }) => body.orderId)).size).toBe(1);
  const address = { accountId: trader.accountId, simulatorId: simulator.id };
  const records = await recordsOf(system.home, address);
  const accepted = records
    .flatMap((record) => record.events)
    .filter((event) => event.type === 'orderAccepted')
    .filter((event) => event.order.clientOrderId === clientOrderId);
  expect(accepted).toHaveLength(1);
});

test('sent again later: 200 with the answer it got the first time', async () => {
  const clientOrderId = randomUUID();
  const first = await known(ticket(clientOrderId));
  const again = await known(ticket(clientOrderId));
  expect(firstStatuses([first])).toContain(first.status);
  expect(again.status).toBe(200);
  expect(again.body).toMatchObject({ orderId: first.body.orderId, sequence: first.body.sequence });
});

test('sent again to doors that have forgotten everything: the same answer, from the worker', async () => {
  const clientOrderId = randomUUID();
  const first = await known(ticket(clientOrderId));
  await system.restarted('doors', system.kill('doors'));
  const again = await trader.orderUntilAnswered(simulator.id, ticket(clientOrderId), 20_000);
  expect(again).toMatchObject({ orderId: first.body.orderId, sequence: first.body.sequence });
});

test('another ticket under a used id is refused and changes nothing', async () => {
  const clientOrderId = randomUUID();
  await known(ticket(clientOrderId));
  const other = await known(ticket(clientOrderId, '2'));
  expect(other).toMatchObject({ status: 409, body: { code: 'clientOrderIdReused' } });
  const orders = await trader.orders(simulator.id);
  const mine = orders.filter((order) => order.clientOrderId === clientOrderId);
  expect(mine).toMatchObject([{ quantity: '1' }]);
});
