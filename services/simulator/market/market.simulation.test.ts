/** Whether the market looks like one. Bands are loose: seeds are fixed, and days differ. */

import type { Recording } from '@sandpit/schemas/scenario.ts';
import { describe, expect, test } from 'vitest';
import { BUY, SELL } from './access.ts';
import { Market } from './market.ts';
import {
  autocorrelation,
  coefficientOfVariation,
  correlation,
  countsPerWindow,
  deviation,
  excessKurtosis,
  fanoFactor,
  logReturns,
  mean,
} from './statistics.ts';
import { Books } from './testing/books.ts';
import { observe } from './testing/observe.ts';
import { LARGE_TICK, SMALL_TICK, SPARSE, testScenario } from './testing/scenario.ts';

const SECOND = 1e9;
const HOUR = 3_600;
const scenario = testScenario();
const names = ['small tick', 'large tick', 'sparse'];
const instruments = [SMALL_TICK, LARGE_TICK, SPARSE];

describe('one seed, three hours', () => {
  const seconds = 3 * HOUR;
  const seen = observe(scenario, 42, seconds);
  const each = instruments.map((i) => ({ name: names[i], i }));

  test.each(each)('$name: both sides are there, ten levels deep', ({ i }) => {
    expect(seen[i]!.longestEmptySeconds).toBeLessThanOrEqual(2);
    expect(seen[i]!.emptySeconds).toBeLessThan(seconds / 1_000);
    expect(seen[i]!.deepShare).toBeGreaterThan(0.97);
  });

  test('spreads: a small tick has several ticks, a large tick one, a sparse book about the usual', () => {
    const small = seen[SMALL_TICK]!.spreadTicks;
    const one = (spreads: number[]) => spreads.filter((s) => s === 1).length / spreads.length;
    expect(mean(small)).toBeGreaterThan(2);
    expect(mean(small)).toBeLessThan(8);
    expect(one(small)).toBeLessThan(0.35);
    expect(one(seen[LARGE_TICK]!.spreadTicks)).toBeGreaterThan(0.9);
    const sparse = mean(seen[SPARSE]!.spreadTicks);
    expect(sparse).toBeGreaterThan(30);
    expect(sparse).toBeLessThan(240);
  });

  test.each(each)('$name: it moves about as much as its model says', ({ i }) => {
    const { model, instrument } = scenario.instruments[i]!;
    const day = instrument.kind === 'equity' ? 23_400 : 86_400;
    const perDay = deviation(logReturns(seen[i]!.midTicks, 60)) * Math.sqrt(day / 60);
    expect(perDay / model.volatilityPerDay).toBeGreaterThan(0.3);
    expect(perDay / model.volatilityPerDay).toBeLessThan(2.5);
  });

  test.each(each)('$name: fat tails that thin out, and hardly a linear pattern', ({ i }) => {
    const returns = (horizon: number) => logReturns(seen[i]!.midTicks, horizon);
    expect(excessKurtosis(returns(1))).toBeGreaterThan(3);
    expect(excessKurtosis(returns(1))).toBeGreaterThan(excessKurtosis(returns(60)));
    expect(Math.abs(autocorrelation(returns(10), 1))).toBeLessThan(0.2);
  });

  test('volatility clusters', () => {
    const absolute = logReturns(seen[SPARSE]!.midTicks, 10).map(Math.abs);
    expect(autocorrelation(absolute, 1)).toBeGreaterThan(0.05);
    expect(autocorrelation(absolute, 10)).toBeGreaterThan(0);
  });

  test.each(each)('$name: arrivals cluster and signs remember', ({ i }) => {
    const { orders } = seen[i]!;
    const times = orders.map(({ atNs }) => atNs);
    const waits = times.slice(1).map((at, k) => at - times[k]!);
    const fano = (s: number) => fanoFactor(countsPerWindow(times, 0, seconds * SECOND, s * SECOND));
    expect(coefficientOfVariation(waits)).toBeGreaterThan(1.25);
    expect(fano(1)).toBeGreaterThan(1.5);
    expect(fano(60)).toBeGreaterThan(2 * fano(1));
    const signs = orders.map(({ takerSide }) => (takerSide === BUY ? 1 : -1));
    expect(autocorrelation(signs, 1)).toBeGreaterThan(0.05);
    expect(autocorrelation(signs, 5)).toBeGreaterThan(0.01);
  });

  test.each(each)('$name: rate of market orders and volume with volatility', ({ i }) => {
    const { orders, midTicks } = seen[i]!;
    const { model } = scenario.instruments[i]!;
    const rate = orders.length / seconds / model.marketOrdersPerSecond;
    expect(rate).toBeGreaterThan(0.5);
    expect(rate).toBeLessThan(2);
    const lots = new Array<number>(seconds / 60).fill(0);
    for (const order of orders) lots[Math.floor((order.atNs - 1) / (60 * SECOND))]! += order.lots;
    const moves = logReturns([midTicks[0]!, ...midTicks], 60).map(Math.abs);
    expect(correlation(lots.slice(0, moves.length), moves)).toBeGreaterThan(0.1);
  });
});

test.each([1, 2, 3])('no seed runs away in eight hours (SEED=%i)', (seed) => {
  const seen = observe(
    { ...scenario, instruments: scenario.instruments.slice(0, 2) },
    seed,
    8 * HOUR,
  );
  seen.forEach(({ midTicks, spreadTicks }, i) => {
    const { referenceTicks } = scenario.instruments[i]!.model;
    expect(Math.min(...midTicks)).toBeGreaterThan(referenceTicks * 0.85);
    expect(Math.max(...midTicks)).toBeLessThan(referenceTicks * 1.18);
    expect(Math.max(...spreadTicks)).toBeLessThan(referenceTicks * 0.02);
  });
});

describe('a large order of the trader', () => {
  function run(i: number, depths: number, side: 0 | 1) {
    const { model } = scenario.instruments[i]!;
    const measure = (lots: number) => {
      const books = new Books(scenario.instruments.length);
      books.isTaping = false;
      books.market = new Market(scenario, 7, books);
      books.market.advanceTo(300 * SECOND);
      if (lots > 0) books.trade(i, side, 0, lots);
      return [0, 2, 60].map((later) => {
        books.market.advanceTo((300 + later) * SECOND);
        const [bid, ask] = [books.bestBid(i), books.bestAsk(i)];
        const levels = books.levelCount(i, side === BUY ? SELL : BUY, 12);
        return { mid: (bid + ask) / 2, spread: ask - bid, levels };
      });
    };
    return { hit: measure(depths * model.typicalDepthLots), calm: measure(0), model };
  }

  test.each([
    [SMALL_TICK, 8, BUY],
    [SMALL_TICK, 8, SELL],
    [LARGE_TICK, 10, BUY],
    [SPARSE, 12, BUY],
  ] as const)(
    'moves the price, and the book heals (instrument %i, %i depths, side %i)',
    (i, depths, side) => {
      const { hit, calm, model } = run(i, depths, side);
      const direction = side === BUY ? 1 : -1;
      const impact = hit.map(({ mid }, k) => direction * (mid - calm[k]!.mid));
      expect(impact[0]).toBeGreaterThan(0);
      expect(hit[0]!.spread).toBeGreaterThan(calm[0]!.spread);
      expect(impact[1]).toBeGreaterThan(0);
      expect(hit[2]!.spread).toBeLessThanOrEqual(Math.max(3, 4 * model.typicalSpreadTicks));
      expect(hit[2]!.levels).toBeGreaterThanOrEqual(10);
    },
  );

  test.each(instruments)('an emptied side is quoted again within a second (instrument %i)', (i) => {
    const books = new Books(scenario.instruments.length);
    books.market = new Market(scenario, 3, books);
    books.market.advanceTo(60 * SECOND);
    books.trade(i, SELL, 0, 50_000_000);
    expect(books.bestBid(i)).toBe(0);
    books.market.advanceTo(61 * SECOND);
    expect(books.bestBid(i)).toBeGreaterThan(0);
    expect(books.bestAsk(i)).toBeGreaterThan(books.bestBid(i));
  });

  test('buying again and again neither breaks the market nor sends it to infinity', () => {
    const books = new Books(scenario.instruments.length);
    books.isTaping = false;
    books.market = new Market(scenario, 8, books);
    for (let second = 1; second <= 600; second++) {
      books.market.advanceTo(second * SECOND);
      books.trade(LARGE_TICK, second <= 300 ? BUY : SELL, 0, 100_000);
    }
    books.market.advanceTo(660 * SECOND);
    expect(books.midTicks(LARGE_TICK)).toBeGreaterThan(900);
    expect(books.midTicks(LARGE_TICK)).toBeLessThan(1_600);
    expect(books.levelCount(LARGE_TICK, BUY, 12)).toBeGreaterThanOrEqual(8);
    expect(books.levelCount(LARGE_TICK, SELL, 12)).toBeGreaterThanOrEqual(8);
  });
});

describe('a recorded day', () => {
  const rows = 1_201;
  /** Up fifty ticks, down eighty, with a busy minute at 10:00. */
  const recording: Recording = {
    source: 'by hand',
    stepMs: 1_000,
    midHalfTicks: Array.from({ length: rows }, (_, k) =>
      Math.round(36_000 + (k < 600 ? k / 6 : 100 - (k - 600) / 3.75)),
    ),
    spreadTicks: Array.from({ length: rows }, () => 4),
    trades: Array.from({ length: rows }, (_, k) => (k >= 600 && k < 660 ? 6 : 1)),
    volumeLots: Array.from({ length: rows }, (_, k) => (k >= 600 && k < 660 ? 900 : 150)),
  };
  const replay = testScenario(recording);
  const [seen] = observe({ ...replay, instruments: [replay.instruments[SMALL_TICK]!] }, 5, 1_800);

  test('the mid follows the recorded mid closely', () => {
    const off = seen!.midTicks
      .slice(0, rows - 1)
      .map((mid, k) => Math.abs(mid - recording.midHalfTicks[k + 1]! / 2))
      .sort((a, b) => a - b);
    expect(off[Math.floor(off.length / 2)]).toBeLessThan(3);
    expect(off[Math.floor(off.length * 0.95)]).toBeLessThan(8);
  });

  test('what the crowd trades on a recorded day does not move the price away from it', () => {
    const heavy = { ...recording, volumeLots: recording.volumeLots.map((lots) => lots * 40) };
    const busy = testScenario(heavy);
    const { model } = busy.instruments[SMALL_TICK]!;
    const instrument = {
      ...busy.instruments[SMALL_TICK]!,
      model: {
        ...model,
        typicalOrderLots: 6_000,
        typicalDepthLots: 20_000,
        marketOrdersPerSecond: 2,
      },
    };
    const [market] = observe({ ...busy, instruments: [instrument] }, 6, rows - 1);
    const off = market!.midTicks.map((mid, k) => mid - recording.midHalfTicks[k + 1]! / 2);
    const drift = Array.from({ length: 20 }, (_, m) => mean(off.slice(m * 60, m * 60 + 60)));
    expect(Math.max(...drift.map(Math.abs))).toBeLessThan(2.5);
  });

  test('trading is busiest when the recording was', () => {
    const counts = countsPerWindow(
      seen!.orders.map(({ atNs }) => atNs),
      0,
      1_200 * SECOND,
      60 * SECOND,
    );
    expect(counts.indexOf(Math.max(...counts))).toBe(10);
    expect(counts.reduce((sum, count) => sum + count, 0) / 1_500).toBeGreaterThan(0.7);
    expect(counts.reduce((sum, count) => sum + count, 0) / 1_500).toBeLessThan(1.4);
  });

  test('after its end the market goes on from the last price', () => {
    const after = seen!.midTicks.slice(rows);
    expect(Math.abs(after[0]! - recording.midHalfTicks.at(-1)! / 2)).toBeLessThan(10);
    expect(new Set(after).size).toBeGreaterThan(10);
    expect(Math.abs(after.at(-1)! / after[0]! - 1)).toBeLessThan(0.02);
  });

  test('an order of the trader moves the replayed price for a while', () => {
    const mids = [0, 4_000].map((lots) => {
      const books = new Books(replay.instruments.length);
      books.isTaping = false;
      books.market = new Market(replay, 5, books);
      books.market.advanceTo(300 * SECOND);
      if (lots > 0) books.trade(SMALL_TICK, BUY, 0, lots);
      return [2, 900].map((later) => {
        books.market.advanceTo((300 + later) * SECOND);
        return books.midTicks(SMALL_TICK);
      });
    });
    expect(mids[1]![0]! - mids[0]![0]!).toBeGreaterThan(1);
    expect(Math.abs(mids[1]![1]! - mids[0]![1]!)).toBeLessThan(4);
  });
});
