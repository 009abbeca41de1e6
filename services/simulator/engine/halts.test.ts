import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { HaltReason } from '@sandpit/schemas/session.ts';
import { describe, expect, test } from 'vitest';
import { indicativeOf } from './auction.ts';
import { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { ticksOfCents } from './money.ts';
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
import { sessionWith } from './testing/setups.ts';

const REOPENING = { auctionSeconds: 10, extensionSeconds: 20 };
/** Pre-open to 10 s, auction to 20 s, trading to 120 s, closing auction to 130 s, closed to 150 s. */
const SESSION = sessionWith(20);

/** One tick is a unit of the currency, so 100 ticks are far above the price of 3. */
const desk = (setup: DeskSetup = {}) =>
  exchangeWith({ instruments: [{ ...ACME, ...FREE }], reopening: REOPENING, ...setup });

let count = 0;
const halt = (
  exchange: Exchange,
  seconds: number | null = null,
  reason: HaltReason = 'regulatory',
) =>
  exchange.execute(
    { type: 'haltInstrument', symbol: 'ACME', reason, seconds },
    `h${count++}`,
    null,
  );
const reopen = (exchange: Exchange, symbol = 'ACME') =>
  exchange.execute({ type: 'reopenInstrument', symbol }, `r${count++}`, null);

const phase = (exchange: Exchange) => exchange.listings[0]!.phase;
const told = (events: readonly VenueEvent[]) =>
  events.filter((event) => event.type === 'phaseChanged');

describe('a halt', () => {
  test('lasts until it is ended, and an auction brings trading back', () => {
    const exchange = desk();
    exchange.setNow(5e9);
    expect(told(halt(exchange))).toMatchObject([
      { phase: 'halted', haltReason: 'regulatory', endsNs: null, causeId: 'h0', atNs: 5e9 },
    ]);
    goTo(exchange, 5_000);
    expect(phase(exchange)).toBe('halted');
    expect(told(reopen(exchange))).toMatchObject([
      { phase: 'reopeningAuction', haltReason: 'regulatory', endsNs: 5_010e9, extensions: 0 },
    ]);
    expect(told(goTo(exchange, 5_020))).toEqual([
      {
        type: 'phaseChanged',
        symbol: 'ACME',
        phase: 'continuous',
        endsNs: null,
        atNs: 5_010e9,
        causeId: null,
      },
    ]);
  });

  test('or its time is over', () => {
    const exchange = desk();
    halt(exchange, 30, 'newsPending');
    expect(
      [29, 30, 39, 40].map((second) => {
        goTo(exchange, second);
        return phase(exchange);
      }),
    ).toEqual(['halted', 'reopeningAuction', 'reopeningAuction', 'continuous']);
  });

  test('nothing trades in it, whoever comes', () => {
    const exchange = desk({ book: 'S 5@101  B 5@99' });
    const heard: unknown[] = [];
    exchange.listen({
      onTrade: (...trade) => heard.push(trade),
      onAuctionFill: (...trade) => heard.push(trade),
      onUncross: (...trade) => heard.push(trade),
    });
    halt(exchange);
    crowd(exchange, 'B 9@105  S 9@95  B 3');
    exchange.submit(0, 7, 0, 105, 5, 1);
    submit(exchange, 'B 2@110');
    expect(resting(exchange)).toBe('S 5@101  B 5@99');
    expect(indicativeOf(exchange.listings[0]!)).toBeNull();
    expect(heard).toEqual([]);
  });

  test('its auction trades at one price what was entered in it, and what rested before', () => {
    const exchange = desk({ book: 'S 5@101  B 5@99' });
    halt(exchange);
    submit(exchange, 'B 7@102');
    crowd(exchange, 'S 4@100');
    reopen(exchange);
    expect(indicativeOf(exchange.listings[0]!)).toEqual({
      priceTicks: 101,
      lots: 7,
      imbalanceLots: -2,
    });
    expect(trades(goTo(exchange, 10))).toBe('7@101');
    expect(resting(exchange)).toBe('S 2@101  B 5@99');
  });

  test('takers of the crowd stay away until the auction, so that a long halt piles nothing up', () => {
    const exchange = desk();
    halt(exchange);
    exchange.submit(0, 5, 0, 101, 3, 1);
    expect(exchange.listings[0]!.pen.size).toBe(0);
    reopen(exchange);
    exchange.submit(0, 5, 0, 101, 3, 1);
    expect(exchange.listings[0]!.pen.size).toBe(1);
    goTo(exchange, 20);
    expect(exchange.listings[0]!.pen.size).toBe(0);
  });

  test.each`
    reason                       | order
    ${'instrumentHalted'}        | ${'B 1'}
    ${'instrumentHalted'}        | ${'B 1@100 IOC'}
    ${'instrumentHalted'}        | ${'B 1@100 FOK'}
    ${'instrumentHalted'}        | ${'B 1 MTL'}
    ${'instrumentHalted'}        | ${'B 0'}
    ${null}                      | ${'B 1@100'}
    ${null}                      | ${'B 1@100 DAY'}
    ${null}                      | ${'B 1@100 POST'}
    ${null}                      | ${'B 1 STOP 105'}
    ${null}                      | ${'S 1@94 STOP 95'}
    ${'invalidInstructions'}     | ${'B 1@100 OPG'}
    ${'priceOutsideCollar'}      | ${'B 1@121'}
    ${'insufficientBuyingPower'} | ${'B 999@119'}
  `('$order in a halt: $reason', ({ order, reason }) => {
    const exchange = desk();
    halt(exchange);
    expect(lastOrder(submit(exchange, order)).rejectReason).toBe(reason);
  });

  test.each`
    reason              | order
    ${null}             | ${'B 1'}
    ${'notInThisPhase'} | ${'B 1@100 IOC'}
    ${'notInThisPhase'} | ${'B 1 MTL'}
    ${null}             | ${'B 1@100'}
  `('$order in the reopening auction: $reason', ({ order, reason }) => {
    const exchange = desk();
    halt(exchange, 1);
    goTo(exchange, 2);
    expect(lastOrder(submit(exchange, order)).rejectReason).toBe(reason);
  });

  test.each`
    changes                 | filled
    ${{ quantityLots: 3 }}  | ${'3@101'}
    ${{ quantityLots: 9 }}  | ${'4@101'}
    ${{ limitTicks: 99 }}   | ${''}
    ${{ limitTicks: 1000 }} | ${'4@101'}
  `('an order of before it can be changed: $changes', ({ changes, filled }) => {
    const exchange = desk();
    submit(exchange, 'B 5@101');
    halt(exchange);
    const same = { type: 'replaceOrder', orderId: '1', quantityLots: null, limitTicks: null };
    exchange.execute({ ...same, ...changes } as never, 'x', null);
    crowd(exchange, 'S 4@101');
    reopen(exchange);
    expect(trades(goTo(exchange, 30))).toBe(filled);
  });

  test('cancels pass', () => {
    const exchange = desk();
    submit(exchange, 'B 5@101');
    halt(exchange);
    submit(exchange, 'B 5@100');
    const cancel = { type: 'cancelAll', symbol: null, side: null } as const;
    expect(kinds(exchange.execute(cancel, 'x', null))).toBe('canceled canceled account');
    expect(exchange.listings[0]!.pen.size).toBe(0);
  });
});

describe('a stop across a halt', () => {
  test('does not fire in it, and fires at the price of the reopening', () => {
    const exchange = desk({ book: 'S 5@101  B 5@99' });
    agent(exchange, 'B 1@101', 9);
    submit(exchange, 'B 2 STOP 105');
    submit(exchange, 'B 2 STOP 104 BY QUOTE');
    halt(exchange);
    crowd(exchange, 'S 9@104  B 12@104');
    expect(kinds(exchange.takeEvents())).toBe('');
    reopen(exchange);
    crowd(exchange, 'S 20@105  B 30@105');
    expect(kinds(goTo(exchange, 9))).toBe('');
    // 30 of 33 trade at 105: one stop goes by that price, the other by the ask that is left.
    const events = goTo(exchange, 20);
    expect(kinds(events)).toBe('phase triggered filled triggered filled canceled position account');
    expect(trades(events)).toBe('2@105 1@105');
  });

  test('a quote that moves because orders are canceled is none while it is halted', () => {
    const exchange = desk({ book: 'S 5@106  B 5@99' });
    const handle = agent(exchange, 'S 5@101', 9);
    submit(exchange, 'B 2 STOP 104 BY QUOTE');
    halt(exchange);
    exchange.cancel(0, handle);
    exchange.react();
    expect(kinds(exchange.takeEvents())).toBe('');
    reopen(exchange);
    expect(kinds(goTo(exchange, 10))).toMatch(/^phase triggered filled/);
  });

  test('without a trade in the auction it goes on waiting', () => {
    const exchange = desk({ book: 'S 5@101  B 5@99' });
    submit(exchange, 'B 2 STOP 105');
    halt(exchange);
    crowd(exchange, 'S 9@108');
    reopen(exchange);
    expect(kinds(goTo(exchange, 20))).toBe('phase');
    agent(exchange, 'B 14@108', 9);
    expect(kinds(exchange.takeEvents())).toMatch(/^triggered/);
  });
});

describe('the reopening auction is prolonged while its price lies outside the collar', () => {
  test.each`
    price  | extensions
    ${105} | ${0}
    ${106} | ${1}
    ${110} | ${1}
    ${111} | ${2}
    ${95}  | ${0}
    ${94}  | ${1}
    ${89}  | ${2}
  `('at $price: $extensions times', ({ price, extensions }) => {
    const exchange = desk();
    halt(exchange, 10);
    goTo(exchange, 10);
    crowd(exchange, `B 5@${price}  S 5@${price}`);
    const events = told(goTo(exchange, 1_000));
    expect(events.map(({ phase, extensions }) => `${phase} ${extensions ?? ''}`)).toEqual([
      ...Array.from({ length: extensions }, (_, i) => `reopeningAuction ${i + 1}`),
      'continuous ',
    ]);
    expect(events.at(-1)!.atNs).toBe((20 + 20 * extensions) * 1e9);
    expect(exchange.listings[0]!.lastTradeTicks).toBe(price);
  });

  test('and its orders can change meanwhile', () => {
    const exchange = desk();
    halt(exchange, 10);
    submit(exchange, 'B 5@106');
    crowd(exchange, 'S 5@106');
    goTo(exchange, 20);
    expect(phase(exchange)).toBe('reopeningAuction');
    crowd(exchange, 'S 5@103');
    expect(trades(goTo(exchange, 40))).toBe('5@103');
  });

  test.each([
    ['0.01', 300, 15],
    ['0.05', 60, 3],
    ['0.10', 30, 1],
    ['1', 3, 0],
    ['0.0001', 30_000, 1_500],
  ])('on a tick of %s the price of 3 is %i ticks, and 0.15 is %i', (tickSize, three, width) => {
    expect([ticksOfCents(300, { tickSize }), ticksOfCents(15, { tickSize })]).toEqual([
      three,
      width,
    ]);
  });

  test('up to a price of 3 its collar is 0.15', () => {
    const exchange = desk({ instruments: [{ ...ACME, tickSize: '0.01' }] });
    halt(exchange);
    expect(exchange.listings[0]!.halt).toMatchObject({
      lowTicks: 85,
      highTicks: 115,
      widthTicks: 15,
    });
  });
});

describe('a halt and the trading day', () => {
  const day = () => desk({ session: SESSION });

  test.each`
    halted | seconds | phases
    ${30}  | ${20}   | ${'30 halted, 50 reopeningAuction, 60 continuous, 120 closingAuction'}
    ${100} | ${15}   | ${'100 halted, 115 reopeningAuction, 120 closingAuction'}
    ${100} | ${25}   | ${'100 halted, 125 closingAuction'}
    ${100} | ${35}   | ${'100 halted, 135 closed, 150 preOpen'}
    ${100} | ${72}   | ${'100 halted, 172 reopeningAuction, 182 continuous'}
    ${5}   | ${2}    | ${'5 halted, 7 preOpen, 10 openingAuction'}
    ${5}   | ${30}   | ${'5 halted, 35 reopeningAuction, 45 continuous'}
  `('from $halted s for $seconds s: $phases', ({ halted, seconds, phases }) => {
    const exchange = day();
    goTo(exchange, halted);
    const events = [...halt(exchange, seconds), ...goTo(exchange, 400)];
    const seen = told(events).map(({ atNs, phase }) => `${atNs / 1e9} ${phase}`);
    expect(seen.join(', ').startsWith(phases)).toBe(true);
  });

  test('day orders end at the close that it sleeps through; the others are there in the morning', () => {
    const exchange = day();
    goTo(exchange, 100);
    halt(exchange);
    submit(exchange, 'B 2@101 DAY');
    submit(exchange, 'B 3@101');
    expect(kinds(goTo(exchange, 140))).toBe('expired account');
    reopen(exchange);
    expect(phase(exchange)).toBe('closed');
    expect(resting(exchange)).toBe('');
    crowd(exchange, 'S 9@100');
    goTo(exchange, 155);
    crowd(exchange, 'S 9@101');
    expect(trades(goTo(exchange, 170))).toBe('3@101');
  });
});

test.each`
  what                             | before          | command   | reason
  ${'a halt of a halted one'}      | ${'halt'}       | ${'halt'} | ${'instrumentHalted'}
  ${'reopening what is not'}       | ${''}           | ${'open'} | ${'instrumentNotHalted'}
  ${'reopening what is reopening'} | ${'halt, open'} | ${'open'} | ${'instrumentNotHalted'}
  ${'a halt in the reopening'}     | ${'halt, open'} | ${'halt'} | ${null}
  ${'a halt of a volatility halt'} | ${'volatility'} | ${'halt'} | ${null}
`('$what: $reason', ({ before, command, reason }) => {
  const exchange = desk();
  const run = (each: string) =>
    each === 'open'
      ? reopen(exchange)
      : halt(exchange, null, each === 'halt' ? 'regulatory' : 'volatility');
  for (const each of before.split(', ').filter(Boolean)) run(each);
  const events = run(command);
  const refused = events.find((event) => event.type === 'commandRefused');
  expect(refused?.reason ?? null).toBe(reason);
  expect(kinds(events)).toBe(reason === null ? 'phase' : 'commandrefused');
});

test('an unknown symbol is refused', () => {
  expect(reopen(desk(), 'NOBODY')).toMatchObject([{ reason: 'unknownSymbol' }]);
});

test('a snapshot in a halt, and in a prolonged auction, goes on the same', () => {
  const original = desk();
  submit(original, 'B 4@107');
  halt(original, 10);
  for (const second of [5, 25]) {
    goTo(original, second);
    crowd(original, 'S 9@107');
    const saved = snapshotOf(original.state);
    const copy = desk();
    restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
    expect(snapshotOf(copy.state)).toEqual(saved);
    expect(goTo(copy, 100)).toEqual(goTo(restored(saved), 100));
  }
});

function restored(saved: ReturnType<typeof snapshotOf>): Exchange {
  const exchange = desk();
  restoreInto(exchange.state, structuredClone(saved.plain), saved.books);
  return exchange;
}

test('another engine version’s halt goes on, with its reason and its end', () => {
  const original = desk();
  submit(original, 'B 4@101');
  const events = [...halt(original, 50, 'newsPending')];
  const copy = new Exchange([{ instrument: ACME, openingTicks: 100 }], 'USD');
  for (const event of events) copy.adopt(event);
  copy.reopenBooks();
  expect(copy.listings[0]).toMatchObject({
    phase: 'halted',
    phaseEndsNs: 50e9,
    halt: { reason: 'newsPending', lowTicks: 95, highTicks: 105 },
  });
});
