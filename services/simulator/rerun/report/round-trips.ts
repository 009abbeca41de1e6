/** Round trips: from flat to flat. What turns a position around ends one and begins the next. Pure. */
import type { Execution } from '@sandpit/schemas/event.ts';

export interface RoundTrips {
  count: number;
  wins: number;
}

interface Open {
  lots: number;
  resultMicros: number;
}

/** @param fills  Of one account, oldest first. */
export function roundTrips(
  fills: readonly Pick<
    Execution,
    'symbol' | 'side' | 'quantityLots' | 'feeMicros' | 'realisedMicros'
  >[],
): RoundTrips {
  const open = new Map<string, Open>();
  const trips: RoundTrips = { count: 0, wins: 0 };
  for (const { symbol, side, quantityLots, feeMicros, realisedMicros } of fills) {
    const before = open.get(symbol) ?? { lots: 0, resultMicros: 0 };
    const lots = before.lots + (side === 'buy' ? quantityLots : -quantityLots);
    const resultMicros = before.resultMicros + realisedMicros - feeMicros;
    const ends = before.lots !== 0 && (lots === 0 || lots > 0 !== before.lots > 0);
    if (ends) {
      trips.count += 1;
      if (resultMicros > 0) trips.wins += 1;
    }
    open.set(symbol, { lots, resultMicros: ends ? 0 : resultMicros });
  }
  return trips;
}
