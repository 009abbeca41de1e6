import { describe, expect, test } from 'vitest';
import { flowImpact, spread } from './book-measures.ts';
import { DayRecorder } from './day-record.ts';
import { response } from './trade-measures.ts';

const S = 1e9;

/** Two minutes, with a quote before them. */
function recorder() {
  const day = new DayRecorder(0, 120 * S);
  day.quote(-5 * S, 99, 101, 10, 10);
  return day;
}

describe('quotes', () => {
  test('the mid of a second is that of the last quote up to it', () => {
    const day = recorder();
    day.quote(1.5 * S, 99, 103, 10, 10);
    day.quote(3 * S, 101, 103, 10, 10);
    expect([...day.finish().midTicks.subarray(0, 5)]).toEqual([100, 100, 101, 102, 102]);
  });

  test('an empty side leaves the mid as it was and no time to the spread', () => {
    const day = recorder();
    day.quote(30 * S, 0, 101, 0, 10);
    day.quote(60 * S, 100, 101, 5, 10);
    const record = day.finish();
    expect(record.midTicks[45]).toBe(100);
    expect([...record.spreadSeconds]).toEqual([
      [2, 30],
      [1, 60],
    ]);
    expect(spread([record])).toEqual({ meanTicks: 120 / 90, oneTickShare: 60 / 90 });
    expect([...record.minuteSpreadTicks]).toEqual([2, 1]);
  });

  test('what comes before the first quote takes its mid', () => {
    const day = new DayRecorder(0, 60 * S);
    day.quote(2.5 * S, 99, 101, 1, 1);
    expect([...day.finish().midTicks.subarray(0, 4)]).toEqual([100, 100, 100, 100]);
  });

  // Bid grows by 5, ask shrinks by 4, then the bid is bettered by 7 lots, then the ask falls to 3 lots.
  test.each<[string, [number, number, number, number], number]>([
    ['a longer bid queue', [99, 101, 15, 10], 5],
    ['a shorter ask queue', [99, 101, 10, 6], 4],
    ['a better bid counts whole', [100, 101, 7, 10], 7],
    ['a worse bid takes the old queue away', [98, 101, 50, 10], -10],
    ['a better ask counts whole', [99, 100, 10, 3], -3],
    ['a worse ask takes the old queue away', [99, 102, 10, 50], 10],
  ])('order-flow imbalance: %s', (_name, quote, flow) => {
    const day = recorder();
    day.quote(15 * S, ...quote);
    expect([...day.finish().flowLots.subarray(0, 3)]).toEqual([0, flow, 0]);
  });

  test('every quote between two moves counts for the fifth in which it lay', () => {
    const day = recorder(); // Half of the lots are on the bid, but before the window.
    day.quote(1 * S, 99, 101, 90, 10);
    day.quote(2 * S, 99, 101, 10, 90);
    day.quote(3 * S, 100, 101, 30, 70); // up
    day.quote(4 * S, 99, 100, 10, 10); // down
    const { movesUp, movesDown } = day.finish();
    expect([...movesUp]).toEqual([1, 0, 0, 0, 1]);
    expect([...movesDown]).toEqual([0, 1, 0, 0, 0]);
  });
});

describe('trades', () => {
  test('fills of one time and side are one order; sizes count each', () => {
    const day = recorder();
    day.trade(2 * S, 101, 100, 1);
    day.trade(2 * S, 102, 50, 1);
    day.trade(2 * S, 99, 20, -1);
    day.trade(3 * S, 99, 20, -1);
    const record = day.finish();
    expect([...record.orderLots]).toEqual([150, 20, 20]);
    expect([...record.orderSign]).toEqual([1, -1, -1]);
    expect([...record.tradeLots]).toEqual([100, 50, 20, 20]);
    expect([...record.minuteLots]).toEqual([190, 0]);
    expect([...record.minuteSignedLots]).toEqual([110, 0]);
  });

  test('an unknown side is judged by the mid, then by the change of price, then stays', () => {
    const day = recorder();
    const prices = [101, 100, 100, 99, 100, 100.5];
    prices.forEach((price, i) => {
      day.trade((i + 1) * S, price, 1, 0);
    });
    expect([...day.finish().orderSign]).toEqual([1, -1, -1, -1, 1, 1]);
  });

  test('outside of the window only the size counts', () => {
    const day = recorder();
    day.trade(-S, 101, 7, 1);
    day.trade(120 * S, 101, 8, 1);
    const record = day.finish();
    expect([...record.tradeLots]).toEqual([7, 8]);
    expect(record.orderNs).toHaveLength(0);
    expect(record.tradeTicks).toHaveLength(0);
  });

  test('the response is the move in the direction of the order', () => {
    const day = recorder();
    day.trade(1 * S, 101, 1, 1);
    day.quote(1.1 * S, 100, 102, 5, 5); // up by one
    day.trade(2 * S, 100, 1, -1);
    day.quote(2.1 * S, 97, 99, 5, 5); // down by three
    day.trade(3 * S, 99, 1, 1);
    expect(response([day.finish()], 1)).toBe((1 + 3) / 2);
  });
});

test('orders: lives, placement and depth', () => {
  const day = recorder();
  day.placed(S, -1);
  day.placed(-S, 5);
  day.ended(2 * S, 1.5 * S, 'cancelled');
  day.ended(3 * S, 2 * S, 'filled');
  day.depth(0, 5);
  day.depth(2, 7);
  day.depth(400, 7);
  const record = day.finish();
  expect([...record.placedTicks]).toEqual([-1]);
  expect([...record.cancelSeconds]).toEqual([1.5]);
  expect(record.filledOrders).toBe(1);
  expect([...record.depthLots.subarray(0, 4)]).toEqual([5, 0, 7, 0]);
});

test('a price that follows the order flow is explained by it, the less the deeper the book', () => {
  const day = new DayRecorder(0, 7_200 * S);
  let bid = 10_000;
  day.quote(-S, bid, bid + 1, 100, 100);
  for (let k = 0; k < 7_200; k += 10) {
    const depth = k < 3_600 ? 100 : 200;
    const up = (k / 10) % 3 === 0 ? 1 : (k / 10) % 3 === 1 ? -1 : 0;
    bid += up;
    day.quote((k + 5) * S, bid, bid + 1, depth, depth);
  }
  const { rSquared, slope, depthExponent } = flowImpact([day.finish()]);
  expect(rSquared).toBeGreaterThan(0.95);
  expect(slope).toBeGreaterThan(0);
  expect(depthExponent).toBeCloseTo(-1, 1);
});
