import type { EventRecord } from '@sandpit/schemas/record.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { sealRecord } from '../runtime/record.ts';
import { audit, type History, type Law } from './auditor.ts';
import { DOUBLE_WORKLOAD, doubleVenues } from './doubles.ts';
import { CALM, simulate } from './simulate.ts';

let sound: History;

beforeAll(async () => {
  const run = await simulate({
    seed: 5,
    commands: 120,
    rates: CALM,
    venues: doubleVenues,
    workload: DOUBLE_WORKLOAD,
  });
  [sound] = run.histories as [History];
});

type Records = History['records'];

/** Rewrites one record and seals it and everything after it again: only its content is wrong. */
function forge(
  { records }: History,
  which: (record: EventRecord) => boolean,
  change: (record: EventRecord) => Partial<EventRecord>,
): Records {
  const at = records.findIndex(({ body }) => which(body));
  expect(at).toBeGreaterThanOrEqual(0);
  let previousHash = at === 0 ? '' : records[at - 1]!.body.hash;
  return records.map((message, i) => {
    if (i < at) return message;
    const { hash: _, ...body } = structuredClone(message.body);
    const changed = i === at ? { ...body, ...change(structuredClone(message.body)) } : body;
    const { record: sealed } = sealRecord(i === 0 ? changed : { ...changed, previousHash });
    previousHash = sealed.hash;
    return { ...message, body: sealed, sequence: message.sequence } as Records[number];
  });
}

const hasFill = ({ events }: EventRecord) => events.some(({ type }) => type === 'orderFilled');
const hasCommand = ({ commands }: EventRecord) => commands.length > 0;
const isOrder = ({ commands, events }: EventRecord) =>
  commands[0]?.command.body.type === 'newOrder' && events.length > 0;

const corruptions: [string, Law, (history: History) => Partial<History>][] = [
  [
    'a command that nobody decided',
    'I1',
    ({ commands }) => ({
      commands: [
        ...commands,
        {
          ...commands.at(-1)!,
          sequence: 9_999,
          body: { ...commands.at(-1)!.body, commandId: 'lost' },
        },
      ],
    }),
  ],
  [
    'a command decided twice',
    'I1',
    (history) => {
      const { commands } = history.records.find(({ body }) => isOrder(body))!.body;
      return {
        records: forge(
          history,
          (r) => r.type === 'turn' && r.n > 20 && hasCommand(r),
          () => ({ commands }),
        ),
      };
    },
  ],
  [
    'a record for a command that was never stored',
    'I2',
    ({ commands, records }) => {
      const { sequence } = records.find(({ body }) => isOrder(body))!.body.commands[0]!;
      return { commands: commands.filter((each) => each.sequence !== sequence) };
    },
  ],
  [
    'an event with a cause that is not in its record',
    'I2',
    (history) => ({
      records: forge(history, isOrder, ({ events }) => ({
        events: events.map((event) => ({ ...event, causeId: 'nobody' })),
      })),
    }),
  ],
  [
    'an owner record that does something',
    'I2',
    (history) => {
      const { events } = history.records.find(({ body }) => isOrder(body))!.body;
      return {
        records: forge(
          history,
          ({ type }) => type === 'owner',
          () => ({ events: events.map((e) => ({ ...e, causeId: null })) }),
        ),
      };
    },
  ],
  [
    'a command whose content was changed in the record',
    'I2',
    (history) => ({
      records: forge(history, isOrder, ({ commands }) => ({
        commands: commands.map(({ sequence, command }) => ({
          sequence,
          command: { ...command, correlationId: 'other' },
        })),
      })),
    }),
  ],
  [
    'a record missing from the middle',
    'I3',
    ({ records }) => ({ records: records.filter((_, i) => i !== 7) }),
  ],
  [
    'two records that changed places',
    'I3',
    ({ records }) => ({ records: records.with(5, records[6]!).with(6, records[5]!) }),
  ],
  [
    'a record edited after it was sealed',
    'I3',
    ({ records }) => ({
      records: records.with(4, {
        ...records[4]!,
        body: { ...records[4]!.body, wallAt: '2020-01-01T00:00:00.000Z' },
      } as Records[0]),
    }),
  ],
  [
    'commands out of their order',
    'I4',
    (history) => ({
      records: forge(
        history,
        (r) => r.n > 20 && hasCommand(r),
        ({ commands }) => ({
          commands: commands.map((each) => ({ ...each, sequence: 1 })),
          lastCommandSequence: 1,
        }),
      ),
    }),
  ],
  [
    'a second worker in an epoch',
    'I5',
    (history) => ({
      records: forge(
        history,
        (r) => r.n > 5,
        () => ({ worker: 'intruder' }),
      ),
    }),
  ],
  [
    'an epoch without an owner record',
    'I5',
    (history) => ({
      records: forge(
        history,
        (r) => r.n > 5,
        () => ({ epoch: 2 }),
      ),
    }),
  ],
  [
    'a reply that the log does not hold',
    'I6',
    ({ told }) => ({ told: [...told, { commandId: 'c-1', sequence: 99_999 }] }),
  ],
  [
    'cash out of nowhere',
    'I8',
    (history) => ({
      records: forge(history, hasFill, ({ events }) => ({
        events: events.map((event) =>
          event.type === 'accountChanged'
            ? {
                ...event,
                account: { ...event.account, cashMicros: (event.account.cashMicros + 1) as never },
              }
            : event,
        ),
      })),
    }),
  ],
  [
    'a position that its fills do not add up to',
    'I8',
    (history) => ({
      records: forge(history, hasFill, ({ events }) => ({
        events: events.map((event) =>
          event.type === 'positionChanged'
            ? {
                ...event,
                position: { ...event.position, quantityLots: event.position.quantityLots + 1 },
              }
            : event,
        ),
      })),
    }),
  ],
  [
    'an execution that happens twice',
    'I9',
    (history) => ({
      records: forge(history, hasFill, ({ events }) => ({ events: [...events, ...events] })),
    }),
  ],
  [
    'a fill larger than its order',
    'I9',
    (history) => ({
      records: forge(history, hasFill, ({ events }) => ({
        events: events.map((event) =>
          event.type === 'orderFilled'
            ? { ...event, order: { ...event.order, filledLots: event.order.quantityLots + 1 } }
            : event,
        ),
      })),
    }),
  ],
  [
    'a fill worse than its limit',
    'I9',
    (history) => ({
      records: forge(
        history,
        (r) => r.events.some((e) => e.type === 'orderFilled' && e.order.limitTicks !== null),
        ({ events }) => ({
          events: events.map((event) =>
            event.type === 'orderFilled'
              ? {
                  ...event,
                  execution: {
                    ...event.execution,
                    priceTicks: (event.order.side === 'buy' ? 10_000 : 1) as never,
                  },
                }
              : event,
          ),
        }),
      ),
    }),
  ],
];

describe('the auditor', () => {
  test('finds nothing wrong with a sound history that has something in it', () => {
    expect(audit(sound)).toEqual([]);
    expect(sound.records.some(({ body }) => hasFill(body))).toBe(true);
  });

  test.each(corruptions)('finds %s (%s)', (_, law, corrupt) => {
    const breaches = audit({ ...sound, ...corrupt(sound) });
    expect(breaches.map((breach) => breach.law)).toContain(law);
  });
});
