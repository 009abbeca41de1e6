/** An instrument within price bands, and what tests ask of it. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Exchange } from '../exchange.ts';
import { ACME, crowd, type DeskSetup, exchangeWith, FREE } from './desk.ts';

/** Prices around 1,000, where a tick is a unit of the currency: 5 % are 50 ticks. */
export const REOPENING = { auctionSeconds: 10, extensionSeconds: 20 };
export const bandless = { ...ACME, ...FREE, maxOrderLots: 1_000 };

export function desk({ book = '', ...setup }: DeskSetup = {}): Exchange {
  const exchange = exchangeWith({
    instruments: [bandless],
    reopening: REOPENING,
    priceBands: { tier: 1, pauseSeconds: 60 },
    cash: 10_000_000,
    ...setup,
    openingTicks: 1_000,
  });
  crowd(exchange, book);
  return exchange;
}

export const bandsOf = (exchange: Exchange) => {
  const { lowTicks, highTicks, limitState } = exchange.listings[0]!.bands!;
  return `${lowTicks}-${highTicks} ${limitState}`;
};
export const phase = (exchange: Exchange) => exchange.listings[0]!.phase;
export const told = (events: readonly VenueEvent[]) =>
  events
    .filter((event) => event.type === 'phaseChanged')
    .map(({ atNs, phase }) => `${atNs / 1e9} ${phase}`)
    .join(', ');
