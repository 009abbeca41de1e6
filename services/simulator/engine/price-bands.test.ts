import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { TradingSession } from '@sandpit/schemas/session.ts';
import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { PriceBands } from './price-bands.ts';
import {
  ACME,
  agent,
  crowd,
  type DeskSetup,
  exchangeWith,
  FREE,
  goTo,
  kinds,
  lastOrder,
  resting,
  submit,
  trades,
} from './testing/desk.ts';

/** Prices around 1,000, where a tick is a unit of the currency: 5 % are 50 ticks. */
const REOPENING = { auctionSeconds: 10, extensionSeconds: 20 };
const bandless = { ...ACME, ...FREE, maxOrderLots: 1_000 };

function desk({ book = '', ...setup }: DeskSetup = {}): Exchange {
  const exchange = exchangeWith({
    instruments: [bandless],
    reopening: REOPENING,
    priceBands: { tier: 1, pauseSeconds: 60 },
    cash: 10_000_000,
    ...setup,
    openingTicks: 1_000,
  });
  crowd(exchange, book);
  return exchange;
}

const bandsOf = (exchange: Exchange) => {
  const { lowTicks, highTicks, limitState } = exchange.listings[0]!.bands!;
  return `${lowTicks}-${highTicks} ${limitState}`;
};
const phase = (exchange: Exchange) => exchange.listings[0]!.phase;
const told = (events: readonly VenueEvent[]) =>
  events
    .filter((event) => event.type === 'phaseChanged')
    .map(({ atNs, phase }) => `${atNs / 1e9} ${phase}`)
    .join(', ');

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

describe('the limit state', () => {
  test.each`
    state          | book
    ${'none'}      | ${''}
    ${'none'}      | ${'S 5@1010  B 5@990'}
    ${'limitDown'} | ${'S 5@940'}
    ${'limitDown'} | ${'S 5@940  B 5@930'}
    ${'limitUp'}   | ${'B 5@1060  S 5@1070'}
    ${'straddle'}  | ${'S 5@1010  B 5@949'}
    ${'none'}      | ${'S 5@1010  B 5@950'}
    ${'straddle'}  | ${'S 5@1051  B 5@990'}
    ${'none'}      | ${'S 5@1050  B 5@990'}
  `('$book is $state', ({ state, book }) => {
    expect(desk({ book }).listings[0]!.bands!.limitState).toBe(state);
  });

  test('fifteen seconds of it halt the instrument for the pause, auction included', () => {
    const exchange = desk({ book: 'B 5@990' });
    goTo(exchange, 3);
    crowd(exchange, 'S 9@940  B 1@955');
    expect(bandsOf(exchange)).toBe('950-1050 none');
    goTo(exchange, 4);
    agent(exchange, 'S 20@940', 8);
    expect(bandsOf(exchange)).toBe('950-1050 limitDown');
    const events = goTo(exchange, 100);
    expect(told(events)).toBe('19 halted, 69 reopeningAuction, 79 continuous');
    expect(events[0]).toMatchObject({ haltReason: 'volatility', endsNs: 69e9 });
  });

  test('one that ends in time does not', () => {
    const exchange = desk({ book: 'S 5@940' });
    goTo(exchange, 14);
    agent(exchange, 'B 5@950', 8);
    expect(bandsOf(exchange)).toBe('950-1050 none');
    goTo(exchange, 15);
    agent(exchange, 'S 5@940', 9);
    expect(told(goTo(exchange, 29))).toBe('');
    expect(told(goTo(exchange, 30))).toBe('30 halted');
  });

  test('straddling alone halts nothing: that is for people to judge', () => {
    const exchange = desk({ book: 'S 5@1010  B 5@949' });
    expect(told(goTo(exchange, 600))).toBe('');
  });

  test.each`
    which     | book          | low    | high
    ${'down'} | ${'S 5@940'}  | ${903} | ${1_050}
    ${'up'}   | ${'B 5@1060'} | ${950} | ${1_102}
  `('limit $which: the auction may go from $low to $high', ({ book, low, high }) => {
    const exchange = desk({ book });
    goTo(exchange, 20);
    expect(exchange.listings[0]!.halt).toMatchObject({ lowTicks: low, highTicks: high });
  });

  test.each`
    price    | reopens
    ${920}   | ${'65 reopeningAuction, 75 continuous'}
    ${860}   | ${'65 reopeningAuction, 75 reopeningAuction, 95 continuous'}
    ${1_049} | ${'65 reopeningAuction, 75 continuous'}
  `('reopening at $price: $reopens', ({ price, reopens }) => {
    const exchange = desk({ book: 'S 5@940' });
    goTo(exchange, 20);
    crowd(exchange, `S 9@${price}  B 20@${price}`);
    expect(told(goTo(exchange, 200))).toBe(reopens);
    const width = Math.round(price / 20);
    expect(exchange.listings[0]!.bands).toMatchObject({
      referenceTicks: price,
      lowTicks: price - width,
      highTicks: price + width,
    });
  });

  test('a halt of the operator takes its place', () => {
    const exchange = desk({ book: 'S 5@940' });
    goTo(exchange, 20);
    const halt = {
      type: 'haltInstrument',
      symbol: 'ACME',
      reason: 'newsPending',
      seconds: null,
    } as const;
    exchange.execute(halt, 'h', null);
    goTo(exchange, 1_000);
    expect(phase(exchange)).toBe('halted');
  });
});

describe('bands and the trading day', () => {
  /** Opening auction to 20 s, trading to 320 s, closing auction to 330 s. */
  const SESSION: TradingSession = {
    preOpenSeconds: 10,
    openingAuctionSeconds: 10,
    continuousSeconds: 300,
    closingAuctionSeconds: 10,
    closedSeconds: 30,
  };
  const BANDS = { tier: 1, doubledFirstSeconds: 60, doubledLastSeconds: 100 } as const;
  const day = () => desk({ session: SESSION, priceBands: BANDS });

  test('they begin at the price of the open, twice as wide at first and at last', () => {
    const exchange = day();
    crowd(exchange, 'S 5@1100  B 5@1100');
    const seen = [20, 79, 80, 219, 220, 319, 320].map((second) => {
      goTo(exchange, second);
      return `${second} ${bandsOf(exchange).split(' ')[0]}`;
    });
    expect(seen).toEqual([
      '20 990-1210',
      '79 990-1210',
      '80 1045-1155',
      '219 1045-1155',
      '220 990-1210',
      '319 990-1210',
      `320 1-${Number.MAX_SAFE_INTEGER}`,
    ]);
  });

  test('when they narrow, what is beyond goes', () => {
    const exchange = day();
    goTo(exchange, 20);
    crowd(exchange, 'B 5@1090  B 4@1040');
    expect(resting(exchange)).toBe('B 5@1090  B 4@1040');
    goTo(exchange, 80);
    expect(resting(exchange)).toBe('B 4@1040');
  });

  test('a pause that runs into the close gives way to the closing auction', () => {
    const exchange = day();
    goTo(exchange, 290);
    crowd(exchange, 'S 5@850');
    expect(told(goTo(exchange, 340))).toBe('305 halted, 320 closingAuction, 330 closed');
  });
});

test('a snapshot at any time goes on the same', () => {
  const script = (exchange: Exchange, from: number, to: number) => {
    const events: VenueEvent[] = [];
    for (let second = from; second < to; second++) {
      events.push(...goTo(exchange, second));
      crowd(exchange, `S 3@${1_000 - 4 * second}  B 2@${1_004 - 4 * second}`);
      if (second % 7 === 0) events.push(...submit(exchange, `B 2@${1_001 - 4 * second}`));
    }
    return events;
  };
  const whole = desk();
  script(whole, 1, 200);
  for (const at of [3, 17, 30, 50, 100]) {
    const original = desk();
    script(original, 1, at);
    const saved = snapshotOf(original.state);
    const copy = desk();
    restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
    expect(snapshotOf(copy.state)).toEqual(saved);
    script(copy, at, 200);
    const stripped = (exchange: Exchange) => {
      const { plain, books } = snapshotOf(exchange.state);
      return { listings: plain.listings, hash: plain.hash, books };
    };
    // Client ids count through all tests; nothing else may differ.
    expect(stripped(copy)).toEqual(stripped(whole));
  }
});
