/** The order books under comparison, each driven by the same operations. */

import type { Instrument } from '@sandpit/schemas/instrument.ts';
import { OrderBook, Side } from 'nodejs-order-book';
import { Book, IOC, NO_TRADER } from '../services/simulator/engine/book.ts';
import { Exchange } from '../services/simulator/engine/exchange.ts';
import { ADD, CANCEL, MID_TICKS, type Operations } from './operations.ts';

const INSTRUMENT: Instrument = {
  symbol: 'ACME',
  name: 'Acme Industries',
  kind: 'equity',
  currency: 'USD',
  tickSize: '0.01',
  lotSize: '1',
  tickValueMicros: 10_000,
  maxOrderLots: 100_000,
  makerFeePpm: 10,
  takerFeePpm: 20,
  collarPpm: 100_000,
  shortable: true,
};
export const LISTING = { instrument: INSTRUMENT, openingTicks: MID_TICKS };

export interface Traded {
  trades: number;
  lots: number;
  resting: number;
}

export interface Contender {
  name: string;
  /** Applies operations `from` (inclusive) to `to` (exclusive). */
  run(operations: Operations, from: number, to: number): void;
  traded(): Traded;
}

/** The agents' path: the book alone, as background agents use it. */
export function sandpitBook(places: number): Contender & { book: Book; handles: Float64Array } {
  const book = new Book({ capacity: 1_024 });
  const handles = new Float64Array(places);
  let trades = 0;
  let lots = 0;
  return {
    name: 'Sandpit book',
    book,
    handles,
    run({ kind, side, priceTicks, lots: sizes, place }, from, to) {
      for (let i = from; i < to; i++) {
        if (kind[i] === CANCEL) {
          book.cancel(handles[place[i]!]!);
          continue;
        }
        if (kind[i] === ADD) {
          handles[place[i]!] = book.submit(0, side[i] as 0 | 1, priceTicks[i]!, sizes[i]!, 0);
        } else {
          book.submit(0, side[i] as 0 | 1, 0, sizes[i]!, IOC);
        }
        const { fills } = book;
        trades += fills.count;
        for (let fill = 0; fill < fills.count; fill++) lots += fills.lots[fill]!;
      }
    },
    traded: () => ({ trades, lots, resting: book.orderCount }),
  };
}

/** Every trade of the book's in order: which operation's order made it, at what price, how much. */
export function sandpitTrades(operations: Operations): string[] {
  const { book, handles, run } = sandpitBook(operations.places);
  const makers = new Map<number, number>();
  const trades: string[] = [];
  for (let i = 0; i < operations.count; i++) {
    run(operations, i, i + 1);
    if (operations.kind[i] === CANCEL) continue;
    const { fills } = book;
    for (let fill = 0; fill < fills.count; fill++) {
      const maker = makers.get(fills.makerHandle[fill]!);
      trades.push(`${i} ${maker} ${fills.priceTicks[fill]} ${fills.lots[fill]}`);
    }
    if (operations.kind[i] === ADD) makers.set(handles[operations.place[i]!]!, i);
  }
  return trades;
}

/** The same through the exchange: fingerprint and trade reports, but no account. */
export function sandpitAgents(places: number): Contender {
  const exchange = new Exchange([LISTING], 'USD');
  const handles = new Float64Array(places);
  const { book } = exchange.listings[0]!;
  let trades = 0;
  let lots = 0;
  exchange.listen({
    onTrade(_instrument, _maker, _leaves, _taker, _side, _price, size) {
      trades++;
      lots += size;
    },
    onAuctionFill() {},
    onUncross() {},
  });
  return {
    name: 'Sandpit exchange, agents',
    run({ kind, side, priceTicks, lots: sizes, place }, from, to) {
      for (let i = from; i < to; i++) {
        const which = side[i] as 0 | 1;
        if (kind[i] === CANCEL) exchange.cancel(0, handles[place[i]!]!);
        else if (kind[i] === ADD) {
          const price = priceTicks[i]!;
          handles[place[i]!] = exchange.submit(0, NO_TRADER, which, price, sizes[i]!, 0);
        } else {
          exchange.submit(0, NO_TRADER, which, 0, sizes[i]!, IOC);
        }
      }
    },
    traded: () => ({ trades, lots, resting: book.orderCount }),
  };
}

/** @param log  Every trade is noted here as in `sandpitTrades`; null while time is taken. */
export function nodejsOrderBook(log: string[] | null = null): Contender {
  const book = new OrderBook();
  const resting = new Set<string>();
  let trades = 0;
  let lots = 0;
  const take = (i: number, side: Side, size: number) => {
    const { done, partial, partialQuantityProcessed, quantityLeft } = book.market({ side, size });
    trades += done.length + (partial ? 1 : 0);
    lots += size - quantityLeft;
    for (const { id } of done) resting.delete(id);
    if (!log) return;
    for (const maker of done as LimitOrder[]) {
      log.push(`${i} ${maker.id} ${maker.price} ${maker.size}`);
    }
    if (partial) log.push(`${i} ${partial.id} ${partial.price} ${partialQuantityProcessed}`);
  };
  return {
    name: 'npm nodejs-order-book',
    run({ kind, side, priceTicks, lots: sizes, target }, from, to) {
      for (let i = from; i < to; i++) {
        const id = `${i}`;
        if (kind[i] === CANCEL) {
          const name = `${target[i]}`;
          if (resting.delete(name)) book.cancel(name);
          continue;
        }
        const bookSide = side[i] === 0 ? Side.BUY : Side.SELL;
        const size = sizes[i]!;
        if (kind[i] === ADD) {
          resting.add(id);
          book.limit({ id, side: bookSide, size, price: priceTicks[i]! });
        } else take(i, bookSide, size);
      }
    },
    traded: () => ({ trades, lots, resting: resting.size }),
  };
}

interface LimitOrder {
  id: string;
  price: number;
  size: number;
}
