/** The judge, judged: it passes a sound history, and names the law that each corrupted one breaks. */
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { sealRecord } from '../../../services/simulator/runtime/record.ts';
import { breachesOf, check } from './checker.ts';
import type {
  ClientRecording,
  Connection,
  LawId,
  RecordedFrame,
  SimulatorHistory,
  Stored,
} from './history.ts';
import { soundHistory } from './testing/sound.ts';

let sound: SimulatorHistory;
beforeAll(async () => {
  sound = await soundHistory();
}, 60_000);

type Records = Stored<EventRecord>[];
type Change = Partial<SimulatorHistory>;

const isOrder = ({ commands, events }: EventRecord) =>
  commands[0]?.command.body.type === 'newOrder' && events.length > 0;
const hasFill = ({ events }: EventRecord) => events.some(({ type }) => type === 'orderFilled');

/** Changes one record and seals it and all after it anew: the chain holds, the content is wrong. */
function forge(
  { records }: SimulatorHistory,
  which: (record: EventRecord) => boolean,
  change: (record: EventRecord) => Partial<EventRecord>,
): Change {
  const at = records.findIndex(({ body }) => which(body));
  expect(at).toBeGreaterThanOrEqual(0);
  const forged: Records = [];
  for (const [i, { sequence, body }] of records.entries()) {
    const { hash: _, ...content } = structuredClone(body);
    const changed = i === at ? { ...content, ...change(structuredClone(body)) } : content;
    const previousHash = forged.at(-1)?.body.hash ?? content.previousHash;
    forged.push({ sequence, body: sealRecord({ ...changed, previousHash }).record });
  }
  return { records: forged };
}

/** Changes the frames of the second connection of the only client. */
function reframe(
  { clients }: SimulatorHistory,
  change: (frames: RecordedFrame[]) => RecordedFrame[],
  more: Partial<Connection> = {},
): { clients: ClientRecording[] } {
  const [client] = clients as [ClientRecording];
  const [first, second] = client.connections as [Connection, Connection];
  const frames = change(structuredClone([...second.frames]));
  return { clients: [{ ...client, connections: [first, { ...second, ...more, frames }] }] };
}

const nOf = ({ data }: RecordedFrame) => data.n as number;
const ofRecord = (n: number) => (frame: RecordedFrame) => frame.id !== null && nOf(frame) === n;
const edited = (
  which: (frame: RecordedFrame) => boolean,
  edit: (frame: RecordedFrame) => Partial<RecordedFrame>,
) => {
  return (frames: RecordedFrame[]) => {
    const at = frames.findIndex(which);
    expect(at).toBeGreaterThanOrEqual(0);
    return frames.with(at, { ...frames[at]!, ...edit(frames[at]!) });
  };
};

const rearchive = ({ archive }: SimulatorHistory, change: object): Change => ({
  archive: { ...archive!, ...change },
});

const corruptions: [string, LawId, (history: SimulatorHistory) => Change][] = [
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
  [
    'a record that the client never got',
    'I10',
    (history) => reframe(history, (frames) => frames.filter((each) => !ofRecord(14)(each))),
  ],
  [
    'a record that the client got twice',
    'I10',
    (history) =>
      reframe(history, (frames) => {
        const at = frames.findIndex((frame) => ofRecord(14)(frame) && frame.data.last);
        return frames.toSpliced(at + 1, 0, ...frames.filter(ofRecord(14)));
      }),
  ],
  [
    'a record that came after its successor',
    'I10',
    (history) =>
      reframe(history, (frames) => {
        const late = frames.filter(ofRecord(14));
        const rest = frames.filter((each) => !ofRecord(14)(each));
        const at = rest.findLastIndex(ofRecord(15));
        return rest.toSpliced(at + 1, 0, ...late);
      }),
  ],
  [
    'a resume from a record that was not applied',
    'I10',
    (history) => reframe(history, (frames) => frames, { resumedFrom: 'i1-9999' }),
  ],
  [
    'a client that was left without the end',
    'I10',
    (history) => reframe(history, (frames) => frames.slice(0, 20)),
  ],
  [
    'a fill shown that is not in the log',
    'I10',
    (history) =>
      reframe(
        history,
        edited(
          ({ event }) => event === 'execution',
          ({ data }) => ({
            data: { ...data, execution: { ...data.execution, executionId: '9999' } },
          }),
        ),
      ),
  ],
  [
    'an order shown in another state',
    'I10',
    (history) =>
      reframe(
        history,
        edited(
          ({ event }) => event === 'order',
          ({ data }) => ({ data: { ...data, order: { ...data.order, status: 'expired' } } }),
        ),
      ),
  ],
  [
    'an id of another place in the log',
    'I10',
    (history) =>
      reframe(
        history,
        edited(
          ({ id, data }) => id !== null && data.last,
          () => ({ id: 'i1-4242' }),
        ),
      ),
  ],
  [
    'a snapshot that shows an order that is not open',
    'I10',
    ({ clients, records }) => {
      const [client] = clients as [ClientRecording];
      const [, second] = client.connections as [Connection, Connection];
      const { sequence, body } = records.at(-1)!;
      const data = { n: body.n, sequence, epoch: body.epoch, openOrders: [{ orderId: 'x' }] };
      const snapshot: RecordedFrame = { event: 'snapshot', id: `i1-${sequence}`, data };
      const connections = [{ ...second, resumedFrom: null, frames: [snapshot] }];
      return { clients: [{ ...client, connections }] };
    },
  ],
  [
    'a missing row of the archive',
    'I11',
    (history) => rearchive(history, { executions: history.archive!.executions.slice(1) }),
  ],
  [
    'a row of the archive too many',
    'I11',
    (history) =>
      rearchive(history, {
        orders: [...history.archive!.orders, { orderId: '9999', status: 'filled', filledLots: 1 }],
      }),
  ],
  [
    'a record that the archive lacks',
    'I11',
    (history) =>
      rearchive(history, { records: history.archive!.records.filter(({ n }) => n !== 8) }),
  ],
  [
    'an archive that stands behind the log',
    'I11',
    (history) =>
      rearchive(history, { head: { ...history.archive!.head!, n: history.archive!.head!.n - 1 } }),
  ],
  [
    'other money in the archive',
    'I11',
    (history) =>
      rearchive(history, {
        account: { ...history.archive!.account!, cashMicros: 1 },
      }),
  ],
  [
    'market data of an owner that was replaced',
    'I12',
    (history) =>
      reframe(history, (frames) => [
        { event: 'session', id: null, data: { kind: 'owner', epoch: 50 } },
        ...frames,
      ]),
  ],
  [
    'another frame under the same number',
    'I12',
    (history) =>
      reframe(history, (frames) => {
        const quote = frames.findLast(({ event }) => event === 'quote')!;
        return [...frames, { ...quote, data: { ...quote.data, bid: '1.00' } }];
      }),
  ],
  [
    'market data that goes back',
    'I12',
    (history) =>
      reframe(history, (frames) => {
        const quotes = frames.filter(({ event }) => event === 'quote');
        return [...frames, quotes.at(-2)!];
      }),
  ],
];

describe('the checker', () => {
  test('finds nothing wrong with a sound history, and looks at something for every law', () => {
    const verdicts = check([sound]);
    expect(breachesOf(verdicts)).toEqual([]);
    for (const { law, checked } of verdicts) expect(checked, law).toBeGreaterThan(0);
  });

  test.each(corruptions)('finds %s (%s)', (_, law, corrupt) => {
    const verdicts = check([{ ...sound, ...corrupt(sound) }]);
    const found = verdicts.filter(({ breaches }) => breaches.length > 0);
    expect(found.map((verdict) => verdict.law)).toContain(law);
  });

  test('takes what was heard, or sent by a client of the run, for a command that was trimmed', () => {
    const recorded = sound.records.flatMap(({ body }) => body.commands);
    const heard = recorded.map(({ command }) => command);
    expect(breachesOf(check([{ ...sound, commands: [], heard }]))).toEqual([]);
  });

  test('says which simulator it is about', () => {
    const [first] = breachesOf(check([{ ...sound, records: sound.records.slice(1) }]));
    expect(first).toContain(sound.address.simulatorId);
  });
});
