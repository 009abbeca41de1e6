import type {
  BookFrame,
  CandleFrame,
  QuoteFrame,
  TradeFrame,
} from '@sandpit/schemas/market-data.ts';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, test } from 'vitest';
import { Auditor } from '../engine/testing/auditor.ts';
import { restoreVenue } from './create.ts';
import { SimulatedVenue } from './simulated-venue.ts';
import { Desk, HASH, scenarioWith } from './testing/commands.ts';
import type { PendingFrame } from './venue.ts';

const CASH_MICROS = 1_000_000_000_000;
const SYMBOLS = ['SMALL', 'LARGE', 'COIN-USD'];
const seeds = process.env.SEED ? [Number(process.env.SEED)] : [1, 2, 3, 4, 5];

/** A trader of little judgement: one thing or another every few seconds. Says how long he waits. */
function tradeAtRandom(desk: Desk, below: (n: number) => number) {
  const symbol = SYMBOLS[below(3)]!;
  const side = below(2) === 0 ? 'buy' : 'sell';
  const quantityLots = 1 + below(symbol === 'LARGE' ? 3_000 : 400);
  const bidTicks = Math.round(Number(desk.venue.quote(symbol)!.bid ?? 100) * 100);
  const open = desk.venue.openOrders();
  const orderId = open[below(open.length + 1)]?.orderId ?? '1';
  const limitTicks = Math.max(1, bidTicks + below(9) - 4);
  const dice = below(100);
  if (dice < 40) {
    const timeInForce = (['day', 'gtc', 'ioc', 'fok'] as const)[below(4)];
    return desk.order({
      symbol,
      side,
      limitTicks,
      quantityLots,
      timeInForce,
      postOnly: below(5) === 0,
    });
  }
  if (dice < 65) return desk.order({ symbol, side, type: 'market', quantityLots });
  if (dice < 80) return desk.send({ type: 'cancelOrder', orderId });
  if (dice < 95)
    return desk.send({ type: 'replaceOrder', orderId, quantityLots, limitTicks } as never);
  if (dice < 97) return desk.send({ type: 'cancelAll', symbol, side: null } as never);
  return desk.send({ type: 'speed', speed: 1 + below(5) });
}

/** What must hold of the public data of one instrument, from its frames alone. */
class FeedAuditor {
  trades = 0;
  lots = 0;
  #lastTradeId: number | null = null;

  watch(frames: readonly PendingFrame[]): void {
    for (const { channel, frame } of frames) {
      if (channel === 'book') this.#book(frame as unknown as BookFrame);
      if (channel === 'trade') this.#trades(frame as unknown as TradeFrame);
      if (channel === 'quote') this.#quote(frame as unknown as QuoteFrame);
      if (channel === 'candle') this.#candles(frame as unknown as CandleFrame);
    }
  }

  #book({ bids, asks }: BookFrame): void {
    const prices = [...bids.toReversed(), ...asks].map(({ price }) => Number(price));
    // One assertion a frame: there are tens of thousands of them.
    const isAscending = prices.every((price, i) => i === 0 || price > prices[i - 1]!);
    const isFilled = [...bids, ...asks].every(({ quantity }) => Number(quantity) > 0);
    expect({ isAscending, isFilled }).toEqual({ isAscending: true, isFilled: true });
  }

  #trades({ trades }: TradeFrame): void {
    for (const { tradeId, quantity } of trades) {
      if (this.#lastTradeId !== null) expect(tradeId).toBe(this.#lastTradeId + 1);
      this.#lastTradeId = tradeId;
      this.trades++;
      this.lots += Number(quantity);
    }
  }

  #quote({ bid, ask, last, high, low }: QuoteFrame): void {
    if (bid !== null && ask !== null) expect(Number(bid)).toBeLessThan(Number(ask));
    if (last === null) return;
    expect(Number(last)).toBeLessThanOrEqual(Number(high));
    expect(Number(last)).toBeGreaterThanOrEqual(Number(low));
  }

  #candles({ candles }: CandleFrame): void {
    for (const { open, high, low, close } of candles) {
      expect(Math.max(...[open, close, low].map(Number))).toBeLessThanOrEqual(Number(high));
      expect(Math.min(...[open, close, high].map(Number))).toBeGreaterThanOrEqual(Number(low));
    }
  }
}

test.each(seeds)('a quarter of an hour of trading at random, with restarts (SEED=%i)', (seed) => {
  const random = xoroshiro128plus(seed);
  const below = (n: number) => (random.next() >>> 0) % n;
  const scenario = scenarioWith({ opensAt: '2026-01-05T23:55:00.000Z' });
  let desk = new Desk(new SimulatedVenue(scenario, { simulatorId: 'sim', scenarioHash: HASH }));
  const auditor = new Auditor(desk.venue.instruments, CASH_MICROS);
  const feeds = new Map(SYMBOLS.map((symbol) => [symbol, new FeedAuditor()]));
  auditor.watch(desk.start(1, seed));
  const [before] = desk.venue.trades('SMALL', 1)!;
  while (desk.venue.nowNs < 900e9) {
    auditor.watch(desk.wait(below(6_000)));
    auditor.watch(tradeAtRandom(desk, below));
    auditor.books((desk.venue as SimulatedVenue).exchange);
    const frames = Map.groupBy(desk.venue.takeFrames(), ({ symbol }) => symbol);
    for (const [symbol, own] of frames) feeds.get(symbol)!.watch(own);
    if (below(50) > 0) continue;
    const { wallMs, sequence } = desk;
    desk = new Desk(restoreVenue(scenario, desk.venue.snapshot()));
    Object.assign(desk, { wallMs, sequence });
  }
  expect(auditor.executions).toBeGreaterThan(25);
  expect(
    new Set([...auditor.orders.values()].map(({ status }) => status)).size,
  ).toBeGreaterThanOrEqual(3);
  const shown = feeds.get('SMALL')!;
  const pending = desk.venue.trades('SMALL', 1)![0]!.tradeId - before!.tradeId - shown.trades;
  // Trades of the cell that is not yet cut.
  expect(pending).toBeGreaterThanOrEqual(0);
  expect(pending).toBeLessThan(40);
});
