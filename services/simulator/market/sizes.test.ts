import { describe, expect, test } from 'vitest';
import { parametersOf } from './parameters.ts';
import { Random } from './random.ts';
import { drawOrderLots, meanOrderLots, roundedLots } from './sizes.ts';
import { SMALL_TICK, testScenario } from './testing/scenario.ts';

const { instrument, model } = testScenario().instruments[SMALL_TICK]!;
const parameters = parametersOf(instrument, model);

function draws(count: number, more: Partial<typeof parameters> = {}): number[] {
  const random = Random.stream(1, 'sizes');
  return Array.from({ length: count }, () => drawOrderLots(random, { ...parameters, ...more }, 1));
}
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('order sizes', () => {
  test('most are the round lot or a multiple of it, the largest carry much of the volume', () => {
    const sizes = draws(50_000).sort((a, b) => b - a);
    const share = (is: (lots: number) => boolean) => sizes.filter(is).length / sizes.length;
    expect(share((lots) => lots === 100)).toBeGreaterThan(0.5);
    expect(share((lots) => lots === 100)).toBeLessThan(0.8);
    expect(share((lots) => lots % 100 === 0)).toBeGreaterThan(0.85);
    const top = sizes.slice(0, sizes.length / 100);
    const total = mean(sizes) * sizes.length;
    expect((mean(top) * top.length) / total).toBeGreaterThan(0.05);
    expect((mean(top) * top.length) / total).toBeLessThan(0.5);
    expect(sizes.every((lots) => Number.isInteger(lots) && lots >= 1)).toBe(true);
  });

  test.each([
    [100, 110],
    [1, 5_000],
    [100, 900],
  ])('the stated mean is the mean (round lot %i, typical %i)', (roundLot, orderLots) => {
    const actual = mean(draws(100_000, { roundLot, orderLots }));
    const stated = meanOrderLots(roundLot, orderLots);
    expect(actual / stated).toBeGreaterThan(0.9);
    expect(actual / stated).toBeLessThan(1.12);
  });

  test('never more than the instrument takes', () => {
    expect(Math.max(...draws(5_000, { maxOrderLots: 150 }))).toBe(150);
  });

  test.each([
    [0.2, 100, true, 1],
    [49, 100, true, 49],
    [151, 100, true, 200],
    [151, 100, false, 151],
    [9_999, 100, true, 500],
  ])('%d lots in round lots of %i (%s) are %i', (lots, roundLot, whole, result) => {
    expect(roundedLots(lots, roundLot, whole, 500)).toBe(result);
  });
});
