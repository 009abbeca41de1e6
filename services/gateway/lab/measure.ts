/** What a client missed while it was blind, from the log and from the worker. */
import type { Bus } from '@sandpit/bus/bus.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import { moneyMicros, quantityLots } from '@sandpit/schemas/decimal.ts';
import type { PositionView } from '@sandpit/schemas/http.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { OpenOutage } from '../../platform/labs.ts';
import type { VenueInfo } from '../../platform/venues.ts';
import { type BlindFill, exposureOf } from './blind.ts';

/** More are not looked at: whoever was away for so long has missed enough. */
const RECORDS_MAX = 10_000;

export interface MeasureSources {
  bus: Pick<Bus, 'read'>;
  /** As they stand now, from the worker. */
  positions(venue: VenueInfo): Promise<readonly PositionView[]>;
}

export interface Missed {
  fillsMissed: number;
  exposureWorstMicros: number;
  exposureSecondsMicros: number;
}

/** @param upTo  Sequence of the last record that the client has now. */
export async function missedIn(
  outage: OpenOutage,
  upTo: number,
  toMs: number,
  venue: VenueInfo,
  { bus, positions }: MeasureSources,
): Promise<Missed> {
  const views = await positions(venue);
  const fills: BlindFill[] = [];
  const held = new Map<string, number>();
  const lotMicros = new Map<string, number>();
  const filter = subjects.event(venue);
  const from = outage.afterSequence + 1;
  for await (const { body, sequence } of bus.read('EVENTS', { filter, from, limit: RECORDS_MAX })) {
    if (sequence > upTo) break;
    const { events, wallAt } = body as EventRecord;
    for (const event of events) {
      if (event.type !== 'orderFilled') continue;
      const { symbol, side, quantityLots: lots, priceTicks: ticks } = event.execution;
      fills.push({ symbol, lots: side === 'buy' ? lots : -lots, atMs: Date.parse(wallAt) });
      lotMicros.set(symbol, ticks * (venue.instruments.get(symbol)?.tickValueMicros ?? 0));
    }
  }
  for (const { symbol, quantity, exposure } of views) {
    const instrument = venue.instruments.get(symbol);
    const lots = (instrument && quantityLots(quantity, instrument)) ?? 0;
    if (lots === 0) continue;
    held.set(symbol, lots);
    const value = moneyMicros(exposure ?? '0');
    if (value !== null && value !== 0) lotMicros.set(symbol, Math.abs(value / lots));
  }
  const time = { fromMs: outage.beganAtMs, toMs, fills, held, lotMicros };
  const { worstMicros, secondsMicros } = exposureOf(time);
  return {
    fillsMissed: fills.length,
    exposureWorstMicros: worstMicros,
    exposureSecondsMicros: secondsMicros,
  };
}
