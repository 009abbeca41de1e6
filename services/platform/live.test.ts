import type { LiveMessage } from '@sandpit/bus/bus.ts';
import { expect, test, vi } from 'vitest';
import { LiveFeed, type LiveRecord } from './live.ts';

function setUp() {
  let deliver: (message: LiveMessage) => void = () => {};
  const errors: unknown[] = [];
  const feed = new LiveFeed(
    {
      follow: (subject, onMessage) => {
        expect(subject).toBe('sandpit.v1.live.*.>');
        deliver = onMessage;
        return { stop: async () => {} };
      },
    },
    (error) => errors.push(error),
  );
  const heard: LiveRecord[] = [];
  const off = feed.listen((live) => heard.push(live));
  const message = (headers: Record<string, string>, subject = 'sandpit.v1.live.7.acc.sim') =>
    deliver({ subject, headers, body: { n: 1 }, data: new Uint8Array() });
  return { feed, heard, errors, message, off };
}
const stored = { 'Nats-Sequence': '42', 'Nats-Last-Sequence': '40' };

test('a record comes with its place in the log', () => {
  const { heard, message } = setUp();
  message(stored);
  expect(heard).toMatchObject([
    {
      address: { accountId: 'acc', simulatorId: 'sim' },
      sequence: 42,
      previousSequence: 40,
      record: { n: 1 },
    },
  ]);
});

test('what the server did not republish is nobody’s record', () => {
  const { heard, message } = setUp();
  message({});
  message({ 'Nats-Sequence': 'x' });
  message(stored, 'sandpit.v1.live.7');
  expect(heard).toEqual([]);
});

test('one listener’s trouble is not the others’, and who has left hears no more', () => {
  const { feed, heard, errors, message, off } = setUp();
  feed.listen(() => {
    throw new Error('broken');
  });
  const last = vi.fn();
  feed.listen(last);
  message(stored);
  expect(last).toHaveBeenCalledOnce();
  expect(errors).toHaveLength(1);
  off();
  message(stored);
  expect(heard).toHaveLength(1);
});
