import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { PriceBands } from './price-bands.ts';
import { bandless, bandsOf, desk } from './testing/banded.ts';
import { agent, crowd, goTo, kinds, lastOrder, resting, submit, trades } from './testing/desk.ts';

describe('how wide the bands are', () => {
  const time = { sinceNs: Number.POSITIVE_INFINITY, leftNs: Number.POSITIVE_INFINITY };
  const cents = { ...bandless, tickSize: '0.01' };
  test.each`
    tier | close    | reference | width  | of
    ${1} | ${301}   | ${1_000}  | ${50}  | ${'5 %'}
    ${2} | ${301}   | ${1_000}  | ${100} | ${'10 %'}
    ${1} | ${300}   | ${1_000}  | ${200} | ${'20 % up to a price of 3, where it closed'}
    ${2} | ${75}    | ${100}    | ${20}  | ${'20 %'}
    ${1} | ${74}    | ${100}    | ${15}  | ${'0.15'}
    ${2} | ${74}    | ${10}     | ${8}   | ${'75 %, where that is less'}
    ${1} | ${5_000} | ${10}     | ${1}   | ${'at least a tick'}
  `('tier $tier closed at $close: $of', ({ tier, close, reference, width }) => {
    const bands = new PriceBands({ tier }, cents, close);
    expect(Math.max(1, bands.widthTicks(reference, time))).toBe(width);
  });

  test.each`
    tier | close    | since    | left     | width
    ${1} | ${5_000} | ${899}   | ${9_999} | ${100}
    ${1} | ${5_000} | ${900}   | ${9_999} | ${50}
    ${1} | ${5_000} | ${9_999} | ${1_500} | ${100}
    ${1} | ${5_000} | ${9_999} | ${1_501} | ${50}
    ${2} | ${5_000} | ${9_999} | ${1_500} | ${100}
    ${2} | ${300}   | ${9_999} | ${1_500} | ${400}
    ${1} | ${50}    | ${1}     | ${9_999} | ${30}
  `(
    'tier $tier, $since s after the open and $left s before the close: $width',
    ({ tier, close, since, left, width }) => {
      const bands = new PriceBands({ tier }, cents, close);
      const now = { sinceNs: since * 1e9, leftNs: left * 1e9 };
      expect(bands.widthTicks(1_000, now)).toBe(width);
    },
  );
});

describe('orders at the bands', () => {
  test.each`
    rule                                                  | book                    | order              | traded      | rests
    ${'a buy above is set to the band'}                   | ${''}                   | ${'B 5@1100'}      | ${''}       | ${'B 5@1050'}
    ${'a sell below likewise'}                            | ${''}                   | ${'S 5@900'}       | ${''}       | ${'S 5@950'}
    ${'a buy below may rest where it cannot trade'}       | ${''}                   | ${'B 5@900'}       | ${''}       | ${'B 5@900'}
    ${'a sweep stops at the band'}                        | ${'S 2@1050  S 2@1051'} | ${'B 5@1100'}      | ${'2@1050'} | ${'S 2@1051  B 3@1050'}
    ${'a market order stops there too'}                   | ${'S 2@1050  S 2@1051'} | ${'B 5'}           | ${'2@1050'} | ${'S 2@1051'}
    ${'and an immediate one'}                             | ${'B 2@950  B 2@949'}   | ${'S 5@900 IOC'}   | ${'2@950'}  | ${'B 2@949'}
    ${'post-only is set to the band before it is judged'} | ${'S 2@1051'}           | ${'B 5@1100 POST'} | ${''}       | ${'S 2@1051  B 5@1050'}
    ${'at the band it would take'}                        | ${'S 2@1050'}           | ${'B 5@1100 POST'} | ${''}       | ${'S 2@1050'}
  `('$rule', ({ book, order, traded, rests }) => {
    const exchange = desk({ book });
    expect(trades(submit(exchange, order))).toBe(traded);
    expect(resting(exchange)).toBe(rests);
  });

  test('the agents’ orders as well', () => {
    const exchange = desk();
    crowd(exchange, 'S 2@940  B 2@1060');
    expect(resting(exchange)).toBe('');
    crowd(exchange, 'S 3@940');
    exchange.submit(0, 9, 0, 0, 1, 0);
    expect(resting(exchange)).toBe('S 2@950');
    expect(exchange.listings[0]!.lastTradeTicks).toBe(950);
  });

  test('the trader sees what became of the limit, and holds money for no more', () => {
    const exchange = desk();
    const events = submit(exchange, 'B 5@1100');
    expect(lastOrder(events)).toMatchObject({
      limitTicks: 1_050,
      progress: { slidFromTicks: 1_100 },
    });
    expect(exchange.state.account().reservedMicros).toBe(5 * 1_050_000_000);
  });

  test.each`
    reason                   | book                    | order
    ${'priceOutsideBands'}   | ${'S 2@1051'}           | ${'B 1'}
    ${'noLiquidity'}         | ${''}                   | ${'B 1'}
    ${'fillOrKillNotFilled'} | ${'S 2@1050  S 2@1051'} | ${'B 3@1100 FOK'}
    ${'priceOutsideCollar'}  | ${''}                   | ${'B 1@1201'}
    ${null}                  | ${'S 2@1050'}           | ${'B 1'}
  `('$order against $book: $reason', ({ reason, book, order }) => {
    expect(lastOrder(submit(desk({ book }), order)).rejectReason).toBe(reason);
  });

  test('an amended order is set to the band too, and a stop-limit when it fires', () => {
    const exchange = desk();
    submit(exchange, 'B 5@1000');
    const change = { type: 'replaceOrder', orderId: '1', quantityLots: null, limitTicks: 1_090 };
    const events = exchange.execute(change as never, 'r', null);
    expect(lastOrder(events)).toMatchObject({ limitTicks: 1_050 });
    submit(exchange, 'S 5@900 STOP 990');
    crowd(exchange, 'S 5@980  S 1@985  B 1@985');
    expect(exchange.state.blotter.get('2')).toMatchObject({
      limitTicks: 950,
      progress: { slidFromTicks: 900 },
    });
  });

  test('in an auction there are no bands', () => {
    const exchange = desk();
    exchange.execute(
      { type: 'haltInstrument', symbol: 'ACME', reason: 'regulatory', seconds: null },
      'h',
      null,
    );
    expect(lastOrder(submit(exchange, 'B 5@1100')).limitTicks).toBe(1_100);
    expect(bandsOf(exchange)).toBe(`1-${Number.MAX_SAFE_INTEGER} none`);
  });
});

describe('the reference price', () => {
  /** One trade at a price, without moving the quote. */
  const print = (exchange: Exchange, price: number) =>
    crowd(exchange, `S 1@${price}  B 1@${price}`);

  test('is the mean of five minutes, once it is 1 % away and 30 s old', () => {
    const exchange = desk();
    const seen: string[] = [];
    for (const [second, price] of [
      [10, 1_018],
      [20, 1_018],
      [25, 1_030],
      [30, 0],
      [40, 1_040],
      [45, 0],
      [60, 0],
      [312, 0],
      [330, 0],
    ] as const) {
      goTo(exchange, second);
      if (price > 0) print(exchange, price);
      seen.push(`${second} ${exchange.listings[0]!.bands!.referenceTicks}`);
    }
    // 1000 counts as the first trade. At 30 s the mean is 1016.5; the 1021 of 60 s is too near. At
    // 305 s the 1000 is too old, and at 315 s the first 1018 is: 1029.
    expect(seen).toEqual([
      '10 1000',
      '20 1000',
      '25 1000',
      '30 1017',
      '40 1017',
      '45 1017',
      '60 1017',
      '312 1017',
      '330 1029',
    ]);
  });

  test('stays while nothing trades', () => {
    const exchange = desk();
    goTo(exchange, 2_000);
    expect(bandsOf(exchange)).toBe('950-1050 none');
  });

  test('what a moved band leaves outside is canceled, whoever’s it is', () => {
    const exchange = desk();
    const out: number[] = [];
    exchange.listen({
      onTrade: () => {},
      onUncross: () => {},
      onAuctionFill: (_i, owner, leaves, lots) => out.push(owner, leaves, lots),
    });
    for (let second = 1; second < 30; second++) {
      goTo(exchange, second);
      print(exchange, 975);
    }
    submit(exchange, 'B 5@1045');
    agent(exchange, 'B 2@1044', 7);
    agent(exchange, 'B 2@1020', 8);
    const events = goTo(exchange, 30);
    expect(bandsOf(exchange)).toBe('927-1025 none');
    expect(kinds(events)).toBe('canceled account');
    expect(lastOrder(events)).toMatchObject({ rejectReason: 'priceOutsideBands' });
    expect(out).toEqual([7, 0, 0]);
    expect(resting(exchange)).toBe('B 2@1020');
  });
});

test('hidden orders and icebergs that a moved band leaves outside are canceled as well', () => {
  const exchange = desk();
  for (let second = 1; second < 30; second++) {
    goTo(exchange, second);
    crowd(exchange, 'S 1@975  B 1@975');
  }
  submit(exchange, 'B 5@1045 HIDE');
  submit(exchange, 'B 9@1044 SHOW 2');
  submit(exchange, 'B 5@1020 HIDE');
  const handle = agent(exchange, 'B 5@1043 HIDE', 9);
  expect(kinds(goTo(exchange, 30))).toBe('canceled canceled account');
  expect(exchange.listings[0]!.book.lotsOf(handle)).toBe(0);
  expect(exchange.state.blotter.open().map(({ orderId }) => orderId)).toEqual(['3']);
});
