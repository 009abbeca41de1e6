import { describe, expect, test } from 'vitest';
import { Stretches } from './stretches.ts';

const NS = 1e9;
const minutes = (count: number) => count * 60 * NS;
const NO_DAYS = Number.POSITIVE_INFINITY;

/** Tells it of a quote every ten seconds from one minute to another. */
function run(stretches: Stretches, from: number, to: number, isTrading = true) {
  for (let ns = minutes(from); ns < minutes(to); ns += 10 * NS) {
    stretches.at(ns, isTrading)?.quote(ns, 100, 102, 5, 5);
  }
}
const shape = (stretches: Stretches, at: number) =>
  stretches.finish(minutes(at)).map(({ startNs, seconds }) => [startNs / NS / 60, seconds / 60]);

describe('a session in stretches', () => {
  test('one of whole minutes where nothing parts it', () => {
    const stretches = new Stretches(minutes(20) + 31 * NS, NO_DAYS);
    run(stretches, 3, 20);
    expect(shape(stretches, 20)).toEqual([[3, 17]]);
  });

  test('a halt parts two, and neither knows of the other', () => {
    const stretches = new Stretches(minutes(40), NO_DAYS);
    run(stretches, 0, 15.5);
    run(stretches, 15.5, 20, false);
    run(stretches, 20, 40);
    const days = stretches.finish(minutes(40));
    expect(days.map(({ startNs, seconds }) => [startNs / NS, seconds])).toEqual([
      [0, 900],
      [1_200, 1_200],
    ]);
    for (const { midTicks, minuteSpreadTicks, flowLots, seconds } of days) {
      expect(midTicks).toHaveLength(seconds);
      expect(minuteSpreadTicks).toHaveLength(seconds / 60);
      expect(flowLots).toHaveLength(seconds / 10);
      expect(new Set(midTicks)).toEqual(new Set([101]));
    }
  });

  test('days end where they end, and what is much shorter than the longest is left out', () => {
    const stretches = new Stretches(minutes(27), minutes(10));
    run(stretches, 8, 27);
    expect(shape(stretches, 27)).toEqual([
      [10, 10],
      [20, 7],
    ]);
  });

  test('a split parts two', () => {
    const stretches = new Stretches(minutes(20), NO_DAYS, [minutes(9.5)]);
    run(stretches, 0, 20);
    expect(shape(stretches, 20)).toEqual([
      [0, 9],
      [9.5, 10],
    ]);
  });

  test('a trade behind the last whole minute is in no record', () => {
    const stretches = new Stretches(minutes(5), NO_DAYS);
    run(stretches, 0, 2);
    stretches.at(minutes(1), true)!.trade(minutes(1), 102, 7, 1);
    stretches.at(minutes(2), true)!.trade(minutes(2) + NS, 102, 9, 1);
    const [day] = stretches.finish(minutes(2) + 2 * NS);
    expect([...day!.orderLots]).toEqual([7]);
    expect(day!.minuteLots).toEqual(Float64Array.of(0, 7));
  });

  test('less than a minute is nothing', () => {
    const stretches = new Stretches(59 * NS, NO_DAYS);
    expect(stretches.at(0, true)).toBeNull();
    expect(stretches.finish(59 * NS)).toEqual([]);
  });
});
