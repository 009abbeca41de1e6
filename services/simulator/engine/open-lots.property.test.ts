import { FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reservedFor } from './buying-power.ts';
import { lotsOpen, openLots, reservedWith } from './open-lots.ts';
import type { BookSide } from './sides.ts';
import { ACME, agent, exchangeWith, submit } from './testing/desk.ts';

const ticks = fc.integer({ min: 85, max: 115 });
const lots = fc.integer({ min: 1, max: 40 });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom('B', 'S'),
        lots,
        ticks,
        fc.constantFrom('', '', '', ' REDUCE', ' HIDE'),
      )
      .map(([side, size, price, words]) => `${side} ${size}@${price}${words}`),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('B', 'S'), lots).map((all) => all.join(' ')) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('B', 'S'), lots, ticks)
      .map(([side, size, price]) => `agent ${side} ${size}@${price}`),
  },
  { weight: 2, arbitrary: fc.nat(20).map((pick) => `cancel ${pick}`) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(20), lots, ticks).map((all) => `replace ${all.join(' ')}`),
  },
);

const account = fc.constantFrom(
  {},
  { fees: FEE_SCHEDULES[2] },
  { type: 'margin' as const, fees: FEE_SCHEDULES[3] },
);

test('sums kept along are what all open orders come to, whichever is left out or comes', () => {
  fc.assert(
    fc.property(
      account,
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.record({ side: fc.constantFrom<BookSide>(0, 1), limitTicks: ticks, lots }),
      (terms, steps, coming) => {
        const instruments = [{ ...ACME, tickValueMicros: 333_333 }];
        const book = 'S 60@104  B 60@96';
        const exchange = exchangeWith({ instruments, book, account: terms, cash: 20_000 });
        const [listing] = exchange.listings;
        for (const text of steps) {
          const [what, pick, quantityLots, limitTicks] = text.split(' ');
          const orderId = exchange.state.blotter.open()[Number(pick)]?.orderId ?? '0';
          if (what === 'agent') agent(exchange, text.slice(6), 9);
          else if (what === 'cancel') exchange.execute({ type: 'cancelOrder', orderId }, 'c', null);
          else if (what === 'replace') {
            const changes = { quantityLots: Number(quantityLots), limitTicks: Number(limitTicks) };
            const replace = { type: 'replaceOrder' as const, orderId, ...changes };
            exchange.execute(replace as never, 'c', null);
          } else submit(exchange, text);
          const { position, fees, marginRates } = listing;
          for (const without of [null, ...exchange.state.blotter.open()]) {
            const others = openLots(listing, without);
            const all = [...others, coming];
            const plain = reservedFor(others, position, fees, marginRates);
            const more = reservedFor(all, position, fees, marginRates);
            expect(reservedWith(listing, position, without, null)).toBe(plain);
            expect(reservedWith(listing, position, without, coming)).toBe(more);
            for (const side of [0, 1] as const) {
              const ofSide = others.filter((each) => each.side === side);
              const opening = ofSide.filter(({ isReduceOnly }) => !isReduceOnly);
              const sum = (open: typeof others) => open.reduce((n, each) => n + each.lots, 0);
              expect(lotsOpen(listing, side, without, 'all')).toBe(sum(ofSide));
              expect(lotsOpen(listing, side, without, 'opening')).toBe(sum(opening));
            }
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});
