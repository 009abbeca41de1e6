import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AuctionOrder, uncrossing } from './uncross.ts';

/** `3@101 2@100` as orders. */
const orders = (text: string): AuctionOrder[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((each) => each.split('@').map(Number))
    .map(([lots, priceTicks]) => ({ lots: lots!, priceTicks: priceTicks! }));

const outcome = (buys: AuctionOrder[], sells: AuctionOrder[], reference: number): string => {
  const result = uncrossing(
    buys.toSorted((a, b) => b.priceTicks - a.priceTicks),
    sells.toSorted((a, b) => a.priceTicks - b.priceTicks),
    reference,
  );
  return result ? `${result.lots}@${result.priceTicks} ${result.imbalanceLots}` : 'none';
};

describe('the auction price', () => {
  test.each`
    rule                                         | buys             | sells            | reference | result
    ${'nothing on a side'}                       | ${'5@100'}       | ${''}            | ${100}    | ${'none'}
    ${'no two meet'}                             | ${'5@99'}        | ${'5@100'}       | ${100}    | ${'none'}
    ${'one price'}                               | ${'5@100'}       | ${'5@100'}       | ${90}     | ${'5@100 0'}
    ${'most volume'}                             | ${'5@102 5@100'} | ${'5@99 5@100'}  | ${102}    | ${'10@100 0'}
    ${'most volume before least left over'}      | ${'9@101 1@103'} | ${'1@100 5@101'} | ${103}    | ${'6@101 4'}
    ${'least left over'}                         | ${'5@102 3@100'} | ${'5@100'}       | ${100}    | ${'5@101 0'}
    ${'nearest the reference within the range'}  | ${'5@110'}       | ${'5@90'}        | ${97}     | ${'5@97 0'}
    ${'the end of the range that is nearer'}     | ${'5@105'}       | ${'5@101'}       | ${97}     | ${'5@101 0'}
    ${'and from above'}                          | ${'5@105'}       | ${'5@101'}       | ${130}    | ${'5@105 0'}
    ${'buyers wait: they push to their limit'}   | ${'9@105'}       | ${'5@101'}       | ${97}     | ${'5@101 4'}
    ${'of two as near, up when buyers are left'} | ${'9@102 1@98'}  | ${'5@98 1@102'}  | ${100}    | ${'6@102 3'}
    ${'a tick between two limits'}               | ${'5@103 2@101'} | ${'5@99 2@103'}  | ${105}    | ${'5@102 0'}
  `('$rule', ({ buys, sells, reference, result }) => {
    expect(outcome(orders(buys), orders(sells), reference)).toBe(result);
  });

  /** Every tick, judged one by one. */
  function slowly(buys: AuctionOrder[], sells: AuctionOrder[], reference: number): string {
    const sum = (list: AuctionOrder[]) => list.reduce((total, { lots }) => total + lots, 0);
    const all = Array.from({ length: 45 }, (_, priceTicks) => {
      const demand = sum(buys.filter((order) => order.priceTicks >= priceTicks));
      const supply = sum(sells.filter((order) => order.priceTicks <= priceTicks));
      return { priceTicks, lots: Math.min(demand, supply), imbalance: demand - supply };
    });
    const most = Math.max(...all.map(({ lots }) => lots));
    if (most === 0) return 'none';
    let left = all.filter(({ lots }) => lots === most);
    const keep = (measure: (each: (typeof all)[number]) => number) => {
      const least = Math.min(...left.map(measure));
      left = left.filter((each) => measure(each) === least);
    };
    keep(({ imbalance }) => Math.abs(imbalance));
    keep(({ priceTicks }) => Math.abs(priceTicks - reference));
    const high = left.at(-1)!;
    const chosen = high.imbalance > 0 ? high : left[0]!;
    return `${chosen.lots}@${chosen.priceTicks} ${chosen.imbalance}`;
  }

  test('is what trying every tick finds', () => {
    const list = fc.array(
      fc.record({
        priceTicks: fc.integer({ min: 3, max: 40 }),
        lots: fc.integer({ min: 1, max: 6 }),
      }),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(list, list, fc.integer({ min: 1, max: 44 }), (buys, sells, reference) => {
        expect(outcome(buys, sells, reference)).toBe(slowly(buys, sells, reference));
      }),
      { numRuns: 3_000 },
    );
  });
});
