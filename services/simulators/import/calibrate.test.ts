import { describe, expect, test } from 'vitest';
import { meanOrderLots } from '../../simulator/market/sizes.ts';
import { calibrate } from './calibrate.ts';
import type { SessionStatistics } from './sampler.ts';

const statistics: SessionStatistics = {
  seconds: 23_400,
  marketOrders: 23_400,
  quotes: 46_800,
  meanDepthLots: 412.4,
  meanOrderLots: 180,
  modalTradeLots: 100,
  modalShare: 0.7,
};
/** One row per second; the mid alternates between two values every minute. */
const zigzag = (rows: number, low: number, high: number) => ({
  stepMs: 1_000,
  midHalfTicks: Array.from({ length: rows }, (_, k) => (Math.floor(k / 60) % 2 ? high : low)),
  spreadTicks: Array.from({ length: rows }, (_, k) => (k % 10 === 0 ? 40 : 3)),
});

const modelOf = (more: Partial<SessionStatistics> = {}) =>
  calibrate(zigzag(23_401, 20_000, 20_020), { ...statistics, ...more }, 23_400);

describe('calibration', () => {
  test('rates, spread and depth are those of the recording', () => {
    expect(modelOf()).toMatchObject({
      referenceTicks: 10_000,
      marketOrdersPerSecond: 1,
      limitOrdersPerSecond: 4,
      typicalSpreadTicks: 3,
      typicalDepthLots: 412,
      roundLot: 100,
    });
  });

  test('volatility is that of one-minute returns, scaled to a day', () => {
    const perMinute = Math.log(20_020 / 20_000);
    expect(modelOf().volatilityPerDay).toBeCloseTo(perMinute * Math.sqrt(390), 4);
  });

  test('a short recording uses shorter returns', () => {
    const short = { ...statistics, seconds: 300 };
    const model = calibrate(zigzag(301, 20_000, 20_020), short, 86_400);
    // Four changes among sixty returns of five seconds.
    const expected = Math.sqrt(((Math.log(20_020 / 20_000) ** 2 * 5) / 60 / 5) * 86_400);
    expect(model.volatilityPerDay).toBeCloseTo(expected, 3);
  });

  test.each([
    [180, 100, 0.7],
    [145, 100, 0.7],
    [244, 1, 0.3],
    [9_000, 100, 0.4],
    [50, 37, 0.01],
  ])('the crowd trades the recorded mean of %d lots (mode %i)', (meanLots, modal, share) => {
    const model = modelOf({ meanOrderLots: meanLots, modalTradeLots: modal, modalShare: share });
    const stated = meanOrderLots(model.roundLot, model.typicalOrderLots);
    expect(stated / meanLots).toBeCloseTo(1, 1);
  });

  test('what no market has is brought into the range of the model', () => {
    const still = { ...zigzag(100, 20_000, 20_000), spreadTicks: [5_000] };
    const model = calibrate(still, { ...statistics, marketOrders: 0, meanDepthLots: 0 }, 23_400);
    expect(model).toMatchObject({
      volatilityPerDay: 0.001,
      marketOrdersPerSecond: 0.01,
      typicalSpreadTicks: 1_000,
      typicalDepthLots: 1,
    });
  });
});
