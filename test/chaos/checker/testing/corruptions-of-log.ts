/** What can be wrong with commands, records and answers: a change for each, and the law that must find it. */
import { type Corruption, forge, hasFill, isOrder } from './forgery.ts';

export const LOG_CORRUPTIONS: Corruption[] = [
  [
    'an accepted command without a record',
    'I1',
    ({ commands }) => ({
      commands: [
        ...commands,
        { sequence: 99_999, body: { ...commands.at(-1)!.body, commandId: 'o-lost' } },
      ],
    }),
  ],
  [
    'a command that two records claim',
    'I1',
    (history) => {
      const { commands } = history.records.find(({ body }) => isOrder(body))!.body;
      return forge(
        history,
        (record) => record.n > 20 && record.commands.length > 0,
        () => ({ commands }),
      );
    },
  ],
  [
    'a record of a command that nobody sent',
    'I2',
    (history) => {
      const { sequence } = history.records.find(({ body }) => isOrder(body))!.body.commands[0]!;
      return { commands: history.commands.filter((each) => each.sequence !== sequence) };
    },
  ],
  [
    'a command with another content than was heard',
    'I2',
    (history) => {
      const [recorded] = history.records.find(({ body }) => isOrder(body))!.body.commands;
      const { sequence, command } = recorded!;
      return {
        commands: history.commands.filter((each) => each.sequence !== sequence),
        heard: [{ ...command, correlationId: 'another' }],
      };
    },
  ],
  [
    'an event of an unknown cause',
    'I2',
    (history) =>
      forge(history, isOrder, ({ events }) => ({
        events: events.map((event) => ({ ...event, causeId: 'nobody' })),
      })),
  ],
  [
    'a record lost from the middle',
    'I3',
    ({ records }) => ({ records: records.filter((_, i) => i !== 12) }),
  ],
  [
    'a record edited in place',
    'I3',
    ({ records }) => ({
      records: records.with(4, {
        ...records[4]!,
        body: { ...records[4]!.body, wallAt: '2020-01-01T00:00:00.000Z' },
      }),
    }),
  ],
  [
    'a record that stands elsewhere than its successor says',
    'I3',
    ({ records }) => ({ records: records.with(6, { ...records[6]!, sequence: 7_777 }) }),
  ],
  [
    'commands out of their order',
    'I4',
    (history) =>
      forge(
        history,
        (record) => record.n > 20 && record.commands.length > 0,
        ({ commands }) => ({
          commands: commands.map((each) => ({ ...each, sequence: 1 })),
          lastCommandSequence: 1,
        }),
      ),
  ],
  [
    'a second worker in an epoch',
    'I5',
    (history) =>
      forge(
        history,
        ({ n }) => n === 15,
        () => ({ worker: 'intruder' }),
      ),
  ],
  [
    'an epoch without an owner record',
    'I5',
    (history) =>
      forge(
        history,
        ({ n }) => n === 15,
        ({ epoch }) => ({ epoch: epoch + 1 }),
      ),
  ],
  [
    'an answered order that is not in the log',
    'I6',
    ({ answers: [first, ...rest] }) => ({
      answers: [
        {
          clientOrderId: 'never',
          order: { ...first!.order, clientOrderId: 'never', orderId: '9999' },
        },
        ...rest,
      ],
    }),
  ],
  [
    'an answer at a sequence where no record stands',
    'I6',
    ({ answers: [first, ...rest] }) => ({
      answers: [{ ...first!, order: { ...first!.order, sequence: 99_999 } }, ...rest],
    }),
  ],
  [
    'an answer with another status than the log',
    'I6',
    ({ answers }) => {
      const at = answers.findIndex(({ order }) => order.status === 'new');
      const told = { ...answers[at]!.order, status: 'filled' as const };
      return { answers: answers.with(at, { ...answers[at]!, order: told }) };
    },
  ],
  [
    'one order told under two ids',
    'I6',
    ({ answers: [first, ...rest] }) => ({
      answers: [{ ...first!, order: { ...first!.order, orderId: '9999' } }, ...rest],
    }),
  ],
  [
    'a fill that the engine does not give again',
    'I7',
    (history) =>
      forge(history, hasFill, ({ events }) => ({
        events: events.filter(({ type }) => type !== 'accountChanged'),
      })),
  ],
  [
    'a state hash of another state',
    'I7',
    (history) => forge(history, isOrder, () => ({ stateHash: '0123456789abcdef' })),
  ],
  [
    'a snapshot of another state than it says',
    'I7',
    ({ snapshots: [first] }) => ({ snapshots: [{ ...first!, stateHash: '0123456789abcdef' }] }),
  ],
  [
    'a snapshot that stands further on than it says',
    'I7',
    ({ snapshots: [first] }) => ({ snapshots: [{ ...first!, n: first!.n - 4 }] }),
  ],
  [
    'cash out of nowhere',
    'I8',
    (history) =>
      forge(history, hasFill, ({ events }) => ({
        events: events.map((event) =>
          event.type === 'accountChanged'
            ? {
                ...event,
                account: { ...event.account, cashMicros: (event.account.cashMicros + 1) as never },
              }
            : event,
        ),
      })),
  ],
  [
    'a fill twice over',
    'I9',
    (history) => forge(history, hasFill, ({ events }) => ({ events: [...events, ...events] })),
  ],
];
