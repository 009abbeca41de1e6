/** An instrument and a request for it, for tests. */
import type { Instrument } from '@sandpit/schemas/instrument.ts';

export const acme: Instrument = {
  symbol: 'ACME',
  name: 'Acme',
  kind: 'equity',
  currency: 'USD',
  tickSize: '0.05',
  lotSize: '0.1',
  tickValueMicros: 5_000,
  maxOrderLots: 1_000,
  makerFeePpm: 0,
  takerFeePpm: 0,
  collarPpm: 100_000,
  shortable: true,
};
export const limit = {
  clientOrderId: 'a',
  symbol: 'ACME',
  side: 'buy',
  type: 'limit',
  quantity: '2.5',
  limitPrice: '180.05',
} as const;
