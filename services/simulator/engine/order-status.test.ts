/** Which way an order's status may go, and by what. The table is written out: it is not read from the code. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { OrderStatus } from '@sandpit/schemas/order.ts';
import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { checkTransition, isOpen } from './order-status.ts';
import { agent, exchangeWith, submit } from './testing/desk.ts';
import { free } from './testing/setups.ts';

const STATUSES: readonly OrderStatus[] = [
  'pendingNew',
  'new',
  'partiallyFilled',
  'filled',
  'pendingCancel',
  'canceled',
  'replaced',
  'rejected',
  'expired',
];

/** What is done stays done; and nothing comes back. */
const LEGAL: Readonly<Record<string, readonly OrderStatus[]>> = {
  pendingNew: ['new', 'rejected'],
  new: ['partiallyFilled', 'filled', 'canceled', 'expired'],
  partiallyFilled: ['partiallyFilled', 'filled', 'canceled', 'expired'],
};

test.each(
  STATUSES.flatMap((from) =>
    STATUSES.map((to) => ({ from, to, may: LEGAL[from]?.includes(to) ?? false })),
  ),
)('from $from to $to: $may', ({ from, to, may }) => {
  const step = () => checkTransition(from, to);
  if (may) expect(step).not.toThrow();
  else expect(step).toThrow(`an order never goes from ${from} to ${to}`);
});

test('an order is open while it can be canceled', () => {
  expect(STATUSES.filter(isOpen)).toEqual(['new', 'partiallyFilled']);
});

describe('by what', () => {
  type Act = (exchange: Exchange) => VenueEvent[];
  const send = (order: string) => (exchange: Exchange) => submit(exchange, order);
  let owner = 40;
  const crowd = (order: string) => (exchange: Exchange) => {
    agent(exchange, order, owner++);
    return exchange.takeEvents();
  };
  const cancel = (exchange: Exchange) =>
    exchange.execute({ type: 'cancelOrder', orderId: '1' }, 'x', null);
  const midnight = (exchange: Exchange) => {
    exchange.setNow(10);
    exchange.expireDayOrders(10);
    return exchange.takeEvents();
  };
  const at50 = (exchange: Exchange) => {
    exchange.setNow(50);
    exchange.expireTimedOrders();
    return exchange.takeEvents();
  };
  test.each<[path: string, how: string, acts: Act[]]>([
    ['rejected', 'more than there is money for', [send('B 1000@110')]],
    ['new', 'rests', [send('B 5@98')]],
    ['new', 'waits for its price', [send('B 5 STOP 110')]],
    ['new filled', 'taken as a whole', [send('B 5@98'), crowd('S 9@98')]],
    ['new filled', 'trades as it comes', [send('B 5@101')]],
    ['new partiallyFilled', 'trades in part and rests', [send('B 8@101')]],
    [
      'new partiallyFilled partiallyFilled filled',
      'taken bit by bit',
      [send('B 5@99'), crowd('S 2@99'), crowd('S 2@99'), crowd('S 9@99')],
    ],
    ['new canceled', 'canceled', [send('B 5@98'), cancel]],
    ['new partiallyFilled canceled', 'the rest of it', [send('B 8@101'), cancel]],
    ['new partiallyFilled canceled', 'what an immediate order leaves over', [send('B 8@101 IOC')]],
    ['new canceled', 'immediate, and nobody there', [send('B 8@98 IOC')]],
    [
      'new canceled',
      'a stop that finds nobody',
      [send('B 9 STOP 110'), crowd('S 1@110'), crowd('B 6@110')],
    ],
    ['new expired', 'a day order at midnight', [send('B 5@98 DAY'), midnight]],
    ['new partiallyFilled expired', 'what is left of one', [send('B 8@101 DAY'), midnight]],
    ['new expired', 'good till its time', [send('B 5@98 GTD 50'), at50]],
    ['new partiallyFilled expired', 'meets an own one', [send('S 3@102'), send('B 8@102')]],
    ['new filled tooLateToCancel', 'a cancel behind the fill', [send('B 5@101'), cancel]],
  ])('%s: %s', (path, _, acts) => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 5@101', cash: 10_000 });
    const events = acts.flatMap((act) => act(exchange));
    const last = exchange.state.blotter.newest(1)[0]!;
    const steps = events.flatMap((event): string[] => {
      if (event.type === 'commandRefused') return [event.reason];
      // Triggered, it is what it was.
      if (event.type === 'orderTriggered') return [];
      return 'order' in event && event.order.orderId === last.orderId ? [event.order.status] : [];
    });
    expect(steps.join(' ')).toBe(path);
  });
});
