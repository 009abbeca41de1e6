import type { WhatIfRequest } from '@sandpit/schemas/report.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { scenarioWith } from '../venue/testing/commands.ts';
import { type Ask, JobRunner } from './jobs.ts';
import { Lab, LabError } from './lab.ts';
import { inputOf, Session } from './testing/session.ts';
import { traceSession } from './trace.ts';
import { trueCost } from './what-if.ts';

const scenario = scenarioWith({ warmUpSeconds: 5 });
const OPENS_MS = Date.UTC(2026, 0, 5, 14, 30);

function session(): Session {
  const made = new Session(scenario);
  const jump = (second: number) => {
    made.send({ type: 'jumpToTime', toNs: (second * 1e9) as SimNs });
    made.arrive();
  };
  jump(30);
  made.order('large', { quantityLots: 3_000 });
  const { bid } = made.venue.quote('SMALL')!;
  made.order('rests', {
    type: 'limit',
    limitTicks: Math.round(Number(bid) * 100),
    quantityLots: 2_000,
  });
  jump(40);
  made.order('gone', { type: 'limit', limitTicks: 5_000, quantityLots: 1 });
  jump(60);
  made.send({ type: 'cancelOrder', orderId: '2' });
  made.order('last', { side: 'sell', quantityLots: 100 });
  jump(400);
  return made;
}

const made = session();
const input = inputOf(made);
const base = traceSession(input);
const ask = (request: WhatIfRequest) => trueCost(input, base, request, OPENS_MS);

describe('the session without an order', () => {
  const cost = ask({ orderId: '1' });

  test('is one of its own, and the first one is unchanged', () => {
    expect(cost.tapeHash).toBe(made.venue.tapeHash());
    expect(cost.tapeHashOtherwise).not.toBe(cost.tapeHash);
    expect(cost.change).toBe('without it');
    expect(cost.otherwise).toEqual({ status: null, filledQuantity: null, averagePrice: null });
    expect(Number(cost.difference)).toBeCloseTo(
      Number(cost.equity) - Number(cost.equityOtherwise),
      6,
    );
  });

  test('is the very session in which it was never sent', () => {
    const never = inputOf(made);
    never.steps = never.steps.map((step) => ({
      ...step,
      commands: step.commands
        .filter(({ body }) => body.type !== 'newOrder' || body.ticket.clientOrderId !== 'large')
        // Every later order has a number less.
        .map((each) =>
          each.body.type === 'cancelOrder'
            ? { ...each, body: { ...each.body, orderId: '1' } }
            : each,
        ),
    }));
    const trace = traceSession(never);
    expect(cost.tapeHashOtherwise).toBe(trace.tapeHash);
    expect(Number(cost.equityOtherwise)).toBe(trace.equityMicros.at(-1)! / 1e6);
    expect(
      trace.orders.find(({ order }) => order.clientOrderId === 'rests')!.order.status,
    ).not.toBe('new');
  });

  test('a large buy has pushed the price, and the book heals', () => {
    const [first] = cost.impactAfter;
    expect(first).toMatchObject({ seconds: 1 });
    expect(first!.ticks).toBeGreaterThan(0);
    expect(cost.paths.some(({ mid, midOtherwise }) => mid !== midOtherwise)).toBe(true);
    // Before the order both are one.
    const before = cost.paths.filter(({ at }) => at < '2026-01-05T14:30:30.000Z');
    expect(before.length).toBeGreaterThan(10);
    for (const { mid, midOtherwise } of before) expect(midOtherwise).toBe(mid);
  });

  test('again it is the same', () => {
    expect(ask({ orderId: '1' })).toEqual(cost);
  });
});

test.each(['1', '2', '4'])(
  'the costs of each fill of order %s add up to its slippage',
  (orderId) => {
    const { fills, spread, impact, waiting } = ask({ orderId });
    const { order, arrivalHalfTicks } = base.orders.find((each) => each.order.orderId === orderId)!;
    const direction = order.side === 'buy' ? 1 : -1;
    const paid = fills.reduce((sum, fill) => {
      const parts = Number(fill.spread) + Number(fill.impact) + Number(fill.waiting);
      const slippage =
        direction * (Number(fill.price) - arrivalHalfTicks / 200) * Number(fill.quantity);
      expect(parts).toBeCloseTo(slippage, 5);
      return sum + slippage;
    }, 0);
    expect(Number(spread) + Number(impact) + Number(waiting)).toBeCloseTo(paid, 5);
  },
);

describe('another order in its place', () => {
  test.each<[WhatIfRequest, string, object]>([
    [{ orderId: '1', quantity: '10' }, '10 instead', { status: 'filled', filledQuantity: '10' }],
    [
      { orderId: '1', type: 'limit', limitPrice: '175.00' },
      'limit 175.00',
      { status: 'new', filledQuantity: '0' },
    ],
    [{ orderId: '2', type: 'market' }, 'at market', { status: 'filled' }],
    [{ orderId: '1', delaySeconds: 20 }, '20 s later', { status: 'filled' }],
    [
      { orderId: '1', quantity: '5', delaySeconds: 9_000 / 3 },
      '5 instead, 3000 s later',
      { status: null },
    ],
  ])('%j', (request, words, otherwise) => {
    const cost = ask(request);
    expect(cost.change).toBe(words);
    expect(cost.otherwise).toMatchObject(otherwise);
  });

  test('the order itself gives the session itself', () => {
    const quantity = '3000';
    const cost = ask({ orderId: '1', quantity });
    expect(cost.tapeHashOtherwise).toBe(cost.tapeHash);
    expect(cost.difference).toBe('0.00');
    expect(cost.impactAfter.every(({ ticks }) => ticks === 0)).toBe(true);
  });

  test.each<[WhatIfRequest, string]>([
    [{ orderId: '99' }, 'is no order of this session'],
    [{ orderId: '1', quantity: '0.5' }, 'takes steps of 1'],
    [{ orderId: '1', type: 'limit', limitPrice: '1.001' }, 'takes steps of 0.01'],
    [{ orderId: '1', type: 'limit' }, 'is needed'],
    [{ orderId: '1', type: 'market', limitPrice: '50.00' }, 'goes with a limit order only'],
  ])('%j is refused', (request, message) => {
    expect(() => ask(request)).toThrow(message);
  });
});

describe('the thread', () => {
  const lab = new Lab();
  afterAll(() => lab.stop());
  const subject = { simulatorId: 'sim', currency: 'USD', opensAtMs: OPENS_MS };
  const asked = (ask: Ask) => ({ key: 'k', input, subject, ask });
  const job = (request: WhatIfRequest | null) =>
    asked(request ? { type: 'whatIf', request } : { type: 'report' });

  test('answers as the same code does here', { timeout: 60_000 }, async () => {
    const here = new JobRunner();
    expect(await lab.run(job(null))).toEqual(here.run(job(null), () => 0));
    const [{ trueCost: there }, { trueCost: cost }] = [
      await lab.run(job({ orderId: '1' })),
      here.run(job({ orderId: '1' }), () => 0),
    ] as [never, never];
    expect({ ...(there as object), tookMs: 0 }).toEqual({ ...(cost as object), tookMs: 0 });
    expect(await lab.run(job({ orderId: '99' }))).toEqual({
      wrong: { path: 'orderId', message: 'is no order of this session' },
    });
    const certificate = asked({ type: 'certificate', symbol: 'LARGE' });
    expect(await lab.run(certificate)).toEqual(here.run(certificate, () => 0));
    expect(await lab.run(asked({ type: 'certificate', symbol: 'NONE' }))).toMatchObject({
      wrong: { path: 'symbol' },
    });
  });

  test('takes no more than a few, and gives up on what takes too long', {
    timeout: 60_000,
  }, async () => {
    const hurried = new Lab(undefined, () => 1);
    const answers = Array.from({ length: 12 }, () =>
      hurried.run(job(null)).catch((error) => error),
    );
    const all = await Promise.all(answers);
    expect(all.every((each) => each instanceof LabError)).toBe(true);
    expect(all.filter(({ message }) => message.startsWith('Too many'))).toHaveLength(3);
    await hurried.stop();
  });

  test('that breaks fails its job and takes the next one', { timeout: 60_000 }, async () => {
    const broken = { ...job(null), input: { ...input, scenario: null as never }, key: 'broken' };
    await expect(lab.run(broken)).rejects.toThrow(TypeError);
    expect(await lab.run(job(null))).toHaveProperty('report');
  });
});

test('switches that it was given when it woke hold in its second run, too', () => {
  const made = new Session(scenarioWith({ warmUpSeconds: 5 }));
  const { bid } = made.venue.quote('SMALL')!;
  made.order('ends', { type: 'limit', limitTicks: Math.round(Number(bid) * 97) });
  made.hibernate('begins');
  made.hibernate('ends', [
    { scope: 'global', by: 'operator', engaged: true, reason: 'drill', cancelOpenOrders: true },
  ]);
  made.order('refused', { quantityLots: 10 });
  const { orders, fills, tapeHash } = traceSession(inputOf(made));
  expect(fills).toEqual([]);
  expect(orders.map(({ order }) => order.status)).toEqual(['canceled', 'rejected']);
  expect(tapeHash).toBe(made.venue.tapeHash());
});
