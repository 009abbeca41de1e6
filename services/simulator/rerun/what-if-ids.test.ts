import type { OrderTicket } from '@sandpit/schemas/order.ts';
import type { PriceTicks, SimNs } from '@sandpit/schemas/units.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { SYMBOL, scenarioWith } from '../venue/testing/commands.ts';
import { inputOf, Session } from './testing/session.ts';
import { type SessionInput, type Trace, traceSession } from './trace.ts';
import { trueCost } from './what-if.ts';

/**
 * Orders below the market, one after the other. Without the first each of the others has a number
 * less, and the commands that name them by number must still mean the same orders.
 */
let made: Session;
let input: SessionInput;
let base: Trace;
let farTicks: number;
beforeAll(() => {
  made = new Session(scenarioWith({ warmUpSeconds: 5 }));
  const jump = (second: number) => {
    made.send({ type: 'jumpToTime', toNs: (second * 1e9) as SimNs });
    made.arrive();
  };
  jump(30);
  farTicks = Math.round(Number(made.venue.quote(SYMBOL)!.bid) * 100) - 200;
  for (const clientOrderId of ['first', 'replaced', 'canceled', 'left']) {
    const quantityLots = clientOrderId === 'replaced' ? 300 : 10;
    made.order(clientOrderId, { type: 'limit', limitTicks: farTicks, quantityLots });
  }
  jump(40);
  // Names an order that is not there without it: nobody else may be canceled instead.
  made.send({ type: 'cancelOrder', orderId: '1' });
  // It trades.
  const limitTicks = (farTicks + 300) as PriceTicks;
  made.send({ type: 'replaceOrder', orderId: '2', quantityLots: null, limitTicks });
  made.send({ type: 'cancelOrder', orderId: '3' });
  jump(60);
  input = inputOf(made);
  base = traceSession(input);
});

const orderOf = (trace: Trace, clientOrderId: string) =>
  trace.orders.find(({ order }) => order.clientOrderId === clientOrderId)?.order;

test('the session is what it is thought to be', () => {
  expect(orderOf(base, 'first')).toMatchObject({ orderId: '1', status: 'canceled' });
  expect(orderOf(base, 'canceled')).toMatchObject({ orderId: '3', status: 'canceled' });
  expect(orderOf(base, 'replaced')).toMatchObject({ orderId: '2', status: 'filled' });
  expect(orderOf(base, 'left')).toMatchObject({ orderId: '4', status: 'new' });
});

describe('without the first order', () => {
  let otherwise: Trace;
  beforeAll(() => {
    otherwise = withoutFirst();
  });

  test('every later command reaches the order it was meant for', () => {
    const cost = trueCost(input, base, { orderId: '1' }, Date.UTC(2026, 0, 5, 14, 30));
    expect(cost.change).toBe('without it');
    expect(cost.tapeHashOtherwise).toBe(otherwise.tapeHash);
  });

  test('and that is another session than the one whose commands keep their numbers', () => {
    expect(orderOf(otherwise, 'first')).toBeUndefined();
    expect(orderOf(otherwise, 'canceled')).toMatchObject({ orderId: '2', status: 'canceled' });
    expect(orderOf(otherwise, 'replaced')).toMatchObject({ orderId: '1', status: 'filled' });
    expect(orderOf(otherwise, 'left')).toMatchObject({ orderId: '3', status: 'new' });
    expect(traceSession(input, commandsBut('first')).tapeHash).not.toBe(otherwise.tapeHash);
  });
});

test('a list is canceled by its own number as well', () => {
  const session = new Session(scenarioWith({ warmUpSeconds: 5 }));
  const limitTicks = (Math.round(Number(session.venue.quote(SYMBOL)!.bid) * 100) -
    200) as PriceTicks;
  session.order('first', { type: 'limit', limitTicks, quantityLots: 10 });
  const tickets = ['one', 'other'].map((clientOrderId) => ({
    clientOrderId,
    symbol: SYMBOL,
    side: 'buy',
    type: 'limit',
    quantityLots: 300,
    limitTicks,
    timeInForce: 'gtc',
    postOnly: false,
  })) as OrderTicket[];
  session.send({ type: 'newOrderList', clientListId: 'list', contingency: 'oco', tickets });
  session.send({ type: 'cancelList', listId: '2' });
  // It would trade if the list were still open.
  const replacement = { quantityLots: null, limitTicks: (limitTicks + 300) as PriceTicks };
  session.send({ type: 'replaceOrder', orderId: '2', ...replacement });
  const given = inputOf(session);
  const trace = traceSession(given);
  expect(orderOf(trace, 'one')).toMatchObject({ orderId: '2', status: 'canceled' });
  const cost = trueCost(given, trace, { orderId: '1' }, 0);
  expect(cost.tapeHashOtherwise).toBe(trace.tapeHash);
});

describe('a client order id that was sent twice', () => {
  const session = new Session(scenarioWith({ warmUpSeconds: 5 }));
  const limitTicks = Math.round(Number(session.venue.quote(SYMBOL)!.bid) * 100) - 200;
  session.order('twice', { type: 'limit', limitTicks, quantityLots: 10 });
  // Refused: the id is taken. Without the first it would be a large order at the market.
  session.order('twice', { type: 'market', quantityLots: 2_000 });
  session.send({ type: 'jumpToTime', toNs: 60e9 as SimNs });
  session.arrive();
  const given = inputOf(session);
  const trace = traceSession(given);
  const nobody = traceSession(given, given.steps.slice(0, 2)).tapeHash;

  test('without its order nothing of it is left', () => {
    const cost = trueCost(given, trace, { orderId: '1' }, 0);
    expect(cost.otherwise.status).toBeNull();
    expect(cost.tapeHashOtherwise).toBe(nobody);
  });

  test('later, it is still the order that was changed', () => {
    const cost = trueCost(given, trace, { orderId: '1', delaySeconds: 20 }, 0);
    expect(cost.otherwise).toMatchObject({ status: 'new', filledQuantity: '0' });
  });
});

/** The session that the trader would have sent, numbered by hand. */
function withoutFirst(): Trace {
  const numbers: Record<string, string> = { '2': '1', '3': '2' };
  const steps = commandsBut('first').map((step) => ({
    ...step,
    commands: step.commands.flatMap((command) => {
      const { body } = command;
      if (!('orderId' in body)) return [command];
      const orderId = numbers[body.orderId];
      return orderId ? [{ ...command, body: { ...body, orderId } }] : [];
    }),
  }));
  return traceSession(input, steps);
}

function commandsBut(clientOrderId: string): SessionInput['steps'] {
  return input.steps.map((step) => ({
    ...step,
    commands: step.commands.filter(
      ({ body }) => body.type !== 'newOrder' || body.ticket.clientOrderId !== clientOrderId,
    ),
  }));
}
