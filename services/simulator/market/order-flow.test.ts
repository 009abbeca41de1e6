import { describe, expect, test } from 'vitest';
import { OrderFlow } from './order-flow.ts';
import { parametersOf } from './parameters.ts';
import { SMALL_TICK, testScenario } from './testing/scenario.ts';

const STEP_SECONDS = 0.25;
const { instrument, model } = testScenario().instruments[SMALL_TICK]!;
const parameters = parametersOf(instrument, model);
const { lotsPerDay, secondsPerDay, volatilityPerDay } = parameters;

/** Buys a share of a day's volume at a fifth of the volume; pressure when done and as long after. */
function worked(share: number): { peak: number; after: number } {
  const flow = new OrderFlow(parameters, STEP_SECONDS);
  const perStep = (0.2 * lotsPerDay * STEP_SECONDS) / secondsPerDay;
  const steps = Math.round((share * lotsPerDay) / perStep);
  for (let i = 0; i < steps; i++) {
    flow.addFlow(perStep);
    flow.step();
  }
  const peak = flow.pressure;
  for (let i = 0; i < steps; i++) flow.step();
  return { peak, after: flow.pressure };
}

describe('an order worked at a fixed share of the volume', () => {
  test('moves the price by about the square root of its size', () => {
    const ratio = worked(0.04).peak / worked(0.01).peak;
    expect(ratio).toBeGreaterThan(1.7);
    expect(ratio).toBeLessThan(2.6);
  });

  test.each([0.003, 0.01, 0.03, 0.1])('of %d of a day: size and decay of the impact', (share) => {
    const { peak, after } = worked(share);
    const prefactor = peak / (volatilityPerDay * Math.sqrt(share));
    expect(prefactor).toBeGreaterThan(0.4);
    expect(prefactor).toBeLessThan(1.6);
    expect(after / peak).toBeGreaterThan(0.35);
    expect(after / peak).toBeLessThan(0.9);
  });
});

test('a huge order at once moves the price, but not in proportion', () => {
  const of = (orders: number) => {
    const flow = new OrderFlow(parameters, STEP_SECONDS);
    flow.addFlow(orders * parameters.orderLots);
    return flow.pressure;
  };
  expect(of(1)).toBeGreaterThan(0);
  expect(of(1_000) / of(1)).toBeLessThan(500);
  expect(of(-7)).toBeCloseTo(-of(7), 12);
  expect(of(1e9)).toBe(0.2);
});

test('stress fades, and comes back from a snapshot with everything else', () => {
  const flow = new OrderFlow(parameters, STEP_SECONDS);
  flow.addFlow(5_000);
  flow.addStress(20 * parameters.depthLots);
  flow.noteOutsideTrade(7);
  const hit = flow.stress;
  for (let i = 0; i < 40; i++) flow.step();
  expect(flow.stress).toBeGreaterThan(0);
  expect(flow.stress).toBeLessThan(hit / 2);
  const twin = new OrderFlow(parameters, STEP_SECONDS);
  twin.restore(JSON.parse(JSON.stringify(flow.snapshot())));
  expect([twin.pressure, twin.stress]).toEqual([flow.pressure, flow.stress]);
  expect([twin.takeOutsideTrades(), twin.takeOutsideTrades()]).toEqual([1, 0]);
});

test('an order of the trader excites the crowd once, however many it met', () => {
  const flow = new OrderFlow(parameters, STEP_SECONDS);
  for (const atNs of [0, 0, 0, 5, 5]) flow.noteOutsideTrade(atNs);
  const twin = new OrderFlow(parameters, STEP_SECONDS);
  twin.restore(JSON.parse(JSON.stringify(flow.snapshot())));
  twin.noteOutsideTrade(5);
  expect([flow.takeOutsideTrades(), twin.takeOutsideTrades()]).toEqual([2, 2]);
});
