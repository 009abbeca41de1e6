import type { StoredMessage } from '@sandpit/bus/bus.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { expect, test, vi } from 'vitest';
import type { LiveRecord } from '../../platform/live.ts';
import type { VenueInfo } from '../../platform/venues.ts';
import { ACME, OPENS_AT_MS } from '../testing/market.ts';
import { frame, rawFrame } from './frame.ts';
import { LOSSLESS_BYTES_MAX, LOSSLESS_EVENTS_MAX, Outbox } from './outbox.ts';
import { parsePosition, resumeFrom } from './position.ts';
import { type AccountState, recordFrames } from './record-frames.ts';
import { RecordLog } from './record-log.ts';
import { VenueState } from './venue-state.ts';

test('a frame is what the specification calls an event', () => {
  const gate = { gate: { state: 'healthy', reasons: ['line\nbreak'] } } as const;
  expect(frame('gate', gate as never).toString()).toBe(
    'event: gate\ndata: {"gate":{"state":"healthy","reasons":["line\\nbreak"]}}\n\n',
  );
  expect(frame('goaway', { reason: 'drain', retryMs: 1 }, 'x1-7').toString()).toMatch(
    /^event: goaway\nid: x1-7\ndata: /,
  );
  expect(rawFrame('quote', Buffer.from('{"a":1}')).toString()).toBe(
    'event: quote\ndata: {"a":1}\n\n',
  );
});

test.each`
  text                       | position
  ${'abc1-42'}               | ${{ incarnation: 'abc1', sequence: 42 }}
  ${'abc1-0'}                | ${{ incarnation: 'abc1', sequence: 0 }}
  ${'abc1'}                  | ${null}
  ${'-42'}                   | ${null}
  ${'abc1--42'}              | ${null}
  ${'abc1-4x'}               | ${null}
  ${'abc1-9007199254740993'} | ${null}
  ${'abc1-42\nid: evil-1'}   | ${null}
  ${undefined}               | ${null}
`('$text is $position', ({ text, position }) => {
  expect(parsePosition(text)).toEqual(position);
});

const known = { incarnation: 'a', headSequence: 100, ringAfter: 50, firstSequence: 10 };
test.each`
  rule                               | given                                  | way
  ${'no position'}                   | ${null}                                | ${'snapshot'}
  ${'another log'}                   | ${{ incarnation: 'b', sequence: 90 }}  | ${'snapshot'}
  ${'ahead of the log'}              | ${{ incarnation: 'a', sequence: 101 }} | ${'snapshot'}
  ${'up to date'}                    | ${{ incarnation: 'a', sequence: 100 }} | ${'ring'}
  ${'the oldest that memory serves'} | ${{ incarnation: 'a', sequence: 50 }}  | ${'ring'}
  ${'just before memory'}            | ${{ incarnation: 'a', sequence: 49 }}  | ${'read'}
  ${'the oldest that is stored'}     | ${{ incarnation: 'a', sequence: 9 }}   | ${'read'}
  ${'older than what is stored'}     | ${{ incarnation: 'a', sequence: 8 }}   | ${'snapshot'}
`('$rule: $way', ({ given, way }) => {
  expect(resumeFrom(given, known)).toBe(way);
});

/** A socket that takes `room` writes and then waits to be drained. */
function sink(room = Number.POSITIVE_INFINITY) {
  const written: string[] = [];
  return {
    written,
    room,
    write(bytes: Buffer) {
      written.push(bytes.toString());
      return written.length < this.room;
    },
  };
}
const bytes = (text: string) => Buffer.from(text);

test('records go out in order, market data waits for its turn', () => {
  const socket = sink();
  const outbox = new Outbox(socket);
  outbox.market('ACME', 'quote', bytes('q1'));
  outbox.record(bytes('r1'), 1);
  outbox.market('ACME', 'quote', bytes('q2'));
  outbox.market('ACME', 'trade', bytes('t1'));
  outbox.market('ACME', 'trade', bytes('t2'));
  outbox.market('ZED', 'quote', bytes('z'));
  expect(socket.written).toEqual(['r1']);
  outbox.flush();
  expect(socket.written).toEqual(['r1', 'q2t1t2z']);
  expect(outbox.conflated).toBe(1);
  outbox.flush();
  expect(socket.written).toHaveLength(2);
});

test('a full socket gets nothing until it drains; then records first', () => {
  const socket = sink(1);
  const outbox = new Outbox(socket);
  outbox.record(bytes('r1'), 1);
  outbox.record(bytes('r2'), 2);
  outbox.market('ACME', 'book', bytes('b1'));
  outbox.market('ACME', 'book', bytes('b2'));
  outbox.transient(bytes('heartbeat'));
  outbox.flush();
  expect(socket.written).toEqual(['r1']);
  socket.room = Number.POSITIVE_INFINITY;
  outbox.drain();
  expect(socket.written).toEqual(['r1', 'r2', 'b2']);
});

test('a reader too far behind is cut off by events or by bytes, never given less', () => {
  const events = new Outbox(sink(1));
  events.record(bytes('r'), 1);
  for (let i = 0; i < LOSSLESS_EVENTS_MAX; i++) expect(events.record(bytes('r'), 1)).toBe(true);
  expect(events.record(bytes('r'), 1)).toBe(false);
  const large = new Outbox(sink(1));
  large.record(bytes('r'), 1);
  expect(large.record(Buffer.alloc(LOSSLESS_BYTES_MAX), 1)).toBe(true);
  expect(large.record(bytes('r'), 1)).toBe(false);
});

test('trades and candles that wait are bounded, the oldest go', () => {
  const socket = sink();
  const outbox = new Outbox(socket);
  for (let i = 0; i < 70; i++) outbox.market('ACME', 'trade', bytes(`t${i};`));
  outbox.flush();
  const sent = socket.written[0].split(';').filter(Boolean);
  expect([sent.length, sent[0], sent.at(-1), outbox.conflated]).toEqual([64, 't6', 't69', 6]);
});

const venue = {
  simulatorId: 'sim',
  accountId: 'acc',
  opensAtMs: OPENS_AT_MS,
  instruments: new Map([['ACME', ACME]]),
} as unknown as VenueInfo;
const account = {
  currency: 'USD',
  startingCashMicros: 1_000_000_000,
  cashMicros: 900_000_000,
  reservedMicros: 0,
  realisedMicros: 0,
  feesMicros: 0,
};
const order = {
  orderId: '1',
  clientOrderId: 'c',
  symbol: 'ACME',
  quantityLots: 10,
  limitTicks: 1_000,
  filledLots: 10,
  leavesLots: 0,
  notionalMicros: 100_000_000,
  feesMicros: 0,
  createdNs: 0,
  updatedNs: 0,
};
const execution = {
  ...order,
  executionId: '1',
  priceTicks: 1_000,
  feeMicros: 0,
  realisedMicros: 0,
  atNs: 0,
};
const position = {
  symbol: 'ACME',
  quantityLots: 10,
  costMicros: 100_000_000,
  realisedMicros: 0,
  feesMicros: 0,
};

function framesOf(events: object[], extra: Partial<EventRecord> = {}, state?: AccountState) {
  const record = { type: 'turn', n: 7, epoch: 2, events, ...extra } as unknown as EventRecord;
  const known = state ?? { account: null, positions: new Map() };
  const { bytes, count } = recordFrames(record, 70, 'a-70', venue, known);
  const events_ = bytes
    .toString()
    .split('\n\n')
    .filter(Boolean)
    .map((block) => {
      const [event, id, data] = block.split('\n');
      return { event: event.slice(7), id: id.slice(4), ...JSON.parse(data.slice(6)) };
    });
  expect(events_).toHaveLength(count);
  return events_;
}

test('one record is several events with one id and one n, and only the final one is the last', () => {
  const frames = framesOf([
    { type: 'orderAccepted', order, causeId: 'o-c' },
    { type: 'orderFilled', order, execution, causeId: 'o-c' },
    { type: 'positionChanged', position },
    { type: 'accountChanged', account },
  ]);
  expect(frames.map(({ event, last }) => [event, last])).toEqual([
    ['order', false],
    ['execution', false],
    ['account', true],
  ]);
  for (const each of frames) expect(each).toMatchObject({ id: 'a-70', n: 7, sequence: 70 });
  expect(frames[2]).toMatchObject({
    account: { cash: '900.00', equity: '1000.00', exposure: '100.00', buyingPower: '900.00' },
    positions: [{ symbol: 'ACME', quantity: '10', averagePrice: '10.00' }],
  });
});

test.each`
  record                            | events                                                                  | extra                      | kind
  ${'a market step without effect'} | ${[]}                                                                   | ${{}}                      | ${['market']}
  ${'a new owner'}                  | ${[]}                                                                   | ${{ type: 'owner' }}       | ${['owner']}
  ${'a quarantined command'}        | ${[]}                                                                   | ${{ type: 'quarantined' }} | ${['quarantined']}
  ${'a refused command'}            | ${[{ type: 'commandRefused', reason: 'unknownOrder', causeId: 'c-1' }]} | ${{}}                      | ${['refused']}
  ${'a pause'}                      | ${[{ type: 'clockChanged', clock: { state: 'paused' }, causeId: 'p' }]} | ${{}}                      | ${['clock']}
`('$record still yields an event, so that n has no hole', ({ events, extra, kind }) => {
  const frames = framesOf(events, extra);
  expect(frames.map((each) => each.kind)).toEqual(kind);
  expect(frames.at(-1)).toMatchObject({ event: 'session', last: true, n: 7 });
});

test('a position that did not change is not sent again, but counts in the exposure', () => {
  const state: AccountState = { account: null, positions: new Map() };
  framesOf(
    [
      { type: 'positionChanged', position },
      { type: 'accountChanged', account },
    ],
    {},
    state,
  );
  const [frame] = framesOf([{ type: 'accountChanged', account }], {}, state);
  expect(frame).toMatchObject({ event: 'account', positions: [], account: { exposure: '100.00' } });
});

const record = (n: number) =>
  ({ type: 'turn', n, epoch: 1, events: [] as VenueEvent[] }) as unknown as EventRecord;
const stored = (sequence: number): StoredMessage =>
  ({ sequence, body: record(sequence) }) as unknown as StoredMessage;
const live = (sequence: number, previousSequence: number): LiveRecord => ({
  address: { accountId: 'acc', simulatorId: 'sim' },
  sequence,
  previousSequence,
  record: record(sequence),
});

/** A log over a stream that holds `held`; reads are counted, and can be made to fail. */
function logOver(held: number[]) {
  const seen: number[] = [];
  let failures = 0;
  const read = vi.fn(async function* (_stream: string, { from }: { from: number }) {
    if (failures-- > 0) throw new Error('away');
    for (const sequence of held) if (sequence >= from) yield stored(sequence);
  });
  const log = new RecordLog({
    bus: {
      last: async () => (held.length > 0 ? stored(held.at(-1) as number) : null),
      read: read as never,
    },
    address: { accountId: 'acc', simulatorId: 'sim' },
    encode: ({ n }, sequence) => ({ sequence, n, bytes: bytes(`${n}`), count: 1 }),
    onRecord: ({ sequence }) => seen.push(sequence),
    onError: () => {},
  });
  return { log, seen, read, fail: (times: number) => (failures = times) };
}

test('records in step are shown as they come, without asking the stream', async () => {
  const { log, seen, read } = logOver([1, 2]);
  await log.open();
  log.take(live(5, 2));
  log.take(live(5, 2));
  log.take(live(2, 1));
  log.take(live(6, 5));
  expect(seen).toEqual([5, 6]);
  expect(read).not.toHaveBeenCalled();
  expect(log.after(5).map(({ sequence }) => sequence)).toEqual([6]);
});

test('a gap is filled from the stream before anything after it is shown', async () => {
  const held = [1, 2];
  const { log, seen } = logOver(held);
  await log.open();
  held.push(4, 5, 6);
  log.take(live(6, 5));
  expect(seen).toEqual([]);
  await log.repair();
  expect(seen).toEqual([4, 5, 6]);
  log.take(live(9, 6));
  expect(seen).toEqual([4, 5, 6, 9]);
});

test('what goes by while it opens is not lost', async () => {
  const held = [1];
  const { log, seen } = logOver(held);
  const opening = log.open();
  held.push(2);
  log.take(live(2, 1));
  await opening;
  await log.repair();
  expect([...seen, log.headSequence].at(-1)).toBe(2);
});

test('a last record whose live copy was lost is found by verifying', async () => {
  const held = [1];
  const { log, seen, read } = logOver(held);
  await log.open();
  await log.verify();
  expect(read).not.toHaveBeenCalled();
  held.push(3);
  await log.verify();
  expect(seen).toEqual([3]);
});

test('a stream that cannot be read is asked again until the gap is closed', async () => {
  vi.useFakeTimers();
  const held = [1];
  const { log, seen, fail } = logOver(held);
  await log.open();
  held.push(2, 3);
  fail(2);
  log.take(live(3, 2));
  await vi.advanceTimersByTimeAsync(1_500);
  expect(seen).toEqual([2, 3]);
  vi.useRealTimers();
});

test('memory holds a thousand records, and says from where', async () => {
  const { log } = logOver([]);
  await log.open();
  for (let i = 1; i <= 1_200; i++) log.take(live(i, i - 1));
  expect(log.ringAfter).toBe(200);
  expect(log.after(200)).toHaveLength(1_000);
  expect(log.after(1_199).map(({ sequence }) => sequence)).toEqual([1_200]);
});

const clock = (state: string, speed = 1) =>
  ({ type: 'clockChanged', clock: { state, speed } }) as unknown as VenueEvent;
test('a venue is live, recovering or halted as its owner, its clock and its market say', () => {
  const state = new VenueState(0);
  const turn = (event: VenueEvent, epoch = 1) =>
    state.record({ type: 'turn', epoch, events: [event] } as unknown as EventRecord);
  turn(clock('running'));
  expect(state.read('w', 1_000)).toBe('live');
  expect(state.read(null, 1_000)).toBe('recovering');
  expect(state.read('w', 3_001)).toBe('recovering');
  expect(state.market(1, 3_001)).toBe(true);
  expect(state.read('w', 6_000)).toBe('live');
  turn(clock('running', 0.1));
  expect(state.read('w', 30_000)).toBe('live');
  turn(clock('paused'));
  expect(state.read('w', 90_000)).toBe('live');
  turn(clock('paused'), 2);
  expect(state.market(1, 90_000)).toBe(false);
  turn(clock('stopped'), 2);
  expect(state.read('w', 90_000)).toBe('halted');
});
