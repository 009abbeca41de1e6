/** Runs a market and keeps what a statistician would ask for. */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { BUY, SELL } from '../access.ts';
import { Market } from '../market.ts';
import { Books, type TapeTrade } from './books.ts';

const SAMPLE_NS = 1e9;
const LEVELS = 12;

export interface Observation {
  /** One per second; the last one is kept while a side is empty. */
  midTicks: number[];
  spreadTicks: number[];
  /** Seconds in which a side was empty. */
  emptySeconds: number;
  /** Longest run of them. */
  longestEmptySeconds: number;
  /** Share of seconds with at least ten levels on both sides. */
  deepShare: number;
  /** One row per market order: fills of one taker at one time and side belong together. */
  orders: TapeTrade[];
}

/** One observation per instrument, `seconds` long. */
export function observe(scenario: Scenario, seed: number, seconds: number): Observation[] {
  const books = new Books(scenario.instruments.length);
  books.market = new Market(scenario, seed, books);
  const observations = scenario.instruments.map(() => newObservation());
  const deep = observations.map(() => 0);
  const empty = observations.map(() => 0);
  for (let second = 1; second <= seconds; second++) {
    books.market.advanceTo(second * SAMPLE_NS);
    observations.forEach((seen, i) => {
      const [bid, ask] = [books.bestBid(i), books.bestAsk(i)];
      empty[i] = bid > 0 && ask > 0 ? 0 : empty[i]! + 1;
      seen.longestEmptySeconds = Math.max(seen.longestEmptySeconds, empty[i]!);
      if (empty[i]! > 0) {
        seen.emptySeconds++;
        seen.midTicks.push(seen.midTicks.at(-1)!);
        return;
      }
      seen.midTicks.push((bid + ask) / 2);
      seen.spreadTicks.push(ask - bid);
      const levels = Math.min(books.levelCount(i, BUY, LEVELS), books.levelCount(i, SELL, LEVELS));
      if (levels >= 10) deep[i]!++;
    });
  }
  observations.forEach((seen, i) => {
    seen.deepShare = deep[i]! / seconds;
    seen.orders = marketOrders(books.tape, i);
  });
  return observations;
}

const newObservation = (): Observation => ({
  midTicks: [],
  spreadTicks: [],
  emptySeconds: 0,
  longestEmptySeconds: 0,
  deepShare: 0,
  orders: [],
});

function marketOrders(tape: readonly TapeTrade[], instrument: number): TapeTrade[] {
  const orders: TapeTrade[] = [];
  for (const trade of tape) {
    if (trade.instrument !== instrument) continue;
    const last = orders.at(-1);
    if (last && last.atNs === trade.atNs && last.takerOwner === trade.takerOwner) {
      last.lots += trade.lots;
    } else {
      orders.push({ ...trade });
    }
  }
  return orders;
}
