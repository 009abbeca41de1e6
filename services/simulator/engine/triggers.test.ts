import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import {
  ACME,
  agent,
  exchangeWith,
  FREE,
  kinds,
  lastOrder,
  resting,
  submit,
  trades,
} from './testing/desk.ts';

/** Agents trade one lot at each price. */
function market(exchange: Exchange, prices: string): VenueEvent[] {
  for (const price of prices.split(' ').filter(Boolean)) {
    agent(exchange, `S 1@${price}`, 90);
    agent(exchange, `B 1@${price}`, 91);
  }
  return exchange.takeEvents();
}

const triggerTicks = (exchange: Exchange, orderId = '1') =>
  exchange.state.blotter.get(orderId)?.progress?.triggerTicks;

describe('an order waits for its trigger', () => {
  test.each`
    rule                                      | order                     | quiet            | fires    | traded
    ${'a buy stop fires at its price'}        | ${'B 3 STOP 105'}         | ${'104 100 104'} | ${'105'} | ${'3@107'}
    ${'a buy stop fires beyond it'}           | ${'B 3 STOP 105'}         | ${'104'}         | ${'106'} | ${'3@107'}
    ${'a sell stop fires at its price'}       | ${'S 3 STOP 95'}          | ${'96 104 96'}   | ${'95'}  | ${'3@93'}
    ${'a buy if touched, from above'}         | ${'B 3 MIT 95'}           | ${'96 107 96'}   | ${'95'}  | ${'3@107'}
    ${'a sell if touched, from below'}        | ${'S 3 MIT 105'}          | ${'104 93 104'}  | ${'105'} | ${'3@93'}
    ${'a stop-limit trades within its limit'} | ${'B 3@107 STOP 105'}     | ${'104'}         | ${'105'} | ${'3@107'}
    ${'a stop-limit rests below the market'}  | ${'B 3@106 STOP 105'}     | ${'104'}         | ${'105'} | ${''}
    ${'a limit-if-touched'}                   | ${'S 3@93 MIT 105'}       | ${'104'}         | ${'105'} | ${'3@93'}
    ${'a trail follows up'}                   | ${'S 3 TRAIL 5'}          | ${'96 104 100'}  | ${'99'}  | ${'3@93'}
    ${'a trail never goes back'}              | ${'S 3 TRAIL 5'}          | ${'110 106 108'} | ${'105'} | ${'3@93'}
    ${'a buy trail follows down'}             | ${'B 3 TRAIL 5'}          | ${'95 99'}       | ${'100'} | ${'3@107'}
    ${'a trail in percent'}                   | ${'S 3 TRAIL 10%'}        | ${'110 100'}     | ${'99'}  | ${'3@93'}
    ${'a trailing stop-limit that may trade'} | ${'S 3 TRAIL 5 OFFSET 6'} | ${'104 100'}     | ${'99'}  | ${'3@93'}
    ${'a trailing stop-limit that may not'}   | ${'S 3 TRAIL 5 OFFSET 5'} | ${'104 100'}     | ${'99'}  | ${''}
    ${'the whole gap at once'}                | ${'S 3 TRAIL 5'}          | ${'104'}         | ${'94'}  | ${'3@93'}
  `('$rule: $order', ({ order, quiet, fires, traded }) => {
    const exchange = exchangeWith();
    market(exchange, '100');
    expect(kinds(submit(exchange, order))).toMatch(/^accepted/);
    expect(resting(exchange)).toBe('');
    expect(kinds(market(exchange, quiet))).toBe('');
    agent(exchange, 'S 9@107');
    agent(exchange, 'B 9@93');
    const events = market(exchange, fires);
    expect(kinds(events)).toMatch(/^triggered/);
    expect(trades(events)).toBe(traded);
    expect(exchange.listings[0].waiting.size).toBe(0);
  });

  test('and says so when it fires', () => {
    const exchange = exchangeWith({ book: 'S 9@107' });
    market(exchange, '100');
    expect(lastOrder(submit(exchange, 'B 3 STOP 105'))).toMatchObject({
      status: 'new',
      leavesLots: 3,
      progress: { triggerTicks: 105, triggeredNs: null, heldTicks: 126 },
    });
    exchange.setNow(77);
    const events = market(exchange, '105');
    expect(kinds(events)).toBe('triggered filled position account');
    expect(events[0]).toMatchObject({
      causeId: null,
      atNs: 77,
      order: { status: 'new', progress: { triggeredNs: 77 } },
    });
  });

  test('an accepted event keeps what it told, however the trail moves', () => {
    const exchange = exchangeWith();
    market(exchange, '100');
    const [accepted] = submit(exchange, 'S 3 TRAIL 5');
    market(exchange, '110');
    expect(accepted).toMatchObject({ order: { progress: { triggerTicks: 95 } } });
    expect(triggerTicks(exchange)).toBe(105);
  });
});

describe('what triggers', () => {
  test.each`
    order                      | by       | before                | after
    ${'B 1 STOP 105 BY QUOTE'} | ${'ask'} | ${'B 1@103  S 1@104'} | ${'S 1@105'}
    ${'S 1 STOP 95 BY QUOTE'}  | ${'bid'} | ${'S 1@97  B 1@96'}   | ${'B 1@95'}
    ${'B 1 MIT 95 BY QUOTE'}   | ${'ask'} | ${'S 1@96'}           | ${'S 1@95'}
    ${'S 1 STOP 95 BY MID'}    | ${'mid'} | ${'B 1@95  S 1@96'}   | ${'B 1@94  S 1@96'}
    ${'B 1 STOP 105 BY MID'}   | ${'mid'} | ${'B 1@104  S 1@105'} | ${'B 1@104  S 1@106'}
  `('$order by the $by, not by trades', ({ order, before, after }) => {
    const exchange = exchangeWith();
    const quote = (book: string) => {
      const handles = book.split('  ').map((text) => agent(exchange, text, 95));
      const events = exchange.takeEvents();
      for (const handle of handles)
        if (exchange.listings[0].book.lotsOf(handle)) exchange.cancel(0, handle);
      return events;
    };
    market(exchange, '100');
    submit(exchange, order);
    expect(kinds(quote(before))).toBe('');
    expect(kinds(quote(after))).toMatch(/^triggered/);
  });

  test('a quote that stands only within one event of the crowd triggers nothing, a trade does', () => {
    const exchange = exchangeWith();
    market(exchange, '100');
    submit(exchange, 'B 1 STOP 105 BY QUOTE');
    submit(exchange, 'B 1 STOP 105');
    const flicker = exchange.submit(0, 5, 1, 105, 1, 0);
    exchange.cancel(0, flicker);
    exchange.react();
    expect(kinds(exchange.takeEvents())).toBe('');
    exchange.submit(0, 5, 1, 105, 1, 0);
    exchange.submit(0, 6, 0, 105, 1, 0);
    expect(kinds(exchange.takeEvents())).toBe('');
    exchange.submit(0, 5, 1, 99, 1, 0);
    exchange.submit(0, 6, 0, 99, 1, 0);
    exchange.react();
    expect(lastOrder(exchange.takeEvents())).toMatchObject({ orderId: '2' });
  });
});

describe('when it fires', () => {
  const free = { ...ACME, ...FREE };

  test('a stop that gaps takes what the book gives, down to the collar', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'B 2@90  B 2@80  B 9@60' });
    market(exchange, '100');
    submit(exchange, 'S 9 STOP 95');
    const events = market(exchange, '91');
    expect(trades(events)).toBe('2@90 2@80');
    expect(lastOrder(events)).toMatchObject({ status: 'canceled', rejectReason: 'noLiquidity' });
  });

  test('what it does may fire the next one, once each', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'B 2@95  B 2@92  B 9@88' });
    market(exchange, '100');
    submit(exchange, 'S 3 STOP 92');
    submit(exchange, 'S 3 STOP 96');
    const events = market(exchange, '96');
    expect(trades(events)).toBe('2@95 1@92 1@92 2@88');
    expect(events.filter(({ type }) => type === 'orderTriggered')).toHaveLength(2);
  });

  test('by a command, its events are the command’s', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 1@101  S 9@103' });
    market(exchange, '100');
    submit(exchange, 'B 3 STOP 101');
    const events = submit(exchange, 'B 1@101');
    expect(trades(events)).toBe('1@101 3@103');
    expect(events.every(({ causeId }) => causeId === events[0].causeId)).toBe(true);
  });

  test('a post-only limit that would take is canceled', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 9@104' });
    market(exchange, '100');
    submit(exchange, 'B 3@105 STOP 102 POST');
    expect(lastOrder(market(exchange, '103'))).toMatchObject({
      status: 'canceled',
      rejectReason: 'postOnlyWouldCross',
    });
  });

  test('it holds money while it waits, and is judged again beyond a gap', () => {
    const exchange = exchangeWith({ instruments: [free], cash: 1_270, book: 'S 99@130' });
    market(exchange, '100');
    submit(exchange, 'B 10 STOP 105');
    expect(exchange.state.account().reservedMicros).toBe(1_260_000_000);
    expect(lastOrder(submit(exchange, 'B 1@100'))).toMatchObject({
      rejectReason: 'insufficientBuyingPower',
    });
    expect(lastOrder(market(exchange, '118 125'))).toMatchObject({
      status: 'canceled',
      rejectReason: 'insufficientBuyingPower',
    });
    expect(exchange.state.account().reservedMicros).toBe(0);
  });

  test('two stops of one position: only one of them is its end', () => {
    const long = { ...free, shortable: false };
    const exchange = exchangeWith({ instruments: [long], book: 'S 5@100' });
    submit(exchange, 'B 5@100');
    submit(exchange, 'S 5 STOP 95');
    expect(lastOrder(submit(exchange, 'S 1@110'))).toMatchObject({ rejectReason: 'notShortable' });
  });
});

describe('a waiting order', () => {
  const replace = (exchange: Exchange, changes: object) =>
    exchange.execute(
      {
        type: 'replaceOrder',
        orderId: '1',
        quantityLots: null,
        limitTicks: null,
        ...changes,
      } as never,
      'r',
      null,
    );

  test.each`
    changes                                | says                  | progress
    ${{ stopTicks: 103 }}                  | ${'replaced account'} | ${{ triggerTicks: 103, heldTicks: 123 }}
    ${{ quantityLots: 2 }}                 | ${'replaced account'} | ${{ triggerTicks: 105, heldTicks: 126 }}
    ${{ quantityLots: 4, stopTicks: 106 }} | ${'replaced account'} | ${{ triggerTicks: 106, heldTicks: 127 }}
    ${{ stopTicks: 100 }}                  | ${'commandrefused'}   | ${{ triggerTicks: 105 }}
    ${{ limitTicks: 107 }}                 | ${'commandrefused'}   | ${{ triggerTicks: 105 }}
  `('is replaced by $changes: $says', ({ changes, says, progress }) => {
    const exchange = exchangeWith();
    market(exchange, '100');
    submit(exchange, 'B 3 STOP 105');
    expect(kinds(replace(exchange, changes))).toBe(says);
    expect(exchange.state.blotter.get('1')).toMatchObject({ progress });
    expect(exchange.listings[0].waiting.size).toBe(1);
  });

  test('is canceled, alone and with the others, and frees its money', () => {
    const exchange = exchangeWith();
    market(exchange, '100');
    submit(exchange, 'B 3 STOP 105');
    submit(exchange, 'B 3@107 STOP 105');
    const events = exchange.execute({ type: 'cancelOrder', orderId: '1' }, 'x', null);
    expect(kinds(events)).toBe('canceled account');
    exchange.execute({ type: 'cancelAll', symbol: null, side: 'buy' }, 'y', null);
    expect(exchange.state.account().reservedMicros).toBe(0);
    expect(exchange.listings[0].waiting.size).toBe(0);
    expect(kinds(market(exchange, '106'))).toBe('');
  });

  test('a day order ends at midnight', () => {
    const exchange = exchangeWith();
    market(exchange, '100');
    submit(exchange, 'B 3 STOP 105 DAY');
    exchange.setNow(50);
    exchange.expireDayOrders(50);
    expect(kinds(exchange.takeEvents())).toBe('expired account');
  });

  test('goes on from a snapshot where its trail had come to', () => {
    const original = exchangeWith({ book: 'B 9@90' });
    market(original, '100');
    submit(original, 'S 3 TRAIL 5');
    market(original, '112');
    const saved = snapshotOf(original.state);
    const copy = exchangeWith();
    restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
    expect(triggerTicks(copy)).toBe(107);
    expect(market(copy, '107')).toEqual(market(original, '107'));
    expect(snapshotOf(copy.state)).toEqual(snapshotOf(original.state));
  });
});

describe('refused', () => {
  test.each`
    reason                   | order
    ${'triggerPriceReached'} | ${'B 1 STOP 100'}
    ${'triggerPriceReached'} | ${'B 1 STOP 99'}
    ${'triggerPriceReached'} | ${'S 1 STOP 100'}
    ${'triggerPriceReached'} | ${'B 1 MIT 100'}
    ${'triggerPriceReached'} | ${'S 1@101 MIT 99'}
    ${'invalidPrice'}        | ${'B 1 STOP 0'}
    ${'invalidInstructions'} | ${'B 1 STOP 105 IOC'}
    ${'invalidInstructions'} | ${'B 1 STOP 105 POST'}
    ${'invalidInstructions'} | ${'B 1@100 BY MID'}
    ${'invalidInstructions'} | ${'B 1 STOP 105 OFFSET 1'}
    ${'priceOutsideCollar'}  | ${'B 1@127 STOP 105'}
    ${null}                  | ${'B 1@126 STOP 105'}
    ${null}                  | ${'B 1 STOP 300'}
  `('$order after a trade at 100: $reason', ({ reason, order }) => {
    const exchange = exchangeWith();
    market(exchange, '100');
    expect(lastOrder(submit(exchange, order)).rejectReason).toBe(reason);
  });
});

test('more of a trailing order must be paid for at the price at which it is held', () => {
  const exchange = exchangeWith({ cash: 2_000, instruments: [{ ...ACME, ...FREE }] });
  market(exchange, '100');
  // Held at 110 + 20 % = 132 a lot; by now the trigger has come down to 90 and would hold 108.
  submit(exchange, 'B 10 TRAIL 10');
  market(exchange, '80');
  expect(exchange.listings[0].reservedMicros).toBe(1_320_000_000);
  const command = { type: 'replaceOrder', orderId: '1', quantityLots: 16, limitTicks: null };
  const events = exchange.execute(command as never, 'r', null);
  expect(events).toMatchObject([
    { type: 'commandRefused', reason: 'insufficientBuyingPower', orderId: '1' },
  ]);
});
