/** What can be wrong with what clients were shown and what PostgreSQL has. */
import type { ClientRecording, Connection, RecordedFrame } from '../history.ts';
import { type Corruption, edited, ofRecord, rearchive, reframe } from './forgery.ts';

export const VIEW_CORRUPTIONS: Corruption[] = [
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
