/** What a replace changes beyond size and limit: the minimum of an order, and the offset of a peg. */
import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import {
  agent,
  exchangeWith,
  kinds,
  lastOrder,
  resting,
  submit,
  ticket,
  trades,
} from './testing/desk.ts';
import { free } from './testing/setups.ts';

function replace(exchange: Exchange, orderId: string, changes: object) {
  const command = { type: 'replaceOrder', orderId, quantityLots: null, limitTicks: null } as const;
  return exchange.execute({ ...command, ...changes } as never, 'r', null);
}

describe('the minimum', () => {
  test.each`
    rule                                          | order                  | changes                                | book         | traded     | rests
    ${'less: it takes what is there now'}         | ${'B 9@101 MIN 6'}     | ${{ minimumLots: 4 }}                  | ${'S 5@101'} | ${'5@101'} | ${'B (4)@101'}
    ${'more: it lets go by what it took before'}  | ${'B 9@99 MIN 2'}      | ${{ minimumLots: 5, limitTicks: 101 }} | ${'S 3@101'} | ${''}      | ${'S 3@101  B (9)@101'}
    ${'an order without one gets one, and hides'} | ${'B 9@99'}            | ${{ minimumLots: 5 }}                  | ${'S 3@101'} | ${''}      | ${'S 3@101  B (9)@99'}
    ${'one that waits for its price as well'}     | ${'B 9@110 STOP 105'}  | ${{ minimumLots: 5 }}                  | ${'S 3@101'} | ${''}      | ${'S 3@101'}
    ${'none any more: it shows itself'}           | ${'B 9@99 MIN 4'}      | ${{ minimumLots: 0 }}                  | ${'S 3@101'} | ${''}      | ${'S 3@101  B 9@99'}
    ${'or takes the little there is'}             | ${'B 9@101 MIN 4'}     | ${{ minimumLots: 0 }}                  | ${'S 3@101'} | ${'3@101'} | ${'B 6@101'}
    ${'one that hides stays hidden'}              | ${'B 9@99 MIN 4 HIDE'} | ${{ minimumLots: 0 }}                  | ${'S 3@101'} | ${''}      | ${'S 3@101  B (9)@99'}
    ${'none where there was none'}                | ${'B 9@99'}            | ${{ minimumLots: 0 }}                  | ${'S 3@101'} | ${''}      | ${'S 3@101  B 9@99'}
  `('$rule', ({ order, changes, book, traded, rests }) => {
    const exchange = exchangeWith({ instruments: [free], book });
    const { orderId } = lastOrder(submit(exchange, order));
    const events = replace(exchange, orderId, changes);
    expect(events[0]).toMatchObject({ type: 'orderReplaced' });
    expect(trades(events)).toBe(traded);
    expect(resting(exchange)).toBe(rests);
    expect(lastOrder(events).instructions?.minimumLots).toBe(changes.minimumLots || undefined);
    const { plain, books } = snapshotOf(exchange.state);
    const copy = exchangeWith({ instruments: [free] });
    restoreInto(copy.state, JSON.parse(JSON.stringify(plain)), books);
    expect(resting(copy)).toBe(rests);
  });

  test('loses the place at its price, the same one with a lower size does not', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 3@101' });
    const first = lastOrder(submit(exchange, 'B 9@99 MIN 4')).orderId;
    submit(exchange, 'B 5@99 HIDE');
    replace(exchange, first, { quantityLots: 8 });
    expect(resting(exchange)).toBe('S 3@101  B (8)@99  B (5)@99');
    replace(exchange, first, { minimumLots: 3 });
    expect(resting(exchange)).toBe('S 3@101  B (5)@99  B (8)@99');
  });

  test.each`
    why                                | order              | changes
    ${'more than the order'}           | ${'B 9@99 MIN 4'}  | ${{ minimumLots: 10 }}
    ${'all or none says it already'}   | ${'B 9@99 AON'}    | ${{ minimumLots: 4 }}
    ${'a post-only order cannot take'} | ${'B 9@99 POST'}   | ${{ minimumLots: 4 }}
    ${'an iceberg shows something'}    | ${'B 9@99 SHOW 2'} | ${{ minimumLots: 4 }}
    ${'only a peg has an offset'}      | ${'B 9@99'}        | ${{ pegOffsetTicks: 1 }}
  `('is refused: $why', ({ order, changes }) => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 3@101' });
    const { orderId } = lastOrder(submit(exchange, order));
    const before = resting(exchange);
    expect(replace(exchange, orderId, changes)).toMatchObject([
      { type: 'commandRefused', reason: 'invalidInstructions' },
    ]);
    expect(resting(exchange)).toBe(before);
  });

  test('taken away, the order is an ordinary one for whoever comes', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 3@101' });
    const { orderId } = lastOrder(submit(exchange, 'B 9@99 MIN 4'));
    replace(exchange, orderId, { minimumLots: 0 });
    agent(exchange, 'S 1@99 IOC', 9);
    expect(trades(exchange.takeEvents())).toBe('1@99');
  });

  test('a leg of a list has none', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 3@120  B 3@80' });
    const tickets = ['B 5@99', 'S 5@110'].map((order) => ticket(order));
    const list = { type: 'newOrderList', clientListId: 'l', contingency: 'oco', tickets } as const;
    exchange.execute(list, 'l', null);
    expect(replace(exchange, '2', { minimumLots: 2 })).toMatchObject([
      { reason: 'invalidInstructions' },
    ]);
  });
});

describe('the offset of a peg', () => {
  test('moves it at once, and keeps it following', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 5@108  B 5@100' });
    const { orderId } = lastOrder(submit(exchange, 'B 3 PEG PRIMARY'));
    const events = replace(exchange, orderId, { pegOffsetTicks: -2 });
    expect(kinds(events)).toMatch(/^replaced/);
    expect(resting(exchange)).toBe('S 5@108  B 5@100  B 3@98');
    submit(exchange, 'B 1@103');
    replace(exchange, orderId, { pegOffsetTicks: 1 });
    // What the trader shows himself is a reference, too.
    expect(resting(exchange)).toBe('S 5@108  B 3@104  B 1@103  B 5@100');
  });

  test('the same one keeps the place', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 5@108  B 5@100' });
    const { orderId } = lastOrder(submit(exchange, 'B 3 PEG PRIMARY'));
    submit(exchange, 'B 2@100');
    replace(exchange, orderId, { pegOffsetTicks: 0 });
    expect(resting(exchange)).toBe('S 5@108  B 5@100  B 3@100  B 2@100');
  });
});
