import { describe, expect, test } from 'vitest';
import { Sampler } from './sampler.ts';

/** A session of four seconds from time 1000 in steps of one second. */
const session = () => new Sampler(1_000, 5_000, 1_000);

describe('quotes', () => {
  test('a row holds the mid as its step begins and the mean spread while it lasts', () => {
    const sampler = session();
    sampler.quote(1_000, 100, 102, 10);
    sampler.quote(2_500, 100, 108, 10);
    sampler.quote(4_999, 200, 210, 10);
    sampler.endQuotes();
    const { midHalfTicks, spreadTicks } = sampler.columns();
    expect(midHalfTicks).toEqual([202, 202, 208, 208, 410]);
    // Second step: half of it 2 ticks wide, half of it 8.
    expect(spreadTicks).toEqual([2, 5, 8, 8, 10]);
  });

  test('rows before the first quote take the first one', () => {
    const sampler = session();
    sampler.quote(3_200, 50, 51, 10);
    sampler.endQuotes();
    expect(sampler.columns().midHalfTicks).toEqual([101, 101, 101, 101, 101]);
  });

  test('quotes at one instant: the last one counts', () => {
    const sampler = session();
    sampler.quote(1_000, 10, 20, 10);
    sampler.quote(1_000, 30, 32, 10);
    sampler.endQuotes();
    expect(sampler.columns().midHalfTicks[1]).toBe(62);
    expect(sampler.columns().spreadTicks).toEqual([2, 2, 2, 2, 2]);
  });

  test('depth is the mean over time', () => {
    const sampler = session();
    sampler.quote(1_000, 10, 12, 100);
    sampler.quote(4_000, 10, 12, 500);
    sampler.endQuotes();
    expect(sampler.statistics().meanDepthLots).toBe(200);
    expect(sampler.statistics().quotes).toBe(2);
  });
});

describe('trades', () => {
  function traded(...trades: [number, number, number, (1 | -1)?][]) {
    const sampler = session();
    sampler.quote(1_000, 100, 102, 10);
    sampler.endQuotes();
    for (const [timeMs, price, lots, side] of trades) {
      sampler.trade(timeMs, price, lots, side ?? null);
    }
    return sampler;
  }

  test('prints at one time on one side are one market order', () => {
    const { trades, volumeLots } = traded(
      [1_500, 102, 5],
      [1_500, 103, 7],
      [1_500, 100, 1],
      [2_100, 102, 2],
    ).columns();
    expect(trades).toEqual([2, 1, 0, 0, 0]);
    expect(volumeLots).toEqual([13, 2, 0, 0, 0]);
  });

  test('a print at the mid takes its side from the price before', () => {
    // 101 after 102 is a sale; the second 101 is on the same side at the same time.
    expect(traded([1_100, 102, 1], [1_200, 101, 1], [1_200, 101, 1]).columns().trades[0]).toBe(2);
  });

  test('a side that is given is not guessed', () => {
    expect(traded([1_100, 102, 1, -1], [1_100, 102, 1, 1]).columns().trades[0]).toBe(2);
  });

  test('sizes: mean per market order, mode per print', () => {
    const { meanOrderLots, modalTradeLots, modalShare, marketOrders } = traded(
      [1_100, 102, 100],
      [1_100, 102, 100],
      [1_200, 102, 40],
      [1_300, 102, 100],
    ).statistics();
    expect(marketOrders).toBe(3);
    expect(meanOrderLots).toBeCloseTo(340 / 3, 10);
    expect([modalTradeLots, modalShare]).toEqual([100, 0.75]);
  });
});
