/** Any model that the schema allows makes a market that holds together. */

import type { MarketModel } from '@sandpit/schemas/scenario.ts';
import type { PriceTicks } from '@sandpit/schemas/units.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BUY, SELL } from './access.ts';
import { Market } from './market.ts';
import { Books } from './testing/books.ts';
import { SMALL_TICK, SPARSE, testScenario } from './testing/scenario.ts';

const SECOND = 1e9;
const scenario = testScenario();
/** Spread evenly over the powers of ten. */
const magnitude = (least: number, most: number) =>
  fc.double({ min: Math.log(least), max: Math.log(most), noNaN: true }).map(Math.exp);
const whole = (least: number, most: number) =>
  magnitude(least, most).map((x) => Math.max(least, Math.min(most, Math.round(x))));

const model: fc.Arbitrary<MarketModel> = fc.record(
  {
    referenceTicks: whole(3, 100_000_000).map((ticks) => ticks as PriceTicks),
    volatilityPerDay: fc.double({ min: 0, max: 2, noNaN: true }),
    marketOrdersPerSecond: magnitude(0.01, 50),
    limitOrdersPerSecond: magnitude(0.1, 200),
    typicalSpreadTicks: whole(1, 1_000),
    typicalDepthLots: whole(1, 10_000_000),
    roundLot: whole(1, 1_000_000),
    typicalOrderLots: magnitude(1, 1_000_000),
    queueReactive: fc.record({ ordersPerSecond: magnitude(0.1, 50) }),
  },
  {
    requiredKeys: [
      'referenceTicks',
      'volatilityPerDay',
      'marketOrdersPerSecond',
      'limitOrdersPerSecond',
      'typicalSpreadTicks',
      'typicalDepthLots',
      'roundLot',
      'typicalOrderLots',
    ],
  },
);
const action = fc.record({
  side: fc.constantFrom(BUY, SELL),
  lots: whole(1, 10_000_000),
  offsetTicks: fc.integer({ min: -50, max: 50 }),
  isMarket: fc.boolean(),
});

/** Numbers that JSON would make null of. */
function notFinite(value: unknown): unknown[] {
  const found: unknown[] = [];
  JSON.stringify(value, (_, each) => {
    if (typeof each === 'number' && !Number.isFinite(each)) found.push(each);
    return each;
  });
  return found;
}

test('no order of the crowd or the trader breaks it', () => {
  fc.assert(
    fc.property(
      model,
      fc.constantFrom(SMALL_TICK, SPARSE),
      fc.nat(0xffff_ffff),
      fc.array(action, { maxLength: 12 }),
      (drawn, like, seed, actions) => {
        const instrument = { ...scenario.instruments[like]!, model: drawn };
        const books = new Books(1);
        books.market = new Market({ ...scenario, instruments: [instrument] }, seed, books);
        for (let second = 0; second < 20; second++) {
          books.market.advanceTo(second * SECOND);
          const [bid, ask] = [books.bestBid(0), books.bestAsk(0)];
          expect(bid === 0 || ask === 0 || bid < ask).toBe(true);
          const act = actions[second];
          if (!act) continue;
          const touch = (act.side === BUY ? ask : bid) || drawn.referenceTicks;
          const price = act.isMarket ? 0 : Math.max(1, touch + act.offsetTicks);
          books.trade(0, act.side, price, act.lots);
        }
        for (const trade of books.tape) {
          expect(Number.isSafeInteger(trade.priceTicks) && trade.priceTicks >= 1).toBe(true);
          expect(Number.isSafeInteger(trade.lots) && trade.lots >= 1).toBe(true);
        }
        expect(books.books[0]!.orderCount).toBeLessThan(1_500);
        expect(books.bestAsk(0)).toBeGreaterThan(0);
        expect(notFinite(books.market.snapshot())).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});
