/** What a quote at a band leads to: the limit state, the pause, and the auction that reopens. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { TradingSession } from '@sandpit/schemas/session.ts';
import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { bandsOf, desk, phase, told } from './testing/banded.ts';
import { agent, crowd, goTo, resting, submit } from './testing/desk.ts';

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
