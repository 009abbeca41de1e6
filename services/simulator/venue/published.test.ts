/** What a venue publishes: frames of market data, and events, in the published shapes. */
import { VenueEvent } from '@sandpit/schemas/event.ts';
import {
  BookFrame,
  CandleFrame,
  QuoteFrame,
  StatusFrame,
  TradeFrame,
} from '@sandpit/schemas/market-data.ts';
import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import {
  type Desk,
  openDesk,
  restingTicks,
  SYMBOL,
  scenarioWith,
  startedDesk,
} from './testing/commands.ts';
import type { PendingFrame } from './venue.ts';

const limitTicks = (desk: Desk) => restingTicks(desk.venue);

describe('market data', () => {
  const schemas = {
    book: BookFrame,
    quote: QuoteFrame,
    trade: TradeFrame,
    candle: CandleFrame,
    status: StatusFrame,
  };
  const checks = Object.entries(schemas).map(
    ([channel, schema]) => [channel, Compile(schema)] as const,
  );

  /** Frames by symbol and channel. */
  const grouped = (frames: PendingFrame[]) =>
    Map.groupBy(frames, ({ symbol, channel }) => `${symbol} ${channel}`);

  test('frames have the published shape and contiguous numbers and trade ids', () => {
    const desk = startedDesk();
    const firstTrade = desk.venue.trades(SYMBOL, 1)![0]!.tradeId;
    desk.wait(30_000);
    desk.market('buy');
    desk.wait(10_000);
    const frames = desk.venue.takeFrames();
    for (const [channel, check] of checks) {
      const own = frames.filter((each) => each.channel === channel);
      expect(own.length).toBeGreaterThan(2);
      for (const { frame } of own) expect([...check.Errors({ ...frame, epoch: 1 })]).toEqual([]);
    }
    for (const group of grouped(frames).values()) {
      expect(group.map(({ frame }) => frame.sequence)).toEqual(group.map((_, i) => i + 1));
    }
    const ids = frames
      .filter(({ symbol, channel }) => symbol === SYMBOL && channel === 'trade')
      .flatMap(({ frame }) =>
        (frame as unknown as TradeFrame).trades.map(({ tradeId }) => tradeId),
      );
    expect(ids).toEqual(ids.map((_, i) => firstTrade + 1 + i));
  });

  test('frames are at most one per 100 ms of host time, at any speed', () => {
    for (const speed of [1, 20]) {
      const desk = startedDesk(scenarioWith(), speed);
      desk.wait(10_000);
      const books = grouped(desk.venue.takeFrames()).get('SMALL book')!;
      expect(books.length).toBeGreaterThan(20);
      expect(books.length).toBeLessThanOrEqual(100);
    }
  });

  test('a frame is cut only when there is something new in it', () => {
    const desk = startedDesk();
    desk.wait(20_000);
    const frames = grouped(desk.venue.takeFrames());
    expect(frames.get('LARGE book')!.length).toBeLessThan(199);
    const quotes = frames
      .get('LARGE quote')!
      .map(({ frame: { sequence: _, at: __, ...quote } }) => quote);
    quotes.forEach((quote, i) => {
      expect(quote).not.toEqual(quotes[i - 1]);
    });
  });

  test('frames nobody wants are counted all the same', () => {
    const [seen, unseen] = [startedDesk(), startedDesk()];
    unseen.venue.takeFrames();
    unseen.venue.setFramesWanted(false);
    for (const desk of [seen, unseen]) desk.wait(20_000);
    expect(unseen.venue.takeFrames()).toEqual([]);
    unseen.venue.setFramesWanted(true);
    seen.venue.takeFrames();
    for (const desk of [seen, unseen]) desk.wait(5_000);
    expect(unseen.venue.takeFrames()).toEqual(seen.venue.takeFrames());
  });

  test('the last frames are the state that questions are answered from', () => {
    const desk = startedDesk();
    desk.wait(10_000);
    const frames = grouped(desk.venue.takeFrames());
    const last = (key: string) => frames.get(key)!.at(-1)!.frame;
    const { at: _, ...quote } = desk.venue.quote(SYMBOL)!;
    expect(last('SMALL quote')).toMatchObject(quote);
    expect(last('SMALL book')).toMatchObject({ bids: desk.venue.book(SYMBOL, 20)!.bids });
    const candle = (last('SMALL candle') as unknown as CandleFrame).candles.at(-1)!;
    expect(desk.venue.candles(SYMBOL, '1s', 60)).toContainEqual(candle);
  });

  test('an unknown symbol has none', () => {
    const { venue } = startedDesk();
    expect([
      venue.book('X', 5),
      venue.quote('X'),
      venue.trades('X', 5),
      venue.candles('X', '1m', 5),
    ]).toEqual([null, null, null, null]);
  });
});

test('events have the published shape', () => {
  const check = Compile(VenueEvent);
  const desk = openDesk();
  const events = [...desk.start(), ...desk.market('buy'), ...desk.market('sell', 5_000)];
  const orderId = '3';
  events.push(...desk.order({ limitTicks: limitTicks(desk) }));
  events.push(
    ...desk.send({ type: 'replaceOrder', orderId, quantityLots: 50, limitTicks: null } as never),
  );
  events.push(...desk.order({ limitTicks: 1 }), ...desk.send({ type: 'cancelOrder', orderId }));
  events.push(...desk.send({ type: 'cancelOrder', orderId }), ...desk.send({ type: 'pause' }));
  for (const event of events) expect([...check.Errors(event)]).toEqual([]);
  expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThanOrEqual(9);
});
