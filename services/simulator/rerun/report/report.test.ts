import { moneyMicros } from '@sandpit/schemas/decimal.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { describe, expect, test } from 'vitest';
import { scenarioWith } from '../../venue/testing/commands.ts';
import { inputOf, Session } from '../testing/session.ts';
import { type SplitTrace, traceSession } from '../trace.ts';
import { reportOf } from './report.ts';
import { roundTrips } from './round-trips.ts';
import { SlippageSum } from './slippage.ts';

const scenario = scenarioWith({ warmUpSeconds: 5 });
const subject = { simulatorId: 'sim', currency: 'USD', opensAtMs: Date.UTC(2026, 0, 5, 14, 30) };

function jump(session: Session, second: number) {
  session.send({ type: 'jumpToTime', toNs: (second * 1e9) as SimNs });
  session.arrive();
}

/** Buys, waits, sells again; a bid far below that never trades; a short of another instrument. */
function session(): Session {
  const made = new Session(scenario);
  jump(made, 20);
  made.order('in', { quantityLots: 300 });
  const { bid } = made.venue.quote('SMALL')!;
  const limitTicks = Math.round(Number(bid) * 97);
  made.order('never', { type: 'limit', limitTicks, quantityLots: 1_000 });
  jump(made, 200);
  made.order('out', { side: 'sell', quantityLots: 300 });
  made.send({ type: 'cancelOrder', orderId: '2' });
  jump(made, 260);
  made.order('short', { symbol: 'LARGE', side: 'sell', quantityLots: 40 });
  jump(made, 330);
  return made;
}

describe('the report of a session', () => {
  const made = session();
  const report = reportOf(traceSession(inputOf(made)), subject);
  const account = made.venue.account();

  test('ends with the money that the venue has', () => {
    const total = report.instruments.reduce(
      (sum, each) =>
        sum + moneyMicros(each.realised)! + moneyMicros(each.unrealised)! - moneyMicros(each.fees)!,
      0,
    );
    expect(moneyMicros(report.profit)).toBe(total);
    expect(moneyMicros(report.fees)).toBe(account.feesMicros);
    const realised = report.instruments.reduce((sum, each) => sum + moneyMicros(each.realised)!, 0);
    expect(realised).toBe(account.realisedMicros);
    expect(report.curve.at(-1)!.equity).toBe(report.equity);
    expect(report.tapeHash).toBe(made.venue.tapeHash());
  });

  test('counts what was traded and when', () => {
    expect(report.orders.map(({ clientOrderId }) => clientOrderId)).toEqual([
      'in',
      'never',
      'out',
      'short',
    ]);
    expect(report.roundTrips).toBe(1);
    expect([0, 1]).toContain(report.winRate);
    expect(report.from).toBe('2026-01-05T14:30:05.000Z');
    expect(report.to).toBe('2026-01-05T14:35:30.000Z');
    // 180 s of one and 70 s of the other, of 325.
    expect(report.timeInMarket).toBeCloseTo(250 / 326, 2);
    expect(report.instruments[0]).toMatchObject({
      symbol: 'SMALL',
      orders: 3,
      position: '0',
      unrealised: '0.00',
    });
    expect(report.instruments[1]!.position).toBe('-40');
  });

  test('market orders pay at least half a spread, and the same against arrival and mid', () => {
    for (const order of report.orders.filter(({ type }) => type === 'market')) {
      expect(Number(order.slippageMid.amount)).toBeGreaterThan(0);
      expect(order.slippageArrival).toEqual(order.slippageMid);
      expect(Number(order.shortfall)).toBeCloseTo(
        Number(order.slippageArrival.amount) + Number(order.fees),
        6,
      );
    }
  });

  test('an order that never traded has cost what it missed', () => {
    const never = report.orders[1]!;
    expect(never).toMatchObject({ status: 'canceled', filledQuantity: '0', averagePrice: null });
    expect(never.slippageArrival).toEqual({ amount: '0.00', bps: null });
    const trace = traceSession(inputOf(made));
    const mids = trace.instruments[0]!.midHalfTicks;
    const [at20, at200] = [20, 200].map((second) => mids[trace.atNs.indexOf(second * 1e9)]!);
    // A tick is a cent, a lot one share: half a cent for each half tick.
    expect(Number(never.shortfall)).toBeCloseTo(
      ((at200! - trace.orders[1]!.arrivalHalfTicks) * 1_000) / 200,
      6,
    );
    expect(at20).toBeGreaterThan(0);
  });

  test('does not depend on what was done with the clock', () => {
    const plain = inputOf(made);
    const clockless = plain.steps.filter(
      ({ commands }) =>
        commands.length > 0 && !commands.every(({ body }) => body.type === 'jumpToTime'),
    );
    expect(reportOf(traceSession(plain, clockless), subject)).toEqual(report);
  });

  test('an empty session has no ratios, and no division by nothing', () => {
    const empty = new Session(scenario);
    const first = reportOf(traceSession(inputOf(empty)), subject);
    expect(first).toMatchObject({
      profit: '0.00',
      sharpe: null,
      sortino: null,
      winRate: null,
      roundTrips: 0,
      timeInMarket: 0,
    });
    expect(JSON.stringify(first)).not.toMatch(/NaN|Infinity/);
  });
});

describe('round trips', () => {
  const fill = (side: 'buy' | 'sell', lots: number, realised = 0, fee = 1) =>
    ({ symbol: 'A', side, quantityLots: lots, realisedMicros: realised, feeMicros: fee }) as never;
  test.each([
    ['none', [], { count: 0, wins: 0 }],
    ['one still open', [fill('buy', 5)], { count: 0, wins: 0 }],
    [
      'a win in two parts',
      [fill('buy', 5), fill('sell', 2, 10), fill('sell', 3, -3)],
      { count: 1, wins: 1 },
    ],
    ['a gain that the fees eat', [fill('buy', 5), fill('sell', 5, 2)], { count: 1, wins: 0 }],
    [
      'one that turns around',
      [fill('buy', 5), fill('sell', 9, 50), fill('buy', 4, -9)],
      { count: 2, wins: 1 },
    ],
    ['a short', [fill('sell', 5), fill('buy', 5, 100)], { count: 1, wins: 1 }],
  ])('%s', (_, fills, expected) => {
    expect(roundTrips(fills)).toEqual(expected);
  });
});

test.each([
  [1, 101, 100, { amount: '1.00', bps: 100 }],
  [-1, 101, 100, { amount: '-1.00', bps: -100 }],
  [1, 99.5, 100, { amount: '-0.50', bps: -50 }],
  [1, 101, 0, { amount: '0.00', bps: null }],
] as const)('slippage of %i at %d against %d', (direction, price, benchmark, view) => {
  const sum = new SlippageSum();
  sum.add(direction, price, benchmark, 100, 10_000);
  expect(sum.view()).toEqual(view);
});

describe('over a split', () => {
  const script = [
    { atSeconds: 900, type: 'split', symbol: 'SMALL', newUnits: 3, oldUnits: 2 } as const,
  ];
  const made = new Session({ ...scenario, script });
  jump(made, 895);
  made.order('in', { quantityLots: 101 });
  const { bid } = made.venue.quote('SMALL')!;
  const limitTicks = Math.round(Number(bid) * 97);
  made.order('ended', { type: 'limit', limitTicks, quantityLots: 1_000 });
  jump(made, 960);
  made.order('out', { side: 'sell', quantityLots: 151 });
  jump(made, 970);
  const report = reportOf(traceSession(inputOf(made)), subject);

  test('what was bought and sold is one round trip, and its profit is the account’s', () => {
    expect(report.roundTrips).toBe(1);
    expect(report.instruments[0]).toMatchObject({ position: '0', unrealised: '0.00' });
    expect(moneyMicros(report.instruments[0]!.realised)).toBe(made.venue.account().realisedMicros);
  });

  test('every order is judged on the scale on which it was entered', () => {
    const [bought, ended] = report.orders;
    for (const { slippageVwap } of report.orders.filter(({ type }) => type === 'market')) {
      expect(Math.abs(Number(slippageVwap.bps))).toBeLessThan(400);
    }
    expect(bought!.status).toBe('filled');
    // At another scale 1,000 shares would have missed a third of their price: about 60,000.
    expect(Math.abs(Number(ended!.shortfall))).toBeLessThan(2_000);
  });
});

test('a split that leaves no lot ends a round trip', () => {
  const fill = { symbol: 'A', side: 'buy', feeMicros: 1, realisedMicros: 0 } as const;
  const split = { symbol: 'A', atNs: 0, newUnits: 1, oldUnits: 10, quantityLots: 0, cashMicros: 6 };
  const fills = [{ ...fill, quantityLots: 7 }];
  const splits: SplitTrace[] = [{ ...split, afterFills: 1, realisedMicros: 5 }];
  expect(roundTrips(fills as never, splits)).toEqual({ count: 1, wins: 1 });
  expect(roundTrips(fills as never, [{ ...splits[0]!, quantityLots: 1 }])).toEqual({
    count: 0,
    wins: 0,
  });
});
