import { describe, expect, test } from 'vitest';
import {
  ACME,
  agent,
  exchangeWith,
  FREE,
  kinds,
  lastOrder,
  resting,
  submit,
  ticket,
  trades,
} from './testing/desk.ts';

describe('an order against the book', () => {
  test.each`
    rule                                   | book                  | order             | traded           | rests                 | status
    ${'best price first'}                  | ${'S 5@102  S 5@101'} | ${'B 7@102'}      | ${'5@101 2@102'} | ${'S 3@102'}          | ${'filled'}
    ${'then oldest ask first'}             | ${'S 1@101  S 2@101'} | ${'B 1@101'}      | ${'1@101'}       | ${'S 2@101'}          | ${'filled'}
    ${'then oldest bid first'}             | ${'B 1@100  B 2@100'} | ${'S 1@100'}      | ${'1@100'}       | ${'B 2@100'}          | ${'filled'}
    ${'trades at the maker price'}         | ${'S 5@99'}           | ${'B 5@102'}      | ${'5@99'}        | ${''}                 | ${'filled'}
    ${'limit rests behind the crowd'}      | ${'B 5@99'}           | ${'B 2@99'}       | ${''}            | ${'B 5@99  B 2@99'}   | ${'new'}
    ${'the rest of a limit rests'}         | ${'S 5@101'}          | ${'B 7@101'}      | ${'5@101'}       | ${'B 2@101'}          | ${'partiallyFilled'}
    ${'never beyond the limit'}            | ${'S 5@101  S 5@103'} | ${'B 9@102'}      | ${'5@101'}       | ${'S 5@103  B 4@102'} | ${'partiallyFilled'}
    ${'IOC remainder is canceled'}         | ${'S 5@101'}          | ${'B 7@101 IOC'}  | ${'5@101'}       | ${''}                 | ${'canceled'}
    ${'IOC that meets nobody is canceled'} | ${'S 5@105'}          | ${'B 7@101 IOC'}  | ${''}            | ${'S 5@105'}          | ${'canceled'}
    ${'FOK in full'}                       | ${'S 5@101  S 2@102'} | ${'B 7@102 FOK'}  | ${'5@101 2@102'} | ${''}                 | ${'filled'}
    ${'FOK or nothing'}                    | ${'S 5@101  S 1@102'} | ${'B 7@102 FOK'}  | ${''}            | ${'S 5@101  S 1@102'} | ${'rejected'}
    ${'market sweeps'}                     | ${'S 5@101  S 5@110'} | ${'B 7'}          | ${'5@101 2@110'} | ${'S 3@110'}          | ${'filled'}
    ${'market remainder is canceled'}      | ${'B 5@100'}          | ${'S 7'}          | ${'5@100'}       | ${''}                 | ${'canceled'}
    ${'market stops at the collar'}        | ${'S 5@101  S 5@121'} | ${'B 7'}          | ${'5@101'}       | ${'S 5@121'}          | ${'canceled'}
    ${'market stops at the low collar'}    | ${'B 5@100  B 5@79'}  | ${'S 7'}          | ${'5@100'}       | ${'B 5@79'}           | ${'canceled'}
    ${'market FOK'}                        | ${'S 5@101'}          | ${'B 7 FOK'}      | ${''}            | ${'S 5@101'}          | ${'rejected'}
    ${'post-only rests'}                   | ${'S 5@101'}          | ${'B 2@100 POST'} | ${''}            | ${'S 5@101  B 2@100'} | ${'new'}
    ${'post-only never takes'}             | ${'S 5@101'}          | ${'B 2@101 POST'} | ${''}            | ${'S 5@101'}          | ${'rejected'}
    ${'day rests like any other'}          | ${''}                 | ${'B 2@100 DAY'}  | ${''}            | ${'B 2@100'}          | ${'new'}
  `('$rule', ({ book, order, traded, rests, status }) => {
    const exchange = exchangeWith({ book });
    const events = submit(exchange, order);
    expect(trades(events)).toBe(traded);
    expect(resting(exchange)).toBe(rests);
    expect(lastOrder(events).status).toBe(status);
  });

  test('a remainder that ends says why', () => {
    const market = submit(exchangeWith({ book: 'B 5@100' }), 'S 7');
    expect(kinds(market)).toBe('accepted filled canceled position account');
    expect(lastOrder(market)).toMatchObject({ leavesLots: 0, rejectReason: 'noLiquidity' });
    const ioc = submit(exchangeWith({ book: 'B 5@100' }), 'S 7@100 IOC');
    expect(lastOrder(ioc)).toMatchObject({ filledLots: 5, leavesLots: 0, rejectReason: null });
  });

  test('an agent’s order fills the trader’s, at his price and with the maker’s fee', () => {
    const exchange = exchangeWith();
    submit(exchange, 'B 10@100');
    agent(exchange, 'S 4@98');
    const events = exchange.takeEvents();
    expect(kinds(events)).toBe('filled position account');
    expect(lastOrder(events)).toMatchObject({ status: 'partiallyFilled', leavesLots: 6 });
    expect(events[0]).toMatchObject({
      causeId: null,
      execution: {
        priceTicks: 100,
        quantityLots: 4,
        liquidity: 'maker',
        notionalMicros: 400_000_000,
        feeMicros: 40_000,
      },
    });
  });
});

describe('nobody trades with himself', () => {
  test('an order that meets the own one first is rejected', () => {
    const exchange = exchangeWith({ book: 'S 5@102' });
    submit(exchange, 'S 5@101');
    expect(lastOrder(submit(exchange, 'B 3@102'))).toMatchObject({ rejectReason: 'selfTrade' });
    expect(resting(exchange)).toBe('S 5@101  S 5@102');
  });

  test('what is left after others is expired, and nothing of it rests', () => {
    const exchange = exchangeWith({ book: 'S 5@101' });
    submit(exchange, 'S 5@101');
    const events = submit(exchange, 'B 8@101');
    expect(trades(events)).toBe('5@101');
    expect(kinds(events)).toBe('accepted filled expired position account');
    expect(lastOrder(events)).toMatchObject({ status: 'expired', rejectReason: 'selfTrade' });
    expect(resting(exchange)).toBe('S 5@101');
  });
});

describe('replace', () => {
  const replace = (
    exchange: ReturnType<typeof exchangeWith>,
    orderId: string,
    quantityLots: number | null,
    limitTicks: number | null,
  ) =>
    exchange.execute(
      { type: 'replaceOrder', orderId, quantityLots, limitTicks } as never,
      'r',
      null,
    );

  test.each`
    rule                                   | quantity | ticks   | rests                        | says
    ${'less keeps the place'}              | ${3}     | ${null} | ${'B 3@99  B 2@99'}          | ${'replaced account'}
    ${'more goes to the back'}             | ${7}     | ${null} | ${'B 2@99  B 7@99'}          | ${'replaced account'}
    ${'another price goes to the back'}    | ${null}  | ${98}   | ${'B 2@99  B 5@98'}          | ${'replaced account'}
    ${'the same again keeps the place'}    | ${5}     | ${99}   | ${'B 5@99  B 2@99'}          | ${'replaced'}
    ${'a price that crosses trades'}       | ${null}  | ${101}  | ${'B 1@101  B 2@99'}         | ${'replaced filled position account'}
    ${'a price outside the collar is not'} | ${null}  | ${50}   | ${'S 4@101  B 5@99  B 2@99'} | ${'commandrefused'}
  `('$rule', ({ quantity, ticks, rests, says }) => {
    const book = says.includes('filled') || says.includes('refused') ? 'S 4@101' : '';
    const exchange = exchangeWith({ book });
    submit(exchange, 'B 5@99');
    agent(exchange, 'B 2@99');
    expect(kinds(replace(exchange, '1', quantity, ticks))).toBe(says);
    expect(resting(exchange)).toBe(rests);
  });

  test('an order that the collar has left behind may only be made smaller', () => {
    const exchange = exchangeWith();
    submit(exchange, 'B 5@81');
    agent(exchange, 'S 1@110');
    agent(exchange, 'B 1@110', 3);
    expect(replace(exchange, '1', 6, null)).toMatchObject([{ reason: 'priceOutsideCollar' }]);
    expect(lastOrder(replace(exchange, '1', 4, null))).toMatchObject({ leavesLots: 4 });
  });

  test('of what one has: no shorting is asked for', () => {
    const exchange = exchangeWith({
      instruments: [{ ...ACME, shortable: false }],
      book: 'S 5@100',
    });
    submit(exchange, 'B 5');
    submit(exchange, 'S 5@110');
    expect(kinds(replace(exchange, '2', 4, null))).toBe('replaced');
    expect(replace(exchange, '2', 6, null)).toMatchObject([{ reason: 'notShortable' }]);
    expect(kinds(replace(exchange, '2', 5, 111))).toBe('replaced');
  });

  test('not below what is filled', () => {
    const exchange = exchangeWith();
    submit(exchange, 'B 5@99');
    agent(exchange, 'S 3@99');
    exchange.takeEvents();
    const [refused] = replace(exchange, '1', 3, null);
    expect(refused).toMatchObject({ reason: 'quantityBelowFilled', orderId: '1' });
    expect(resting(exchange)).toBe('B 2@99');
    expect(lastOrder(replace(exchange, '1', 4, null))).toMatchObject({
      leavesLots: 1,
      filledLots: 3,
    });
  });
});

describe('cancel', () => {
  const cancel = (exchange: ReturnType<typeof exchangeWith>, orderId: string) =>
    exchange.execute({ type: 'cancelOrder', orderId }, 'x', null);

  test('takes the order out and frees its money', () => {
    const exchange = exchangeWith();
    submit(exchange, 'B 5@99');
    const events = cancel(exchange, '1');
    expect(kinds(events)).toBe('canceled account');
    expect(resting(exchange)).toBe('');
    expect(exchange.state.account().reservedMicros).toBe(0);
  });

  test.each`
    order    | reason               | names
    ${'1'}   | ${'tooLateToCancel'} | ${'1'}
    ${'9'}   | ${'unknownOrder'}    | ${null}
    ${'01'}  | ${'unknownOrder'}    | ${null}
    ${'abc'} | ${'unknownOrder'}    | ${null}
  `('of order $order is refused: $reason', ({ order, reason, names }) => {
    const exchange = exchangeWith({ book: 'S 5@101' });
    submit(exchange, 'B 5@101');
    expect(cancel(exchange, order)).toMatchObject([
      { type: 'commandRefused', reason, orderId: names, causeId: 'x' },
    ]);
  });

  test('all, by instrument and side', () => {
    const other = { ...ACME, ...FREE, symbol: 'OTHER' };
    const exchange = exchangeWith({ instruments: [{ ...ACME, ...FREE }, other] });
    const all = (symbol: string | null, side: 'buy' | 'sell' | null) =>
      exchange
        .execute({ type: 'cancelAll', symbol, side }, 'x', null)
        .flatMap((event) => (event.type === 'orderCanceled' ? [event.order.orderId] : []));
    submit(exchange, 'B 1@99');
    submit(exchange, 'S 1@101');
    submit(exchange, 'B 1@98', 'OTHER');
    submit(exchange, 'S 1@102', 'OTHER');
    expect(all('OTHER', 'sell')).toEqual(['4']);
    expect(all(null, 'buy')).toEqual(['1', '3']);
    expect(all(null, null)).toEqual(['2']);
    expect(all(null, null)).toEqual([]);
  });

  test.each`
    keepGtc      | cause           | ended      | reason
    ${undefined} | ${undefined}    | ${'1 2 3'} | ${null}
    ${false}     | ${'disconnect'} | ${'1 2 3'} | ${'sessionDisconnected'}
    ${true}      | ${'disconnect'} | ${'1'}     | ${'sessionDisconnected'}
    ${true}      | ${'deadMan'}    | ${'1'}     | ${'deadManExpired'}
    ${true}      | ${undefined}    | ${'1'}     | ${null}
  `('all, with keepGtc $keepGtc because of $cause: $ended', ({ keepGtc, cause, ended, reason }) => {
    const exchange = exchangeWith();
    for (const text of ['B 1@99 DAY', 'B 1@98 GTC', 'B 1@97 GTD 900']) submit(exchange, text);
    const command = { type: 'cancelAll', symbol: null, side: null, keepGtc, cause } as const;
    const canceled = exchange
      .execute(command, 'x', null)
      .flatMap((event) => (event.type === 'orderCanceled' ? [event.order] : []));
    expect(canceled.map(({ orderId }) => orderId).join(' ')).toBe(ended);
    expect(canceled.every((order) => order.rejectReason === reason)).toBe(true);
  });

  test('of a list each order ends or stays by its own time', () => {
    const exchange = exchangeWith();
    const tickets = ['B 1@99 DAY', 'B 1@98 GTC'].map((text) => ticket(text));
    const list = { type: 'newOrderList', clientListId: 'l', contingency: 'oco', tickets } as const;
    exchange.execute(list, 'l', null);
    const all = { type: 'cancelAll', symbol: null, side: null, keepGtc: true } as const;
    exchange.execute({ ...all, cause: 'disconnect' }, 'x', null);
    const [day, lasting] = ['1', '2'].map((id) => exchange.state.blotter.get(id));
    expect(day).toMatchObject({ status: 'canceled', rejectReason: 'sessionDisconnected' });
    expect(lasting).toMatchObject({ status: 'new', rejectReason: null });
  });

  test('a day order expires at midnight, others do not', () => {
    const exchange = exchangeWith();
    submit(exchange, 'B 1@99 DAY');
    submit(exchange, 'B 1@98 GTC');
    exchange.setNow(50);
    exchange.expireDayOrders(50);
    const events = exchange.takeEvents();
    expect(kinds(events)).toBe('expired account');
    expect(lastOrder(events)).toMatchObject({ orderId: '1', status: 'expired', updatedNs: 50 });
    expect(resting(exchange)).toBe('B 1@98');
  });

  test('a day order entered at midnight belongs to the new day', () => {
    const exchange = exchangeWith();
    exchange.setNow(50);
    submit(exchange, 'B 1@99 DAY');
    exchange.expireDayOrders(50);
    expect(resting(exchange)).toBe('B 1@99');
  });
});
