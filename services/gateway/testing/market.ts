/** The one instrument and the one scenario that tests of the doors trade. */
import { gzipSync } from 'node:zlib';
import type { Bus } from '@sandpit/bus/bus.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';

export const ACME: Instrument = {
  symbol: 'ACME',
  name: 'Acme',
  kind: 'equity',
  currency: 'USD',
  tickSize: '0.01',
  lotSize: '1',
  tickValueMicros: 10_000,
  maxOrderLots: 10_000,
  makerFeePpm: 0,
  takerFeePpm: 0,
  collarPpm: 100_000,
  shortable: true,
};
export const OPENS_AT_MS = Date.UTC(2026, 0, 5, 14, 30);
export const scenarioId = 'test-day';
export const scenarioHash = 'ab'.repeat(32);

/** Puts the scenario where the doors look for it. */
export async function publishScenario(bus: Bus): Promise<void> {
  const scenario = {
    version: 1,
    id: scenarioId,
    opensAt: new Date(OPENS_AT_MS).toISOString(),
    instruments: [{ instrument: ACME, model: {}, recording: null }],
  };
  const bucket = await bus.bucket('SCENARIOS');
  const content = gzipSync(JSON.stringify({ scenario, hash: scenarioHash }));
  await bucket.put(`h.${scenarioHash}`, content);
}
