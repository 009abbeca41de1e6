import { describe, expect, test } from 'vitest';
import { type ExitsDraft, exitLegs, judgeExits, PLAIN_EXITS } from './exits.ts';
import { ACME, BTC } from './testing.ts';

const SELL = { side: 'sell', entryTicks: 18_000, lots: 10, instrument: ACME } as const;
const BUY = { ...SELL, side: 'buy' } as const;
const judge = (draft: Partial<ExitsDraft>, context: Parameters<typeof judgeExits>[1] = SELL) =>
  judgeExits({ ...PLAIN_EXITS, ...draft }, context);

describe('where the exits of an entry at 180.00 stand', () => {
  test.each<[string, Partial<ExitsDraft>, typeof SELL | typeof BUY, number, number]>([
    ['prices of a long', { target: '190', stopLoss: '175.50' }, SELL, 19_000, 17_550],
    ['prices of a short', { target: '170', stopLoss: '184' }, BUY, 17_000, 18_400],
    ['distances', { exitsBy: 'offset', target: '2.5', stopLoss: '1' }, SELL, 18_250, 17_900],
    [
      'distances of a short',
      { exitsBy: 'offset', target: '2', stopLoss: '1' },
      BUY,
      17_800,
      18_100,
    ],
    ['per cent', { exitsBy: 'percent', target: '1.5', stopLoss: '0.5' }, SELL, 18_270, 17_910],
    [
      'less than a tick away',
      { exitsBy: 'percent', target: '0.001', stopLoss: '0.001' },
      SELL,
      18_001,
      17_999,
    ],
  ])('%s', (_name, draft, context, targetTicks, stopTicks) => {
    expect(judge(draft, context)).toMatchObject({ errors: {}, targetTicks, stopTicks });
  });
});

test('what they would bring, and the ratio of both', () => {
  const verdict = judge({ target: '190', stopLoss: '176' });
  expect(verdict).toMatchObject({
    targetMicros: 100_000_000n,
    stopMicros: -40_000_000n,
    ratio: 2.5,
  });
  expect(judge({ target: '170', stopLoss: '184' }, BUY)).toMatchObject({
    targetMicros: 100_000_000n,
    stopMicros: -40_000_000n,
  });
  expect(judge({ target: '190' })).toMatchObject({ stopMicros: null, ratio: null });
  const unknown = { ...SELL, entryTicks: null };
  expect(judge({ exitsBy: 'percent', target: '2' }, unknown)).toMatchObject({ targetTicks: null });
});

describe('what is wrong is said beside its field', () => {
  test.each<[string, Partial<ExitsDraft>, string, RegExp]>([
    ['nothing at all', {}, 'target', /take-profit, a stop-loss, or both/],
    ['a target below the entry of a long', { target: '179' }, 'target', /above the entry, 180\.00/],
    ['a target at the entry', { target: '180' }, 'target', /above/],
    ['a stop above it', { stopLoss: '181' }, 'stopLoss', /below the entry/],
    ['off the grid', { target: '190.005' }, 'target', /steps of 0\.01/],
    ['no number', { stopLoss: 'x' }, 'stopLoss', /number above zero/],
    ['a distance off the grid', { exitsBy: 'offset', target: '0.005' }, 'target', /steps of 0\.01/],
    [
      'a distance as large as the price',
      { exitsBy: 'offset', stopLoss: '180' },
      'stopLoss',
      /larger/,
    ],
    ['a percentage too fine', { exitsBy: 'percent', target: '0.00001' }, 'target', /four decimals/],
    ['a percentage beyond all sense', { exitsBy: 'percent', target: '1001' }, 'target', /1,000/],
    [
      'a worst price without a stop',
      { target: '190', stopLossLimit: '170' },
      'stopLossLimit',
      /trigger/,
    ],
    [
      'a worst price that is better',
      { stopLoss: '175', stopLossLimit: '176' },
      'stopLossLimit',
      /below/,
    ],
  ])('%s', (_name, draft, field, words) => {
    const { errors } = judge(draft);
    expect(errors[field as keyof typeof errors]).toMatch(words);
  });
});

test('as orders: a target, and a stop at market or with a worst price', () => {
  const legs = (draft: Partial<ExitsDraft>) =>
    exitLegs(judge(draft), SELL, { quantity: '10', timeInForce: 'gtc' });
  const leg = { symbol: 'ACME', side: 'sell', quantity: '10', timeInForce: 'gtc' };
  expect(legs({ target: '190', stopLoss: '175' })).toEqual([
    { ...leg, type: 'limit', limitPrice: '190.00' },
    { ...leg, type: 'stop', stopPrice: '175.00' },
  ]);
  expect(legs({ stopLoss: '175', stopLossLimit: '174.5' })).toEqual([
    { ...leg, type: 'stopLimit', stopPrice: '175.00', limitPrice: '174.50' },
  ]);
});

test('on another grid', () => {
  const context = { side: 'sell', entryTicks: 620_000, lots: 5_000, instrument: BTC } as const;
  expect(judge({ exitsBy: 'percent', target: '1', stopLoss: '1' }, context)).toMatchObject({
    targetTicks: 626_200,
    stopTicks: 613_800,
    targetMicros: 310_000_000n,
  });
});
