import { expect, test } from 'vitest';
import { LOSSLESS_BYTES_MAX, LOSSLESS_EVENTS_MAX, Outbox } from './outbox.ts';

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
