/** What a client held while it saw nothing, valued at the prices of its return. Pure. */

export interface BlindFill {
  symbol: string;
  /** Negative: sold. */
  lots: number;
  /** Host time, ms since the epoch. */
  atMs: number;
}

export interface BlindTime {
  fromMs: number;
  toMs: number;
  /** In order. */
  fills: readonly BlindFill[];
  /** Signed lots at `toMs`. */
  held: ReadonlyMap<string, number>;
  /** Money of one lot, in millionths. */
  lotMicros: ReadonlyMap<string, number>;
}

/** `secondsMicros`: the value times how long it was held, in seconds. */
export interface Exposure {
  worstMicros: number;
  secondsMicros: number;
}

export function exposureOf({ fromMs, toMs, fills, held, lotMicros }: BlindTime): Exposure {
  const lots = new Map(held);
  const value = () =>
    [...lots].reduce((sum, [symbol, n]) => sum + Math.abs(n) * (lotMicros.get(symbol) ?? 0), 0);
  let worstMicros = 0;
  let microsMs = 0;
  let untilMs = toMs;
  const hold = (sinceMs: number) => {
    const micros = value();
    worstMicros = Math.max(worstMicros, micros);
    microsMs += micros * (untilMs - sinceMs);
    untilMs = sinceMs;
  };
  // Backwards from what is known now.
  for (const { symbol, lots: filled, atMs } of fills.toReversed()) {
    hold(Math.min(untilMs, Math.max(fromMs, atMs)));
    lots.set(symbol, (lots.get(symbol) ?? 0) - filled);
  }
  hold(Math.min(untilMs, fromMs));
  return { worstMicros: Math.round(worstMicros), secondsMicros: Math.round(microsMs / 1_000) };
}
