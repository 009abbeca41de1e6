/** A small scenario for tests: a small-tick, a large-tick and a sparse instrument. */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { MarketModel, Recording, Scenario } from '@sandpit/schemas/scenario.ts';
import type { PriceTicks } from '@sandpit/schemas/units.ts';

function instrument(symbol: string, more: Partial<Instrument>): Instrument {
  return {
    symbol,
    name: symbol,
    kind: 'equity',
    currency: 'USD',
    tickSize: '0.01',
    lotSize: '1',
    tickValueMicros: 10_000,
    maxOrderLots: 1_000_000,
    makerFeePpm: 0,
    takerFeePpm: 0,
    collarPpm: 100_000,
    shortable: true,
    ...more,
  };
}

function model(referenceTicks: number, more: Partial<MarketModel>): MarketModel {
  return {
    referenceTicks: referenceTicks as PriceTicks,
    volatilityPerDay: 0.015,
    marketOrdersPerSecond: 1,
    limitOrdersPerSecond: 8,
    typicalSpreadTicks: 4,
    typicalDepthLots: 500,
    roundLot: 100,
    typicalOrderLots: 110,
    ...more,
  };
}

export const SMALL_TICK = 0;
export const LARGE_TICK = 1;
export const SPARSE = 2;

export function testScenario(recording: Recording | null = null): Scenario {
  return {
    version: 1,
    id: 'test',
    title: 'Test',
    description: '',
    kind: recording ? 'replay' : 'synthetic',
    currency: 'USD',
    opensAt: '2026-01-05T14:30:00.000Z',
    warmUpSeconds: 0,
    instruments: [
      { instrument: instrument('SMALL', {}), model: model(18_000, {}), recording },
      {
        instrument: instrument('LARGE', {}),
        model: model(1_200, {
          volatilityPerDay: 0.02,
          typicalSpreadTicks: 1,
          typicalDepthLots: 6_000,
          typicalOrderLots: 450,
        }),
        recording: null,
      },
      {
        instrument: instrument('COIN-USD', {
          kind: 'crypto',
          lotSize: '0.0001',
          tickValueMicros: 1,
        }),
        model: model(6_200_000, {
          volatilityPerDay: 0.025,
          marketOrdersPerSecond: 2,
          limitOrdersPerSecond: 12,
          typicalSpreadTicks: 80,
          typicalDepthLots: 1_200,
          typicalOrderLots: 400,
        }),
        recording: null,
      },
    ],
  };
}
