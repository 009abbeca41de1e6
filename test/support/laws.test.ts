/** The judge of the killed-worker test, judged: every law it knows can be broken and is then named. */
import type { Execution } from '@sandpit/schemas/event.ts';
import type { ExecutionView, OrderView, PositionView } from '@sandpit/schemas/http.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { expect, test } from 'vitest';
import { type Told, violations } from './laws.ts';

const common = { atNs: 0, causeId: 'c1' };
const order = (status: string, filledLots: number) =>
  ({ orderId: '1', clientOrderId: 'a', symbol: 'ACME', side: 'buy', status, filledLots }) as Order;
const execution = {
  executionId: '1',
  orderId: '1',
  symbol: 'ACME',
  side: 'buy',
  quantityLots: 5,
} as Execution;
const position = { symbol: 'ACME', quantityLots: 5 };

/** One order, accepted by an owner and filled in the next record. */
function records(): EventRecord[] {
  const record = (n: number, type: string, events: unknown[], commands: unknown[] = []) =>
    ({ n, type, epoch: 1, hash: `h${n}`, previousHash: `h${n - 1}`, events, commands }) as never;
  return [
    record(1, 'owner', []),
    record(
      2,
      'turn',
      [{ type: 'orderAccepted', ...common, order: order('new', 0) }],
      [{ sequence: 1, command: { commandId: 'c1' } }],
    ),
    record(3, 'turn', [
      { type: 'orderFilled', ...common, order: order('filled', 5), execution },
      { type: 'positionChanged', ...common, position },
    ]),
  ];
}

function told(): Told {
  const view = { orderId: '1', clientOrderId: 'a', status: 'filled' } as OrderView;
  return {
    answered: [{ ...view, status: 'new' } as OrderView],
    orders: [view],
    executions: [{ executionId: '1' } as ExecutionView],
    positions: [{ symbol: 'ACME', quantity: '5' } as PositionView],
  };
}

test('a log and a trader that agree break no law', () => {
  expect(violations(records(), told())).toEqual([]);
});

const edit = (change: (log: EventRecord[]) => void) => {
  const log = records();
  change(log);
  return log;
};

test.each<[string, EventRecord[], RegExp]>([
  ['a record is missing', edit((log) => log.splice(1, 1)), /numbered/],
  ['the chain is broken', edit((log) => (log[2]!.previousHash = 'other')), /broken chain/],
  ['an old owner writes', edit((log) => (log[0]!.epoch = 2)), /an old owner wrote/],
  ['an owner begins unannounced', edit((log) => (log[2]!.epoch = 2)), /without an owner record/],
  ['a command is decided twice', edit((log) => (log[2]!.commands = log[1]!.commands)), /twice/],
  [
    'an answered order is lost',
    edit((log) => {
      for (const record of log) record.events = [];
    }),
    /is not in the log/,
  ],
  [
    'a fill is written twice',
    edit((log) => log[2]!.events.push(log[2]!.events[0]!)),
    /an execution id is in the log twice/,
  ],
  [
    'the position is not the sum of the fills',
    edit((log) => log[2]!.events.pop()),
    /ACME: fills make 5, the log 0/,
  ],
])('%s', (_name, log, words) => {
  expect(violations(log, told()).join('\n')).toMatch(words);
});

test.each<[string, Partial<Told>, RegExp]>([
  [
    'an order is shown in another state',
    { orders: [{ ...told().orders[0]!, status: 'new' }] },
    /is shown new/,
  ],
  ['an order is not shown', { orders: [] }, /0 orders are shown/],
  ['a fill is not shown', { executions: [] }, /executions shown/],
  ['a position is not shown', { positions: [] }, /ACME/],
  [
    'an order was answered under another id',
    { answered: [{ ...told().answered[0]!, orderId: '9' }] },
    /answered as 9/,
  ],
])('%s', (_name, change, words) => {
  expect(violations(records(), { ...told(), ...change }).join('\n')).toMatch(words);
});
