/** Round trips: from flat to flat. What turns a position around ends one and begins the next. Pure. */
import type { Execution } from '@sandpit/schemas/event.ts';
import type { SplitTrace } from '../trace.ts';

export interface RoundTrips {
  count: number;
  wins: number;
}

interface Open {
  lots: number;
  resultMicros: number;
}

type Fill = Pick<Execution, 'symbol' | 'side' | 'quantityLots' | 'feeMicros' | 'realisedMicros'>;

/** @param fills  Of one account, oldest first. @param splits  Oldest first. */
export function roundTrips(fills: readonly Fill[], splits: readonly SplitTrace[] = []): RoundTrips {
  const open = new Map<string, Open>();
  const trips: RoundTrips = { count: 0, wins: 0 };
  const move = (symbol: string, lots: number, micros: number) => {
    const before = open.get(symbol) ?? { lots: 0, resultMicros: 0 };
    const resultMicros = before.resultMicros + micros;
    const ends = before.lots !== 0 && (lots === 0 || lots > 0 !== before.lots > 0);
    if (ends) {
      trips.count += 1;
      if (resultMicros > 0) trips.wins += 1;
    }
    open.set(symbol, { lots, resultMicros: ends ? 0 : resultMicros });
  };
  let done = 0;
  const split = (afterFills: number) => {
    for (; done < splits.length && splits[done]!.afterFills <= afterFills; done++) {
      const { symbol, quantityLots, realisedMicros } = splits[done]!;
      move(symbol, quantityLots, realisedMicros);
    }
  };
  fills.forEach(({ symbol, side, quantityLots, feeMicros, realisedMicros }, i) => {
    split(i);
    const lots = (open.get(symbol)?.lots ?? 0) + (side === 'buy' ? quantityLots : -quantityLots);
    move(symbol, lots, realisedMicros - feeMicros);
  });
  split(fills.length);
  return trips;
}
