import type { RejectReason } from '@sandpit/schemas/order.ts';
import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { snapshotOf } from './exchange-snapshot.ts';
import { previewTicket, type TicketPreview } from './preview.ts';
import { exchangeWith, lastOrder, submit, ticket, trades } from './testing/desk.ts';

const BOOK = 'S 5@101  S 3@101  S 10@103  B 5@99  B 20@98';

const asked = (exchange: Exchange, text: string, symbol?: string) =>
  previewTicket(exchange.state, ticket(text, symbol), null);
const shown = ({ fills }: TicketPreview) =>
  fills.map(({ lots, priceTicks }) => `${lots}@${priceTicks}`).join(' ');

describe('what would happen', () => {
  test.each`
    rule                                   | order             | fills            | rests | reason
    ${'one line per price'}                | ${'B 10'}         | ${'8@101 2@103'} | ${0}  | ${null}
    ${'a limit rests what is left'}        | ${'B 10@101'}     | ${'8@101'}       | ${2}  | ${null}
    ${'what may not rest lapses'}          | ${'B 10@101 IOC'} | ${'8@101'}       | ${0}  | ${null}
    ${'a passive order only rests'}        | ${'B 4@100'}      | ${''}            | ${4}  | ${null}
    ${'a stop waits with all of it'}       | ${'B 4 STOP 105'} | ${''}            | ${4}  | ${null}
    ${'fill or kill says no'}              | ${'B 10@101 FOK'} | ${''}            | ${0}  | ${'fillOrKillNotFilled'}
    ${'post-only says no'}                 | ${'B 1@101 POST'} | ${''}            | ${0}  | ${'postOnlyWouldCross'}
    ${'outside the collar'}                | ${'B 1@150'}      | ${''}            | ${0}  | ${'priceOutsideCollar'}
    ${'the first reason is the one given'} | ${'B 0@150'}      | ${''}            | ${0}  | ${'invalidQuantity'}
  `('$rule: $order', ({ order, fills, rests, reason }) => {
    const preview = asked(exchangeWith({ book: BOOK }), order);
    expect(shown(preview)).toBe(fills);
    expect(preview.restingLots).toBe(rests);
    expect(preview.reason).toBe(reason);
  });

  test('short of money, it says what is missing', () => {
    const preview = asked(exchangeWith({ book: BOOK, cash: 500 }), 'B 10@101');
    expect(preview.reason).toBe<RejectReason>('insufficientBuyingPower');
    // 8 × 101 with 0.02 % and 2 × 101 held with 0.01 %.
    expect(preview.after.cashMicros).toBe(500_000_000 - 808_000_000 - 161_600);
    expect(preview.after.reservedMicros).toBe(202_000_000 + 20_200);
  });

  test.each(['unknownSymbol', 'duplicateClientOrderId', 'simulatorHalted'] as const)(
    '%s',
    (reason) => {
      const exchange = exchangeWith({ book: BOOK });
      const wanted = ticket('B 1@100', reason === 'unknownSymbol' ? 'NOBODY' : 'ACME');
      if (reason === 'duplicateClientOrderId') {
        exchange.execute({ type: 'newOrder', ticket: wanted }, 'cmd', null);
      }
      const refusal = reason === 'simulatorHalted' ? reason : null;
      expect(previewTicket(exchange.state, wanted, refusal).reason).toBe(reason);
    },
  );
});

describe('is what does happen', () => {
  test.each(['B 10', 'B 10@101', 'S 30@98', 'S 12', 'B 3@100', 'S 4@97 IOC'])('%s', (text) => {
    const exchange = exchangeWith({ book: BOOK });
    submit(exchange, 'B 2');
    const preview = asked(exchange, text);
    const events = submit(exchange, text);
    const byPrice = new Map<string, number>();
    for (const fill of trades(events).split(' ').filter(Boolean)) {
      const [lots, ticks] = fill.split('@');
      byPrice.set(ticks, (byPrice.get(ticks) ?? 0) + Number(lots));
    }
    expect(shown(preview)).toBe([...byPrice].map(([ticks, lots]) => `${lots}@${ticks}`).join(' '));
    const { filledLots, leavesLots, feesMicros, notionalMicros } = lastOrder(events);
    expect(preview).toMatchObject({
      filledLots,
      restingLots: leavesLots,
      feesMicros,
      notionalMicros,
    });
    const { cashMicros, reservedMicros } = exchange.state.account();
    const positionLots = exchange.listings[0].position.lots;
    expect(preview.after).toEqual({ positionLots, cashMicros, reservedMicros });
  });
});

test('asking changes nothing', () => {
  const exchange = exchangeWith({ book: BOOK });
  submit(exchange, 'B 3@99');
  const before = JSON.stringify(snapshotOf(exchange.state).plain);
  const books = snapshotOf(exchange.state).books;
  for (const text of ['B 10', 'S 30@98', 'B 4 STOP 105', 'B 10@101 FOK', 'S 5@99'])
    asked(exchange, text);
  expect(JSON.stringify(snapshotOf(exchange.state).plain)).toBe(before);
  expect(snapshotOf(exchange.state).books).toEqual(books);
  expect(exchange.takeEvents()).toEqual([]);
});
