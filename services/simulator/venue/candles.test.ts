import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, test } from 'vitest';
import { Candles, type CandleTicks, MINUTE_CANDLES, SECOND_CANDLES } from './candles.ts';
import { TAPE_LENGTH, Tape } from './tape.ts';

/** `99 100 98 99 x7 n3`: open, high, low, close, volume, trades. */
const text = ({ openTicks, highTicks, lowTicks, closeTicks, volumeLots, trades }: CandleTicks) =>
  `${openTicks} ${highTicks} ${lowTicks} ${closeTicks} x${volumeLots} n${trades}`;

/** Trades as `second:price`, one lot each. */
function candlesOf(trades: string): Candles {
  const candles = new Candles();
  for (const trade of trades.split(' ')) {
    const [second, price] = trade.split(':').map(Number);
    candles.add(second! * 1e9, price!, 1);
  }
  return candles;
}

describe('candles', () => {
  test.each`
    rule                                 | trades                        | interval | limit | now    | list
    ${'open, high, low, close'}          | ${'0:10 0.2:12 0.4:9 0.9:11'} | ${'1s'}  | ${9}  | ${0.9} | ${['10 12 9 11 x4 n4']}
    ${'a gap is flat at the last close'} | ${'0:10 2:12'}                | ${'1s'}  | ${9}  | ${2}   | ${['10 10 10 10 x1 n1', '10 10 10 10 x0 n0', '12 12 12 12 x1 n1']}
    ${'up to now'}                       | ${'0:10'}                     | ${'1s'}  | ${9}  | ${2.5} | ${['10 10 10 10 x1 n1', '10 10 10 10 x0 n0', '10 10 10 10 x0 n0']}
    ${'the newest ones'}                 | ${'0:10 2:12 3:13'}           | ${'1s'}  | ${2}  | ${3}   | ${['12 12 12 12 x1 n1', '13 13 13 13 x1 n1']}
    ${'the newest, all of them flat'}    | ${'0:10'}                     | ${'1s'}  | ${2}  | ${90}  | ${['10 10 10 10 x0 n0', '10 10 10 10 x0 n0']}
    ${'summed up'}                       | ${'0:10 3:14 4.9:9 5:11'}     | ${'5s'}  | ${9}  | ${5}   | ${['10 14 9 9 x3 n3', '11 11 11 11 x1 n1']}
    ${'by the minute'}                   | ${'59:10 60:11 119:7 120:8'}  | ${'1m'}  | ${9}  | ${120} | ${['10 10 10 10 x1 n1', '11 11 7 7 x2 n2', '8 8 8 8 x1 n1']}
    ${'by five minutes'}                 | ${'59:10 299:11 300:8'}       | ${'5m'}  | ${9}  | ${300} | ${['10 11 10 11 x2 n2', '8 8 8 8 x1 n1']}
  `('$rule', ({ trades, interval, limit, now, list }) => {
    const candles = candlesOf(trades).list(interval, limit, now * 1e9);
    expect(candles.map(text)).toEqual(list);
    const step = candles.length > 1 ? candles[1]!.startSecond - candles[0]!.startSecond : 0;
    candles.forEach((candle, i) => {
      expect(candle.startSecond).toBe(candles[0]!.startSecond + i * step);
    });
  });

  test('none without a trade', () => {
    expect(new Candles().list('1m', 10, 1e12)).toEqual([]);
  });

  test('seconds for a frame are those with a trade', () => {
    const candles = candlesOf('1:10 3:11 4:12');
    expect(candles.secondsSince(3, 9).map(({ startSecond }) => startSecond)).toEqual([3, 4]);
    expect(candles.secondsSince(0, 2).map(({ startSecond }) => startSecond)).toEqual([3, 4]);
  });

  test('over a split they stay as traded; what is filled in and the day are on the scale of now', () => {
    const split = { atSecond: 900, newUnits: 4, oldUnits: 1 };
    const candles = new Candles([split]);
    candles.add(890e9, 202, 10);
    const closes = () =>
      candles.list('5s', 5, 909e9).map((each) => [each.startSecond, each.closeTicks]);
    const flat = [
      [890, 202],
      [895, 202],
      [900, 51],
      [905, 51],
    ];
    expect(closes()).toEqual(flat);
    const before = { openTicks: 202, highTicks: 202, lowTicks: 202, volumeLots: 10 };
    const after = { openTicks: 51, highTicks: 51, lowTicks: 51, volumeLots: 40 };
    expect([candles.day(899e9), candles.day(900e9)]).toEqual([before, after]);
    candles.add(906e9, 50, 3);
    expect(closes().at(-1)).toEqual([905, 50]);
    expect(candles.day(910e9)).toEqual({ ...after, lowTicks: 50, volumeLots: 43 });
    const [bytes, more] = candles.snapshot();
    expect(Candles.restore(bytes!, more!, [split]).day(910e9)).toEqual(candles.day(910e9));
  });

  test('the day is the last 24 hours', () => {
    const candles = candlesOf('0:50 60:10 3600:12');
    expect(candles.day(0)).toEqual({ openTicks: 50, highTicks: 50, lowTicks: 10, volumeLots: 3 });
    candles.add(86_400 * 1e9, 13, 2);
    expect(candles.day(0)).toEqual({ openTicks: 10, highTicks: 13, lowTicks: 10, volumeLots: 4 });
    candles.add(86_400.5 * 1e9, 9, 2);
    expect(candles.day(0)).toEqual({ openTicks: 10, highTicks: 13, lowTicks: 9, volumeLots: 6 });
  });

  test('are bounded, and the same after a snapshot at any size', () => {
    const random = xoroshiro128plus(3);
    const below = (n: number) => (random.next() >>> 0) % n;
    let candles = new Candles();
    let second = 0;
    for (let i = 0; i < 12_000; i++) {
      second += below(40) === 0 ? below(400) : below(2);
      candles.add(second * 1e9, 100 + below(50), 1 + below(9));
      if (i % 1_500 !== 0) continue;
      const [seconds, minutes] = candles.snapshot();
      const copy = Candles.restore(seconds!, minutes!);
      expect(copy.snapshot()).toEqual(candles.snapshot());
      expect(copy.day(0)).toEqual(candles.day(0));
      for (const interval of ['1s', '15s', '15m'] as const) {
        expect(copy.list(interval, 100, second * 1e9)).toEqual(
          candles.list(interval, 100, second * 1e9),
        );
      }
      candles = copy;
    }
    const [seconds, minutes] = candles.snapshot();
    expect(seconds!.length).toBe(32 * SECOND_CANDLES);
    expect(minutes!.length).toBeLessThanOrEqual(32 * MINUTE_CANDLES);
  });
});

describe('the tape', () => {
  test('keeps the newest trades under contiguous ids', () => {
    const tape = new Tape();
    const count = TAPE_LENGTH + 7;
    for (let id = 1; id <= count; id++) tape.add(id * 10, 1_000 + id, id, 1);
    expect(tape.idsAfter(0)).toEqual({ first: 8, last: count });
    expect(tape.idsAfter(count - 2)).toEqual({ first: count - 1, last: count });
    expect(tape.idsAfter(count)).toEqual({ first: count + 1, last: count });
    for (const id of [8, 9, count]) expect(tape.priceTicks[tape.indexOf(id)]).toBe(1_000 + id);
    const copy = Tape.restore(JSON.parse(JSON.stringify(tape.snapshot())));
    expect(copy.snapshot()).toEqual(tape.snapshot());
  });
});
