/** What a list of orders would meet now: told as for real, and nothing changes. */
import type { Contingency } from '@sandpit/schemas/order.ts';
import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { snapshotOf } from './exchange-snapshot.ts';
import { previewList } from './preview.ts';
import { ACME, exchangeWith, FREE, submit, ticket } from './testing/desk.ts';

const BOOK = 'S 5@101  S 9@103  B 5@99  B 9@97';

const command = (contingency: Contingency, orders: string) => ({
  type: 'newOrderList' as const,
  clientListId: 'l',
  contingency,
  tickets: orders.split('  ').map((order) => ticket(order)),
});

const asked = (exchange: Exchange, contingency: Contingency, orders: string) =>
  previewList(exchange.state, command(contingency, orders), null);

describe('the whole list', () => {
  test.each`
    contingency  | orders                             | reason
    ${'bracket'} | ${'B 7@103  S 7@110  S 7 STOP 95'} | ${null}
    ${'bracket'} | ${'B 7@103  B 7@110  S 7 STOP 95'} | ${'invalidInstructions'}
    ${'oco'}     | ${'S 7@110  S 6@111'}              | ${'invalidInstructions'}
    ${'oco'}     | ${'B 7@98  B 7 STOP 101'}          | ${null}
    ${'oto'}     | ${'B 7@150  S 7@110'}              | ${'priceOutsideCollar'}
    ${'oto'}     | ${'B 7@103  S 7@0'}                | ${'invalidPrice'}
    ${'oto'}     | ${'B 900@103  S 900@110'}          | ${null}
    ${'oto'}     | ${'B 999@110  S 999@110'}          | ${'insufficientBuyingPower'}
  `('$contingency of $orders: $reason', ({ contingency, orders, reason }) => {
    const exchange = exchangeWith({ instruments: [{ ...ACME, ...FREE }], book: BOOK });
    expect(asked(exchange, contingency, orders).reason).toBe(reason);
    // As for real.
    const events = exchange.execute(command(contingency, orders), 'l', null);
    const first = events[0];
    expect(first?.type === 'orderRejected' ? first.reason : null).toBe(reason);
  });

  test('a client order id that is used, in the list or before it', () => {
    const exchange = exchangeWith({ book: BOOK });
    const list = command('oco', 'S 7@110  S 7@111');
    list.tickets[1]!.clientOrderId = list.tickets[0]!.clientOrderId;
    expect(previewList(exchange.state, list, null).reason).toBe('duplicateClientOrderId');
    const { state } = exchange;
    submit(exchange, 'B 1@90');
    list.tickets[1]!.clientOrderId = state.blotter.newest(1)[0]!.clientOrderId;
    expect(previewList(state, list, null).reason).toBe('duplicateClientOrderId');
    expect(previewList(state, command('oco', 'S 7@110  S 7@111'), 'simulatorHalted').reason).toBe(
      'simulatorHalted',
    );
  });
});

test.each`
  contingency  | orders                                   | warnings
  ${'oto'}     | ${'B 7@99  S 7@110'}                     | ${[]}
  ${'oto'}     | ${'B 7@99  S 3@110  S 4@112'}            | ${[]}
  ${'oto'}     | ${'B 7@99  S 3@110  S 5@112'}            | ${['exitsExceedEntry']}
  ${'oto'}     | ${'B 7@99  S 7@110  S 7 STOP 95'}        | ${['exitsExceedEntry']}
  ${'oto'}     | ${'S 7@110  B 7@99  B 1@98'}             | ${['exitsExceedEntry']}
  ${'oto'}     | ${'B 7@99  S 7@110  S 7 STOP 95 REDUCE'} | ${[]}
  ${'oto'}     | ${'B 7@99  B 7@98  S 7@110'}             | ${[]}
  ${'oto'}     | ${'B 7 PEG PRIMARY  S 7@110  S 1@111'}   | ${['exitsExceedEntry']}
  ${'bracket'} | ${'B 7@99  S 7@110  S 7 STOP 95'}        | ${[]}
  ${'oco'}     | ${'S 7@110  S 7@111'}                    | ${[]}
`('$contingency of $orders: $warnings', ({ contingency, orders, warnings }) => {
  const exchange = exchangeWith({ instruments: [{ ...ACME, ...FREE }], book: BOOK });
  expect(asked(exchange, contingency, orders)).toMatchObject({ reason: null, warnings });
});

test('the entry meets the book, what follows it is empty; peers are shown by themselves', () => {
  const exchange = exchangeWith({ instruments: [{ ...ACME, ...FREE }], book: BOOK });
  const { orders } = asked(exchange, 'bracket', 'B 7@103  S 7@110  S 7 STOP 95');
  expect(orders).toMatchObject([
    {
      fills: [
        { priceTicks: 101, lots: 5 },
        { priceTicks: 103, lots: 2 },
      ],
      filledLots: 7,
    },
    { reason: null, waits: false, filledLots: 0, restingLots: 0 },
    { reason: null, waits: true, filledLots: 0, restingLots: 0 },
  ]);
  expect(orders[0]!.after.positionLots).toBe(7);
  expect(asked(exchange, 'oco', 'B 7@98  B 7@97').orders).toMatchObject([
    { reason: null, restingLots: 7, after: { reservedMicros: 686_000_000 } },
    { reason: null, restingLots: 7, after: { reservedMicros: 679_000_000 } },
  ]);
});

test('asking changes nothing', () => {
  const exchange = exchangeWith({ book: BOOK });
  submit(exchange, 'B 3@98');
  const before = JSON.stringify(snapshotOf(exchange.state).plain);
  asked(exchange, 'bracket', 'B 7@103  S 7@110  S 7 STOP 95');
  asked(exchange, 'ouo', 'S 7@105  S 7@106');
  expect(JSON.stringify(snapshotOf(exchange.state).plain)).toBe(before);
  expect(exchange.takeEvents()).toEqual([]);
});
