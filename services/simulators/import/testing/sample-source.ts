/** The market that the sample day is recorded from. */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { MarketModel, Scenario } from '@sandpit/schemas/scenario.ts';
import type { PriceTicks } from '@sandpit/schemas/units.ts';

const equity: Omit<Instrument, 'symbol' | 'name' | 'maxOrderLots'> = {
  kind: 'equity',
  currency: 'USD',
  tickSize: '0.01',
  lotSize: '1',
  tickValueMicros: 10_000,
  makerFeePpm: 0,
  takerFeePpm: 20,
  collarPpm: 100_000,
  shortable: true,
};

const ether: Instrument = {
  ...equity,
  symbol: 'ETH-USD',
  name: 'Ether',
  kind: 'crypto',
  lotSize: '0.001',
  tickValueMicros: 10,
  maxOrderLots: 1_000_000,
  makerFeePpm: 100,
  takerFeePpm: 250,
};

const models: Record<'NOVA' | 'BRIX' | 'ETH-USD', MarketModel> = {
  NOVA: {
    referenceTicks: 14_250 as PriceTicks,
    volatilityPerDay: 0.018,
    marketOrdersPerSecond: 1.2,
    limitOrdersPerSecond: 9,
    typicalSpreadTicks: 3,
    typicalDepthLots: 500,
    roundLot: 100,
    typicalOrderLots: 120,
  },
  BRIX: {
    referenceTicks: 785 as PriceTicks,
    volatilityPerDay: 0.025,
    marketOrdersPerSecond: 0.8,
    limitOrdersPerSecond: 7,
    typicalSpreadTicks: 1,
    typicalDepthLots: 8_000,
    roundLot: 100,
    typicalOrderLots: 500,
  },
  'ETH-USD': {
    referenceTicks: 265_000 as PriceTicks,
    volatilityPerDay: 0.032,
    marketOrdersPerSecond: 1.5,
    limitOrdersPerSecond: 10,
    typicalSpreadTicks: 8,
    typicalDepthLots: 4_000,
    roundLot: 100,
    typicalOrderLots: 700,
  },
};

export const sampleSource: Scenario = {
  version: 1,
  id: 'sample-day',
  title: 'Sample day',
  description:
    "A day that Sandpit's own market wrote with a fixed seed, kept as a recording: prices, spreads " +
    'and activity come the same way every time, and the book answers to your orders.',
  kind: 'synthetic',
  currency: 'USD',
  opensAt: '2026-01-06T14:30:00.000Z',
  warmUpSeconds: 600,
  instruments: [
    {
      instrument: { ...equity, symbol: 'NOVA', name: 'Nova Instruments', maxOrderLots: 100_000 },
      model: models.NOVA,
      recording: null,
    },
    {
      instrument: { ...equity, symbol: 'BRIX', name: 'Brixton Materials', maxOrderLots: 1_000_000 },
      model: models.BRIX,
      recording: null,
    },
    { instrument: ether, model: models['ETH-USD'], recording: null },
  ],
};

export const SAMPLE_SEED = 20_260_106;
export const SAMPLE_STEP_MS = 1_000;
export const SAMPLE_SECONDS = 23_400;
