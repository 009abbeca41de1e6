/** A crowd through its trading days: it quotes into the auctions, and they open and close a market. */
import type { QuoteFrame, TradeFrame } from '@sandpit/schemas/market-data.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, test } from 'vitest';
import { Auditor } from '../engine/testing/auditor.ts';
import { restoreVenue } from './create.ts';
import type { SimulatedVenue } from './simulated-venue.ts';
import { Desk, openDesk, SYMBOL, scenarioWith, seconds } from './testing/commands.ts';

const SESSION = {
  preOpenSeconds: 20,
  openingAuctionSeconds: 10,
  continuousSeconds: 90,
  closingAuctionSeconds: 15,
  closedSeconds: 15,
};

/** The first instrument has a trading day of 150 s, the others trade day and night. */
function dayScenario(): Scenario {
  const scenario = scenarioWith({ warmUpSeconds: 0 });
  const instruments = scenario.instruments.map((each, i) =>
    i === 0 ? { ...each, session: SESSION } : each,
  );
  return { ...scenario, instruments };
}

const book = (desk: Desk) => (desk.venue as SimulatedVenue).exchange.listings[0]!.book;

test('two days: indications, an opening price, trading, a close', () => {
  const desk = openDesk(dayScenario());
  desk.start();
  const seen: { phase: string; indicated: boolean; trades: number }[] = [];
  let phase = 'preOpen';
  for (let second = 1; second <= 300; second++) {
    desk.wait(1_000);
    const own = desk.venue.takeFrames().filter(({ symbol }) => symbol === SYMBOL);
    const trades = own
      .filter(({ channel }) => channel === 'trade')
      .flatMap(({ frame }) => (frame as unknown as TradeFrame).trades);
    const quote = desk.venue.quote(SYMBOL) as QuoteFrame;
    const indicated = quote.indicativePrice !== null;
    // A phase that ends with the second counts what its end has traded.
    seen.push({ phase, indicated, trades: trades.length });
    phase = quote.phase!;
    const { bestBid, bestAsk } = book(desk);
    if (bestBid > 0 && bestAsk > 0) expect(bestBid).toBeLessThan(bestAsk);
  }
  const during = (phase: string) => seen.filter((each) => each.phase === phase);
  const count = (phase: string) => during(phase).reduce((sum, { trades }) => sum + trades, 0);
  expect(['preOpen', 'openingAuction', 'closingAuction', 'closed'].map(count)).toEqual([
    0, 2, 2, 0,
  ]);
  expect(count('continuous')).toBeGreaterThan(20);
  expect(during('openingAuction').filter(({ indicated }) => indicated).length).toBeGreaterThan(10);
  expect(during('closingAuction').filter(({ indicated }) => indicated).length).toBeGreaterThan(5);
});

test('the same in one step, in many, and across a snapshot in every phase', () => {
  const whole = openDesk(dayScenario());
  whole.start();
  whole.venue.advanceTo(seconds(290));
  let steps = openDesk(dayScenario());
  steps.start();
  for (const second of [
    0.5, 10, 19.9, 20, 25, 30, 31, 77.7, 120, 130, 135, 140, 150, 200, 275, 290,
  ]) {
    steps.venue.advanceTo(seconds(second));
    steps = new Desk(restoreVenue(dayScenario(), steps.venue.snapshot()));
  }
  expect(steps.venue.stateHash()).toBe(whole.venue.stateHash());
  expect(steps.venue.snapshot()).toEqual(whole.venue.snapshot());
});

test.each([2, 3, 4])('a trader at random through three days (SEED=%i)', (seed) => {
  const random = xoroshiro128plus(seed);
  const below = (n: number) => (random.next() >>> 0) % n;
  let desk = openDesk(dayScenario());
  const auditor = new Auditor(desk.venue.instruments, 1_000_000_000_000);
  auditor.watch(desk.start(1, seed));
  while (desk.venue.nowNs < 450e9) {
    auditor.watch(desk.wait(below(4_000)));
    const near = (desk.venue as SimulatedVenue).exchange.listings[0]!.referenceTicks;
    const { phase } = desk.venue.quote(SYMBOL)!;
    const isEarly = phase === 'preOpen' || phase === 'openingAuction';
    const timeInForce = ['day', 'gtc', isEarly ? 'opg' : 'ioc', 'cls'][below(4)]!;
    // For the auctions he mostly buys, at prices that trade: his own orders must not meet there.
    const isForAuction = timeInForce === 'opg' || timeInForce === 'cls';
    const side = below(isForAuction ? 9 : 2) === 0 ? 'sell' : 'buy';
    const limitTicks = Math.max(1, near + below(9) + (isForAuction ? 10 : -4));
    const open = desk.venue.openOrders();
    const orderId = open[below(open.length + 1)]?.orderId ?? '1';
    const dice = below(10);
    const quantityLots = 1 + below(400);
    auditor.watch(
      dice < 5
        ? desk.order({ side, limitTicks, quantityLots, timeInForce })
        : dice < 7
          ? desk.order({ side, type: 'market', quantityLots, timeInForce })
          : dice < 8
            ? desk.send({ type: 'cancelOrder', orderId })
            : desk.send({ type: 'replaceOrder', orderId, quantityLots, limitTicks } as never),
    );
    auditor.books((desk.venue as SimulatedVenue).exchange);
    if (below(20) > 0) continue;
    const { wallMs, sequence } = desk;
    desk = new Desk(restoreVenue(dayScenario(), desk.venue.snapshot()));
    Object.assign(desk, { wallMs, sequence });
  }
  const done = [...auditor.orders.values()];
  const forAuctions = done.filter(({ timeInForce }) => /opg|cls/.test(timeInForce));
  expect(forAuctions.some(({ filledLots }) => filledLots > 0)).toBe(true);
  expect(forAuctions.some(({ status }) => status === 'expired')).toBe(true);
  expect(done.some(({ rejectReason }) => rejectReason === 'marketClosed')).toBe(true);
});
